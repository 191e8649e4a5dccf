/**
 * The order of lines of keys, stable. Blocks first: each element counts those of its block that come before it. Longer
 * lines are then merged in dispatches: each element looks for its place among those of the neighbouring run, which is sorted
 * like its own.
 */
import type { ScratchRef } from '../shader.js';
import { Kernel, type Launch, type Operands } from './kernel.js';

/** Elements that are sorted by counting. */
const blockSize = 256;

/** Lines of `size` keys that lie `inner` apart, `outer` times. */
export interface Keys {
  readonly name: string;
  readonly comment: readonly string[];
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly descending: boolean;
  /** The key at a position of memory, as something that compares. */
  readonly at: (kernel: Kernel, position: string) => string;
}

/** An element in the place that it has in the end. */
export interface Placed {
  /** The position that it has, and the one that it had. */
  readonly to: string;
  readonly from: string;
  /** Its place in the line that it had. */
  readonly place: string;
}

/** Sorts; the last dispatch hands each element over. */
export function sorted(
  keys: Keys,
  operands: Operands,
  put: (kernel: Kernel, element: Placed) => void,
): Launch[] {
  return passes(keys, operands, put).launches;
}

/** Sorts; the order stays in memory: for each place, where in its line the element there comes from. */
export function ordered(keys: Keys, operands: Operands): { launches: Launch[]; order: ScratchRef } {
  const { launches, order } = passes(keys, operands);
  return { launches, order: order! };
}

function passes(
  keys: Keys,
  operands: Operands,
  put?: (kernel: Kernel, element: Placed) => void,
): { launches: Launch[]; order: ScratchRef | undefined } {
  const { outer, size, inner } = keys;
  const merges = size > blockSize ? Math.ceil(Math.log2(size / blockSize)) : 0;
  const kept = Math.min(2, put ? merges : merges + 1);
  const orders = Array.from({ length: kept }, () => operands.scratch(outer * size * inner + 1));
  /** What a pass leaves in memory: nothing if it is the last and its elements are handed over. */
  const after = (pass: number): ScratchRef | undefined =>
    put && pass === merges ? undefined : orders[pass % 2];
  const launches = [
    new Pass(keys, operands, 'blocks', after(0), put).countInBlocks(),
    ...Array.from({ length: merges }, (_, pass) =>
      new Pass(keys, operands, 'merge', after(pass + 1), put).merge(after(pass)!),
    ),
  ];
  return { launches, order: after(merges) };
}

/**
 * One dispatch, with an invocation for each element. Between dispatches lies the order alone: for each place, where in its
 * line the element there comes from. Keys are read where they are, for a copy of them would have to be moved in
 * each pass. After the order comes how long its sorted runs are, so that one shader serves all passes.
 */
class Pass {
  readonly #kernel: Kernel;
  readonly #item: string;
  /** Where the line begins, and the place in it. */
  readonly #line: string;
  readonly #place: string;

  constructor(
    readonly keys: Keys,
    operands: Operands,
    part: string,
    readonly to: ScratchRef | undefined,
    readonly put: ((kernel: Kernel, element: Placed) => void) | undefined,
  ) {
    const { name, comment, outer, size, inner } = keys;
    this.#kernel = new Kernel(to ? `${name}_${part}` : name, operands, comment);
    const w = this.#kernel.writer;
    const length = size * inner;
    this.#item = this.#kernel.eachInvocation(outer * length);
    this.#line = w.declare('line', `${this.#item} / ${length} * ${length} + ${this.#item} % ${inner}`);
    this.#place = w.declare('place', `${this.#item} / ${inner} % ${size}`);
  }

  countInBlocks(): Launch {
    const { size } = this.keys;
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
    return this.#finish(rank, own, String(blockSize));
  }

  merge(from: ScratchRef): Launch {
    const { outer, size, inner } = this.keys;
    const w = this.#kernel.writer;
    const place = this.#place;
    const order = this.#kernel.scratch(from, 'order', 'int32');
    const run = w.declare('run', order.read(`${outer * size * inner}`));
    const own = w.declare('own', order.read(this.#item));
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
    const position = w.declare('position', order.read(this.#at(middle)));
    const candidate = w.declare('candidate', this.#keyAt(position));
    w.open(`if (${this.#comesFirst(candidate, value, isSecond)})`);
    w.line(`${low} = ${middle} + 1;`);
    w.close();
    w.line(`else { ${high} = ${middle}; }`);
    w.close();
    const before = w.declare('before', `${low} - ${other}`);
    const rank = w.declare('rank', `${place} + ${before} - select(0, ${run}, ${isSecond})`);
    return this.#finish(rank, own, `2 * ${run}`);
  }

  /** Where a place of the line lies. */
  #at(place: string): string {
    return `${this.#line} + ${place} * ${this.keys.inner}`;
  }

  #keyAt(place: string): string {
    return this.keys.at(this.#kernel, this.#at(place));
  }

  /** Whether a candidate stands before a value; `ifEqual` decides between equal ones. */
  #comesFirst(candidate: string, value: string, ifEqual: string): string {
    const [first, second] = this.keys.descending ? [value, candidate] : [candidate, value];
    return `${first} < ${second} || (${first} == ${second} && ${ifEqual})`;
  }

  /** Puts the element that stood at `own` in its place, of runs of length `run`. */
  #finish(rank: string, own: string, run: string): Launch {
    const { outer, size, inner } = this.keys;
    const kernel = this.#kernel;
    if (this.to) {
      const order = kernel.scratch(this.to, 'sorted', 'int32');
      order.write(this.#at(rank), { text: own, dtype: 'int32' });
      kernel.writer.open(`if (${this.#item} == 0)`);
      order.write(`${outer * size * inner}`, { text: run, dtype: 'int32' });
      kernel.writer.close();
    } else this.put!(kernel, { to: this.#at(rank), from: this.#at(own), place: own });
    return kernel.finish();
  }
}
