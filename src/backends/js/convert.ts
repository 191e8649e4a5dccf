/** Casts and bit casts. */
import { integerRange, isHalf, type DType } from '../../core/index.js';
import { atom, call, infix, literal, type Code } from './code.js';
import {
  arithmeticOf,
  decode,
  rounded,
  roundedValue,
  toNumber,
  wrap,
  type Arithmetic,
  type Use,
  type Value,
} from './value.js';

type Conversion = (value: Value, to: DType, use: Use) => Value;
const as = (code: Code, dtype: DType): Value => ({ code, dtype, exact: true });
const same: Conversion = ({ code }, to) => as(code, to);

const floatToInt: Conversion = (value, to, use) => {
  const { min, max } = integerRange(to);
  return as(call(use('saturate'), rounded(value, use), literal(Number(min)), literal(Number(max))), to);
};
const floatToFloat: Conversion = (value, to, use) =>
  to === value.dtype
    ? roundedValue(value, use)
    : roundedValue(
        {
          ...roundedValue(value, use),
          dtype: to,
          exact: to === 'float64' || (to === 'float32' && isHalf(value.dtype)),
        },
        use,
      );
const numberToFloat: Conversion = (value, to, use) => {
  const exact =
    value.dtype === 'bool' || value.dtype === 'int8' || value.dtype === 'uint8' || to === 'float64';
  return roundedValue({ code: toNumber(value), dtype: to, exact }, use);
};
const bigToFloat: Conversion = ({ code }, to, use) =>
  to === 'float64'
    ? as(call('Number', code), to)
    : roundedValue({ code: call(use('int64ToFloat32'), code), dtype: to, exact: to === 'float32' }, use);
const truth =
  (zero: Code): Conversion =>
  (value, to, use) =>
    as(infix('!==', rounded(value, use), zero), to);

const conversions: Record<Arithmetic, Record<Arithmetic, Conversion>> = {
  float: {
    float: floatToFloat,
    int: floatToInt,
    big: (value, to, use) => as(call(use('toInt64'), rounded(value, use)), to),
    bool: truth(literal(0)),
  },
  int: {
    float: numberToFloat,
    int: ({ code }, to) => as(wrap(code, to), to),
    big: ({ code }, to) => as(call('BigInt', code), to),
    bool: truth(literal(0)),
  },
  big: {
    float: bigToFloat,
    int: ({ code }, to) => as(wrap(call('Number', call('BigInt.asIntN', literal(32), code)), to), to),
    big: same,
    bool: truth(literal(0n)),
  },
  bool: {
    float: numberToFloat,
    int: (value, to) => as(toNumber(value), to),
    big: ({ code }, to) => as(call('BigInt', code), to),
    bool: same,
  },
};

/** Float to integer truncates and saturates, NaN gives 0; integers wrap; anything but 0 is true. */
export const cast: Conversion = (value, to, use) =>
  conversions[arithmeticOf(value.dtype)][arithmeticOf(to)](value, to, use);

const viewOf = (dtype: DType): string =>
  `bits_${isHalf(dtype) ? 'half' : dtype === 'bool' ? 'uint8' : dtype}[0]`;
const halfBits: Partial<Record<DType, 'float16ToBits' | 'bfloat16ToBits'>> = {
  float16: 'float16ToBits',
  bfloat16: 'bfloat16ToBits',
};

/** The same bits as another dtype of equal width. */
export function bitcast(value: Value, to: DType, use: Use): Value {
  use('bits');
  const half = halfBits[value.dtype];
  const bits = half ? call(use(half), value.code) : toNumber(value);
  return decode(atom(`(${viewOf(value.dtype)} = ${bits.text}, ${viewOf(to)})`), to, use);
}
