/** Finite differences in float64, against the interpreter: what gradients are compared with. */
import { expect } from 'vitest';
import { numel, type DType, type Shape } from '../../src/core/index.js';
import { g, node, type Node } from '../../src/graph/index.js';
import type { Leaf } from '../../src/ops/index.js';
import { gradients } from '../../src/autodiff/index.js';
import { interpret } from '../oracle/interpreter.js';

const values = new Map<Leaf, ArrayLike<number>>();
let nextLeaf = 1;

/** Numbers in [-1, 1), the same in every run. */
export function random(count: number, seed = 1): number[] {
  let state = (seed * 2654435761) >>> 0 || 1;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  });
}

/** A leaf with data. Without any: random numbers in [low, high). */
export function leaf(shape: Shape, data?: readonly number[], dtype: DType = 'float64'): Node {
  const own: Leaf = { id: nextLeaf++ };
  values.set(own, data ?? random(numel(shape), own.id));
  return node('input', [], { leaf: own, shape, dtype });
}

export const between = (shape: Shape, low: number, high: number): Node =>
  leaf(
    shape,
    random(numel(shape), nextLeaf + 7).map((r) => low + ((r + 1) / 2) * (high - low)),
  );

/** Distinct numbers far enough apart that a finite difference meets no tie and no kink at 0. */
export function distinct(shape: Shape, seed = 3): Node {
  const count = numel(shape);
  const order = random(count, seed)
    .map((r, i) => ({ r, i }))
    .sort((a, b) => a.r - b.r);
  const data = new Array<number>(count);
  order.forEach(({ i }, rank) => (data[i] = (rank - count / 2 + 0.25) / 4));
  return leaf(shape, data);
}

export const indices = (shape: Shape, data: readonly number[]): Node => leaf(shape, data, 'int32');

const leafOf = (x: Node): Leaf => {
  if (x.op !== 'input') throw new Error('not a leaf');
  return x.attrs.leaf;
};

export const evaluate = (...outputs: Node[]): number[][] =>
  interpret({ outputs, assigns: [] }, (at) => values.get(at)!).map(({ data }) => Array.from(data, Number));

/** A scalar that weighs every element differently. */
export const weighted = (x: Node, seed = 11): Node =>
  g.sum(
    g.mul(g.cast(x, 'float64'), leaf(x.shape, random(numel(x.shape), seed + x.shape.length))),
    x.shape.map((_, i) => i),
  );

/** Runs `body` with one element of a leaf moved by `by`. */
function moved<T>(x: Node, element: number, by: number, body: () => T): T {
  const before = values.get(leafOf(x))!;
  const data = Array.from(before);
  data[element]! += by;
  values.set(leafOf(x), data);
  try {
    return body();
  } finally {
    values.set(leafOf(x), before);
  }
}

/** Derivative of a scalar by every element of a leaf: a five-point stencil. */
export function differences(loss: Node, x: Node, h = 1e-3): number[] {
  return Array.from({ length: numel(x.shape) }, (_, element) => {
    const at = (by: number): number => moved(x, element, by, () => evaluate(loss)[0]![0]!);
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  });
}

export function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-7): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    const bound = tolerance * Math.max(1, Math.abs(expected[i]!));
    expect(Math.abs(value - expected[i]!), `element ${i}: ${value}, expected ${expected[i]}`).toBeLessThan(
      bound,
    );
  });
}

function compare(loss: Node, xs: readonly Node[]): Node[] {
  const found = gradients([loss], [g.fullLike(loss, 1)], xs);
  const present = found.map((gradient, i) => gradient ?? g.zerosLike(xs[i]!));
  const actual = evaluate(...present);
  xs.forEach((x, i) => expectClose(actual[i]!, differences(loss, x)));
  return present;
}

/** Checks the gradient of `build` at `xs`, and the gradient of that gradient. */
export function checkGradients(build: (...xs: Node[]) => Node, xs: readonly Node[], order: 1 | 2 = 2): void {
  const first = compare(weighted(build(...xs)), xs);
  if (order === 1) return;
  compare(first.map((gradient, i) => weighted(gradient, 23 + i)).reduce(g.add), xs);
}
