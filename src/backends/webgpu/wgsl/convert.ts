/** Casts and bit casts. */
import { InternalError, dtypes, integerRange, isFloat, isHalf, type DType } from '../../../core/index.js';
import type { HelperName } from './library.js';
import { typeOf, wordOf, type Use, type Value, type WgslType } from './value.js';

/** Whether WGSL evaluates it itself, which it refuses to do where the result overflows or is not finite. */
export const isLiteral = (text: string): boolean => /^(-?[\d.]|true|false|i32\()/.test(text);

/** What gives its argument: no compiler of WGSL evaluates a call of it. */
const identities: Readonly<Record<WgslType, HelperName | undefined>> = {
  f32: 'float_itself',
  i32: 'int_itself',
  u32: 'uint_itself',
  bool: undefined,
};

/** The operand, as an expression that is not constant. */
export function hidden({ text, dtype }: Value, use: Use): string {
  const name = identities[typeOf(dtype)];
  return name && isLiteral(text) ? `${use(name)}(${text})` : text;
}

/** An integer expression brought into its dtype by dropping the bits above its width. */
export function wrap(text: string, dtype: DType): string {
  const { bytes, signed } = dtypes[dtype];
  if (bytes === 4) return text;
  const unused = 32 - 8 * bytes;
  return signed ? `((${text}) << ${unused}u) >> ${unused}u` : `(${text}) & ${2 ** (8 * bytes) - 1}`;
}

/** Rounds an f32 to the half type it stands for; others unchanged. */
export function rounded({ text, dtype }: Value, use: Use): string {
  if (dtype === 'float16') return `${use('float16_rounded')}(${text})`;
  return dtype === 'bfloat16' ? `${use('bfloat16_rounded')}(${text})` : text;
}

type Kind = 'float' | 'int' | 'bool';
type Conversion = (value: Value, to: DType, use: Use) => string;

const floatToInt: Conversion = ({ text }, to, use) => {
  if (to === 'uint32') return `${use('float_to_uint')}(${text})`;
  const whole = `${use('float_to_int')}(${text})`;
  const { min, max } = integerRange(to);
  return to === 'int32' ? whole : `clamp(${whole}, ${min}, ${max})`;
};
const toFloat: Conversion = ({ text, dtype }, to, use) => {
  const name = dtype === 'uint32' ? use('uint_to_float') : 'f32';
  return rounded({ text: `${name}(${text})`, dtype: to }, use);
};
const same: Conversion = ({ text }) => text;

const conversions: Record<Kind, Record<Kind, Conversion>> = {
  float: {
    // A half is a float32 already.
    float: ({ text, dtype }, to, use) => (to === dtype ? text : rounded({ text, dtype: to }, use)),
    int: floatToInt,
    bool: ({ text }) => `(bitcast<u32>(${text}) & 0x7fffffffu) != 0u`,
  },
  int: {
    float: toFloat,
    int: ({ text, dtype }, to) => wrap(typeOf(dtype) === typeOf(to) ? text : `${typeOf(to)}(${text})`, to),
    bool: ({ text, dtype }) => `${text} != ${typeOf(dtype)}(0)`,
  },
  bool: { float: toFloat, int: ({ text }, to) => `${typeOf(to)}(${text})`, bool: same },
};

/** Float to integer truncates and saturates, NaN gives 0; integers wrap; anything but 0 is true. */
export const cast: Conversion = (value, to, use) =>
  conversions[dtypes[value.dtype].kind][dtypes[to].kind]({ ...value, text: hidden(value, use) }, to, use);

/** The bits of a value as an i32 or u32 whose low bits they are. */
function bitsOf({ text, dtype }: Value, use: Use): string {
  if (isHalf(dtype)) return `i32(${use(dtype === 'float16' ? 'float16_bits' : 'bfloat16_bits')}(${text}))`;
  return dtype === 'bool' ? `i32(${text})` : text;
}

/** The same bits as another dtype of equal width. */
export function bitcast(value: Value, to: DType, use: Use): string {
  if (dtypes[value.dtype].bytes !== dtypes[to].bytes)
    throw new InternalError(`${value.dtype} and ${to} differ in width`);
  if (value.dtype === to) return value.text;
  const bits = bitsOf({ ...value, text: hidden(value, use) }, use);
  if (dtypes[to].bytes === 4) return `bitcast<${typeOf(to)}>(${bits})`;
  if (isFloat(to)) {
    const word = `u32(${bits}) & 0xffffu`;
    return to === 'float16' ? `${use('float16_from_bits')}(${word})` : `bitcast<f32>((${word}) << 16u)`;
  }
  return to === 'bool' ? `(${bits}) != 0` : wrap(bits, to);
}

/** From the word of an element that has one to itself. */
export const decode = (element: string, dtype: DType): string =>
  dtype === 'bool' ? `${element} != 0u` : element;

/** To that word. */
export const encode = ({ text, dtype }: Value): string => (dtype === 'bool' ? `u32(${text})` : text);

/** A value as a word of memory between dispatches, where all are of one type. */
export const toWord = (value: Value): string => `bitcast<u32>(${encode(value)})`;
/** The value in such a word. */
export const fromWord = (word: string, dtype: DType): string =>
  decode(`bitcast<${wordOf(dtype)}>(${word})`, dtype);
