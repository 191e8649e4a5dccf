/** Hand-written attention is recognised where that is right, and nowhere else. */
import { describe, expect, it } from 'vitest';
import { softmax } from '../../src/functional/activation.js';
import { g, topological, type Node } from '../../src/graph/index.js';
import { recogniseAttention, simplify } from '../../src/passes/index.js';
import { interpret } from '../oracle/interpreter.js';
import { shown } from './expression.js';
import { leaf, tameData } from './leaves.js';

const q = leaf('q', [2, 3, 5]);
const k = leaf('k', [2, 4, 5]);
const v = leaf('v', [2, 4, 6]);
const keys = leaf('keys', [2, 3, 5]);
const values = leaf('values', [2, 3, 6]);
const mask = leaf('mask', [2, 3, 4]);

const scores = (a: Node, b: Node): Node => g.matmul(a, g.swapAxes(b, 1, 2));
const causal = (s: Node): Node => {
  const [rows, columns] = [g.iotaAlong([3, 3], 0), g.iotaAlong([3, 3], 1)];
  return g.where(g.expandTo(g.lt(rows, columns), s.shape), g.fullLike(s, -Infinity), s);
};
const lower = (s: Node): Node => {
  const [rows, columns] = [g.reshape(g.iota(3), [3, 1]), g.reshape(g.iota(3), [1, 3])];
  const seen = g.le(g.expand(columns, [3, 3]), g.expand(rows, [3, 3]));
  return g.where(g.expandTo(seen, s.shape), s, g.fullLike(s, -Infinity));
};
const upper = (s: Node): Node => {
  const [rows, columns] = [g.iotaAlong([3, 3], 0), g.iotaAlong([3, 3], 1)];
  return g.where(g.expandTo(g.le(rows, columns), s.shape), s, g.fullLike(s, -Infinity));
};
const attended = (...outputs: Node[]): Node[] =>
  topological(recogniseAttention(outputs)).filter((node) => node.op === 'attention');

function expectSameValues(before: readonly Node[], after: readonly Node[]): void {
  const evaluate = (outputs: readonly Node[]): number[] =>
    interpret({ outputs, assigns: [] }, tameData).flatMap((result) => result.data.map(Number));
  const want = evaluate(before);
  evaluate(after).forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 10));
}

describe('is recognised', () => {
  const forms: Record<string, Node> = {
    'without a scale': g.matmul(softmax(scores(q, k), -1), v),
    'with a scale': g.matmul(softmax(g.scale(scores(q, k), 0.5), -1), v),
    'divided by a scale': g.matmul(softmax(g.withScalar('div', scores(q, k), 4), -1), v),
    'with a mask': g.matmul(softmax(g.add(g.scale(scores(q, k), 0.5), mask), -1), v),
    'with a mask on the left': g.matmul(softmax(g.add(mask, scores(q, k)), -1), v),
    'causal, masked where the query is earlier': g.matmul(softmax(causal(scores(q, keys)), -1), values),
    'causal, kept where the key is not later': g.matmul(
      softmax(lower(g.scale(scores(q, keys), 0.5)), -1),
      values,
    ),
  };
  it.each(Object.entries(forms))('%s', (name, value) => {
    const outputs = recogniseAttention([value]);
    expect(outputs[0]!.op).toBe('attention');
    expect(outputs[0]!.attrs).toMatchObject({ causal: name.startsWith('causal') });
    expectSameValues([value], outputs);
    expectSameValues([value], simplify({ outputs, assigns: [] }).graph.outputs);
  });

  it('in the middle of a graph, leaving what comes before as it is', () => {
    const query = g.exp(q);
    const output = g.neg(g.matmul(softmax(g.scale(scores(query, k), 0.5), -1), v));
    const [after, same] = recogniseAttention([output, query]);
    expect(same).toBe(query);
    expect(shown({ outputs: [output], assigns: [] })).toMatchInlineSnapshot(`
      "%0 = input float32[2, 3, 5] q
      %1 = exp float32[2, 3, 5] %0
      %2 = input float32[2, 4, 5] k
      %3 = permute float32[2, 5, 4] %2 perm=[0, 2, 1]
      %4 = dot float32[2, 3, 4] %1 %3 lhsBatch=[0] rhsBatch=[0] lhsContract=[2] rhsContract=[1]
      %5 = constant float32[] 0.5
      %6 = reshape float32[1, 1, 1] %5
      %7 = expand float32[2, 3, 4] %6
      %8 = mul float32[2, 3, 4] %4 %7
      %9 = amax float32[2, 3] %8 axes=[2]
      %10 = reshape float32[2, 3, 1] %9
      %11 = stopGradient float32[2, 3, 1] %10
      %12 = expand float32[2, 3, 4] %11
      %13 = sub float32[2, 3, 4] %8 %12
      %14 = exp float32[2, 3, 4] %13
      %15 = sum float32[2, 3] %14 axes=[2]
      %16 = reshape float32[2, 3, 1] %15
      %17 = expand float32[2, 3, 4] %16
      %18 = div float32[2, 3, 4] %14 %17
      %19 = input float32[2, 4, 6] v
      %20 = dot float32[2, 3, 6] %18 %19 lhsBatch=[0] rhsBatch=[0] lhsContract=[2] rhsContract=[1]
      %21 = neg float32[2, 3, 6] %20
      return %21"
    `);
    expect(shown({ outputs: [after!], assigns: [] })).toMatchInlineSnapshot(`
      "%0 = input float32[2, 3, 5] q
      %1 = exp float32[2, 3, 5] %0
      %2 = input float32[2, 4, 5] k
      %3 = input float32[2, 4, 6] v
      %4 = attention float32[2, 3, 6] %1 %2 %3 scale=0.5
      %5 = neg float32[2, 3, 6] %4
      return %5"
    `);
  });
});

describe('is not recognised', () => {
  const weights = softmax(scores(q, k), -1);
  const product = scores(q, k);
  const forms: Record<string, Node[]> = {
    'when the weights are returned': [g.matmul(weights, v), weights],
    'when something else reads the weights': [
      g.add(g.sum(g.matmul(weights, v), [0, 1, 2]), g.sum(weights, [0, 1, 2])),
    ],
    'when something else reads the scores': [g.matmul(softmax(product, -1), v), g.exp(product)],
    'when the softmax is over queries': [g.matmul(softmax(scores(q, k), 1), v)],
    'when the mask hides earlier keys': [g.matmul(softmax(upper(scores(q, keys)), -1), values)],
    'when weights are dropped out': [g.matmul(g.mul(weights, mask), v)],
    'when there are no scores': [g.matmul(softmax(mask, -1), v)],
  };
  it.each(Object.entries(forms))('%s', (_, outputs) => {
    expect(attended(...outputs)).toEqual([]);
    expectSameValues(outputs, recogniseAttention(outputs));
  });
});
