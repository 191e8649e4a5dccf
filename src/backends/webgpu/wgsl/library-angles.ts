/** Trigonometric functions and their inverses, in float32. @see Cephes, single precision (Moshier), for coefficients */
import { horner } from './horner.js';

/** pi/2 in three parts; a product of either of the first two with an integer up to 128 is exact. */
const halfPi = [1.570770263671875, 2.6063062250614166e-5, 6.0771006e-11] as const;
/** What the float32 nearest to pi/2 lacks. */
const halfPiTail = -4.371139e-8;

/** (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 in r^2, |r| <= pi/4. */
const sinSeries = [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4];
const cosSeries = [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5];
/** (asin s - s) / s^3 in s^2 up to 1/4; (atan v - v) / v^3 in v^2, |v| <= tan(pi/8). */
const asinSeries = [1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2, 2.4181311049e-2, 4.2163199048e-2];
const atanSeries = [-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2];

/** The first 224 bits of 2/pi as a fraction, after 32 that are 0. */
const twoOverPi = [
  '0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u',
  '0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu',
].join(', ');

const sineOf = (name: string, turns: 0 | 1): string => `fn ${name}(x: f32) -> f32 {
  let angle = quarter_turns(x);
  let waves = sine_and_cosine(angle.rest);
  let turned = angle.turns${turns ? ' + 1u' : ''};
  let y = select(waves.x, waves.y, (turned & 1u) != 0u);
  let signed = bitcast<f32>(bitcast<u32>(y) ^ ((turned & 2u) << 30u));
  return ${turns ? 'signed' : 'select(signed, x, x == 0.0)'};
}`;

