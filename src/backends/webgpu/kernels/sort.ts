/** Sorts along the middle of [outer, size, inner]. */
import type { OpaqueNest } from '../../../loops/index.js';
import { typeOf, type WgslType } from '../wgsl/value.js';
import type { Kernel, Launch, Operands } from './kernel.js';
import { sorted } from './order.js';

export function emitSort(nest: OpaqueNest, operands: Operands): Launch[] {
  const { op, input, output, buffers, outer, size, inner } = nest;
  if (outer * size * inner === 0) return [];
  const { dtype } = buffers[output]!;
  const key = keyOf[typeOf(buffers[input]!.dtype)];
  const at = (kernel: Kernel, position: string): string => key(kernel, kernel.buffer(input).read(position));
  return sorted({ ...nest, at }, operands, (kernel, { to, from, place }) => {
    const text = op === 'argsort' ? place : kernel.writer.declare('sorted', kernel.buffer(input).read(from));
    kernel.buffer(output).write(to, { text, dtype });
  });
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
