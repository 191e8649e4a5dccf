/**
 * What each elementwise primitive means for single values. Constant folding and the reference interpreter read this
 * table; a backend agrees with it bit by bit for integers and within the op's bound for floats.
 */
import {
  bfloat16FromBits,
  bfloat16ToBits,
  dtypes,
  float16FromBits,
  float16ToBits,
  integerRange,
  isFloat,
  type DType,
} from '../core/index.js';
import type { BinaryOp, OpAttrs, UnaryOp } from './attrs.js';
import { digamma, erf, lgamma, power, roundHalfEven, threefry2x32 } from './special.js';

/** One element: a bigint for int64, a number for every other dtype; bool is 0 or 1. */
export type Value = number | bigint;

export type ElementwiseOp = UnaryOp | BinaryOp | 'cast' | 'bitcast' | 'where' | 'threefry';

/**
 * `dtype` is that of the last operand. Floats are computed in float64 and left there: `roundTo` brings a result to
 * its own dtype.
 */
type Meaning<O extends ElementwiseOp = ElementwiseOp> = (
  args: readonly Value[],
  dtype: DType,
  attrs: OpAttrs[O],
) => Value;

/** An integer of any size, brought into an integer dtype by dropping the bits above its width. Nonzero is true. */
export function wrap(value: bigint, dtype: DType): Value {
  if (dtype === 'int64') return BigInt.asIntN(64, value);
  if (dtype === 'bool') return Number(value !== 0n);
  const { bytes, signed } = dtypes[dtype];
  return Number((signed ? BigInt.asIntN : BigInt.asUintN)(bytes * 8, value));
}

/** The float32 nearest to an integer: through float64 some would be rounded twice. */
function float32FromInteger(value: bigint): number {
  const low = BigInt.asUintN(16, value);
  const sticky = low === 0n ? 0n : 1n;
  return Math.fround(
    BigInt(Number(value)) === value ? Number(value) : Number(((value >> 16n) << 1n) | sticky) * 2 ** 15,
  );
}

/** A number brought to the precision of a floating dtype. Halves go through float32, as in PyTorch. */
const floatRounding: Partial<Record<DType, (value: number) => number>> = {
  float32: Math.fround,
  float16: (value) => float16FromBits(float16ToBits(value)),
  bfloat16: (value) => bfloat16FromBits(bfloat16ToBits(value)),
};

/** The value of `dtype` nearest to a result computed in float64; integers are exact already. */
export const roundTo = (value: Value, dtype: DType): Value =>
  floatRounding[dtype]?.(value as number) ?? value;

function floatToInteger(value: number, dtype: DType): Value {
  const { min, max } = integerRange(dtype);
  if (Number.isNaN(value)) return dtype === 'int64' ? 0n : 0;
  const saturated = value <= Number(min) ? min : value >= Number(max) ? max : BigInt(Math.trunc(value));
  return dtype === 'int64' ? saturated : Number(saturated);
}

/**
 * A value cast from one dtype to another. Float to integer truncates and saturates, NaN gives 0; integer to integer
 * wraps; anything but 0 is true.
 */
export function convert(value: Value, from: DType, to: DType): Value {
  if (to === 'bool') return Number(Number(value) !== 0);
  if (isFloat(to)) {
    if (typeof value === 'number') return roundTo(value, to);
    return to === 'float64' ? Number(value) : roundTo(float32FromInteger(value), to);
  }
  return isFloat(from) ? floatToInteger(value as number, to) : wrap(BigInt(value), to);
}

/** A value as an element of the dtype's typed array: half types as their bits. */
export function encode(value: Value, dtype: DType): Value {
  if (dtype === 'float16') return float16ToBits(value as number);
  if (dtype === 'bfloat16') return bfloat16ToBits(value as number);
  return value;
}

/** The value that an element of the dtype's typed array stands for. */
export function decode(element: Value, dtype: DType): Value {
  if (dtype === 'float16') return float16FromBits(element as number);
  if (dtype === 'bfloat16') return bfloat16FromBits(element as number);
  return dtype === 'bool' ? Number(element !== 0) : element;
}

/** The value whose bits as `to` are those of `value` as `from`. Any bits but 0 are true. */
export function bitcast(value: Value, from: DType, to: DType): Value {
  const source = new dtypes[from].array(1);
  source.set([encode(value, from)] as number[] & bigint[]);
  return decode(new dtypes[to].array(source.buffer)[0]!, to);
}

/** Floating primitives: floats in, floats out. */
const floating =
  (compute: (...args: number[]) => number): Meaning =>
  (args) =>
    compute(...(args as number[]));

