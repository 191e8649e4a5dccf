/**
 * The same 50 steps as `train.py`, from the same weights and batches, without dropout: `npx tsx
 * examples/textcnn/reference/compare.ts` prints how far the losses lie from PyTorch's in torch.json.
 */
import { readFileSync } from 'node:fs';
import { compile, F, optim, tensor, type Tensor } from 'fusegrad';
import { config } from '../config.js';
import { GROUPS, loadCorpus } from '../corpus.js';
import { TextCNN } from '../model.js';
import { CURVE_STEPS, curveBatches, initialWeights } from './curve.js';

/** PyTorch's losses, as train.py recorded them. */
export function torchCurve(): number[] {
  const figures = JSON.parse(readFileSync(new URL('torch.json', import.meta.url), 'utf8')) as {
    curve: number[];
  };
  return figures.curve;
}

/** Our losses of the same steps. */
export async function ourCurve(): Promise<number[]> {
  const { train, vocabulary, passageLength } = loadCorpus(config);
  const model = new TextCNN(vocabulary.length, GROUPS.length);
  const weights = Object.entries(initialWeights(vocabulary.length, GROUPS.length));
  model.loadStateDict(
    Object.fromEntries(weights.map(([name, { shape, data }]) => [name, tensor(data).reshape(shape)])),
  );
  model.dropout.p = 0;
  const optimizer = new optim.Adam(model.parameters(), { lr: config.learningRate });
  const step = compile((tokens: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(tokens), labels);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const batches = curveBatches(train.count);
  const losses: number[] = [];
  for (let i = 0; i < CURVE_STEPS; i++) {
    const rows = [...batches.subarray(i * config.batchSize, (i + 1) * config.batchSize)];
    const tokens = rows.flatMap((row) => [
      ...train.tokens.subarray(row * passageLength, (row + 1) * passageLength),
    ]);
    const labels = rows.map((row) => train.labels[row] as number);
    const loss = step(
      tensor(Int32Array.from(tokens)).reshape(-1, passageLength),
      tensor(Int32Array.from(labels)),
    );
    losses.push(await loss.item());
  }
  return losses;
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file://').href) {
  const theirs = torchCurve();
  const differences = (await ourCurve()).map((loss, i) => Math.abs(loss - (theirs[i] ?? NaN)));
  console.log(
    `largest difference of ${differences.length} losses from PyTorch's: ${Math.max(...differences)}`,
  );
}
