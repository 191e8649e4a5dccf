/** Order: sorted values, order statistics, search. Positions are int32; sorting is stable, NaN greatest. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g, node } from '../graph/index.js';
import { pick } from './extremes.js';
import {
  atLeast1,
  axisOf,
  floating,
  nanMask,
  rank,
  requireFloat,
  toValue,
  type Named,
  type Operand,
  type Value,
} from './operands.js';

/** Positions that sort `x` along an axis; `x` has at least one dimension. */
const order = (x: Value, axis: number, descending = false): Value =>
  node('argsort', [x], { axis, descending });

/**
 * Values in order along `dim`, and where each stood.
 * @example const { values, indices } = x.sort(0, { descending: true })
 * @method
 * @function
 */
export function sort(
  x: Value,
  dim: number = -1,
  options: { descending?: boolean | undefined; stable?: boolean | undefined } = {},
): Named<'values' | 'indices'> {
  const axis = axisOf('sort', x, dim);
  const lined = atLeast1(x);
  const indices = order(lined, axis, options.descending);
  return { values: g.reshape(g.gather(lined, indices, axis), x.shape), indices: g.reshape(indices, x.shape) };
}

/**
 * The positions that put the values along `dim` in order.
 * @method
 * @function
 */
export function argsort(
  x: Value,
  dim: number = -1,
  options: { descending?: boolean | undefined } = {},
): Value {
  return sort(x, dim, options).indices;
}

/**
 * Values in order along dimension 0.
 * @function
 */
export function msort(x: Value): Value {
  return sort(x, 0).values;
}

/**
 * The `k` largest (or smallest) values along `dim` in order, and where they stand.
 * @method
 * @function
 */
export function topk(
  x: Value,
  k: number,
  dim: number = -1,
  options: { largest?: boolean | undefined; sorted?: boolean | undefined } = {},
): Named<'values' | 'indices'> {
  const axis = axisOf('topk', x, dim);
  const size = rank(x) === 0 ? 1 : x.shape[axis]!;
  if (!Number.isInteger(k) || k < 0 || k > size) {
    throw new ArgumentError('topk', `k = ${k} is out of range for dim ${dim} of size ${size}`);
  }
  const { values, indices } = sort(x, dim, { descending: options.largest ?? true });
  if (rank(x) === 0) return { values, indices };
  return { values: g.sliceAxis(values, axis, 0, k), indices: g.sliceAxis(indices, axis, 0, k) };
}

/**
 * The `k`-th smallest value along `dim` (the first is 1), and where it stands.
 * @function
 */
export function kthvalue(
  x: Value,
  k: number,
  dim: number = -1,
  options: { keepdim?: boolean | undefined } = {},
): Named<'values' | 'indices'> {
  const axis = axisOf('kthvalue', x, dim);
  const lined = atLeast1(x);
  const size = lined.shape[axis]!;
  if (!Number.isInteger(k) || k < 1 || k > size) {
    throw new ArgumentError('kthvalue', `k = ${k} is out of range for dim ${dim} of size ${size}`);
  }
  return pick('kthvalue', x, dim, g.sliceAxis(order(lined, axis), axis, k - 1, 1), options.keepdim);
}

/** The lower median along an axis; `ignoreNaN` leaves NaN out, otherwise one makes the result NaN. */
function medianAlong(
  op: string,
  x: Value,
  dim: number,
  keepdim: boolean | undefined,
  ignoreNaN: boolean,
): Named<'values' | 'indices'> {
  const axis = axisOf(op, x, dim);
  const lined = atLeast1(x);
  const size = lined.shape[axis]!;
  if (size === 0)
    throw new ShapeError(op, `has no result over an empty dimension of ${formatShape(x.shape)}`);
  // Sorted, NaN come last: without them the middle lies further down, and with them the first is the result.
  const nans = g.sum(g.cast(nanMask(lined), 'int32'), [axis], true);
  const all = g.fullLike(nans, size);
  const known = g.sub(all, nans);
  const one = g.fullLike(nans, 1);
  const middle = g.max(g.div(g.sub(known, one), g.fullLike(nans, 2)), g.zerosLike(nans));
  const spoiled = g.lt(g.zerosLike(nans), nans);
  const at = ignoreNaN ? middle : g.where(spoiled, known, middle);
  return pick(op, x, dim, g.gather(order(lined, axis), at, axis), keepdim);
}

