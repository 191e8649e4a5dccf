/** Kinds of data and kernels that random graphs rarely make: halves, int64, random words, attention, odd shapes. */
import { expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { bfloat16FromBits, dtypes, float16FromBits, numel, type DType } from '../../src/core/index.js';
import { attentionDecomposition, g, node, type Graph, type Node } from '../../src/graph/index.js';
import { encode, type Leaf, type Value } from '../../src/ops/index.js';
import { Data, Instance, compileGraph } from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';

const held = new Map<Leaf, Value[]>();
function leaf(shape: readonly number[], dtype: DType, f: (i: number) => Value): Node {
  const values = Array.from({ length: numel(shape) }, (_, i) => f(i));
  const array = new dtypes[dtype].array(values.length);
  values.forEach((value, i) => (array[i] = encode(value, dtype) as never));
  const data = new Data(array, shape, dtype);
  held.set(
    data,
    dtype === 'float16'
      ? Array.from(array as Uint16Array, float16FromBits)
      : dtype === 'bfloat16'
        ? Array.from(array as Uint16Array, bfloat16FromBits)
        : ([...array] as Value[]),
  );
  return data.node;
}
const float = (...shape: number[]): Node =>
  leaf(shape, 'float32', (i) => Math.fround(Math.sin(i * 1.7 + shape.length)));

function check(outputs: readonly Node[], tolerance = 1e-4): void {
  const graph: Graph = { outputs, assigns: [] };
  const expected = interpret(graph, (l) => held.get(l)!);
  for (const fusion of [true, false]) {
    const c = compileGraph(graph, { fusion });
    const results = new Instance(c).run(c.leaves, (l) => (l as Data).storage, []);
    results.forEach(({ array: result }, i) => {
      const { dtype } = outputs[i]!;
      const got =
        dtype === 'float16'
          ? Array.from(result as Uint16Array, float16FromBits)
          : dtype === 'bfloat16'
            ? Array.from(result as Uint16Array, bfloat16FromBits)
            : [...result];
      expect(got.length).toBe(expected[i]!.data.length);
      got.forEach((x, j) => {
        const right = expected[i]!.data[j]!;
        if (typeof x === 'bigint') return expect(x).toBe(right);
        if (Object.is(x, right) || x === right) return;
        if (Math.abs(x - Number(right)) <= tolerance * Math.max(1, Math.abs(Number(right)))) return;
        throw new Error(
          `${fusion ? 'fused' : 'unfused'}, output ${i} (${outputs[i]!.op} ${dtype}), element ${j}: ${x} instead of ${right}\n${c.source}`,
        );
      });
    });
  }
}
const all = (x: Node): number[] => x.shape.map((_, i) => i);

it('halves', () => {
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const tol = dtype === 'float16' ? 4e-3 : 4e-2;
    const x = leaf([5, 7], dtype, (i) => Math.sin(i));
    const w = leaf([7, 3], dtype, (i) => Math.cos(i));
    const s = g.sum(x, [1], true);
    const y = g.div(g.exp(x), g.expand(g.sum(g.exp(x), [1], true), [5, 7]));
    check(
      [
        g.add(x, g.scale(x, 0.3)),
        s,
        y,
        g.matmul(x, w),
        g.cast(g.matmul(x, w), 'float32'),
        g.reduce('amax', g.mul(x, x), [0]),
        g.scan('cumsum', x, 1),
      ],
      tol,
    );
    // Comparisons and floors see rounded values.
    const z = g.mul(x, x);
    check(
      [
        g.binary('lt', z, g.fullLike(z, 0.5)),
        g.cast(g.scale(z, 8), 'int32'),
        g.unary('floor', g.scale(z, 8)),
        g.arg('argmax', z, 1),
        g.cast(z, 'float32'),
      ],
      0,
    );
    const big = g.scale(
      leaf([4], dtype, (i) => 60000 * (i + 1)),
      1,
    );
    check([big, g.mul(big, big)], tol);
  }
});

it('int64 and its neighbours', () => {
  const x = leaf([3, 4], 'int64', (i) => BigInt(i) * 1234567890123n - 5n);
  const y = leaf([3, 4], 'int64', (i) => BigInt((i % 5) - 2));
  const wide = leaf([4], 'int64', (i) => [2n ** 62n, -(2n ** 63n), 2n ** 63n - 1n, -1n][i]!);
  const z = leaf([4], 'int64', (i) => [-1n, -1n, 3n, 64n][i]!);
  check([
    g.add(x, y),
    g.mul(x, x),
    g.sum(x, [1]),
    g.sum(g.mul(x, y), [0, 1]),
    g.binary('div', x, y),
    g.binary('fmod', x, y),
    g.reduce('prod', y, [0]),
    g.scan('cumsum', x, 0, true),
    g.arg('argmax', x, 0),
    g.binary('lt', x, y),
  ]);
  check([
    g.add(wide, wide),
    g.mul(wide, z),
    g.binary('div', wide, z),
    g.binary('fmod', wide, z),
    g.binary('shl', wide, z),
    g.binary('shr', wide, z),
    g.neg(wide),
    g.unary('abs', wide),
    g.unary('not', wide),
    g.cast(wide, 'int32'),
    g.cast(wide, 'uint8'),
    g.cast(wide, 'float32'),
    g.reduce('amin', wide, [0]),
  ]);
  check([g.dot(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] })]);
  for (const dtype of ['int8', 'uint8', 'int16', 'int32', 'uint32'] as const) {
    const a = leaf([6], dtype, (i) => [0, 1, 127, 255, 65535, 2 ** 31][i]!);
    const b = leaf([6], dtype, (i) => [0, 31, 200, 3, 32, -1][i]!);
    const ops = ['add', 'sub', 'mul', 'div', 'fmod', 'max', 'min', 'and', 'or', 'xor', 'shl', 'shr'] as const;
    const each = ops.map((op) => g.binary(op, a, b));
    check([
      ...each,
      ...each.map((e) => g.add(e, a)),
      g.neg(a),
      g.unary('not', a),
      g.unary('abs', a),
      g.sum(g.mul(a, b), [0]),
      g.sum(a, [0]),
      g.scan('cumprod', a, 0),
      g.cast(a, 'float32'),
      g.cast(g.cast(a, 'int64'), 'int8'),
    ]);
  }
  const f = leaf(
    [10],
    'float32',
    (i) => [NaN, Infinity, -Infinity, 1e10, -1e10, 3.99, -3.99, 255.5, -0.5, 4294967296][i]!,
  );
  check((['int8', 'uint8', 'int16', 'int32', 'uint32', 'int64', 'bool'] as const).map((d) => g.cast(f, d)));
});

