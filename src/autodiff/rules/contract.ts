/** Gradients of the contractions: a dot's are dots again, a convolution's are in conv.ts. */
import {
  attentionDecomposition,
  attentionGradient,
  attentionOperands,
  attentionScoresGradient,
  g,
  type Node,
} from '../../graph/index.js';
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

/** A mask sees the gradient of the scores, which only the written-out form has as a value. */
const attention: GradientRule<'attention'> = (node, ct, needs) => {
  const of = attentionGradient(node, ct);
  const { mask } = attentionOperands(node);
  const masked = mask !== undefined && needs[3] === true;
  const gradient = (by: 'q' | 'k' | 'v'): Node => (masked ? attentionDecomposition(of(by)) : of(by));
  return [
    needs[0] ? gradient('q') : undefined,
    needs[1] ? gradient('k') : undefined,
    needs[2] ? gradient('v') : undefined,
    masked ? attentionScoresGradient(of('q')) : undefined,
  ];
};

const decomposed = { through: attentionDecomposition };

export const contract: GradientTable<'dot' | 'conv' | 'attention' | 'attentionLse' | 'attentionGrad'> = {
  dot,
  conv,
  attention,
  attentionLse: decomposed,
  attentionGrad: decomposed,
};
