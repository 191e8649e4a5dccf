/** Gradients of the contractions: a dot's are dots again, a convolution's are in conv.ts. */
import { attentionWeights, g, type Node } from '../../graph/index.js';
import { conv } from './conv.js';
import type { GradientRule, GradientTable } from './rule.js';

const range = (from: number, size: number): number[] => Array.from({ length: size }, (_, i) => from + i);
const ascending = (axes: readonly number[]): number[] => axes.toSorted((a, b) => a - b);

/** Puts dimensions back: dimension i of `x` holds what belongs at `order[i]`. */
const restore = (x: Node, order: readonly number[]): Node =>
  g.permute(
    x,
    order.map((_, i) => order.indexOf(i)),
  );

const dot: GradientRule<'dot'> = ({ inputs, attrs }, ct, needs) => {
  const [a, b] = inputs as readonly [Node, Node];
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = attrs;
  const rest = (x: Node, used: readonly number[]): number[] =>
    range(0, x.shape.length).filter((i) => !used.includes(i));
  const lhsRest = rest(a, [...lhsBatch, ...lhsContract]);
  const rhsRest = rest(b, [...rhsBatch, ...rhsContract]);
  // The result's dimensions are batch, lhsRest, rhsRest: contracting one rest leaves the other operand's shape.
  const batch = range(0, lhsBatch.length);
  const left = range(batch.length, lhsRest.length);
  const right = range(batch.length + left.length, rhsRest.length);
  const forLeft = (): Node => {
    const raw = g.dot(ct, b, { lhsBatch: batch, rhsBatch, lhsContract: right, rhsContract: rhsRest });
    const contracted = ascending(rhsContract).map((axis) => lhsContract[rhsContract.indexOf(axis)]!);
    return restore(raw, [...lhsBatch, ...lhsRest, ...contracted]);
  };
  const forRight = (): Node => {
    const raw = g.dot(a, ct, { lhsBatch, rhsBatch: batch, lhsContract: lhsRest, rhsContract: left });
    const contracted = ascending(lhsContract).map((axis) => rhsContract[lhsContract.indexOf(axis)]!);
    return restore(raw, [...rhsBatch, ...contracted, ...rhsRest]);
  };
  return [needs[0] ? forLeft() : undefined, needs[1] ? forRight() : undefined];
};

/** The softmax's row sums of p * dp equal those of out * ct, which are cheaper (Dao et al. 2022, appendix B). */
const attention: GradientRule<'attention'> = (node, ct, needs) => {
  const [q, k, v] = node.inputs as readonly [Node, Node, Node];
  const rank = q.shape.length;
  const transpose = (x: Node): Node => g.swapAxes(x, rank - 2, rank - 1);
  const scaled = (x: Node): Node => g.scale(x, node.attrs.scale);
  const weights = attentionWeights(node);
  const rows = g.sum(g.mul(ct, node), [rank - 1], true);
  const scores = g.mul(weights, g.sub(g.matmul(ct, transpose(v)), g.expand(rows, weights.shape)));
  return [
    needs[0] ? scaled(g.matmul(scores, k)) : undefined,
    needs[1] ? scaled(g.matmul(transpose(scores), q)) : undefined,
    needs[2] ? g.matmul(transpose(weights), ct) : undefined,
    needs[3] ? scores : undefined,
  ];
};

export const contract: GradientTable<'dot' | 'conv' | 'attention'> = { dot, conv, attention };
