/** Attention and its gradient, by their definitions. */
import { numel } from '../../src/core/index.js';
import { attentionOperands, type AttentionNode } from '../../src/graph/index.js';
import { threefry2x32 } from '../../src/ops/index.js';
import type { Tensor } from './interpreter.js';

export interface Sizes {
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

/** Elements by position: (head, row, column) of q, k, v and cotangent, (head, query, key) of the mask, (head, query) of the rest. */
export interface Elements {
  readonly q: (head: number, query: number, d: number) => number;
  readonly k: (head: number, key: number, d: number) => number;
  readonly v: (head: number, key: number, e: number) => number;
  readonly mask: ((head: number, query: number, key: number) => number) | undefined;
  readonly key: readonly [number, number] | undefined;
  readonly cotangent?: (head: number, query: number, e: number) => number;
  readonly logsumexp?: (head: number, query: number) => number;
  readonly rows?: (head: number, query: number) => number;
}

interface Attrs {
  readonly scale: number;
  readonly causal: boolean;
  readonly dropout: number;
}

const total = (count: number, term: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
};

/** Results by name, each row-major. */
export class Attention {
  constructor(
    readonly sizes: Sizes,
    readonly attrs: Attrs,
    readonly x: Elements,
  ) {}

  score(h: number, i: number, j: number): number {
    const { q, k, mask } = this.x;
    if (this.attrs.causal && j > i) return -Infinity;
    const product = total(this.sizes.width, (d) => q(h, i, d) * k(h, j, d));
    return this.attrs.scale * product + (mask?.(h, i, j) ?? 0);
  }

  /** A value of a pair after dropout. */
  kept(h: number, i: number, j: number, value: number): number {
    const { key } = this.x;
    if (!key) return value;
    const { queries, keys } = this.sizes;
    const [a, b] = threefry2x32(key[0], key[1], 0, (h * queries + i) * keys + j);
    const uniform = ((a ^ b) >>> 9) / 2 ** 23;
    return uniform >= Math.fround(this.attrs.dropout) ? value / (1 - this.attrs.dropout) : 0;
  }

  scores(h: number, i: number): number[] {
    return Array.from({ length: this.sizes.keys }, (_, j) => this.score(h, i, j));
  }

  weights(h: number, i: number): number[] {
    const scores = this.scores(h, i);
    const largest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - largest));
    const sum = total(powers.length, (j) => powers[j]!);
    return powers.map((power) => power / sum);
  }

  logsumexp(h: number, i: number): number {
    const scores = this.scores(h, i);
    const largest = Math.max(...scores);
    return largest + Math.log(total(scores.length, (j) => Math.exp(scores[j]! - largest)));
  }

  /** exp(score - logsumexp), from the logsumexp that was handed in. */
  p(h: number, i: number, j: number): number {
    return Math.exp(this.score(h, i, j) - this.x.logsumexp!(h, i));
  }

  ds(h: number, i: number, j: number): number {
    const { v, cotangent, rows } = this.x;
    const product = total(this.sizes.valueWidth, (e) => cotangent!(h, i, e) * v(h, j, e));
    return this.p(h, i, j) * (this.kept(h, i, j, product) - rows!(h, i));
  }

  each(rows: number, columns: number, value: (h: number, row: number, column: number) => number): number[] {
    const result: number[] = [];
    for (let h = 0; h < this.sizes.heads; h++)
      for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result.push(value(h, r, c));
    return result;
  }

  /** Sums over the other side, with what belongs to a pair worked out once. */
  #products(
    rows: number,
    others: number,
    columns: number,
    pair: (h: number, row: number, other: number) => number,
    by: (h: number, other: number, column: number) => number,
  ): number[] {
    let last = -1;
    let pairs: number[] = [];
    return this.each(rows, columns, (h, r, c) => {
      if (last !== h * rows + r) {
        last = h * rows + r;
        pairs = Array.from({ length: others }, (_, o) => pair(h, r, o));
      }
      return total(others, (o) => pairs[o]! * by(h, o, c));
    });
  }

  get results(): Readonly<Record<string, () => number[]>> {
    const { queries, keys, width, valueWidth } = this.sizes;
    const { scale } = this.attrs;
    const { q, k, v, cotangent } = this.x;
    const weights = new Map<number, number[]>();
    const weight = (h: number, i: number, j: number): number => {
      const known = weights.get(h * queries + i) ?? this.weights(h, i);
      weights.set(h * queries + i, known);
      return this.kept(h, i, j, known[j]!);
    };
    return {
      output: () => this.#products(queries, keys, valueWidth, weight, v),
      logsumexp: () => this.each(queries, 1, (h, i) => this.logsumexp(h, i)),
      gradientQ: () => this.#products(queries, keys, width, (h, i, j) => scale * this.ds(h, i, j), k),
      gradientK: () => this.#products(keys, queries, width, (h, j, i) => scale * this.ds(h, i, j), q),
      gradientV: () =>
        this.#products(
          keys,
          queries,
          valueWidth,
          (h, j, i) => this.kept(h, i, j, this.p(h, i, j)),
          cotangent!,
        ),
    };
  }
}

/** What an attention node, its logsumexp or its gradient is worth. */
export function attend(node: AttentionNode, inputs: readonly Tensor[]): number[] {
  const of = attentionOperands(node);
  const tensor = (x: (typeof node.inputs)[number]): Tensor => inputs[node.inputs.indexOf(x)]!;
  const at = (x: (typeof node.inputs)[number]) => {
    const { shape, data } = tensor(x);
    const [rows, columns] = shape.slice(-2) as [number, number];
    return (h: number, r: number, c: number): number => data[(h * rows + r) * columns + c] as number;
  };
  const inRow = (x: (typeof node.inputs)[number]) => {
    const { shape, data } = tensor(x);
    return (h: number, i: number): number => data[h * shape.at(-1)! + i] as number;
  };
  const { q, k, v, mask, seed, backward } = of;
  const attention = new Attention(
    {
      heads: numel(q.shape.slice(0, -2)),
      queries: q.shape.at(-2)!,
      keys: k.shape.at(-2)!,
      width: q.shape.at(-1)!,
      valueWidth: v.shape.at(-1)!,
    },
    node.attrs,
    {
      q: at(q),
      k: at(k),
      v: at(v),
      mask: mask && at(mask),
      key: seed && (tensor(seed).data as unknown as readonly [number, number]),
      ...(backward
        ? { cotangent: at(backward[0]), logsumexp: inRow(backward[1]), rows: inRow(backward[2]) }
        : {}),
    },
  );
  if (node.op === 'attention') return attention.results['output']!();
  if (node.op === 'attentionLse') return attention.results['logsumexp']!();
  return attention.results[`gradient${node.attrs.of.toUpperCase()}`]!();
}
