/**
 * A sample of the repository's packs on WebGPU: one record of every fourth function, module and optimizer fused, and of
 * others unfused. `npm run conformance -- --backend webgpu` runs all of them.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setBackend } from 'fusegrad';
import { initWebGPU, webgpuCounters } from 'fusegrad/webgpu';
import { adapter } from '../backends/webgpu/adapter.js';
import { runPacks } from './runner.js';

const folder = join(import.meta.dirname, 'packs');

describe.skipIf(!adapter)('PyTorch conformance on WebGPU', { timeout: 240_000 }, () => {
  beforeAll(() => initWebGPU());
  afterAll(() => setBackend('wasm'));

  it.each([
    { mode: 'fused', from: 0 },
    { mode: 'unfused', from: 2 },
  ] as const)('a sample of names agrees, $mode', async ({ mode, from }) => {
    const { dispatches } = webgpuCounters();
    const results = await runPacks({ folder, mode, backend: 'webgpu', sample: { every: 4, from } });
    expect(results.unexpected).toEqual([]);
    expect(results.total('passed')).toBeGreaterThan(150);
    expect(webgpuCounters().dispatches - dispatches).toBeGreaterThan(400);
  });
});
