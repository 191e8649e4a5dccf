/**
 * The main job: a TextCNN learns to tell the genre of passages of the Brown corpus.
 * `npm start -- [--seed N] [--epochs N] [--backend NAME]`
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compile, F, manualSeed, noGrad, optim, setBackend, tensor, type Tensor } from 'fusegrad';
import { DataLoader, TensorDataset } from 'fusegrad/data';
import { save } from 'fusegrad/io';
import { renderGraphFromSource } from 'graphviz-cli';
import { config } from './config.js';
import { GROUPS, loadCorpus, type Passages } from './corpus.js';
import { files, FOLDER } from './files.js';
import { TextCNN } from './model.js';
import { Progress } from './progress.js';
import {
  accuracyOf,
  confusion,
  confusionTable,
  lossCurveSvg,
  majorityBaseline,
  writeReport,
} from './report.js';

const options = readOptions();
manualSeed(options.seed);
setBackend(options.backend);

const corpus = loadCorpus(config);
const { train, test, vocabulary, duplicates } = corpus;
console.log(
  `Brown corpus: ${train.count} training and ${test.count} test passages of ${corpus.passageLength} words ` +
    `from ${new Set(train.documents).size} and ${new Set(test.documents).size} documents; ` +
    `${duplicates.train + duplicates.test + duplicates.shared} duplicates removed; ${vocabulary.length} words known`,
);

const dataset = ({ tokens, labels, count }: Passages) =>
  new TensorDataset(tensor(tokens).reshape(count, corpus.passageLength), tensor(labels));
const loader = new DataLoader(dataset(train), { batchSize: config.batchSize, shuffle: true, dropLast: true });

const model = new TextCNN(vocabulary.length, GROUPS.length);
const optimizer = new optim.Adam(model.parameters(), { lr: config.learningRate });
const step = compile((tokens: Tensor, labels: Tensor) => {
  optimizer.zeroGrad();
  const scores = model(tokens);
  const loss = F.crossEntropy(scores, labels);
  loss.backward();
  optimizer.step();
  return { loss, correct: scores.argmax(1).eq(labels).sum() };
});
const predict = compile((tokens: Tensor) => noGrad(() => model(tokens).argmax(1)));

const started = performance.now();
const losses = await fit();
const seconds = (performance.now() - started) / 1000;
const counts = confusion(test.labels, await predictAll(test), GROUPS.length);
const report = {
  accuracy: accuracyOf(counts),
  majorityBaseline: majorityBaseline(test.labels),
  trainSamples: train.count,
  testSamples: test.count,
  epochs: options.epochs,
  seconds: Math.round(seconds * 10) / 10,
  backend: options.backend,
};
await writeResults();

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
console.log(`\n${confusionTable(counts, GROUPS)}\n`);
console.log(
  `held-out accuracy ${percent(report.accuracy)}, majority baseline ${percent(report.majorityBaseline)}`,
);
console.log(`results in ${FOLDER}; try: npm run classify -- "The senator denied the charge on Tuesday."`);

/** Trains, and gives the loss of every step. */
async function fit(): Promise<number[]> {
  const total = loader.length * options.epochs;
  const progress = new Progress({ total, batchSize: config.batchSize });
  const losses: number[] = [];
  let recent = 0;
  let done = 0;
  model.train();
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    for (const [tokens, labels] of loader) {
      for (const group of optimizer.paramGroups) group.lr = config.learningRate * (1 - done / total);
      const { loss, correct } = step(tokens, labels);
      losses.push(await loss.item());
      const accuracy = (await correct.item()) / config.batchSize;
      recent += (accuracy - recent) / Math.min(++done, 100);
      progress.update(done, { loss: mean(losses.slice(-100)), accuracy: recent });
    }
  }
  return losses;
}

/** The most likely group of every passage. */
async function predictAll(part: Passages): Promise<number[]> {
  model.eval();
  const predicted: number[] = [];
  for (const [tokens] of new DataLoader(dataset(part), { batchSize: 200 })) {
    predicted.push(...(await predict(tokens).data()));
  }
  return predicted;
}

async function writeResults(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(files.loss, lossCurveSvg(losses, 'TextCNN on the Brown corpus: training loss'));
  model.train();
  const [batch] = loader;
  if (batch) {
    const traced = step.trace(...batch);
    await renderGraphFromSource({ input: traced.toDot('graph') }, { format: 'svg', name: files.graph });
    await renderGraphFromSource({ input: traced.toDot('fused') }, { format: 'svg', name: files.fused });
  }
  await save(model.stateDict(), files.weights);
  writeFileSync(files.vocabulary, JSON.stringify({ groups: GROUPS, words: vocabulary }));
  writeReport(files.report, report);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '0' },
      epochs: { type: 'string', default: String(config.epochs) },
      backend: { type: 'string', default: 'js' },
    },
  });
  const whole = (name: 'seed' | 'epochs', least: number) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least) fail(`--${name} takes a whole number from ${least}`);
    return value;
  };
  return { seed: whole('seed', 0), epochs: whole('epochs', 1), backend: values.backend };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
