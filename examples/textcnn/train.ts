/** Training and predicting, shared by the main job, the comparison with PyTorch and the tests. */
import { compile, F, noGrad, optim, type Tensor } from 'fusegrad';
import { DataLoader, TensorDataset } from 'fusegrad/data';
import { config } from './config.js';
import type { Passages } from './corpus.js';
import type { TextCNN } from './model.js';

/** What a step has done: `done` of `total` steps, the loss of its batch and the share of it that was right. */
export interface StepResult {
  done: number;
  total: number;
  loss: number;
  accuracy: number;
}

export interface FitOptions {
  epochs: number;
  onStep?: (result: StepResult) => void;
}

/** Passages as samples of (tokens, label). */
export const datasetOf = ({ count, tokens, labels }: Passages) =>
  new TensorDataset(
    { data: tokens, shape: [count, tokens.length / count] },
    { data: labels, shape: [count] },
  );

/** A model with its optimizer and the two functions it is compiled to. */
export class Trainer {
  private readonly optimizer;

  constructor(private readonly model: TextCNN) {
    this.optimizer = new optim.Adam(model.parameters(), { lr: config.learningRate });
  }

  /** One step of training: loss and number of right answers, before the update. */
  readonly step = compile((tokens: Tensor, labels: Tensor) => {
    this.optimizer.zeroGrad();
    const scores = this.model(tokens);
    const loss = F.crossEntropy(scores, labels);
    loss.backward();
    this.optimizer.step();
    return { loss, correct: scores.argmax(1).eq(labels).sum() };
  });

  private readonly classes = compile((tokens: Tensor) => noGrad(() => this.model(tokens).argmax(1)));

  /** Trains with a learning rate that falls to zero linearly, and gives the loss of every step. */
  async fit(part: Passages, { epochs, onStep }: FitOptions): Promise<number[]> {
    const { batchSize, learningRate } = config;
    const loader = new DataLoader(datasetOf(part), { batchSize, shuffle: true, dropLast: true });
    const total = loader.length * epochs;
    const losses: number[] = [];
    this.model.train();
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const [tokens, labels] of loader) {
        for (const group of this.optimizer.paramGroups) group.lr = learningRate * (1 - losses.length / total);
        const { loss, correct } = this.step(tokens, labels);
        losses.push(await loss.item());
        onStep?.({
          done: losses.length,
          total,
          loss: losses.at(-1) as number,
          accuracy: (await correct.item()) / batchSize,
        });
      }
    }
    return losses;
  }

  /** The most likely class of every passage. */
  async predict(part: Passages): Promise<number[]> {
    this.model.eval();
    const predicted: number[] = [];
    for (const [tokens] of new DataLoader(datasetOf(part), { batchSize: 200 }))
      predicted.push(...Array.from(await this.classes(tokens).data(), Number));
    return predicted;
  }
}