/** Integer primitives are defined once, over all integers, and the result wrapped to the dtype. */
const integral =
  (compute: (args: readonly bigint[], dtype: DType) => bigint): Meaning =>
  (args, dtype) =>
    wrap(compute(args.map(BigInt), dtype), dtype);

const numeric = (float: (...args: number[]) => number, integer: Parameters<typeof integral>[0]): Meaning => {
  const [onFloats, onIntegers] = [floating(float), integral(integer)];
  return (args, dtype, attrs) => (isFloat(dtype) ? onFloats : onIntegers)(args, dtype, attrs);
};

const compare =
  (holds: (x: Value, y: Value) => boolean): Meaning =>
  ([x, y]) =>
    Number(holds(x!, y!));

function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) return base === 1n || base === -1n ? (exponent % 2n === 0n ? 1n : base) : 0n;
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = BigInt.asIntN(64, result * base);
    base = BigInt.asIntN(64, base * base);
  }
  return result;
}

const widthOf = (dtype: DType): bigint => BigInt(dtypes[dtype].bytes * 8);
const inside = (shift: bigint, dtype: DType): boolean => shift >= 0n && shift < widthOf(dtype);

export const scalar: { readonly [O in ElementwiseOp]: Meaning<O> } = {
  neg: numeric(
    (x) => -x,
    ([x]) => -x!,
  ),
  abs: numeric(Math.abs, ([x]) => (x! < 0n ? -x! : x!)),
  sign: numeric(Math.sign, ([x]) => (x! > 0n ? 1n : x! < 0n ? -1n : 0n)),
  exp: floating(Math.exp),
  expm1: floating(Math.expm1),
  log: floating(Math.log),
  log1p: floating(Math.log1p),
  sin: floating(Math.sin),
  cos: floating(Math.cos),
  tan: floating(Math.tan),
  asin: floating(Math.asin),
  acos: floating(Math.acos),
  atan: floating(Math.atan),
  sinh: floating(Math.sinh),
  cosh: floating(Math.cosh),
  tanh: floating(Math.tanh),
  sigmoid: floating((x) => 1 / (1 + Math.exp(-x))),
  erf: floating(erf),
  sqrt: floating(Math.sqrt),
  rsqrt: floating((x) => 1 / Math.sqrt(x)),
  floor: floating(Math.floor),
  ceil: floating(Math.ceil),
  round: floating(roundHalfEven),
  trunc: floating(Math.trunc),
  not: integral(([x], dtype) => (dtype === 'bool' ? 1n - x! : ~x!)),
  isnan: floating((x) => Number(Number.isNaN(x))),
  lgamma: floating(lgamma),
  digamma: floating(digamma),
  cast: ([x], from, { dtype }) => convert(x!, from, dtype),
  bitcast: ([x], from, { dtype }) => bitcast(x!, from, dtype),

  add: numeric(
    (x, y) => x + y,
    ([x, y]) => x! + y!,
  ),
  sub: numeric(
    (x, y) => x - y,
    ([x, y]) => x! - y!,
  ),
  mul: numeric(
    (x, y) => x * y,
    ([x, y]) => x! * y!,
  ),
  div: numeric(
    (x, y) => x / y,
    ([x, y]) => (y === 0n ? 0n : x! / y!),
  ),
  fmod: numeric(
    (x, y) => x % y,
    ([x, y]) => (y === 0n ? 0n : x! % y!),
  ),
  pow: numeric(power, ([x, y]) => integerPower(x!, y!)),
  max: numeric(Math.max, ([x, y]) => (x! > y! ? x! : y!)),
  min: numeric(Math.min, ([x, y]) => (x! < y! ? x! : y!)),
  atan2: floating(Math.atan2),
  and: integral(([x, y]) => x! & y!),
  or: integral(([x, y]) => x! | y!),
  xor: integral(([x, y]) => x! ^ y!),
  shl: integral(([x, y], dtype) => (inside(y!, dtype) ? x! << y! : 0n)),
  shr: integral(([x, y], dtype) => x! >> (inside(y!, dtype) ? y! : widthOf(dtype))),
  eq: compare((x, y) => x === y),
  lt: compare((x, y) => x < y),
  le: compare((x, y) => x <= y),
  where: ([condition, x, y]) => (condition !== 0 ? x! : y!),
  threefry: ([k0, k1, c0, c1], _, { part }) => {
    const [word0, word1] = threefry2x32(Number(k0), Number(k1), Number(c0), Number(c1));
    return { word0, word1, xor: (word0 ^ word1) >>> 0 }[part];
  },
};
