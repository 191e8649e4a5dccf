/** Reductions at their edges: infinities, NaN, nothing, one element, ties. */
import { describe, expect, it } from 'vitest';
import * as f from '../../src/functional/index.js';
import { counting, gradientOf, ints, tensor, values } from '../functional-nn/evaluate.js';

const [inf, nan] = [Infinity, NaN];

describe('logsumexp', () => {
  it('does not overflow', () => {
    expect(values(f.logsumexp(tensor([1000, 1000]), 0))[0]).toBeCloseTo(1000 + Math.LN2, 9);
  });
  it('of infinities is infinite, of nothing -Infinity', () => {
    expect(values(f.logsumexp(tensor([-inf, -inf]), 0))).toEqual([-inf]);
    expect(values(f.logsumexp(tensor([1, inf]), 0))).toEqual([inf]);
    expect(values(f.logsumexp(tensor([], [0]), 0))).toEqual([-inf]);
  });
  it('runs along a dimension', () => {
    const found = values(f.logcumsumexp(tensor([-inf, 0, 1000, 1000, -5]), 0));
    expect(found.slice(0, 3)).toEqual([-inf, 0, 1000]);
    expect(found[3]).toBeCloseTo(1000 + Math.LN2, 9);
  });
});

describe('mean and spread', () => {
  it('of integers are float32', () => {
    const x = f.mean(ints([1, 2]));
    expect([x.dtype, values(x)]).toEqual(['float32', [1.5]]);
  });
  it('of nothing are NaN', () => {
    expect(values(f.mean(tensor([], [0])))).toEqual([nan]);
    expect(values(f.variance(tensor([1])))).toEqual([nan]);
  });
  it('keep far from zero what matters', () => {
    expect(values(f.variance(tensor([1e8, 1e8 + 1, 1e8 + 2])))[0]).toBeCloseTo(1, 12);
  });
  it('have a gradient of 0 where they are 0', () => {
    const x = tensor([2, 2, 2]);
    expect(gradientOf(f.std(x), x)).toEqual([0, 0, 0]);
    const zero = tensor([0, 0]);
    expect(gradientOf(f.norm(zero), zero)).toEqual([0, 0]);
  });
});

describe('extremes', () => {
  it('share the gradient among all, give it to the first along a dimension', () => {
    const x = tensor([3, 1, 3]);
    expect(gradientOf(f.amax(x), x)).toEqual([0.5, 0, 0.5]);
    expect(gradientOf(f.max(x, 0).values, x)).toEqual([1, 0, 0]);
  });
  it('know values and positions', () => {
    const { values: largest, indices } = f.max(counting(2, 3), 1, { keepdim: true });
    expect([largest.shape, values(largest), indices.dtype, values(indices)]).toEqual([
      [2, 1],
      [3, 6],
      'int32',
      [2, 2],
    ]);
    expect(values(f.max(tensor([1, 5]), tensor([3, 2])))).toEqual([3, 5]);
    expect(values(f.argmin(counting(2, 3)))).toEqual([0]);
  });
  it('over nothing are refused', () => {
    expect(() => f.amax(tensor([], [0, 2]), 0)).toThrow(
      'amax: has no result over an empty dimension of [0, 2]',
    );
  });
  it('run along a dimension and count the last of equals', () => {
    const run = f.cummax(tensor([1, 3, 3, 2]), 0);
    expect([values(run.values), values(run.indices)]).toEqual([
      [1, 3, 3, 3],
      [0, 1, 2, 2],
    ]);
  });
});

describe('truth', () => {
  it('of nothing', () => {
    const nothing = tensor([], [0], 'bool');
    expect([values(f.all(nothing)), values(f.any(nothing))]).toEqual([[1], [0]]);
  });
});

describe('order', () => {
  it('puts NaN last, and counts it in the median', () => {
    const x = tensor([2, nan, 1]);
    expect(values(f.sort(x).values)).toEqual([1, 2, nan]);
    expect(values(f.median(x))).toEqual([nan]);
    expect(values(f.nanmedian(x))).toEqual([1]);
  });
  it('interpolates quantiles', () => {
    expect(values(f.quantile(tensor([0, 10, 20, 30]), 0.5))).toEqual([15]);
    expect(f.quantile(counting(2, 3), tensor([0, 1]), 1, { keepdim: true }).shape).toEqual([2, 2, 1]);
  });
  it('finds the mode', () => {
    const { values: often, indices } = f.mode(tensor([2, 1, 2, 1, 0]));
    expect([values(often), values(indices)]).toEqual([[1], [3]]);
  });
  it('finds intervals', () => {
    const edges = tensor([1, 3, 5]);
    expect(values(f.bucketize(tensor([0, 1, 3, 9]), edges))).toEqual([0, 0, 1, 3]);
    expect(values(f.bucketize(tensor([0, 1, 3, 9]), edges, { right: true }))).toEqual([0, 1, 2, 3]);
  });
});
