/**
 * lgamma and digamma in float32: Stirling's series where it converges, the recurrence below, the reflection formula for
 * negative arguments, series around the zeros of positive ones. The error is absolute near those of negative arguments.
 *
 * @see Abramowitz and Stegun, 6.1.17, 6.1.41, 6.3.7 and 6.3.18
 */
import { horner } from './horner.js';

const lgammaTail = [1 / 12, -1 / 360, 1 / 1260];
/** B(2k) / 2k, Bernoulli's numbers. */
const digammaTail = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132];
/** lgamma(2 + z) / z for |z| <= 1/2. A fit made for this file. */
const nearTwo = [
  0.422784335, 0.322467018, -0.0673522941, 0.0205816254, -0.00738592088, 0.00287886868, -0.00118748481,
  0.00057025125, -0.000250562021,
];
/** The float32 nearest to the zero of digamma among the positive numbers, and digamma there. */
const digammaZero = { x: 1.4616321325302124, y: -1.20360525e-8 };
/** (digamma(zero + z) - digamma(zero)) / z for zero + z from 1 to 2. A fit made for this file. */
const nearZero = [
  0.967672259, -0.442763233, 0.258499163, -0.163938009, 0.107845241, -0.072315959, 0.0485638421,
  -0.0319818296, 0.0234912105, -0.0205567112, 0.0109025888,
];

export const gamma = {
  /** sin and cos of pi x. */
  turn: {
    needs: ['sine_and_cosine'],
    source: `fn turn(x: f32) -> vec2<f32> {
  // Whole turns count for nothing; what is this large is whole and even.
  let inside = select(0.0, x, abs(x) < 16777216.0);
  let n = round(inside + inside);
  let waves = sine_and_cosine((inside - n * 0.5) * ${Math.PI});
  let turns = u32(i32(n));
  let odd = (turns & 1u) != 0u;
  let y = select(waves, vec2<f32>(waves.y, -waves.x), odd);
  return select(y, -y, (turns & 2u) != 0u);
}`,
  },
  positive_lgamma: {
    needs: ['float_log', 'float_log1p'],
    source: `fn lgamma_near_two(z: f32) -> f32 { return z * ${horner('z', nearTwo)}; }
/** Of x from -1/2 on. */
fn positive_lgamma(x: f32) -> f32 {
  if (x < 0.5) { return (lgamma_near_two(x) - float_log1p(x)) - float_log(abs(x)); }
  if (x < 1.5) { return lgamma_near_two(x - 1.0) - float_log1p(x - 1.0); }
  if (x < 8.0) {
    var z = x;
    var product = 1.0;
    while (z > 2.5) {
      z -= 1.0;
      product *= z;
    }
    return lgamma_near_two(z - 2.0) + float_log(product);
  }
  let inverse = 1.0 / x;
  let z = inverse * inverse;
  return (x - 0.5) * (float_log(x) - 1.0) + (0.41893853 + inverse * ${horner('z', lgammaTail)});
}`,
  },
  float_lgamma: {
    needs: ['positive_lgamma', 'turn', 'float_is_nan', 'float_infinity'],
    source: `fn float_lgamma(x: f32) -> f32 {
  if (float_is_nan(x)) { return x; }
  let size = bitcast<u32>(x) & 0x7fffffffu;
  if (size == 0x7f800000u || (x <= 0.0 && floor(x) == x)) { return float_infinity(); }
  if (x >= -0.5) { return positive_lgamma(x); }
  // gamma(x) gamma(-x) = -pi / (x sin(pi x))
  return float_log(${Math.PI} / abs(x * turn(x).x)) - positive_lgamma(-x);
}`,
  },
  float_digamma: {
    needs: ['float_log', 'turn', 'float_is_nan', 'float_nan', 'float_infinity', 'float_minus_infinity'],
    source: `fn digamma_near_zero(x: f32) -> f32 {
  let z = x - ${digammaZero.x};
  return z * ${horner('z', nearZero)} + ${digammaZero.y};
}
fn positive_digamma(x: f32) -> f32 {
  if (x < 1.0) { return digamma_near_zero(x + 1.0) - 1.0 / x; }
  if (x < 2.0) { return digamma_near_zero(x); }
  var z = x;
  var sum = 0.0;
  while (z < 6.0) {
    sum += 1.0 / z;
    z += 1.0;
  }
  let inverse = 1.0 / z;
  let s = inverse * inverse;
  return (float_log(z) - (inverse * 0.5 + s * ${horner('s', digammaTail)})) - sum;
}
fn float_digamma(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  if (float_is_nan(x) || word == 0x7f800000u) { return x; }
  if (word == 0u) { return float_minus_infinity(); }
  if (word == 0x80000000u) { return float_infinity(); }
  if ((word & 0x80000000u) == 0u) { return positive_digamma(x); }
  if (floor(x) == x) { return float_nan(); }
  let waves = turn(x);
  return positive_digamma(1.0 - x) - ${Math.PI} * waves.y / waves.x;
}`,
  },
} as const;
