/**
 * Writes what the PyTorch twin reads: `npx tsx examples/textcnn/export.ts [folder]` gives `corpus.json` (sizes,
 * counts, the initial weights' names and shapes in file order) and little-endian files of tokens, labels,
 * initial weights and batches.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { config, stepFlops } from './config.js';
import { GROUPS, loadCorpus } from './corpus.js';
import { curveBatches, initialWeights } from './reference/curve.js';

const folder = process.argv[2] ?? 'out/textcnn/reference';
const { train, test, vocabulary, duplicates } = loadCorpus(config);
const weights = Object.entries(initialWeights(vocabulary.length, GROUPS.length));
const steps = Math.floor(train.count / config.batchSize) * config.epochs;
const summary = {
  config,
  groups: GROUPS,
  vocabulary: vocabulary.length,
  counts: { train: train.count, test: test.count },
  duplicates,
  trainingGFlop: Math.round((stepFlops() * steps) / 1e9),
  weights: weights.map(([name, { shape }]) => ({ name, shape })),
};

mkdirSync(folder, { recursive: true });
const write = (name: string, data: Int32Array | Float32Array | string) =>
  writeFileSync(join(folder, name), data);
write('corpus.json', JSON.stringify(summary, null, 2) + '\n');
write('train.tokens.i32', train.tokens);
write('train.labels.i32', train.labels);
write('test.tokens.i32', test.tokens);
write('test.labels.i32', test.labels);
write('curve.batches.i32', curveBatches(train.count));
write('curve.weights.f32', Float32Array.from(weights.flatMap(([, { data }]) => [...data])));
console.log(JSON.stringify({ ...summary, weights: undefined }, null, 2));
