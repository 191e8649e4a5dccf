/** Tiny programs written by hand: what the runtime does with modules, apart from any code generator. */
import wabt from 'wabt';
import type { Executable, LoadOptions } from '../../../src/backends/backend.js';
import { compileCode, instantiate } from '../../../src/backends/wasm/instantiate.js';
import type { Device } from '../../../src/backends/wasm/memory.js';
import type { DType } from '../../../src/core/index.js';
import type { Program, Slot } from '../../../src/plan/index.js';

export interface Tiny {
  readonly program: Program;
  readonly bytes: Uint8Array;
  readonly scratchBytes: number;
}

interface Shape {
  readonly inputs?: readonly number[];
  readonly states?: readonly number[];
  readonly outputs?: readonly number[];
  readonly arenaBytes?: number;
  readonly scratchBytes?: number;
  readonly dtype?: DType;
  readonly shared?: boolean;
}

const slots = (space: string, lengths: readonly number[], dtype: DType): Slot[] =>
  lengths.map((length, i) => ({ shape: [length], dtype, name: `${space}${i}` }));

/** The address in word `word` of the table. */
export const base = (word: number): string =>
  `(i32.load (i32.add (local.get $table) (i32.const ${4 * word})))`;

/** `body` once for each byte offset $i of float32 arrays of that length. */
export const loop = (length: number, body: string): string => `
  (local.set $i (i32.const 0))
  (loop $next
    ${body}
    (local.set $i (i32.add (local.get $i) (i32.const 4)))
    (br_if $next (i32.lt_u (local.get $i) (i32.const ${4 * length}))))`;

/** Element $i of the float32 array in word `word` of the table. */
export const load = (word: number): string => `(f32.load (i32.add ${base(word)} (local.get $i)))`;
export const store = (word: number, value: string): string =>
  `(f32.store (i32.add ${base(word)} (local.get $i)) ${value})`;

export async function tiny(body: string, shape: Shape): Promise<Tiny> {
  const {
    inputs = [],
    states = [],
    outputs = [],
    arenaBytes = 0,
    scratchBytes = 0,
    dtype = 'float32',
  } = shape;
  const text = `(module
    (import "env" "memory" (memory 1 65536 ${shape.shared ? 'shared' : ''}))
    (import "env" "start" (func $start))
    (import "env" "stop" (func $stop (param i32)))
    (func (export "step") (param $table i32) (local $i i32) ${body}))`;
  const module = (await wabt()).parseWat('tiny.wat', text, { threads: true });
  const bytes = new Uint8Array(module.toBinary({}).buffer);
  module.destroy();
  const program: Program = {
    name: 'tiny',
    liveBytes: [],
    arenaBytes,
    allocations: [],
    inputs: slots('input', inputs, dtype),
    states: slots('state', states, dtype),
    outputs: slots('output', outputs, dtype),
    steps: [
      {
        kind: 'copy',
        from: { space: 'input', index: 0 },
        to: { space: 'input', index: 0 },
        elements: 0,
        dtype,
      },
    ],
    checks: [],
  };
  return { program, bytes, scratchBytes };
}

export const bind = (of: Tiny, device: Device, options?: LoadOptions): Executable =>
  instantiate(of.program, of, compileCode(of), device, options);

/** state += input; result = 2 * state. */
export const accumulate = (length: number, shared = false): Promise<Tiny> =>
  tiny(
    loop(
      length,
      `${store(4, `(f32.add ${load(4)} ${load(3)})`)} ${store(5, `(f32.mul (f32.const 2) ${load(4)})`)}`,
    ),
    { inputs: [length], states: [length], outputs: [length], shared },
  );

/** result = input + 1. */
export const increment = (length: number): Promise<Tiny> =>
  tiny(loop(length, store(4, `(f32.add (f32.const 1) ${load(3)})`)), { inputs: [length], outputs: [length] });
