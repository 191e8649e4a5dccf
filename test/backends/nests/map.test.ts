import { expect, test } from 'vitest';
import {
  addIndex,
  constantIndex,
  divIndex,
  modIndex,
  scaleIndex,
  type MapNest,
} from '../../../src/loops/index.js';
import { onEachBackend } from '../each-backend.js';
import { array, at, axes, buffer, compute, constant, flat, load, random } from '../harness.js';

const map = (nest: Omit<MapNest, 'kind' | 'name' | 'comment'>): MapNest => ({
  kind: 'map',
  name: 'kernel',
  comment: [],
  ...nest,
});

onEachBackend(
  (run) => {
    test('transposed and broadcast reads', async () => {
      const [i, j] = axes(3, 4) as [ReturnType<typeof axes>[0], ReturnType<typeof axes>[0]];
      const [x, bias] = [random(12), random(3)];
      const { outputs } = await run(
        map({
          buffers: [
            buffer('x', 'float32', 12),
            buffer('bias', 'float32', 3),
            buffer('out', 'float32', 12, 'write'),
          ],
          axes: [i, j],
          body: [
            load(0, 0, flat([j, i])),
            load(1, 1, at(i)),
            compute(2, 'exp', [1]),
            compute(3, 'add', [0, 2]),
          ],
          stores: [{ buffer: 2, index: flat([i, j]), value: 3 }],
        }),
        [x, bias],
      );
      for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 4; c++)
          expect(outputs[0]![r * 4 + c]).toBeCloseTo(x[c * 3 + r]! + Math.exp(bias[r]!), 5);
      }
    });

    test('negative strides, masks and fills', async () => {
      const over = axes(7);
      const i = at(over[0]!);
      const moved = addIndex(i, constantIndex(-2));
      const reversed = addIndex(scaleIndex(moved, -1), constantIndex(3));
      const { outputs } = await run(
        map({
          buffers: [
            buffer('x', 'float32', 4),
            buffer('out', 'float32', 7, 'write'),
            buffer('parity', 'bool', 7, 'write'),
          ],
          axes: over,
          body: [
            load(0, 0, reversed, { masks: [{ expr: moved, lo: 0, hi: 4 }], fill: -1 }),
            constant(1, 5),
            {
              id: 2,
              kind: 'guard',
              masks: [{ expr: modIndex(i, 3), lo: 0, hi: 1 }],
              value: 0,
              otherwise: 1,
              dtype: 'float32',
            },
            { id: 3, kind: 'index', expr: divIndex(i, 2), dtype: 'float32' },
            compute(4, 'add', [2, 3]),
            compute(5, 'lt', [3, 2], { dtype: 'bool' }),
          ],
          stores: [
            { buffer: 1, index: i, value: 4 },
            { buffer: 2, index: i, value: 5 },
          ],
        }),
        [Float32Array.of(10, 20, 30, 40)],
      );
      expect([...outputs[0]!]).toEqual([-1, 5, 6, 31, 7, 7, 2]);
      expect([...outputs[1]!]).toEqual([0, 1, 1, 1, 1, 1, 0]);
    });

    test.each(['int32', 'int64'] as const)('floor division and remainder below zero, as %s', async (wide) => {
      const over = axes(9);
      const moved = addIndex(at(over[0]!), constantIndex(-5));
      const { outputs } = await run(
        map({
          buffers: [
            buffer('q', 'int32', 9, 'write'),
            buffer('r', 'int32', 9, 'write'),
            buffer('wide', wide, 9, 'write'),
          ],
          axes: over,
          body: [
            { id: 0, kind: 'index', expr: divIndex(moved, 3), dtype: 'int32' },
            { id: 1, kind: 'index', expr: modIndex(moved, 3), dtype: 'int32' },
            { id: 2, kind: 'index', expr: modIndex(moved, 4), dtype: wide },
          ],
          stores: [0, 1, 2].map((n) => ({ buffer: n, index: at(over[0]!), value: n })),
        }),
        [],
      );
      const values = Array.from({ length: 9 }, (_, i) => i - 5);
      expect([...outputs[0]!]).toEqual(values.map((v) => Math.floor(v / 3)));
      expect([...outputs[1]!]).toEqual(values.map((v) => v - 3 * Math.floor(v / 3)));
      expect(Array.from<number | bigint, number>(outputs[2]!, Number)).toEqual(
        values.map((v) => v - 4 * Math.floor(v / 4)),
      );
    });

    test.each(['int32', 'int64', 'uint8'] as const)(
      'gather by %s: bad indices give the fill and are reported once',
      async (dtype) => {
        const [i, j] = axes(4, 3) as [ReturnType<typeof axes>[0], ReturnType<typeof axes>[0]];
        const bad = dtype === 'uint8' ? 200 : -1;
        const indices = [2, bad, 0, 5].map((v) => (dtype === 'int64' ? BigInt(v) : v));
        const nest = map({
          buffers: [
            buffer('table', 'float32', 9),
            buffer('index', dtype, 4),
            buffer('out', 'float32', 12, 'write'),
          ],
          axes: [i, j],
          body: [
            load(0, 1, at(i), { dtype }),
            load(1, 0, at(j), { indirect: [{ id: 0, coeff: 3, bound: 3, check: 6 }], fill: 0 }),
          ],
          stores: [{ buffer: 2, index: flat([i, j]), value: 1 }],
        });
        const table = Float32Array.from({ length: 9 }, (_, k) => k + 1);
        const { outputs, failure } = await run(nest, [table, array(dtype, indices)]);
        expect([...outputs[0]!]).toEqual([7, 8, 9, 0, 0, 0, 1, 2, 3, 0, 0, 0]);
        expect(failure).toEqual([7, bad, 1]);
      },
    );

    test.each(['bool', 'int8', 'uint8', 'int16', 'float16', 'bfloat16'] as const)(
      '%s: neighbours of a word are written apart',
      async (dtype) => {
        // Seven columns are no whole vectors, 400 are.
        for (const columns of [7, 400]) {
          const [i, j] = axes(3, columns) as [ReturnType<typeof axes>[0], ReturnType<typeof axes>[0]];
          const values = Array.from({ length: 3 * columns }, (_, k) =>
            dtype === 'bool' ? k % 2 : (k * 37) % 101,
          );
          const { outputs } = await run(
            map({
              buffers: [buffer('x', dtype, values.length), buffer('out', dtype, values.length, 'write')],
              axes: [i, j],
              body: [load(0, 0, flat([i, j]), { dtype })],
              stores: [{ buffer: 1, index: flat([i, j]), value: 0 }],
            }),
            [array(dtype, values)],
          );
          expect([...outputs[0]!]).toEqual(values);
        }
      },
    );

    test('an update in place reads before it writes', async () => {
      const over = axes(4);
      const i = at(over[0]!);
      const cell = Float32Array.of(1, 2, 3, 4);
      await run(
        map({
          buffers: [
            buffer('p', 'float32', 4),
            buffer('half', 'float32', 4, 'write'),
            buffer('p_new', 'float32', 4, 'write'),
          ],
          axes: over,
          body: [
            load(0, 0, i),
            constant(1, 2),
            compute(2, 'mul', [0, 1]),
            constant(3, 0.5),
            compute(4, 'mul', [0, 3]),
          ],
          stores: [
            { buffer: 2, index: i, value: 2 },
            { buffer: 1, index: i, value: 4 },
          ],
        }),
        [],
        { buffers: [0, 2], content: cell },
      );
      expect([...cell]).toEqual([2, 4, 6, 8]);
    });

    test('scalars and empty extents', async () => {
      const body = [load(0, 0)];
      const scalar = map({
        buffers: [buffer('x', 'float32', 1), buffer('out', 'float32', 1, 'write')],
        axes: [],
        body,
        stores: [{ buffer: 1, index: constantIndex(0), value: 0 }],
      });
      expect([...(await run(scalar, [Float32Array.of(3)])).outputs[0]!]).toEqual([3]);
      const none = axes(0, 3);
      const empty = map({
        buffers: [buffer('x', 'float32', 0), buffer('out', 'float32', 0, 'write')],
        axes: none,
        body: [load(0, 0, flat(none))],
        stores: [{ buffer: 1, index: flat(none), value: 0 }],
      });
      expect((await run(empty, [new Float32Array(0)])).outputs[0]).toHaveLength(0);
    });

    test('names that are reserved or meet twice', async () => {
      const over = axes(2);
      const { outputs } = await run(
        map({
          buffers: [
            buffer('class', 'float32', 2),
            buffer('class', 'float32', 2),
            buffer('sums', 'float32', 2),
            buffer('exp', 'float32', 2, 'write'),
          ],
          axes: over,
          body: [
            load(0, 0, flat(over)),
            load(1, 1, flat(over)),
            load(2, 2, flat(over)),
            compute(3, 'add', [0, 1]),
            compute(4, 'exp', [2]),
            compute(5, 'mul', [3, 4]),
          ],
          stores: [{ buffer: 3, index: flat(over), value: 5 }],
        }),
        [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(0, 0)],
      );
      expect([...outputs[0]!]).toEqual([4, 6]);
    });
  },
  { cut: true },
);