it('random words', () => {
  const word = (seed: number): Node => leaf([3, 5], 'uint32', (i) => Math.imul(i + seed, 2654435761) >>> 0);
  const [k0, k1, c0, c1] = [word(1), word(2), word(3), word(4)];
  const parts = (['word0', 'word1', 'xor'] as const).map(
    (part) => node('threefry', [k0, k1, c0, c1], { part }) as Node,
  );
  const unit = g.scale(g.cast(g.binary('shr', parts[2]!, g.fullLike(parts[2]!, 9)), 'float32'), 2 ** -23);
  check([...parts, unit, g.sum(unit, [1]), g.binary('lt', unit, g.fullLike(unit, 0.5))], 1e-6);
});

it('attention, written out and differentiated', () => {
  for (const causal of [true, false]) {
    for (const [queries, keys] of [
      [5, 5],
      [1, 4],
      [3, 7],
    ] as const) {
      const q = float(2, 3, queries, 4);
      const k = float(2, 3, keys, 4);
      const v = float(2, 3, keys, 6);
      const mask = float(2, 3, queries, keys);
      for (const inputs of [
        [q, k, v],
        [q, k, v, mask],
      ]) {
        const out = node('attention', inputs, { scale: 0.5, causal, dropout: 0 }) as Node;
        const loss = g.sum(g.mul(out, out), all(out));
        check([out, loss, ...grad(loss, inputs)], 1e-3);
        const written = attentionDecomposition(out as never);
        check([written, ...grad(g.sum(g.mul(written, written), all(written)), inputs)], 1e-3);
      }
    }
  }
});

it('sizes 0 and 1, rank 0 and 6', () => {
  const empty = float(3, 0, 2);
  check([
    g.sum(empty, [1]),
    g.sum(empty, [0, 1, 2]),
    g.reduce('prod', empty, [1]),
    g.sum(empty, [0]),
    g.exp(empty),
    g.concat([empty, float(3, 2, 2)], 1),
    g.scan('cumsum', empty, 1),
    g.padAxis(empty, 1, 1, 1, 0, 7),
    g.matmul(float(2, 0), float(0, 3)),
    g.matmul(float(0, 2), float(2, 3)),
  ]);
  const softmax = (x: Node, axis: number): Node => {
    const e = g.exp(g.sub(x, g.expand(g.reduce('amax', x, [axis], true), x.shape)));
    return g.div(e, g.expand(g.sum(e, [axis], true), x.shape));
  };
  check([
    softmax(float(3, 1), 1),
    softmax(float(1, 3), 0),
    softmax(float(1), 0),
    g.sum(softmax(float(4, 1, 3), 2), [0, 1]),
  ]);
  const s = float();
  const t = g.unary('sin', s);
  check([
    t,
    s,
    g.sum(g.expandTo(t, [2, 3]), [0, 1]),
    g.mul(t, g.sum(g.expandTo(s, [4]), [0])),
    ...grad(g.mul(t, t), [s]),
  ]);
  const x = float(2, 3, 1, 2, 1, 2);
  const y = float(1, 3, 2, 1, 2, 1);
  const [a, b] = g.broadcast('test', x, y) as [Node, Node];
  const product = g.mul(a, b);
  const norm = g.div(product, g.expand(g.sum(g.mul(product, product), [1, 3], true), product.shape));
  check([
    norm,
    g.sum(norm, [0, 2, 5]),
    g.permute(norm, [5, 3, 1, 0, 2, 4]),
    ...grad(g.sum(g.unary('tanh', product), all(product)), [x, y]),
  ]);
});

it('views of views, read by every kind of kernel', () => {
  let x = float(6, 10, 14);
  for (let i = 0; i < 14; i++) {
    x = g.reshape(g.permute(x, [2, 0, 1]), i % 2 ? [6, 10, 14] : [4, 15, 14]);
    x = g.flip(x, i % 3);
  }
  const m = g.reshape(x, [20, 42]);
  check([
    x,
    g.sum(x, [1]),
    g.matmul(m, g.permute(m, [1, 0])),
    g.scan('cumsum', m, 1),
    g.reduce('amax', g.window(m, 1, 5, 3), [2]),
    g.concat([m, g.flip(m, 0), g.padAxis(m, 0, 2, 1, 1, 3)], 0),
  ]);
  const w = g.window(g.window(float(9, 8), 0, 3, 2), 1, 3, 1, 2);
  check([w, g.sum(w, [2, 3]), ...grad(g.sum(g.mul(w, w), all(w)), [w.inputs[0]!.inputs[0]!])]);
});
