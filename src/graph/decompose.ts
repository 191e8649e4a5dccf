/** Primitives that are short for several others, written out: the meaning autodiff and the profit decision go by. */
import * as g from './build.js';
import { node as makeNode, type Node, type NodeOf } from './node.js';
import { randomWords, uniformOf } from './random.js';

export type AttentionNode = NodeOf<'attention'> | NodeOf<'attentionLse'> | NodeOf<'attentionGrad'>;
type Gradient = NodeOf<'attentionGrad'>;

export interface AttentionOperands {
  readonly q: Node;
  readonly k: Node;
  readonly v: Node;
  readonly mask: Node | undefined;
  /** The two key words of the dropout's draw. */
  readonly seed: Node | undefined;
  /** Of a gradient: cotangent, logsumexp, and row sums of output times cotangent. */
  readonly backward: readonly [Node, Node, Node] | undefined;
}

/** The operands of an attention or of its gradient, by name. */
export function attentionOperands({ op, inputs, attrs }: AttentionNode): AttentionOperands {
  const [q, k, v] = inputs as readonly [Node, Node, Node];
  const fixed = op === 'attentionGrad' ? 6 : 3;
  const seed = attrs.dropout > 0 ? inputs.at(-1) : undefined;
  const mask = inputs.length > fixed + (seed ? 1 : 0) ? inputs[fixed] : undefined;
  const backward = op === 'attentionGrad' ? (inputs.slice(3, 6) as [Node, Node, Node]) : undefined;
  return { q, k, v, mask, seed, backward };
}

/** The gradient nodes of an attention, given its cotangent. */
export function attentionGradient(
  node: NodeOf<'attention'>,
  cotangent: Node,
): (of: 'q' | 'k' | 'v') => Gradient & Node {
  const { q, k, v } = attentionOperands(node);
  const lse = makeNode('attentionLse', node.inputs, node.attrs);
  // The softmax's row sums of p * dp equal those of out * ct, which are cheaper (Dao et al. 2022, appendix B).
  const rows = g.sum(g.mul(cotangent, node), [q.shape.length - 1]);
  const inputs = [q, k, v, cotangent, lse, rows, ...node.inputs.slice(3)];
  return (of) => makeNode('attentionGrad', inputs, { ...node.attrs, of });
}

const transpose = (x: Node): Node => g.swapAxes(x, x.shape.length - 2, x.shape.length - 1);

/** Keys a query may not see: with `causal`, query i attends to keys 0 to i (the upper left triangle, as PyTorch). */
function causalScores(scores: Node): Node {
  const square = scores.shape.slice(-2);
  const visible = g.le(g.iotaAlong(square, 1), g.iotaAlong(square, 0));
  return g.where(g.expandTo(visible, scores.shape), scores, g.fullLike(scores, -Infinity));
}

/** scale * q k^T + mask, of shape [..., queries, keys]. */
function scoresOf(node: AttentionNode): Node {
  const { q, k, mask } = attentionOperands(node);
  const product = g.scale(g.matmul(q, transpose(k)), node.attrs.scale);
  const scores = mask ? g.add(product, mask) : product;
  return node.attrs.causal ? causalScores(scores) : scores;
}

/**
 * exp(scores - largest), with the largest of each row and the sum. No value made of them depends on the largest, so no
 * gradient needs to flow through that.
 */
function powers(scores: Node): { readonly weights: Node; readonly largest: Node; readonly total: Node } {
  const last = [scores.shape.length - 1];
  const largest = g.stopGradient(g.reduce('amax', scores, last, true));
  const weights = g.exp(g.sub(scores, g.expand(largest, scores.shape)));
  return { weights, largest, total: g.sum(weights, last, true) };
}

/** How much each query attends to each key, before dropout. */
function attentionWeights(node: AttentionNode): Node {
  const { weights, total } = powers(scoresOf(node));
  return g.div(weights, g.expand(total, weights.shape));
}

/** Dropout of a value for each query and key, as `F.dropout` writes it. */
function dropped(node: AttentionNode, x: Node): Node {
  const { seed } = attentionOperands(node);
  const { dropout: p } = node.attrs;
  if (!seed) return x;
  const word = (i: number): Node => g.reshape(g.sliceAxis(seed, 0, i, 1), []);
  const uniform = g.reshape(uniformOf(randomWords(word(0), word(1), g.count(x))), x.shape);
  const kept = g.le(g.full(x.shape, p, uniform.dtype), uniform);
  return g.where(kept, g.scale(x, 1 / (1 - p)), g.zerosLike(x));
}

/** The gradient that reaches the scores, which is also that of the mask. */
export function attentionScoresGradient(node: Gradient): Node {
  const { v, backward } = attentionOperands(node);
  const [cotangent, , rows] = backward!;
  const weights = attentionWeights(node);
  const products = dropped(node, g.matmul(cotangent, transpose(v)));
  const along = g.expand(g.reshape(rows, [...rows.shape, 1]), weights.shape);
  return g.mul(weights, g.sub(products, along));
}

function gradientDecomposition(node: Gradient): Node {
  const { q, k, backward } = attentionOperands(node);
  const { of, scale } = node.attrs;
  if (of === 'v') return g.matmul(transpose(dropped(node, attentionWeights(node))), backward![0]);
  const scores = attentionScoresGradient(node);
  return g.scale(of === 'q' ? g.matmul(scores, k) : g.matmul(transpose(scores), q), scale);
}

/** An attention in smaller primitives, with the matrix of weights as a value of its own. */
export function attentionDecomposition(node: AttentionNode): Node {
  if (node.op === 'attentionGrad') return gradientDecomposition(node);
  if (node.op === 'attention')
    return g.matmul(dropped(node, attentionWeights(node)), attentionOperands(node).v);
  const { largest, total } = powers(scoresOf(node));
  return g.reshape(g.add(largest, g.log(total)), node.shape);
}
