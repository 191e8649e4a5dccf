/** Random numbers as graph values, in JAX's partitionable layout: element i of a draw counts i. */
import * as g from './build.js';
import { node, type Node } from './node.js';

/** `count` random words under a key of two words. */
export function randomWords(k0: Node, k1: Node, count: number): Node {
  const spread = (x: Node): Node => g.expandTo(x, [count]);
  const zero = spread(g.constant(0, 'uint32'));
  return node('threefry', [spread(k0), spread(k1), zero, g.iota(count, 'uint32')], { part: 'xor' });
}

/** Numbers in [0, 1): the top 23 bits as the mantissa of a number in [1, 2), as JAX does it. */
export function uniformOf(words: Node): Node {
  const mantissa = g.binary('shr', words, g.full(words.shape, 9, 'uint32'));
  const bits = g.binary('or', mantissa, g.full(words.shape, 0x3f800000, 'uint32'));
  return g.withScalar('sub', node('bitcast', [bits], { dtype: 'float32' }), 1);
}
