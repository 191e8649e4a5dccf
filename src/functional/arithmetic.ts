/** Sums, products, quotients and powers, element by element. */
import { ArgumentError, DTypeError, dtypes, isFloat } from '../core/index.js';
import { g } from '../graph/index.js';
import {
  allOperands,
  coerce,
  floatOperands,
  isScalar,
  nanMask,
  operands,
  resultType,
  type Operand,
  type Value,
} from './operands.js';

const scaled = (x: Value, factor: number | undefined): Value =>
  factor === undefined || factor === 1 ? x : mul(x, factor);

/**
 * `x + alpha * y`. Two bools give their logical or.
 * @example tensor([1, 2]).add(10) // [11, 12]
 * @method
 * @function
 */
export function add(x: Operand, y: Operand, options: { alpha?: number | undefined } = {}): Value {
  const [a, b] = operands('add', x, y);
  return a.dtype === 'bool' ? g.binary('or', a, b) : g.add(a, scaled(b, options.alpha));
}

/**
 * `x - alpha * y`.
 * @throws DTypeError for two bools.
 * @method
 * @function
 */
export function sub(x: Operand, y: Operand, options: { alpha?: number | undefined } = {}): Value {
  const [a, b] = operands('sub', x, y);
  if (a.dtype === 'bool') throw new DTypeError('sub', 'does not take two bools', 'use logicalXor');
  return g.sub(a, scaled(b, options.alpha));
}

/**
 * `y - alpha * x`.
 * @function
 */
export function rsub(x: Operand, y: Operand, options: { alpha?: number | undefined } = {}): Value {
  return sub(y, x, options);
}

/**
 * `x * y`. Two bools give their logical and.
 * @method
 * @function
 */
export function mul(x: Operand, y: Operand): Value {
  const [a, b] = operands('mul', x, y);
  return a.dtype === 'bool' ? g.binary('and', a, b) : g.mul(a, b);
}

/** Quotient rounded down, computed from the remainder: floor(a / b) is off where a / b rounds up to an integer. */
function floorQuotient(a: Value, b: Value): Value {
  const zero = g.zerosLike(b);
  const rest = g.binary('fmod', a, b);
  const below = g.binary('and', g.not(g.eq(rest, zero)), g.binary('xor', g.lt(rest, zero), g.lt(b, zero)));
  const step = g.cast(below, a.dtype);
  if (!isFloat(a.dtype)) return g.sub(g.div(a, b), step);
  const quotient = g.unary('round', g.sub(g.div(g.sub(a, rest), b), step));
  return g.where(g.eq(b, zero), g.div(a, b), quotient);
}

/**
 * `x / y`. Integers divide to a floating result, unless `roundingMode` asks for the quotient 'trunc' (towards zero)
 * or 'floor' (downwards), which keeps their dtype.
 * @example tensor([7]).div(2, { roundingMode: 'floor' }) // [3]
 * @method
 * @function
 */
export function div(
  x: Operand,
  y: Operand,
  options: { roundingMode?: 'trunc' | 'floor' | undefined } = {},
): Value {
  const { roundingMode } = options;
  if (roundingMode === undefined) return g.div(...floatOperands('div', x, y));
  const [a, b] = numbers('div', x, y);
  if (roundingMode === 'floor') return floorQuotient(a, b);
  return isFloat(a.dtype) ? g.unary('trunc', g.div(a, b)) : g.div(a, b);
}

/** Operands of an arithmetic that knows no bool: those count as int32. */
function numbers(op: string, x: Operand, y: Operand): [Value, Value] {
  const dtype = resultType(op, x, y);
  return coerce(op, dtype === 'bool' ? 'int32' : dtype, x, y);
}

/**
 * `x / y` with a floating result.
 * @function
 */
export function trueDivide(x: Operand, y: Operand): Value {
  return div(x, y);
}

/**
 * The quotient rounded down.
 * @method
 * @function
 */
export function floorDivide(x: Operand, y: Operand): Value {
  return div(x, y, { roundingMode: 'floor' });
}

/**
 * The remainder of `x / y` with the sign of `x`, as `%` in JavaScript.
 * @method
 * @function
 */
export function fmod(x: Operand, y: Operand): Value {
  return g.binary('fmod', ...numbers('fmod', x, y));
}

/**
 * The remainder of `x / y` with the sign of `y`, as `%` in Python.
 * @example tensor([-7]).remainder(3) // [2]
 * @method
 * @function
 */
export function remainder(x: Operand, y: Operand): Value {
  const [a, b] = numbers('remainder', x, y);
  const zero = g.zerosLike(b);
  const rest = g.binary('fmod', a, b);
  const other = g.binary('and', g.not(g.eq(rest, zero)), g.binary('xor', g.lt(rest, zero), g.lt(b, zero)));
  return g.where(other, g.add(rest, b), rest);
}

/** Exponents with a cheaper form. */
const powers = new Map<number, (x: Value) => Value>([
  [0.5, (x) => g.sqrt(x)],
  [1, (x) => x],
  [2, (x) => g.mul(x, x)],
  [3, (x) => g.mul(g.mul(x, x), x)],
  [-0.5, (x) => g.unary('rsqrt', x)],
  [-1, (x) => g.div(g.fullLike(x, 1), x)],
]);

