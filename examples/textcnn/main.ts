/**
 * The main job: a TextCNN learns to tell the genre of passages of the Brown corpus.
 * `npm start -- [--seed N] [--epochs N] [--backend NAME]`
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { manualSeed, setBackend, type BackendName } from 'fusegrad';
import { DataLoader } from 'fusegrad/data';
import { save } from 'fusegrad/io';
import { renderGraphFromSource } from 'graphviz-cli';
import { config } from './config.js';
import { GROUPS, loadCorpus } from './corpus.js';
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
import { datasetOf, Trainer } from './train.js';

const { seed, epochs, backend } = readOptions();
manualSeed(seed);

const { train, test, vocabulary, duplicates, passageLength } = loadCorpus(config);
console.log(
  `Brown corpus: ${train.count} training and ${test.count} test passages of ${passageLength} words ` +
    `from ${new Set(train.documents).size} and ${new Set(test.documents).size} documents; ` +
    `${duplicates.train + duplicates.test + duplicates.shared} duplicates removed; ${vocabulary.length} words known`,
);

const model = new TextCNN(vocabulary.length, GROUPS.length);
const trainer = new Trainer(model);
const progress = new Progress({ batchSize: config.batchSize });
const started = performance.now();
const losses = await trainer.fit(train, { epochs, onStep: (result) => progress.update(result) });
const seconds = (performance.now() - started) / 1000;

const counts = confusion(test.labels, await trainer.predict(test), GROUPS.length);
const report = {
  accuracy: accuracyOf(counts),
  majorityBaseline: majorityBaseline(test.labels),
  trainSamples: train.count,
  testSamples: test.count,
  epochs,
  seconds: Math.round(seconds * 10) / 10,
  backend,
};
await writeResults();

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
console.log(`\n${confusionTable(counts, GROUPS)}\n`);
console.log(
  `held-out accuracy ${percent(report.accuracy)}, majority baseline ${percent(report.majorityBaseline)}`,
);
console.log(`results in ${FOLDER}; try: npm run classify -- "The senator denied the charge on Tuesday."`);

async function writeResults(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(
    files.loss,
    lossCurveSvg(losses, { title: 'TextCNN on the Brown corpus: training loss', epochs }),
  );
  await draw();
  await save(model.stateDict(), files.weights);
  writeFileSync(files.vocabulary, JSON.stringify({ groups: GROUPS, words: vocabulary }));
  writeReport(files.report, report);
}

/** The training step as it was written, and as the kernels it became. */
async function draw(): Promise<void> {
  model.train();
  const [batch] = new DataLoader(datasetOf(train), { batchSize: config.batchSize });
  if (!batch) return;
  const traced = trainer.step.trace(...batch);
  for (const stage of ['graph', 'fused'] as const)
    await renderGraphFromSource({ input: traced.toDot(stage) }, { format: 'svg', name: files[stage] });
}

function readOptions(): { seed: number; epochs: number; backend: BackendName } {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '0' },
        epochs: { type: 'string', default: String(config.epochs) },
        backend: { type: 'string', default: 'js' },
      },
    });
    const backend = values.backend as BackendName; // setBackend refuses any other
    setBackend(backend);
    return { seed: whole('--seed', values.seed, 0), epochs: whole('--epochs', values.epochs, 1), backend };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function whole(option: string, given: string, least: number): number {
  const value = given.trim() === '' ? NaN : Number(given);
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${option} takes a whole number from ${least}, not '${given}'`);
  return value;
}
