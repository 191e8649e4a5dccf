/** Indices out of range that kernels compute: reported, and nothing outside the operand is touched. */
import { describe, expect, test } from 'vitest';
import { IndexError, type DType, type TypedArray } from '../../../src/core/index.js';
import * as F from '../../../src/functional/index.js';
import { g, node, type Graph, type Node } from '../../../src/graph/index.js';
import type { Leaf } from '../../../src/ops/index.js';
import { Cell, Instance, Storage, compileGraph } from '../../../src/runtime/index.js';

const given = new Map<Leaf, Storage>();
function leaf(array: TypedArray, dtype: DType, shape: readonly number[] = [array.length]): Node {
  const own: Leaf = { id: given.size, name: `x${given.size}` };
  given.set(own, new Storage(array));
  return node('input', [], { leaf: own, shape, dtype });
}

/** Indices that are known only when the kernel has added them up. */
function computed(indices: readonly number[], dtype: 'int32' | 'int64'): Node {
  const array = (values: readonly number[]): TypedArray =>
    dtype === 'int32' ? Int32Array.from(values) : BigInt64Array.from(values, BigInt);
  const one = indices.map((_, i) => i);
  return g.add(leaf(array(indices.map((index, i) => index - one[i]!)), dtype), leaf(array(one), dtype));
}

const run = (graph: Graph, fusion: boolean): unknown => {
  const compilation = compileGraph(graph, { backend: 'wasm', fusion });
  const cells = graph.assigns.map((assign) => assign.leaf as Cell);
  try {
    return new Instance(compilation).run(compilation.leaves, (own) => given.get(own)!, cells);
  } catch (error) {
    return error;
  }
};
const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i + 1);

describe.each([true, false])('computed indices (fusion: %s)', (fusion) => {
  test.each([
    ['int32', 9],
    ['int32', -1],
    ['int32', -2147483648],
    ['int64', 9],
    ['int64', 2147483647],
  ] as const)('embedding by %s: op, value, bound and position of %i', (dtype, bad) => {
    const weight = leaf(numbers(45), 'float32', [9, 5]);
    const index = computed([0, 8, 3, 1, 7, 2, bad, 4, 5, 6], dtype);
    const error = run({ outputs: [F.embedding(index, weight)], assigns: [] }, fusion);
    expect(error).toBeInstanceOf(IndexError);
    expect((error as Error).message).toContain(`index ${bad} at position 6 is out of range for 9 entries`);
  });

  /** Every place within 256 bytes of 16 elements that lie between two other cells. */
  const around = Array.from({ length: 144 }, (_, i) => i - 64);
  const cellsOf = (): readonly [Cell, Cell, Cell] => {
    const cell = (name: string, first: number): Cell =>
      new Cell(
        numbers(16).map((x) => x * first),
        [16],
        'float32',
        name,
      );
    return [cell('before', 100), cell('middle', 1), cell('after', 10000)];
  };
  const holding = (cells: readonly Cell[]): Graph['assigns'] =>
    cells.map((cell) => ({ leaf: cell, value: g.add(cell.node, g.fullLike(cell.node, 1)) }));

  test('a gather reads 0 there, and what lies around is not seen', () => {
    const [before, middle, after] = cellsOf();
    const seen = g.gather(middle.node, computed(around, 'int32'), 0);
    const kept = new Cell(new Float32Array(around.length), [around.length], 'float32', 'seen');
    const graph = {
      outputs: [],
      assigns: [{ leaf: kept, value: seen }, ...holding([before, middle, after])],
    };
    expect(run(graph, fusion)).toBeInstanceOf(IndexError);
    expect([...kept.array]).toEqual(around.map((at) => (at >= 0 && at < 16 ? at + 1 : 0)));
  });

  test.each(['scatter', 'scatterAdd'] as const)('%s drops what falls there', (op) => {
    const [before, middle, after] = cellsOf();
    const source = leaf(new Float32Array(around.length).fill(-5), 'float32');
    const value = g[op](middle.node, computed(around, 'int32'), source, 0);
    const graph = { outputs: [], assigns: [{ leaf: middle, value }, ...holding([before, after])] };
    expect(run(graph, fusion)).toBeInstanceOf(IndexError);
    expect([...before.array]).toEqual([...numbers(16)].map((x) => x * 100 + 1));
    expect([...after.array]).toEqual([...numbers(16)].map((x) => x * 10000 + 1));
    expect([...middle.array]).toEqual([...numbers(16)].map((x) => (op === 'scatter' ? -5 : x - 5)));
  });
});
