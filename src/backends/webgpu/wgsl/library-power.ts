/**
 * pow with the special cases of C, and the remainder of a division.
 *
 * @see fdlibm, e_powf.c (Sun Microsystems, 1993), for the coefficients and the arithmetic in two parts. The high parts
 * are cut off in the bits, and products of two are exact: fused multiplication changes nothing, and no compiler sees
 * that the differences would be 0.
 */
import { horner } from './horner.js';

/** (3/2) (log m - 2s - 2/3 s^3) / s^5 in s^2, for s = (m - 1) / (m + 1) */
const series = [
  6.0000002384e-1, 4.2857143283e-1, 3.3333334327e-1, 2.7272811532e-1, 2.3066075146e-1, 2.0697501302e-1,
];
/** (expm1 r - r) / r^2 for |r| <= ln 2 / 2. A fit made for this library. */
const expSeries = [
  0.5, 0.16666577018959405, 0.041666554653757494, 0.00836317418011074, 0.0013926177501010365,
];

export const power = {
  /** The upper half of the bits. */
  upper: { source: 'fn upper(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }' },
  /** log2 x of finite x > 0, as a sum of two. */
  log2_in_two: {
    needs: ['upper'],
    source: `fn log2_in_two(x: f32) -> vec2<f32> {
  let word = bitcast<u32>(x);
  let small = word < 0x800000u;
  let normal = select(word, bitcast<u32>(f32(word)), small);
  let fraction = normal & 0x7fffffu;
  // m from sqrt(3)/2 to sqrt 3, over the nearest of 1 and 3/2
  let over_again = fraction >= 0x5db3d7u;
  let k = f32(i32(normal >> 23u) - select(127, 276, small) + select(0, 1, over_again));
  let m = bitcast<f32>(fraction | select(0x3f800000u, 0x3f000000u, over_again));
  let wide = fraction > 0x1cc471u && !over_again;
  let base = select(1.0, 1.5, wide);
  let over = m - base;
  let inverse = 1.0 / (m + base);
  let s = over * inverse;
  let s_high = upper(s);
  let under_high = upper(m + base);
  let under_low = m - (under_high - base);
  let s_low = inverse * ((over - s_high * under_high) - s_high * under_low);
  // log(m / base) = 2/3 s (3 + s^2 + rest)
  let z = s * s;
  let rest = z * z * ${horner('z', series)} + s_low * (s_high + s);
  let square = s_high * s_high;
  let sum_high = upper(3.0 + square + rest);
  let sum_low = rest - ((sum_high - 3.0) - square);
  let product = s_high * sum_high;
  let product_rest = s_low * sum_high + sum_low * s;
  let high = upper(product + product_rest);
  let low = product_rest - (high - product);
  // times 2 / (3 ln 2), plus log2(base) and k
  let main = high * 9.619140625e-1;
  let minor = high * -1.1736857402e-4 + (low * 9.6179670095e-1 + select(0.0, 1.56322085e-6, wide));
  let base_high = select(0.0, 5.84960938e-1, wide);
  let first = upper(((main + minor) + base_high) + k);
  return vec2<f32>(first, minor - (((first - k) - base_high) - main));
}`,
  },
  /** x^y of finite x > 0 and |y| up to 2^66. */
  positive_power: {
    needs: ['upper', 'log2_in_two', 'float_infinity'],
    source: `fn positive_power(x: f32, y: f32) -> f32 {
  let log2 = log2_in_two(x);
  let y_high = upper(y);
  let product = y_high * log2.x;
  let rest = (y - y_high) * log2.x + y * log2.y;
  if (product + rest >= 128.0) { return float_infinity(); }
  if (product + rest <= -151.0) { return 0.0; }
  let n = round(product + rest);
  let fraction = product - n;
  let r = (fraction + rest) * ${Math.LN2};
  let e = 1.0 + (r + r * r * ${horner('r', expSeries)});
  // In two steps: neither power of two leaves the range of exponents.
  let whole = i32(n);
  let half = whole >> 1u;
  return (e * bitcast<f32>((half + 127) << 23u)) * bitcast<f32>((whole - half + 127) << 23u);
}`,
  },
  float_power: {
    needs: ['positive_power', 'float_infinity', 'float_nan', 'float_ordered'],
    source: `fn float_power(x: f32, y: f32) -> f32 {
  let size = bitcast<u32>(x) & 0x7fffffffu;
  let exponent = bitcast<u32>(y) & 0x7fffffffu;
  if (bitcast<u32>(x) == 0x3f800000u || exponent == 0u) { return 1.0; }
  if (!float_ordered(x, y)) { return float_nan(); }
  let negative = (bitcast<u32>(x) & 0x80000000u) != 0u;
  let falls = (bitcast<u32>(y) & 0x80000000u) != 0u;
  // From 2^24 on every number is even.
  let bounded = min(abs(y), 16777216.0);
  let whole = floor(bounded) == bounded;
  let odd = whole && bounded < 16777216.0 && (u32(bounded) & 1u) != 0u;
  var result = 0.0;
  if (size == 0u || size == 0x7f800000u) {
    if ((size == 0u) == falls) { result = float_infinity(); }
  } else if (exponent == 0x7f800000u) {
    if (size == 0x3f800000u) { result = 1.0; }
    else if ((size < 0x3f800000u) == falls) { result = float_infinity(); }
  } else {
    if (negative && !whole) { return float_nan(); }
    result = positive_power(abs(x), clamp(y, -7.378697629483821e19, 7.378697629483821e19));
  }
  return bitcast<f32>(bitcast<u32>(result) | select(0u, 0x80000000u, negative && odd));
}`,
  },
  /** Exact: long division of the significands, eight bits at a time. */
  float_remainder: {
    needs: ['float_nan', 'float_ordered'],
    source: `fn float_remainder(x: f32, y: f32) -> f32 {
  let word = bitcast<u32>(x);
  let sign = word & 0x80000000u;
  let size = word & 0x7fffffffu;
  let divisor = bitcast<u32>(y) & 0x7fffffffu;
  if (size >= 0x7f800000u || divisor == 0u || divisor > 0x7f800000u) { return float_nan(); }
  if (size < divisor) { return x; }
  // Denormals have the exponent of the smallest normal numbers, and no leading bit.
  var exponent = max(size >> 23u, 1u);
  let lowest = max(divisor >> 23u, 1u);
  var rest = (size & 0x7fffffu) | select(0u, 0x800000u, size >= 0x800000u);
  let by = (divisor & 0x7fffffu) | select(0u, 0x800000u, divisor >= 0x800000u);
  rest = rest % by;
  while (exponent > lowest && rest != 0u) {
    let step = min(exponent - lowest, 8u);
    rest = (rest << step) % by;
    exponent -= step;
  }
  if (rest == 0u) { return bitcast<f32>(sign); }
  // The leading bit goes to its place, as far as the exponent allows.
  let up = min(countLeadingZeros(rest) - 8u, lowest - 1u);
  rest = rest << up;
  let bits = select(rest, (rest & 0x7fffffu) | ((lowest - up) << 23u), rest >= 0x800000u);
  return bitcast<f32>(sign | bits);
}`,
  },
} as const;
