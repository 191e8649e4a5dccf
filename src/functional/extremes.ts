/** Largest and smallest: values, positions, running extremes. Positions are int32. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { maximum, minimum } from './arithmetic.js';
import {
  atLeast1,
  axesOf,
  axisOf,
  nanMask,
  rank,
  type Dims,
  type Named,
  type Operand,
  type Value,
} from './operands.js';
import { extent } from './reduction.js';

type Keepdim = { keepdim?: boolean | undefined };

function extremum(op: 'amax' | 'amin', x: Value, dim: Dims | undefined, keepdim: boolean | undefined): Value {
  const axes = axesOf(op, x, dim);
  if (extent(x, axes) === 0) {
    throw new ShapeError(op, `has no result over an empty dimension of ${formatShape(x.shape)}`);
  }
  return g.reduce(op, x, axes, keepdim);
}

/**
 * The largest over `dim`; NaN wins. Equal ones share the gradient.
 * @method
 * @function
 */
export function amax(x: Value, dim?: Dims, options: { keepdim?: boolean | undefined } = {}): Value {
  return extremum('amax', x, dim, options.keepdim);
}

/**
 * The smallest over `dim`; NaN wins. Equal ones share the gradient.
 * @method
 * @function
 */
export function amin(x: Value, dim?: Dims, options: { keepdim?: boolean | undefined } = {}): Value {
  return extremum('amin', x, dim, options.keepdim);
}

/**
 * The smallest and the largest over one dimension or all.
 * @function
 */
export function aminmax(
  x: Value,
  dim?: number,
  options: { keepdim?: boolean | undefined } = {},
): Named<'min' | 'max'> {
  return { min: amin(x, dim, options), max: amax(x, dim, options) };
}

function position(
  op: 'argmax' | 'argmin',
  x: Value,
  dim: number | undefined,
  keepdim: boolean | undefined,
): Value {
  const axis = dim === undefined ? 0 : axisOf(op, x, dim);
  const flat = dim === undefined ? g.reshape(x, [g.count(x)]) : atLeast1(x);
  const result = g.arg(op, flat, axis);
  if (!keepdim) return result;
  return g.reshape(
    result,
    x.shape.map((d, i) => (dim === undefined || i === axis ? 1 : d)),
  );
}

/**
 * The position of the first largest element along `dim`, or in the flattened tensor.
 * @method
 * @function
 */
export function argmax(x: Value, dim?: number, options: { keepdim?: boolean | undefined } = {}): Value {
  return position('argmax', x, dim, options.keepdim);
}

/**
 * The position of the first smallest element along `dim`, or in the flattened tensor.
 * @method
 * @function
 */
export function argmin(x: Value, dim?: number, options: { keepdim?: boolean | undefined } = {}): Value {
  return position('argmin', x, dim, options.keepdim);
}

/** Elements of `x` at positions along one axis, where `indices` keeps that axis with size 1. */
export function pick(
  op: string,
  x: Value,
  dim: number,
  indices: Value,
  keepdim = false,
): Named<'values' | 'indices'> {
  const axis = axisOf(op, x, dim);
  const lined = atLeast1(x);
  const shape = keepdim ? x.shape.map((d, i) => (i === axis ? 1 : d)) : x.shape.filter((_, i) => i !== axis);
  const at = g.reshape(indices, lined.shape.with(axis, 1));
  return { values: g.reshape(g.gather(lined, at, axis), shape), indices: g.reshape(indices, shape) };
}

const along = {
  max: { arg: argmax, all: amax, pair: maximum },
  min: { arg: argmin, all: amin, pair: minimum },
} as const;

function extreme(
  op: 'max' | 'min',
  x: Value,
  by: Operand | undefined,
  options: Keepdim,
): Value | Named<'values' | 'indices'> {
  const kind = along[op];
  if (by === undefined) return kind.all(x);
  if (typeof by === 'object') return kind.pair(x, by);
  if (typeof by !== 'number')
    throw new ArgumentError(op, `takes a dimension number or a tensor, not ${typeof by}`);
  return pick(op, x, by, kind.arg(x, by, { keepdim: true }), options.keepdim);
}

/**
 * The largest element of all, the larger of two tensors element by element, or with a dimension number
 * `{ values, indices }` along it. Among equals the first is taken; its gradient goes there.
 * @example const { values, indices } = x.max(1)
 * @method
 * @function
 */
export function max(x: Value, other?: Value): Value;
export function max(
  x: Value,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function max(
  x: Value,
  dim?: number | Value,
  options: { keepdim?: boolean | undefined } = {},
): Value | Named<'values' | 'indices'> {
  return extreme('max', x, dim, options);
}

/**
 * The smallest element of all, the smaller of two tensors element by element, or with a dimension number
 * `{ values, indices }` along it. Among equals the first is taken; its gradient goes there.
 * @method
 * @function
 */
export function min(x: Value, other?: Value): Value;
export function min(
  x: Value,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function min(
  x: Value,
  dim?: number | Value,
  options: { keepdim?: boolean | undefined } = {},
): Value | Named<'values' | 'indices'> {
  return extreme('min', x, dim, options);
}

function runningExtreme(op: 'cummax' | 'cummin', x: Value, dim: number): Named<'values' | 'indices'> {
  const axis = axisOf(op, x, dim);
  const lined = atLeast1(x);
  const best = g.scan(op, lined, axis);
  const zero = g.full(lined.shape, 0, 'int32');
  const hit = g.binary('or', g.eq(lined, best), nanMask(lined));
  // The position of the last element that equals the running extreme: itself a running largest.
  const at = g.scan('cummax', g.where(hit, g.iotaAlong(lined.shape, axis), zero), axis);
  return { values: g.reshape(g.gather(lined, at, axis), x.shape), indices: g.reshape(at, x.shape) };
}

/**
 * The largest so far along `dim`, and where it stands (the last among equals).
 * @function
 */
export function cummax(x: Value, dim: number): Named<'values' | 'indices'> {
  return runningExtreme('cummax', x, dim);
}

/**
 * The smallest so far along `dim`, and where it stands (the last among equals).
 * @function
 */
export function cummin(x: Value, dim: number): Named<'values' | 'indices'> {
  return runningExtreme('cummin', x, dim);
}

/** A 0-d tensor has one position on its only axis. */
export const sizeAlong = (x: Value, axis: number): number => (rank(x) === 0 ? 1 : x.shape[axis]!);
