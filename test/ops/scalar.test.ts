import { describe, expect, test } from 'vitest';
import { dtypeNames, integerRange, isFloat, isInteger, type DType } from '../../src/core/index.js';
import {
  bitcast,
  convert,
  decode,
  encode,
  roundTo,
  scalar,
  type ElementwiseOp,
  type Value,
} from '../../src/ops/index.js';

type Plain = Exclude<ElementwiseOp, 'cast' | 'bitcast' | 'threefry'>;
const f = (op: Plain, ...args: number[]): Value => scalar[op](args, 'float64', {});
const i = (dtype: DType, op: Plain, ...args: (number | bigint)[]): Value => scalar[op](args, dtype, {});

describe('integers', () => {
  test('arithmetic wraps', () => {
    expect(i('int32', 'add', 2147483647, 1)).toBe(-2147483648);
    expect(i('int32', 'mul', 123456789, 987654321)).toBe(Number(BigInt.asIntN(32, 123456789n * 987654321n)));
    expect(i('uint32', 'sub', 0, 1)).toBe(4294967295);
    expect(i('uint8', 'mul', 200, 2)).toBe(144);
    expect(i('int8', 'neg', -128)).toBe(-128);
    expect(i('int16', 'abs', -32768)).toBe(-32768);
    expect(i('int64', 'add', 2n ** 63n - 1n, 1n)).toBe(-(2n ** 63n));
    expect(i('int64', 'mul', 3037000500n, 3037000500n)).toBe(BigInt.asIntN(64, 3037000500n ** 2n));
  });

  test('division and remainder are total', () => {
    expect(i('int32', 'div', -7, 2)).toBe(-3);
    expect(i('int32', 'div', 7, 0)).toBe(0);
    expect(i('int32', 'div', -2147483648, -1)).toBe(-2147483648);
    expect(i('int64', 'div', -(2n ** 63n), -1n)).toBe(-(2n ** 63n));
    expect(i('int32', 'fmod', -7, 2)).toBe(-1);
    expect(i('int32', 'fmod', 7, 0)).toBe(0);
    expect(i('int32', 'fmod', -2147483648, -1)).toBe(0);
    expect(i('int64', 'fmod', 5n, 0n)).toBe(0n);
  });

  test('powers wrap, and negative exponents leave only 1 and -1', () => {
    expect(i('int32', 'pow', 3, 5)).toBe(243);
    expect(i('int32', 'pow', 2, 31)).toBe(-2147483648);
    expect(i('uint8', 'pow', 2, 8)).toBe(0);
    expect(i('int64', 'pow', 3n, 100n)).toBe(BigInt.asIntN(64, 3n ** 100n));
    expect([1, -1, -1, 2, 0].map((x, n) => i('int32', 'pow', x, -2 - (n % 2)))).toEqual([1, -1, 1, 0, 0]);
  });

  test('shifts outside the width', () => {
    expect(i('int32', 'shl', 1, 31)).toBe(-2147483648);
    expect(i('int32', 'shl', 1, 32)).toBe(0);
    expect(i('int32', 'shl', 1, -1)).toBe(0);
    expect(i('uint8', 'shl', 255, 1)).toBe(254);
    expect(i('int32', 'shr', -8, 1)).toBe(-4);
    expect(i('int32', 'shr', -8, 40)).toBe(-1);
    expect(i('int32', 'shr', 8, -1)).toBe(0);
    expect(i('uint32', 'shr', 0x80000000, 31)).toBe(1);
    expect(i('uint32', 'shr', 0x80000000, 32)).toBe(0);
    expect(i('int64', 'shr', -1n, 64n)).toBe(-1n);
  });

  test('bits', () => {
    expect(i('bool', 'not', 0)).toBe(1);
    expect(i('bool', 'not', 1)).toBe(0);
    expect(i('uint8', 'not', 1)).toBe(254);
    expect(i('int32', 'not', 0)).toBe(-1);
    expect(i('uint32', 'xor', 0xffffffff, 1)).toBe(0xfffffffe);
    expect(i('uint32', 'and', 0xffffffff, 0x80000000)).toBe(0x80000000);
    expect(i('bool', 'or', 1, 0)).toBe(1);
    expect(i('bool', 'add', 1, 1)).toBe(1);
  });

  test('every result lies in the range of its dtype', () => {
    const ops = [
      'neg',
      'abs',
      'add',
      'sub',
      'mul',
      'div',
      'fmod',
      'pow',
      'shl',
      'shr',
      'and',
      'or',
      'xor',
      'not',
    ] as const;
    for (const dtype of dtypeNames.filter(isInteger)) {
      const { min, max } = integerRange(dtype);
      const values = [min, min + 1n, 0n, 1n, 3n, max].map((v) => (dtype === 'int64' ? v : Number(v)));
      for (const op of ops)
        for (const x of values)
          for (const y of values) {
            const result = i(dtype, op, x, y);
            expect(typeof result).toBe(dtype === 'int64' ? 'bigint' : 'number');
            expect(BigInt(result) >= min && BigInt(result) <= max).toBe(true);
          }
    }
  });
});

