/** Splats: one constant stretched to a shape. Their normal form is what `g.full` builds. */
import { isFloat, type DType } from '../core/index.js';
import { roundTo, type Value } from '../ops/index.js';
import type { Node } from '../graph/index.js';

/** The value that all elements of a node are known to have. */
export function splat(node: Node): Value | undefined {
  let at = node;
  while (at.op === 'expand' || at.op === 'reshape') at = at.inputs[0]!;
  return at.op === 'constant' ? roundTo(at.attrs.value, at.dtype) : undefined;
}

/** Whether all elements are this number; 0 stands for -0 too. */
export function is(node: Node, value: number): boolean {
  const known = splat(node);
  return known !== undefined && Number(known) === value;
}

/** Whether all elements are this zero, sign included; integers have one zero. */
export const isZero = (node: Node, zero: 0 | -0): boolean => {
  const known = splat(node);
  return known !== undefined && (isFloat(node.dtype) ? Object.is(known, zero) : Number(known) === 0);
};

export const isTrue = (node: Node): boolean => is(node, 1);
export const isFalse = (node: Node): boolean => is(node, 0);

/** Up to which exponent, either sign, powers of two and their reciprocals are normal numbers. */
const normalExponent: Partial<Record<DType, number>> = {
  float64: 1022,
  float32: 126,
  bfloat16: 126,
  float16: 14,
};

/** Whether multiplying by the value and dividing by its reciprocal are the same, bit for bit. */
export function isPowerOfTwo(value: Value, dtype: DType): boolean {
  const limit = normalExponent[dtype];
  if (limit === undefined || typeof value === 'bigint') return false;
  const exponent = Math.round(Math.log2(Math.abs(value)));
  return Math.abs(exponent) <= limit && Math.abs(value) === 2 ** exponent;
}

/** Whether adding `value` up `count` times is exact at every step, in any order. Half types add up in float32. */
export function addsExactly(value: Value, count: number, dtype: DType): boolean {
  if (typeof value === 'bigint' || !Number.isFinite(value)) return false;
  if (value === 0) return true;
  let odd = Math.abs(value);
  while (!Number.isInteger(odd)) odd *= 2;
  while (odd % 2 === 0) odd /= 2;
  const bits = dtype === 'float64' ? 53 : 24;
  return odd * count <= 2 ** bits && Number.isFinite(Number(roundTo(value * count, dtype)));
}
