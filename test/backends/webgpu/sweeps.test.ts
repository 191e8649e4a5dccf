/**
 * Rows and contractions of every size on WebGPU. Each size makes new shaders, which a software driver takes long to compile. So of
 * what a size can compute it computes a part, other sizes the others.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackend, plainGPU, type WebGPUBackend } from '../../../src/backends/webgpu/index.js';
import { onCompile, registerBackend } from '../../../src/runtime/index.js';
import { Sweep } from '../sweep.js';
import { contractions, productsOf, rows, sizes, type Definition } from '../sweeps.js';
import { adapter, requestDevice } from './adapter.js';

/** A sweep, and in how many parts its outputs are computed in turns. */
type Shared = readonly [name: string, definition: Definition, parts: number];

const {
  'along the last axis': last,
  'along the first axis': first,
  'along a middle axis': middle,
  'across rows of that size': across,
  'few long rows': long,
  'layer norm and its gradients': layerNorm,
} = rows;
const {
  'products, transposed or not, with an epilogue': products,
  'prologues: a scale of rows, of columns, of the depth': prologues,
  'batches, and vectors on either side': batches,
  'convolutions with stride, padding, dilation and groups, and both gradients': convolutions,
} = contractions;

/** Products of most of them are large enough for the kernels of a GPU. */
const some = sizes.filter((n) => n % 9 === 8);

/** Sizes whose shaders are compiled side by side. */
const together = 4;

async function sweepOver(
  those: readonly number[],
  [, { outputs, relative }, parts]: Shared,
  fusion = true,
): Promise<void> {
  for (let i = 0; i < those.length; i += together) {
    const checks = those.slice(i, i + together).map((n) => {
      const sweep = new Sweep(n);
      // Sizes next to each other compute the same, so that each part meets every remainder by a tile's four.
      const turn = Math.floor(n / 4) % parts;
      const made = outputs(sweep, n).filter((_, o) => o % parts === turn);
      return sweep.check(made, { relative, backend: 'webgpu', fusion });
    });
    await Promise.all(checks);
  }
}

describe.skipIf(!adapter)('on WebGPU', { timeout: 240_000 }, () => {
  let software: WebGPUBackend;
  let gpu: WebGPUBackend;
  beforeAll(async () => {
    const device = await requestDevice();
    software = createBackend(device);
    gpu = createBackend(device, { traits: plainGPU });
  });

  /** Each test is to run kernels. */
  const counted = (backend: () => WebGPUBackend, least: number): void => {
    let before = 0;
    beforeAll(() => {
      registerBackend(backend());
      before = backend().device.counters.dispatches;
    });
    afterAll(() => expect(backend().device.counters.dispatches - before).toBeGreaterThan(least));
  };

  describe('every size', () => {
    counted(() => software, 4 * sizes.length);
    it.each<Shared>([
      ['rows along the last axis', last, 3],
      ['rows along the first axis', first, 5],
      ['products', products, 4],
      ['batches and vectors', batches, 5],
    ])('%s', async (...shared) => sweepOver(sizes, shared));
  });

  describe('every ninth size', () => {
    counted(() => software, 9 * some.length);
    it.each<Shared>([
      ['rows along a middle axis', middle, 2],
      ['rows across', across, 2],
      ['layer norm', layerNorm, 1],
      ['prologues', prologues, 2],
      ['convolutions', convolutions, 1],
      ['products of int32', productsOf('int32'), 2],
      ['products of uint8', productsOf('uint8'), 2],
      ['products of float16', productsOf('float16'), 2],
    ])('%s', async (...shared) => sweepOver(some, shared));

    it.each<Shared>([
      ['rows along the last axis', last, 1],
      ['products', products, 2],
    ])('%s, unfused', async (...shared) => sweepOver(some, shared, false));
  });

  describe('every ninth size, as on a GPU', () => {
    counted(() => gpu, 3 * some.length);
    it.each<Shared>([
      ['products', products, 2],
      ['prologues', prologues, 2],
      ['batches and vectors', batches, 2],
      ['convolutions', convolutions, 1],
      ['rows along the last axis', last, 2],
    ])('%s', async (...shared) => sweepOver(some, shared));

    it('rows that are cut into parts', () => sweepOver([1023, 2048, 3001, 5121], ['', long, 1]));

    let sharing = 0;
    let stop: () => void;
    beforeAll(() => {
      stop = onCompile(({ source }) => (sharing += Number(source.includes('workgroupBarrier'))));
    });
    afterAll(() => {
      stop();
      expect(sharing).toBeGreaterThan(2 * some.length);
    });
  });
});
