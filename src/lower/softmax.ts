/**
 * Softmax in the graph, and what kernels may take for granted there. Only in float32, which no kernel rounds to anything
 * narrower between two steps.
 */
import { numel, sameShape } from '../core/index.js';
import type { Flow } from '../fusion/index.js';
import { isOp, type Node, type NodeOf } from '../graph/index.js';

/** The reduction of `value` that `spread` has at every element of its row. */
function spreadFrom(spread: Node, value: Node): NodeOf<'amax' | 'sum'> | undefined {
  if (value.dtype !== 'float32' || !isOp(spread, 'expand')) return undefined;
  const kept = spread.inputs[0]!;
  const reduced = isOp(kept, 'reshape') ? kept.inputs[0]! : kept;
  if (!(isOp(reduced, 'amax') || isOp(reduced, 'sum')) || reduced.inputs[0] !== value) return undefined;
  const { axes } = reduced.attrs;
  const one = value.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return sameShape(kept.shape, one) ? reduced : undefined;
}

/** The largest of each row that a value is shifted by: no element is above 0 then. */
export function shiftOf(node: Node): NodeOf<'amax' | 'sum'> | undefined {
  const largest = isOp(node, 'sub') ? spreadFrom(node.inputs[1]!, node.inputs[0]!) : undefined;
  return largest?.op === 'amax' ? largest : undefined;
}

/** The sum of which a quotient is a share: exp of a shifted row, from 0 to 1, over its sum, which is at least 1. */
function totalOf(node: Node): NodeOf<'amax' | 'sum'> | undefined {
  if (!isOp(node, 'div')) return undefined;
  const [part, spread] = node.inputs as [Node, Node];
  const total = spreadFrom(spread, part);
  const shift = total?.op === 'sum' && isOp(part, 'exp') ? shiftOf(part.inputs[0]!) : undefined;
  return shift && sameShape(shift.attrs.axes, total!.attrs.axes) ? total : undefined;
}

/** Rows from this length on are worth a division more. */
const longRow = 16;

/** Whether a quotient may be had from the reciprocal of its divisor, which serves a long row. */
export function isShare(node: Node): boolean {
  const total = totalOf(node);
  return total !== undefined && numel(node.shape) >= longRow * numel(total.shape);
}

const usersOf = (node: Node, { users, demanded, shown }: Flow): readonly Node[] =>
  demanded.has(node) || shown.has(node) ? [] : (users.get(node) ?? []);

/** Whether an exponential is for its shares of rows alone, and for the sums that they are shares of. */
export function isWeight(part: Node, flow: Flow): boolean {
  const isQuotient = (node: Node): boolean => totalOf(node)?.inputs[0] === part;
  const ends = (node: Node): boolean => {
    if (isQuotient(node)) return true;
    const readers = isOp(node, 'sum') ? usersOf(node, flow) : [];
    return readers.length > 0 && readers.every(isQuotient);
  };
  const readers = usersOf(part, flow);
  return readers.length > 0 && readers.every(ends);
}

/**
 * Whether the largest of each row need not be NaN where an element is: it is for a softmax alone, whose sum and so whose
 * quotients are NaN without it.
 */
export function missesNaN(largest: Node, flow: Flow): boolean {
  const [shifted, ...otherUses] = usersOf(largest, flow);
  if (!shifted || otherUses.length > 0 || shiftOf(shifted) !== largest) return false;
  const [part, ...others] = usersOf(shifted, flow);
  return part !== undefined && others.length === 0 && isOp(part, 'exp') && isWeight(part, flow);
}
