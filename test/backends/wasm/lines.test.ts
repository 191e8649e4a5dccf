/** Convolutions by minimal filtering of lines: every number of taps, and every way in which blocks meet the ends of lines. */
import { describe, expect, it, test } from 'vitest';
import {
  adjoint,
  filterOf,
  three,
  type Arithmetic,
  type Filter,
} from '../../../src/backends/wasm/kernels/minimal-filter.js';
import { grad } from '../../../src/autodiff/index.js';
import * as F from '../../../src/functional/index.js';
import { g, type Node } from '../../../src/graph/index.js';
import { Buffer, compile, randn, setNumThreads, tensor, type Tensor } from '../../../src/index.js';
import * as TF from '../../../src/tensor/F.js';
import { Numbers, Sweep } from '../sweep.js';
import { countsIn, countsOf } from './filters.js';

const filtered = (outputs: readonly Node[]): number => countsOf(outputs)[0];

describe('filters', () => {
  const numbers: Arithmetic<number> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    half: (a) => a / 2,
  };
  const filters: (readonly [name: string, filter: Filter])[] = [
    ['three', three],
    ...[2, 3, 4, 5, 6, 7, 8, 9, 13].map((taps) => [`${taps} taps`, filterOf(taps)] as const),
  ];
  it.each(filters)('%s: as the definition', (_, filter) => {
    const random = new Numbers(filter.taps);
    const whole = (count: number): number[] => Array.from({ length: count }, () => random.below(32) - 16);
    const [taps, inputs] = [whole(filter.taps), whole(filter.results + filter.taps - 1)];
    const [left, right] = [filter.weights(numbers, taps), filter.inputs(numbers, inputs)];
    expect([left.length, right.length]).toEqual([filter.products, filter.products]);
    const found = filter.combine(
      numbers,
      left.map((value, i) => value * right[i]!),
    );
    const defined = Array.from({ length: filter.results }, (_, i) =>
      taps.reduce((sum, tap, j) => sum + tap * inputs[i + j]!, 0),
    );
    expect(found).toEqual(defined);
  });
  it.each(filters)('%s: its transpose is that of its matrix', (_, filter) => {
    const random = new Numbers(filter.taps);
    const whole = (count: number): number[] => Array.from({ length: count }, () => random.below(32) - 16);
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const [taps, products, results] = [filter.taps, filter.products, filter.results].map(whole);
    const weights = adjoint(filter.weights, filter.taps)(numbers, products!);
    expect(dot(filter.weights(numbers, taps!), products!)).toBe(dot(taps!, weights));
    const sums = adjoint(filter.combine, filter.products)(numbers, results!);
    expect(dot(filter.combine(numbers, products!), results!)).toBe(dot(products!, sums));
  });
  test('save multiplications', () => {
    const saved = [2, 3, 4, 5, 6, 7, 8, 9].map((taps) => {
      const { results, products } = filterOf(taps);
      return Math.round((100 * results * taps) / products) / 100;
    });
    expect(saved).toEqual([1.33, 1.5, 1.78, 1.82, 2, 1.75, 1.78, 1.8]);
  });
});

interface Geometry {
  readonly taps: number;
  readonly length: number;
  readonly images: number;
  readonly from: number;
  readonly to: number;
  readonly padding: number;
}

const geometries = [3, 4, 5, 6, 7, 8, 9].flatMap((taps) =>
  [0, 1, 2, 3].map((i): Geometry => ({
    taps,
    // Lines end inside a block, which then lies over the one before.
    length: 128 - i,
    images: 3 + (i % 2),
    from: 32 + 4 * i,
    to: 40 - 4 * i,
    padding: i % 3,
  })),
);

/** A convolution over rows, or over columns, so that the line lies across memory, and its gradients. */
function make(sweep: Sweep, { taps, length, images, from, to, padding }: Geometry, across: boolean): Node[] {
  const x = sweep.leaf(across ? [images, length, from] : [images, from, length]);
  const weight = sweep.leaf([to, from, taps]);
  const line = across ? g.permute(x, [0, 2, 1]) : x;
  const y = F.relu(F.conv1d(line, weight, sweep.leaf([to]), { padding }));
  return [y, ...grad(F.sum(F.mul(y, sweep.leaf(y.shape))), [x, weight])];
}

