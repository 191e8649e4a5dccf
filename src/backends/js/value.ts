/** A rendered value: its text, and what is known of it. */
import { dtypes, isFloat, isHalf, type DType } from '../../core/index.js';
import { atom, call, choose, infix, literal, type Code, type Infix } from './code.js';
import type { HelperName, LibraryName } from './helpers.js';

/** bool values are JavaScript booleans, int64 ones BigInts, all others numbers. */
export interface Value {
  readonly code: Code;
  readonly dtype: DType;
  /** Whether it is a number its dtype can hold; floats are doubles until something rounds them. */
  readonly exact: boolean;
  /** Whether it is an integer that int32 can hold, whatever its dtype. */
  readonly small?: boolean;
}

/** Notes that a helper is used, and gives its name. */
export type Use = (name: HelperName | LibraryName) => string;

/** How a dtype computes in JavaScript. */
export type Arithmetic = 'float' | 'int' | 'big' | 'bool';
export const arithmeticOf = (dtype: DType): Arithmetic => {
  if (isFloat(dtype)) return 'float';
  return dtype === 'int64' ? 'big' : dtype === 'bool' ? 'bool' : 'int';
};

const zero = literal(0);
const shiftBack =
  (bits: number) =>
  (code: Code): Code =>
    infix('>>', infix('<<', code, literal(bits)), literal(bits));

/** These give an int32 by themselves. */
const signedOps: ReadonlySet<Infix> = new Set(['|', '&', '^', '<<', '>>']);

/** Drops the bits an integer dtype has no room for. */
const wraps: Partial<Record<DType, (code: Code) => Code>> = {
  int8: shiftBack(24),
  int16: shiftBack(16),
  int32: (code) => (code.op && signedOps.has(code.op) ? code : infix('|', code, zero)),
  uint8: (code) => infix('&', code, literal(255)),
  uint32: (code) => (code.op === '>>>' ? code : infix('>>>', code, zero)),
  int64: (code) => call('BigInt.asIntN', literal(64), code),
};
export const wrap = (code: Code, dtype: DType): Code => wraps[dtype]?.(code) ?? code;

const roundings: Partial<Record<DType, (code: Code, use: Use) => Code>> = {
  float32: (code) => call('Math.fround', code),
  float16: (code, use) => call(use('roundFloat16'), code),
  bfloat16: (code, use) => call(use('roundBfloat16'), code),
};

/** The value as its dtype holds it: what comparisons, floor, casts and bits must see. */
export const rounded = ({ code, dtype, exact }: Value, use: Use): Code =>
  exact ? code : (roundings[dtype]?.(code, use) ?? code);
export const roundedValue = (value: Value, use: Use): Value => ({
  code: rounded(value, use),
  dtype: value.dtype,
  exact: true,
});

/** A number where JavaScript has a boolean. */
export const toNumber = ({ code, dtype }: Value): Code =>
  dtype === 'bool' ? choose(code, literal(1), zero) : code;

/** A constant of a dtype. */
export function constant(value: number | bigint, dtype: DType): Value {
  const of: Record<Arithmetic, () => Code> = {
    float: () => literal(dtype === 'float32' ? Math.fround(Number(value)) : Number(value)),
    int: () => literal(Number(value)),
    big: () => literal(BigInt(value)),
    bool: () => atom(Number(value) === 0 ? 'false' : 'true'),
  };
  return {
    code: of[arithmeticOf(dtype)](),
    dtype,
    exact: !isHalf(dtype) || (Number.isInteger(value) && Math.abs(Number(value)) <= 256),
    small: Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  };
}

/** An element of a typed array as a value. */
export function decode(code: Code, dtype: DType, use: Use): Value {
  if (dtype === 'float16') return { code: call(use('float16FromBits'), code), dtype, exact: true };
  if (dtype === 'bfloat16') return { code: call(use('bfloat16FromBits'), code), dtype, exact: true };
  return { code: dtype === 'bool' ? infix('!==', code, zero) : code, dtype, exact: true };
}

/** A value as an element of a typed array, which rounds and wraps by itself. */
export function encode(value: Value, use: Use): Code {
  if (value.dtype === 'float16') return call(use('float16ToBits'), value.code);
  if (value.dtype === 'bfloat16') return call(use('bfloat16ToBits'), value.code);
  return toNumber(value);
}

/** An integer in a JavaScript number as a value of `dtype`. */
export function fromInteger(code: Code, dtype: DType, range: readonly [number, number], use: Use): Value {
  if (dtype === 'int64') return { code: call('BigInt', code), dtype, exact: true };
  if (dtype === 'bool') return { code: infix('!==', code, zero), dtype, exact: true };
  const size = Math.max(-range[0], range[1]);
  if (isFloat(dtype))
    return roundedValue(
      {
        code,
        dtype,
        exact: size <= (dtype === 'bfloat16' ? 256 : 2048) || (dtype === 'float32' && size <= 2 ** 24),
      },
      use,
    );
  const fits = size < 2 ** (dtypes[dtype].bytes * 8 - 1) && (dtypes[dtype].signed || range[0] >= 0);
  return { code: fits ? code : wrap(code, dtype), dtype, exact: true, small: fits };
}
