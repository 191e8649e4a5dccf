/** `at`, `withAt` and their family. */
import { describe, expect, it } from 'vitest';
import * as f from '../../src/functional/index.js';
import { counting, gradientOf, ints, tensor, values } from '../functional-nn/evaluate.js';

const x = counting(2, 3, 4);
const show = (...index: Parameters<typeof f.at> extends [unknown, ...infer R] ? R : never) => {
  const part = f.at(x, ...index);
  return [part.shape, values(part)];
};

describe('at', () => {
  it('takes integers, from the end where negative', () => {
    expect(show(1, 2, 3)).toEqual([[], [24]]);
    expect(show(-1, -1, -1)).toEqual([[], [24]]);
    expect(show(0, 1)).toEqual([[4], [5, 6, 7, 8]]);
  });
  it('takes slices, new axes and an ellipsis', () => {
    expect(show('...', '1:3', null)).toEqual([
      [2, 3, 2, 1],
      [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23],
    ]);
    expect(show(0, 0, '::-1')).toEqual([[4], [4, 3, 2, 1]]);
    expect(show(0, 0, '-2:')).toEqual([[2], [3, 4]]);
    expect(show(0, 0, '3:1')).toEqual([[0], []]);
  });
  it('takes lists and tensors of positions, broadcast together', () => {
    expect(show(':', [0, -1], 0)).toEqual([
      [2, 2],
      [1, 9, 13, 21],
    ]);
    expect(show([0, 1], [2, 0], [3, 1])).toEqual([[2], [12, 14]]);
    expect(show([0, 1], ':', [3, 1])).toEqual([
      [2, 3],
      [4, 8, 12, 14, 18, 22],
    ]);
    expect(show(0, ints([[2], [0]].flat(), [2, 1]), [0, 1])).toEqual([
      [2, 2],
      [9, 10, 1, 2],
    ]);
  });
  it('takes lists of booleans', () => {
    expect(show([false, true], 0, 0)).toEqual([[1], [13]]);
    expect(show(0, 0, [true, false, true, false])).toEqual([[2], [1, 3]]);
  });
  it('names what is wrong', () => {
    expect(() => f.at(x, 2)).toThrow('at: index 2 is out of range for dimension 0 of size 2');
    expect(() => f.at(x, 0, 0, 0, 0)).toThrow('at: 4 indices for a tensor of shape [2, 3, 4]');
    expect(() => f.at(x, 'a:b')).toThrow("'a:b' is no slice");
    expect(() => f.at(x, tensor([1, 0], [2], 'bool'))).toThrow("depends on the mask's values");
  });
  it('has a gradient', () => {
    const v = tensor([1, 2, 3]);
    expect(gradientOf(f.at(v, [0, 0, 2]), v)).toEqual([2, 0, 1]);
  });
});

describe('withAt', () => {
  const line = tensor([1, 2, 3, 4]);
  it('replaces a slice, a step, a position', () => {
    expect(values(f.withAt(line, '1:3', 0))).toEqual([1, 0, 0, 4]);
    expect(values(f.withAt(line, '::-2', tensor([8, 9])))).toEqual([1, 9, 3, 8]);
    expect(values(f.withAt(line, -1, 0))).toEqual([1, 2, 3, 0]);
  });
  it('takes several indices as a list, and tensors', () => {
    expect(values(f.withAt(counting(2, 2), [0, ':'], 0))).toEqual([0, 0, 3, 4]);
    expect(values(f.withAt(line, ints([3, 0]), tensor([7, 8])))).toEqual([8, 2, 3, 7]);
    expect(values(f.withAt(line, tensor([1, 0, 0, 1], [4], 'bool'), 0))).toEqual([0, 2, 3, 0]);
  });
  it('gives the gradient to what is seen', () => {
    const value = tensor([7, 8]);
    expect(gradientOf(f.withAt(line, '0:2', value), line)).toEqual([0, 0, 1, 1]);
    expect(gradientOf(f.withAt(line, '0:2', value), value)).toEqual([1, 1]);
  });
});

describe('scatter', () => {
  it('may be smaller than the tensor', () => {
    const index = ints([2, 0], [2, 1]);
    expect(values(f.scatter(counting(2, 3), 1, index, tensor([8, 9], [2, 1])))).toEqual([1, 2, 8, 9, 5, 6]);
    expect(values(f.gather(counting(2, 3), 1, index))).toEqual([3, 4]);
  });
  it('reduces', () => {
    const [at, source] = [ints([0, 0, 2]), tensor([2, 3, 4])];
    const by = (reduce: 'prod' | 'mean' | 'amax', includeSelf: boolean) =>
      values(f.scatterReduce(tensor([10, 20, 30]), 0, at, source, reduce, { includeSelf }));
    expect(by('prod', true)).toEqual([60, 20, 120]);
    expect(by('mean', false)).toEqual([2.5, 20, 4]);
    expect(by('amax', false)).toEqual([3, 20, 4]);
  });
});
