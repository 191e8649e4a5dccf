/** The WebGPU backend: WGSL compute shaders on a device that is read by waiting. */
import type { Backend } from '../backend.js';
import { Device } from './device.js';
import { emitProgram } from './emit.js';
import { load, loadAsync } from './executable.js';
import { moveIn } from './runtime/place.js';
import type { ShaderProgram } from './shader.js';
import { webgpuTarget } from './target.js';

export { Device } from './device.js';
export { defaultLimits, webgpuTarget, type DeviceLimits } from './target.js';

export interface WebGPUBackend extends Backend<ShaderProgram> {
  readonly device: Device;
}

/** The backend on a device. */
export function createBackend(gpu: GPUDevice): WebGPUBackend {
  const device = new Device(gpu);
  return {
    name: 'webgpu',
    device,
    target: webgpuTarget(gpu.limits),
    emit: (program) => emitProgram(program),
    load: (program, emitted, options) => load(device, program, emitted, options),
    loadAsync: (program, emitted, options) => loadAsync(device, program, emitted, options),
    moveIn(storage, dtype) {
      device.check();
      moveIn(device, storage, dtype, 'state');
    },
  };
}
