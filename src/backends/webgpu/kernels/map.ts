/** One invocation for each element. */
import {
  axisIndex,
  collapse,
  loadsOf,
  type Axis,
  type MapNest,
  type SegmentedNest,
} from '../../../loops/index.js';
import { vectorBuffers, vectorSize, type Blocks } from '../wgsl/lanes.js';
import { Neighbours, Section, storeVectors } from '../wgsl/section.js';
import { isBindable } from '../shader.js';
import { Kernel, type Launch, type Operands } from './kernel.js';
import { inWindows, mapCutting } from './windows.js';

export const sizeOf = (axes: readonly { readonly extent: number }[]): number =>
  axes.reduce((size, { extent }) => size * extent, 1);

/** The least power of two that is no less. */
export const powerFrom = (count: number): number => 2 ** Math.ceil(Math.log2(count));

export function emitMap(given: MapNest, operands: Operands): Launch[] {
  const nest = collapse(given);
  if (sizeOf(nest.axes) === 0) return [];
  const whole = oneMap(nest, operands);
  if (isBindable(whole.shader, operands.target)) return [whole];
  const pieces = inWindows(nest, operands, mapCutting);
  return pieces ? pieces.map((piece) => oneMap(piece.nest, piece.operands)) : [whole];
}

function oneMap(nest: MapNest, operands: Operands): Launch {
  const { name, axes, body, stores, comment } = nest;
  const kernel = new Kernel(name, operands, comment);
  if (inVectors(nest, kernel)) mapVectors(nest, kernel);
  else {
    kernel.positions.unflatten(axes, kernel.eachInvocation(sizeOf(axes)));
    const section = new Section(kernel);
    section.run(body);
    section.store(stores);
  }
  return kernel.finish();
}

/** Elements from which it is worth to take four at a time. */
const vectorGrain = 256;
/** Computations of one element up to which reading and writing are what takes time. */
const lightBody = 48;

const blocksOf = ({ axis, extent }: Axis): Blocks => ({
  axis,
  blocks: Math.ceil(extent / vectorSize),
});

/**
 * Whether invocations take four neighbours along the last axis, which all stores write as vectors. A single axis may end
 * within a vector: buffers have room for what fills it up, and no one reads that. Otherwise every line is whole vectors.
 */
function inVectors({ axes, body, stores }: MapNest, kernel: Kernel): boolean {
  const last = axes.at(-1);
  if (!last || sizeOf(axes) < vectorGrain) return false;
  const whole = last.extent % vectorSize === 0;
  const loads = loadsOf(body);
  if (!whole && (axes.length > 1 || loads.some(({ indirect }) => indirect.length > 0))) return false;
  if (body.filter(({ kind }) => kind === 'compute').length > lightBody) return false;
  const along = [blocksOf(last)];
  kernel.widen(
    vectorBuffers(
      loads.map((load) => [load, along]),
      stores.map((store) => [store, along]),
    ),
  );
  return stores.every(({ buffer }) => kernel.isWide(buffer));
}

function mapVectors({ axes, body, stores }: MapNest, kernel: Kernel): void {
  const last = blocksOf(axes.at(-1)!);
  const blocks = [...axes.slice(0, -1), { axis: last.axis, extent: last.blocks }];
  kernel.positions.unflatten(blocks, kernel.eachInvocation(sizeOf(blocks)));
  const neighbours = new Neighbours(body);
  const sections = Array.from({ length: vectorSize }, (_, lane) => {
    const section = new Section(kernel, kernel.positions.lane({ ...last, lane }), { neighbours });
    section.run(body);
    return section;
  });
  storeVectors(sections, stores);
}

/** Slabs and segments are flat arrays, all updated by the same body. */
export function emitSegmented(nest: SegmentedNest, operands: Operands): Launch[] {
  const { name, comment, stores } = nest;
  const first = nest.streams.map((segments) => nest.buffers[segments[0]!]!);
  // The setup names buffers of the nest; the body names streams, which stand in front of those here.
  const scalars = [...new Set(loadsOf(nest.setup).map(({ buffer }) => buffer))];
  const setup = nest.setup.map((instr) =>
    instr.kind === 'load' ? { ...instr, buffer: first.length + scalars.indexOf(instr.buffer) } : instr,
  );
  return operands.runs.flatMap(({ elements, streams }) => {
    const index = axisIndex(0, elements);
    const own = nest.body.map((instr) => (instr.kind === 'load' ? { ...instr, index } : instr));
    const buffers = [
      ...first.map((buffer) => ({ ...buffer, elements })),
      ...scalars.map((scalar) => nest.buffers[scalar]!),
    ];
    const refs = [...streams, ...scalars.map((scalar) => operands.refs[scalar]!)];
    const axes = [{ axis: 0, extent: elements }];
    return emitMap(
      {
        kind: 'map',
        name,
        comment,
        buffers,
        axes,
        body: [...setup, ...own],
        stores: stores.map((store) => ({ ...store, index })),
      },
      { ...operands, buffers, refs },
    );
  });
}
