/** Between the host's arrays and device memory, where every element takes one word: narrow types are widened. */
import {
  bfloat16FromBits,
  bfloat16ToBits,
  dtypes,
  float16FromBits,
  float16ToBits,
  type DType,
  type TypedArray,
} from '../../../core/index.js';

export const wordBytes = 4;

export type Words = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
type WordArray = new (source: ArrayBuffer | ArrayLike<number> | number) => Words;

/** What the words of a dtype are: halves are numbers of 32 bits, small integers are sign-extended. */
const wordsOf: Partial<Record<DType, WordArray>> = {
  bool: Uint32Array,
  uint8: Int32Array,
  int8: Int32Array,
  int16: Int32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float16: Float32Array,
  bfloat16: Float32Array,
  float32: Float32Array,
};

const half: Partial<Record<DType, { from: (bits: number) => number; to: (value: number) => number }>> = {
  float16: { from: float16FromBits, to: float16ToBits },
  bfloat16: { from: bfloat16FromBits, to: bfloat16ToBits },
};

/** The words to upload: the array itself where it is made of words. */
export function toWords(array: TypedArray, dtype: DType): TypedArray {
  if (dtypes[dtype].bytes === wordBytes) return array;
  const from = half[dtype]?.from;
  if (from) return Float32Array.from(array as Uint16Array, from);
  return new wordsOf[dtype]!(array as Uint8Array);
}

/** The host's array of words that were read. It takes the buffer over. */
export function fromWords(buffer: ArrayBuffer, dtype: DType): TypedArray {
  const words = new wordsOf[dtype]!(buffer);
  const { array: Constructor, bytes } = dtypes[dtype];
  if (bytes === wordBytes) return words;
  const to = half[dtype]?.to;
  return to ? Uint16Array.from(words, to) : (new Constructor(words as never) as TypedArray);
}
