/** What the neural-network composites share: how loss tensors meet, how losses are reduced, sizes per spatial dimension. */
import {
  ArgumentError,
  DTypeError,
  ShapeError,
  broadcastShapes,
  currentSite,
  formatShape,
  isInteger,
  numbersIn,
  numel,
  sameShape,
  toFloat,
  type Shape,
} from '../core/index.js';
import { g } from '../graph/index.js';
import { coerce, range, resultType, type Value } from './operands.js';

/** What becomes of a loss that has one value per element: PyTorch's `reduction`. */
export type Reduction = 'none' | 'mean' | 'sum';

/** `'mean'` over all elements (the default), their `'sum'`, or `'none'`: one value each. */
export type WithReduction = { reduction?: Reduction | undefined };

/** One number for every spatial dimension, or one number each. */
export type PerDim = number | readonly number[];

/** `value` for each of `rank` spatial dimensions; an empty list or undefined means `fallback`. */
export function perDim(
  op: string,
  name: string,
  value: PerDim | undefined,
  rank: number,
  fallback: readonly number[],
  least: number,
): number[] {
  const given =
    typeof value === 'number' ? [value] : numbersIn(op, value ?? fallback, `${name} is a number or a list`);
  const list = given.length === 0 ? fallback : given;
  if (list.length === 0) throw new ArgumentError(op, `${name} must be given`);
  if (list.length !== 1 && list.length !== rank) {
    throw new ArgumentError(op, `${name} is one number or ${rank}, not ${formatShape(list)}`);
  }
  const wrong = list.find((n) => !Number.isInteger(n) || n < least);
  if (wrong !== undefined) {
    throw new ArgumentError(op, `${name} must be an integer of at least ${least}, but got ${wrong}`);
  }
  return list.length === rank ? [...list] : new Array<number>(rank).fill(list[0]!);
}

const warned = new Set<string>();

/** A loss over pairs that were not meant, [n, 1] with [n] above all, is easily overlooked: says so once for each call. */
export function warnOfBroadcast(op: string, input: Value, target: Value): void {
  if (sameShape(input.shape, target.shape)) return;
  const site = currentSite().toString();
  if (warned.has(site)) return;
  warned.add(site);
  const shapes = `input ${formatShape(input.shape)} and target ${formatShape(target.shape)}`;
  console.warn(`fusegrad: ${op}: ${shapes} are broadcast, which is seldom meant\n  at ${site}`);
}

/** A batch of one where `x` has no batch dimension, and the way back. */
export function batched(op: string, x: Value, spatial: number): { x: Value; unbatch: (y: Value) => Value } {
  const rank = x.shape.length;
  if (rank !== spatial + 2 && rank !== spatial + 1) {
    throw new ShapeError(
      op,
      `expected a ${spatial + 2}-d [N, C, ...] or ${spatial + 1}-d [C, ...] input, but got ${formatShape(x.shape)}`,
    );
  }
  if (rank === spatial + 2) return { x, unbatch: (y) => y };
  return { x: g.reshape(x, [1, ...x.shape]), unbatch: (y) => g.reshape(y, y.shape.slice(1)) };
}

/** Tensors in one floating dtype and one shape. */
export const floats = <T extends readonly Value[]>(op: string, ...xs: T): { [I in keyof T]: Value } =>
  coerce(op, toFloat(resultType(op, ...xs)), ...xs);

export const unsqueeze = (x: Value, axis: number): Value => g.reshape(x, x.shape.toSpliced(axis, 0, 1));

/** A 1-d tensor laid along one axis of `shape` and stretched over the others. */
export const along = (v: Value, shape: Shape, axis: number): Value =>
  g.expand(
    g.reshape(
      v,
      shape.map((_, i) => (i === axis ? v.shape[0]! : 1)),
    ),
    shape,
  );

export const average = (x: Value, axes: readonly number[], keepdim = false): Value =>
  g.withScalar('div', g.sum(x, axes, keepdim), numel(axes.map((axis) => x.shape[axis]!)));

/** `max(x, 0)` with gradient 0 at 0; NaN stays NaN. */
export const positivePart = (x: Value): Value => g.where(g.le(x, g.zerosLike(x)), g.zerosLike(x), x);

/** log(1 + e^x) without overflow, the gradient included: past 40 it is x in every floating dtype. */
export function log1pExp(x: Value): Value {
  const large = g.lt(g.fullLike(x, 40), x);
  const safe = g.where(large, g.zerosLike(x), x);
  return g.where(large, x, g.unary('log1p', g.exp(safe)));
}

/** x to a power given as a number, by multiplication where that is exact. */
export function powNumber(x: Value, p: number): Value {
  if (p === 1) return x;
  if (p === 2) return g.mul(x, x);
  if (p === 0.5) return g.sqrt(x);
  return g.withScalar('pow', x, p);
}

/** The value of `result`, with the gradient of `x`. */
export const straightThrough = (x: Value, result: Value): Value => g.add(x, g.stopGradient(g.sub(result, x)));

const reductions: Readonly<Record<Reduction, (loss: Value) => Value>> = {
  none: (loss) => loss,
  sum: (loss) => g.sum(loss, range(loss.shape.length)),
  mean: (loss) => average(loss, range(loss.shape.length)),
};

/** Applies a loss's `reduction`. */
export function reduceLoss(op: string, loss: Value, reduction: Reduction = 'mean'): Value {
  if (!Object.hasOwn(reductions, reduction)) {
    throw new ArgumentError(
      op,
      `${reduction} is not a valid value for reduction`,
      `it is 'none', 'mean' or 'sum'`,
    );
  }
  return reductions[reduction](loss);
}

/** Checks that a weight broadcasts to the loss it multiplies, and multiplies. */
export function weighted(op: string, loss: Value, weight: Value | undefined): Value {
  if (weight === undefined) return loss;
  const shape = broadcastShapes(op, loss.shape, weight.shape);
  return g.mul(g.expandTo(loss, shape), g.expandTo(g.cast(weight, loss.dtype), shape));
}

/** Checks that class indices, offsets and the like are integers. */
export function integers(op: string, what: string, x: Value): Value {
  if (!isInteger(x.dtype))
    throw new DTypeError(op, `${what} must be integers, not ${x.dtype}`, 'cast to int32');
  return x;
}
