/**
 * The WebGPU adapter that tests run on. In CI there must be one; elsewhere tests are left out without it, and say so.
 * FUSEGRAD_WEBGPU=required asks anywhere for the software driver that `.ci/run` sets up.
 */
import { findGPU } from '../../../src/webgpu/gpu.js';

/** Whether tests are to run on lavapipe and nothing else. */
export const pinned = process.env['FUSEGRAD_WEBGPU'] === 'required';
const required = pinned || Boolean(process.env['CI']);

async function find(): Promise<GPUAdapter | undefined> {
  let why = 'no adapter';
  try {
    const adapter = await (await findGPU()).requestAdapter();
    if (adapter) return adapter;
  } catch (error) {
    why = (error as Error).message;
  }
  const way =
    "scripts/lavapipe.sh sets up a software Vulkan driver on Debian, or set VK_DRIVER_FILES to a driver's file";
  if (required) throw new Error(`WebGPU tests are required, and there is ${why}: ${way}`);
  console.warn(`left out: what runs on WebGPU (${why}). ${way}`);
  return undefined;
}

/** Whether there is one; asked for once. */
export const adapter = await find();

/** A device of its own, with the limits of the adapter that the library asks for and these of its features. */
export async function requestDevice(
  features: readonly GPUFeatureName[] = ['timestamp-query'],
): Promise<GPUDevice> {
  const one = await (await findGPU()).requestAdapter();
  return one!.requestDevice({
    requiredFeatures: features.filter((feature) => one!.features.has(feature)),
    requiredLimits: { maxStorageBuffersPerShaderStage: one!.limits.maxStorageBuffersPerShaderStage },
  });
}
