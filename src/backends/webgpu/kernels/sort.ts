/** Sorts, stable: each element finds its place by itself. */
import type { OpaqueNest } from '../../../loops/index.js';
import { typeOf, type WgslType } from '../wgsl/value.js';
import { Kernel, type Launch, type Operands } from './kernel.js';

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
