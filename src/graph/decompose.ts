/** Primitives that are short for several others, written out: the meaning autodiff and the profit decision go by. */
import * as g from './build.js';
import type { Node, NodeOf } from './node.js';

/** Keys a query may not see: with `causal`, query i attends to keys 0 to i (the upper left triangle, as PyTorch). */
function causalScores(scores: Node): Node {
  const square = scores.shape.slice(-2);
  const visible = g.le(g.iotaAlong(square, 1), g.iotaAlong(square, 0));
  return g.where(g.expandTo(visible, scores.shape), scores, g.fullLike(scores, -Infinity));
}

/** Softmax along the last axis. Its value does not depend on the maximum, so no gradient needs to flow through that. */
function softmax(scores: Node): Node {
  const last = [scores.shape.length - 1];
  const largest = g.stopGradient(g.reduce('amax', scores, last, true));
  const weights = g.exp(g.sub(scores, g.expand(largest, scores.shape)));
  return g.div(weights, g.expand(g.sum(weights, last, true), scores.shape));
}

/** How much each query attends to each key: softmax(scale * q k^T + mask), of shape [..., queries, keys]. */
export function attentionWeights({ inputs, attrs }: NodeOf<'attention'>): Node {
  const [q, k, , mask] = inputs as readonly [Node, Node, Node, Node?];
  const rank = k.shape.length;
  let scores = g.scale(g.matmul(q, g.swapAxes(k, rank - 2, rank - 1)), attrs.scale);
  if (mask) scores = g.add(scores, mask);
  if (attrs.causal) scores = causalScores(scores);
  return softmax(scores);
}

/** softmax(scale * q k^T + mask) v in smaller primitives, with the matrix of weights as a value of its own. */
export const attentionDecomposition = (node: NodeOf<'attention'>): Node =>
  g.matmul(attentionWeights(node), node.inputs[2]!);
