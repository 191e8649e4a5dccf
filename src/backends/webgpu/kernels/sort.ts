/**
 * Sorts, stable. Blocks first: each element counts those of its block that come before it. Longer lines are then merged in
 * dispatches: each element looks for its place among those of the neighbouring run, which is sorted like its own.
 */
import type { OpaqueNest } from '../../../loops/index.js';
import type { DeviceRef } from '../shader.js';
import { typeOf, type WgslType } from '../wgsl/value.js';
import { Kernel, type Launch, type Operands } from './kernel.js';

/** Elements that are sorted by counting. */
const blockSize = 256;

export function emitSort(nest: OpaqueNest, operands: Operands): Launch[] {
  const { outer, size, inner } = nest;
  const elements = outer * size * inner;
  if (elements === 0) return [];
  const passes = size > blockSize ? Math.ceil(Math.log2(size / blockSize)) : 0;
  const orders = Array.from({ length: Math.min(passes, 2) }, () => operands.scratch(elements + 1));
  /** What a pass leaves in memory; nothing after the last, which writes the result. */
  const after = (pass: number): DeviceRef | undefined => (pass < passes ? orders[pass % 2] : undefined);
  return [
    new SortKernel(nest, operands, 'blocks', after(0)).countInBlocks(),
    ...Array.from({ length: passes }, (_, pass) =>
      new SortKernel(nest, operands, 'merge', after(pass + 1)).merge(after(pass)!),
    ),
  ];
}

/**
 * One dispatch, with an invocation for each element. Between dispatches lies the order alone: for each place, where in its
 * line the element there comes from. Keys are read where they are, for a copy of them would have to be moved in
 * each pass. After the order comes how long its sorted runs are, so that one shader serves all passes.
 */
class SortKernel {
  readonly #kernel: Kernel;
  readonly #item: string;
  /** Where the line begins, and the place in it. */
  readonly #line: string;
  readonly #place: string;

  constructor(
    readonly nest: OpaqueNest,
    readonly operands: Operands,
    part: string,
    readonly to: DeviceRef | undefined,
  ) {
    const { outer, size, inner } = nest;
    this.#kernel = new Kernel(to ? `${nest.name}_${part}` : nest.name, operands, nest.comment);
    const w = this.#kernel.writer;
    const length = size * inner;
    this.#item = this.#kernel.eachInvocation(outer * length);
    this.#line = w.declare('line', `${this.#item} / ${length} * ${length} + ${this.#item} % ${inner}`);
    this.#place = w.declare('place', `${this.#item} / ${inner} % ${size}`);
  }

  countInBlocks(): Launch {
    const { size } = this.nest;
    const w = this.#kernel.writer;
    const own = this.#place;
    const value = w.declare('value', this.#keyAt(own));
    const isOne = size <= blockSize;
    const first = isOne ? '0' : w.declare('first', `${own} / ${blockSize} * ${blockSize}`);
    const rank = w.variable('rank', 'i32', first);
    const other = isOne
      ? w.loop('other', size)
      : w.stride('other', first, w.declare('end', `min(${first} + ${blockSize}, ${size})`), 1);
    const candidate = w.declare('candidate', this.#keyAt(other));
    w.line(`${rank} += select(0, 1, ${this.#comesFirst(candidate, value, `${other} < ${own}`)});`);
    w.close();
    return this.#put(rank, own, String(blockSize));
  }

  merge(from: DeviceRef): Launch {
    const { outer, size, inner } = this.nest;
    const w = this.#kernel.writer;
    const place = this.#place;
    const order = this.#kernel.scratch(from, 'order', 'i32');
    const run = w.declare('run', `${order}[${outer * size * inner}]`);
    const own = w.declare('own', `${order}[${this.#item}]`);
    const value = w.declare('value', this.#keyAt(own));
    const isSecond = w.declare('second', `${place} / ${run} % 2 == 1`);
    const start = w.declare('start', `${place} - ${place} % ${run}`);
    const other = w.declare(
      'other',
      `min(select(${start} + ${run}, ${start} - ${run}, ${isSecond}), ${size})`,
    );
    // Which of the other run come before: of equal ones those of the first run.
    const low = w.variable('low', 'i32', other);
    const high = w.variable('high', 'i32', `min(${other} + ${run}, ${size})`);
    w.open(`while (${low} < ${high})`);
    const middle = w.declare('middle', `(${low} + ${high}) / 2`);
    const position = w.declare('position', `${order}[${this.#at(middle)}]`);
    const candidate = w.declare('candidate', this.#keyAt(position));
    w.open(`if (${this.#comesFirst(candidate, value, isSecond)})`);
    w.line(`${low} = ${middle} + 1;`);
    w.close();
    w.line(`else { ${high} = ${middle}; }`);
    w.close();
    const before = w.declare('before', `${low} - ${other}`);
    const rank = w.declare('rank', `${place} + ${before} - select(0, ${run}, ${isSecond})`);
    return this.#put(rank, own, `2 * ${run}`);
  }

  /** Where a place of the line lies. */
  #at(place: string): string {
    return `${this.#line} + ${place} * ${this.nest.inner}`;
  }

  #keyAt(place: string): string {
    const { input, buffers } = this.nest;
    const value = this.#kernel.buffer(input).read(this.#at(place));
    return keyOf[typeOf(buffers[input]!.dtype)](this.#kernel, value);
  }

  /** Whether a candidate stands before a value; `ifEqual` decides between equal ones. */
  #comesFirst(candidate: string, value: string, ifEqual: string): string {
    const [first, second] = this.nest.descending ? [value, candidate] : [candidate, value];
    return `${first} < ${second} || (${first} == ${second} && ${ifEqual})`;
  }

  /** Puts the element that stood at `own` in its place, of runs of length `run`. */
  #put(rank: string, own: string, run: string): Launch {
    const { op, input, output, outer, size, inner, buffers } = this.nest;
    const kernel = this.#kernel;
    const w = kernel.writer;
    if (this.to) {
      const order = kernel.scratch(this.to, 'sorted', 'i32');
      w.line(`${order}[${this.#at(rank)}] = ${own};`);
      w.line(`if (${this.#item} == 0) { ${order}[${outer * size * inner}] = ${run}; }`);
    } else {
      const { dtype } = buffers[output]!;
      const text = op === 'argsort' ? own : w.declare('sorted', kernel.buffer(input).read(this.#at(own)));
      kernel.buffer(output).write(this.#at(rank), { text, dtype });
    }
    return kernel.finish();
  }
}

/** What to compare: NaN is the largest float, and the zeros are equal. */
const keyOf: Readonly<Record<WgslType, (kernel: Kernel, value: string) => string>> = {
  i32: (_, value) => value,
  u32: (_, value) => value,
  bool: (_, value) => `u32(${value})`,
  f32: (kernel, value) => {
    kernel.define(
      'fn sort_key(x: f32) -> u32 {',
      '  let bits = bitcast<u32>(x);',
      '  let size = bits & 0x7fffffffu;',
      '  if (size > 0x7f800000u) { return 0xffffffffu; }',
      '  return select(0x80000000u + size, 0x80000000u - size, bits != size);',
      '}',
    );
    return `sort_key(${value})`;
  },
};
