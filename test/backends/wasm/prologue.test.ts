/** Filtered convolutions of what is computed from an operand: it is evaluated once for each position. */
import { describe, expect, it, test } from 'vitest';
import { grad } from '../../../src/autodiff/index.js';
import * as F from '../../../src/functional/index.js';
import { g, type Node } from '../../../src/graph/index.js';
import { Sweep } from '../sweep.js';
import { countsOf } from './filters.js';

/** Lines of a number of channels. */
const shapeOf = (length: number): number[] => [4, 32, length];
const perChannel = (channels: Node, length: number): Node =>
  g.expandTo(g.reshape(channels, [32, 1]), shapeOf(length));

/** What is convolved, of a length. */
const prologues: Readonly<Record<string, (sweep: Sweep, length: number) => Node>> = {
  relu: (sweep, length) => F.relu(sweep.leaf(shapeOf(length))),
  'what is not 0 where its operand is padded': (sweep, length) => F.exp(sweep.leaf(shapeOf(length))),
  'a sum of two arrays': (sweep, length) => g.add(sweep.leaf(shapeOf(length)), sweep.leaf(shapeOf(length))),
  'channels scaled and shifted': (sweep, length) =>
    F.relu(
      g.add(
        g.mul(sweep.leaf(shapeOf(length)), perChannel(sweep.leaf([32]), length)),
        perChannel(sweep.leaf([32]), length),
      ),
    ),
  'what depends on the position': (sweep, length) =>
    g.add(sweep.leaf(shapeOf(length)), g.scale(g.iotaAlong(shapeOf(length), 2, 'float32'), 0.01)),
  'lines backwards': (sweep, length) => F.relu(g.flip(sweep.leaf(shapeOf(length)), 2)),
  'channels backwards': (sweep, length) => F.relu(g.flip(sweep.leaf(shapeOf(length)), 1)),
  'a sum with a longer line': (sweep, length) =>
    g.add(sweep.leaf(shapeOf(length)), g.sliceAxis(sweep.leaf(shapeOf(length + 2)), 2, 1, length)),
  'two lines end to end': (sweep, length) =>
    F.exp(g.concat([sweep.leaf(shapeOf(30)), sweep.leaf(shapeOf(length - 30))], 2)),
  integers: (sweep, length) => g.cast(sweep.leaf(shapeOf(length), 'int32'), 'float32'),
};

describe.each([0, 2])('padded by %s', (padding) => {
  it.each(Object.entries(prologues))('%s', async (_, prologue) => {
    const sweep = new Sweep(padding);
    const x = prologue(sweep, 67 - 2 * padding);
    const outputs = [F.conv1d(x, sweep.leaf([16, 32, 5]), undefined, { padding })];
    expect(countsOf(outputs)).toEqual([1, 0]);
    await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
  });
});

test.each([0, 1])('images, padded by %s', async (padding) => {
  const sweep = new Sweep(5);
  const outputs = [
    F.conv2d(F.exp(sweep.leaf([2, 16, 34, 34])), sweep.leaf([16, 16, 3, 3]), undefined, { padding }),
  ];
  expect(countsOf(outputs)).toEqual([1, 0]);
  await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
});

test('channels side by side', async () => {
  const sweep = new Sweep(6);
  const x = F.exp(g.permute(sweep.leaf([4, 66, 32]), [0, 2, 1]));
  const outputs = [F.conv1d(x, sweep.leaf([16, 32, 5]), undefined, { padding: 1 })];
  expect(countsOf(outputs)).toEqual([1, 0]);
  await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
});

test('weights that are computed', async () => {
  const sweep = new Sweep(7);
  const weight = F.exp(g.flip(sweep.leaf([16, 32, 5]), 2));
  const image = g.mul(sweep.leaf([16, 16, 3, 3]), sweep.leaf([16, 16, 3, 3]));
  const outputs = [F.conv1d(sweep.leaf(shapeOf(67)), weight), F.conv2d(sweep.leaf([1, 16, 34, 34]), image)];
  expect(countsOf(outputs)).toEqual([2, 0]);
  await sweep.check(outputs, { relative: 2e-5, backend: 'wasm', fusion: true });
});

test('gradients', async () => {
  const sweep = new Sweep(8);
  const [x, first, second] = [sweep.leaf(shapeOf(64)), sweep.leaf([32, 32, 5]), sweep.leaf([32, 32, 5])];
  const options = { padding: 2 };
  const y = F.conv1d(F.conv1d(F.exp(x), first, undefined, options), second, undefined, options);
  const outputs = grad(F.sum(F.mul(y, y)), [x, first, second]);
  // Two convolutions, and the gradients of both: those of the operands are convolutions too.
  expect(countsOf(outputs)).toEqual([4, 2]);
  await sweep.check(outputs, { relative: 4e-5, backend: 'wasm', fusion: true });
});
