/**
 * Scatters. Whatever the device, what goes to one place is added in the order of the axes. Positions along the axes that keep
 * destinations apart have an invocation each. Along the others, an invocation walks through all of them, or, where there are
 * enough, positions are sorted by destination, which makes chains of those with the same one, and whoever is the first of a chain walks
 * along it.
 */
import { isHalf } from '../../../core/index.js';
import { collapse, operandsOf, type Axis, type ScatterNest } from '../../../loops/index.js';
import { combine } from '../wgsl/arithmetic.js';
import { rounded } from '../wgsl/convert.js';
import { axesBehind } from '../wgsl/lanes.js';
import { Section } from '../wgsl/section.js';
import type { Value } from '../wgsl/value.js';
import type { ScratchRef } from '../shader.js';
import type { Binding } from './binding.js';
import { Kernel, type Launch, type Operands } from './kernel.js';
import { emitMap, sizeOf } from './map.js';
import { ordered } from './order.js';

/** Positions from which it is worth to make chains. */
const fewestChained = 64;

export function emitScatter(given: ScatterNest, operands: Operands): Launch[] {
  const nest = collapse(given);
  const { name, buffers, comment, base } = nest;
  const written = emitMap({ kind: 'map', name: `${name}_base`, buffers, comment, ...base }, operands);
  if (sizeOf(nest.axes) === 0) return written;
  const behind = axesBehind(nest.body).get(nest.indirect.id)!;
  const apart = separateAxes(nest, behind);
  const others = nest.axes.filter((axis) => !apart.includes(axis));
  const count = sizeOf(others);
  const scatter =
    count >= fewestChained
      ? inChains(nest, operands, apart, others)
      : [oneByOne(nest, operands, apart, others)];
  return [...written, ...scatter];
}

function oneByOne(
  nest: ScatterNest,
  operands: Operands,
  apart: readonly Axis[],
  others: readonly Axis[],
): Launch {
  const kernel = new Kernel(nest.name, operands, nest.comment);
  kernel.positions.unflatten(apart, kernel.eachInvocation(sizeOf(apart)));
  kernel.positions.loop(others);
  const section = new Section(kernel);
  section.run(nest.body);
  const w = kernel.writer;
  const found = section.allowed([], [nest.indirect])!;
  const at = w.declare('at', section.position(nest.index, [nest.indirect]));
  w.open(`if (${found})`);
  write(nest, kernel, section, at);
  return kernel.finish();
}

/** Adds the value at a position to what lies at its destination, or puts it there. */
function write(nest: ScatterNest, kernel: Kernel, section: Section, at: string): void {
  const w = kernel.writer;
  const target = kernel.buffer(nest.buffer);
  const value = section.value(nest.value);
  if (nest.combine === 'set') return target.write(at, value);
  const { dtype } = nest.buffers[nest.buffer]!;
  const old = { text: w.declare('old', target.read(at)), dtype };
  const sum = { text: w.declare('sum', combine('sum', old, value, kernel.use)), dtype };
  target.write(at, isHalf(dtype) ? { text: w.declare('half', rounded(sum, kernel.use)), dtype } : sum);
}

function inChains(
  nest: ScatterNest,
  operands: Operands,
  apart: readonly Axis[],
  others: readonly Axis[],
): Launch[] {
  const { name, comment } = nest;
  const count = sizeOf(others);
  const destinations = operands.scratch(count);
  const at = (kernel: Kernel, position: string): string =>
    destinationsIn(kernel, destinations).read(position);
  const { launches, order } = ordered(
    { name: `${name}_order`, comment, outer: 1, size: count, inner: 1, descending: false, at },
    operands,
  );
  const links = operands.scratch(2 * count);
  return [
    findDestinations(nest, operands, apart, others, destinations),
    ...launches,
    findLinks(nest, operands, { count, destinations, order, links }),
    alongChains(nest, operands, apart, others, links),
  ];
}

const destinationsIn = (kernel: Kernel, ref: ScratchRef): Binding =>
  kernel.scratch(ref, 'destination', 'int32');

const int = (text: string): Value => ({ text, dtype: 'int32' });

/** Where each position goes, along the axes that do not keep destinations apart; -1: nowhere. */
function findDestinations(
  nest: ScatterNest,
  operands: Operands,
  apart: readonly Axis[],
  others: readonly Axis[],
  destinations: ScratchRef,
): Launch {
  const kernel = new Kernel(`${nest.name}_destinations`, operands, nest.comment);
  const item = kernel.eachInvocation(sizeOf(others));
  kernel.positions.unflatten(others, item);
  for (const { axis } of apart) kernel.positions.bind(axis, '0');
  const section = new Section(kernel);
  section.run(instructionsBehind(nest));
  const found = section.allowed([], [nest.indirect])!;
  const at = section.position(nest.index, [nest.indirect]);
  destinationsIn(kernel, destinations).write(item, int(`select(-1, ${at}, ${found})`));
  return kernel.finish();
}

