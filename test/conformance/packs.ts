/**
 * The common format of the conformance packs: records with values in JSON, tensors in data.bin.
 *
 * A plain JSON parse loses whether Python wrote `2.0` or `2`. JavaScript has one kind of number, so no call could be
 * told of the difference; the dtype of the recorded output says what was meant.
 */
import {
  bfloat16FromBits,
  dtypes,
  float16FromBits,
  type DType,
  type TypedArray,
} from '../../src/core/index.js';
import { readFiles, type Files, type PackName } from './archive.js';

/** A tensor with values to compare. */
export interface TensorValues {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The elements as numbers, or bigints for int64. */
  values(): ArrayLike<number> | ArrayLike<bigint>;
}

/** A tensor as a pack stores it; half types are their bits. */
export class TensorData implements TensorValues {
  constructor(
    readonly shape: readonly number[],
    readonly dtype: DType,
    readonly data: TypedArray,
  ) {}

  values(): ArrayLike<number> | ArrayLike<bigint> {
    const fromBits = halves[this.dtype];
    return fromBits ? Float64Array.from(this.data as Uint16Array, fromBits) : this.data;
  }

  /** Element `i` along the first dimension. */
  row(i: number): TensorData {
    const size = this.shape.slice(1).reduce((product, dim) => product * dim, 1);
    return new TensorData(this.shape.slice(1), this.dtype, this.data.slice(i * size, (i + 1) * size));
  }
}

const halves: Partial<Record<DType, (bits: number) => number>> = {
  float16: float16FromBits,
  bfloat16: bfloat16FromBits,
};

/**
 * A decoded value. A dtype argument is its name, an index's slice the text `start:stop:step`, its ellipsis `...`;
 * `null` is Python's None.
 */
export type Value =
  | TensorData
  | number
  | bigint
  | boolean
  | string
  | null
  | readonly Value[]
  | { readonly [key: string]: Value };

/** Any record of any pack: what all have in common. */
export interface PackRecord {
  readonly id: string;
}

export interface Pack<R extends PackRecord> {
  readonly records: readonly R[];
  readonly files: Files;
  /** Decodes a value of a record, as parsed from JSON. */
  readonly decode: (json: unknown) => Value;
}

/** Opens a pack. `R` describes its records as JSON gives them. */
export function openPack<R extends PackRecord>(folder: string, name: PackName): Pack<R> {
  const files = readFiles(folder, name);
  const text = new TextDecoder().decode(files.get('records.jsonl'));
  const bytes = files.get('data.bin') ?? new Uint8Array();
  return {
    files,
    records: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as R),
    decode: (json) => decode(json, bytes),
  };
}

/**
 * The pack for a device without int64: indices and labels become int32, which they are by default outside PyTorch. What
 * does not fit in 32 bits stays as it is.
 */
export const withInt32 = <R extends PackRecord>(pack: Pack<R>): Pack<R> => ({
  ...pack,
  decode: (json) => narrowed(pack.decode(json)),
});

function narrowed(value: Value): Value {
  if (value instanceof TensorData) {
    if (!(value.data instanceof BigInt64Array) || !value.data.every((x) => BigInt.asIntN(32, x) === x))
      return value;
    return new TensorData(value.shape, 'int32', Int32Array.from(value.data, Number));
  }
  if (isList(value)) return value.map(narrowed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, narrowed(item)]));
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

interface TensorRef {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The value formats that are objects with one key of a fixed name. */
const formats: Readonly<Record<string, (content: unknown, bytes: Uint8Array) => Value>> = {
  tensor: (ref, bytes) => readTensor(ref as TensorRef, bytes),
  dtype: (name) => name as string,
  float: (text) => specialFloats[text as string] ?? Number(text),
  int: (text) => BigInt(text as string),
  slice: (bounds) =>
    (bounds as (number | null)[])
      .map((bound) => bound ?? '')
      .join(':')
      .replace(/:$/, ''),
  ellipsis: () => '...',
  tuple: (items, bytes) => decode(items, bytes),
};

const specialFloats: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity };

function decode(json: unknown, bytes: Uint8Array): Value {
  if (Array.isArray(json)) return json.map((item) => decode(item, bytes));
  if (typeof json !== 'object' || json === null) return json as Value;
  const entries = Object.entries(json);
  const [key, content] = entries[0] ?? [''];
  const format = entries.length === 1 && Object.hasOwn(formats, key) ? formats[key] : undefined;
  if (format) return format(content, bytes);
  return Object.fromEntries(entries.map(([name, value]) => [name, decode(value, bytes)]));
}

function readTensor({ offset, shape, dtype }: TensorRef, bytes: Uint8Array): TensorData {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const { array, bytes: width } = dtypes[dtype];
  // A copy, since the bytes may start at an address the element size does not divide. (Buffer.slice makes none.)
  const copy =
    count === 0 ? new Uint8Array() : Uint8Array.from(bytes.subarray(offset, offset + count * width));
  return new TensorData(shape, dtype, new array(copy.buffer, 0, count));
}
