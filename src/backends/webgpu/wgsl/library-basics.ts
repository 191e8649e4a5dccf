/** Integers, bits, what is not finite, half types and random words. */

const injections = ['y', 'z', 'x', 'y', 'z'] as const;
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const next = { x: 'y', y: 'z', z: 'x' } as const;

/** Twenty rounds in five groups, after each of which key words are added. */
const threefryRounds = injections
  .map((word, group) => {
    const lines = rotations[group % 2]!.map((r) => `  x += y; y = ((y << ${r}u) | (y >> ${32 - r}u)) ^ x;`);
    return [...lines, `  x += key.${word}; y += key.${next[word]} + ${group + 1}u;`].join('\n');
  })
  .join('\n');

/** The order of best to worst: candidate x against the best, y. */
const beats = (
  how: 'max' | 'min',
  sign: '>' | '<',
): string => `fn float_beats_${how}(x: f32, y: f32) -> bool {
  if (float_is_nan(y)) { return false; }
  return x ${sign} y || float_is_nan(x);
}`;

/** Of equal operands, zeros of both signs among them, the bits say which. */
const extreme = (how: 'max' | 'min', sign: '&' | '|'): string => `fn float_${how}(x: f32, y: f32) -> f32 {
  let found = select(${how}(x, y), bitcast<f32>(bitcast<u32>(x) ${sign} bitcast<u32>(y)), x == y);
  return select(float_nan(), found, float_ordered(x, y));
}`;

const power = (
  name: string,
  type: string,
  start: string,
): string => `fn ${name}(x: ${type}, y: ${type}) -> ${type} {
${start}  var base = x;
  var result = ${type}(1);
  for (var left = u32(y); left != 0u; left >>= 1u) {
    if ((left & 1u) != 0u) { result *= base; }
    base *= base;
  }
  return result;
}`;

