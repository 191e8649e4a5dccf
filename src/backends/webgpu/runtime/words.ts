/** Content in device memory: the bytes of the host's array, filled up to whole words. */
import { dtypes, type DType, type TypedArray } from '../../../core/index.js';

const wordBytes = 4;

/** Bytes that elements take in device memory. */
export const deviceBytes = (dtype: DType, elements: number): number =>
  Math.ceil((elements * dtypes[dtype].bytes) / wordBytes) * wordBytes;

/** What to upload: the array itself where it fills its words. */
export function toWords(array: TypedArray): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = array;
  if (byteLength % wordBytes === 0) return array;
  const bytes = new Uint8Array(Math.ceil(byteLength / wordBytes) * wordBytes);
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
  return bytes;
}

/** The host's array of what was read. It takes the buffer over. */
export function fromWords(buffer: ArrayBuffer, dtype: DType, elements: number): TypedArray {
  const { array: Constructor } = dtypes[dtype];
  return new Constructor(buffer, 0, elements) as TypedArray;
}
