/** Batches of a dataset, in a new order each epoch. */
import { ArgumentError } from '../core/index.js';
import { collate, type Collated } from './collate.js';
import { drawSeed, isBatched, type Dataset } from './dataset.js';
import { permutation } from './random.js';

/** Options of a loader. */
export interface DataLoaderOptions<T, B> {
  /** Samples in a batch, 1 unless given. */
  batchSize?: number | undefined;
  /** Whether each epoch has a new random order. */
  shuffle?: boolean | undefined;
  /** Fixes those orders; drawn from the default generator unless given. */
  seed?: number | undefined;
  /** Whether a last batch that is not full is left out. */
  dropLast?: boolean | undefined;
  /** Makes a batch of samples. */
  collate?: ((samples: T[]) => B) | undefined;
}

/**
 * Batches of a dataset (torch.utils.data.DataLoader). Each loop over it is an epoch.
 * @example
 * const loader = new DataLoader(new TensorDataset(x, y), { batchSize: 64, shuffle: true, seed: 0 });
 * for (const [i, [x, y]] of loader.entries()) step(x, y);
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B> {
  readonly dataset: Dataset<T>;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly #shuffle: boolean;
  readonly #seed: number;
  readonly #collate: ((samples: T[]) => B) | undefined;
  #epoch = 0;

  constructor(dataset: Dataset<T>, options: DataLoaderOptions<T, B> = {}) {
    const { batchSize = 1, shuffle = false, dropLast = false } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new ArgumentError('DataLoader', `batchSize must be a positive integer, but got ${batchSize}`);
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
    this.#shuffle = shuffle;
    this.#seed = options.seed ?? (shuffle ? drawSeed() : 0);
    this.#collate = options.collate;
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** One epoch. */
  *[Symbol.iterator](): Generator<B, void, undefined> {
    const { length: total } = this.dataset;
    const epoch = this.#epoch++;
    const order = this.#shuffle
      ? permutation(total, this.#seed, epoch)
      : Int32Array.from({ length: total }, (_, i) => i);
    const count = this.length;
    for (let i = 0; i < count; i++) {
      yield this.#batch(order.subarray(i * this.batchSize, (i + 1) * this.batchSize));
    }
  }

  /** One epoch, with the number of each batch. */
  *entries(): Generator<[number, B], void, undefined> {
    let i = 0;
    for (const batch of this) yield [i++, batch];
  }

  #batch(indices: Int32Array): B {
    const { dataset } = this;
    if (!this.#collate && isBatched<T, B>(dataset)) return dataset.gather(indices);
    const samples = Array.from(indices, (index) => {
      const sample = dataset.at(index);
      if (sample === undefined) throw new ArgumentError('DataLoader', `the dataset has no sample ${index}`);
      return sample;
    });
    return this.#collate ? this.#collate(samples) : (collate(samples) as B);
  }
}
