/**
 * Few long rows, cut into parts so that they occupy a device: each stage is a dispatch with a workgroup for each part, which
 * leaves what it has found in memory. What follows combines the parts in their order.
 */
import type { Reduce, RowNest } from '../../../loops/index.js';
import { fromWord, rounded, toWord } from '../wgsl/convert.js';
import { refKey, type ScratchRef } from '../shader.js';
import type { Binding } from './binding.js';
import type { Kernel, Operands } from './kernel.js';
import { sizeOf } from './map.js';
import { kept, mostParts, type Partials } from './row-partials.js';
import type { Found, Lanes } from './row-lanes.js';

/** Positions that are worth a workgroup. */
const leastPart = 1024;
/** Workgroups that occupy a device. */
const enoughParts = 256;

export class RowCuts {
  /** Positions of a part, but for the last of a row. */
  readonly length: number;
  /** Parts of all rows. */
  readonly #places: number;
  /** The first word of each reduction. */
  readonly #bases = new Map<number, number>();
  readonly #ref: ScratchRef;

  private constructor(
    nest: RowNest,
    operands: Operands,
    /** Parts of a row. */
    readonly count: number,
  ) {
    this.length = Math.ceil(sizeOf(nest.inner) / count);
    const places = sizeOf(nest.rows) * count;
    let words = 0;
    for (const { id, position } of nest.stages.flatMap(({ reduces }) => reduces)) {
      this.#bases.set(id, words);
      words += places * (position === undefined ? 1 : 2);
    }
    this.#places = places;
    this.#ref = operands.scratch(words);
  }

  /** Undefined for rows that are not to be cut. */
  static of(nest: RowNest, operands: Operands, partials?: Partials): RowCuts | undefined {
    const [rows, size] = [sizeOf(nest.rows), sizeOf(nest.inner)];
    const count = Math.min(Math.floor(enoughParts / rows), Math.floor(size / leastPart));
    // Later stages compute again what earlier ones did, from memory that must be as it was.
    const memory = (how: 'read' | 'write'): string[] =>
      operands.refs.flatMap((ref, i) => (nest.buffers[i]!.access === how ? [refKey(ref)] : []));
    const written = new Set(memory('write'));
    const isInPlace =
      nest.buffers.some(({ access }) => access === 'readWrite') ||
      memory('read').some((key) => written.has(key));
    // Running combinations go on from part to part, and what rows of this length keep belongs to those.
    const goesOn = nest.scratch.length > 0 || nest.stages.some((stage) => stage.scans.length > 0);
    // Loops count in 32 bits: what is beyond is refused elsewhere.
    if (rows > mostParts || count < 2 || size > 2 ** 30 || isInPlace || goesOn) return undefined;
    // Each row is a part of the rows.
    if (partials && partials.count < rows) return undefined;
    return operands.traits.sharesMemory ? new RowCuts(nest, operands, count) : undefined;
  }

  #words(kernel: Kernel): Binding {
    return kernel.scratch(this.#ref, 'parts', 'uint32');
  }

  #placeOf({ id }: Reduce, variable: number, place: string): string {
    return `${this.#bases.get(id)! + variable * this.#places} + ${place}`;
  }

  /** @param place the number of the part among those of all rows */
  write(kernel: Kernel, reduce: Reduce, { variables }: Found, place: string): void {
    variables.forEach((value, i) =>
      this.#words(kernel).write(this.#placeOf(reduce, i, place), { text: toWord(value), dtype: 'uint32' }),
    );
  }

  /** What all parts of a row have found together. */
  read(kernel: Kernel, lanes: Lanes, reduce: Reduce, row: string): string {
    const { writer: w, use } = kernel;
    const { variables, absorb } = lanes.startReduce({ ...reduce, dtype: kept(reduce.dtype) });
    const part = w.loop('part', this.count);
    const place = `${row} * ${this.count} + ${part}`;
    absorb(
      variables.map(({ dtype }, i) =>
        w.named('other', fromWord(this.#words(kernel).read(this.#placeOf(reduce, i, place)), dtype)),
      ),
    );
    w.close();
    const all = { text: variables.at(-1)!.text, dtype: reduce.dtype };
    return w.declare('reduced', rounded(all, use));
  }
}
