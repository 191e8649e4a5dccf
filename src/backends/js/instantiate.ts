/** From source to something that runs. */
import { BackendError, type TypedArray } from '../../core/index.js';
import type { Program } from '../../plan/program.js';
import { Stopwatch, type Profile } from '../stopwatch.js';
import { library } from './helpers.js';
import { emitProgram, parameters } from './program.js';

/** Where a program's buffers lie. Arrays are used as they are, not copied. */
export interface Memory {
  /** At least `program.arenaBytes` long. */
  readonly arena: ArrayBuffer;
  readonly inputs: TypedArray[];
  readonly states: TypedArray[];
  readonly outputs: TypedArray[];
}

export interface Executable {
  readonly source: string;
  /** Runs all kernels. Allocates nothing on the JavaScript heap (int64 arithmetic aside). */
  step(): void;
  /** Puts another array of the same type and length in a place of the program. */
  bind(space: 'input' | 'state' | 'output', index: number, array: TypedArray): void;
  /** The first index found out of range: check number + 1, the index, its position in the array of indices; else 0. */
  readonly failure: Int32Array;
  /** Time spent in each step, when the program was instantiated with `instrument`. */
  readonly profile?: Profile;
}

type Factory = (...args: readonly unknown[]) => () => void;

let instances = 0;

/**
 * Every instance has source of its own: V8 would share the functions of equal sources, and only code that belongs to
 * one instance is optimised for the memory it addresses (five times as fast).
 */
function compile(source: string): Factory {
  try {
    return new Function(...parameters, `${source}// instance ${instances++}\n`) as Factory;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    throw new BackendError(
      `the js backend cannot run here: the page's Content-Security-Policy lacks script-src 'unsafe-eval'`,
      `allow script-src 'unsafe-eval', or use the wasm backend, which needs script-src 'wasm-unsafe-eval' only`,
    );
  }
}

/** Compiles the source of a program over given memory. */
export function instantiate(
  program: Program,
  source: string,
  memory: Memory,
  options: { readonly instrument?: boolean } = {},
): Executable {
  const watch = options.instrument ? new Stopwatch(program) : undefined;
  const failure = new Int32Array(3);
  const spaces = { input: [...memory.inputs], state: [...memory.states], output: [...memory.outputs] };
  const factory = compile(watch ? emitProgram(program, true) : source);
  const step = factory(memory.arena, spaces.input, spaces.state, spaces.output, failure, library, watch);
  return {
    source,
    step,
    bind: (space, index, array) => void (spaces[space][index] = array),
    failure,
    ...(watch ? { profile: watch } : {}),
  };
}
