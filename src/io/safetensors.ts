/** State dicts as safetensors bytes. @see https://github.com/huggingface/safetensors#format */
import {
  ArgumentError,
  bfloat16ToBits,
  dtypes,
  float16ToBits,
  isHalf,
  kindOf,
  type DType,
  type Shape,
  type TypedArray,
} from '../core/index.js';
import { fromTypedArray, type Tensor } from '../tensor/index.js';
import { fileDTypes, parseHeader, prefixBytes } from './header.js';

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What a file holds. */
export interface Contents {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const toBits: Partial<Record<DType, (value: number) => number>> = {
  float16: float16ToBits,
  bfloat16: bfloat16ToBits,
};

/** A tensor's values as they lie in memory. */
async function memoryOf(tensor: Tensor): Promise<TypedArray> {
  const values = await tensor.data();
  const convert = isHalf(tensor.dtype) ? toBits[tensor.dtype] : undefined;
  return convert ? Uint16Array.from(values as Float32Array, convert) : values;
}

interface Stored {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly array: TypedArray;
}

/** Header and data of a file, in this order. */
function layOut(
  stored: readonly Stored[],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array {
  // Wide elements first: then each tensor lies at a multiple of its element size.
  const order = stored.toSorted((a, b) => dtypes[b.dtype].bytes - dtypes[a.dtype].bytes);
  const entries: [string, unknown][] = metadata ? [['__metadata__', { ...metadata }]] : [];
  let end = 0;
  for (const { name, dtype, shape, array } of order) {
    const start = end;
    end += array.byteLength;
    entries.push([name, { dtype: fileDTypes[dtype], shape, data_offsets: [start, end] }]);
  }
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const header = new TextEncoder().encode(json);
  // Spaces up to a multiple of 8 keep the data aligned.
  const length = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(prefixBytes + length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(' '.charCodeAt(0), prefixBytes, prefixBytes + length);
  bytes.set(header, prefixBytes);
  let at = prefixBytes + length;
  for (const { array } of order) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}

/**
 * Tensors as the bytes of a safetensors file.
 * @param options `metadata`: strings to keep beside them.
 * @example const bytes = await serialize(model.stateDict(), { metadata: { epoch: '3' } });
 */
export async function serialize(
  tensors: Tensors,
  options: { metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<Uint8Array> {
  const { metadata } = options;
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (typeof value !== 'string') throw new ArgumentError('serialize', `metadata ${key} is no string`);
  }
  if (Object.hasOwn(tensors, '__metadata__')) {
    throw new ArgumentError(
      'serialize',
      'a tensor cannot be called __metadata__: the format keeps that name',
    );
  }
  const wrong = Object.entries(tensors).find(
    ([, each]) => typeof (each as Partial<Tensor>).data !== 'function',
  );
  if (wrong) {
    throw new ArgumentError(
      'serialize',
      `${wrong[0]} is ${kindOf(wrong[1])}: a file holds a record of tensors`,
      "names may have dots: { 'model.weight': ... }",
    );
  }
  const stored = Object.entries(tensors).map(async ([name, tensor]): Promise<Stored> => {
    return { name, dtype: tensor.dtype, shape: tensor.shape, array: await memoryOf(tensor) };
  });
  return layOut(await Promise.all(stored), metadata);
}

/**
 * The tensors and metadata of a safetensors file's bytes.
 * @throws FormatError for bytes that the format does not allow, or a dtype that is not supported.
 */
export function deserialize(bytes: Uint8Array): Contents {
  const { tensors, metadata, dataStart } = parseHeader(bytes);
  const result = Object.create(null) as Record<string, Tensor>;
  for (const { name, dtype, shape, start, end } of tensors) {
    // A copy: data may lie at any byte, typed arrays may not.
    const data = new Uint8Array(bytes.subarray(dataStart + start, dataStart + end));
    result[name] = fromTypedArray(new dtypes[dtype].array(data.buffer), shape, dtype);
  }
  return { tensors: result, metadata };
}
