/** The oracle itself: values worked out by hand, and what random graphs promise. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFloat, numel, type DType, type Shape } from '../../src/core/index.js';
import { g, node, verify, type Node } from '../../src/graph/index.js';
import type { Leaf, OpAttrs, Value } from '../../src/ops/index.js';
import { interpret, type Result } from '../oracle/interpreter.js';
import { randomGraph } from '../oracle/random-graph.js';

const data = new Map<Leaf, readonly Value[]>();
function leaf(shape: Shape, values: readonly Value[], dtype: DType = 'float32'): Node {
  const own: Leaf = { id: data.size };
  data.set(own, values);
  return node('input', [], { leaf: own, shape, dtype });
}
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const values = (...outputs: Node[]): Result['data'][] =>
  interpret({ outputs, assigns: [] }, (at) => data.get(at)!).map((result) => result.data);
const value = (output: Node): Result['data'] => values(output)[0]!;

describe('views', () => {
  const x = leaf([2, 3], range(6));
  test('permute, expand, slice, window', () => {
    expect(value(g.permute(x, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(value(g.expandTo(leaf([2, 1], [7, 8]), [2, 2, 3]))).toEqual([7, 7, 7, 8, 8, 8, 7, 7, 7, 8, 8, 8]);
    expect(value(g.slice(x, { starts: [1, 2], sizes: [2, 2], steps: [-1, -2] }))).toEqual([5, 3, 2, 0]);
    expect(value(g.window(leaf([6], range(6)), 0, 2, 2, 3))).toEqual([0, 3, 2, 5]);
    expect(value(g.window(x, 0, 2, 1))).toEqual([0, 3, 1, 4, 2, 5]);
  });
  test('pad with interior, concat', () => {
    expect(value(g.padAxis(leaf([3], [1, 2, 3]), 0, 1, 2, 1, 9))).toEqual([9, 1, 9, 2, 9, 3, 9, 9]);
    expect(value(g.padAxis(leaf([2], [1n, 2n], 'int64'), 0, 0, 1, 0, 9))).toEqual([1n, 2n, 9n]);
    expect(value(g.concat([x, leaf([2, 1], [8, 9])], 1))).toEqual([0, 1, 2, 8, 3, 4, 5, 9]);
  });
});

describe('reductions and order', () => {
  const x = leaf([2, 3], [3, NaN, 3, 1, 5, 5]);
  test('NaN wins, ties go to the first', () => {
    expect(value(g.reduce('amax', x, [1]))).toEqual([NaN, 5]);
    expect(value(g.reduce('amin', x, [0]))).toEqual([1, NaN, 3]);
    expect(value(g.arg('argmax', x, 1))).toEqual([1, 1]);
    expect(value(g.arg('argmin', x, 0))).toEqual([1, 0, 0]);
  });
  test('integers wrap, empty sums are 0', () => {
    expect(value(g.sum(leaf([3], [200, 100, 1], 'uint8'), [0]))).toEqual([45]);
    expect(value(g.reduce('prod', leaf([2], [2n ** 62n, 4n], 'int64'), [0]))).toEqual([0n]);
    expect(values(g.sum(leaf([0, 2], []), [0]), g.reduce('prod', leaf([0, 2], []), [0]))).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
  test('scans, both ways', () => {
    const y = leaf([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(value(g.scan('cumsum', y, 1))).toEqual([1, 3, 6, 4, 9, 15]);
    expect(value(g.scan('cumprod', y, 1, true))).toEqual([6, 6, 3, 120, 30, 6]);
    expect(value(g.scan('cummax', leaf([4], [1, NaN, 3, 2]), 0))).toEqual([1, NaN, NaN, NaN]);
    expect(value(g.scan('cummin', y, 0))).toEqual([1, 2, 3, 1, 2, 3]);
  });
  test('sort is stable, NaN greatest', () => {
    const y = leaf([5], [2, NaN, 1, 2, -Infinity]);
    const order = (descending: boolean): Result['data'] =>
      value(node('argsort', [y], { axis: 0, descending }));
    expect(value(node('sort', [y], { axis: 0, descending: false }))).toEqual([-Infinity, 1, 2, 2, NaN]);
    expect(order(false)).toEqual([4, 2, 0, 3, 1]);
    expect(order(true)).toEqual([1, 0, 3, 2, 4]);
  });
});

describe('indexing', () => {
  const index = leaf([2, 2], [2, 0, -1, 3], 'int32');
  test('gather gives 0 out of range', () => {
    expect(value(g.gather(leaf([2, 3], [1, 2, 3, 4, 5, 6]), index, 1))).toEqual([3, 1, 0, 0]);
  });
  test('scatter drops out of range; the last of equal indices wins, or all are added', () => {
    const base = leaf([1, 3], [10, 20, 30]);
    const twice = leaf([1, 4], [0, 0, 2, 5], 'int32');
    const source = leaf([1, 4], [1, 2, 3, 4]);
    expect(value(g.scatter(base, twice, source, 1))).toEqual([2, 20, 3]);
    expect(value(g.scatterAdd(base, twice, source, 1))).toEqual([13, 20, 33]);
  });
});

describe('contractions', () => {
  const plain: OpAttrs['conv'] = {
    strides: [1],
    padLow: [0],
    padHigh: [0],
    lhsDilation: [1],
    rhsDilation: [1],
    featureGroups: 1,
    batchGroups: 1,
  };
  test('dot over any dimensions', () => {
    const a = leaf([2, 2, 3], range(12));
    const b = leaf([3, 2], [1, 0, 0, 1, 1, 1]);
    expect(value(g.dot(a, b, { lhsBatch: [], rhsBatch: [], lhsContract: [2], rhsContract: [0] }))).toEqual([
      2, 3, 8, 9, 14, 15, 20, 21,
    ]);
    expect(value(g.dot(a, b, { lhsBatch: [1], rhsBatch: [1], lhsContract: [2], rhsContract: [0] }))).toEqual([
      2, 14, 9, 21,
    ]);
    const whole = leaf([2], [100000, 3], 'int32');
    expect(
      value(g.dot(whole, whole, { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] })),
    ).toEqual([Number(BigInt.asIntN(32, 10000000009n))]);
  });
  test('conv: stride, padding of either sign, dilation of either side', () => {
    const x = leaf([1, 1, 5], [1, 2, 3, 4, 5]);
    const w = leaf([1, 1, 2], [1, 10]);
    expect(value(g.conv(x, w, plain))).toEqual([21, 32, 43, 54]);
    expect(value(g.conv(x, w, { ...plain, strides: [2], padLow: [1] }))).toEqual([10, 32, 54]);
    expect(value(g.conv(x, w, { ...plain, padLow: [-1], padHigh: [-1] }))).toEqual([32, 43]);
    expect(value(g.conv(x, w, { ...plain, rhsDilation: [3] }))).toEqual([41, 52]);
    expect(value(g.conv(x, w, { ...plain, lhsDilation: [2] }))).toEqual([1, 20, 2, 30, 3, 40, 4, 50]);
  });
  test('conv: groups of features and of the batch', () => {
    const x = leaf([1, 2, 2], [1, 2, 3, 4]);
    const w = leaf([2, 1, 1], [1, 10]);
    expect(value(g.conv(x, w, { ...plain, featureGroups: 2 }))).toEqual([1, 2, 30, 40]);
    const images = leaf([2, 1, 2], [1, 2, 3, 4]);
    expect(value(g.conv(images, w, { ...plain, batchGroups: 2 }))).toEqual([1, 2, 30, 40]);
  });
  test('attention by its definition', () => {
    const q = leaf([1, 2, 1], [0, 1]);
    const k = leaf([1, 2, 1], [0, Math.log(3)]);
    const v = leaf([1, 2, 1], [4, 8]);
    const attend = (causal: boolean, ...mask: Node[]): Result['data'] =>
      value(node('attention', [q, k, v, ...mask], { scale: 1, causal, dropout: 0 }));
    expect(attend(false)).toEqual([6, expect.closeTo(7, 12)]);
    expect(attend(true)).toEqual([4, expect.closeTo(7, 12)]);
    expect(attend(false, leaf([1, 2, 2], [-Infinity, 0, 0, -Infinity]))).toEqual([8, 4]);
  });
});

describe('precision', () => {
  test('float32 stays in float64, halves are rounded at every node', () => {
    const third = (dtype: DType): Result['data'] => value(g.div(g.constant(1, dtype), g.constant(3, dtype)));
    expect(third('float32')).toEqual([1 / 3]);
    expect(third('float16')).toEqual([0.333251953125]);
    expect(third('bfloat16')).toEqual([0.333984375]);
    expect(value(g.cast(g.constant(2049), 'float16'))).toEqual([2048]);
    expect(value(g.cast(g.constant(-1.7), 'int64'))).toEqual([-1n]);
  });
  test('assignments follow the outputs; versions of a cell are read apart', () => {
    const cell: Leaf = { id: 1 };
    const at = (version: number): Node =>
      node('state', [], { leaf: cell, version, shape: [], dtype: 'float32' });
    const [old, now] = [at(1), at(2)];
    const graph = { outputs: [now], assigns: [{ leaf: cell, value: g.sub(now, old) }] };
    const results = interpret(graph, (_, version) => [version! * 10]);
    expect(results.map((result) => result.data)).toEqual([[20], [10]]);
  });
});

test('random graphs are well formed, finite, and as far from float32 as they say', () => {
  fc.assert(
    fc.property(randomGraph(), ({ graph, data: given, tolerances }) => {
      verify(graph);
      const exact = interpret(graph, (at) => given.get(at)!);
      const single = interpret(graph, (at) => given.get(at)!, isFloat);
      exact.forEach((result, i) => {
        expect(result.data.length).toBe(numel(graph.outputs[i]!.shape));
        result.data.forEach((element, at) => {
          expect(Number.isFinite(Number(element))).toBe(true);
          expect(Math.abs(Number(element) - Number(single[i]!.data[at]))).toBeLessThanOrEqual(tolerances[i]!);
        });
      });
    }),
    { numRuns: 150 },
  );
});
