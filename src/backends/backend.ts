/** What the runtime asks of a backend. */
import type { DType } from '../core/index.js';
import type { Program } from '../plan/program.js';
import type { Target } from '../plan/target.js';
import type { Storage } from './storage.js';
import type { Profile } from './stopwatch.js';

export type BackendName = 'js' | 'wasm' | 'webgpu';

export interface EmitOptions {
  /** The same bits on every machine, at the price of speed. */
  readonly deterministic?: boolean;
  /** Threads the program may use, where the backend has more than one. */
  readonly threads?: number;
}

/** What a backend makes of a program, before it is bound to any memory. */
export interface Emitted {
  /** The kernels as text to read. */
  readonly source: string;
}

export interface LoadOptions {
  /** Measures each step. */
  readonly instrument?: boolean;
}

/** A program that can run. */
export interface Executable {
  /**
   * Runs all kernels on these inputs and states, which stand in the program's order. States are overwritten where they lie; each
   * result has a storage of its own.
   */
  run(inputs: readonly Storage[], states: readonly Storage[]): Storage[];
  /**
   * [check + 1, offending index, position] of the first index out of range; zeros when there was none. A device that is
   * read by waiting leaves it at zero, and reports at the next read.
   */
  readonly failure: Int32Array;
  /** What its kernels took, if it was loaded with `instrument`. */
  readonly profile?: Profile;
  /** Gives back the memory it holds. It may run again. */
  release(): void;
}

export interface Backend<E extends Emitted = Emitted> {
  readonly name: BackendName;
  readonly target: Target;
  emit(program: Program, options?: EmitOptions): E;
  load(program: Program, emitted: E, options?: LoadOptions): Executable;
  /** The same without blocking, where the host's main thread takes large code in no other way. */
  loadAsync?(program: Program, emitted: E, options?: LoadOptions): Promise<Executable>;
  /** The memory of the device, where that is another than the host's. */
  readonly memory?: {
    /** Whether content lies there. */
    holds(storage: Storage): boolean;
    /** Moves content of the host there, ahead of the first run. */
    moveIn(storage: Storage, dtype: DType): void;
  };
}
