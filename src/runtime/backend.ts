/** Which backends there are, and which one programs use by default. */
import type { Backend, BackendName } from '../backends/backend.js';
import { jsBackend } from '../backends/js/index.js';
import { wasmBackend } from '../backends/wasm/index.js';
import { ArgumentError, BackendError } from '../core/index.js';

export type {
  Backend,
  BackendName,
  Emitted,
  EmitOptions,
  Executable,
  LoadOptions,
} from '../backends/backend.js';
export type { KernelCall, KernelTime, Profile } from '../backends/stopwatch.js';
export { Later, Storage, copyOf } from '../backends/storage.js';

/** Each thread has working memory of its own in every program that uses it. */
const mostThreads = 64;

const backends = new Map<BackendName, Backend>();
/** Tells backends apart that had one name after each other. */
const numbers = new WeakMap<Backend, number>();
let registered = 0;

/** Makes a backend known under its name, in place of one that had it before. */
export function registerBackend(backend: Backend): void {
  backends.set(backend.name, backend);
  if (!numbers.has(backend)) numbers.set(backend, registered++);
}
registerBackend(jsBackend);
registerBackend(wasmBackend);

let current: BackendName | 'auto' = 'wasm';

/**
 * Sets the backend that programs use unless told otherwise.
 * @param name 'auto': webgpu once `initWebGPU()` has been called, wasm until then
 * @param options.threads see `setNumThreads`
 */
export function setBackend(name: BackendName | 'auto', options: { readonly threads?: number } = {}): void {
  backendOf(name); // throws for one that is not there
  current = name;
  if (options.threads !== undefined) setNumThreads(options.threads);
}

/** The backend that programs use unless told otherwise. */
export const getBackend = (): BackendName => backendOf().name;

let threads = 1;

/**
 * Sets how many threads a program may use: one unless asked for more. Results are the same bits for any number. Functions
 * compiled without a number of their own are compiled again at their next call. The js backend has one thread.
 * @throws ArgumentError for what is no number of threads.
 */
export function setNumThreads(count: number): void {
  threads = checkThreads('setNumThreads', count);
}

/** @throws ArgumentError for what is no number of threads. */
export function checkThreads(what: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= mostThreads) return count;
  throw new ArgumentError(what, `${count} is no whole number from 1 to ${mostThreads}`);
}

/** How many threads a program may use. */
export const getNumThreads = (): number => threads;

/** What programs depend on that are compiled without options of their own. */
export const defaultsKey = (): string => {
  const backend = backendOf();
  return `${backend.name}:${threads}:${numbers.get(backend)}`;
};

/** @throws BackendError for a name that stands for none. */
export function backendOf(name = current): Backend {
  const backend = backends.get(name === 'auto' ? (backends.has('webgpu') ? 'webgpu' : 'wasm') : name);
  if (backend) return backend;
  if (name === 'webgpu') {
    throw new BackendError(
      'the webgpu backend has no device yet',
      "await initWebGPU() from 'fusegrad/webgpu' before anything runs there",
    );
  }
  throw new BackendError(
    `there is no backend ${JSON.stringify(name)}`,
    `known are ${[...backends.keys()].join(', ')}`,
  );
}