describe.each([false, true])('lines across memory: %s', (across) => {
  it.each(geometries)('$taps taps, $length long, padded by $padding, $from to $to', async (geometry) => {
    const sweep = new Sweep(geometry.length);
    const outputs = make(sweep, geometry, across);
    // A gradient whose lines lie across memory is written one element at a time: it is not filtered.
    expect(countsOf(outputs)).toEqual([across ? 1 : 2, geometry.from % 8 === 0 ? 1 : 0]);
    await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
  });
});

describe('gradients of filters', () => {
  it.each([
    ['lines that end inside a quad', [64, 24, 13], [32, 24, 5]],
    ['lines of whole quads', [20, 24, 44], [32, 24, 5]],
    ['more quads than parts take in one chunk', [30, 16, 150], [16, 16, 4]],
    ['images', [3, 32, 12, 23], [36, 32, 3, 3]],
    ['images with taps of two kinds', [2, 16, 30, 30], [16, 16, 2, 5]],
    ['volumes', [1, 16, 6, 7, 24], [16, 16, 2, 3, 3]],
  ] as const)('%s', async (_, shape, weightShape) => {
    const sweep = new Sweep(shape[0]);
    const [x, weight] = [sweep.leaf([...shape]), sweep.leaf([...weightShape])];
    const convs = { 3: F.conv1d, 4: F.conv2d, 5: F.conv3d };
    const y = convs[shape.length](x, weight, undefined, { padding: 1 });
    const outputs = grad(F.sum(F.mul(y, sweep.leaf(y.shape))), [weight]);
    expect(countsOf(outputs)[1]).toBe(1);
    await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
  });
  test('the left operand may be computed while it is read', async () => {
    const sweep = new Sweep(3);
    const [x, weight] = [sweep.leaf([8, 32, 66]), sweep.leaf([32, 32, 3])];
    const y = F.conv1d(x, weight);
    const outputs = grad(F.sum(F.mul(y, F.exp(sweep.leaf(y.shape)))), [weight]);
    expect(countsOf(outputs)[1]).toBe(1);
    await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
  });
});

test('images and volumes are filtered line by line', async () => {
  const sweep = new Sweep(7);
  const image = F.conv2d(sweep.leaf([2, 8, 12, 64]), sweep.leaf([16, 8, 5, 5]), undefined, { padding: 2 });
  const volume = F.conv3d(sweep.leaf([1, 4, 6, 5, 67]), sweep.leaf([16, 4, 3, 2, 4]), sweep.leaf([16]));
  expect(filtered([image])).toBe(1);
  expect(filtered([volume])).toBe(1);
  await sweep.check([image, volume], { relative: 2e-5, backend: 'wasm', fusion: true });
});

test('what is too small, strided or dilated alone, or grouped is not filtered', () => {
  const sweep = new Sweep(1);
  const conv = (x: readonly number[], weight: readonly number[], options = {}): number =>
    filtered([F.conv1d(sweep.leaf([...x]), sweep.leaf([...weight]), undefined, options)]);
  expect(conv([4, 32, 132], [32, 32, 5])).toBe(1);
  expect(conv([1, 32, 36], [32, 32, 5])).toBe(0);
  expect(conv([16, 32, 20], [32, 32, 5])).toBe(0);
  expect(conv([4, 8, 132], [32, 8, 5])).toBe(0);
  expect(conv([4, 32, 132], [30, 32, 5])).toBe(0);
  expect(conv([4, 32, 132], [32, 32, 10])).toBe(0);
  expect(conv([4, 32, 132], [32, 32, 5], { stride: 2 })).toBe(0);
  expect(conv([4, 32, 132], [32, 32, 5], { dilation: 2 })).toBe(0);
  expect(conv([4, 64, 132], [32, 32, 5], { groups: 2 })).toBe(0);
  // Two taps save a quarter.
  expect(conv([2, 128, 129], [128, 128, 2])).toBe(1);
  // Nearly half of the blocks would lie over others.
  expect(conv([16, 32, 38], [32, 32, 5])).toBe(0);
});

