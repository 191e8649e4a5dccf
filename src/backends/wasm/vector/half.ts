/** float16 and bfloat16 lanes: bits in 32-bit lanes to float32 and back, rounding to nearest even. */
import type { Code, Local } from '../assembler/index.js';
import { valueOf, type Value } from './value.js';

type Bits = (c: Code, x: Local) => Local;

const shift = (c: Code, op: 'shl' | 'shr_u' | 'shr_s', x: Local, by: number): Local =>
  c.get(x).i32(by).op(`i32x4.${op}`).keep();
const i32 = (c: Code, value: number): Local => c.vector('i32', value);

const bfloat16FromBits: Bits = (c, x) => shift(c, 'shl', x, 16);

const bfloat16ToBits: Bits = (c, x) => {
  const lsb = c.v('v128.and', shift(c, 'shr_u', x, 16), i32(c, 1));
  const rounded = c.v('i32x4.add', c.v('i32x4.add', x, i32(c, 0x7fff)), lsb);
  const nan = c.v('v128.or', x, i32(c, 0x400000));
  const chosen = c.v('v128.bitselect', nan, rounded, c.v('f32x4.ne', x, x));
  return shift(c, 'shr_u', chosen, 16);
};

const float16FromBits: Bits = (c, x) => {
  const sign = shift(c, 'shl', c.v('v128.and', x, i32(c, 0x8000)), 16);
  const magnitude = c.v('v128.and', x, i32(c, 0x7fff));
  const normal = c.v('i32x4.add', shift(c, 'shl', magnitude, 13), i32(c, 0x38000000));
  const small = c.v('f32x4.mul', c.v('f32x4.convert_i32x4_s', magnitude), c.vector('f32', 2 ** -24));
  const special = c.v('v128.or', shift(c, 'shl', magnitude, 13), i32(c, 0x7f800000));
  const isSmall = c.v('i32x4.lt_s', magnitude, i32(c, 0x400));
  const isSpecial = c.v('i32x4.ge_s', magnitude, i32(c, 0x7c00));
  const finite = c.v('v128.bitselect', small, normal, isSmall);
  return c.v('v128.or', c.v('v128.bitselect', special, finite, isSpecial), sign);
};

const float16ToBits: Bits = (c, x) => {
  const sign = c.v('v128.and', shift(c, 'shr_u', x, 16), i32(c, 0x8000));
  const magnitude = c.v('v128.and', x, i32(c, 0x7fffffff));
  // Below 2^-14 results are multiples of 2^-24; scaling by a power of two is exact, and `nearest` rounds to even.
  const scaled = c.v('f32x4.nearest', c.v('f32x4.mul', magnitude, c.vector('f32', 2 ** 24)));
  const small = c.v('i32x4.trunc_sat_f32x4_s', scaled);
  const lsb = c.v('v128.and', shift(c, 'shr_u', magnitude, 13), i32(c, 1));
  const rounded = c.v('i32x4.add', c.v('i32x4.add', magnitude, i32(c, 0xfff - 0x38000000)), lsb);
  const normal = shift(c, 'shr_u', rounded, 13);
  let bits = c.v('v128.bitselect', small, normal, c.v('i32x4.lt_s', magnitude, i32(c, 0x38800000)));
  bits = c.v('v128.bitselect', i32(c, 0x7c00), bits, c.v('i32x4.ge_s', magnitude, i32(c, 0x477ff000)));
  bits = c.v('v128.bitselect', i32(c, 0x7e00), bits, c.v('i32x4.gt_s', magnitude, i32(c, 0x7f800000)));
  return c.v('v128.or', bits, sign);
};

const halves = {
  float16: { from: float16FromBits, to: float16ToBits },
  bfloat16: { from: bfloat16FromBits, to: bfloat16ToBits },
} as const;

export const halfOf = (dtype: string): (typeof halves)['float16'] | undefined =>
  (halves as Readonly<Record<string, (typeof halves)['float16']>>)[dtype];

/** A value as its dtype holds it: what comparisons, rounding, casts and bits must see. */
export function rounded(c: Code, value: Value): Value {
  const half = value.exact ? undefined : halfOf(value.dtype);
  if (!half) return value;
  return valueOf(value.dtype, [half.from(c, half.to(c, value.parts[0]!))]);
}