/**
 * `x` to the power `y`. Integers to an integer power stay integers.
 * @throws ArgumentError for an integer tensor to a negative number.
 * @method
 * @function
 */
export function pow(x: Operand, y: Operand): Value {
  const [a, b] = numbers('pow', x, y);
  if (isScalar(y)) {
    const exponent = Number(y);
    if (!isFloat(a.dtype) && exponent < 0) {
      throw new ArgumentError('pow', 'integers to a negative power are no integers', 'use x.float().pow(y)');
    }
    const form = powers.get(exponent);
    if (form) return form(a);
  }
  return g.binary('pow', a, b);
}

/**
 * `x` to the power `y`, computed in float64.
 * @function
 */
export function floatPower(x: Operand, y: Operand): Value {
  return pow(...coerce('floatPower', 'float64', x, y));
}

/**
 * `x * x`.
 * @method
 * @function
 */
export function square(x: Value): Value {
  return pow(x, 2);
}

/**
 * `1 / x`.
 * @method
 * @function
 */
export function reciprocal(x: Value): Value {
  return div(1, x);
}

/**
 * `-x`.
 * @throws DTypeError for bool.
 * @method
 * @function
 */
export function neg(x: Value): Value {
  return g.neg(x);
}

/**
 * `x` itself; bool is refused.
 * @function
 */
export function positive(x: Value): Value {
  if (x.dtype === 'bool') throw new DTypeError('positive', 'does not take bool');
  return x;
}

/**
 * `|x|`.
 * @method
 * @function
 */
export function abs(x: Value): Value {
  return dtypes[x.dtype].signed ? g.unary('abs', x) : x;
}

/**
 * -1, 0 or 1, as `x` is negative, zero or positive.
 * @method
 * @function
 */
export function sign(x: Value): Value {
  return x.dtype === 'bool' ? x : g.unary('sign', x);
}

/**
 * The sign of real numbers: see sign.
 * @function
 */
export function sgn(x: Value): Value {
  return sign(x);
}

/**
 * The larger of two, NaN where either is NaN. At ties each gets half of the gradient.
 * @method
 * @function
 */
export function maximum(x: Operand, y: Operand): Value {
  return g.max(...operands('maximum', x, y));
}

/**
 * The smaller of two, NaN where either is NaN. At ties each gets half of the gradient.
 * @method
 * @function
 */
export function minimum(x: Operand, y: Operand): Value {
  return g.binary('min', ...operands('minimum', x, y));
}

/**
 * The larger of two, ignoring NaN. At ties `x` gets the gradient.
 * @function
 */
export function fmax(x: Operand, y: Operand): Value {
  const [a, b] = operands('fmax', x, y);
  return g.where(g.binary('or', g.le(b, a), nanMask(b)), a, b);
}

/**
 * The smaller of two, ignoring NaN. At ties `x` gets the gradient.
 * @function
 */
export function fmin(x: Operand, y: Operand): Value {
  const [a, b] = operands('fmin', x, y);
  return g.where(g.binary('or', g.le(a, b), nanMask(b)), a, b);
}

/**
 * `x` moved into `[min, max]`; either bound may be left out. Where min > max, the result is max.
 * @example tensor([-2, 0.5, 9]).clamp(0, 1) // [0, 0.5, 1]
 * @method
 * @function
 */
export function clamp(x: Value, min?: Operand, max?: Operand): Value {
  if (min === undefined && max === undefined) {
    throw new ArgumentError('clamp', 'needs min or max');
  }
  const [a, low, high] = allOperands('clamp', x, min ?? x, max ?? x);
  const raised = min === undefined ? a : g.where(g.lt(a, low), low, a);
  return max === undefined ? raised : g.where(g.lt(high, raised), high, raised);
}

/**
 * `x`, or `min` where that is larger.
 * @method
 * @function
 */
export function clampMin(x: Value, min: Operand): Value {
  return clamp(x, min);
}

/**
 * `x`, or `max` where that is smaller.
 * @method
 * @function
 */
export function clampMax(x: Value, max: Operand): Value {
  return clamp(x, undefined, max);
}

/**
 * `x + weight * (end - x)`, exact at weight 0 and 1.
 * @method
 * @function
 */
export function lerp(x: Value, end: Value, weight: Operand): Value {
  const [a, b, w] = allOperands('lerp', x, end, weight);
  const gap = g.sub(b, a);
  const near = g.add(a, g.mul(w, gap));
  const far = g.sub(b, g.mul(gap, g.sub(g.fullLike(w, 1), w)));
  return g.where(g.lt(g.unary('abs', w), g.fullLike(w, 0.5)), near, far);
}

/**
 * `x + value * t1 * t2`.
 * @function
 */
export function addcmul(x: Value, t1: Value, t2: Value, options: { value?: number | undefined } = {}): Value {
  return add(x, mul(scaled(t1, options.value), t2));
}

/**
 * `x + value * t1 / t2`.
 * @function
 */
export function addcdiv(x: Value, t1: Value, t2: Value, options: { value?: number | undefined } = {}): Value {
  return add(x, div(scaled(t1, options.value), t2));
}

/**
 * `sqrt(x^2 + y^2)`.
 * @function
 */
export function hypot(x: Operand, y: Operand): Value {
  const [a, b] = floatOperands('hypot', x, y);
  return g.sqrt(g.add(g.mul(a, a), g.mul(b, b)));
}
