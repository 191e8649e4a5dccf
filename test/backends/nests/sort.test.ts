import { describe, expect, test } from 'vitest';
import {
  bfloat16FromBits,
  bfloat16ToBits,
  dtypes,
  float16FromBits,
  float16ToBits,
  type DType,
  type TypedArray,
} from '../../../src/core/index.js';
import type { OpaqueNest } from '../../../src/loops/index.js';
import { onEachBackend } from '../each-backend.js';
import { array, buffer } from '../harness.js';

const sort = (
  op: 'sort' | 'argsort',
  dtype: DType,
  descending: boolean,
  outer: number,
  size: number,
  inner: number,
): OpaqueNest => ({
  kind: 'opaque',
  name: 'sort',
  comment: [],
  op,
  outer,
  size,
  inner,
  descending,
  input: 0,
  output: 1,
  buffers: [
    buffer('x', dtype, outer * size * inner),
    buffer('out', op === 'sort' ? dtype : 'int32', outer * size * inner, 'write'),
  ],
});

/** Numbers of few values, so that many are equal; floats have NaN, infinities and zeros of both signs among them. */
function numbers(dtype: DType, length: number): number[] {
  const { kind, signed } = dtypes[dtype];
  const odd = [NaN, -0, 0, Infinity, -Infinity, NaN];
  return Array.from({ length }, (_, i) => {
    const n = Math.imul(i + 1, 0x9e3779b1) >>> 8;
    if (kind === 'bool') return n % 2;
    if (kind === 'float' && n % 11 === 0) return odd[n % 6]!;
    return (n % 90) - (signed ? 45 : 0);
  });
}

const toHalf: Partial<Record<DType, (value: number) => number>> = {
  float16: float16ToBits,
  bfloat16: bfloat16ToBits,
};
const fromHalf: Partial<Record<DType, (bits: number) => number>> = {
  float16: float16FromBits,
  bfloat16: bfloat16FromBits,
};
const packed = (dtype: DType, values: readonly number[]): TypedArray =>
  array(dtype, toHalf[dtype] ? values.map(toHalf[dtype]) : values);
const unpacked = (dtype: DType, given: TypedArray): number[] => {
  const values = Array.from(given as Float32Array);
  return fromHalf[dtype] ? values.map(fromHalf[dtype]) : values;
};

/** Positions along the middle axis in order, by JavaScript's stable sort. */
function orderOf(
  values: readonly number[],
  descending: boolean,
  outer: number,
  size: number,
  inner: number,
): number[] {
  const order = new Array<number>(values.length);
  const compare = (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a < b ? -1 : Number(a > b);
  };
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (j: number): number => (o * size + j) * inner + i;
      const line = Array.from({ length: size }, (_, j) => j);
      line.sort((a, b) => (descending ? -1 : 1) * compare(values[at(a)]!, values[at(b)]!));
      line.forEach((from, to) => (order[at(to)] = from));
    }
  }
  return order;
}

onEachBackend(
  (run) => {
    /** Sorts numbers on the backend, and expects what JavaScript makes of them, to the sign of a zero. */
    async function expectSorted(dtype: DType, outer: number, size: number, inner: number): Promise<void> {
      const x = packed(dtype, numbers(dtype, outer * size * inner));
      const values = unpacked(dtype, x);
      for (const descending of [false, true]) {
        const order = orderOf(values, descending, outer, size, inner);
        const found = await run(sort('argsort', dtype, descending, outer, size, inner), [x]);
        expect([...found.outputs[0]!]).toEqual(order);
        const sorted = await run(sort('sort', dtype, descending, outer, size, inner), [x]);
        const expected = order.map((from, at) => {
          const first = Math.floor(at / (size * inner)) * size * inner + (at % inner);
          return values[first + from * inner]!;
        });
        expect(unpacked(dtype, sorted.outputs[0]!)).toEqual(expected);
      }
    }

    describe('long lines', () => {
      test.each([
        [1, 255, 1],
        [2, 256, 1],
        [3, 257, 1],
        [1, 512, 2],
        [2, 513, 3],
        [3, 1000, 1],
        [1, 4097, 1],
        [2, 1025, 5],
      ])('%i x %i x %i', (outer, size, inner) => expectSorted('float32', outer, size, inner));

      test.each<DType>(['float16', 'bfloat16', 'int32', 'uint32', 'int16', 'int8', 'uint8', 'bool'])(
        'of %s',
        (dtype) => expectSorted(dtype, 1, 777, 3),
      );

      test('of integers at the ends of their range', async () => {
        const wide = Array.from({ length: 700 }, (_, i) => [5, 2 ** 31 - 1, 0, -(2 ** 31), -1][i % 5]!);
        for (const [dtype, values] of [
          ['int32', wide],
          ['uint32', wide.map((value) => value >>> 0)],
        ] as const) {
          const { outputs } = await run(sort('sort', dtype, false, 1, 700, 1), [array(dtype, values)]);
          expect([...outputs[0]!]).toEqual(values.toSorted((a, b) => a - b));
        }
      });
    });

    test('sort is stable, NaN greatest, along any axis', async () => {
      const x = Float32Array.of(3, NaN, -1, 3, -Infinity, 0, -0, NaN);
      const sorted = async (descending: boolean) => [
        ...(await run(sort('sort', 'float32', descending, 1, 8, 1), [x])).outputs[0]!,
      ];
      const order = async (descending: boolean) => [
        ...(await run(sort('argsort', 'float32', descending, 1, 8, 1), [x])).outputs[0]!,
      ];
      expect(await sorted(false)).toEqual([-Infinity, -1, 0, -0, 3, 3, NaN, NaN]);
      expect(await order(false)).toEqual([4, 2, 5, 6, 0, 3, 1, 7]);
      expect(await order(true)).toEqual([1, 7, 0, 3, 5, 6, 2, 4]);
      const grid = Uint8Array.of(3, 1, 2, 2, 1, 3, 9, 0, 8, 1, 7, 2);
      expect([...(await run(sort('sort', 'uint8', false, 2, 3, 2), [grid])).outputs[0]!]).toEqual([
        1, 1, 2, 2, 3, 3, 7, 0, 8, 1, 9, 2,
      ]);
    });

    test('large integers are compared exactly', async () => {
      const big = array('int64', [5n, -9007199254740993n, -9007199254740992n]);
      expect([...(await run(sort('argsort', 'int64', false, 1, 3, 1), [big])).outputs[0]!]).toEqual([
        1, 2, 0,
      ]);
    });
  },
  { cut: true },
);
