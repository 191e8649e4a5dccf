/** Elementwise operations on stretched operands, done on what was stretched. */
import { numel, type Shape } from '../../core/index.js';
import { g, node, type Node } from '../../graph/index.js';
import { scalar, type ElementwiseOp } from '../../ops/index.js';
import { rule } from '../rule.js';
import { splat } from '../splat.js';

const elementwise = Object.keys(scalar) as ElementwiseOp[];

/** The smallest shape on which the operands still have all their elements. */
function coreShape(operands: readonly Node[], shape: Shape): Shape {
  const core = new Array<number>(shape.length).fill(1);
  for (const operand of operands) {
    if (splat(operand) !== undefined) continue;
    const own = operand.op === 'expand' ? operand.inputs[0]!.shape : operand.shape;
    own.forEach((size, i) => (core[i] = Math.max(core[i]!, size)));
  }
  return core;
}

function narrowed(x: Node, core: Shape): Node {
  const value = splat(x);
  if (value !== undefined) return g.full(core, value, x.dtype);
  return x.op === 'expand' ? g.expand(x.inputs[0]!, core) : x;
}

export const broadcasts = [
  rule(
    elementwise,
    'op(expand(x), expand(y)) = expand(op(x, y))',
    (operands: readonly Node[], { op, attrs, shape }) => {
      if (!operands.some((x) => x.op === 'expand')) return undefined;
      const core = coreShape(operands, shape);
      return (
        numel(core) < numel(shape) &&
        g.expand(
          node(
            op,
            operands.map((x) => narrowed(x, core)),
            attrs,
          ),
          shape,
        )
      );
    },
  ),
];
