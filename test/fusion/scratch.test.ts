/** What a row kernel keeps for a later pass, and what it computes again. */
import { expect, test } from 'vitest';
import { fuse } from '../../src/fusion/index.js';
import { layerNorm, mean, softmax, sub } from '../../src/functional/index.js';
import { g, node, type Node } from '../../src/graph/index.js';
import { lower, type LowerOptions } from '../../src/lower/index.js';
import { simplify } from '../../src/passes/index.js';

test.each([
  [1 << 20, 1],
  [512, 0],
])('softmax over 100 elements with %i bytes of scratch keeps %i values', (scratchBytes, kept) => {
  expect(keptBy((x) => softmax(x, 1), { scratchBytes })).toBe(kept);
});

/** Seven operations and loads of each element. */
const chain = (x: Node): Node => {
  const y = g.add(g.mul(x, x), x);
  return g.sub(g.add(g.mul(y, y), y), g.unary('abs', y));
};

test.each<[string, number, (x: Node) => Node]>([
  ['what is dear to compute again', 1, (x) => sub(chain(x), mean(chain(x), 1, { keepdim: true }))],
  ['nothing that is cheap', 0, (x) => sub(g.unary('abs', x), mean(g.unary('abs', x), 1, { keepdim: true }))],
  ['a layer norm before a softmax, and its weights', 2, (x) => softmax(layerNorm(x, [100], row, row), 1)],
  ['no cheap value of a column', 0, (x) => sub(chain(x), mean(chain(x), 0, { keepdim: true }))],
  ['a dear one', 1, (x) => softmax(x, 0)],
])('a row keeps %s: %i', (_, kept, fn) => expect(keptBy(fn)).toBe(kept));

test('a column keeps nothing where neighbours share vectors', () => {
  expect(keptBy((x) => softmax(x, 0), { keepsAcross: false })).toBe(0);
  expect(keptBy((x) => softmax(x, 1), { keepsAcross: false })).toBe(1);
});

const row = node('input', [], { leaf: { id: 2 }, shape: [100], dtype: 'float32' });

/** How many values of each element the kernel of a function of [400, 100] keeps. */
function keptBy(fn: (x: Node) => Node, options: LowerOptions = {}): number {
  const x = node('input', [], { leaf: { id: 1 }, shape: [400, 100], dtype: 'float32' });
  const fused = fuse(simplify({ outputs: [fn(x)], assigns: [] }).graph, {
    maxBodyOps: 400,
    buffersPerKernel: Infinity,
    bindingBytes: Infinity,
  });
  const [kernel, ...rest] = lower(fused, options).kernels;
  expect(rest).toEqual([]);
  expect(kernel!.nest).toMatchObject({ kind: 'row' });
  return (kernel!.nest as { scratch: readonly unknown[] }).scratch.length;
}
