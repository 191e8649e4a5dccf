/** Rounding, and the handling of a number's parts: sign, special values, bits. */
import { DTypeError, dtypes, isFloat, type DType } from '../core/index.js';
import { g, node } from '../graph/index.js';
import { abs } from './arithmetic.js';
import { floatOperands, nanMask, operands, type Operand, type Value } from './operands.js';

/** Integers are whole already. */
const rounded = (op: 'floor' | 'ceil' | 'trunc' | 'round', x: Value): Value =>
  isFloat(x.dtype) ? g.unary(op, x) : x;

/**
 * The largest integer not above `x`.
 * @method
 * @function
 */
export function floor(x: Value): Value {
  return rounded('floor', x);
}

/**
 * The smallest integer not below `x`.
 * @method
 * @function
 */
export function ceil(x: Value): Value {
  return rounded('ceil', x);
}

/**
 * The integer part of `x`.
 * @method
 * @function
 */
export function trunc(x: Value): Value {
  return rounded('trunc', x);
}

/**
 * The nearest number with `decimals` digits after the point, halves to even.
 * @method
 * @function
 */
export function round(x: Value, options: { decimals?: number | undefined } = {}): Value {
  const { decimals = 0 } = options;
  if (decimals === 0) return rounded('round', x);
  const ten = 10 ** Math.abs(decimals);
  const whole = (y: Value): Value => g.unary('round', y);
  const unit = g.fullLike(x, ten);
  return decimals > 0 ? g.div(whole(g.mul(x, unit)), unit) : g.mul(whole(g.div(x, unit)), unit);
}

/**
 * `x - trunc(x)`.
 * @function
 */
export function frac(x: Value): Value {
  return g.sub(x, trunc(x));
}

const largest: Partial<Record<DType, number>> = {
  float64: Number.MAX_VALUE,
  float32: 3.4028234663852886e38,
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
};

/**
 * NaN and infinities replaced: NaN by `nan` (0), infinities by `posinf` and `neginf` (the dtype's extremes).
 * @method
 * @function
 */
export function nanToNum(
  x: Value,
  options: { nan?: number | undefined; posinf?: number | undefined; neginf?: number | undefined } = {},
): Value {
  const most = largest[x.dtype];
  if (most === undefined) return x;
  const { nan = 0, posinf = most, neginf = -most } = options;
  const is = (value: number): Value => g.eq(x, g.fullLike(x, value));
  const finite = g.where(
    is(Infinity),
    g.fullLike(x, posinf),
    g.where(is(-Infinity), g.fullLike(x, neginf), x),
  );
  return g.where(g.unary('isnan', x), g.fullLike(x, nan), finite);
}

/** The signed integer dtype as wide as a floating one. */
const bitsOf: Partial<Record<DType, DType>> = {
  float64: 'int64',
  float32: 'int32',
  float16: 'int16',
  bfloat16: 'int16',
};

const asBits = (x: Value, dtype: DType): Value => node('bitcast', [x], { dtype });

/**
 * Whether the sign bit is set: true for -0.
 * @function
 */
export function signbit(x: Value): Value {
  const bits = bitsOf[x.dtype];
  const signed = bits === undefined ? x : asBits(x, bits);
  return dtypes[signed.dtype].signed ? g.lt(signed, g.zerosLike(signed)) : g.full(x.shape, false, 'bool');
}

/**
 * The size of `x` with the sign of `y`, -0 included.
 * @function
 */
export function copysign(x: Operand, y: Operand): Value {
  const [a, b] = floatOperands('copysign', x, y);
  const size = abs(a);
  return g.where(signbit(b), g.neg(size), size);
}

/**
 * 0 below 0, 1 above, and `values` at 0.
 * @function
 */
export function heaviside(x: Operand, values: Operand): Value {
  const [a, b] = operands('heaviside', x, values);
  const zero = g.zerosLike(a);
  return g.where(g.eq(a, zero), b, g.cast(g.lt(zero, a), a.dtype));
}

/**
 * The next number after `x` in the direction of `y`.
 * @function
 */
export function nextafter(x: Value, y: Value): Value {
  const [a, b] = operands('nextafter', x, y);
  const dtype = bitsOf[a.dtype];
  if (dtype === undefined) throw new DTypeError('nextafter', `takes floating dtypes, not ${a.dtype}`);
  const bits = asBits(a, dtype);
  const one = g.fullLike(bits, 1);
  const up = g.lt(a, b);
  const zero = g.eq(a, g.zerosLike(a));
  // Away from zero the bits of a number count up.
  const away = g.eq(up, g.lt(g.zerosLike(a), a));
  const stepped = asBits(g.where(away, g.add(bits, one), g.sub(bits, one)), a.dtype);
  const tiny = asBits(one, a.dtype);
  const next = g.where(zero, g.where(up, tiny, g.neg(tiny)), stepped);
  const nan = g.binary('or', nanMask(a), nanMask(b));
  return g.where(nan, g.add(a, b), g.where(g.eq(a, b), b, next));
}

/**
 * Whether each element is NaN.
 * @method
 * @function
 */
export function isnan(x: Value): Value {
  return nanMask(x);
}

const equals = (x: Value, value: number): Value =>
  isFloat(x.dtype) ? g.eq(x, g.fullLike(x, value)) : g.full(x.shape, false, 'bool');

/**
 * Whether each element is infinite.
 * @method
 * @function
 */
export function isinf(x: Value): Value {
  return isFloat(x.dtype) ? equals(abs(x), Infinity) : equals(x, Infinity);
}

/**
 * Whether each element is positive infinity.
 * @function
 */
export function isposinf(x: Value): Value {
  return equals(x, Infinity);
}

/**
 * Whether each element is negative infinity.
 * @function
 */
export function isneginf(x: Value): Value {
  return equals(x, -Infinity);
}

/**
 * Whether each element is neither infinite nor NaN.
 * @method
 * @function
 */
export function isfinite(x: Value): Value {
  if (!isFloat(x.dtype)) return g.full(x.shape, true, 'bool');
  return g.lt(abs(x), g.fullLike(x, Infinity));
}

/**
 * Whether each element is real: all are.
 * @function
 */
export function isreal(x: Value): Value {
  return g.full(x.shape, true, 'bool');
}

/**
 * The real part: the tensor itself.
 * @function
 */
export function real(x: Value): Value {
  return x;
}

/**
 * The complex conjugate: the tensor itself.
 * @function
 */
export function conj(x: Value): Value {
  return x;
}

/**
 * The complex conjugate: the tensor itself.
 * @function
 */
export function conjPhysical(x: Value): Value {
  return x;
}

/**
 * The tensor itself.
 * @function
 */
export function resolveConj(x: Value): Value {
  return x;
}

/**
 * The tensor itself.
 * @function
 */
export function resolveNeg(x: Value): Value {
  return x;
}
