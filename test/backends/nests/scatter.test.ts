import { describe, expect, test } from 'vitest';
import type { Axis, ScatterNest } from '../../../src/loops/index.js';
import { onEachBackend } from '../each-backend.js';
import { at, axes, buffer, flat, load, random } from '../harness.js';

/** Rows of three columns, `tokens` of them into `rows`. */
const scatter = (combine: 'add' | 'set', tokens: number, rows: number): ScatterNest => {
  const [token, column] = axes(tokens, 3) as [Axis, Axis];
  const over = axes(rows, 3);
  return {
    kind: 'scatter',
    name: 'scatter',
    comment: [],
    combine,
    buffers: [
      buffer('base', 'float32', 3 * rows),
      buffer('index', 'int32', tokens),
      buffer('source', 'float32', 3 * tokens),
      buffer('out', 'float32', 3 * rows, 'write'),
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
    indirect: { id: 0, coeff: 3, bound: rows, check: 2 },
    value: 1,
  };
};

onEachBackend(
  (run) => {
    describe.each(['add', 'set'] as const)('by %s, in order, a bad index dropped and reported', (combine) => {
      test.each([
        [5, 4],
        // Enough to sort positions by where they go: within a block, and in blocks that are merged.
        [64, 7],
        [256, 300],
        [257, 3],
        [3001, 40],
      ])('%i to %i', async (tokens, rows) => {
        const [base, source] = [random(3 * rows), random(3 * tokens)];
        const indices = Int32Array.from({ length: tokens }, (_, i) => (i === 2 ? rows : (i * i * 31) % rows));
        const { outputs, failure } = await run(scatter(combine, tokens, rows), [base, indices, source]);
        const expected = Float32Array.from(base);
        indices.forEach((row, i) => {
          for (let c = 0; c < 3 && row < rows; c++)
            expected[row * 3 + c] = source[i * 3 + c]! + (combine === 'add' ? expected[row * 3 + c]! : 0);
        });
        expect(outputs[0]).toEqual(expected);
        expect(failure).toEqual([3, rows, 2]);
      });
    });
  },
  { cut: true },
);
