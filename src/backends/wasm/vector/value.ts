/**
 * Values of a kernel: four elements at a time, in one vector of 32-bit lanes or in two of 64-bit lanes. A value that is
 * the same for all elements has equal lanes, so that every operation has one form only.
 *
 * float32 and the half types are f32x4 (halves are rounded where their dtype must be seen), float64 is two f64x2; int64 is
 * two i64x2, all other integers are i32x4, wrapped to their dtype; bool is i32x4 with lanes 0 or -1.
 */
import { isFloat, isHalf, type DType } from '../../../core/index.js';
import type { Code, Local } from '../assembler/index.js';

export interface Value {
  readonly dtype: DType;
  /** One vector, or two. */
  readonly parts: readonly Local[];
  /** Whether a half type is rounded already; always true for other dtypes. */
  readonly exact: boolean;
}

/** How a dtype computes. */
export type Lanes = 'f32' | 'f64' | 'i32' | 'i64' | 'bool';

export function lanesOf(dtype: DType): Lanes {
  if (dtype === 'float64') return 'f64';
  if (isFloat(dtype)) return 'f32';
  if (dtype === 'int64') return 'i64';
  return dtype === 'bool' ? 'bool' : 'i32';
}

export const isWide = (dtype: DType): boolean => dtype === 'float64' || dtype === 'int64';

export const valueOf = (dtype: DType, parts: readonly Local[], exact = true): Value => ({
  dtype,
  parts,
  exact: exact || !isHalf(dtype),
});

/** A constant in all lanes. */
export function constant(c: Code, value: number | bigint, dtype: DType): Value {
  const lanes = lanesOf(dtype);
  if (lanes === 'bool') return valueOf(dtype, [c.vector('i32', Number(value) === 0 ? 0 : -1)]);
  const local = c.vector(lanes, lanes === 'i64' ? BigInt(value) : Number(value));
  return valueOf(
    dtype,
    isWide(dtype) ? [local, local] : [local],
    Number.isInteger(value) && Math.abs(Number(value)) <= 256,
  );
}

/** Byte lanes of i8x16.shuffle that take 32-bit lanes of two vectors. */
export const words = (...lanes: readonly number[]): number[] =>
  lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));

/** 32-bit lanes `lanes` of x and y (4 to 7 are y's). */
export const shuffleWords = (c: Code, x: Local, y: Local, ...lanes: readonly number[]): Local =>
  c
    .get(x)
    .get(y)
    .shuffle(words(...lanes))
    .keep();

/** The upper half of a vector, moved to the lower one. */
export const upper = (c: Code, x: Local): Local => shuffleWords(c, x, x, 2, 3, 2, 3);

/** Masks of two vectors of 64-bit lanes as one of 32-bit lanes. */
export const narrowMask = (c: Code, [low, high]: readonly Local[]): Local =>
  shuffleWords(c, low!, high!, 0, 2, 4, 6);

/** A mask of 32-bit lanes as two of 64-bit lanes. */
export const widenMask = (c: Code, mask: Local): Local[] => [
  c.v('i64x2.extend_low_i32x4_s', mask),
  c.v('i64x2.extend_high_i32x4_s', mask),
];

/** `yes` where the mask holds, else `no`. */
export function choose(c: Code, mask: Local, yes: Value, no: Value): Value {
  const masks = isWide(yes.dtype) ? widenMask(c, mask) : [mask];
  const parts = yes.parts.map((part, i) => c.v('v128.bitselect', part, no.parts[i]!, masks[i]!));
  return valueOf(yes.dtype, parts, yes.exact && no.exact);
}

/** A local that holds a value through iterations. */
export const variable = (c: Code, dtype: DType): Value =>
  valueOf(dtype, isWide(dtype) ? [c.local('v'), c.local('v')] : [c.local('v')], false);

export function assign(c: Code, to: Value, from: Value): void {
  to.parts.forEach((part, i) => c.get(from.parts[i]!).set(part));
}

/** Lane 0 in all lanes. */
export function splatFirst(c: Code, { dtype, parts, exact }: Value): Value {
  const [first] = parts as [Local];
  const local = isWide(dtype)
    ? shuffleWords(c, first, first, 0, 1, 0, 1)
    : shuffleWords(c, first, first, 0, 0, 0, 0);
  return valueOf(dtype, isWide(dtype) ? [local, local] : [local], exact);
}
