import { describe, expect, test } from 'vitest';
import { g, node, type Node } from '../../src/graph/index.js';
import { bytesAlone, flopsOf } from '../../src/inspect/traffic.js';
import { Placeholder, compileGraph } from '../../src/runtime/index.js';
import { Traced } from '../../src/inspect/index.js';
import { softmax } from './models.js';

const leaf = (name: string, shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): Node =>
  node('input', [], { leaf: new Placeholder(name), shape, dtype });
const explain = (outputs: readonly Node[]) => {
  const graph = { outputs, assigns: [] };
  return new Traced(compileGraph(graph, {}), graph).explain();
};

describe('an operation alone', () => {
  const x = leaf('x', [4, 8]);
  test('reads operands and writes its result', () => {
    expect(bytesAlone(g.add(x, x))).toBe(3 * 128);
    expect(bytesAlone(g.sum(x, [1]))).toBe(128 + 16);
    expect(bytesAlone(g.eq(x, x))).toBe(2 * 128 + 32);
  });
  test('reads of a view what lies behind it, and no constants', () => {
    expect(bytesAlone(g.add(x, g.expandTo(leaf('b', [8]), [4, 8])))).toBe(128 + 32 + 128);
    expect(bytesAlone(g.scale(x, 2))).toBe(128 + 128);
    expect(bytesAlone(g.neg(g.sliceAxis(x, 0, 0, 1)))).toBe(32 + 32);
  });
  test('reads of a table what is picked', () => {
    const index = leaf('i', [2, 8], 'int32');
    expect(bytesAlone(g.gather(leaf('table', [1000, 8]), index, 0))).toBe(64 + 64 + 64);
  });
  test('flops', () => {
    expect(flopsOf(g.matmul(leaf('a', [3, 5]), leaf('b', [5, 7])))).toBe(2 * 3 * 5 * 7);
    expect(flopsOf(g.exp(x))).toBe(32);
    expect(flopsOf(g.sum(x, [0, 1]))).toBe(32);
    expect(flopsOf(g.permute(x, [1, 0]))).toBe(0);
  });
});

describe('a kernel', () => {
  test('softmax reads and writes its array once', () => {
    const { kernels, totals } = new Traced(compileGraph(softmax().graph, {}), softmax().graph).explain();
    expect(kernels).toMatchObject([{ kind: 'row', bytesRead: 128, bytesWritten: 128 }]);
    // amax, sub, exp, sum, div
    expect(totals.bytesUnfused).toBe(
      128 + 16 + (128 + 16 + 128) + (128 + 128) + (128 + 16) + (128 + 16 + 128),
    );
  });
  test('a picked or sliced operand counts as far as it is read', () => {
    const index = leaf('i', [2, 8], 'int32');
    expect(explain([g.neg(g.gather(leaf('table', [1000, 8]), index, 0))]).kernels).toMatchObject([
      { bytesRead: 64 + 64, bytesWritten: 64 },
    ]);
    expect(explain([g.neg(g.sliceAxis(leaf('x', [100, 8]), 0, 3, 2))]).kernels).toMatchObject([
      { bytesRead: 64, bytesWritten: 64 },
    ]);
  });
});
