/** Kernels never wait for each other in a circle, however groups came about. */
import { expect, it } from 'vitest';
import { g, type Graph, type Node } from '../../src/graph/index.js';
import type { Leaf } from '../../src/ops/index.js';
import { Data, Instance, compileGraph } from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';

const data = (...shape: number[]): Node =>
  new Data(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + shape.length)),
    shape,
    'float32',
  ).node;
const indices = (values: number[], shape: number[]): Node =>
  new Data(Int32Array.from(values), shape, 'int32').node;
const contents = (leaf: Leaf): ArrayLike<number> => (leaf as Data).array as Float32Array;

function check(outputs: readonly Node[]): void {
  const graph: Graph = { outputs, assigns: [] };
  const compilation = compileGraph(graph, {});
  const results = new Instance(compilation).run(compilation.leaves, (leaf) => (leaf as Data).storage, []);
  const expected = interpret(graph, contents);
  results.forEach((result, i) =>
    result.array.forEach((value, j) => expect(Number(value)).toBeCloseTo(Number(expected[i]!.data[j]), 4)),
  );
}

it('where a group that was finished early goes on later', () => {
  const [x, w, y] = [data(4, 6), data(6, 1), data(4, 5)];
  const dear = g.exp(x);
  const product = g.matmul(dear, w);
  const rows = g.sum(y, [1], true);
  const later = g.mul(dear, g.expand(rows, [4, 6]));
  const normed = g.add(g.div(y, g.expand(rows, [4, 5])), g.expand(product, [4, 5]));
  check([product, later, normed, dear]);
});

it('where a value that readers compute themselves rests on one that is stored', () => {
  const x = data(3, 4);
  const root = g.unary('sqrt', g.add(g.mul(x, x), g.fullLike(x, 0.5)));
  const picked = g.gather(g.reshape(root, [3, 2, 2]), indices([0, 1, 2, 0, 1, 2, 0, 1], [2, 2, 2]), 0);
  const base = g.add(x, root);
  const scattered = g.scatter(base, indices([0, 1, 2, 0, 1, 2, 0, 1], [2, 4]), data(2, 4), 0);
  check([picked, g.add(scattered, root), g.sum(g.unary('tanh', g.add(scattered, root)), [0, 1])]);
});