export const angles = {
  sine_and_cosine: {
    source: `fn sine_and_cosine(r: f32) -> vec2<f32> {
  let z = r * r;
  return vec2<f32>(r + r * z * ${horner('z', sinSeries)}, (1.0 - z * 0.5) + z * z * ${horner('z', cosSeries)});
}`,
  },
  /**
   * x = turns pi/2 + rest. Large angles: x 2/pi in fixed point, from the bits of 2/pi that count no whole turns.
   * @see Payne and Hanek, Radian Reduction for Trigonometric Functions (SIGNUM Newsletter 18, 1983)
   */
  quarter_turns: {
    needs: ['uint_multiply_high', 'float_nan'],
    source: `struct Angle { rest: f32, turns: u32 }
const two_over_pi = array<u32, 8>(${twoOverPi});
fn large_quarter_turns(x: f32) -> Angle {
  let word = bitcast<u32>(x);
  let exponent = (word >> 23u) & 0xffu;
  if (exponent == 255u) { return Angle(float_nan(), 0u); }
  let significand = (word & 0x7fffffu) | 0x800000u;
  // |x| / (2 pi) modulo 1 is the significand times 2/pi from this bit on, of a table with 32 bits before the point.
  let at = exponent - 120u;
  var table = two_over_pi;
  let i = at >> 5u;
  let by = at & 31u;
  let window = vec4<u32>(table[i], table[i + 1u], table[i + 2u], table[i + 3u]);
  let rest = select(vec4<u32>(), window >> vec4<u32>(32u - max(by, 1u)), by != 0u);
  let bits = (window.xyz << vec3<u32>(by)) | rest.yzw;
  var low = significand * bits.y + uint_multiply_high(significand, bits.z);
  let carry = select(0u, 1u, low < significand * bits.y);
  var high = significand * bits.x + uint_multiply_high(significand, bits.y) + carry;
  var turns = (high + 0x20000000u) >> 30u;
  high -= turns << 30u;
  var negative = (high & 0x80000000u) != 0u;
  if (negative) {
    low = ~low + 1u;
    high = ~high + select(0u, 1u, low == 0u);
  }
  var zeros = countLeadingZeros(high);
  var top = low;
  if (zeros < 32u) { top = (high << zeros) | (low >> (32u - zeros)); }
  let size = f32(top) * bitcast<f32>((95u - zeros) << 23u) * ${2 * Math.PI};
  if ((word & 0x80000000u) != 0u) {
    negative = !negative;
    turns = 0u - turns;
  }
  return Angle(select(size, -size, negative), turns);
}
fn quarter_turns(x: f32) -> Angle {
  if (!(abs(x) < 128.0)) { return large_quarter_turns(x); }
  let n = round(x * ${2 / Math.PI});
  return Angle(((x - n * ${halfPi[0]}) - n * ${halfPi[1]}) - n * ${halfPi[2]}, u32(i32(n)));
}`,
  },
  float_sin: { needs: ['quarter_turns', 'sine_and_cosine'], source: sineOf('float_sin', 0) },
  float_cos: { needs: ['quarter_turns', 'sine_and_cosine'], source: sineOf('float_cos', 1) },
  float_tan: {
    needs: ['quarter_turns', 'sine_and_cosine'],
    source: `fn float_tan(x: f32) -> f32 {
  let angle = quarter_turns(x);
  let waves = sine_and_cosine(angle.rest);
  let odd = (angle.turns & 1u) != 0u;
  return select(select(waves.x / waves.y, -waves.y / waves.x, odd), x, x == 0.0);
}`,
  },

  /** asin of s up to 1/2. */
  near_asin: {
    source: `fn near_asin(s: f32) -> f32 {
  let z = s * s;
  return s + s * z * ${horner('z', asinSeries)};
}`,
  },
  /** Past 1/2, half the angle to pi/2 is the arc sine of sqrt((1 - |x|) / 2). */
  float_asin: {
    needs: ['near_asin', 'float_nan'],
    source: `fn float_asin(x: f32) -> f32 {
  let size = abs(x);
  if (size < 0.5) { return near_asin(x); }
  if (!(size <= 1.0) || (bitcast<u32>(size) > 0x3f800000u)) { return float_nan(); }
  let half = near_asin(sqrt((1.0 - size) * 0.5));
  let y = ${Math.fround(Math.PI / 2)} - (half + half - ${halfPiTail});
  return select(y, -y, x < 0.0);
}`,
  },
  float_acos: {
    needs: ['near_asin', 'float_nan'],
    source: `fn float_acos(x: f32) -> f32 {
  let size = abs(x);
  if (size < 0.5) { return ${Math.fround(Math.PI / 2)} - (near_asin(x) - ${halfPiTail}); }
  if (bitcast<u32>(size) > 0x3f800000u) { return float_nan(); }
  let half = near_asin(sqrt((1.0 - size) * 0.5));
  return select(half + half, ${Math.fround(Math.PI)} - (half + half - ${2 * halfPiTail}), x < 0.0);
}`,
  },
  float_atan2: {
    needs: ['float_ordered', 'float_nan'],
    source: `fn float_atan2(y: f32, x: f32) -> f32 {
  if (!float_ordered(y, x)) { return float_nan(); }
  let a = abs(y);
  let b = abs(x);
  // Into the range where division is accurate.
  let larger = max(a, b);
  let by = select(select(1.0, 0.00390625, larger > 1e37), 1.8446744073709552e19, larger < 1e-18);
  let over = min(a, b);
  var q = (over * by) / (larger * by);
  if (larger == 0.0) { q = 0.0; }
  if (bitcast<u32>(over) == 0x7f800000u) { q = 1.0; }
  else if (bitcast<u32>(larger) == 0x7f800000u) { q = 0.0; }
  let wide = q > ${Math.SQRT2 - 1};
  let v = select(q, (q - 1.0) / (q + 1.0), wide);
  let z = v * v;
  var angle = v + v * z * ${horner('z', atanSeries)};
  if (wide) { angle += ${Math.PI / 4}; }
  if (a > b) { angle = ${Math.fround(Math.PI / 2)} - (angle - ${halfPiTail}); }
  if ((bitcast<u32>(x) & 0x80000000u) != 0u) { angle = ${Math.fround(Math.PI)} - (angle - ${2 * halfPiTail}); }
  return bitcast<f32>(bitcast<u32>(angle) | (bitcast<u32>(y) & 0x80000000u));
}`,
  },
  float_atan: {
    needs: ['float_atan2'],
    source: 'fn float_atan(x: f32) -> f32 { return float_atan2(x, 1.0); }',
  },
} as const;
