import { expect, test } from 'vitest';
import {
  bfloat16FromBits,
  bfloat16ToBits,
  float16FromBits,
  float16ToBits,
  roundBfloat16,
  roundFloat16,
} from '../../src/core/index.js';

const formats = {
  float16: { from: float16FromBits, to: float16ToBits, round: roundFloat16, infinity: 0x7c00 },
  bfloat16: { from: bfloat16FromBits, to: bfloat16ToBits, round: roundBfloat16, infinity: 0x7f80 },
};

for (const [name, { from, to, round, infinity }] of Object.entries(formats)) {
  test(`${name}: all 65,536 bit patterns round trip`, () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = from(bits);
      if ((bits & 0x7fff) > infinity) {
        if (!Number.isNaN(value) || !Number.isNaN(from(to(value)))) throw new Error(`${bits} should be NaN`);
      } else if (to(value) !== bits) throw new Error(`${bits} became ${to(value)}`);
    }
  });

  test(`${name}: between neighbours the nearer wins, in the middle the even one`, () => {
    for (let bits = 0; bits < infinity - 1; bits++) {
      const [low, high] = [from(bits), from(bits + 1)];
      const middle = (low + high) / 2;
      const nudge = (high - low) / 64;
      const even = bits % 2 === 0 ? low : high;
      const found = [round(middle - nudge), round(middle), round(middle + nudge), round(-middle)];
      if (found.join() !== [low, even, high, -even].join()) throw new Error(`${bits}: ${found.join()}`);
    }
  });

  test(`${name}: infinities, overflow and signed zero`, () => {
    expect([Infinity, -Infinity, 3.5e38].map(round)).toEqual([Infinity, -Infinity, Infinity]);
    expect(round(-0)).toBe(-0);
    expect(round(NaN)).toBeNaN();
  });
}

test('float16 overflows from 65520 on', () => {
  expect([65504, 65519.99, 65520].map(roundFloat16)).toEqual([65504, 65504, Infinity]);
  expect(float16FromBits(1)).toBe(2 ** -24);
});
