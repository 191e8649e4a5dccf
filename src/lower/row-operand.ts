/** Where reductions and scans of a row read their operands. */
import { InternalError } from '../core/index.js';
import type { Member } from '../fusion/index.js';
import type { Node } from '../graph/index.js';
import { axesFor, axesOf, flattenIndex, reshapeIndices } from '../loops/index.js';
import { family } from '../ops/index.js';
import type { At, Emission } from './emission.js';

/** The operand of a reduction or scan, read at the indices its own result is computed from. */
function operandAt(
  node: Node,
  domain: readonly number[],
  rows: readonly number[],
  level: 'element' | 'row',
): At {
  const input = node.inputs[0]!;
  const axes = axesFor(domain);
  if (level === 'element') return reshapeIndices(axes, domain, input.shape);
  return reshapeIndices(
    rows.map((axis) => axes[axis]!),
    rows.map((axis) => domain[axis]!),
    input.shape,
  );
}

/** Where a reduction reads its operand: at every element, or once a row. */
export function operandOf(
  node: Node,
  member: Member,
  emission: Emission,
): { at: At; level: 'element' | 'row' } {
  const { domain, orientation } = emission.region.group;
  const input = node.inputs[0]!;
  const { rows } = orientation!;
  const { axis, axes = [axis!] } = node.attrs as { axis?: number; axes?: readonly number[] };
  const every = domain.reduce((a, b) => a * b, 1);
  const size = input.shape.reduce((a, b) => a * b, 1);
  for (const level of ['element', 'row'] as const) {
    const count = level === 'element' ? every : rows.reduce((n, a) => n * domain[a]!, 1);
    if (count !== size) continue;
    const at = operandAt(node, domain, rows, level);
    if (family(node.op) === 'scan') return { at, level };
    const kept = at.filter((_, i) => !axes.includes(i));
    const shape = input.shape.filter((_, i) => !axes.includes(i));
    const matches = flattenIndex(kept, shape).key === flattenIndex(member.at, node.shape).key;
    // A total over elements is a total over the rows' own sums.
    if (matches && (level === 'row' || member.level !== 'total' || readable(node, at, emission)))
      return { at, level };
  }
  throw new InternalError(`${node.op} lost its operand's place in the rows`);
}

/** Whether no member of the row alone is read at element positions that it does not have. */
const readable = (node: Node, at: At, emission: Emission): boolean => {
  const { group } = emission.region;
  const source = node.inputs[0]!;
  const member = group.members.get(source);
  return member === undefined || member.level === 'element' || at.every((index) => axesOf(index).size === 0);
};
