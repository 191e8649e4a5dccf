import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DType, Shape } from '../../src/core/index.js';
import { g, leavesOf, node, structuralKey, type Graph, type Node } from '../../src/graph/index.js';
import { binaryOps, ops, unaryOps, type Leaf, type OpAttrs, type OpName } from '../../src/ops/index.js';
import { randomGraph } from '../oracle/random-graph.js';

const leaf = (id = 0): Leaf => ({ id });
const input = (own: Leaf = leaf(), shape: Shape = [2, 3], dtype: DType = 'float32'): Node =>
  node('input', [], { leaf: own, shape, dtype });
const state = (own: Leaf, version = 1): Node =>
  node('state', [], { leaf: own, version, shape: [2, 3], dtype: 'float32' });
const key = (outputs: readonly Node[], assigns: Graph['assigns'] = []): string =>
  structuralKey({ outputs, assigns }).key;

const none = {};
const axes = { axes: [0, 1] };
const axis = { axis: 1 };
const scan = { axis: 1, reverse: false };
const sorting = { axis: 1, descending: false };
const plain = Object.fromEntries([...unaryOps, ...binaryOps].map((op) => [op, none])) as Pick<
  OpAttrs,
  (typeof unaryOps)[number] | (typeof binaryOps)[number]
>;

/** Attributes for one node of every kind. */
const samples: OpAttrs = {
  ...plain,
  input: { leaf: leaf(), shape: [2, 3], dtype: 'float32' },
  state: { leaf: leaf(), version: 4, shape: [2, 3], dtype: 'float32' },
  constant: { value: 1, dtype: 'float32' },
  iota: { size: 3, dtype: 'int32' },
  cast: { dtype: 'int32' },
  bitcast: { dtype: 'int32' },
  where: none,
  threefry: { part: 'word0' },
  sum: axes,
  prod: axes,
  amax: axes,
  amin: axes,
  argmax: axis,
  argmin: axis,
  cumsum: scan,
  cumprod: scan,
  cummax: scan,
  cummin: scan,
  dot: { lhsBatch: [0], rhsBatch: [0], lhsContract: [1], rhsContract: [1] },
  conv: {
    strides: [1, 2],
    padLow: [0, 1],
    padHigh: [0, 1],
    lhsDilation: [1, 2],
    rhsDilation: [1, 2],
    featureGroups: 1,
    batchGroups: 1,
  },
  attention: { scale: 0.5, causal: false, dropout: 0 },
  attentionLse: { scale: 0.5, causal: false, dropout: 0 },
  attentionGrad: { scale: 0.5, causal: false, dropout: 0, of: 'q' },
  reshape: { shape: [3, 2] },
  permute: { perm: [1, 0] },
  expand: { shape: [2, 3] },
  slice: { starts: [0, 1], sizes: [2, 1], steps: [1, -1] },
  pad: { low: [0, 1], high: [0, 1], interior: [0, 1], value: 0 },
  concat: axis,
  window: { axis: 1, size: 2, step: 1, dilation: 1 },
  gather: axis,
  scatterAdd: axis,
  scatter: axis,
  sort: sorting,
  argsort: sorting,
  stopGradient: none,
  barrier: { id: 3 },
  customGradient: { rule: 5 },
  checkIndex: { bound: 3, except: -100, what: 'crossEntropy' },
};

const opNames = Object.keys(ops) as OpName[];
const operands = Array.from({ length: 4 }, (_, i) => input(leaf(i)));

/** A node with any attributes: keys do not ask whether it is well formed. */
function raw(op: OpName, attrs: object = samples[op]): Node {
  const { arity } = ops[op];
  const count = typeof arity === 'number' ? arity : arity[0];
  return { ...operands[0]!, op, attrs, inputs: operands.slice(0, count) } as unknown as Node;
}

/** Other values a field could have, each different from all before. */
function others(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1, -value - 1, value + 0.5];
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'string') return [`${value}x`];
  if (!Array.isArray(value)) throw new Error('a leaf is no field of its own');
  const entries = value as number[];
  return [
    ...entries.map((entry, i) => entries.with(i, entry + 7)),
    [...entries, 0],
    ...entries.map((_, i) => entries.slice(i + 1)),
  ];
}

/** Fields that name what has no meaning outside its graph. */
const nameless = new Set(['input.leaf', 'state.leaf', 'state.version', 'barrier.id', 'customGradient.rule']);

