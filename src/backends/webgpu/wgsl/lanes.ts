/** Four neighbours that one invocation takes together, so that it reads and writes vectors. */
import {
  addIndex,
  axesOf,
  axesUsed,
  axisIndex,
  constantIndex,
  operandsOf,
  scaleIndex,
  substitute,
  type IndexExpr,
  type Instr,
  type Load,
  type Store,
} from '../../../loops/index.js';

export const vectorSize = 4;

/** An axis that is counted in blocks of neighbours. */
export interface Blocks {
  readonly axis: number;
  readonly blocks: number;
}

/** One neighbour of each block. */
export interface Lane extends Blocks {
  readonly lane: number;
}

/** An expression where the axes of lanes are those lanes. */
export function atLane(expr: IndexExpr, lanes: readonly Lane[]): IndexExpr {
  if (lanes.length === 0) return expr;
  return substitute(expr, (axis, extent) => {
    const found = lanes.find((each) => each.axis === axis);
    if (!found) return axisIndex(axis, extent);
    return addIndex(scaleIndex(axisIndex(axis, found.blocks), vectorSize), constantIndex(found.lane));
  });
}

/** How far an expression moves with an axis; undefined where a division or remainder hides it. */
function strideAlong({ terms }: IndexExpr, axis: number): number | undefined {
  let stride = 0;
  for (const { coeff, atom } of terms) {
    if (atom.kind !== 'axis') {
      if (axesOf(atom.of).has(axis)) return undefined;
    } else if (atom.axis === axis) stride += coeff;
  }
  return stride;
}

/** Whether a block of neighbours along an axis is one vector of a buffer. */
export function isVector(index: IndexExpr, { axis, blocks }: Blocks): boolean {
  if (strideAlong(index, axis) !== 1) return false;
  const { offset, terms } = atLane(index, [{ axis, blocks, lane: 0 }]);
  return offset % vectorSize === 0 && terms.every(({ coeff }) => coeff % vectorSize === 0);
}

/** Whether a load is part of a vector along one of the axes. */
const loadsVector = ({ index, indirect }: Load, along: readonly Blocks[]): boolean =>
  indirect.every(({ coeff }) => coeff % vectorSize === 0) && along.some((axis) => isVector(index, axis));

/** The buffers that are read and written in vectors and in no other way. */
export function vectorBuffers(
  loads: readonly (readonly [Load, readonly Blocks[]])[],
  stores: readonly (readonly [Store, readonly Blocks[]])[],
): Set<number> {
  const buffers = new Set([...loads, ...stores].map(([{ buffer }]) => buffer));
  for (const [load, along] of loads) if (!loadsVector(load, along)) buffers.delete(load.buffer);
  for (const [{ buffer, index }, along] of stores)
    if (!along.some((axis) => isVector(index, axis))) buffers.delete(buffer);
  return buffers;
}

/** The axes that each value of a body turns on. */
export function axesBehind(body: readonly Instr[]): ReadonlyMap<number, ReadonlySet<number>> {
  const behind = new Map<number, Set<number>>();
  for (const instr of body) {
    const axes = axesUsed(instr);
    for (const id of operandsOf(instr)) for (const axis of behind.get(id) ?? []) axes.add(axis);
    behind.set(instr.id, axes);
  }
  return behind;
}
