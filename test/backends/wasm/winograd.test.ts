/** Convolutions of 3 x 3 by minimal filtering: every way in which blocks of 4 x 8 results meet the edges. */
import { describe, expect, it, test } from 'vitest';
import { grad } from '../../../src/autodiff/index.js';
import * as F from '../../../src/functional/index.js';
import type { Node } from '../../../src/graph/index.js';
import { Buffer, compile, randn, setNumThreads, tensor, type Tensor } from '../../../src/index.js';
import * as TF from '../../../src/tensor/F.js';
import { Sweep } from '../sweep.js';
import { countsIn, countsOf } from './filters.js';

const filtered = (outputs: readonly Node[]): number => countsOf(outputs)[0];

interface Geometry {
  readonly size: readonly [number, number];
  readonly padding: number;
  readonly images: number;
  readonly from: number;
  readonly to: number;
}

const sizes = Array.from({ length: 16 }, (_, i) => i);
const geometries = sizes.map((i): Geometry => ({
  size: [14 + i, 40 + ((i * 7) % 16)],
  padding: i % 3,
  images: (i % 2) + 1,
  from: 24 + (i % 4) * 4,
  to: 24 + ((i * 3) % 4) * 4,
}));

function make(sweep: Sweep, { size, padding, images, from, to }: Geometry): Node[] {
  const x = sweep.leaf([images, from, ...size]);
  const weight = sweep.leaf([to, from, 3, 3]);
  const y = F.relu(F.conv2d(x, weight, sweep.leaf([to]), { padding }));
  return [y, ...grad(F.sum(F.mul(y, sweep.leaf(y.shape))), [x, weight])];
}

describe('sizes', () => {
  it.each(geometries)('$size padded by $padding, $images of $from to $to channels', async (geometry) => {
    const sweep = new Sweep(geometry.size[0]);
    const outputs = make(sweep, geometry);
    expect(filtered(outputs)).toBe(2);
    await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
  });
});

test('what is too small, strided or dilated is not filtered', () => {
  const sweep = new Sweep(1);
  const conv = (x: readonly number[], weight: readonly number[], options = {}): number =>
    filtered([F.conv2d(sweep.leaf([...x]), sweep.leaf([...weight]), undefined, options)]);
  expect(conv([1, 16, 34, 34], [16, 16, 3, 3])).toBe(1);
  expect(conv([1, 8, 34, 34], [16, 8, 3, 3])).toBe(0);
  expect(conv([1, 16, 8, 9], [16, 16, 3, 3])).toBe(0);
  // More than a quarter of the blocks would lie over others.
  expect(conv([1, 16, 20, 20], [16, 16, 3, 3])).toBe(0);
  expect(conv([1, 16, 40, 40], [16, 16, 3, 3], { stride: 2 })).toBe(0);
  expect(conv([1, 16, 40, 40], [16, 16, 3, 3], { dilation: 2 })).toBe(0);
  expect(conv([1, 32, 40, 40], [32, 16, 3, 3], { groups: 2 })).toBe(0);
  expect(conv([1, 16, 40, 40], [16, 16, 5, 5])).toBe(0);
  expect(conv([1, 16, 34, 34], [18, 16, 3, 3])).toBe(0);
});

test('results that overlap are written once: a state in place takes each but once', () => {
  const [x, weight] = [randn(1, 16, 22, 30), randn(16, 16, 3, 3)];
  const sum = new Buffer(tensor(new Float32Array(16 * 22 * 30), { shape: [1, 16, 22, 30] }));
  const step = compile(() => void sum.assign(sum.add(TF.conv2d(x, weight, undefined, { padding: 1 }))));
  expect(countsIn(step.trace().dump('source'))).toEqual([1, 0]);
  for (let i = 0; i < 3; i++) step();
  const once = compile(() => TF.conv2d(x, weight, undefined, { padding: 1 }))().dataSync();
  const found = sum.dataSync();
  const right = Array.from<unknown, number>(once as never, (value) => 3 * Number(value));
  expect(found.length).toBe(right.length);
  right.forEach((value, i) => expect(Math.abs(Number(found[i]) - value)).toBeLessThan(1e-4));
});

test('the same bits for any number of threads', () => {
  const [x, weight] = [randn(2, 32, 40, 40), randn(32, 32, 3, 3)];
  const conv = (threads: number): ArrayLike<number | bigint | boolean> => {
    const step = compile((a: Tensor, w: Tensor) => TF.conv2d(a, w), { threads });
    expect(countsIn(step.trace(x, weight).dump('source'))).toEqual([1, 0]);
    return step(x, weight).dataSync();
  };
  try {
    expect(conv(2)).toEqual(conv(1));
  } finally {
    setNumThreads(1);
  }
});