function medianOf(
  op: string,
  x: Value,
  dim: number | undefined,
  keepdim: boolean | undefined,
  ignoreNaN: boolean,
): Value | Named<'values' | 'indices'> {
  if (dim !== undefined) return medianAlong(op, x, dim, keepdim, ignoreNaN);
  const flat = g.reshape(x, [g.count(x)]);
  if (g.count(x) === 0) return g.full([], NaN, floating(x).dtype);
  return medianAlong(op, flat, 0, false, ignoreNaN).values;
}

/**
 * The median of all elements, or `{ values, indices }` along `dim`: the lower of two middle values, NaN where one is.
 * @function
 */
export function median(x: Value): Value;
export function median(
  x: Value,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function median(
  x: Value,
  dim?: number,
  options: { keepdim?: boolean | undefined } = {},
): Value | Named<'values' | 'indices'> {
  return medianOf('median', x, dim, options.keepdim, false);
}

/**
 * The median of what is not NaN: see median.
 * @function
 */
export function nanmedian(x: Value): Value;
export function nanmedian(
  x: Value,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function nanmedian(
  x: Value,
  dim?: number,
  options: { keepdim?: boolean | undefined } = {},
): Value | Named<'values' | 'indices'> {
  return medianOf('nanmedian', x, dim, options.keepdim, true);
}

/**
 * The most frequent value along `dim` (the smallest of several), and where it stands last.
 * @function
 */
export function mode(
  x: Value,
  dim: number = -1,
  options: { keepdim?: boolean | undefined } = {},
): Named<'values' | 'indices'> {
  const axis = axisOf('mode', x, dim);
  const lined = atLeast1(x);
  const positions = order(lined, axis);
  const values = g.gather(lined, positions, axis);
  const n = rank(lined);
  const shape = [...lined.shape, lined.shape[axis]!];
  const self = g.expand(g.reshape(values, [...lined.shape, 1]), shape);
  const others = g.expand(g.reshape(g.moveAxis(values, axis, n - 1), otherShape(lined.shape, axis)), shape);
  const counts = g.sum(g.cast(g.eq(self, others), 'int32'), [n]);
  const first = g.reshape(g.arg('argmax', counts, axis), lined.shape.with(axis, 1));
  const last = g.sub(g.add(first, g.reduce('amax', counts, [axis], true)), g.fullLike(first, 1));
  return pick('mode', x, dim, g.gather(positions, last, axis), options.keepdim);
}

const otherShape = (shape: readonly number[], axis: number): number[] => [
  ...shape.with(axis, 1),
  shape[axis]!,
];

type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';

function quantileOf(
  op: string,
  x: Value,
  q: number | Value,
  dim: number | undefined,
  options: { keepdim?: boolean | undefined; interpolation?: Interpolation | undefined },
  ignoreNaN: boolean,
): Value {
  requireFloat(op, x);
  const { keepdim = false, interpolation = 'linear' } = options;
  const axis = dim === undefined ? 0 : axisOf(op, x, dim);
  const lined = dim === undefined ? g.reshape(x, [g.count(x)]) : atLeast1(x);
  const n = rank(lined) - 1;
  const size = lined.shape[axis]!;
  if (size === 0) throw new ShapeError(op, 'has no result over nothing');
  const asked = g.cast(toValue(q), x.dtype);
  const count = g.count(asked);
  const line = g.moveAxis(lined, axis, n);
  const sorted = sort(line, n).values;
  const shape = [...line.shape.slice(0, -1), count];
  const nans = g.sum(g.cast(nanMask(line), x.dtype), [n], true);
  const last = g.sub(g.fullLike(nans, size - 1), nans);
  const top = ignoreNaN ? g.max(last, g.zerosLike(last)) : g.fullLike(last, size - 1);
  const position = g.mul(g.expandTo(g.reshape(asked, [count]), shape), g.expand(top, shape));
  const below = g.unary('floor', position);
  const above = g.unary('ceil', position);
  const value = (at: Value): Value => g.gather(sorted, g.cast(at, 'int32'), n);
  const between = (weight: Value): Value => {
    const [low, high] = [value(below), value(above)];
    return g.add(low, g.mul(weight, g.sub(high, low)));
  };
  const rules: Readonly<Record<Interpolation, () => Value>> = {
    linear: () => between(g.sub(position, below)),
    midpoint: () => between(g.fullLike(position, 0.5)),
    lower: () => value(below),
    higher: () => value(above),
    nearest: () => value(g.unary('round', position)),
  };
  const spoiled = ignoreNaN ? g.eq(nans, g.fullLike(nans, size)) : g.lt(g.zerosLike(nans), nans);
  const result = g.where(g.expand(spoiled, shape), g.full(shape, NaN, x.dtype), rules[interpolation]());
  const kept = keepdim
    ? dim === undefined
      ? x.shape.map(() => 1)
      : atLeast1(x).shape.with(axis, 1)
    : line.shape.slice(0, -1);
  const front = g.moveAxis(result, n, 0);
  return g.reshape(front, [...asked.shape, ...(rank(x) === 0 ? [] : kept)]);
}

/**
 * The `q`-quantiles of all elements or along `dim`. Several `q` make a first dimension.
 * @function
 */
export function quantile(
  x: Value,
  q: number | Value,
  dim?: number,
  options: {
    keepdim?: boolean | undefined;
    interpolation?: 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest' | undefined;
  } = {},
): Value {
  return quantileOf('quantile', x, q, dim, options, false);
}

/**
 * The quantiles of what is not NaN: see quantile.
 * @function
 */
export function nanquantile(
  x: Value,
  q: number | Value,
  dim?: number,
  options: {
    keepdim?: boolean | undefined;
    interpolation?: 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest' | undefined;
  } = {},
): Value {
  return quantileOf('nanquantile', x, q, dim, options, true);
}

/**
 * Where each value would have to be put into a sorted last dimension: before equal ones, or after with `right`.
 * @function
 */
export function searchsorted(
  sorted: Value,
  values: Operand,
  options: {
    right?: boolean | undefined;
    side?: 'left' | 'right' | undefined;
    sorter?: Value | undefined;
  } = {},
): Value {
  const { side, sorter } = options;
  if (options.right && side === 'left') {
    throw new ArgumentError('searchsorted', "side and right can't be set to opposites");
  }
  const right = side === undefined ? (options.right ?? false) : side === 'right';
  const row = sorter === undefined ? sorted : g.gather(sorted, g.cast(sorter, 'int32'), rank(sorted) - 1);
  const asked = toValue(values);
  const size = row.shape.at(-1)!;
  const lead = rank(row) - 1;
  const same = lead === 0 || formatShape(row.shape.slice(0, -1)) === formatShape(asked.shape.slice(0, -1));
  if (!same) {
    throw new ShapeError(
      'searchsorted',
      `${formatShape(row.shape)} and ${formatShape(asked.shape)} differ in leading sizes`,
    );
  }
  const shape = [...asked.shape, size];
  const lines = lead === 0 ? row : g.reshape(row, [...row.shape.slice(0, -1), 1, size]);
  const edges = g.expandTo(lines, shape);
  const wanted = g.expand(g.reshape(asked, [...asked.shape, 1]), shape);
  const [a, b] = [g.cast(edges, 'float32'), g.cast(wanted, 'float32')];
  const exact = row.dtype === asked.dtype;
  const before = right
    ? g.le(exact ? edges : a, exact ? wanted : b)
    : g.lt(exact ? edges : a, exact ? wanted : b);
  return g.sum(g.cast(before, 'int32'), [asked.shape.length]);
}

/**
 * The interval between `boundaries` each element lies in: see searchsorted.
 * @function
 */
export function bucketize(
  x: Operand,
  boundaries: Value,
  options: { right?: boolean | undefined } = {},
): Value {
  return searchsorted(boundaries, x, { right: options.right });
}

/**
 * All choices of `r` elements of a vector, as rows.
 * @function
 */
export function combinations(
  x: Value,
  options: { r?: number | undefined; withReplacement?: boolean | undefined } = {},
): Value {
  const { r = 2, withReplacement = false } = options;
  if (rank(x) !== 1) throw new ShapeError('combinations', `takes a vector, not ${formatShape(x.shape)}`);
  const size = x.shape[0]!;
  if (r === 0 || size === 0) return g.full([0], 0, x.dtype);
  const rows = choices(g.reshape(x, [size, 1]), r, withReplacement);
  return rows ?? g.full([0, r], 0, x.dtype);
}

/** Rows that begin with each element in turn and go on with a choice of those after it. */
function choices(column: Value, r: number, again: boolean): Value | undefined {
  if (r === 1) return column;
  const size = column.shape[0]!;
  const parts = Array.from({ length: size }, (_, i) => {
    const start = again ? i : i + 1;
    const rest =
      start < size ? choices(g.sliceAxis(column, 0, start, size - start), r - 1, again) : undefined;
    if (!rest) return [];
    const head = g.expand(g.sliceAxis(column, 0, i, 1), [rest.shape[0]!, 1]);
    return [g.concat([head, rest], 1)];
  }).flat();
  return parts.length === 0 ? undefined : g.concat(parts, 0);
}