export const basics = {
  /** A variable, so that no compiler evaluates what is made of it. */
  float_infinity: {
    source: `var<private> infinity_word: u32 = 0x7f800000u;
fn float_infinity() -> f32 { return bitcast<f32>(infinity_word); }`,
  },
  float_minus_infinity: {
    source: `var<private> minus_infinity_word: u32 = 0xff800000u;
fn float_minus_infinity() -> f32 { return bitcast<f32>(minus_infinity_word); }`,
  },
  float_nan: {
    source: `var<private> nan_word: u32 = 0x7fc00000u;
fn float_nan() -> f32 { return bitcast<f32>(nan_word); }`,
  },
  float_minus_zero: {
    source: `var<private> minus_zero_word: u32 = 0x80000000u;
fn float_minus_zero() -> f32 { return bitcast<f32>(minus_zero_word); }`,
  },
  float_itself: { source: 'fn float_itself(x: f32) -> f32 { return x; }' },
  int_itself: { source: 'fn int_itself(x: i32) -> i32 { return x; }' },
  uint_itself: { source: 'fn uint_itself(x: u32) -> u32 { return x; }' },

  float_is_nan: {
    source: 'fn float_is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
  },
  /** Whether neither is NaN. */
  float_ordered: {
    source: `fn float_ordered(x: f32, y: f32) -> bool {
  return max(bitcast<u32>(x) & 0x7fffffffu, bitcast<u32>(y) & 0x7fffffffu) <= 0x7f800000u;
}`,
  },
  float_max: { needs: ['float_ordered', 'float_nan'], source: extreme('max', '&') },
  float_min: { needs: ['float_ordered', 'float_nan'], source: extreme('min', '|') },
  float_beats_max: { needs: ['float_is_nan'], source: beats('max', '>') },
  float_beats_min: { needs: ['float_is_nan'], source: beats('min', '<') },
  float_sign: {
    source: `fn float_sign(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  // Zeros and NaN stay.
  let kept = (word & 0x7fffffffu) - 1u >= 0x7f800000u;
  return bitcast<f32>(select((word & 0x80000000u) | 0x3f800000u, word, kept));
}`,
  },
  /** x * 0 */
  float_vanish: {
    needs: ['float_nan'],
    source: `fn float_vanish(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  return select(bitcast<f32>(word & 0x80000000u), float_nan(), (word & 0x7f800000u) == 0x7f800000u);
}`,
  },
  /** x / x */
  float_over_itself: {
    needs: ['float_nan'],
    source: `fn float_over_itself(x: f32) -> f32 {
  let size = bitcast<u32>(x) & 0x7fffffffu;
  return select(1.0, float_nan(), size - 1u >= 0x7f7fffffu);
}`,
  },
  /** x / 0 and 0 / x */
  float_over_zero: {
    needs: ['float_nan'],
    source: `fn float_over_zero(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  let infinite = bitcast<f32>((word & 0x80000000u) | 0x7f800000u);
  return select(infinite, float_nan(), (word & 0x7fffffffu) - 1u >= 0x7f800000u);
}`,
  },
  float_zero_over: {
    needs: ['float_nan'],
    source: `fn float_zero_over(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  return select(bitcast<f32>(word & 0x80000000u), float_nan(), (word & 0x7fffffffu) - 1u >= 0x7f800000u);
}`,
  },

  float_to_int: {
    needs: ['float_is_nan'],
    source: `fn float_to_int(x: f32) -> i32 {
  if (float_is_nan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return i32(-2147483648); }
  return i32(x);
}`,
  },
  float_to_uint: {
    source: `fn float_to_uint(x: f32) -> u32 {
  // Not above 0, or NaN of either sign.
  if ((bitcast<u32>(x) - 1u) >= 0x7f800000u) { return 0u; }
  if (x >= 4294967296.0) { return 4294967295u; }
  return u32(x);
}`,
  },
  /** The nearest: drivers round integers past the signed ones as they like. */
  uint_to_float: {
    source: `fn uint_to_float(x: u32) -> f32 {
  if (x < 0x80000000u) { return f32(i32(x)); }
  return f32(i32((x >> 1u) | (x & 1u))) * 2.0;
}`,
  },
  /** The nearest float16, halves to even, overflowing to infinity. */
  float16_rounded: {
    source: `fn float16_rounded(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  let sign = word & 0x80000000u;
  let size = word & 0x7fffffffu;
  if (size > 0x7f800000u) { return x; }
  // From 65520 on.
  if (size >= 0x477ff000u) { return bitcast<f32>(sign | 0x7f800000u); }
  // Below 2^-14 a multiple of 2^-24.
  let small = bitcast<u32>(round(bitcast<f32>(size) * 16777216.0) * 5.9604644775390625e-8);
  let usual = (size + 0xfffu + ((size >> 13u) & 1u)) & 0xffffe000u;
  return bitcast<f32>(sign | select(usual, small, size < 0x38800000u));
}`,
  },
  bfloat16_rounded: {
    source: `fn bfloat16_rounded(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  if ((word & 0x7fffffffu) > 0x7f800000u) { return x; }
  return bitcast<f32>((word + 0x7fffu + ((word >> 16u) & 1u)) & 0xffff0000u);
}`,
  },
  /** Of a value that float16 holds. */
  float16_bits: {
    source: `fn float16_bits(x: f32) -> u32 {
  let word = bitcast<u32>(x);
  let sign = (word >> 16u) & 0x8000u;
  let size = word & 0x7fffffffu;
  if (size >= 0x7f800000u) { return sign | select(0x7c00u, 0x7e00u, size > 0x7f800000u); }
  if (size < 0x38800000u) { return sign | u32(bitcast<f32>(size) * 16777216.0); }
  return sign | ((size - 0x38000000u) >> 13u);
}`,
  },
  float16_from_bits: {
    source: `fn float16_from_bits(half: u32) -> f32 {
  let sign = (half & 0x8000u) << 16u;
  let size = half & 0x7fffu;
  let small = bitcast<u32>(f32(size) * 5.9604644775390625e-8);
  let usual = (size << 13u) + select(0x38000000u, 0x70000000u, size >= 0x7c00u);
  return bitcast<f32>(sign | select(usual, small, size < 0x400u));
}`,
  },
  bfloat16_bits: {
    source: `fn bfloat16_bits(x: f32) -> u32 {
  let word = bitcast<u32>(x);
  return (word >> 16u) | select(0u, 0x40u, (word & 0x7fffffffu) > 0x7f800000u);
}`,
  },

  /** A divisor that the compiler sees to be 0 is an error in WGSL, but not as a parameter. */
  int_divide: {
    source: 'fn int_divide(x: i32, y: i32) -> i32 { if (y == 0) { return 0; } return x / y; }',
  },
  uint_divide: {
    source: 'fn uint_divide(x: u32, y: u32) -> u32 { if (y == 0u) { return 0u; } return x / y; }',
  },
  int_remainder: {
    source: 'fn int_remainder(x: i32, y: i32) -> i32 { if (y == 0 || y == -1) { return 0; } return x % y; }',
  },
  uint_remainder: {
    source: 'fn uint_remainder(x: u32, y: u32) -> u32 { if (y == 0u) { return 0u; } return x % y; }',
  },
  int_power: {
    source: power(
      'int_power',
      'i32',
      `  if (y < 0) {
    if (x == 1) { return 1; }
    if (x == -1) { return 1 - ((y & 1) << 1u); }
    return 0;
  }
`,
    ),
  },
  uint_power: { source: power('uint_power', 'u32', '') },
  /** The high half of a product. */
  uint_multiply_high: {
    source: `fn uint_multiply_high(x: u32, y: u32) -> u32 {
  let a = x & 0xffffu; let b = x >> 16u;
  let c = y & 0xffffu; let d = y >> 16u;
  let middle = b * c + ((a * c) >> 16u);
  let other = a * d + (middle & 0xffffu);
  return b * d + (middle >> 16u) + (other >> 16u);
}`,
  },

  threefry: {
    source: `fn threefry(k0: u32, k1: u32, c0: u32, c1: u32) -> vec2<u32> {
  let key = vec3<u32>(k0, k1, 0x1bd11bdau ^ k0 ^ k1);
  var x = c0 + k0;
  var y = c1 + k1;
${threefryRounds}
  return vec2<u32>(x, y);
}`,
  },
  threefry_xor: {
    needs: ['threefry'],
    source: `fn threefry_xor(k0: u32, k1: u32, c0: u32, c1: u32) -> u32 {
  let words = threefry(k0, k1, c0, c1);
  return words.x ^ words.y;
}`,
  },
} as const;
