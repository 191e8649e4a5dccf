/** The WebGPU backend: WGSL compute shaders on a device that is read by waiting. */
import type { Backend } from '../backend.js';
import { Device } from './device.js';
import { emitProgram } from './emit.js';
import { load, loadAsync } from './executable.js';
import { moveIn, placeOn } from './runtime/place.js';
import type { ShaderProgram } from './shader.js';
import { traitsOf, webgpuTarget } from './target.js';

export { Device } from './device.js';
export {
  defaultLimits,
  plainGPU,
  traitsOf,
  webgpuTarget,
  type DeviceLimits,
  type DeviceTraits,
} from './target.js';

export interface WebGPUBackend extends Backend<ShaderProgram> {
  readonly device: Device;
}

/**
 * The backend on a device.
 * @param own whether fusegrad requested it, and nobody else computes there
 * @param traits what it is taken to be
 */
export function createBackend(gpu: GPUDevice, { own = false, traits = traitsOf(gpu) } = {}): WebGPUBackend {
  const device = new Device(gpu, own);
  const target = webgpuTarget(gpu.limits, traits);
  return {
    name: 'webgpu',
    device,
    target,
    emit: (program) => emitProgram(program, target, traits),
    load: (program, emitted, options) => load(device, program, emitted, options),
    loadAsync: (program, emitted, options) => loadAsync(device, program, emitted, options),
    memory: {
      holds: (storage) => placeOn(device, storage)?.isUsable ?? false,
      moveIn(storage, dtype) {
        device.check();
        moveIn(device, storage, dtype, 'a state');
      },
    },
  };
}
