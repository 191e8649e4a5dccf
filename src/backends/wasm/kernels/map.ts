/** Elementwise kernels: loops over the axes, with neighbours along the cheapest one in vectors. */
import {
  collapse,
  type Axis,
  type IndexExpr,
  type Instr,
  type MapNest,
  type Store,
} from '../../../loops/index.js';
import type { Library } from '../library/index.js';
import { KernelCode } from '../vector/kernel-code.js';
import { alongLanes, laneCost, overAxes, overAxis, sizeOf } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { interiorCuts } from '../vector/interior.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';

/** Places that instructions and stores access. */
export const accessesOf = (body: readonly Instr[], stores: readonly Store[]): IndexExpr[] => [
  ...body.flatMap((instr) =>
    instr.kind === 'load' ? [instr.index] : instr.kind === 'index' ? [instr.expr] : [],
  ),
  ...stores.map((store) => store.index),
];

/** The axis to walk in vectors. */
export function cheapestLanes(
  axes: readonly Axis[],
  accesses: readonly IndexExpr[],
  operations: number,
): Axis | undefined {
  let best: Axis | undefined;
  let least = Infinity;
  for (const axis of axes.toReversed()) {
    if (axis.extent === 1) continue;
    const cost = laneCost(axis, accesses, operations);
    if (cost < least) [best, least] = [axis, cost];
  }
  return best;
}

/** Loops over `axes` with the part of the outermost one that the function's last parameters name. */
export function emitElements(
  k: KernelCode,
  { axes, body, stores }: Pick<MapNest, 'axes' | 'body' | 'stores'>,
): { units: number; work: number } {
  const operations = body.length;
  const lanes = cheapestLanes(axes, accessesOf(body, stores), operations);
  const section = new Section(k);
  const [from, to] = [k.parameter(0), k.parameter(1)];
  if (!lanes) {
    overAxes(k, axes, () => section.write(body, stores));
    return { units: 1, work: 1 };
  }
  const outer = axes.filter((axis) => axis !== lanes);
  const vectors = (n: number): number => Math.ceil(n / 4) * (operations + stores.length);
  const innermost = (how: Parameters<typeof alongLanes>[3]): void =>
    alongLanes(k, lanes, () => section.write(body, stores), how);
  const [first, ...rest] = outer;
  if (!first) {
    innermost({ from, to });
    return { units: lanes.extent, work: vectors(1) / 4 };
  }
  overAxis(k, first, from, to, () =>
    overAxes(k, rest, () => innermost({ cuts: interiorCuts(k, lanes, body) })),
  );
  return { units: first.extent, work: sizeOf(rest) * vectors(lanes.extent) };
}

export function emitMap(library: Library, given: MapNest): Launch[] {
  const nest = collapse(given);
  if (sizeOf(nest.axes) === 0) return [];
  const k = new KernelCode(library, nest.name, nest.buffers, 'ii');
  const { units, work } = emitElements(k, nest);
  return [simpleLaunch(k, units, Math.ceil(threadWork / work / 4) * 4)];
}
