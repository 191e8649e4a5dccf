/** The repository's own packs against the library: what passes today goes on passing. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runPacks } from './runner.js';

const folder = join(import.meta.dirname, 'packs');
const settings = { folder, mode: 'fused', backend: 'wasm' } as const;

describe('PyTorch conformance', { timeout: 240_000 }, () => {
  it('torch-ops: every offered op agrees, no fewer fully than before', async () => {
    const results = await runPacks(settings, ['torch-ops']);
    expect(results.unexpected).toEqual([]);
    expect(results.passing('torch-ops').length).toBeGreaterThanOrEqual(390);
  });

  it('torch-ops: the reference interpreter agrees too', async () => {
    const results = await runPacks({ ...settings, mode: 'interpreter' }, ['torch-ops']);
    expect(results.unexpected).toEqual([]);
  });

  it('torch-nn, torch-optim and torch-errors agree where offered', async () => {
    const results = await runPacks(settings, ['torch-nn', 'torch-optim', 'torch-errors']);
    expect(results.unexpected).toEqual([]);
  });

  it('torch-training: all curves lie within their bounds', async () => {
    const results = await runPacks(settings, ['torch-training']);
    expect(results.unexpected).toEqual([]);
    expect(results.passing('torch-training')).toEqual(['mlp-adam', 'textcnn-adam']);
  });
});
