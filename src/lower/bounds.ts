/** What the graph says of the size of values. */
import { sameShape } from '../core/index.js';
import type { Node } from '../graph/index.js';

/**
 * Whether no element of a value is above 0: it is a value less the largest of its row, as in softmax. Only for float32,
 * which the kernel that takes the largest does not round to anything narrower.
 */
export function isNonPositive(node: Node): boolean {
  if (node.op !== 'sub' || node.dtype !== 'float32') return false;
  const [value, spread] = node.inputs as [Node, Node];
  if (spread.op !== 'expand') return false;
  const kept = spread.inputs[0]!;
  const largest = kept.op === 'reshape' ? kept.inputs[0]! : kept;
  if (largest.op !== 'amax' || largest.inputs[0] !== value) return false;
  const { axes } = largest.attrs;
  return sameShape(
    kept.shape,
    value.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}
