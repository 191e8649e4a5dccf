/** One model in training: its step, how well it does, what it takes a drawing for. */
import {
  compile,
  manualSeed,
  nn,
  noGrad,
  optim,
  setBackend,
  tensor,
  type BackendName,
  type Tensor,
} from 'fusegrad';
import { DataLoader } from 'fusegrad/data';
import { formatBytes, trace } from 'fusegrad/inspect';
import { CNN } from './cnn.js';
import type { Digits } from './digits.js';
import { MLP } from './mlp.js';
import type { Image, ModelName, Program } from './protocol.js';

const models = { mlp: MLP, cnn: CNN };

/** One epoch after the other. */
function* endless<T>(epochs: Iterable<T>): Generator<T, never> {
  for (;;) yield* epochs;
}

export class Trainer {
  readonly batchSize = 64;
  readonly #digits;
  readonly #batches;
  readonly #model;
  readonly #criterion = new nn.CrossEntropyLoss();
  readonly #optimizer;

  constructor(name: ModelName, digits: Digits) {
    const { batchSize } = this;
    this.#digits = digits;
    this.#batches = endless(
      new DataLoader(digits.train, { batchSize, shuffle: true, dropLast: true, seed: 0 }),
    );
    manualSeed(0);
    this.#model = new models[name]();
    this.#optimizer = new optim.Adam(this.#model.parameters(), { lr: 2e-3 });
  }

  readonly #step = compile(
    (images: Tensor, labels: Tensor) => {
      this.#optimizer.zeroGrad();
      const loss = this.#criterion(this.#model(images), labels);
      loss.backward();
      this.#optimizer.step();
      return loss;
    },
    { name: 'step' },
  );

  readonly #countCorrect = compile((images: Tensor, labels: Tensor) =>
    noGrad(() => this.#model(images).argmax(1).eq(labels).sum()),
  );

  readonly #probabilities = compile((images: Tensor) => noGrad(() => this.#model(images).softmax(1)));

  /** Computes on a backend from now on, with the weights as they are. */
  async use(backend: BackendName): Promise<void> {
    setBackend(backend);
    await this.#model.to(backend);
    await this.#optimizer.to(backend);
  }

  /** The step as it is compiled for the backend in use. */
  program(): Program {
    const traced = trace(this.#step, ...this.#batches.next().value);
    const { kernels, bytesFused, bytesUnfused } = traced.explain().totals;
    return {
      parameters: this.#model.parameters().reduce((sum, { numel }) => sum + numel, 0),
      kernels,
      bytes: formatBytes(bytesFused),
      bytesUnfused: formatBytes(bytesUnfused),
      // The page has a title and a legend of its own.
      dot: traced.toDot('fused', { head: false }),
    };
  }

  /** Some steps and their losses. All are under way before the first is waited for: that keeps a GPU busy. */
  train(steps: number): Promise<number[]> {
    const losses = Array.from({ length: steps }, () => this.#step(...this.#batches.next().value));
    return Promise.all(losses.map((loss) => loss.item()));
  }

  /** How many of the held-out digits it tells right. */
  async countCorrect(): Promise<number> {
    const batches = new DataLoader(this.#digits.heldOut, { batchSize: 250 });
    const counts = Array.from(batches, (batch) => this.#countCorrect(...batch).item());
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** How probable each of the ten digits is. */
  async classify(image: Image): Promise<number[]> {
    const probabilities = this.#probabilities(tensor(image, { shape: [1, 1, 28, 28] }));
    return Array.from(await probabilities.data(), Number);
  }
}
