/** Values in WGSL: what type holds a dtype. */
import { dtypes, type DType } from '../../../core/index.js';
import type { HelperName } from './library.js';

export type WgslType = 'f32' | 'i32' | 'u32' | 'bool';

/** A name or a literal, so that it needs no parentheses wherever it stands. */
export interface Value {
  readonly text: string;
  readonly dtype: DType;
}

/** Says that a function of the library is called. @returns its name. */
export type Use = (name: HelperName) => string;

/** The type that computes with a dtype: half types in f32, rounded after each operation; small integers in i32, wrapped. */
export function typeOf(dtype: DType): WgslType {
  const { kind, signed } = dtypes[dtype];
  if (kind === 'float') return 'f32';
  if (kind === 'bool') return 'bool';
  return signed || dtype === 'uint8' ? 'i32' : 'u32';
}

/** The type of an element that has a word to itself, as in memory between dispatches: bool as 0 or 1. */
export function wordOf(dtype: DType): Exclude<WgslType, 'bool'> {
  const type = typeOf(dtype);
  return type === 'bool' ? 'u32' : type;
}
