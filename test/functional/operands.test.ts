/** Promotion, broadcasting, axes: what every composite does to its operands. */
import { describe, expect, it } from 'vitest';
import { add, div, eq, mul, pow, remainder, sum, where } from '../../src/functional/index.js';
import { axesOf, operands, resultType } from '../../src/functional/operands.js';
import { g } from '../../src/graph/index.js';
import type { DType } from '../../src/core/index.js';
import { ints, tensor, values } from '../functional-nn/evaluate.js';

const of = (dtype: DType, ...shape: number[]) => g.full(shape, 1, dtype);

describe('promotion', () => {
  it.each([
    ['int32', 2, 'int32'],
    ['int32', 2.5, 'float32'],
    ['bool', 2, 'int32'],
    ['bool', true, 'bool'],
    ['float16', 2.5, 'float16'],
    ['uint8', 10n, 'uint8'],
  ] as const)('of %s with the number %s is %s', (dtype, number, result) => {
    expect(resultType('add', of(dtype, 2), number)).toBe(result);
    expect(resultType('add', number, of(dtype, 2))).toBe(result);
  });

  it('lets a 0-d tensor change the kind only', () => {
    expect(resultType('add', of('float32', 2), of('float64'))).toBe('float32');
    expect(resultType('add', of('int32', 2), of('int64'))).toBe('int32');
    expect(resultType('add', of('int32', 2), of('float64'))).toBe('float64');
    expect(resultType('add', of('int32'), of('int64'))).toBe('int64');
  });

  it('refuses two numbers', () => {
    expect(() => add(1, 2)).toThrow('one operand must be a tensor');
  });
});

describe('operands', () => {
  it('come to one shape', () => {
    const [a, b] = operands('add', of('float32', 3, 1), of('int32', 4));
    expect([a.shape, b.shape, b.dtype]).toEqual([[3, 4], [3, 4], 'float32']);
  });

  it('that do not fit are named with the dimension that disagrees', () => {
    expect(() => add(of('float32', 2, 3), of('float32', 4))).toThrow(
      /add: shapes \[2, 3\] and \[4\].*dimension -1 is/,
    );
  });

  it('may stand on either side', () => {
    expect(values(div(12, ints([3, 4])))).toEqual([4, 3]);
    expect(values(pow(2, ints([3, 4])))).toEqual([8, 16]);
    expect(values(where(eq(ints([1, 2]), 2), 5, ints([7, 8])))).toEqual([7, 5]);
  });

  it('of bool are logical', () => {
    const [a, b] = [tensor([1, 1, 0], [3], 'bool'), tensor([1, 0, 0], [3], 'bool')];
    expect(values(add(a, b))).toEqual([1, 1, 0]);
    expect(values(mul(a, b))).toEqual([1, 0, 0]);
  });

  it('divide as in Python', () => {
    const [a, b] = [ints([7, -7, 7, -7]), ints([2, 2, -2, -2])];
    expect(values(div(a, b, { roundingMode: 'floor' }))).toEqual([3, -4, -4, 3]);
    expect(values(div(a, b, { roundingMode: 'trunc' }))).toEqual([3, -3, -3, 3]);
    expect(values(remainder(a, b))).toEqual([1, 1, -1, -1]);
    expect(values(div(tensor([1]), tensor([0.1], [1], 'float64'), { roundingMode: 'floor' }))).toEqual([9]);
  });
});

describe('axes', () => {
  it('are all for undefined and for an empty list', () => {
    const x = of('float32', 2, 3);
    expect(axesOf('sum', x, undefined)).toEqual([0, 1]);
    expect(axesOf('sum', x, [])).toEqual([0, 1]);
    expect(axesOf('sum', x, -1)).toEqual([1]);
  });

  it('outside the rank are refused', () => {
    expect(() => sum(of('float32', 2), 1)).toThrow('sum: dim 1 is out of range for a 1-d tensor');
    expect(sum(of('float32'), 0).shape).toEqual([]);
  });
});