/** What the index of a destination is computed from. */
function instructionsBehind({ body, indirect }: ScatterNest): ScatterNest['body'] {
  const needed = new Set([indirect.id]);
  for (const instr of body.toReversed())
    if (needed.has(instr.id)) for (const id of operandsOf(instr)) needed.add(id);
  return body.filter(({ id }) => needed.has(id));
}

/** For each position the next one of the same destination, or -1, and whether there is none before it: by neighbours in order. */
function findLinks(
  nest: ScatterNest,
  operands: Operands,
  of: {
    readonly count: number;
    readonly destinations: ScratchRef;
    readonly order: ScratchRef;
    readonly links: ScratchRef;
  },
): Launch {
  const kernel = new Kernel(`${nest.name}_links`, operands, nest.comment);
  const w = kernel.writer;
  const item = kernel.eachInvocation(of.count);
  const order = kernel.scratch(of.order, 'order', 'int32');
  const destination = destinationsIn(kernel, of.destinations);
  const link = kernel.scratch(of.links, 'link', 'int32');
  const own = w.declare('own', order.read(item));
  const goal = w.declare('goal', destination.read(own));
  const before = w.declare('before', order.read(`max(${item} - 1, 0)`));
  const after = w.declare('after', order.read(`min(${item} + 1, ${of.count - 1})`));
  const isFirst = `${item} == 0 || ${destination.read(before)} != ${goal}`;
  const isLast = `${item} == ${of.count - 1} || ${destination.read(after)} != ${goal}`;
  link.write(`2 * ${own}`, int(`select(${after}, -1, ${isLast})`));
  link.write(`2 * ${own} + 1`, int(`select(0, 1, ${goal} >= 0 && (${isFirst}))`));
  return kernel.finish();
}

function alongChains(
  nest: ScatterNest,
  operands: Operands,
  apart: readonly Axis[],
  others: readonly Axis[],
  links: ScratchRef,
): Launch {
  const kernel = new Kernel(nest.name, operands, nest.comment);
  const w = kernel.writer;
  const width = sizeOf(apart);
  const item = kernel.eachInvocation(sizeOf(others) * width);
  const link = kernel.scratch(links, 'link', 'int32');
  const first = w.declare('first', `${item} / ${width}`);
  w.line(`if (${link.read(`2 * ${first} + 1`)} == 0) { return; }`);
  kernel.positions.unflatten(apart, w.declare('within', `${item} % ${width}`));
  const place = w.variable('place', 'i32', first);
  w.open(`while (${place} >= 0)`);
  kernel.positions.unflatten(others, w.declare('position', place));
  const section = new Section(kernel);
  section.run(nest.body);
  write(nest, kernel, section, w.declare('at', section.position(nest.index, [nest.indirect])));
  w.line(`${place} = ${link.read(`2 * ${place}`)};`);
  return kernel.finish();
}

/** Axes whose different positions are different destinations: plain terms that the rest of the index does not overlap. */
function separateAxes({ axes, index, indirect }: ScatterNest, walked: ReadonlySet<number>): Axis[] {
  const strides = new Map(
    index.terms.flatMap(({ atom, coeff }) =>
      atom.kind === 'axis' && coeff > 0 && !walked.has(atom.axis) ? [[atom.axis, coeff] as const] : [],
    ),
  );
  // From the smallest stride up, each must reach past all that lie below it, or stop short of the next.
  const plain = index.terms.every(({ atom, coeff }) => atom.kind === 'axis' && coeff > 0);
  if (!plain) return [];
  const levels = [
    ...index.terms.map(({ atom, coeff }) => {
      const axis = atom.kind === 'axis' ? atom.axis : -1;
      return { axis, stride: coeff, extent: axes.find((a) => a.axis === axis)!.extent };
    }),
    { axis: -1, stride: indirect.coeff, extent: indirect.bound },
  ].sort((a, b) => a.stride - b.stride);
  let reach = 0;
  for (const { stride, extent } of levels) {
    if (stride <= reach && extent > 1) return [];
    reach += stride * (extent - 1);
  }
  return axes.filter(({ axis }) => strides.has(axis));
}
