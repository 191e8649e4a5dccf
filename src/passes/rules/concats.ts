/** Concatenations that meet, or put together what was one. */
import { numel, sameShape } from '../../core/index.js';
import { g, node, type Node, type NodeOf } from '../../graph/index.js';
import { rule } from '../rule.js';
import { splat } from '../splat.js';

/** Whether `next` continues the slice `first` along `axis`, `taken` elements further on. */
function continues(first: NodeOf<'slice'>, next: NodeOf<'slice'>, axis: number, taken: number): boolean {
  const expected = first.attrs.starts.with(
    axis,
    first.attrs.starts[axis]! + taken * first.attrs.steps[axis]!,
  );
  return (
    first.inputs[0] === next.inputs[0] &&
    sameShape(next.attrs.starts, expected) &&
    sameShape(first.attrs.steps, next.attrs.steps)
  );
}

/** The operands with runs of adjacent slices of one source joined. */
function joinSlices(operands: readonly Node[], axis: number): Node[] {
  const joined: Node[] = [];
  let run: NodeOf<'slice'> | undefined;
  for (const operand of operands) {
    const size = run?.attrs.sizes[axis] ?? 0;
    if (run && operand.op === 'slice' && continues(run, operand, axis, size)) {
      const sizes = run.attrs.sizes.with(axis, size + operand.attrs.sizes[axis]!);
      const longer = node('slice', run.inputs, { ...run.attrs, sizes });
      joined[joined.length - 1] = run = longer;
    } else {
      run = operand.op === 'slice' ? operand : undefined;
      joined.push(operand);
    }
  }
  return joined;
}

/** Operands past which concats of concats are left: a list grown by one a thousand times must not cost its square. */
const maxParts = 64;

export const concats = [
  rule('concat', 'concat of one = x', ([x, ...others]) => others.length === 0 && x),
  rule('concat', 'concat of a concat = one concat', (operands, { attrs: { axis } }) => {
    const parts = operands.flatMap((x) => (x.op === 'concat' && x.attrs.axis === axis ? x.inputs : [x]));
    return parts.length > operands.length && parts.length <= maxParts && g.concat(parts, axis);
  }),
  rule('concat', 'concat with nothing = concat of the rest', (operands, { attrs: { axis }, shape }) => {
    const rest = operands.filter((x) => x.shape[axis] !== 0);
    return numel(shape) > 0 && rest.length < operands.length && g.concat(rest, axis);
  }),
  rule('concat', 'concat of equal constants = a constant', (operands, { shape, dtype }) => {
    const value = splat(operands[0]!);
    const equal = value !== undefined && operands.every((x) => Object.is(splat(x), value));
    return equal && g.full(shape, value, dtype);
  }),
  rule('concat', 'concat of adjacent slices = one slice', (operands, { attrs: { axis } }) => {
    const joined = joinSlices(operands, axis);
    return joined.length < operands.length && g.concat(joined, axis);
  }),
];
