/** Sums, means, products and truth over dimensions. `dim` left out means all of them. */
import { DTypeError, isFloat, isHalf, numel, type DType } from '../core/index.js';
import { g } from '../graph/index.js';
import { truth } from './comparison.js';
import { logaddexp } from './exponential.js';
import {
  atLeast1,
  axesOf,
  axisOf,
  floating,
  inFloat32,
  nanMask,
  sumType,
  type Dims,
  type Value,
} from './operands.js';

type Options = { keepdim?: boolean | undefined; dtype?: DType | undefined };

const asSum = (x: Value, dtype: DType | undefined): Value => g.cast(x, dtype ?? sumType(x.dtype));
const noNaN = (x: Value): Value => g.where(nanMask(x), g.zerosLike(x), x);

/** Number of elements one result over `axes` is made of. */
export const extent = (x: Value, axes: readonly number[]): number =>
  numel(axes.map((axis) => x.shape[axis]!));

/** Mean over axes of floating values. */
export const meanOver = (x: Value, axes: readonly number[], keepdim = false): Value =>
  g.withScalar('div', g.sum(x, axes, keepdim), extent(x, axes));

/**
 * The sum over `dim`. Bools and integers narrower than 32 bits are summed as int32.
 * @example tensor([[1, 2], [3, 4]]).sum(0) // [4, 6]
 * @method
 * @function
 */
export function sum(
  x: Value,
  dim?: Dims,
  options: { keepdim?: boolean | undefined; dtype?: DType | undefined } = {},
): Value {
  return g.sum(asSum(x, options.dtype), axesOf('sum', x, dim), options.keepdim);
}

/**
 * The sum over `dim`, NaN counting as 0.
 * @function
 */
export function nansum(
  x: Value,
  dim?: Dims,
  options: { keepdim?: boolean | undefined; dtype?: DType | undefined } = {},
): Value {
  return sum(noNaN(x), dim, options);
}

function toMean(op: string, x: Value, options: Options): Value {
  const { dtype } = options;
  if (dtype !== undefined && !isFloat(dtype)) throw new DTypeError(op, `has no ${dtype} result`);
  return dtype === undefined ? floating(x) : g.cast(x, dtype);
}

/**
 * The arithmetic mean over `dim`; NaN over nothing. Integers and bools have a float32 mean.
 * @method
 * @function
 */
export function mean(
  x: Value,
  dim?: Dims,
  options: { keepdim?: boolean | undefined; dtype?: DType | undefined } = {},
): Value {
  const axes = axesOf('mean', x, dim);
  return inFloat32(toMean('mean', x, options), (a) => meanOver(a, axes, options.keepdim));
}

/**
 * The mean over `dim` of what is not NaN.
 * @function
 */
export function nanmean(
  x: Value,
  dim?: Dims,
  options: { keepdim?: boolean | undefined; dtype?: DType | undefined } = {},
): Value {
  const axes = axesOf('nanmean', x, dim);
  return inFloat32(toMean('nanmean', x, options), (a) => {
    const known = g.cast(g.not(nanMask(a)), a.dtype);
    return g.div(g.sum(noNaN(a), axes, options.keepdim), g.sum(known, axes, options.keepdim));
  });
}

/**
 * The product over one dimension or all.
 * @method
 * @function
 */
export function prod(
  x: Value,
  dim?: number,
  options: { keepdim?: boolean | undefined; dtype?: DType | undefined } = {},
): Value {
  return g.reduce('prod', asSum(x, options.dtype), axesOf('prod', x, dim), options.keepdim);
}

/** A largest truth value; nothing has none, but a count of 0. */
const someTrue = (x: Value, axes: readonly number[], keepdim: boolean | undefined): Value =>
  extent(x, axes) > 0 ? g.reduce('amax', x, axes, keepdim) : truth(g.sum(g.cast(x, 'int32'), axes, keepdim));

/**
 * Whether all elements over `dim` are true, that is not 0; true over nothing. uint8 gives uint8.
 * @method
 * @function
 */
export function all(x: Value, dim?: Dims, options: { keepdim?: boolean | undefined } = {}): Value {
  const holds = g.not(someTrue(g.not(truth(x)), axesOf('all', x, dim), options.keepdim));
  return x.dtype === 'uint8' ? g.cast(holds, 'uint8') : holds;
}

/**
 * Whether any element over `dim` is true, that is not 0; false over nothing. uint8 gives uint8.
 * @method
 * @function
 */
export function any(x: Value, dim?: Dims, options: { keepdim?: boolean | undefined } = {}): Value {
  const found = someTrue(truth(x), axesOf('any', x, dim), options.keepdim);
  return x.dtype === 'uint8' ? g.cast(found, 'uint8') : found;
}

/**
 * How many elements over `dim` are not 0, as int32.
 * @function
 */
export function countNonzero(x: Value, dim?: Dims): Value {
  return g.sum(g.cast(truth(x), 'int32'), axesOf('countNonzero', x, dim));
}

/**
 * `log(sum(e^x))` over `dim`, without overflow.
 * @method
 * @function
 */
export function logsumexp(x: Value, dim: Dims, options: { keepdim?: boolean | undefined } = {}): Value {
  const axes = axesOf('logsumexp', x, dim);
  const { keepdim = false } = options;
  return inFloat32(floating(x), (a) => {
    if (extent(a, axes) === 0) return g.log(g.sum(a, axes, keepdim));
    const top = g.stopGradient(g.reduce('amax', a, axes, true));
    const infinite = g.eq(g.unary('abs', top), g.fullLike(top, Infinity));
    const shift = g.where(infinite, g.zerosLike(top), top);
    const total = g.sum(g.exp(g.sub(a, g.expand(shift, a.shape))), axes, true);
    const result = g.add(g.log(total), shift);
    return keepdim ? result : g.reshape(result, g.sum(a, axes).shape);
  });
}

/**
 * Running sum along `dim`.
 * @method
 * @function
 */
export function cumsum(x: Value, dim: number, options: { dtype?: DType | undefined } = {}): Value {
  return running('cumsum', x, dim, options);
}

/**
 * Running product along `dim`.
 * @method
 * @function
 */
export function cumprod(x: Value, dim: number, options: { dtype?: DType | undefined } = {}): Value {
  return running('cumprod', x, dim, options);
}

function running(op: 'cumsum' | 'cumprod', x: Value, dim: number, options: Options): Value {
  const axis = axisOf(op, x, dim);
  const scan = (a: Value): Value => g.reshape(g.scan(op, atLeast1(a), axis), a.shape);
  const a = asSum(x, options.dtype);
  return isHalf(a.dtype) ? inFloat32(a, scan) : scan(a);
}

/**
 * Running `log(sum(e^x))` along `dim`, without overflow.
 * @function
 */
export function logcumsumexp(x: Value, dim: number): Value {
  const axis = axisOf('logcumsumexp', x, dim);
  return inFloat32(floating(x), (a) => {
    let total = atLeast1(a);
    // Each round joins every element with the sum that ends before it, of twice the length.
    for (let shift = 1; shift < total.shape[axis]!; shift *= 2) {
      const size = total.shape[axis]!;
      const before = g.padAxis(g.sliceAxis(total, axis, 0, size - shift), axis, shift, 0, 0, -Infinity);
      total = logaddexp(total, before);
    }
    return g.reshape(total, a.shape);
  });
}
