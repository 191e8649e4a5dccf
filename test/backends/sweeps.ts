/** What is computed for every size from 1 to 67: tails, peeled ends, tiles and blocks that are not full. */
import { grad } from '../../src/autodiff/index.js';
import type { DType } from '../../src/core/index.js';
import * as F from '../../src/functional/index.js';
import { g, type Node } from '../../src/graph/index.js';
import type { Sweep } from './sweep.js';

export const sizes: readonly number[] = Array.from({ length: 67 }, (_, i) => i + 1);
/** Permutations of the sizes: each dimension takes each size, and they meet in many combinations. */
const second = (n: number): number => ((n * 29) % 67) + 1;
const third = (n: number): number => ((n * 41) % 67) + 1;

export interface Definition {
  /** What a size computes; each output may be asked for alone. */
  readonly outputs: (sweep: Sweep, n: number) => readonly Node[];
  /** How far results may be from what is right, relative to the largest. */
  readonly relative?: number;
}

const along = (shapeOf: (n: number) => readonly [shape: number[], axis: number]): Definition => ({
  outputs(sweep, n) {
    const [shape, axis] = shapeOf(n);
    const x = sweep.leaf(shape);
    const whole = sweep.leaf(shape, 'int32');
    const scaled = F.mul(x, sweep.leaf([shape.at(-1)!]));
    return [
      F.sum(scaled, axis),
      F.amax(scaled, axis),
      F.argmax(x, axis),
      F.softmax(scaled, axis),
      F.cumsum(x, axis),
      F.flip(F.cumsum(F.flip(x, axis), axis), axis),
      F.logsumexp(x, axis),
      F.sum(whole, axis),
      F.argmax(whole, axis),
      F.cumsum(whole, axis),
    ];
  },
});

export const rows = {
  'along the last axis': along((n) => [[second(n) > 33 ? 5 : 2, n], 1]),
  'along the first axis': along((n) => [[n, second(n)], 0]),
  'along a middle axis': along((n) => [[2, n, third(n) % 7 || 7], 1]),
  'across rows of that size': along((n) => [[second(n) % 11 || 1, n], 0]),
  'few long rows': {
    outputs(sweep, n) {
      const x = sweep.leaf([3, n]);
      const [all, whole] = [sweep.leaf([n]), sweep.leaf([2, n], 'int32')];
      const running = F.cumsum(x, 1);
      return [
        F.softmax(x, 1),
        F.layerNorm(x, [n], all, undefined, { eps: 0.1 }),
        F.argmax(x, 1),
        F.argmin(whole, 1),
        F.sum(whole, 1),
        F.any(F.gt(x, F.full([], 0.999)), 1),
        F.sum(F.exp(all)),
        F.mean(F.logsumexp(x, 1)),
        F.mul(F.sum(F.mul(x, all), 0), F.amax(x, 0)),
        F.div(running, F.sum(F.abs(running), 1, { keepdim: true })),
        F.flip(F.cumsum(F.flip(x, 1), 1), 1),
        F.cumsum(whole, 1),
        ...grad(F.sum(F.mul(F.softmax(x, 1), all)), [x, all]),
      ];
    },
    relative: 1e-4,
  },
  'layer norm and its gradients': {
    outputs(sweep, n) {
      const x = sweep.leaf([second(n) % 9 || 3, n]);
      const [weight, bias, cotangent] = [sweep.leaf([n]), sweep.leaf([n]), sweep.leaf(x.shape)];
      const y = F.layerNorm(x, [n], weight, bias, { eps: 0.1 });
      return [y, ...grad(F.sum(F.mul(y, cotangent)), [x, weight, bias])];
    },
    relative: 3e-5,
  },
} as const satisfies Record<string, Definition>;