describe('a key holds', () => {
  for (const op of opNames) {
    test(`every field of ${op}`, () => {
      const seen = new Set([key([raw(op)])]);
      for (const [field, value] of Object.entries(samples[op])) {
        if (nameless.has(`${op}.${field}`)) continue;
        for (const other of others(value)) {
          const changed = key([raw(op, { ...samples[op], [field]: other })]);
          expect(seen.has(changed), `${field}: ${String(other)}`).toBe(false);
          seen.add(changed);
        }
      }
    });
  }

  test('which op it is', () => {
    expect(new Set(opNames.map((op) => key([raw(op)]))).size).toBe(opNames.length);
  });

  test('operands and their order, outputs and their order', () => {
    const [x, y] = [input(leaf(1)), input(leaf(2))];
    const [sum, difference] = [g.add(x, y), g.sub(x, y)];
    const keys = [
      key([sum, difference]),
      key([difference, sum]),
      key([sum]),
      key([sum, sum]),
      key([sum, x]),
      key([g.sub(y, x), y]),
      key([g.sub(x, y), y]),
      key([g.concat([x, y], 0)]),
      key([g.concat([x, y, y], 0)]),
      key([]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('numbers by their bits', () => {
    const values = [0, -0, NaN, Infinity, -Infinity, 1, 0.1, 0.1 + 2 ** -56, 5e-324, 2 ** 53];
    const keys = values.map((value) => key([g.constant(value)]));
    expect(new Set(keys).size).toBe(values.length);
    expect(key([g.constant(0 / 0)])).toBe(key([g.constant(-Number.NaN)]));
    const whole = [1n, -1n, 2n ** 63n - 1n, 2n ** 53n, 2n ** 53n + 1n].map((value) =>
      key([g.constant(value, 'int64')]),
    );
    expect(new Set([...keys, ...whole]).size).toBe(values.length + whole.length);
    const pads = [0, -0, NaN, Infinity].map((value) => key([g.padAxis(operands[0]!, 0, 1, 0, 0, value)]));
    expect(new Set(pads).size).toBe(pads.length);
  });

  test('aliasing of leaves, but not which they are', () => {
    const [a, b] = [leaf(1), leaf(2)];
    expect(key([g.add(input(a), input(b))])).not.toBe(key([g.add(input(a), input(a))]));
    expect(key([g.add(input(a), input(b))])).toBe(key([g.add(input(b), input(a))]));
    expect(key([g.add(input(a), input(b))])).toBe(key([g.add(input(leaf(77)), input(leaf(1)))]));
    expect(key([g.neg(input(a))])).not.toBe(key([g.neg(state(a))]));
  });

  test('whether a value is one node or two equal ones', () => {
    const x = input();
    const shared = g.neg(x);
    expect(key([g.add(shared, shared)])).not.toBe(key([g.add(g.neg(x), g.neg(x))]));
  });

  test('versions of a cell: their order, not their numbers', () => {
    const [a, b] = [leaf(1), leaf(2)];
    const difference = (x: Node, y: Node): string => key([g.sub(x, y)]);
    expect(difference(state(a, 1), state(a, 1))).toBe(difference(state(a, 8), state(a, 8)));
    expect(difference(state(a, 1), state(a, 2))).toBe(difference(state(a, 3), state(a, 9)));
    const keys = [
      difference(state(a, 1), state(a, 1)),
      difference(state(a, 1), state(a, 2)),
      difference(state(a, 2), state(a, 1)),
      difference(state(a, 1), state(b, 1)),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('assignments: target, value and order', () => {
    const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
    const [x, y] = [state(a), state(b)];
    const [p, q] = [g.add(x, y), g.sub(x, y)];
    const keys = [
      key([], [{ leaf: a, value: p }]),
      key([], [{ leaf: b, value: p }]),
      key([], [{ leaf: c, value: p }]),
      key([p]),
      key([p], [{ leaf: a, value: p }]),
      key(
        [],
        [
          { leaf: a, value: p },
          { leaf: b, value: q },
        ],
      ),
      key(
        [],
        [
          { leaf: b, value: p },
          { leaf: a, value: q },
        ],
      ),
      key(
        [],
        [
          { leaf: a, value: q },
          { leaf: b, value: p },
        ],
      ),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    const later = { leaf: c, value: g.add(state(a, 5), state(b, 6)) };
    expect(key([], [later])).toBe(keys[2]);
  });

  test('which values stand behind one barrier', () => {
    const x = input();
    const [one, two] = [g.barrier(x), g.barrier(x)];
    expect(key([g.add(one, one)])).toBe(key([g.add(two, two)]));
    const again = { ...one };
    expect(key([g.add(one, again)])).not.toBe(key([g.add(one, two)]));
  });
});

test('sites, modules, node ids and gradient rules are no part of a key', () => {
  const make = (): Node => g.exp(g.scale(input(leaf(Math.random())), 2));
  expect(key([make()])).toBe(key([make()]));
  const [x, one, two] = [input(), { rule: 1 }, { rule: 2 }];
  expect(key([node('customGradient', [x], one)])).toBe(key([node('customGradient', [x], two)]));
});

test('leaves and scalars come in the order of the key', () => {
  const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
  const value = g.add(g.scale(state(b), 3), g.scale(input(a), 4));
  const graph: Graph = {
    outputs: [value],
    assigns: [
      { leaf: c, value },
      { leaf: b, value },
    ],
  };
  const found = structuralKey(graph);
  expect(found.leaves).toEqual([b, a, c]);
  expect(leavesOf(graph)).toEqual([b, a, c]);
  expect(found.scalars.map((scalar) => scalar.attrs.value)).toEqual([3, 4]);
});

test('keys without scalars differ in everything but scalars', () => {
  const blank = (value: number, op: 'add' | 'mul', dtype: DType = 'float32'): string =>
    structuralKey({ outputs: [g.withScalar(op, input(leaf(), [2], dtype), value)], assigns: [] })
      .keyWithoutScalars;
  expect(blank(1, 'add')).toBe(blank(2, 'add'));
  expect(blank(1, 'add')).not.toBe(blank(1, 'mul'));
  expect(blank(1, 'add')).not.toBe(blank(1, 'add', 'int32'));
});

test('random graphs: the same program has one key, another program another', () => {
  fc.assert(
    fc.property(randomGraph(), ({ graph }) => {
      const found = structuralKey(graph);
      expect(structuralKey(graph)).toEqual(found);
      const more = { outputs: [...graph.outputs, g.neg(input())], assigns: [] };
      expect(structuralKey(more).key).not.toBe(found.key);
    }),
    { numRuns: 50 },
  );
});
