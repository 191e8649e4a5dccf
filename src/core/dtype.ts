/**
 * The element types, what a program may do with each, and PyTorch's promotion rules.
 * @see https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
 */

import { ArgumentError } from './errors.js';

export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'uint32'
  | 'bool';

export type DTypeKind = 'bool' | 'int' | 'float';

/** What host memory of a dtype looks like. Half types are stored as their bits. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint32Array;

export interface DTypeInfo {
  readonly kind: DTypeKind;
  readonly bytes: number;
  readonly signed: boolean;
  /** Order inside its kind when two dtypes of one kind meet: the larger wins. */
  readonly rank: number;
  readonly array: new (source: number | ArrayBufferLike, offset?: number, length?: number) => TypedArray;
}

export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  bool: { kind: 'bool', bytes: 1, signed: false, rank: 0, array: Uint8Array },
  uint8: { kind: 'int', bytes: 1, signed: false, rank: 0, array: Uint8Array },
  int8: { kind: 'int', bytes: 1, signed: true, rank: 1, array: Int8Array },
  int16: { kind: 'int', bytes: 2, signed: true, rank: 2, array: Int16Array },
  int32: { kind: 'int', bytes: 4, signed: true, rank: 3, array: Int32Array },
  uint32: { kind: 'int', bytes: 4, signed: false, rank: 4, array: Uint32Array },
  int64: { kind: 'int', bytes: 8, signed: true, rank: 5, array: BigInt64Array },
  float16: { kind: 'float', bytes: 2, signed: true, rank: 0, array: Uint16Array },
  bfloat16: { kind: 'float', bytes: 2, signed: true, rank: 1, array: Uint16Array },
  float32: { kind: 'float', bytes: 4, signed: true, rank: 2, array: Float32Array },
  float64: { kind: 'float', bytes: 8, signed: true, rank: 3, array: Float64Array },
};

export const dtypeNames = Object.keys(dtypes) as readonly DType[];

export const isFloat = (dtype: DType): boolean => dtypes[dtype].kind === 'float';
export const isInteger = (dtype: DType): boolean => dtypes[dtype].kind === 'int';
export const isHalf = (dtype: DType): boolean => dtype === 'float16' || dtype === 'bfloat16';

export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(dtypes, value);
}

/** Refuses what is no dtype: a name out of PyTorch, a typing error. */
export function requireDType(op: string, value: unknown): asserts value is DType {
  if (isDType(value)) return;
  throw new ArgumentError(
    op,
    `${String(value)} is not a dtype`,
    `dtypes are ${Object.keys(dtypes).join(', ')}`,
  );
}

const kindOrder: Readonly<Record<DTypeKind, number>> = { bool: 0, int: 1, float: 2 };

/** The dtype two tensors of dtypes `a` and `b` compute in (torch.promote_types). */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const [x, y] = [dtypes[a], dtypes[b]];
  if (x.kind !== y.kind) return kindOrder[x.kind] > kindOrder[y.kind] ? a : b;
  if (isHalf(a) && isHalf(b)) return 'float32';
  const high = x.rank > y.rank ? a : b;
  const low = high === a ? b : a;
  // An unsigned type does not fit a signed one of its own width: the next wider signed type holds both.
  if (low === 'uint8' && high === 'int8') return 'int16';
  if (high === 'uint32' && dtypes[low].signed) return 'int64';
  return high;
}

/** The dtype of `tensor op number`: a JS number moves a tensor to a higher kind only, never to a wider type. */
export function promoteScalar(dtype: DType, value: number | bigint | boolean): DType {
  const kind = dtypes[dtype].kind;
  if (typeof value === 'boolean') return dtype;
  if (typeof value === 'bigint' || Number.isInteger(value)) return kind === 'bool' ? 'int32' : dtype;
  return kind === 'float' ? dtype : 'float32';
}

/** Floating dtype an integer or bool tensor computes in for exp, mean, division and the like. */
export const toFloat = (dtype: DType): DType => (isFloat(dtype) ? dtype : 'float32');

/** Range of values an integer dtype holds, inclusive. */
export function integerRange(dtype: DType): { min: bigint; max: bigint } {
  const { bytes, signed, kind } = dtypes[dtype];
  const bits = kind === 'bool' ? 1n : BigInt(bytes * 8);
  return signed
    ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
    : { min: 0n, max: (1n << bits) - 1n };
}
