import { describe, expect, test } from 'vitest';
import type { DType } from '../../../src/core/index.js';
import {
  addIndex,
  constantIndex,
  scaleIndex,
  type Combine,
  type RowNest,
  type Stage,
} from '../../../src/loops/index.js';
import { onEachBackend } from '../each-backend.js';
import {
  array,
  at,
  axes,
  buffer,
  compute,
  constant,
  emptyStage,
  flat,
  load,
  nothing,
  random,
} from '../harness.js';

type Axis = ReturnType<typeof axes>[number];
const row = (nest: Partial<RowNest> & Pick<RowNest, 'buffers' | 'rows' | 'inner' | 'stages'>): RowNest => ({
  kind: 'row',
  name: 'kernel',
  comment: [],
  scratch: [],
  setup: [],
  accumulators: [],
  finishColumns: nothing,
  finishTotals: nothing,
  ...nest,
});
const stage = (part: Partial<Stage>): Stage => ({ ...emptyStage, ...part });
const close = (got: ArrayLike<number | bigint>, want: ArrayLike<number>, digits = 5): void => {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(Number(got[i])).toBeCloseTo(want[i]!, digits);
};

onEachBackend(
  (run, { subgroups }) => {
    describe.each([
      ['rows contiguous in themselves', false],
      ['neighbouring rows side by side', true],
    ])('%s', (_, transposed) => {
      const place = (r: Axis, c: Axis) => (transposed ? flat([c, r]) : flat([r, c]));
      const get = (x: ArrayLike<number>, r: number, c: number, rows: number, columns: number): number =>
        x[transposed ? c * rows + r : r * columns + c]!;

      test.each([
        [5, 3],
        [13, 70],
        [600, 9],
      ])('softmax %i x %i', async (rows, columns) => {
        const [r, c] = axes(rows, columns) as [Axis, Axis];
        const x = random(rows * columns, 4);
        const { outputs } = await run(
          row({
            buffers: [
              buffer('x', 'float32', x.length),
              buffer('out', 'float32', x.length, 'write'),
              buffer('log', 'float32', rows, 'write'),
            ],
            rows: [r],
            inner: [c],
            stages: [
              stage({
                body: [load(0, 0, place(r, c))],
                reduces: [{ id: 1, combine: 'max', value: 0, dtype: 'float32' }],
              }),
              stage({
                body: [load(2, 0, place(r, c)), compute(3, 'sub', [2, 1]), compute(4, 'exp', [3])],
                reduces: [{ id: 5, combine: 'sum', value: 4, dtype: 'float32' }],
              }),
              stage({
                rowBody: [constant(12, 1), compute(10, 'div', [12, 5]), compute(11, 'log', [5])],
                rowStores: [{ buffer: 2, index: at(r), value: 11 }],
                body: [
                  load(6, 0, place(r, c)),
                  compute(7, 'sub', [6, 1]),
                  compute(8, 'exp', [7]),
                  compute(9, 'mul', [8, 10]),
                ],
                stores: [{ buffer: 1, index: place(r, c), value: 9 }],
              }),
            ],
          }),
          [x],
        );
        for (let i = 0; i < rows; i++) {
          const line = Array.from({ length: columns }, (_, j) => get(x, i, j, rows, columns));
          const top = Math.max(...line);
          const sum = line.reduce((total, v) => total + Math.exp(v - top), 0);
          expect(outputs[1]![i]).toBeCloseTo(Math.log(sum), 5);
          line.forEach((v, j) =>
            expect(get(outputs[0] as Float32Array, i, j, rows, columns)).toBeCloseTo(
              Math.exp(v - top) / sum,
              6,
            ),
          );
        }
      });

      test.each(['sum', 'prod', 'max', 'min', 'argmax', 'argmin'] as Combine[])(
        '%s over the row',
        async (combine) => {
          const [rows, columns] = [9, 37];
          const [r, c] = axes(rows, columns) as [Axis, Axis];
          const x = random(rows * columns, 1.5);
          const positions = combine.startsWith('arg');
          const dtype = positions ? 'int32' : 'float32';
          const { outputs } = await run(
            row({
              buffers: [buffer('x', 'float32', x.length), buffer('out', dtype, rows, 'write')],
              rows: [r],
              inner: [c],
              stages: [
                stage({
                  body: [load(0, 0, place(r, c))],
                  reduces: [
                    {
                      id: 1,
                      combine,
                      value: 0,
                      dtype,
                      ...(positions ? { position: at(c), of: 'float32' } : {}),
                    },
                  ],
                }),
                stage({ rowStores: [{ buffer: 1, index: at(r), value: 1 }] }),
              ],
            }),
            [x],
          );
          const expected = Array.from({ length: rows }, (_, i) => {
            const line = Array.from({ length: columns }, (_, j) => get(x, i, j, rows, columns));
            const of: Record<Combine, () => number> = {
              sum: () => line.reduce((a, b) => a + b, 0),
              prod: () => line.reduce((a, b) => a * b, 1),
              max: () => Math.max(...line),
              min: () => Math.min(...line),
              argmax: () => line.indexOf(Math.max(...line)),
              argmin: () => line.indexOf(Math.min(...line)),
            };
            return of[combine]();
          });
          close(outputs[0]!, expected);
        },
      );
    });

    test('NaN wins every extreme, and the first of equals is reported', async () => {
      const [r, c] = axes(3, 4) as [Axis, Axis];
      const x = Float32Array.of(1, NaN, 5, NaN, 2, 2, 2, 2, -Infinity, -Infinity, -Infinity, -Infinity);
      const { outputs } = await run(
        row({
          buffers: [
            buffer('x', 'float32', 12),
            buffer('top', 'float32', 3, 'write'),
            buffer('at', 'int32', 3, 'write'),
          ],
          rows: [r],
          inner: [c],
          stages: [
            stage({
              body: [load(0, 0, flat([r, c]))],
              reduces: [
                { id: 1, combine: 'max', value: 0, dtype: 'float32' },
                { id: 2, combine: 'argmax', value: 0, dtype: 'int32', of: 'float32', position: at(c) },
              ],
            }),
            stage({
              rowStores: [
                { buffer: 1, index: at(r), value: 1 },
                { buffer: 2, index: at(r), value: 2 },
              ],
            }),
          ],
        }),
        [x],
      );
      expect([...outputs[0]!]).toEqual([NaN, 2, -Infinity]);
      expect([...outputs[1]!]).toEqual([1, 0, 0]);
    });

    test('scratch, scale and bias gradients as column accumulators, a total', async () => {
      const [rows, columns] = [6, 5];
      const [r, c] = axes(rows, columns) as [Axis, Axis];
      const [x, scale] = [random(30), random(5)];
      const { outputs } = await run(
        row({
          buffers: [
            buffer('x', 'float32', 30),
            buffer('scale', 'float32', 5),
            buffer('out', 'float32', 30, 'write'),
            buffer('column', 'float32', 5, 'write'),
            buffer('mean', 'float32', 1, 'write'),
          ],
          rows: [r],
          inner: [c],
          scratch: ['float32'],
          setup: [constant(20, rows)],
          stages: [
            stage({
              body: [load(0, 0, flat([r, c])), compute(1, 'exp', [0])],
              reduces: [{ id: 2, combine: 'sum', value: 1, dtype: 'float32' }],
              keeps: [{ slot: 0, value: 1 }],
            }),
            stage({
              rowBody: [compute(3, 'log', [2])],
              body: [
                { id: 4, kind: 'scratch', slot: 0, dtype: 'float32' },
                compute(5, 'div', [4, 2]),
                load(6, 1, at(c)),
                compute(7, 'mul', [5, 6]),
              ],
              stores: [{ buffer: 2, index: flat([r, c]), value: 7 }],
            }),
          ],
          accumulators: [
            { id: 8, scope: 'column', stage: 1, combine: 'sum', value: 5, dtype: 'float32' },
            { id: 9, scope: 'total', stage: 1, combine: 'sum', value: 3, dtype: 'float32' },
          ],
          finishColumns: {
            body: [load(10, 1, at(c)), compute(11, 'mul', [8, 10])],
            stores: [{ buffer: 3, index: at(c), value: 11 }],
          },
          finishTotals: {
            body: [compute(12, 'div', [9, 20])],
            stores: [{ buffer: 4, index: constantIndex(0), value: 12 }],
          },
        }),
        [x, scale],
      );
      const sums = Array.from({ length: rows }, (_, i) =>
        Array.from(x.slice(i * columns, (i + 1) * columns)).reduce((s, v) => s + Math.exp(v), 0),
      );
      const soft = Array.from(x, (v, i) => Math.exp(v) / sums[Math.floor(i / columns)]!);
      close(
        outputs[0]!,
        soft.map((v, i) => v * scale[i % columns]!),
      );
      close(
        outputs[1]!,
        Array.from(
          { length: columns },
          (_, j) => scale[j]! * soft.filter((_, i) => i % columns === j).reduce((a, b) => a + b, 0),
        ),
      );
      close(outputs[2]!, [sums.reduce((s, v) => s + Math.log(v), 0) / rows]);
    });

    test.each([
      ['sum', false],
      ['prod', false],
      ['max', true],
      ['min', true],
    ] as const)('running %s, reverse: %s', async (combine, reverse) => {
      const [r, c] = axes(3, 6) as [Axis, Axis];
      const x = random(18, 2);
      const { outputs } = await run(
        row({
          buffers: [
            buffer('x', 'float32', 18),
            buffer('out', 'float32', 18, 'write'),
            buffer('twice', 'float32', 18, 'write'),
          ],
          rows: [r],
          inner: [c],
          stages: [
            stage({
              body: [load(0, 0, flat([r, c])), constant(2, 2), compute(3, 'mul', [1, 2])],
              scans: [{ id: 1, combine, value: 0, dtype: 'float32' }],
              reverse,
              stores: [
                { buffer: 1, index: flat([r, c]), value: 1 },
                { buffer: 2, index: flat([r, c]), value: 3 },
              ],
            }),
          ],
        }),
        [x],
      );
      const step = {
        sum: (a: number, b: number) => a + b,
        prod: (a: number, b: number) => a * b,
        max: Math.max,
        min: Math.min,
      }[combine];
      const expected = new Array<number>(18);
      for (let i = 0; i < 3; i++) {
        let so = { sum: 0, prod: 1, max: -Infinity, min: Infinity }[combine];
        for (let n = 0; n < 6; n++)
          expected[i * 6 + (reverse ? 5 - n : n)] = so = step(so, x[i * 6 + (reverse ? 5 - n : n)]!);
      }
      close(outputs[0]!, expected);
      close(
        outputs[1]!,
        expected.map((v) => 2 * v),
      );
    });

    test.each([
      ['int32', [2147483647, 1, 5], 'sum', [-2147483643]],
      ['int64', [9007199254740993n, 2n, 1n], 'sum', [9007199254740996n]],
      ['uint8', [200, 100, 3], 'sum', [47]],
      ['bool', [0, 1, 0], 'max', [1]],
      ['bool', [1, 1, 0], 'min', [0]],
      ['int64', [3n, -7n, 5n], 'min', [-7n]],
      ['int8', [-128, 5, 100], 'max', [100]],
    ] as const)('%s wraps and compares as itself', async (dtype, values, combine, expected) => {
      const [c] = axes(3) as [Axis];
      const { outputs } = await run(
        row({
          buffers: [buffer('x', dtype, 3), buffer('out', dtype, 1, 'write')],
          rows: [],
          inner: [c],
          stages: [
            stage({ body: [load(0, 0, at(c), { dtype })], reduces: [{ id: 1, combine, value: 0, dtype }] }),
            stage({ rowStores: [{ buffer: 1, index: constantIndex(0), value: 1 }] }),
          ],
        }),
        [array(dtype, values)],
      );
      expect([...outputs[0]!]).toEqual(expected);
    });

    test('several inner axes, a masked window: the position of a maximum pool', async () => {
      const [y, u, v] = axes(4, 2, 3) as [Axis, Axis, Axis];
      const column = addIndex(addIndex(at(y), at(v)), constantIndex(-1));
      const x = random(8);
      const { outputs } = await run(
        row({
          buffers: [buffer('x', 'float32', 8), buffer('at', 'int32', 4, 'write')],
          rows: [y],
          inner: [u, v],
          stages: [
            stage({
              body: [
                load(0, 0, addIndex(scaleIndex(at(u), 4), column), {
                  masks: [{ expr: column, lo: 0, hi: 4 }],
                  fill: -Infinity,
                }),
              ],
              reduces: [
                {
                  id: 1,
                  combine: 'argmax',
                  value: 0,
                  dtype: 'int32',
                  of: 'float32',
                  position: addIndex(scaleIndex(at(u), 3), at(v)),
                },
              ],
            }),
            stage({ rowStores: [{ buffer: 1, index: at(y), value: 1 }] }),
          ],
        }),
        [x],
      );
      for (let i = 0; i < 4; i++) {
        const window = [0, 1].flatMap((a) =>
          [0, 1, 2].map((b) => (i + b - 1 >= 0 && i + b - 1 < 4 ? x[a * 4 + i + b - 1]! : -Infinity)),
        );
        expect(outputs[0]![i]).toBe(window.indexOf(Math.max(...window)));
      }
    });

    test.each<[Combine, DType]>([
      ['sum', 'float32'],
      ['prod', 'float32'],
      ['max', 'float32'],
      ['min', 'float32'],
      ['argmax', 'float32'],
      ['argmin', 'float32'],
      ['sum', 'int8'],
      ['prod', 'int32'],
      ['max', 'uint32'],
      ['argmin', 'int32'],
      ['sum', 'bool'],
      ['prod', 'bool'],
      ['argmax', 'bool'],
    ])('%s of %s over long rows', async (combine, of) => {
      const [rows, columns] = [5, 700];
      const [r, c] = axes(rows, columns) as [Axis, Axis];
      // Small whole numbers, whose sums and products are exact in any order.
      const small = (j: number): number =>
        combine === 'prod' ? (j % 5 === 0 ? -1 : 1) : ((j * 37) % 23) - 7;
      const lines = [
        small,
        (j: number) => (j === 611 ? 40 : j === 77 ? -40 : 1),
        (j: number) => (j % 3 === 0 ? -0 : 0),
        () => 1,
        (j: number) => (of === 'float32' && j >= 300 && j % 100 === 99 ? NaN : small(j)),
      ].map((value) => {
        const values = Array.from({ length: columns }, (_, j) => value(j));
        return array(of, of === 'bool' ? values.map((each) => Number(each > 0)) : values) as Float32Array;
      });
      const x = array(
        of,
        lines.flatMap((line) => [...line]),
      );
      const positions = combine.startsWith('arg');
      const dtype = positions ? 'int32' : of;
      const nest = row({
        buffers: [buffer('x', of, x.length), buffer('out', dtype, rows, 'write')],
        rows: [r],
        inner: [c],
        stages: [
          stage({
            body: [load(0, 0, flat([r, c]), { dtype: of })],
            reduces: [{ id: 1, combine, value: 0, dtype, ...(positions ? { position: at(c), of } : {}) }],
          }),
          stage({ rowStores: [{ buffer: 1, index: at(r), value: 1 }] }),
        ],
      });
      const extreme = (line: Float32Array, how: 'max' | 'min'): number =>
        line.reduce((a, b) => Math[how](a, b));
      const results: Record<Combine, (line: Float32Array) => number> = {
        sum: (line) => (of === 'bool' ? Number(line.includes(1)) : line.reduce((a, b) => a + b, 0)),
        prod: (line) => line.reduce((a, b) => a * b, 1),
        max: (line) => extreme(line, 'max'),
        min: (line) => extreme(line, 'min'),
        argmax: (line) => line.findIndex((each) => each === extreme(line, 'max') || Number.isNaN(each)),
        argmin: (line) => line.findIndex((each) => each === extreme(line, 'min') || Number.isNaN(each)),
      };
      const { outputs } = await run(nest, [x]);
      expect(outputs[0]).toEqual(array(dtype, lines.map(results[combine])));
    });

    test('sums of one row are the same bits in every run', async () => {
      const [r, c] = axes(64, 1000) as [Axis, Axis];
      const nest = row({
        buffers: [buffer('x', 'float32', 64_000), buffer('out', 'float32', 64, 'write')],
        rows: [r],
        inner: [c],
        stages: [
          stage({
            body: [load(0, 0, at(c))],
            reduces: [{ id: 1, combine: 'sum', value: 0, dtype: 'float32' }],
          }),
          stage({ rowStores: [{ buffer: 1, index: at(r), value: 1 }] }),
        ],
      });
      const x = random(64_000);
      const runs = await Promise.all([1, 2, 3].map(() => run(nest, [x])));
      expect(new Set(runs.flatMap(({ outputs }) => [...outputs[0]!])).size).toBe(1);
      expect(runs[0]!.source.includes('enable subgroups')).toBe(subgroups);
    });

    test('no rows at all: totals are their identity', async () => {
      const [r, c] = axes(0, 3) as [Axis, Axis];
      const { outputs } = await run(
        row({
          buffers: [buffer('x', 'float32', 0), buffer('out', 'float32', 1, 'write')],
          rows: [r],
          inner: [c],
          stages: [
            stage({
              body: [load(0, 0, flat([r, c]))],
              reduces: [{ id: 1, combine: 'sum', value: 0, dtype: 'float32' }],
            }),
            stage({}),
          ],
          accumulators: [{ id: 2, scope: 'total', stage: 1, combine: 'sum', value: 1, dtype: 'float32' }],
          finishTotals: { body: [], stores: [{ buffer: 1, index: constantIndex(0), value: 2 }] },
        }),
        [new Float32Array(0)],
      );
      expect([...outputs[0]!]).toEqual([0]);
    });
  },
  { gpu: true, cut: true },
);
