/** The TextCNN of the main job: it trains, as PyTorch does, and leaves weights that tell the genre of a text. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { manualSeed } from 'fusegrad';
import { save } from 'fusegrad/io';
import { afterAll, describe, expect, it } from 'vitest';
import { config } from '../../examples/textcnn/config.js';
import { GROUPS, loadCorpus, type Passages } from '../../examples/textcnn/corpus.js';
import { files } from '../../examples/textcnn/files.js';
import { TextCNN } from '../../examples/textcnn/model.js';
import { ourCurve, torchFigures } from '../../examples/textcnn/reference/compare.js';
import { datasetOf, Trainer, type StepResult } from '../../examples/textcnn/train.js';

const corpus = loadCorpus(config);

/** Every n-th passage. */
function sample({ tokens, labels, documents, count }: Passages, n: number): Passages {
  const length = tokens.length / count;
  const chosen = Array.from({ length: Math.floor(count / n) }, (_, i) => i * n);
  return {
    count: chosen.length,
    tokens: Int32Array.from(chosen.flatMap((row) => [...tokens.subarray(row * length, (row + 1) * length)])),
    labels: Int32Array.from(chosen, (row) => labels[row] as number),
    documents: Int32Array.from(chosen, (row) => documents[row] as number),
  };
}

describe('beside PyTorch', () => {
  it('has the same losses over 50 steps from the same weights and batches', async () => {
    const { curve } = torchFigures();
    const losses = await ourCurve(corpus);
    expect(losses.length).toBe(50);
    expect(curve.length).toBe(50);
    losses.forEach((loss, i) =>
      expect(Math.abs(loss - (curve[i] as number)), `step ${i}`).toBeLessThan(1e-3),
    );
  });
});

describe('training', () => {
  const epochs = 30;
  const subset = sample(corpus.train, 120);

  it('lowers the loss, reports every step, and predicts a class for every passage', async () => {
    manualSeed(0);
    const trainer = new Trainer(new TextCNN(corpus.vocabulary.length, GROUPS.length));
    const results: StepResult[] = [];
    const losses = await trainer.fit(subset, { epochs, onStep: (result) => results.push(result) });
    const steps = epochs * Math.floor(subset.count / config.batchSize);
    expect(results.map(({ done }) => done)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(results.map(({ loss }) => loss)).toEqual(losses);
    expect(results.every(({ total, accuracy }) => total === steps && accuracy >= 0 && accuracy <= 1)).toBe(
      true,
    );
    expect(losses[0]).toBeCloseTo(Math.log(GROUPS.length), 0);
    expect(losses.at(-1)).toBeLessThan(0.5);

    const predicted = await trainer.predict(subset);
    expect(predicted.length).toBe(subset.count);
    const right = predicted.filter((label, i) => label === subset.labels[i]).length;
    expect(right / subset.count).toBeGreaterThan(0.9);
  });

  it('is drawn in at most 80 boxes', () => {
    const trainer = new Trainer(new TextCNN(corpus.vocabulary.length, GROUPS.length));
    const loader = datasetOf(subset).gather(Int32Array.from({ length: config.batchSize }, (_, i) => i));
    const traced = trainer.step.trace(...loader);
    for (const stage of ['graph', 'fused'] as const) {
      const boxes = traced.toDot(stage).match(/^ *"[^"]*" \[/gm) ?? [];
      expect(boxes.length, stage).toBeGreaterThan(10);
      expect(boxes.length, stage).toBeLessThanOrEqual(80);
    }
  });
});

describe('classifying in a new process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'textcnn-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const classify = (...text: string[]) => {
    const loader = resolve('node_modules/tsx/dist/loader.mjs');
    return spawnSync(
      process.execPath,
      ['--import', loader, resolve('examples/textcnn/classify.ts'), ...text],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') },
      },
    );
  };

  it('says what is missing', () => {
    expect(classify()).toMatchObject({ status: 1, stderr: expect.stringContaining('Give a text') as string });
    const untrained = classify('some text');
    expect(untrained).toMatchObject({ status: 1, stdout: '' });
    expect(untrained.stderr).toMatch(/^No trained weights .* `npm start` first\.\n$/);
  });

  it('prints the groups with their probabilities, and how many words it did not know', async () => {
    const words = corpus.vocabulary;
    mkdirSync(join(folder, dirname(files.weights)), { recursive: true });
    await save(new TextCNN(words.length, GROUPS.length).stateDict(), join(folder, files.weights));
    writeFileSync(join(folder, files.vocabulary), JSON.stringify({ groups: GROUPS, words }));

    const { status, stdout, stderr } = classify('The senator', 'denied the xyzzy.');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines.pop()).toBe('(1 of 6 words is not in the vocabulary)');
    const shares = lines.map((line) => {
      const [, group = '', share = ''] = /^(\w+) +([\d.]+) % *█*$/.exec(line) ?? [];
      return { group, share: Number(share) };
    });
    expect(shares.map(({ group }) => group).sort()).toEqual([...GROUPS].sort());
    expect(shares.map(({ share }) => share)).toEqual(shares.map(({ share }) => share).sort((a, b) => b - a));
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(100, 0);

    expect(classify('xyzzy plugh')).toMatchObject({ status: 1, stdout: '' });
  });
});
