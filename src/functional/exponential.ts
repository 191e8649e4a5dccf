/** Exponentials, logarithms, roots and the functions made of them. */
import { g } from '../graph/index.js';
import { clamp } from './arithmetic.js';
import { floating, floatOperands, type Operand, type Value } from './operands.js';

const float = (op: Parameters<typeof g.unary>[0], x: Value): Value => g.unary(op, floating(x));
const pi = Math.PI;

/**
 * `e^x`. Integers and bools give float32.
 * @method
 * @function
 */
export function exp(x: Value): Value {
  return float('exp', x);
}

/**
 * `2^x`.
 * @method
 * @function
 */
export function exp2(x: Value): Value {
  const a = floating(x);
  return g.binary('pow', g.fullLike(a, 2), a);
}

/**
 * `e^x - 1`, accurate near 0.
 * @method
 * @function
 */
export function expm1(x: Value): Value {
  return float('expm1', x);
}

/**
 * The natural logarithm: -Infinity at 0, NaN below.
 * @method
 * @function
 */
export function log(x: Value): Value {
  return float('log', x);
}

/**
 * The logarithm to base 2.
 * @method
 * @function
 */
export function log2(x: Value): Value {
  return g.scale(log(x), Math.LOG2E);
}

/**
 * The logarithm to base 10.
 * @method
 * @function
 */
export function log10(x: Value): Value {
  return g.scale(log(x), Math.LOG10E);
}

/**
 * `log(1 + x)`, accurate near 0.
 * @method
 * @function
 */
export function log1p(x: Value): Value {
  return float('log1p', x);
}

/**
 * The square root, NaN below 0.
 * @method
 * @function
 */
export function sqrt(x: Value): Value {
  return float('sqrt', x);
}

/**
 * `1 / sqrt(x)`.
 * @method
 * @function
 */
export function rsqrt(x: Value): Value {
  return float('rsqrt', x);
}

/**
 * `1 / (1 + e^-x)`.
 * @method
 * @function
 * @namespace F
 */
export function sigmoid(x: Value): Value {
  return float('sigmoid', x);
}

/**
 * `log(x / (1 - x))`, the inverse of sigmoid; `eps` first moves `x` into `[eps, 1 - eps]`.
 * @function
 */
export function logit(x: Value, options: { eps?: number | undefined } = {}): Value {
  const { eps } = options;
  const a = eps === undefined ? floating(x) : clamp(floating(x), eps, 1 - eps);
  return g.log(g.div(a, g.sub(g.fullLike(a, 1), a)));
}

/**
 * The logarithm of |gamma(x)|.
 * @function
 */
export function lgamma(x: Value): Value {
  return float('lgamma', x);
}

/**
 * The derivative of lgamma.
 * @function
 */
export function digamma(x: Value): Value {
  return float('digamma', x);
}

/** `max(a, b) + log(1 + e^-|a - b|)`, the pattern of both logaddexp functions, for base e^(1/scale). */
function softMaximum(a: Value, b: Value, scale: number): Value {
  // Equal infinities would have the gap NaN.
  const gap = g.where(g.eq(a, b), g.zerosLike(a), g.sub(a, b));
  const rest = g.unary('log1p', g.exp(g.scale(g.unary('abs', gap), -scale)));
  return g.add(g.max(a, b), g.scale(rest, 1 / scale));
}

/**
 * `log(e^x + e^y)` without overflow.
 * @function
 */
export function logaddexp(x: Operand, y: Operand): Value {
  return softMaximum(...floatOperands('logaddexp', x, y), 1);
}

/**
 * `log2(2^x + 2^y)` without overflow.
 * @function
 */
export function logaddexp2(x: Operand, y: Operand): Value {
  return softMaximum(...floatOperands('logaddexp2', x, y), Math.LN2);
}

/** `x * f(y)`, 0 where x is 0 and f(y) infinite. */
function scaledLog(x: Value, y: Value, argument: Value, f: (argument: Value) => Value): Value {
  const zero = g.zerosLike(x);
  const singular = g.binary('or', g.le(argument, zero), g.eq(argument, g.fullLike(x, Infinity)));
  const hole = g.binary('and', g.eq(x, zero), singular);
  return g.where(hole, zero, g.mul(x, f(g.where(hole, g.fullLike(y, 1), y))));
}

/**
 * `x * log(y)`, 0 where `x` is 0 (NaN `y` stays NaN).
 * @function
 */
export function xlogy(x: Operand, y: Operand): Value {
  const [a, b] = floatOperands('xlogy', x, y);
  return scaledLog(a, b, b, g.log);
}

/**
 * `x * log1p(y)`, 0 where `x` is 0 (NaN `y` stays NaN).
 * @namespace special
 */
export function xlog1py(x: Operand, y: Operand): Value {
  const [a, b] = floatOperands('xlog1py', x, y);
  return scaledLog(a, b, g.add(b, g.fullLike(b, 1)), (t) => g.unary('log1p', t));
}

/**
 * `x * 2^y`.
 * @function
 */
export function ldexp(x: Operand, y: Operand): Value {
  const [a, b] = floatOperands('ldexp', x, y);
  return g.mul(a, exp2(b));
}

/**
 * The logarithm of the multivariate gamma function of dimension `p`.
 * @function
 */
export function mvlgamma(x: Value, p: number): Value {
  const a = floating(x);
  let total = g.fullLike(a, (p * (p - 1) * Math.log(pi)) / 4);
  for (let i = 0; i < p; i++) total = g.add(total, g.unary('lgamma', g.sub(a, g.fullLike(a, i / 2))));
  return total;
}

/** Square root with gradient 0 at 0, as norms and standard deviations have it. */
export function safeSqrt(x: Value): Value {
  const zero = g.eq(x, g.zerosLike(x));
  return g.where(zero, g.zerosLike(x), g.sqrt(g.where(zero, g.fullLike(x, 1), x)));
}
