/** What the runtime asks of a backend, and which one programs use by default. */
import { BackendError, type TypedArray } from '../core/index.js';
import * as js from '../backends/js/index.js';
import type { Program, Target } from '../plan/index.js';

export interface Memory {
  readonly arena: ArrayBuffer;
  readonly inputs: readonly TypedArray[];
  readonly states: readonly TypedArray[];
  readonly outputs: readonly TypedArray[];
}

export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
}

export interface Executable {
  readonly source: string;
  step(): void;
  bind(space: 'input' | 'state' | 'output', index: number, array: TypedArray): void;
  /** [check + 1, offending index, position] of the first index out of range; zeros when there was none. */
  readonly failure: Int32Array;
  readonly profile?: readonly KernelTime[];
}

export interface Backend {
  readonly name: BackendName;
  readonly target: Target;
  emit(program: Program): string;
  instantiate(
    program: Program,
    source: string,
    memory: Memory,
    options?: { instrument?: boolean },
  ): Executable;
}

export type BackendName = 'js';

const backends: Record<BackendName, Backend> = {
  js: {
    name: 'js',
    target: js.jsTarget,
    emit: js.emit,
    instantiate: (program, source, memory, options) =>
      js.instantiate(
        program,
        source,
        { ...memory, inputs: [...memory.inputs], states: [...memory.states], outputs: [...memory.outputs] },
        options,
      ),
  },
};

let current: BackendName = 'js';

/** Sets the backend that programs use unless told otherwise. */
export function setBackend(name: BackendName): void {
  current = backendOf(name).name;
}

/** The backend that programs use unless told otherwise. */
export const getBackend = (): BackendName => current;

export function backendOf(name: BackendName = current): Backend {
  if (!Object.hasOwn(backends, name)) {
    throw new BackendError(
      `there is no backend ${JSON.stringify(name)}`,
      `known are ${Object.keys(backends).join(', ')}`,
    );
  }
  return backends[name];
}
