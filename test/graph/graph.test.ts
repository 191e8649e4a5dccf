import { describe, expect, test } from 'vitest';
import { Site, inModule, withSite } from '../../src/core/index.js';
import {
  consumers,
  g,
  node,
  print,
  structuralKey,
  topological,
  verify,
  type Graph,
  type Node,
} from '../../src/graph/index.js';
import type { Leaf } from '../../src/ops/index.js';

const input = (shape: readonly number[], name?: string): Node =>
  node('input', [], { leaf: { id: 7, name }, shape, dtype: 'float32' });

function chain(length: number): Node {
  let x = input([2]);
  withSite(new Site('train.ts:1:1'), () => {
    for (let i = 0; i < length; i++) x = g.neg(x);
  });
  return x;
}

describe('depth', () => {
  const deep: Graph = { outputs: [chain(100_000)], assigns: [] };
  test('100,000 chained nodes are walked, verified, printed and keyed', () => {
    expect(topological(deep.outputs).length).toBe(100_001);
    verify(deep);
    expect(print(deep).split('\n').length).toBe(100_002);
    expect(structuralKey(deep).key.startsWith('input 0 2 float32;neg 0;neg 1;')).toBe(true);
  });
  test('operands that are shared are visited once', () => {
    let x = input([2]);
    for (let i = 0; i < 1000; i++) x = g.add(x, x);
    const order = topological([x]);
    expect(order.length).toBe(1001);
    expect(order.every((n, at) => n.inputs.every((i) => order.indexOf(i) < at))).toBe(true);
    expect(consumers(order).get(order[0]!)).toEqual([order[1], order[1]]);
  });
});

test('topological stops where it is told', () => {
  const x = input([2]);
  const [y, z] = [g.neg(x), g.neg(g.neg(x))];
  expect(topological([y, z], (n) => n === z)).toEqual([x, y, z]);
});

describe('verify', () => {
  test('refuses a node that does not say what its operator infers', () => {
    const x = input([2, 3]);
    const lie = { ...g.sum(x, [1]), shape: [3] } as Node;
    expect(() => verify({ outputs: [lie], assigns: [] })).toThrow(
      /= sum says float32\[3\] but is float32\[2\]/,
    );
    const wrongType = { ...g.neg(x), dtype: 'int32' } as Node;
    expect(() => verify({ outputs: [], assigns: [{ leaf: { id: 1 }, value: wrongType }] })).toThrow(
      /neg says int32/,
    );
  });
});

describe('print', () => {
  const weight: Leaf = { id: 900, name: 'fc.weight' };
  const make = (): Graph => {
    const [x, y, w] = withSite(new Site('app/train.ts:12:5'), () => {
      const w = node('state', [], { leaf: weight, version: 12, shape: [10, 4], dtype: 'float32' });
      const batch = input([2, 10], 'x');
      return [batch, inModule('fc', () => g.matmul(batch, w)), w] as const;
    });
    return withSite(new Site('app/train.ts:13:9'), () => {
      const rows = g.sliceAxis(g.padAxis(y, 0, 1, 0, 0, -0), 1, 3, 2, -2);
      const loss = g.sum(g.barrier(g.exp(rows)), [0, 1]);
      const sorted = node('argsort', [g.cast(x, 'int32')], { axis: 1, descending: true });
      const step = g.sub(w, g.expandTo(g.constant(0.1), [10, 4]));
      return { outputs: [loss, sorted], assigns: [{ leaf: weight, value: step }] };
    });
  };
  test('is one line a node, with attributes, source and module', () => {
    expect(print(make())).toMatchInlineSnapshot(`
      "%0 = input float32[2, 10] x  # train.ts:12
      %1 = state float32[10, 4] fc.weight  # train.ts:12
      %2 = dot float32[2, 4] %0 %1 lhsContract=[1] rhsContract=[0]  # train.ts:12 · fc
      %3 = pad float32[3, 4] %2 low=[1, 0] value=-0  # train.ts:13
      %4 = slice float32[3, 2] %3 starts=[0, 3] steps=[1, -2]  # train.ts:13
      %5 = exp float32[3, 2] %4  # train.ts:13
      %6 = barrier float32[3, 2] %5  # train.ts:13
      %7 = sum float32[] %6 axes=[0, 1]  # train.ts:13
      %8 = cast int32[2, 10] %0  # train.ts:13
      %9 = argsort int32[2, 10] %8 axis=1 descending  # train.ts:13
      %10 = constant float32[] 0.1  # train.ts:13
      %11 = reshape float32[1, 1] %10  # train.ts:13
      %12 = expand float32[10, 4] %11  # train.ts:13
      %13 = sub float32[10, 4] %1 %12  # train.ts:13
      fc.weight := %13
      return %7, %9"
    `);
  });
  test('is the same for the same program', () => {
    expect(print(make())).toBe(print(make()));
  });
});