test('strides that equal the dilation, with channels side by side', async () => {
  const sweep = new Sweep(9);
  const [x, weight] = [sweep.leaf([4, 136, 32]), sweep.leaf([32, 32, 5])];
  const y = F.conv1d(g.permute(x, [0, 2, 1]), weight, undefined, { stride: 2, dilation: 2 });
  const outputs = [y, ...grad(F.sum(F.mul(y, sweep.leaf(y.shape))), [weight])];
  expect(countsOf(outputs)).toEqual([1, 1]);
  await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
});

test.each([NaN, Infinity, 1e9])(
  'what is next to %s is within its tile, and nothing else is touched',
  (spike) => {
    const [length, taps, at] = [132, 5, 70];
    const line = randn(4, 32, length).dataSync() as Float32Array;
    const weight = randn(32, 32, taps);
    const conv = compile((x: Tensor) => TF.conv1d(x, weight));
    const shape = [4, 32, length];
    const clean = conv(tensor(line, { shape }));
    expect(countsIn(conv.trace(tensor(line, { shape })).dump('source'))).toEqual([1, 0]);
    const spoilt = conv(tensor(Float32Array.from(line).fill(spike, at, at + 1), { shape })).dataSync();
    const width = length - taps + 1;
    const reached = (x: number): boolean => x > at - taps - 3 && x < at + 4;
    clean.dataSync().forEach((value, i) => {
      const [channel, x] = [Math.floor(i / width), i % width];
      // The spike lies in every first row only, of which all output channels are made.
      if (channel >= 32 || !reached(x)) expect(spoilt[i]).toBe(value);
      if (channel < 32 && x > at - taps && x <= at) expect(Math.abs(Number(spoilt[i]))).not.toBeLessThan(1e3);
    });
  },
);

test('results that overlap are written once: a state in place takes each but once', () => {
  const [x, weight] = [randn(6, 32, 63), randn(32, 32, 4)];
  const sum = new Buffer(tensor(new Float32Array(6 * 32 * 60), { shape: [6, 32, 60] }));
  const step = compile(() => void sum.assign(sum.add(TF.conv1d(x, weight))));
  expect(countsIn(step.trace().dump('source'))).toEqual([1, 0]);
  for (let i = 0; i < 3; i++) step();
  const once = compile(() => TF.conv1d(x, weight))().dataSync();
  const found = sum.dataSync();
  expect(found.length).toBe(once.length);
  Array.from<unknown, number>(once as never, (value) => 3 * Number(value)).forEach((value, i) =>
    expect(Math.abs(Number(found[i]) - value)).toBeLessThan(1e-4),
  );
});

test('the same bits for any number of threads', () => {
  const [x, weight] = [randn(8, 64, 128), randn(64, 64, 5)];
  const conv = (threads: number): ArrayLike<number | bigint | boolean> => {
    const step = compile((a: Tensor, w: Tensor) => TF.conv1d(a, w), { threads });
    expect(countsIn(step.trace(x, weight).dump('source'))).toEqual([1, 0]);
    return step(x, weight).dataSync();
  };
  const gradient = (threads: number): ArrayLike<number | bigint | boolean> => {
    const leaf = weight.detach().requiresGrad_();
    const step = compile(
      (a: Tensor) => {
        leaf.grad = null;
        TF.conv1d(a, leaf).square().sum().backward();
      },
      { threads },
    );
    step(x);
    expect(countsIn(step.trace(x).dump('source'))[1]).toBeGreaterThan(0);
    return leaf.grad!.dataSync();
  };
  try {
    expect(conv(2)).toEqual(conv(1));
    expect(gradient(2)).toEqual(gradient(1));
  } finally {
    setNumThreads(1);
  }
});
