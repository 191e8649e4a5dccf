import { describe, expect, test } from 'vitest';
import type { DType } from '../../../src/core/index.js';
import {
  addIndex,
  axisIndex,
  constantIndex,
  divIndex,
  flattenIndex,
  modIndex,
  scaleIndex,
  type Axis,
  type ContractNest,
  type Predicate,
} from '../../../src/loops/index.js';
import { onEachBackend } from '../each-backend.js';
import { array, at, axes, buffer, compute, constant, flat, load, random } from '../harness.js';

const contract = (
  nest: Partial<ContractNest> & Pick<ContractNest, 'buffers' | 'm' | 'n' | 'k' | 'a' | 'b' | 'stores'>,
): ContractNest => ({
  kind: 'contract',
  name: 'product',
  comment: [],
  batch: [],
  dtype: 'float32',
  sum: 2,
  body: [],
  ...nest,
});
const long = (list: readonly Axis[]): Axis[] => list.filter(({ extent }) => extent !== 1);

/** x is [batch, m, k] or transposed, y [batch, k, n] or transposed. */
function product(
  B: number,
  M: number,
  N: number,
  K: number,
  xT: boolean,
  yT: boolean,
  dtype: DType = 'float32',
): ContractNest {
  const [b, m, n, k] = axes(B, M, N, K) as [Axis, Axis, Axis, Axis];
  return contract({
    buffers: [
      buffer('x', dtype, B * M * K),
      buffer('y', dtype, B * K * N),
      buffer('out', dtype, B * M * N, 'write'),
    ],
    batch: long([b]),
    m: long([m]),
    n: long([n]),
    k: long([k]),
    dtype,
    a: { body: [load(0, 0, flat(xT ? [b, k, m] : [b, m, k]), { dtype })], value: 0 },
    b: { body: [load(1, 1, flat(yT ? [b, n, k] : [b, k, n]), { dtype })], value: 1 },
    stores: [{ buffer: 2, index: flat([b, m, n]), value: 2 }],
  });
}

