import { describe, expect, test } from 'vitest';
import {
  dtypeNames,
  dtypes,
  integerRange,
  isDType,
  promote,
  promoteScalar,
  toFloat,
  type DType,
} from '../../src/core/index.js';

describe('promotion', () => {
  // torch.promote_types of PyTorch 1.13, row by row; in the order of the columns.
  const order: DType[] = [
    'uint8',
    'int8',
    'int16',
    'int32',
    'int64',
    'float16',
    'float32',
    'float64',
    'bfloat16',
    'bool',
  ];
  const short: Record<string, DType> = {
    u1: 'uint8',
    i1: 'int8',
    i2: 'int16',
    i4: 'int32',
    i8: 'int64',
    f2: 'float16',
    f4: 'float32',
    f8: 'float64',
    bf: 'bfloat16',
    b1: 'bool',
  };
  const table = `
    u1 i2 i2 i4 i8 f2 f4 f8 bf u1
    i2 i1 i2 i4 i8 f2 f4 f8 bf i1
    i2 i2 i2 i4 i8 f2 f4 f8 bf i2
    i4 i4 i4 i4 i8 f2 f4 f8 bf i4
    i8 i8 i8 i8 i8 f2 f4 f8 bf i8
    f2 f2 f2 f2 f2 f2 f4 f8 f4 f2
    f4 f4 f4 f4 f4 f4 f4 f8 f4 f4
    f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
    bf bf bf bf bf f4 f4 f8 bf bf
    u1 i1 i2 i4 i8 f2 f4 f8 bf b1`;
  test("is PyTorch's", () => {
    const rows = table
      .trim()
      .split('\n')
      .map((row) => row.trim().split(' '));
    order.forEach((a, i) =>
      order.forEach((b, j) => expect(promote(a, b), `${a} with ${b}`).toBe(short[rows[i]![j]!])),
    );
  });
  test('is symmetric, and holds the values of both', () => {
    for (const a of dtypeNames)
      for (const b of dtypeNames) {
        const result = promote(a, b);
        expect(promote(b, a)).toBe(result);
        if (dtypes[result].kind !== 'int') continue;
        for (const part of [a, b]) {
          expect(integerRange(result).min <= integerRange(part).min).toBe(true);
          expect(integerRange(result).max >= integerRange(part).max).toBe(true);
        }
      }
  });
  test('uint32 meets signed types in int64', () => {
    expect(promote('uint32', 'int8')).toBe('int64');
    expect(promote('uint32', 'uint8')).toBe('uint32');
    expect(promote('uint32', 'float16')).toBe('float16');
  });
  test('a number moves a tensor to a higher kind only', () => {
    expect(promoteScalar('uint8', 3)).toBe('uint8');
    expect(promoteScalar('int64', 2.5)).toBe('float32');
    expect(promoteScalar('float16', 2.5)).toBe('float16');
    expect(promoteScalar('bool', true)).toBe('bool');
    expect(promoteScalar('bool', 2)).toBe('int32');
    expect(promoteScalar('bool', 0.5)).toBe('float32');
  });
});

test('dtype facts', () => {
  for (const dtype of dtypeNames) expect(new dtypes[dtype].array(2).byteLength).toBe(2 * dtypes[dtype].bytes);
  expect(integerRange('int8')).toEqual({ min: -128n, max: 127n });
  expect(integerRange('uint32')).toEqual({ min: 0n, max: 4294967295n });
  expect(integerRange('bool')).toEqual({ min: 0n, max: 1n });
  expect([toFloat('int64'), toFloat('float16')]).toEqual(['float32', 'float16']);
  expect([isDType('float32'), isDType('toString'), isDType(3)]).toEqual([true, false, false]);
});
