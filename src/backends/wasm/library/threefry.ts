/** Threefry-2x32 with 20 rounds (Salmon et al. 2011), four counters at a time. */
import type { Code, Local } from '../assembler/index.js';
import type { LibraryFunction } from './index.js';

export type ThreefryName = 'threefry_word0' | 'threefry_word1' | 'threefry_xor';

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

function rounds(c: Code): readonly [Local, Local] {
  const [k0, k1, c0, c1] = c.params as [Local, Local, Local, Local];
  const parity = c.v('v128.xor', c.v('v128.xor', k0, k1), c.vector('i32', 0x1bd11bda));
  const keys = [k0, k1, parity];
  let x = c.v('i32x4.add', c0, k0);
  let y = c.v('i32x4.add', c1, k1);
  for (let group = 0; group < 5; group++) {
    for (const by of rotations[group % 2]!) {
      x = c.v('i32x4.add', x, y);
      const left = c.get(y).i32(by).op('i32x4.shl').keep();
      const right = c
        .get(y)
        .i32(32 - by)
        .op('i32x4.shr_u')
        .keep();
      y = c.v('v128.xor', c.v('v128.or', left, right), x);
    }
    x = c.v('i32x4.add', x, keys[(group + 1) % 3]!);
    const key = c.v('i32x4.add', keys[(group + 2) % 3]!, c.vector('i32', group + 1));
    y = c.v('i32x4.add', y, key);
  }
  return [x, y];
}

const drawn = (combine: (c: Code, words: readonly [Local, Local]) => Local): LibraryFunction => ({
  takes: 'vvvv',
  gives: 'v',
  emit: (c) => void c.get(combine(c, rounds(c))),
});

export const threefryFunctions: Readonly<Record<ThreefryName, LibraryFunction>> = {
  threefry_word0: drawn((_, [x]) => x),
  threefry_word1: drawn((_, [, y]) => y),
  threefry_xor: drawn((c, [x, y]) => c.v('v128.xor', x, y)),
};
