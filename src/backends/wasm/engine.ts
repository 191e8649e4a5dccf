/** The host's WebAssembly, as much of it as this backend uses, and what is said where it is missing or forbidden. */
import { BackendError } from '../../core/index.js';

export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  /** Throws where the host has no more memory. */
  grow(pages: number): number;
}

/** Compiled code, not yet bound to a memory. */
export type CompiledModule = object;

interface ModuleInstance {
  readonly exports: object;
}

interface Engine {
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (module: CompiledModule, imports: object) => ModuleInstance;
  compile(bytes: Uint8Array): Promise<CompiledModule>;
  instantiate(module: CompiledModule, imports: object): Promise<ModuleInstance>;
  validate(bytes: Uint8Array): boolean;
}

export const pageBytes = 65536;

export function engine(): Engine {
  // The library is checked without the types of a browser, which are where TypeScript declares it.
  const { WebAssembly } = globalThis as { readonly WebAssembly?: Engine };
  if (WebAssembly) return WebAssembly;
  throw new BackendError(
    'the wasm backend cannot run here: there is no WebAssembly',
    `use the js backend: setBackend('js')`,
  );
}

/** How browsers and V8 say that a policy forbids the compilation. */
const forbidden = /content.security.policy|\bCSP\b|unsafe-eval|disallowed by embedder/i;

/** How browsers say that their main thread takes a module of this size only asynchronously. */
const tooLarge = /disallowed on the main thread/i;

/** What to throw for an error of the host. */
function explained(error: unknown): unknown {
  const { name, message } = error as Error;
  if (tooLarge.test(message)) {
    return new BackendError(
      'the wasm backend cannot compile this here: the main thread of this browser takes large modules only asynchronously',
      'use `const step = await compileAsync(fn, inputs)`, or compute in a Worker',
    );
  }
  if (name !== 'EvalError' && !forbidden.test(message)) return error;
  return new BackendError(
    `the wasm backend cannot run here: the page's Content-Security-Policy lacks script-src 'wasm-unsafe-eval'`,
    `allow script-src 'wasm-unsafe-eval'; the js backend would work with script-src 'unsafe-eval'`,
  );
}

function explaining<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw explained(error);
  }
}

/** @throws BackendError where a Content-Security-Policy forbids it, or the module is too large for the main thread. */
export const compileModule = (bytes: Uint8Array): CompiledModule =>
  explaining(() => new (engine().Module)(bytes));

/** @throws BackendError where the module is too large for the main thread. */
export const instantiateModule = (module: CompiledModule, imports: object): object =>
  explaining(() => new (engine().Instance)(module, imports).exports);

/** compileModule() without blocking, whatever the size. */
export const compileModuleAsync = (bytes: Uint8Array): Promise<CompiledModule> =>
  engine()
    .compile(bytes)
    .catch((error: unknown) => {
      throw explained(error);
    });

/** instantiateModule() without blocking, whatever the size. */
export const instantiateModuleAsync = async (module: CompiledModule, imports: object): Promise<object> =>
  (await engine().instantiate(module, imports)).exports;
