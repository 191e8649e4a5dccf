/** What only autodiff needed to see. */
import { attentionDecomposition, type AttentionNode } from '../../graph/index.js';
import { chooseAttention, type AttentionLimits } from '../attention-choice.js';
import { rule, type Rule } from '../rule.js';

export const dropMarkers = [
  rule('stopGradient', 'stopGradient(x) = x', ([x]) => x),
  rule('customGradient', 'customGradient(x, ...) = x', ([x]) => x),
  rule('checkIndex', 'checkIndex(x) = x', ([x]) => x),
];

/** Attention written out, where the profit rule does not keep it. */
export function decomposeAttention(limits: AttentionLimits | undefined): Rule[] {
  const written = (node: AttentionNode) =>
    !chooseAttention(node, limits).online && attentionDecomposition(node);
  return [
    rule('attention', 'attention(q, k, v, mask) = softmax(scale q k^T + mask) v', (_, node) => written(node)),
    rule('attentionLse', 'logsumexp of attention(q, k) = log sum exp(scale q k^T)', (_, node) =>
      written(node),
    ),
    rule('attentionGrad', 'gradient of attention = products with softmax * (ct v^T - rows)', (_, node) =>
      written(node),
    ),
  ];
}
