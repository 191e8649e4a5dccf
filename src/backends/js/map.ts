import { collapse, type MapNest, type SegmentedNest } from '../../loops/index.js';
import { atom, element, infix, isSimple, literal } from './code.js';
import { FunctionBuilder, callOf, type Launch, type Module } from './kernel.js';
import { operandsOf } from '../../loops/index.js';
import { Section } from './section.js';
import { toNumber } from './value.js';

/** Nested loops around the body. */
export function emitMap(module: Module, given: MapNest): Launch {
  const nest = collapse(given);
  const fn = new FunctionBuilder(module, nest.name, nest.buffers);
  nest.buffers.forEach((_, number) => fn.buffer(number));
  fn.writer.loop(nest.axes);
  new Section(fn).write(nest.body, nest.stores);
  fn.finish([], nest.comment);
  return callOf(fn);
}

/**
 * One small function over a segment, called for each. What depends on no segment is computed once and handed over in
 * memory, since a number passed to a function may cost an allocation.
 */
export function emitSegmented(module: Module, nest: SegmentedNest): Launch {
  const constants = nest.setup.filter(({ kind }) => kind === 'const');
  const setup = new FunctionBuilder(module, `${nest.name}_setup`, nest.buffers);
  const needed = setupValues(nest).filter((id) => constants.every((instr) => instr.id !== id));
  const first = new Section(setup);
  first.run(nest.setup, [], new Set(needed));
  const slots = needed.map((id, i) => {
    const value = first.value(id);
    const array = module.scratch('setup', value.dtype === 'int64' ? 'int64' : 'float64', needed.length);
    setup.writer.line(`${array}[${i}] = ${toNumber(value).text};`);
    return { id, value, code: element(array, literal(i)) };
  });

  const streamBuffers = nest.streams.map((segments) => nest.buffers[segments[0]!]!);
  const fn = new FunctionBuilder(module, nest.name, streamBuffers);
  nest.streams.forEach((_, stream) => fn.buffer(stream));
  const count = fn.writer.fresh('count');
  const section = new Section(fn);
  section.run(constants, [], new Set());
  for (const { id, value, code } of slots) {
    const wanted = /^[a-z]/i.test(value.code.text) && isSimple(value.code) ? value.code.text : 'scalar';
    const name = fn.writer.declare(0, wanted, value.dtype === 'bool' ? infix('!==', code, literal(0)) : code);
    section.define(id, { ...value, code: name }, 0);
  }
  const i = fn.writer.openLoop('i', (i) => `for (let ${i} = 0; ${i} < ${count}; ${i}++)`);
  fn.writer.bind(0, atom(i));
  section.write(nest.body, nest.stores);
  fn.finish([count], nest.comment);
  if (needed.length > 0) setup.finish();
  return (buffers) => [
    ...(needed.length > 0 ? callOf(setup)(buffers) : []),
    ...nest.counts.map((elements, segment) => {
      const streams = nest.streams.map((segments) => buffers[segments[segment]!]!);
      return `${fn.name}(${[...streams, elements].join(', ')});`;
    }),
  ];
}

/** Values of the setup that the body reads. */
function setupValues(nest: SegmentedNest): number[] {
  const made = new Set(nest.setup.map(({ id }) => id));
  const used = new Set<number>();
  const note = (id: number): void => void (made.has(id) && used.add(id));
  for (const instr of nest.body) operandsOf(instr).forEach(note);
  for (const store of nest.stores) note(store.value);
  return [...used];
}