describe('floats', () => {
  test('NaN wins in max and min, and loses every comparison', () => {
    for (const op of ['max', 'min'] as const) {
      expect(f(op, NaN, 1)).toBeNaN();
      expect(f(op, 1, NaN)).toBeNaN();
    }
    for (const op of ['eq', 'lt', 'le'] as const) expect(f(op, NaN, NaN)).toBe(0);
    expect(f('sign', NaN)).toBeNaN();
    expect(f('isnan', NaN)).toBe(1);
    expect(f('eq', 0, -0)).toBe(1);
  });

  test('round takes halves to even', () => {
    const values = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 4503599627370497, 2.4, -2.6];
    expect(values.map((x) => f('round', x))).toEqual([0, 2, 2, -0, -2, -2, 0, 4503599627370497, 2, -3]);
  });

  test('pow as in C', () => {
    expect(f('pow', 1, NaN)).toBe(1);
    expect(f('pow', -1, Infinity)).toBe(1);
    expect(f('pow', NaN, 0)).toBe(1);
    expect(f('pow', -8, 1 / 3)).toBeNaN();
    expect(f('pow', -2, 3)).toBe(-8);
  });

  test('where, sigmoid, rsqrt, fmod', () => {
    expect(f('where', 1, 2, 3)).toBe(2);
    expect(f('where', 0, 2, 3)).toBe(3);
    expect([0, -1000, 1000].map((x) => f('sigmoid', x))).toEqual([0.5, 0, 1]);
    expect(f('rsqrt', 4)).toBe(0.5);
    expect(f('fmod', -7.5, 2)).toBe(-1.5);
  });
});

describe('casts', () => {
  test('float to integer truncates and saturates; NaN gives 0', () => {
    const cases: [number, DType, Value][] = [
      [-1.9, 'int32', -1],
      [1e10, 'int32', 2147483647],
      [-1e10, 'int32', -2147483648],
      [NaN, 'int32', 0],
      [-1, 'uint8', 0],
      [300, 'uint8', 255],
      [Infinity, 'int64', 2n ** 63n - 1n],
      [-Infinity, 'int64', -(2n ** 63n)],
      [NaN, 'int64', 0n],
      [2.5, 'int64', 2n],
      [-0.5, 'int32', 0],
      [NaN, 'bool', 1],
      [0.1, 'bool', 1],
      [-0, 'bool', 0],
    ];
    for (const [value, to, expected] of cases)
      expect(convert(value, 'float32', to), `${value} to ${to}`).toBe(expected);
  });

  test('integer to integer wraps', () => {
    expect(convert(300, 'int32', 'uint8')).toBe(44);
    expect(convert(-1, 'int32', 'uint32')).toBe(4294967295);
    expect(convert(2n ** 40n + 5n, 'int64', 'int32')).toBe(5);
    expect(convert(-1, 'int8', 'int64')).toBe(-1n);
    expect(convert(256, 'int32', 'bool')).toBe(1);
  });

  test('integer to float rounds once', () => {
    expect(convert(16777217, 'int32', 'float32')).toBe(16777216);
    expect(convert(2n ** 62n + 1n, 'int64', 'float64')).toBe(2 ** 62);
    // Through float64 this would round to a tie first and then the wrong way.
    const justAboveTie = 2n ** 60n + 2n ** 36n + 1n;
    expect(convert(justAboveTie, 'int64', 'float32')).toBe(2 ** 60 + 2 ** 37);
    expect(convert(-justAboveTie, 'int64', 'float32')).toBe(-(2 ** 60) - 2 ** 37);
    expect(convert(2n ** 60n + 2n ** 36n, 'int64', 'float32')).toBe(2 ** 60);
  });

  test('halves round to nearest even', () => {
    expect(roundTo(1 / 3, 'float16')).toBe(0.333251953125);
    expect(roundTo(1 / 3, 'bfloat16')).toBe(0.333984375);
    expect(roundTo(1e6, 'float16')).toBe(Infinity);
    expect(roundTo(5n, 'int64')).toBe(5n);
  });

  test('bitcast keeps bits', () => {
    expect(bitcast(1, 'float32', 'uint32')).toBe(0x3f800000);
    expect(bitcast(-0, 'float32', 'int32')).toBe(-2147483648);
    expect(bitcast(0x7f800000, 'uint32', 'float32')).toBe(Infinity);
    expect(bitcast(1, 'float64', 'int64')).toBe(0x3ff0000000000000n);
    expect(bitcast(0x3c00, 'int16', 'float16')).toBe(1);
    expect(bitcast(1, 'bfloat16', 'int16')).toBe(0x3f80);
    expect(bitcast(-1, 'int8', 'uint8')).toBe(255);
    expect(bitcast(7, 'uint8', 'bool')).toBe(1);
  });

  test('elements of typed arrays stand for values', () => {
    for (const dtype of dtypeNames) {
      const value = dtype === 'int64' ? 1n : 1;
      expect(decode(encode(value, dtype), dtype)).toBe(value);
      if (isFloat(dtype)) expect(decode(encode(-1.5, dtype), dtype)).toBe(-1.5);
    }
    expect(encode(1, 'float16')).toBe(0x3c00);
  });
});
