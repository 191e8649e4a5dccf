/**
 * What a row of the conformance table is: one call of the public API, with the arguments of PyTorch's call put in our
 * order. `args` are the record's `input` and `args`; `kwargs` are its keyword arguments with camelCase keys.
 */
import type { DType, Tensor } from 'fusegrad';
import type { Output } from '../library.js';

/** Rows declare the arguments they pick: the type checker then holds each against the public signature. */
export type Row = (args: never, kwargs: never) => Output | Promise<Output>;
export type Table = Readonly<Record<string, Row>>;

export type T1 = readonly [Tensor];
export type T2 = readonly [Tensor, Tensor];
export type T3 = readonly [Tensor, Tensor, Tensor];
export type T4 = readonly [Tensor, Tensor, Tensor, Tensor];
/** Several tensors, as one list or spread. */
export type Tensors = readonly Tensor[];

export type Dims = number | readonly number[];
export type Reduction = 'none' | 'mean' | 'sum';

/** Keyword arguments by the names PyTorch uses everywhere. Options of one op only are declared in its row. */
export interface Kw<D = Dims> {
  alpha?: number;
  beta?: number;
  correction?: number;
  dim?: D;
  dim1?: number;
  dim2?: number;
  dtype?: DType;
  eps?: number;
  includeSelf?: boolean;
  keepdim?: boolean;
  margin?: number;
  offset?: number;
  p?: number;
  reduction?: Reduction;
  unbiased?: boolean;
  weight?: Tensor;
}

/** PyTorch 1.13 takes an empty list of dimensions for all of them. */
export const dims = (dim: Dims | undefined): Dims | undefined =>
  Array.isArray(dim) && dim.length === 0 ? undefined : dim;

/** A single argument where a list is meant. */
export const list = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as T[]) : [value as T];

/** A number in Python, where booleans are integers. */
export const number = (value: number | boolean): number =>
  typeof value === 'boolean' ? Number(value) : value;

/** The old flag `unbiased`, positional or not, as the divisor's correction. */
export const corrected = <K extends Kw>(
  kwargs: K,
  unbiased = kwargs.unbiased,
): K & { correction: number } => ({
  ...kwargs,
  correction: kwargs.correction ?? (unbiased === false ? 0 : 1),
});

/** The dtype in PyTorch's `to(dtype)` or `to(device, dtype)`. */
export const notDevice = (first: string, second: unknown): DType =>
  first === 'cpu' ? (second as DType) : (first as DType);

/** The functions above, which the arguments of a row may go through. */
export const adapters = ['dims', 'list', 'number', 'corrected', 'notDevice'] as const;
