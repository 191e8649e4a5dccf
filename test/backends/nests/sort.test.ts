import { expect, test } from 'vitest';
import type { OpaqueNest } from '../../../src/loops/index.js';
import { onEachBackend } from '../each-backend.js';
import { array, buffer } from '../harness.js';

const sort = (
  op: 'sort' | 'argsort',
  dtype: 'float32' | 'int64' | 'uint8',
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

onEachBackend(
  (run) => {
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
