/**
 * Scatters and sorts. A scatter adds in the order of its axes, whatever the device: an invocation has one position of the
 * axes along which destinations never meet, and walks the others alone.
 */
import { isHalf } from '../../../core/index.js';
import { collapse, type Axis, type OpaqueNest, type ScatterNest } from '../../../loops/index.js';
import { combine } from '../wgsl/arithmetic.js';
import { rounded } from '../wgsl/convert.js';
import { axesBehind } from '../wgsl/lanes.js';
import { Section } from '../wgsl/section.js';
import { typeOf, type WgslType } from '../wgsl/value.js';
import { Kernel, type Launch, type Operands } from './kernel.js';
import { emitMap, sizeOf } from './map.js';

export function emitScatter(given: ScatterNest, operands: Operands): Launch[] {
  const nest = collapse(given);
  const { name, buffers, comment, base, buffer, indirect, value } = nest;
  const written = emitMap({ kind: 'map', name: `${name}_base`, buffers, comment, ...base }, operands);

  if (sizeOf(nest.axes) === 0) return written;

  const kernel = new Kernel(name, operands, comment);
  const walked = axesBehind(nest.body).get(indirect.id)!;
  const apart = separateAxes(nest, walked);
  kernel.positions.unflatten(apart, kernel.eachInvocation(sizeOf(apart)));
  kernel.positions.loop(nest.axes.filter((axis) => !apart.includes(axis)));
  const section = new Section(kernel);
  section.run(nest.body);
  const w = kernel.writer;
  const found = section.allowed([], [indirect])!;
  const { dtype } = buffers[buffer]!;
  const at = w.declare('at', section.position(nest.index, [indirect]));
  const target = kernel.buffer(buffer);
  w.open(`if (${found})`);
  if (nest.combine === 'set') target.write(at, section.value(value));
  else {
    const old = { text: w.declare('old', target.read(at)), dtype };
    const sum = { text: w.declare('sum', combine('sum', old, section.value(value), kernel.use)), dtype };
    target.write(at, isHalf(dtype) ? { text: w.declare('half', rounded(sum, kernel.use)), dtype } : sum);
  }
  return [...written, kernel.finish()];
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

/** Each element counts those that come before it: its rank is its place. */
export function emitSort(nest: OpaqueNest, operands: Operands): Launch[] {
  const { outer, size, inner, descending } = nest;
  if (outer * size * inner === 0) return [];
  const kernel = new Kernel(nest.name, operands, nest.comment);
  const [input, output] = [kernel.buffer(nest.input), kernel.buffer(nest.output)];
  const { dtype } = nest.buffers[nest.input]!;
  const w = kernel.writer;
  const item = kernel.eachInvocation(outer * size * inner);
  const line = w.declare('line', `${item} / ${size * inner} * ${size * inner} + ${item} % ${inner}`);
  const own = w.declare('own', `${item} / ${inner} % ${size}`);
  const key = (place: string): string =>
    keyOf[typeOf(dtype)](kernel, input.read(`${line} + ${place} * ${inner}`));
  const value = w.declare('value', key(own));
  const rank = w.variable('rank', 'i32', '0');
  const other = w.loop('other', size);
  const candidate = w.declare('candidate', key(other));
  const [first, second] = descending ? [value, candidate] : [candidate, value];
  w.line(`${rank} += select(0, 1, ${first} < ${second} || (${first} == ${second} && ${other} < ${own}));`);
  w.close();
  const result = nest.op === 'argsort' ? own : w.declare('sorted', input.read(`${line} + ${own} * ${inner}`));
  output.write(`${line} + ${rank} * ${inner}`, { text: result, dtype: nest.buffers[nest.output]!.dtype });
  return [kernel.finish()];
}

/** What to compare: NaN is the largest float, and the zeros are equal. */
const keyOf: Readonly<Record<WgslType, (kernel: Kernel, value: string) => string>> = {
  i32: (_, value) => value,
  u32: (_, value) => value,
  bool: (_, value) => `u32(${value})`,
  f32: (kernel, value) => {
    kernel.define(
      'fn sort_key(x: f32) -> u32 {',
      '  let bits = bitcast<u32>(x);',
      '  let size = bits & 0x7fffffffu;',
      '  if (size > 0x7f800000u) { return 0xffffffffu; }',
      '  return select(0x80000000u + size, 0x80000000u - size, bits != size);',
      '}',
    );
    return `sort_key(${value})`;
  },
};
