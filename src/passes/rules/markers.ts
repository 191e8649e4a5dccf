/** What only autodiff needed to see. */
import { attentionDecomposition, type NodeOf } from '../../graph/index.js';
import { rule } from '../rule.js';

export const dropMarkers = [
  rule('stopGradient', 'stopGradient(x) = x', ([x]) => x),
  rule('customGradient', 'customGradient(x, ...) = x', ([x]) => x),
  rule('checkIndex', 'checkIndex(x) = x', ([x]) => x),
];

export const decomposeAttention = [
  rule(
    'attention',
    'attention(q, k, v, mask) = softmax(scale q k^T + mask) v',
    (_, node: NodeOf<'attention'>) => attentionDecomposition(node),
  ),
];
