import { describe, expect, test } from 'vitest';
import {
  AxisError,
  ShapeError,
  broadcastShapes,
  dilatedSize,
  inferReshape,
  normalizeAxes,
  normalizeAxis,
  stridesOf,
  windowCount,
} from '../../src/core/index.js';

const message = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    return (error as Error).message.replace(/\n {2}at .*/, '');
  }
  throw new Error('nothing was thrown');
};

describe('broadcasting', () => {
  test('aligns at the last dimension and stretches size 1', () => {
    expect(broadcastShapes('add', [8, 1, 6, 1], [7, 1, 5])).toEqual([8, 7, 6, 5]);
    expect(broadcastShapes('add', [], [3])).toEqual([3]);
    expect(broadcastShapes('add', [0, 1], [1, 4])).toEqual([0, 4]);
    expect(broadcastShapes('where', [2, 1], [3], [1, 1, 1])).toEqual([1, 2, 3]);
  });
  test('names the op, the shapes and the dimension that disagree', () => {
    expect(() => broadcastShapes('add', [2, 3], [2, 4])).toThrow(ShapeError);
    expect(message(() => broadcastShapes('add', [64, 10], [64, 1, 12]))).toMatchInlineSnapshot(`
      "add: shapes [64, 10] and [64, 1, 12] do not broadcast: dimension -1 is 10 in one and 12 in the other
        hint: sizes must be equal or 1, aligned at the last dimension"
    `);
    expect(() => broadcastShapes('add', [0], [2])).toThrow('dimension -1 is 0 in one and 2 in the other');
  });
});

describe('axes', () => {
  test('count from the end when negative', () => {
    expect(normalizeAxis('sum', -1, 3)).toBe(2);
    expect(normalizeAxis('sum', -1, 0)).toBe(0);
    expect(normalizeAxes('sum', [-1, 0], 3)).toEqual([0, 2]);
    expect(normalizeAxes('sum', undefined, 2)).toEqual([0, 1]);
    expect(normalizeAxes('sum', 0, 0)).toEqual([]);
  });
  test('outside the rank, or twice', () => {
    expect(() => normalizeAxis('sum', 3, 3)).toThrow(AxisError);
    expect(message(() => normalizeAxis('sum', 3, 3))).toMatchInlineSnapshot(`
      "sum: dim 3 is out of range for a 3-d tensor
        hint: dim must be in [-3, 2]"
    `);
    expect(() => normalizeAxis('sum', 0.5, 3)).toThrow(AxisError);
    expect(() => normalizeAxes('sum', [1, -2], 3)).toThrow('sum: dim [1, -2] names a dimension twice');
  });
});

test('reshape fills in one -1', () => {
  expect(inferReshape('view', [2, 6], [3, -1])).toEqual([3, 4]);
  expect(inferReshape('view', [], [-1])).toEqual([1]);
  expect(inferReshape('view', [0, 3], [3, -1])).toEqual([3, 0]);
  for (const wrong of [[5, -1], [-1, -1], [13], [-2, 6], [1.5, 8], [0, -1]]) {
    expect(() => inferReshape('view', [2, 6], wrong), `${wrong}`).toThrow(ShapeError);
  }
});

test('strides, windows and dilation', () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect([windowCount(5, 2, 1, 1), windowCount(5, 2, 2, 3), windowCount(1, 2, 1, 1)]).toEqual([4, 1, 0]);
  expect([dilatedSize(3, 2), dilatedSize(1, 5), dilatedSize(0, 2)]).toEqual([5, 1, 0]);
});
