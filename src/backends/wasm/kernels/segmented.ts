/**
 * The same elementwise body over several arrays: one function, called for each segment. What depends on no segment is
 * computed once and handed over in shared scratch.
 */
import { operandsOf, type SegmentedNest } from '../../../loops/index.js';
import type { Library } from '../library/index.js';
import { KernelCode } from '../vector/kernel-code.js';
import { alongLanes } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { isWide, valueOf, type Value } from '../vector/value.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';

const slotBytes = 16;

/** Values of the setup that the body reads, constants aside. */
function sharedValues({ setup, body, stores }: SegmentedNest): number[] {
  const made = new Set(setup.filter(({ kind }) => kind !== 'const').map(({ id }) => id));
  const used = [...body.flatMap(operandsOf), ...stores.map(({ value }) => value)];
  return [...new Set(used.filter((id) => made.has(id)))];
}

export function emitSegmented(library: Library, nest: SegmentedNest): Launch[] {
  // The setup is given what it reads only: all buffers of many segments would be too many parameters.
  const read = [...new Set(nest.setup.flatMap((instr) => (instr.kind === 'load' ? [instr.buffer] : [])))];
  const setup = nest.setup.map((instr) =>
    instr.kind === 'load' ? { ...instr, buffer: read.indexOf(instr.buffer) } : instr,
  );
  const first = new KernelCode(
    library,
    `${nest.name}_setup`,
    read.map((buffer) => nest.buffers[buffer]!),
    'ii',
  );
  const section = new Section(first);
  section.run(setup);
  const shared = sharedValues(nest);
  const values = shared.map((id) => section.value(id));
  values.forEach(({ parts }, i) => {
    first.c
      .get(first.shared)
      .get(parts[0]!)
      .memory('v128.store', i * slotBytes);
  });

  const streams = nest.streams.map((segments) => nest.buffers[segments[0]!]!);
  const k = new KernelCode(library, nest.name, streams, 'ii');
  const body = new Section(k);
  body.run(nest.setup.filter(({ kind }) => kind === 'const'));
  shared.forEach((id, i) => {
    const { dtype, exact } = values[i]!;
    const part = k.c
      .get(k.shared)
      .memory('v128.load', i * slotBytes)
      .keep();
    const value: Value = valueOf(dtype, isWide(dtype) ? [part, part] : [part], exact);
    body.define(id, value);
  });
  // Segments differ in length: the last vector is looked at when the code runs.
  const most = Math.max(...nest.counts);
  const [from, to] = [k.parameter(0), k.parameter(1)];
  const tails = new Set(nest.counts.map((count) => count % 4));
  alongLanes(k, { axis: 0, extent: most }, () => body.write(nest.body, nest.stores), { from, to, tails });

  const sharedBytes = shared.length * slotBytes;
  const usesSetup = shared.length > 0 ? [{ ...simpleLaunch(first, 1), buffers: read, sharedBytes }] : [];
  const grain = Math.ceil(threadWork / (nest.body.length + 1)) * 4;
  return [
    ...usesSetup,
    ...nest.counts.map((count, segment): Launch => ({
      callee: k.declared,
      buffers: nest.streams.map((segments) => segments[segment]!),
      indirect: false,
      units: count,
      grain,
      scratchBytes: 0,
      sharedBytes,
    })),
  ];
}