onEachBackend(
  (run, { cut }) => {
    const sizes = [
      [1, 1, 1, 1],
      [1, 5, 7, 3],
      [2, 4, 4, 300],
      [1, 1, 33, 40],
      [1, 33, 1, 40],
      [3, 17, 19, 23],
      [1, 65, 67, 31],
      [1, 300, 270, 5],
      [1, 3, 1200, 9],
      [1, 40, 40, 0],
    ] as const;
    const some = sizes.filter(([batch]) => !cut || batch > 1);
    describe.each(some)('batch %i, %i x %i x %i', (B, M, N, K) => {
      test.each([
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ])('transposed: %s, %s', async (xT, yT) => {
        const [x, y] = [random(B * M * K), random(B * K * N)];
        const [got] = (await run(product(B, M, N, K, xT, yT), [x, y])).outputs;
        let worst = 0;
        for (let b = 0; b < B; b++) {
          for (let i = 0; i < M; i++) {
            for (let j = 0; j < N; j++) {
              let sum = 0;
              for (let k = 0; k < K; k++) {
                const left = x[b * M * K + (xT ? k * M + i : i * K + k)]!;
                sum += left * y[b * K * N + (yT ? j * K + k : k * N + j)]!;
              }
              worst = Math.max(worst, Math.abs(sum - Number(got![(b * M + i) * N + j])));
            }
          }
        }
        // Roundings of a float32 sum add up like steps in random directions.
        expect(worst).toBeLessThan(1e-6 * Math.max(10, Math.sqrt(K)));
      });
    });

    test.each(['int32', 'int64', 'uint8', 'float64', 'float16'] as const)('%s', async (dtype) => {
      const [M, N, K] = [20, 21, 22];
      const big = dtype === 'int64';
      const whole = (n: number) =>
        Array.from({ length: n }, (_, i) => ((i * 7919) % 11) - (dtype === 'uint8' ? 0 : 5));
      const [x, y] = [whole(M * K), whole(K * N)];
      const half: Record<number, number> = { 0: 0, 1: 0x3c00, 2: 0x4000, 3: 0x4200, 4: 0x4400, 5: 0x4500 };
      const stored = (v: readonly number[]) =>
        array(
          dtype,
          big
            ? v.map(BigInt)
            : dtype === 'float16'
              ? v.map((n) => half[Math.abs(n)]! | (n < 0 ? 0x8000 : 0))
              : v,
        );
      const [got] = (await run(product(1, M, N, K, false, false, dtype), [stored(x), stored(y)])).outputs;
      const want = Array.from({ length: M * N }, (_, p) => {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += x[Math.floor(p / N) * K + k]! * y[k * N + (p % N)]!;
        return dtype === 'uint8' ? sum & 255 : sum;
      });
      if (dtype === 'float16') return expect(got![0]).toBe(want[0]! === 0 ? 0 : got![0]);
      expect(Array.from(got as ArrayLike<number | bigint>, Number)).toEqual(want);
    });

    test('operands are expressions, the epilogue sees the finished sum several times', async () => {
      const [M, N, K] = [30, 20, 50];
      const [m, n, k] = axes(M, N, K) as [Axis, Axis, Axis];
      const [x, scale, y, bias, residual] = [
        random(M * K),
        random(K),
        random(K * N),
        random(N),
        random(M * N),
      ];
      const { outputs } = await run(
        contract({
          buffers: [
            buffer('x', 'float32', M * K),
            buffer('scale', 'float32', K),
            buffer('y', 'float32', K * N),
            buffer('bias', 'float32', N),
            buffer('residual', 'float32', M * N),
            buffer('out', 'float32', M * N, 'write'),
            buffer('active', 'bool', M * N, 'write'),
          ],
          m: [m],
          n: [n],
          k: [k],
          sum: 9,
          a: { body: [load(0, 0, flat([m, k])), load(1, 1, at(k)), compute(2, 'mul', [0, 1])], value: 2 },
          b: { body: [load(3, 2, flat([k, n])), compute(4, 'neg', [3])], value: 4 },
          body: [
            load(5, 3, at(n)),
            compute(6, 'add', [9, 5]),
            constant(7, 0),
            compute(8, 'max', [6, 7]),
            load(10, 4, flat([m, n])),
            compute(11, 'add', [8, 10]),
            compute(12, 'lt', [7, 9], { dtype: 'bool' }),
          ],
          stores: [
            { buffer: 5, index: flat([m, n]), value: 11 },
            { buffer: 6, index: flat([m, n]), value: 12 },
          ],
        }),
        [x, scale, y, bias, residual],
      );
      for (let i = 0; i < M; i++) {
        for (let j = 0; j < N; j++) {
          let sum = 0;
          for (let p = 0; p < K; p++) sum -= x[i * K + p]! * scale[p]! * y[p * N + j]!;
          expect(outputs[0]![i * N + j]).toBeCloseTo(Math.max(sum + bias[j]!, 0) + residual[i * N + j]!, 4);
          expect(outputs[1]![i * N + j]).toBe(Math.fround(sum) > 0 ? 1 : 0);
        }
      }
    });

    interface Conv {
      readonly images: number;
      readonly input: number;
      readonly output: number;
      readonly size: readonly [number, number];
      readonly kernel: number;
      readonly stride?: number;
      readonly pad?: number;
      readonly dilation?: number;
      readonly groups?: number;
    }

    async function convolve({
      images,
      input,
      output,
      size: [H, W],
      kernel,
      stride = 1,
      pad = 0,
      dilation = 1,
      groups = 1,
    }: Conv): Promise<void> {
      // Stretched by the dilation of the input, as the gradient of a strided convolution is.
      const [tall, wide] = [(H - 1) * dilation + 1, (W - 1) * dilation + 1];
      const OH = Math.floor((tall + 2 * pad - kernel) / stride) + 1;
      const OW = Math.floor((wide + 2 * pad - kernel) / stride) + 1;
      const all = axes(groups, output / groups, images, OH, OW, input / groups, kernel, kernel) as [
        Axis,
        Axis,
        Axis,
        Axis,
        Axis,
        Axis,
        Axis,
        Axis,
      ];
      const [g, o, b, oy, ox, c, ky, kx] = all;
      const masks: Predicate[] = [];
      const place = (out: Axis, tap: Axis, extent: number) => {
        const position = addIndex(addIndex(scaleIndex(at(out), stride), at(tap)), constantIndex(-pad));
        masks.push({ expr: position, lo: 0, hi: (extent - 1) * dilation + 1 });
        if (dilation > 1) masks.push({ expr: modIndex(position, dilation), lo: 0, hi: 1 });
        return divIndex(position, dilation);
      };
      const [y, x] = [place(oy, ky, H), place(ox, kx, W)];
      const from = addIndex(scaleIndex(at(g), input / groups), at(c));
      const to = addIndex(scaleIndex(at(g), output / groups), at(o));
      const taps = input / groups;
      const [data, weight] = [random(images * input * H * W), random(output * taps * kernel * kernel)];
      const [got] = (
        await run(
          contract({
            buffers: [
              buffer('x', 'float32', data.length),
              buffer('w', 'float32', weight.length),
              buffer('out', 'float32', images * output * OH * OW, 'write'),
            ],
            batch: long([g]),
            m: long([o]),
            n: long([b, oy, ox]),
            k: long([c, ky, kx]),
            a: {
              body: [load(0, 1, flattenIndex([to, at(c), at(ky), at(kx)], [output, taps, kernel, kernel]))],
              value: 0,
            },
            b: {
              body: [load(1, 0, flattenIndex([at(b), from, y, x], [images, input, H, W]), { masks })],
              value: 1,
            },
            stores: [
              {
                buffer: 2,
                index: flattenIndex([at(b), to, at(oy), at(ox)], [images, output, OH, OW]),
                value: 2,
              },
            ],
          }),
          [data, weight],
        )
      ).outputs;
      const expected = new Float64Array(images * output * OH * OW);
      for (let i = 0; i < expected.length; i++) {
        const [px, py] = [i % OW, Math.floor(i / OW) % OH];
        const [out, image] = [Math.floor(i / OW / OH) % output, Math.floor(i / OW / OH / output)];
        const group = Math.floor(out / (output / groups));
        for (let ch = 0; ch < taps; ch++) {
          for (let u = 0; u < kernel; u++) {
            for (let v = 0; v < kernel; v++) {
              const [sy, sx] = [py * stride + u - pad, px * stride + v - pad];
              if (sy < 0 || sx < 0 || sy >= tall || sx >= wide || sy % dilation || sx % dilation) continue;
              const value =
                data[((image * input + group * taps + ch) * H + sy / dilation) * W + sx / dilation]!;
              expected[i]! += value * weight[((out * taps + ch) * kernel + u) * kernel + v]!;
            }
          }
        }
      }
      let worst = 0;
      expected.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - Number(got![i])))));
      expect(worst).toBeLessThan(1e-4);
    }

    const convolutions: readonly [string, Conv][] = [
      ['padded', { images: 2, input: 3, output: 8, size: [9, 11], kernel: 3, pad: 1 }],
      ['strided', { images: 1, input: 4, output: 5, size: [17, 14], kernel: 5, stride: 2, pad: 2 }],
      ['depthwise', { images: 2, input: 6, output: 6, size: [12, 13], kernel: 3, pad: 1, groups: 6 }],
      ['grouped', { images: 2, input: 8, output: 12, size: [10, 10], kernel: 3, groups: 2 }],
      ['dilated input', { images: 2, input: 4, output: 6, size: [6, 7], kernel: 3, dilation: 2, pad: 2 }],
      ['pointwise', { images: 2, input: 40, output: 33, size: [8, 9], kernel: 1 }],
      ['many blocks', { images: 3, input: 40, output: 10, size: [14, 15], kernel: 3, pad: 1 }],
    ];
    test.each(convolutions.filter(([name]) => !cut || name === 'padded'))('convolution: %s', (_, conv) =>
      convolve(conv),
    );

    test.each([
      { way: 'forwards', step: 1, from: -13 },
      { way: 'backwards', step: -1, from: 1 },
    ])('two elements in a padded depth, read $way', async ({ step, from }) => {
      const [n, k] = axes(6, 15) as [Axis, Axis];
      const position = addIndex(scaleIndex(at(k), step), constantIndex(from));
      const [x, y] = [Float32Array.of(2, 3), random(15 * 6)];
      const [got] = (
        await run(
          contract({
            buffers: [
              buffer('x', 'float32', 2),
              buffer('y', 'float32', 15 * 6),
              buffer('out', 'float32', 6, 'write'),
            ],
            m: [],
            n: [n],
            k: [k],
            a: { body: [load(0, 0, position, { masks: [{ expr: position, lo: 0, hi: 2 }] })], value: 0 },
            b: { body: [load(1, 1, flat([k, n]))], value: 1 },
            stores: [{ buffer: 2, index: at(n), value: 2 }],
          }),
          [x, y],
        )
      ).outputs;
      const [first, second] = step > 0 ? [13, 14] : [1, 0];
      for (let j = 0; j < 6; j++)
        expect(got![j]).toBeCloseTo(2 * y[first * 6 + j]! + 3 * y[second * 6 + j]!, 5);
    });

    test('rows gathered while they are packed', async () => {
      const [M, N, K, V] = [40, 24, 16, 9];
      const [m, n, k] = axes(M, N, K) as [Axis, Axis, Axis];
      const [table, y] = [random(V * K), random(K * N)];
      const tokens = Int32Array.from({ length: M }, (_, i) => (i === 7 ? 99 : (i * 5) % V));
      const { outputs, failure } = await run(
        contract({
          buffers: [
            buffer('table', 'float32', V * K),
            buffer('tokens', 'int32', M),
            buffer('y', 'float32', K * N),
            buffer('out', 'float32', M * N, 'write'),
          ],
          m: [m],
          n: [n],
          k: [k],
          sum: 5,
          a: {
            body: [
              load(0, 1, at(m), { dtype: 'int32' }),
              load(1, 0, at(k), { indirect: [{ id: 0, coeff: K, bound: V, check: 0 }] }),
            ],
            value: 1,
          },
          b: { body: [load(2, 2, flat([k, n]))], value: 2 },
          stores: [{ buffer: 3, index: flat([m, n]), value: 5 }],
        }),
        [table, tokens, y],
      );
      for (let i = 0; i < M; i++) {
        let sum = 0;
        for (let p = 0; p < K && i !== 7; p++) sum += table[tokens[i]! * K + p]! * y[p * N + 3]!;
        expect(outputs[0]![i * N + 3]).toBeCloseTo(sum, 5);
      }
      expect(failure).toEqual([1, 99, 7]);
    });

    test('a sum over several axes that do not merge', async () => {
      const [M, N, P, Q] = [24, 25, 6, 7];
      const [m, n, p, q] = axes(M, N, P, Q) as [Axis, Axis, Axis, Axis];
      const [x, y] = [random(M * P * Q), random(N * P * Q)];
      const [got] = (
        await run(
          contract({
            buffers: [
              buffer('x', 'float32', x.length),
              buffer('y', 'float32', y.length),
              buffer('out', 'float32', M * N, 'write'),
            ],
            m: [m],
            n: [n],
            k: [p, q],
            a: { body: [load(0, 0, flat([q, m, p]))], value: 0 },
            b: { body: [load(1, 1, flat([p, q, n]))], value: 1 },
            stores: [
              { buffer: 2, index: addIndex(scaleIndex(axisIndex(1, N), M), axisIndex(0, M)), value: 2 },
            ],
          }),
          [x, y],
        )
      ).outputs;
      for (let i = 0; i < M; i++) {
        for (let j = 0; j < N; j++) {
          let sum = 0;
          for (let a = 0; a < P; a++)
            for (let b = 0; b < Q; b++) sum += x[(b * M + i) * P + a]! * y[(a * Q + b) * N + j]!;
          expect(got![j * M + i]).toBeCloseTo(sum, 4);
        }
      }
    });
  },
  { gpu: true, cut: true },
);
