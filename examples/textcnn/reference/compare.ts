/**
 * Our figures beside PyTorch's of torch.json: `npx tsx examples/textcnn/reference/compare.ts` trains three seeds, and
 * takes the same 50 steps as `train.py` from the same weights and batches, without dropout.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { manualSeed, tensor } from 'fusegrad';
import { config } from '../config.js';
import { GROUPS, loadCorpus, type Corpus } from '../corpus.js';
import { TextCNN } from '../model.js';
import { accuracyOf, confusion } from '../report.js';
import { Trainer } from '../train.js';
import { CURVE_STEPS, curveBatches, initialWeights } from './curve.js';

/** What train.py recorded. */
export interface TorchFigures {
  epochs: number;
  seeds: number[];
  accuracies: number[];
  meanAccuracy: number;
  majorityBaseline: number;
  /** Losses of the 50 steps. */
  curve: number[];
}

export function torchFigures(): TorchFigures {
  return JSON.parse(readFileSync(new URL('torch.json', import.meta.url), 'utf8')) as TorchFigures;
}

/** Our losses of the same steps. */
export async function ourCurve({ train, vocabulary, passageLength }: Corpus): Promise<number[]> {
  const model = new TextCNN(vocabulary.length, GROUPS.length);
  const weights = Object.entries(initialWeights(vocabulary.length, GROUPS.length));
  model.loadStateDict(
    Object.fromEntries(weights.map(([name, { shape, data }]) => [name, tensor(data).reshape(shape)])),
  );
  model.dropout.p = 0;
  const { step } = new Trainer(model);
  const batches = curveBatches(train.count);
  const losses: number[] = [];
  for (let i = 0; i < CURVE_STEPS; i++) {
    const rows = [...batches.subarray(i * config.batchSize, (i + 1) * config.batchSize)];
    const tokens = rows.flatMap((row) => [
      ...train.tokens.subarray(row * passageLength, (row + 1) * passageLength),
    ]);
    const labels = rows.map((row) => train.labels[row] as number);
    const { loss } = step(
      tensor(Int32Array.from(tokens)).reshape(-1, passageLength),
      tensor(Int32Array.from(labels)),
    );
    losses.push(await loss.item());
  }
  return losses;
}

/** Held-out accuracy of a whole run. */
async function accuracyOfSeed({ train, test, vocabulary }: Corpus, seed: number): Promise<number> {
  manualSeed(seed);
  const trainer = new Trainer(new TextCNN(vocabulary.length, GROUPS.length));
  await trainer.fit(train, { epochs: config.epochs });
  return accuracyOf(confusion(test.labels, await trainer.predict(test), GROUPS.length));
}

async function compare(): Promise<void> {
  const corpus = loadCorpus(config);
  const torch = torchFigures();
  const losses = await ourCurve(corpus);
  const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - (torch.curve[i] ?? NaN))));
  console.log(`largest difference of ${losses.length} losses from PyTorch's: ${difference.toExponential(1)}`);
  const accuracies: number[] = [];
  for (const [i, seed] of torch.seeds.entries()) {
    const before = process.cpuUsage();
    const accuracy = await accuracyOfSeed(corpus, seed);
    const seconds = (process.cpuUsage(before).user / 1e6).toFixed(1);
    accuracies.push(accuracy);
    console.log(
      `seed ${seed}: accuracy ${percent(accuracy)} (${seconds} s of processor time), ` +
        `PyTorch ${percent(torch.accuracies[i] ?? NaN)}`,
    );
  }
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
  console.log(`mean: accuracy ${percent(mean)}, PyTorch ${percent(torch.meanAccuracy)}`);
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await compare();
