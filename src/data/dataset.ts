/** What batches are taken from. */
import {
  ArgumentError,
  ShapeError,
  dtypes,
  formatShape,
  numel,
  type DType,
  type Shape,
  type TypedArray,
} from '../core/index.js';
import { hostUniform } from '../runtime/index.js';
import { Tensor, fromTypedArray } from '../tensor/index.js';
import { permutation } from './random.js';

/** Samples by number: any array is one. */
export interface Dataset<T> {
  /** Number of samples. */
  readonly length: number;
  /** A sample. */
  at(index: number): T | undefined;
}

/** A dataset that makes whole batches faster than sample by sample. */
export interface BatchedDataset<T, B> extends Dataset<T> {
  /** The samples of these numbers, as one batch. */
  gather(indices: Int32Array): B;
}

export const isBatched = <T, B>(dataset: Dataset<T>): dataset is BatchedDataset<T, B> =>
  'gather' in dataset && typeof dataset.gather === 'function';

/** Values in rows: a tensor, or memory with its shape. */
export type Rows = Tensor | { readonly data: TypedArray; readonly shape: Shape; readonly dtype?: DType };

interface Column {
  /** A tensor's content may move: where it lies is asked for when it is read. */
  readonly held: { readonly array: TypedArray };
  readonly tensor: Tensor | undefined;
  readonly row: Shape;
  readonly width: number;
  readonly dtype: DType;
}

const dtypeOf = (array: TypedArray): DType => {
  const found = Object.entries(dtypes).find(([name, info]) => array instanceof info.array && name !== 'bool');
  return (found?.[0] ?? 'float32') as DType;
};

function columnOf(rows: Rows): Column {
  const { shape } = rows;
  const tensor = rows instanceof Tensor ? rows : undefined;
  const held =
    rows instanceof Tensor
      ? rows.materialise()
      : { array: rows.data, dtype: rows.dtype ?? dtypeOf(rows.data) };
  const values = rows instanceof Tensor ? rows.numel : rows.data.length;
  if (shape.length === 0 || numel(shape) !== values) {
    throw new ShapeError('TensorDataset', `${values} values are no rows of shape ${formatShape(shape)}`);
  }
  const row = shape.slice(1);
  return { held, tensor, row, width: numel(row), dtype: held.dtype };
}

/** The tensor, where its content lies on a device: rows are taken there. */
const onDevice = ({ tensor }: Column): Tensor | undefined =>
  tensor && !tensor.materialise().storage.onHost ? tensor.detach() : undefined;

/** The rows of these numbers, one after the other. */
function gatherRows(column: Column, indices: Int32Array): Tensor {
  const { held, row, width, dtype } = column;
  const there = onDevice(column);
  if (there) return there.indexSelect(0, fromTypedArray(indices.slice(), [indices.length], 'int32'));
  const { array } = held;
  const result = new dtypes[dtype].array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * width;
    if (width === 1) result[i] = array[from]!;
    else result.set(array.subarray(from, from + width) as never, i * width);
  }
  return fromTypedArray(result, [indices.length, ...row], dtype);
}

type Tensors<T extends readonly unknown[]> = { -readonly [I in keyof T]: Tensor };

/**
 * Rows of several tensors with the same first dimension (torch.utils.data.TensorDataset). Rows of a tensor in the memory of a
 * device are taken there.
 * @throws ShapeError when the tensors differ in the number of rows.
 * @example new TensorDataset(images, labels)
 */
export class TensorDataset<T extends readonly Rows[]> implements BatchedDataset<Tensors<T>, Tensors<T>> {
  readonly length: number;
  readonly #columns: readonly Column[];

  constructor(...tensors: T) {
    const sizes = tensors.map(({ shape }) => shape[0] ?? 0);
    if (tensors.length === 0) throw new ArgumentError('TensorDataset', 'takes at least one tensor');
    if (sizes.some((size) => size !== sizes[0])) {
      throw new ShapeError('TensorDataset', `the tensors have ${sizes.join(', ')} rows`);
    }
    this.length = sizes[0]!;
    this.#columns = tensors.map(columnOf);
  }

  at(index: number): Tensors<T> | undefined {
    const i = index < 0 ? index + this.length : index;
    if (i < 0 || i >= this.length) return undefined;
    return this.#columns.map((column) => {
      const { held, row, width, dtype } = column;
      const there = onDevice(column);
      if (there) return there.select(0, i);
      return fromTypedArray(held.array.slice(i * width, (i + 1) * width), row, dtype);
    }) as Tensors<T>;
  }

  gather(indices: Int32Array): Tensors<T> {
    return this.#columns.map((column) => gatherRows(column, indices)) as Tensors<T>;
  }
}

/** Some samples of a dataset (torch.utils.data.Subset). */
export class Subset<T> implements Dataset<T> {
  readonly indices: Int32Array;
  /** Whole batches, where the dataset makes them. */
  readonly gather?: (indices: Int32Array) => unknown;

  constructor(
    readonly dataset: Dataset<T>,
    indices: ArrayLike<number>,
  ) {
    this.indices = Int32Array.from(indices);
    const wrong = this.indices.find((i) => i < 0 || i >= dataset.length);
    if (wrong !== undefined)
      throw new ArgumentError('Subset', `there is no sample ${wrong} among ${dataset.length}`);
    if (isBatched(dataset)) this.gather = (batch) => dataset.gather(batch.map((i) => this.indices[i]!));
  }

  get length(): number {
    return this.indices.length;
  }

  at(index: number): T | undefined {
    const at = this.indices.at(index);
    return at === undefined ? undefined : this.dataset.at(at);
  }
}

/** A seed drawn from the default generator. */
export const drawSeed = (): number => Math.floor(hostUniform(1)()[0]! * 2 ** 23);

/** Numbers of samples: given, or as fractions of all that sum to 1, remainders going round from the first. */
function countsOf(lengths: readonly number[], total: number): number[] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (lengths.every(Number.isInteger) && sum === total) return [...lengths];
  if (Math.abs(sum - 1) > 1e-9 || lengths.some((length) => length < 0)) {
    throw new ArgumentError(
      'randomSplit',
      `lengths ${lengths.join(', ')} sum up neither to ${total} nor to 1`,
    );
  }
  const counts = lengths.map((fraction) => Math.floor(fraction * total));
  for (let rest = total - counts.reduce((a, b) => a + b, 0), i = 0; rest > 0; rest--, i++) {
    counts[i % counts.length]!++;
  }
  return counts;
}

/**
 * A dataset in random parts without common samples (torch.utils.data.random_split).
 * @param lengths Numbers of samples, or fractions.
 * @param options `seed`: drawn from the default generator unless given.
 * @example const [train, test] = randomSplit(dataset, [0.9, 0.1], { seed: 0 });
 */
export function randomSplit<T>(
  dataset: Dataset<T>,
  lengths: readonly number[],
  options: { seed?: number | undefined } = {},
): Subset<T>[] {
  const counts = countsOf(lengths, dataset.length);
  const order = permutation(dataset.length, options.seed ?? drawSeed());
  let from = 0;
  return counts.map((count) => new Subset(dataset, order.subarray(from, (from += count))));
}
