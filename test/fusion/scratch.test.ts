/** A row too wide for the target's scratch is computed again, not kept. */
import { expect, test } from 'vitest';
import { fuse } from '../../src/fusion/index.js';
import { softmax } from '../../src/functional/index.js';
import { node } from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { simplify } from '../../src/passes/index.js';

test.each([
  [1 << 20, 1],
  [512, 0],
])('softmax over 100 elements with %i bytes of scratch keeps %i values', (scratchBytes, kept) => {
  const x = node('input', [], { leaf: { id: 1 }, shape: [4, 100], dtype: 'float32' });
  const fused = fuse(simplify({ outputs: [softmax(x, 1)], assigns: [] }).graph, {
    maxBodyOps: 400,
    buffersPerKernel: Infinity,
    bindingBytes: Infinity,
  });
  const [kernel, ...rest] = lower(fused, { scratchBytes }).kernels;
  expect(rest).toEqual([]);
  expect(kernel!.nest).toMatchObject({ kind: 'row' });
  expect((kernel!.nest as { scratch: readonly unknown[] }).scratch).toHaveLength(kept);
});
