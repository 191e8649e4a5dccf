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

/** What of a device shapes its shaders, besides limits. */
export interface DeviceTraits {
  /** Whether a workgroup's memory is faster than the rest: a driver that computes on the CPU has no such. */
  readonly sharesMemory: boolean;
  /** Whether it stores 16 bits by themselves. */
  readonly halves: boolean;
  /** Least and most invocations of a subgroup; undefined where shaders may not use subgroups. */
  readonly subgroupSizes: readonly [number, number] | undefined;
}

/** What every GPU has. */
export const plainGPU: DeviceTraits = { sharesMemory: true, halves: false, subgroupSizes: undefined };

const softwareDrivers = /software|swiftshader|llvmpipe|lavapipe|basic render/i;

/**
 * Traits by what a device says of itself.
 * @param info its adapter's names, which older browsers tell of the adapter alone, if at all
 */
export function traitsOf(
  { adapterInfo, features }: Partial<GPUDevice> & Pick<GPUDevice, 'features'>,
  info: Partial<GPUAdapterInfo> = adapterInfo ?? {},
): DeviceTraits {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  const { subgroupMinSize, subgroupMaxSize } = info;
  const names = [vendor, architecture, device, description].join(' ');
  return {
    sharesMemory: !isFallbackAdapter && !softwareDrivers.test(names),
    halves: features.has('shader-f16'),
    subgroupSizes:
      features.has('subgroups') && subgroupMinSize && subgroupMaxSize
        ? [subgroupMinSize, subgroupMaxSize]
        : undefined,
  };
}

/** Compute shaders of a device with these limits. */
export const webgpuTarget = (
  limits: DeviceLimits = defaultLimits,
  { sharesMemory }: DeviceTraits = plainGPU,
): Target => ({
  name: 'webgpu',
  dtypes: new Set(dtypes),
  // One is for reports of indices out of range.
  buffersPerKernel: limits.maxStorageBuffersPerShaderStage - 1,
  // Half of the workgroup memory that every device has.
  scratchBytes: 8192,
  keepsAcross: true,
  reciprocals: false,
  bindingBytes: limits.maxStorageBufferBindingSize,
  alignment: limits.minStorageBufferOffsetAlignment,
  arenas: 'several',
  parallelGrain: 4096,
  floatAtomics: false,
  maxBodyOps: 100,
  // Beyond what a device keeps close. The kernel lives on a workgroup's memory.
  attention: sharesMemory ? { cacheBytes: 16 * 2 ** 20, widest: 256 } : undefined,
});
