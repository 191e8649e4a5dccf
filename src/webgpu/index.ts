/**
 * The WebGPU backend. Requesting a device takes waiting, so it is not there by itself.
 * @module
 */
import type { DeviceCounters } from '../backends/webgpu/counters.js';
import { createBackend, type WebGPUBackend } from '../backends/webgpu/index.js';
import { BackendError } from '../core/index.js';
import { registerBackend } from '../runtime/index.js';
import { findGPU } from './gpu.js';

export type { DeviceCounters };

/** A `GPUDevice`, by what every version of its types has. */
export interface DeviceLike {
  readonly limits: object;
  readonly features: object;
  readonly queue: object;
  readonly lost: Promise<unknown>;
}

/** A `GPUAdapter`, by what every version of its types has. */
export interface AdapterLike {
  readonly limits: object;
  readonly features: object;
  requestDevice(): Promise<DeviceLike>;
}

export interface WebGPUOptions {
  /** A device of the caller's own, used with the limits it has. */
  readonly device?: DeviceLike;
  /** The adapter to request a device from. */
  readonly adapter?: AdapterLike;
  /** Which of several adapters: 'high-performance' unless told otherwise. */
  readonly powerPreference?: 'high-performance' | 'low-power';
}

/** Limits that are asked for as high as the adapter has them. */
const wanted = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Features that are used where the adapter has them. */
const useful = ['shader-f16', 'subgroups', 'timestamp-query'] as const satisfies readonly GPUFeatureName[];

let backend: WebGPUBackend | undefined;
let underway: Promise<void> | undefined;

/**
 * Makes the backend 'webgpu' available: requests a device with the limits that programs profit from, or takes the one it
 * is given. In Node it needs the package `webgpu`. Called again without a device it does nothing, unless the device is lost.
 * @throws BackendError when the host has no WebGPU or no adapter.
 * @example
 * await initWebGPU();
 * setBackend('webgpu');
 */
export async function initWebGPU(options: WebGPUOptions = {}): Promise<void> {
  const given = options.device ?? options.adapter;
  if (!given && backend && !backend.device.isLost) return;
  if (given) return initialise(options);
  underway ??= initialise(options).finally(() => (underway = undefined));
  return underway;
}

async function initialise({ device, adapter, powerPreference }: WebGPUOptions): Promise<void> {
  const gpu =
    (device as GPUDevice | undefined) ?? (await requestDevice(adapter as GPUAdapter, powerPreference));
  backend = createBackend(gpu);
  registerBackend(backend);
}

async function requestDevice(
  given: GPUAdapter | undefined,
  powerPreference: GPUPowerPreference = 'high-performance',
): Promise<GPUDevice> {
  const adapter = given ?? (await (await findGPU()).requestAdapter({ powerPreference }));
  if (!adapter) {
    throw new BackendError(
      'WebGPU finds no adapter on this machine',
      'it needs a GPU with a Vulkan, Metal or Direct3D 12 driver, or a software one such as Mesa lavapipe 24 or newer',
    );
  }
  return adapter.requestDevice({
    requiredFeatures: useful.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(wanted.map((limit) => [limit, adapter.limits[limit]])),
  });
}

/**
 * What the device has been given to do so far, as a copy: tests and curious users see whether kernels really ran.
 * @throws BackendError before `initWebGPU()`.
 */
export function webgpuCounters(): DeviceCounters {
  if (!backend) throw new BackendError('there is no WebGPU device yet', 'await initWebGPU()');
  return { ...backend.device.counters };
}
