import { describe, expect, it } from 'vitest';
import { affineGrid, gridSample } from '../../src/functional/grid.js';
import { pad } from '../../src/functional/padding.js';
import { fold, unfold } from '../../src/functional/patches.js';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../../src/functional/pixel.js';
import { adaptiveAvgPool1d, adaptiveMaxPool1d, maxUnpool2d } from '../../src/functional/pool-adaptive.js';
import { avgPool1d, maxPool1d, maxPool2d } from '../../src/functional/pool.js';
import { interpolate } from '../../src/functional/resize.js';
import { topological } from '../../src/graph/index.js';
import { counting, gradientOf, tensor, values } from './evaluate.js';

describe('pooling', () => {
  it('gives the gradient of equal elements to the first', () => {
    const x = tensor([1, 2, 2, 2], [1, 1, 4]);
    const y = maxPool1d(x, 2);
    expect(values(y)).toEqual([2, 2]);
    expect(gradientOf(y, x)).toEqual([0, 1, 1, 0]);
  });

  it('lets NaN win', () => {
    expect(values(maxPool1d(tensor([1, NaN, 3], [1, 1, 3]), 3))).toEqual([NaN]);
  });

  it('gives positions in the unpadded plane', () => {
    const x = counting(1, 1, 4, 4);
    const { output, indices } = maxPool2d(x, 3, { stride: 2, padding: 1, returnIndices: true });
    expect(values(output)).toEqual([6, 8, 14, 16]);
    expect(values(indices)).toEqual([5, 7, 13, 15]);
    const back = values(maxUnpool2d(output, indices, 2));
    expect(back.filter((v) => v !== 0)).toEqual([6, 8, 14, 16]);
    expect(back[5]).toBe(6);
  });

  it('keeps a last window that starts inside, with ceilMode', () => {
    expect(values(avgPool1d(counting(1, 1, 5), 2, { ceilMode: true }))).toEqual([1.5, 3.5, 5]);
    expect(avgPool1d(counting(1, 1, 5), 2).shape).toEqual([1, 1, 2]);
  });

  it('counts the padding or does not', () => {
    expect(values(avgPool1d(counting(1, 1, 2), 2, { padding: 1 }))).toEqual([0.5, 1]);
    expect(values(avgPool1d(counting(1, 1, 2), 2, { padding: 1, countIncludePad: false }))).toEqual([1, 2]);
    expect(() => avgPool1d(counting(1, 1, 4), 2, { padding: 2 })).toThrow(/half of the kernel/);
  });

  it('adapts windows that overlap', () => {
    const x = counting(1, 1, 5);
    expect(values(adaptiveAvgPool1d(x, 3))).toEqual([1.5, 3, 4.5]);
    expect(gradientOf(adaptiveAvgPool1d(x, 3), x).map((v) => +v.toFixed(6))).toEqual([
      0.5, 0.833333, 0.333333, 0.833333, 0.5,
    ]);
    const { output, indices } = adaptiveMaxPool1d(x, 3, { returnIndices: true });
    expect(values(output)).toEqual([2, 4, 5]);
    expect(values(indices)).toEqual([1, 3, 4]);
  });
});

describe('padding', () => {
  const x = (): ReturnType<typeof counting> => counting(1, 4);

  it('by mode', () => {
    expect(values(pad(x(), [1, 2], { value: 9 }))).toEqual([9, 1, 2, 3, 4, 9, 9]);
    expect(values(pad(x(), [2, 1], { mode: 'reflect' }))).toEqual([3, 2, 1, 2, 3, 4, 3]);
    expect(values(pad(x(), [2, 1], { mode: 'replicate' }))).toEqual([1, 1, 1, 2, 3, 4, 4]);
    expect(values(pad(x(), [1, 2], { mode: 'circular' }))).toEqual([4, 1, 2, 3, 4, 1, 2]);
  });

  it('crops for negative amounts', () => {
    expect(values(pad(x(), [-1, -2]))).toEqual([2]);
    expect(values(pad(x(), [-1, 1], { mode: 'reflect' }))).toEqual([2, 3, 4, 3]);
  });

  it('names what cannot be', () => {
    expect(() => pad(x(), [4, 0], { mode: 'reflect' })).toThrow(/dim 1 of \[1, 4\].*allows 3/);
    expect(() => pad(x(), [1])).toThrow(/divisible by 2/);
    expect(() => pad(x(), [-3, -3])).toThrow(/leaves nothing/);
  });
});

describe('patches and pixels', () => {
  it('fold adds up what unfold takes apart', () => {
    const x = counting(1, 2, 3, 3);
    const columns = unfold(x, 2);
    expect(columns.shape).toEqual([1, 8, 4]);
    const times = [1, 2, 1, 2, 4, 2, 1, 2, 1];
    expect(values(fold(columns, 3, 2))).toEqual(values(x).map((v, i) => v * times[i % 9]!));
  });

  it('shuffles and back', () => {
    const x = counting(1, 4, 2, 3);
    expect(pixelShuffle(x, 2).shape).toEqual([1, 1, 4, 6]);
    expect(values(pixelUnshuffle(pixelShuffle(x, 2), 2))).toEqual(values(x));
    expect(values(channelShuffle(counting(1, 4, 1), 2))).toEqual([1, 3, 2, 4]);
    expect(() => pixelShuffle(x, 3)).toThrow(/divisible/);
  });
});

describe('resizing', () => {
  it('enlarges by whole factors without an index', () => {
    const y = interpolate(counting(1, 1, 2), { scaleFactor: 2 });
    expect(values(y)).toEqual([1, 1, 2, 2]);
    expect(topological([y]).some((n) => n.op === 'gather')).toBe(false);
  });

  it('linear, with corners kept or not', () => {
    const x = counting(1, 1, 2);
    expect(values(interpolate(x, { size: 3, mode: 'linear', alignCorners: true }))).toEqual([1, 1.5, 2]);
    expect(values(interpolate(x, { size: 4, mode: 'linear' }))).toEqual([1, 1.25, 1.75, 2]);
  });

  it('names options that contradict', () => {
    const x = counting(1, 1, 2);
    expect(() => interpolate(x, { size: 2, scaleFactor: 2 })).toThrow(/exactly one/);
    expect(() => interpolate(x, { size: 2, alignCorners: true })).toThrow(/alignCorners/);
    expect(() => interpolate(x, { size: 2, mode: 'bilinear' })).toThrow(/4-d/);
  });
});

it('samples an identity grid', () => {
  const x = counting(1, 1, 2, 3);
  const grid = affineGrid(tensor([1, 0, 0, 0, 1, 0], [1, 2, 3]), [1, 1, 2, 3]);
  expect(grid.shape).toEqual([1, 2, 3, 2]);
  values(gridSample(x, grid)).forEach((v, i) => expect(v).toBeCloseTo(i + 1, 9));
  expect(() => gridSample(x, counting(2, 2, 3, 2))).toThrow(/do not fit/);
});
