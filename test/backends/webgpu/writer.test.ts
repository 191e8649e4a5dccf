/** What drivers are told of loops. */
import { expect, test } from 'vitest';
import { Writer } from '../../../src/backends/webgpu/wgsl/writer.js';

/** Loops of these extents, one inside another, around one line. */
function nested(...extents: readonly number[]): string {
  const w = new Writer();
  for (const extent of extents) w.loop('i', extent);
  w.line('work();');
  return w.render().join('\n');
}

test('a short loop is theirs to unroll', () => {
  expect(nested(16)).toContain('for (var i_0 = 0; i_0 < 16; i_0++)');
});

test('a long one is not, and not what many runs around it make long', () => {
  expect(nested(17)).toContain('i_0 < 17 + i32(workgroup.z);');
  const twice = nested(3, 8);
  expect(twice).toContain('i_0 < 3 + i32(workgroup.z);');
  expect(twice).toContain('i_1 < 8;');
});

test('backwards alike', () => {
  const w = new Writer();
  w.loop('i', 150, true);
  w.line('work();');
  expect(w.render()[0]).toContain('for (var i_0 = 149 + i32(workgroup.z); i_0 >= 0; i_0--)');
});
