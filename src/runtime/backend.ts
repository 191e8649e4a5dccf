/** Which backends there are, and which one programs use by default. */
import type { Backend, BackendName } from '../backends/backend.js';
import { jsBackend } from '../backends/js/index.js';
import { wasmBackend } from '../backends/wasm/index.js';
import { BackendError } from '../core/index.js';

export type {
  Backend,
  BackendName,
  Emitted,
  EmitOptions,
  Executable,
  LoadOptions,
} from '../backends/backend.js';
export type { KernelTime } from '../backends/stopwatch.js';
export { Storage, copyOf } from '../backends/storage.js';

const backends = new Map<BackendName, Backend>();

/** Makes a backend known under its name. */
export function registerBackend(backend: Backend): void {
  backends.set(backend.name, backend);
}
registerBackend(jsBackend);
registerBackend(wasmBackend);

let current: BackendName = 'wasm';

/** Sets the backend that programs use unless told otherwise. */
export function setBackend(name: BackendName): void {
  current = backendOf(name).name;
}

/** The backend that programs use unless told otherwise. */
export const getBackend = (): BackendName => current;

export function backendOf(name: BackendName = current): Backend {
  const backend = backends.get(name);
  if (backend) return backend;
  throw new BackendError(
    `there is no backend ${JSON.stringify(name)}`,
    `known are ${[...backends.keys()].join(', ')}`,
  );
}
