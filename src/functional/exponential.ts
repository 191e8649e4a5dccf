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
 * @method
 * @function
 */
export function logit(x: Value, options: { eps?: number | undefined } = {}): Value {
  const { eps } = options;
  const a = eps === undefined ? floating(x) : clamp(floating(x), eps, 1 - eps);
  return g.log(g.div(a, g.sub(g.fullLike(a, 1), a)));
}

/**
 * The error function.
 * @method
 * @function
 */
export function erf(x: Value): Value {
  return float('erf', x);
}

/**
 * `1 - erf(x)`.
 * @method
 * @function
 */
export function erfc(x: Value): Value {
  const y = erf(x);
  return g.sub(g.fullLike(y, 1), y);
}

/** c[0] + c[1] t + c[2] t^2 + ... */
export function polynomial(t: Value, coefficients: readonly number[]): Value {
  const [last, ...rest] = coefficients.toReversed();
  return rest.reduce((sum, c) => g.add(g.mul(sum, t), g.fullLike(t, c)), g.fullLike(t, last!));
}

// M. Giles, "Approximating the erfinv function" (2010): the single precision polynomials.
const erfinvCentral = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.000218580870, -4.39150654e-6, -3.5233877e-6,
  3.43273939e-7, 2.81022636e-8,
]; // prettier-ignore
const erfinvTail = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322,
  0.000100950558, -0.000200214257,
]; // prettier-ignore

/**
 * The inverse of erf: ±Infinity at ±1, NaN outside.
 * @method
 * @function
 */
export function erfinv(x: Value): Value {
  const a = floating(x);
  const one = g.fullLike(a, 1);
  const edge = g.eq(g.unary('abs', a), one);
  const inner = g.where(edge, g.zerosLike(a), a);
  const w = g.neg(g.log(g.sub(one, g.mul(inner, inner))));
  const five = g.fullLike(a, 5);
  const central = polynomial(g.sub(w, g.fullLike(a, 2.5)), erfinvCentral);
  const tail = polynomial(g.sub(g.sqrt(g.max(w, five)), g.fullLike(a, 3)), erfinvTail);
  let y = g.stopGradient(g.mul(g.where(g.lt(w, five), central, tail), inner));
  // Each step of Newton's method on erf(y) = x doubles the digits and makes one more derivative exact.
  for (let step = 0; step < 2; step++) {
    const slope = g.scale(g.exp(g.neg(g.mul(y, y))), 2 / Math.sqrt(pi));
    y = g.sub(y, g.div(g.sub(g.unary('erf', y), inner), slope));
  }
  return g.where(edge, g.mul(g.unary('sign', g.stopGradient(a)), g.fullLike(a, Infinity)), y);
}

/**
 * The logarithm of |gamma(x)|.
 * @method
 * @function
 */
export function lgamma(x: Value): Value {
  return float('lgamma', x);
}

/**
 * The derivative of lgamma.
 * @method
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
 * @method
 * @function
 */
export function logaddexp(x: Operand, y: Operand): Value {
  return softMaximum(...floatOperands('logaddexp', x, y), 1);
}

/**
 * `log2(2^x + 2^y)` without overflow.
 * @method
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
 * @method
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
 * @method
 * @function
 */
export function ldexp(x: Operand, y: Operand): Value {
  const [a, b] = floatOperands('ldexp', x, y);
  return g.mul(a, exp2(b));
}

/**
 * The logarithm of the multivariate gamma function of dimension `p`.
 * @method
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
