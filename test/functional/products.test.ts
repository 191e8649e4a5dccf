/** Contractions: matmul's shapes, einsum's notation, chains. */
import { describe, expect, it } from 'vitest';
import * as f from '../../src/functional/index.js';
import { counting, ints, tensor, values } from '../functional-nn/evaluate.js';

describe('matmul', () => {
  it.each([
    [[3], [3], []],
    [[2, 3], [3], [2]],
    [[3], [3, 4], [4]],
    [
      [5, 2, 3],
      [3, 4],
      [5, 2, 4],
    ],
    [
      [5, 1, 2, 3],
      [6, 3, 4],
      [5, 6, 2, 4],
    ],
    [[3], [5, 3, 4], [5, 4]],
    [[5, 2, 3], [3], [5, 2]],
  ])('of %j and %j has shape %j', (a, b, shape) => {
    expect(f.matmul(counting(...a), counting(...b)).shape).toEqual(shape);
  });
  it('names inner sizes that differ', () => {
    expect(() => f.matmul(counting(2, 3), counting(4, 5))).toThrow('inner sizes are 3 and 4');
  });
  it('keeps integers', () => {
    const product = f.matmul(ints([1, 2, 3, 4], [2, 2]), ints([1, 1]));
    expect([product.dtype, values(product)]).toEqual(['int32', [3, 7]]);
  });
});

describe('einsum', () => {
  const a = counting(2, 3);
  const square = counting(3, 3);
  it.each([
    ['ij->ji', [a], [1, 4, 2, 5, 3, 6]],
    ['ij->', [a], [21]],
    ['ii', [square], [15]],
    ['ii->i', [square], [1, 5, 9]],
    ['ij,ij->i', [a, a], [14, 77]],
    ['i,j', [tensor([1, 2]), tensor([3, 4])], [3, 4, 6, 8]],
    ['...j,...j->...', [a, a], [14, 77]],
    ['ij,jk,k->i', [a, square, tensor([1, 1, 1])], [108, 243]],
    ['ba', [a], [1, 4, 2, 5, 3, 6]],
  ])('%s', (equation, operands, expected) => {
    expect(values(f.einsum(equation, operands))).toEqual(expected);
  });
  it('stretches sizes of 1', () => {
    expect(values(f.einsum('ij,ij->j', [counting(1, 2), counting(3, 2)]))).toEqual([9, 24]);
  });
  it('names what is wrong', () => {
    expect(() => f.einsum('ij->k', [a])).toThrow("the result's 'k' is in no operand");
    expect(() => f.einsum('ijk', [a])).toThrow('does not name the dimensions of [2, 3]');
    expect(() => f.einsum('ij,jk', [a, a])).toThrow('subscript j has sizes 3 and 2');
  });
});

describe('chains', () => {
  it('multiply in the cheapest order, to the same value', () => {
    const chain = [counting(1, 4), counting(4, 2), counting(2, 5)];
    expect(values(f.multiDot(chain))).toEqual(values(f.matmul(f.matmul(chain[0]!, chain[1]!), chain[2]!)));
  });
  it('raise matrices to a power', () => {
    expect(values(f.matrixPower(tensor([1, 1, 0, 1], [2, 2]), 5))).toEqual([1, 5, 0, 1]);
    expect(values(f.matrixPower(counting(2, 2), 0))).toEqual([1, 0, 0, 1]);
  });
});
