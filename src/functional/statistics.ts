/** Spread, norms, differences and integrals. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { safeSqrt } from './exponential.js';
import {
  allOperands,
  axesOf,
  axisOf,
  floating,
  inFloat32,
  rank,
  requireFloat,
  resultType,
  toValue,
  type Dims,
  type Named,
  type Value,
} from './operands.js';
import { extent, meanOver } from './reduction.js';

type Spread = { correction?: number | undefined; keepdim?: boolean | undefined };

/** Variance in two passes: the mean first, then the squares of what is left. */
function moments(op: string, x: Value, dim: Dims | undefined, options: Spread): { mean: Value; var: Value } {
  requireFloat(op, x);
  const axes = axesOf(op, x, dim);
  const { correction = 1, keepdim = false } = options;
  const freedom = Math.max(extent(x, axes) - correction, 0);
  const centre = (a: Value): Value => meanOver(a, axes, true);
  const spread = (a: Value): Value => {
    const rest = g.sub(a, g.expand(centre(a), a.shape));
    return g.withScalar('div', g.sum(g.mul(rest, rest), axes, keepdim), freedom);
  };
  return { mean: inFloat32(x, (a) => meanOver(a, axes, keepdim)), var: inFloat32(x, spread) };
}

/**
 * The variance over `dim`, divided by n - `correction`.
 * @method var
 * @function var
 */
export function variance(
  x: Value,
  dim?: Dims,
  options: { correction?: number | undefined; keepdim?: boolean | undefined } = {},
): Value {
  return moments('var', x, dim, options).var;
}

/**
 * The standard deviation over `dim`: the root of the variance. Its gradient at 0 is 0.
 * @method
 * @function
 */
export function std(
  x: Value,
  dim?: Dims,
  options: { correction?: number | undefined; keepdim?: boolean | undefined } = {},
): Value {
  return safeSqrt(moments('std', x, dim, options).var);
}

/**
 * Variance and mean over `dim`.
 * @function
 */
export function varMean(
  x: Value,
  dim?: Dims,
  options: { correction?: number | undefined; keepdim?: boolean | undefined } = {},
): Named<'var' | 'mean'> {
  const { var: spread, mean } = moments('varMean', x, dim, options);
  return { var: spread, mean };
}

/**
 * Standard deviation and mean over `dim`.
 * @function
 */
export function stdMean(
  x: Value,
  dim?: Dims,
  options: { correction?: number | undefined; keepdim?: boolean | undefined } = {},
): Named<'std' | 'mean'> {
  const { var: spread, mean } = moments('stdMean', x, dim, options);
  return { std: safeSqrt(spread), mean };
}

/** |x|^p where that has a finite gradient at 0, else 0 there. */
function power(x: Value, p: number): Value {
  const zero = g.eq(x, g.zerosLike(x));
  const raised = g.withScalar('pow', g.where(zero, g.fullLike(x, 1), x), p);
  return g.where(zero, g.fullLike(x, p > 0 ? 0 : Infinity), raised);
}

/** The p-norm over axes; its gradient at 0 is 0. */
export function normOver(x: Value, p: number, axes: readonly number[], keepdim = false): Value {
  if (p === 2) return safeSqrt(g.sum(g.mul(x, x), axes, keepdim));
  const size = g.unary('abs', x);
  if (p === Infinity) return g.reduce('amax', size, axes, keepdim);
  if (p === -Infinity) return g.reduce('amin', size, axes, keepdim);
  if (p === 0) return g.sum(g.cast(g.not(g.eq(x, g.zerosLike(x))), x.dtype), axes, keepdim);
  if (p === 1) return g.sum(size, axes, keepdim);
  return power(g.sum(power(size, p), axes, keepdim), 1 / p);
}

/**
 * The p-norm over `dim`: the p-th root of the sum of |x|^p. `p` may be Infinity, -Infinity, 0 or 'fro' (2).
 * @method
 * @function
 */
export function norm(
  x: Value,
  dim?: Dims,
  options: { p?: number | 'fro' | undefined; keepdim?: boolean | undefined } = {},
): Value {
  requireFloat('norm', x);
  const { p = 2, keepdim } = options;
  if (p !== 'fro' && typeof p !== 'number') throw new ArgumentError('norm', `has no order ${String(p)}`);
  const axes = axesOf('norm', x, dim);
  return inFloat32(x, (a) => normOver(a, p === 'fro' ? 2 : p, axes, keepdim));
}

/**
 * The p-norm of `x - y`.
 * @function
 */
export function dist(x: Value, y: Value, options: { p?: number | undefined } = {}): Value {
  const [a, b] = allOperands('dist', x, y);
  return norm(floating(g.sub(a, b)), undefined, { p: options.p });
}

/**
 * Differences of neighbours along `dim`, taken `n` times; `prepend` and `append` are joined on first.
 * @function
 */
