import { expect, test } from 'vitest';
import type { Axis, ScatterNest } from '../../../src/loops/index.js';
import { onEachBackend } from '../each-backend.js';
import { at, axes, buffer, flat, load, random } from '../harness.js';

const scatter = (combine: 'add' | 'set'): ScatterNest => {
  const [token, column] = axes(5, 3) as [Axis, Axis];
  const over = axes(4, 3);
  return {
    kind: 'scatter',
    name: 'scatter',
    comment: [],
    combine,
    buffers: [
      buffer('base', 'float32', 12),
      buffer('index', 'int32', 5),
      buffer('source', 'float32', 15),
      buffer('out', 'float32', 12, 'write'),
    ],
    base: {
      axes: over,
      body: [load(0, 0, flat(over))],
      stores: [{ buffer: 3, index: flat(over), value: 0 }],
    },
    axes: [token, column],
    body: [load(0, 1, at(token), { dtype: 'int32' }), load(1, 2, flat([token, column]))],
    buffer: 3,
    index: at(column),
    indirect: { id: 0, coeff: 3, bound: 4, check: 2 },
    value: 1,
  };
};

onEachBackend(
  (run) => {
    test.each(['add', 'set'] as const)('scatter by %s, a bad index dropped and reported', async (combine) => {
      const [base, source] = [random(12), random(15)];
      const indices = [2, 0, 4, 2, 3];
      const { outputs, failure } = await run(scatter(combine), [base, Int32Array.from(indices), source]);
      const expected = Float32Array.from(base);
      indices.forEach((row, i) => {
        for (let c = 0; c < 3 && row < 4; c++)
          expected[row * 3 + c] = source[i * 3 + c]! + (combine === 'add' ? expected[row * 3 + c]! : 0);
      });
      expect(outputs[0]).toEqual(expected);
      expect(failure).toEqual([3, 4, 2]);
    });
  },
  { cut: true },
);
