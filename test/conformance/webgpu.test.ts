/**
 * The repository's packs on WebGPU: of each function, module and optimizer some records fused and others unfused, and some with
 * the kernels of a GPU. `npm run conformance -- --backend webgpu` runs all records.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setBackend } from 'fusegrad';
import { createBackend, plainGPU, traitsOf } from '../../src/backends/webgpu/index.js';
import { registerBackend } from '../../src/runtime/index.js';
import { adapter, requestDevice } from '../backends/webgpu/adapter.js';
import { runPacks } from './runner.js';

const folder = join(import.meta.dirname, 'packs');

describe.skipIf(!adapter)('PyTorch conformance on WebGPU', { timeout: 600_000 }, () => {
  let device: GPUDevice;
  beforeAll(async () => void (device = await requestDevice()));
  afterAll(() => setBackend('wasm'));

  // A driver that compiles on the CPU takes longest over new shaders: all records take ten minutes.
  it.each([
    { as: 'itself', mode: 'fused', perName: 2, backwards: false, every: 1, least: 1050 },
    { as: 'itself', mode: 'unfused', perName: 1, backwards: true, every: 1, least: 580 },
    { as: 'a GPU', mode: 'fused', perName: 2, backwards: true, every: 6, least: 180 },
  ] as const)('as $as, $mode', async ({ as, least, ...run }) => {
    const backend = createBackend(device, { traits: as === 'a GPU' ? plainGPU : traitsOf(device) });
    registerBackend(backend);
    const results = await runPacks({ folder, backend: 'webgpu', ...run });
    expect(results.unexpected).toEqual([]);
    expect(results.total('passed')).toBeGreaterThan(least);
    expect(backend.device.counters.dispatches).toBeGreaterThan(3 * least);
  });
});
