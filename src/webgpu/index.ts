/**
 * The WebGPU backend. Requesting a device takes waiting, so it is not there by itself.
 * @module
 */
import type { DeviceCounters } from '../backends/webgpu/counters.js';
import { createBackend, traitsOf, type WebGPUBackend } from '../backends/webgpu/index.js';
import { ArgumentError, BackendError, kindOf } from '../core/index.js';
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
  /**
   * Bytes of results that one turn of the event loop may make: 4 GiB unless told otherwise. Dropped results come back
   * between turns, so a loop without any would fill the device; past this it is stopped with an error.
   */
  readonly turnBytes?: number;
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
/** The backend of each device: what lies there is found again when another one was used in between. */
const backends = new WeakMap<GPUDevice, WebGPUBackend>();

/**
 * Makes the backend 'webgpu' available: requests a device with the limits that programs profit from, or takes the one it
 * is given. In Node it needs the package `webgpu`. Called again without a device it does nothing, unless the device is lost;
 * with a device that it knows it goes on there.
 * @throws BackendError when the host has no WebGPU, no adapter or no device.
 * @example
 * await initWebGPU();
 * setBackend('webgpu');
 */
export async function initWebGPU(options: WebGPUOptions = {}): Promise<void> {
  const { turnBytes } = options;
  if (turnBytes !== undefined && !(turnBytes > 0)) {
    throw new ArgumentError(
      'initWebGPU',
      `turnBytes is ${turnBytes}, and should be a number of bytes above 0`,
    );
  }
  const given = options.device ?? options.adapter;
  if (!given && backend && !backend.device.isLost) {
    if (turnBytes !== undefined) backend.device.turnBytes = turnBytes;
    return;
  }
  if (given) return initialise(options);
  underway ??= initialise(options).finally(() => (underway = undefined));
  return underway;
}

async function initialise({ device, adapter, powerPreference, turnBytes }: WebGPUOptions): Promise<void> {
  if (device) {
    checkKind('device', 'GPUDevice', device, [
      'limits',
      'features',
      'queue',
      'lost',
      'createComputePipeline',
    ]);
    backend = await backendOn(device as GPUDevice);
  } else {
    if (adapter) checkKind('adapter', 'GPUAdapter', adapter, ['limits', 'features', 'requestDevice']);
    backend = await backendFrom(await findAdapter(adapter as GPUAdapter | undefined, powerPreference));
  }
  if (turnBytes !== undefined) backend.device.turnBytes = turnBytes;
  registerBackend(backend);
}

/** @throws ArgumentError for what lacks a member that its kind has. */
function checkKind(option: string, kind: string, value: object, members: readonly string[]): void {
  const missing = members.find((member) => !(member in value));
  if (missing === undefined) return;
  throw new ArgumentError(
    'initWebGPU',
    `the option '${option}' is ${kindOf(value)} without '${missing}', and should be a ${kind}`,
    'initWebGPU() without options requests a device by itself',
  );
}

/** The backend on a device of the user's. */
async function backendOn(gpu: GPUDevice): Promise<WebGPUBackend> {
  // Waits for nothing: it tells what is known by now.
  const lost = await Promise.race([gpu.lost, Promise.resolve()]);
  if (lost) {
    throw new BackendError(
      `the WebGPU device that initWebGPU() is given is lost: ${lost.message.trim()}`,
      'request another one, or let `await initWebGPU()` do so',
    );
  }
  const known = backends.get(gpu) ?? createBackend(gpu);
  backends.set(gpu, known);
  return known;
}

async function findAdapter(
  given: GPUAdapter | undefined,
  powerPreference: GPUPowerPreference = 'high-performance',
): Promise<GPUAdapter> {
  const adapter = given ?? (await (await findGPU()).requestAdapter({ powerPreference }));
  if (adapter) return adapter;
  throw new BackendError(
    'WebGPU finds no adapter on this machine',
    'it needs a GPU with a Vulkan, Metal or Direct3D 12 driver, or a software one such as Mesa lavapipe 24 or newer',
  );
}

/** The backend on a device of its own. */
async function backendFrom(adapter: GPUAdapter): Promise<WebGPUBackend> {
  const gpu = await requestDevice(adapter);
  // Older browsers name the adapter only.
  const traits = traitsOf(gpu, gpu.adapterInfo ?? adapter.info);
  return createBackend(gpu, { own: true, traits });
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({
      requiredFeatures: useful.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(wanted.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (error) {
    throw new BackendError(
      `the WebGPU adapter gives no device: ${(error as Error).message.trim()}`,
      'an adapter gives one device, once: `navigator.gpu.requestAdapter()` gets another adapter',
    );
  }
}

/**
 * What the device has been given to do so far, as a copy: tests and curious users see whether kernels really ran.
 * @throws BackendError before `initWebGPU()`.
 */
export function webgpuCounters(): DeviceCounters {
  if (!backend) throw new BackendError('there is no WebGPU device yet', 'await initWebGPU()');
  return { ...backend.device.counters };
}
