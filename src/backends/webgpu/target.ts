import type { DType } from '../../core/index.js';
import type { Target } from '../../plan/target.js';

const dtypes: readonly DType[] = [
  'float32',
  'float16',
  'bfloat16',
  'int32',
  'uint32',
  'int16',
  'int8',
  'uint8',
  'bool',
];

/** What of a device's limits shapes programs. */
export interface DeviceLimits {
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxStorageBufferBindingSize: number;
  readonly minStorageBufferOffsetAlignment: number;
}

/** What every device offers: programs made for these limits run in any browser. */
export const defaultLimits: DeviceLimits = {
  maxStorageBuffersPerShaderStage: 8,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  minStorageBufferOffsetAlignment: 256,
};

/** Compute shaders of a device with these limits. */
export const webgpuTarget = (limits: DeviceLimits = defaultLimits): Target => ({
  name: 'webgpu',
  dtypes: new Set(dtypes),
  // One is for reports of indices out of range.
  buffersPerKernel: limits.maxStorageBuffersPerShaderStage - 1,
  // Half of the workgroup memory that every device has.
  scratchBytes: 8192,
  bindingBytes: limits.maxStorageBufferBindingSize,
  alignment: limits.minStorageBufferOffsetAlignment,
  arenas: 'several',
  parallelGrain: 4096,
  floatAtomics: false,
  maxBodyOps: 100,
  // Beyond what a device keeps close.
  attention: { cacheBytes: 16 * 2 ** 20, widest: 256 },
});
