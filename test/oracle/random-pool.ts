/** What a random graph is grown from: choices that shrink, values with their bounds, leaves with their data. */
import { dtypes as every, isFloat, numel, type DType, type Shape } from '../../src/core/index.js';
import { node, type Node } from '../../src/graph/index.js';
import type { Leaf, Value } from '../../src/ops/index.js';

/** A value of the graph: no element is larger than `bound`, none further than `error` from what is right. */
export interface Entry {
  readonly node: Node;
  readonly bound: number;
  readonly error: number;
}

/** A stream of choices that fast-check shrinks: an exhausted stream chooses the first of everything. */
export class Choices {
  #at = 0;
  constructor(private readonly numbers: readonly number[]) {}

  below(count: number): number {
    return (this.numbers[this.#at++] ?? 0) % count;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** One of the latest that fit: graphs grow deep rather than wide. */
  maybe(list: readonly Entry[], fits: (entry: Entry) => boolean): Entry | undefined {
    const found = list.filter(fits).slice(-4);
    return found.length === 0 ? undefined : this.of(found);
  }
  /** Each of a shape's axes or not. */
  axes(rank: number): number[] {
    const bits = this.below(2 ** rank);
    return Array.from({ length: rank }, (_, i) => i).filter((i) => (bits >> i) & 1);
  }
}

const all = new Set(Object.keys(every) as DType[]);

/** What is made so far, and the data of its leaves. */
export class Pool {
  readonly entries: Entry[] = [];
  readonly data = new Map<Leaf, Value[]>();

  /** @param dtypes what leaves may hold: all that a backend has */
  constructor(readonly dtypes: ReadonlySet<DType> = all) {}

  leaf(shape: Shape, dtype: DType, choices: Choices, limit = 6): Entry {
    const own: Leaf = { id: this.data.size, name: `x${this.data.size}` };
    const data = dataOf(shape, dtype, choices.below(2 ** 16), limit);
    this.data.set(own, data);
    const bound = data.reduce<number>((most, value) => Math.max(most, Math.abs(Number(value))), 0);
    return { node: node('input', [], { leaf: own, shape, dtype }), bound, error: 0 };
  }
}

/** Floats: distinct, in (-2, 2) and never at a kink. Integers: small, in [0, limit) if unsigned. */
function dataOf(shape: Shape, dtype: DType, seed: number, limit: number): Value[] {
  const count = numel(shape);
  let state = (seed + 1) * 2654435761;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  if (isFloat(dtype)) {
    const ranks = Array.from({ length: count }, (_, i) => ({ i, key: random() })).sort(
      (a, b) => a.key - b.key,
    );
    return ranks.map(({ i }) => Math.fround(((i + 0.37) / count) * 4 - 2));
  }
  const integers = Array.from({ length: count }, () => Math.floor(random() * (dtype === 'bool' ? 2 : limit)));
  if (dtype === 'int32') return integers;
  return dtype === 'int64' ? integers.map((i) => BigInt(i - 2)) : integers;
}