export function diff(
  x: Value,
  options: {
    n?: number | undefined;
    dim?: number | undefined;
    prepend?: Value | undefined;
    append?: Value | undefined;
  } = {},
): Value {
  const { n = 1, dim = -1, prepend, append } = options;
  if (rank(x) === 0) throw new ShapeError('diff', 'expects an input of at least one dimension');
  const axis = axisOf('diff', x, dim);
  const parts = [prepend, x, append].filter((part) => part !== undefined);
  const dtype = resultType('diff', ...parts);
  let a = g.concat(
    parts.map((part) => g.cast(part, dtype)),
    axis,
  );
  for (let i = 0; i < n; i++) {
    const size = Math.max(a.shape[axis]! - 1, 0);
    const [high, low] = [g.sliceAxis(a, axis, a.shape[axis]! - size, size), g.sliceAxis(a, axis, 0, size)];
    a = a.dtype === 'bool' ? g.binary('xor', high, low) : g.sub(high, low);
  }
  return a;
}

/** Areas of the trapezoids between neighbours along one axis. */
function panels(
  op: string,
  y: Value,
  x: Value | undefined,
  dim: number,
  dx: number,
): { areas: Value; axis: number } {
  const axis = axisOf(op, y, dim);
  const a = floating(y);
  const size = Math.max((a.shape[axis] ?? 0) - 1, 0);
  const sums = g.add(g.sliceAxis(a, axis, Math.min(1, a.shape[axis]!), size), g.sliceAxis(a, axis, 0, size));
  if (x === undefined) return { areas: g.scale(sums, dx / 2), axis };
  const lined =
    rank(x) === 1
      ? g.reshape(
          x,
          a.shape.map((_, i) => (i === axis ? x.shape[0]! : 1)),
        )
      : x;
  const [widths, heights] = allOperands(op, diff(floating(lined), { dim: axis - rank(a) }), sums);
  return { areas: g.scale(g.mul(widths, heights), 0.5), axis };
}

/**
 * The integral of `y` along `dim` by the trapezoidal rule, over points `x` or in steps of `dx`.
 * @function
 */
export function trapezoid(
  y: Value,
  x?: Value,
  dim: number = -1,
  options: { dx?: number | undefined } = {},
): Value {
  const { areas, axis } = panels('trapezoid', y, x, dim, options.dx ?? 1);
  return g.sum(areas, [axis]);
}

/**
 * See trapezoid.
 * @function
 */
export function trapz(
  y: Value,
  x?: Value,
  dim: number = -1,
  options: { dx?: number | undefined } = {},
): Value {
  return trapezoid(y, x, dim, options);
}

/**
 * Running integral of `y` along `dim` by the trapezoidal rule.
 * @function
 */
export function cumulativeTrapezoid(
  y: Value,
  x?: Value,
  dim: number = -1,
  options: { dx?: number | undefined } = {},
): Value {
  const { areas, axis } = panels('cumulativeTrapezoid', y, x, dim, options.dx ?? 1);
  return g.scan('cumsum', areas, axis);
}

/**
 * The covariance matrix of variables in rows, with observations in columns.
 * @function
 */
export function cov(
  x: Value,
  options: {
    correction?: number | undefined;
    fweights?: Value | undefined;
    aweights?: Value | undefined;
  } = {},
): Value {
  const { correction = 1, fweights, aweights } = options;
  if (rank(x) > 2) throw new ShapeError('cov', `expects at most 2 dimensions, not ${formatShape(x.shape)}`);
  const a = floating(x);
  const rows = g.reshape(a, rank(x) === 2 ? a.shape : [1, g.count(a)]);
  const n = rows.shape[1]!;
  const weights = [fweights, aweights].filter((w) => w !== undefined).map((w) => g.cast(w, a.dtype));
  const ones = g.full([n], 1, a.dtype);
  const weight = weights.reduce((w, next) => g.mul(w, next), ones);
  const total = weights.length === 0 ? g.constant(n, a.dtype) : g.sum(weight, [0]);
  const across = (w: Value): Value => g.expandTo(w, rows.shape);
  const centre = g.div(g.sum(g.mul(rows, across(weight)), [1], true), g.expandTo(total, [rows.shape[0]!, 1]));
  const rest = g.sub(rows, g.expand(centre, rows.shape));
  // Observation weights make the correction count in units of their own size.
  const unit =
    aweights === undefined
      ? g.constant(1, a.dtype)
      : g.div(g.sum(g.mul(weight, weights.at(-1)!), [0]), total);
  const freedom = g.sub(total, g.scale(unit, correction));
  const product = g.matmul(rest, g.swapAxes(g.mul(rest, across(weight)), 0, 1));
  const clipped = g.max(freedom, g.zerosLike(freedom));
  const result = g.div(product, g.expandTo(clipped, product.shape));
  return rows.shape[0] === 1 ? g.reshape(result, []) : result;
}

/**
 * The correlation coefficients of variables in rows.
 * @function
 */
export function corrcoef(x: Value): Value {
  const c = cov(x);
  if (rank(c) === 0) return g.div(c, c);
  const size = c.shape[0]!;
  const at = g.reshape(g.iota(size), [size, 1]);
  const deviation = g.sqrt(g.gather(c, at, 1));
  const scaled = g.div(
    g.div(c, g.expand(deviation, c.shape)),
    g.expand(g.reshape(deviation, [1, size]), c.shape),
  );
  const one = toValue(1);
  const limit = (bound: number): Value => g.expandTo(g.cast(g.scale(one, bound), c.dtype), c.shape);
  return g.binary('min', g.max(scaled, limit(-1)), limit(1));
}
