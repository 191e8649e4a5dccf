/** Dawn without a driver: the whole of WGSL's front end and of pipeline validation, nothing executed. */
import { create } from 'webgpu';
import type { Shader } from './index.js';

// Dawn ends the process when this object is collected while its device is in use.
const pinned = globalThis as unknown as { dawn?: GPU };

let opened: Promise<GPUDevice> | undefined;
/** A device with the default limits of the WebGPU specification. */
export function nullDevice(): Promise<GPUDevice> {
  pinned.dawn ??= create(['backend=null']);
  opened ??= (async () => {
    const adapter = await pinned.dawn!.requestAdapter();
    if (!adapter) throw new Error("Dawn's null backend gives no adapter");
    return adapter.requestDevice();
  })();
  return opened;
}

/** Everything that is wrong with a shader and its pipelines. */
export async function problemsOf({ code, entries }: Shader): Promise<string[]> {
  const device = await nullDevice();
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  for (const { name } of entries)
    device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: name } });
  const error = await device.popErrorScope();
  const { messages } = await module.getCompilationInfo();
  const limit = device.limits.maxComputeWorkgroupsPerDimension;
  return [
    ...(error ? [error.message] : []),
    ...messages.map(({ type, lineNum, message }) => `${type} in line ${lineNum}: ${message}`),
    ...entries.flatMap(({ name, workgroups }) =>
      Math.max(...workgroups) > limit ? [`${name}: more workgroups than ${limit}`] : [],
    ),
  ];
}
