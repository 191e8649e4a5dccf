/**
 * A throw-away listing of LoopNests as WebAssembly text with SIMD. It shows that the IR says all that a backend for WebAssembly
 * needs: which loads are contiguous, what stays the same along a vector, how rows are cut for threads. Nothing here is tuned.
 */
import {
  collapse,
  type ContractNest,
  type LoopNest,
  type MapNest,
  type SegmentedNest,
} from '../../../src/loops/index.js';
import type { Launch } from '../readers/axes.js';
import { i32, importsOf, kindOf, lanewise, number, splat } from './language.js';
import { listRow } from './row.js';
import { Writer, type Memory } from './writer.js';

/** How the functions of a kernel are called: with the bases of its buffers, then what its kind adds. */
export type Call =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'rows';
      readonly rows: number;
      readonly scratchWords: number;
      readonly partialWords: number;
    }
  | {
      readonly kind: 'segments';
      readonly counts: readonly number[];
      readonly streams: readonly (readonly number[])[];
      readonly scalars: readonly number[];
    };

export interface Listing {
  readonly name: string;
  readonly text: string;
  readonly call: Call;
}

function listMap(nest: MapNest, out: Writer): void {
  out.vectors(nest.axes, (wide) => {
    out.run(nest.body, wide);
    out.store(nest.stores, wide);
  });
}

/** Vectors lie along the last column axis; a row's operand is one value, spread over the vector. */
function listContract(nest: ContractNest, out: Writer): void {
  const kind = kindOf(nest.dtype);
  out.loops([...nest.batch, ...nest.m], () =>
    out.vectors(nest.n, (wide) => {
      const sum = out.local(wide ? '$sums' : '$sum', wide ? 'v128' : 'f32');
      out.set(sum, wide ? splat(number(0, kind), kind) : number(0, kind));
      out.loops(nest.k, () => {
        out.run(nest.a.body, wide);
        out.run(nest.b.body, wide);
        const type = wide ? 'f32x4' : 'f32';
        out.set(
          sum,
          `(${type}.add (local.get ${sum}) (${type}.mul ${out.get(nest.a.value, wide)} ${out.get(nest.b.value, wide)}))`,
        );
      });
      out.define(nest.sum, kind, `(local.get ${sum})`, wide);
      out.run(nest.body, wide);
      out.store(nest.stores, wide);
    }),
  );
}

/** Called once a segment, with the segment's buffer of each stream, the scalars and the number of elements. */
function listSegmented(nest: SegmentedNest): { text: string[]; call: Call } {
  const scalars = [...new Set(nest.setup.flatMap((instr) => (instr.kind === 'load' ? [instr.buffer] : [])))];
  const out = new Writer({
    base: (buffer) => `(local.get $c${buffer})`,
    dtype: (buffer) => nest.buffers[buffer]!.dtype,
  });
  out.run(nest.setup, false);
  const streams: Memory = {
    base: (stream) => `(local.get $s${stream})`,
    dtype: (stream) => nest.buffers[nest.streams[stream]![0]!]!.dtype,
  };
  out.memory = streams;
  out.span(0, '(local.get $count)', (wide) => {
    out.run(nest.body, wide);
    out.store(nest.stores, wide);
  });
  const parameters = [...nest.streams.map((_, s) => `$s${s}`), ...scalars.map((b) => `$c${b}`), '$count'];
  return {
    text: out.func(nest.name, parameters),
    call: { kind: 'segments', counts: nest.counts, streams: nest.streams, scalars },
  };
}

function listNest(nest: LoopNest): { text: string[]; call: Call } {
  const buffers = nest.buffers.map((_, i) => `$b${i}`);
  const memory: Memory = {
    base: (buffer) => `(local.get $b${buffer})`,
    dtype: (buffer) => nest.buffers[buffer]!.dtype,
  };
  if (nest.kind === 'row') {
    const { text, ...call } = listRow(nest, memory, buffers);
    return { text, call: { kind: 'rows', ...call } };
  }
  if (nest.kind === 'segmented') return listSegmented(nest);
  const out = new Writer(memory);
  if (nest.kind === 'map') listMap(nest, out);
  else if (nest.kind === 'contract') listContract(nest, out);
  else throw new Error(`the listing has no ${nest.kind}`);
  return { text: out.func(nest.name, buffers), call: { kind: 'plain' } };
}

const floors = [
  '(func $floor_div (param $a i32) (param $b i32) (result i32)',
  `  (i32.div_s (select (i32.sub (local.get $a) (i32.sub (local.get $b) ${i32(1)})) (local.get $a) (i32.lt_s (local.get $a) ${i32(0)})) (local.get $b)))`,
  '(func $floor_mod (param $a i32) (param $b i32) (result i32)',
  '  (i32.sub (local.get $a) (i32.mul (local.get $b) (call $floor_div (local.get $a) (local.get $b)))))',
];

export function listKernel({ nest: given }: Launch): Listing {
  const nest = collapse(given);
  const { text, call } = listNest(nest);
  const body = text.join('\n');
  const module = [
    '(module',
    ...[
      ...importsOf(body),
      '(import "env" "memory" (memory 1))',
      ...(body.includes('$floor_') ? floors : []),
      ...lanewise(body),
      ...nest.buffers.map(
        ({ name, dtype, elements, access }, i) =>
          `;; buffer ${i}: ${name}, ${elements} of ${dtype}, ${access}`,
      ),
      ...text,
    ].map((line) => `  ${line}`),
    ')',
    '',
  ].join('\n');
  return { name: nest.name, text: module, call };
}