export const contractions = {
  'products, transposed or not, with an epilogue': {
    outputs(sweep, m) {
      const [n, k] = [second(m), third(m)];
      const lefts = [sweep.leaf([m, k]), F.transpose(sweep.leaf([k, m]), 0, 1)];
      const rights = [sweep.leaf([k, n]), F.transpose(sweep.leaf([n, k]), 0, 1)];
      const bias = sweep.leaf([n]);
      return lefts.flatMap((x) => rights.map((y) => F.relu(F.add(F.matmul(x, y), bias))));
    },
    relative: 2e-5,
  },
  'prologues: a scale of rows, of columns, of the depth': {
    outputs(sweep, m) {
      const [n, k] = [second(m), third(m)];
      const [rows, depth, columns] = [sweep.leaf([m, 1]), sweep.leaf([k]), sweep.leaf([n])];
      const x = F.mul(F.mul(sweep.leaf([m, k]), rows), depth);
      const turned = F.mul(F.transpose(sweep.leaf([k, m]), 0, 1), rows);
      const y = F.mul(sweep.leaf([k, n]), columns);
      return [F.matmul(x, y), F.matmul(turned, F.sin(y))];
    },
    relative: 2e-5,
  },
  'batches, and vectors on either side': {
    outputs(sweep, n) {
      const [m, k] = [second(n) % 23 || 23, third(n)];
      const x = sweep.leaf([3, m, k]);
      const y = sweep.leaf([3, k, n]);
      return [
        F.matmul(x, y),
        F.matmul(sweep.leaf([3, 1, k]), y),
        F.matmul(x, sweep.leaf([k])),
        F.matmul(sweep.leaf([k]), F.transpose(sweep.leaf([n, k]), 0, 1)),
        F.matmul(sweep.leaf([n, 1]), sweep.leaf([1, k])),
      ];
    },
    relative: 2e-5,
  },
  'convolutions over channels that lie side by side, and both gradients': {
    outputs(sweep, n) {
      const { numbers } = sweep;
      const [channels, filters, taps] = [
        numbers.of([3, 4, 8, 12, 17]),
        numbers.of([4, 6, 8, 16]),
        numbers.below(5) + 1,
      ];
      const x = F.transpose(sweep.leaf([numbers.below(3) + 1, n + taps, channels]), 1, 2);
      const weight = sweep.leaf([filters, channels, taps]);
      const y = F.relu(F.conv1d(x, weight, sweep.leaf([filters]), { padding: numbers.below(3) }));
      return [y, ...grad(F.sum(F.mul(y, sweep.leaf(y.shape))), [x, weight])];
    },
    relative: 2e-5,
  },
  'convolutions with stride, padding, dilation and groups, and both gradients': {
    outputs(sweep, n) {
      const { numbers } = sweep;
      const groups = numbers.of([1, 1, 2, 3]);
      const depthwise = numbers.below(4) === 0;
      const [from, to] = depthwise ? [1, 1] : [numbers.of([1, 2, 3, 5]), numbers.of([1, 3, 4, 7])];
      const many = depthwise ? numbers.of([3, 8, 13]) : groups;
      const kernel = [numbers.below(4) + 1, numbers.below(5) + 1] as const;
      const dilation = numbers.below(2) + 1;
      const size = kernel.map((extent) => (extent - 1) * dilation + 1 + numbers.below(16));
      size[0] = Math.max(size[0]!, n % 5 === 0 ? n : 0);
      const x = sweep.leaf([numbers.below(2) + 1, many * from, ...size]);
      const weight = sweep.leaf([many * to, from, ...kernel]);
      const options = { stride: numbers.below(3) + 1, padding: numbers.below(3), dilation, groups: many };
      const y = F.conv2d(x, weight, sweep.leaf([many * to]), options);
      return [y, ...grad(F.sum(F.mul(y, sweep.leaf(y.shape))), [x, weight])];
    },
    relative: 3e-5,
  },
} as const satisfies Record<string, Definition>;

/** Products of another dtype: of whole numbers, which any holds. */
export const productsOf = (dtype: DType): Definition => ({
  outputs(sweep, m) {
    const [n, k] = [second(m), third(m)];
    const numbers = (shape: number[]): Node =>
      dtype === 'uint8' || dtype === 'float16'
        ? g.cast(g.unary('abs', sweep.leaf(shape, 'int32')), dtype)
        : sweep.leaf(shape, dtype);
    const x = numbers([m, k]);
    return [F.matmul(x, numbers([k, n])), F.matmul(x, F.transpose(numbers([n, k]), 0, 1))];
  },
  relative: 1e-3,
});
