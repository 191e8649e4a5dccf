/** Values on the host: copies of a tensor's memory in the forms a user reads. */
import { bfloat16FromBits, float16FromBits, type DType, type Shape, type TypedArray } from '../core/index.js';
import { copyOf } from '../runtime/index.js';

/** What `data()` gives: half types are widened to float32. */
export type Numbers = Exclude<TypedArray, Uint16Array>;
export type Nested = number | boolean | bigint | Nested[];

export interface Held {
  readonly array: TypedArray;
  readonly dtype: DType;
}

const widen: Partial<Record<DType, (bits: number) => number>> = {
  float16: float16FromBits,
  bfloat16: bfloat16FromBits,
};

export function dataOf({ array, dtype }: Held): Numbers {
  return numbersOf({ array: widen[dtype] ? array : copyOf(array), dtype });
}

/** Values whose array is a copy already. */
export function numbersOf({ array, dtype }: Held): Numbers {
  const from = widen[dtype];
  return from ? Float32Array.from(array as Uint16Array, from) : (array as Numbers);
}

/** The only element, as a number. int64 loses precision past 2^53. */
export function itemOf({ array, dtype }: Held): number {
  const from = widen[dtype];
  return from ? from(Number(array[0])) : Number(array[0]);
}

export function nested(values: Numbers, shape: Shape, dtype: DType): Nested {
  let next = 0;
  const build = (dim: number): Nested => {
    if (dim < shape.length) return Array.from({ length: shape[dim]! }, () => build(dim + 1));
    const value = values[next++]!;
    return dtype === 'bool' ? value !== 0 : value;
  };
  return build(0);
}
