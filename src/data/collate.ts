/** Samples put together as a batch: what is a tensor or a number becomes one tensor, structures keep their form. */
import { ArgumentError } from '../core/index.js';
import { Tensor, stack, tensor } from '../tensor/index.js';

/** The batch that samples of a type make. */
export type Collated<T> = T extends Tensor | number | boolean | bigint | ArrayBufferView
  ? Tensor
  : T extends string
    ? string[]
    : T extends readonly unknown[]
      ? { -readonly [I in keyof T]: Collated<T[I]> }
      : T extends object
        ? { -readonly [K in keyof T]: Collated<T[K]> }
        : never;

type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Samples of one form as a batch (torch.utils.data.default_collate). Numbers become float32. */
export function collate<T>(samples: readonly T[]): Collated<T> {
  return join(samples) as Collated<T>;
}

function join(samples: readonly unknown[]): unknown {
  const [first] = samples;
  if (first instanceof Tensor) return stack(samples as readonly Tensor[]);
  if (typeof first === 'string') return [...samples];
  if (typeof first === 'number' || typeof first === 'boolean' || typeof first === 'bigint') {
    return tensor(samples as readonly (number | boolean | bigint)[]);
  }
  if (ArrayBuffer.isView(first)) return stack(samples.map((sample) => tensor(sample as NumberArray)));
  if (Array.isArray(first)) {
    return first.map((_, i) => join(samples.map((sample) => (sample as readonly unknown[])[i])));
  }
  if (isRecord(first)) {
    const column = (key: string): unknown[] =>
      samples.map((sample) => (sample as Readonly<Record<string, unknown>>)[key]);
    return Object.fromEntries(Object.keys(first).map((key) => [key, join(column(key))]));
  }
  throw new ArgumentError(
    'collate',
    `samples hold ${typeof first}, of which no batch can be made`,
    'pass { collate }',
  );
}
