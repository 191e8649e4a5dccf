/** One invocation for each element. */
import { collapse, type MapNest, type SegmentedNest } from '../../../loops/index.js';
import { Section } from '../wgsl/section.js';
import { Kernel, type Launch, type Operands } from './kernel.js';

export const sizeOf = (axes: readonly { readonly extent: number }[]): number =>
  axes.reduce((size, { extent }) => size * extent, 1);

export function emitMap(given: MapNest, operands: Operands): Launch[] {
  const { name, axes, body, stores, comment } = collapse(given);
  if (sizeOf(axes) === 0) return [];
  const kernel = new Kernel(name, operands, comment);
  kernel.positions.unflatten(axes, kernel.eachInvocation(sizeOf(axes)));
  const section = new Section(kernel);
  section.run(body);
  section.store(stores);
  return [kernel.finish()];
}

/** A dispatch for each segment, whose shader is the same for all of one size. */
export function emitSegmented(nest: SegmentedNest, operands: Operands): Launch[] {
  return nest.counts.flatMap((count, segment) => {
    if (count === 0) return [];
    const numbers = nest.streams.map((segments) => segments[segment]!);
    // The setup names buffers of the nest; the body names streams, which stand in front of them here.
    const of: Operands = {
      ...operands,
      buffers: [...numbers.map((number) => nest.buffers[number]!), ...nest.buffers],
      refs: [...numbers.map((number) => operands.refs[number]!), ...operands.refs],
    };
    const setup = nest.setup.map((instr) =>
      instr.kind === 'load' ? { ...instr, buffer: instr.buffer + numbers.length } : instr,
    );
    const kernel = new Kernel(nest.name, of, nest.comment);
    kernel.positions.bind(0, kernel.eachInvocation(count));
    const section = new Section(kernel);
    section.run(setup);
    section.run(nest.body);
    section.store(nest.stores);
    return [kernel.finish()];
  });
}
