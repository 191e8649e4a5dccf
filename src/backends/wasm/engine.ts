/** The host's WebAssembly, as much of it as this backend uses, and what is said where it is missing or forbidden. */
import { BackendError } from '../../core/index.js';

export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  /** Throws where the host has no more memory. */
  grow(pages: number): number;
}

/** Compiled code, not yet bound to a memory. */
export type CompiledModule = object;

interface Engine {
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (module: CompiledModule, imports: object) => { readonly exports: object };
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

/** @throws BackendError where a Content-Security-Policy forbids it. */
export function compileModule(bytes: Uint8Array): CompiledModule {
  const { Module } = engine();
  try {
    return new Module(bytes);
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'EvalError' && !forbidden.test(message)) throw error;
    throw new BackendError(
      `the wasm backend cannot run here: the page's Content-Security-Policy lacks script-src 'wasm-unsafe-eval'`,
      `allow script-src 'wasm-unsafe-eval'; the js backend would work with script-src 'unsafe-eval'`,
    );
  }
}
