/** Circular and hyperbolic functions and their inverses, in radians. */
import { g } from '../graph/index.js';
import { floating, floatOperands, type Operand, type Value } from './operands.js';

const float = (op: Parameters<typeof g.unary>[0], x: Value): Value => g.unary(op, floating(x));

/**
 * Sine of radians.
 * @method
 * @function
 */
export function sin(x: Value): Value {
  return float('sin', x);
}

/**
 * Cosine of radians.
 * @method
 * @function
 */
export function cos(x: Value): Value {
  return float('cos', x);
}

/**
 * Tangent of radians.
 * @method
 * @function
 */
export function tan(x: Value): Value {
  return float('tan', x);
}

/**
 * Inverse sine, NaN outside [-1, 1].
 * @method
 * @function
 */
export function asin(x: Value): Value {
  return float('asin', x);
}

/**
 * Inverse cosine, NaN outside [-1, 1].
 * @method
 * @function
 */
export function acos(x: Value): Value {
  return float('acos', x);
}

/**
 * Inverse tangent.
 * @method
 * @function
 */
export function atan(x: Value): Value {
  return float('atan', x);
}

/**
 * The angle of the point (y, x), in (-pi, pi].
 * @function
 */
export function atan2(y: Operand, x: Operand): Value {
  return g.binary('atan2', ...floatOperands('atan2', y, x));
}

/**
 * Hyperbolic sine.
 * @method
 * @function
 */
export function sinh(x: Value): Value {
  return float('sinh', x);
}

/**
 * Hyperbolic cosine.
 * @method
 * @function
 */
export function cosh(x: Value): Value {
  return float('cosh', x);
}

/**
 * Hyperbolic tangent.
 * @method
 * @function
 * @namespace F
 */
export function tanh(x: Value): Value {
  return float('tanh', x);
}

/**
 * Inverse hyperbolic sine.
 * @function
 */
export function asinh(x: Value): Value {
  const a = floating(x);
  const one = g.fullLike(a, 1);
  // Odd: computed for |x|, whose sign is taken as a constant so that the slope at 0 is 1.
  const side = g.where(g.lt(a, g.zerosLike(a)), g.neg(one), one);
  const size = g.mul(side, a);
  const large = g.lt(g.fullLike(a, 1e4), size);
  const t = g.where(large, one, size);
  const squared = g.mul(t, t);
  const near = g.unary('log1p', g.add(t, g.div(squared, g.add(one, g.sqrt(g.add(squared, one))))));
  const far = g.add(g.log(g.where(large, size, one)), g.fullLike(a, Math.LN2));
  return g.mul(side, g.where(large, far, near));
}

/**
 * Inverse hyperbolic cosine, NaN below 1.
 * @function
 */
export function acosh(x: Value): Value {
  const a = floating(x);
  const one = g.fullLike(a, 1);
  return g.log(g.add(a, g.mul(g.sqrt(g.sub(a, one)), g.sqrt(g.add(a, one)))));
}

/**
 * Inverse hyperbolic tangent, NaN outside [-1, 1].
 * @function
 */
export function atanh(x: Value): Value {
  const a = floating(x);
  return g.scale(g.sub(g.unary('log1p', a), g.unary('log1p', g.neg(a))), 0.5);
}

/**
 * `sin(pi x) / (pi x)`, 1 at 0.
 * @function
 */
export function sinc(x: Value): Value {
  const a = floating(x);
  const zero = g.eq(a, g.zerosLike(a));
  const t = g.scale(g.where(zero, g.fullLike(a, 1), a), Math.PI);
  return g.where(zero, g.fullLike(a, 1), g.div(g.unary('sin', t), t));
}

/**
 * Degrees to radians.
 * @function
 */
export function deg2rad(x: Value): Value {
  return g.scale(floating(x), Math.PI / 180);
}

/**
 * Radians to degrees.
 * @function
 */
export function rad2deg(x: Value): Value {
  return g.scale(floating(x), 180 / Math.PI);
}

/**
 * The angle of real numbers: 0, or pi below 0; NaN stays.
 * @function
 */
export function angle(x: Value): Value {
  const a = floating(x);
  const zero = g.zerosLike(a);
  const nan = g.unary('isnan', a);
  return g.where(nan, a, g.where(g.lt(a, zero), g.fullLike(a, Math.PI), zero));
}
