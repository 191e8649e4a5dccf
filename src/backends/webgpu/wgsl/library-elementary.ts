/**
 * exp, log and what is made of them, in float32: GPUs promise little of their own. A compiler may fuse the products
 * and sums, or not.
 *
 * @see Cody and Waite, Software Manual for the Elementary Functions (1980), for the reduction with ln 2 in two parts
 */
import { horner } from './horner.js';

/** ln 2 in two parts; a product of the first with any exponent is exact. */
const [high, low] = [0.693145751953125, 1.428606820309417e-6];

/** (expm1 r - r) / r^2 for |r| <= ln 2 / 2, and for |r| <= ln 2. Fits made for this library. */
const near = [0.5, 0.16666577018959405, 0.041666554653757494, 0.00836317418011074, 0.0013926177501010365];
const wide = [0.50000024, 0.16666639, 0.041661747, 0.008334805, 0.0014100489, 0.00019786494];
/** (log((1 + s) / (1 - s)) - 2s) / s^3 in s^2. @see FreeBSD, e_logf.c */
const logSeries = [0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841];
/** (erf x - x) / x in x^2, |x| below 0.927734375; and log(erfc x) / x in x up to 4. */
const erfNear = [0.128379166, -0.376125336, 0.112819925, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4];
const erfFar = [
  -1.128717512, -6.34846687e-1, -1.06777877e-1, 2.42546219e-2, -3.88396438e-3, 3.83197126e-4, -1.7285347e-5,
];

export const elementary = {
  /** exp x = y.x * y.y^2 for x from -105 to 105: an even power of two keeps its root inside the range. */
  float_rooted_exp: {
    source: `fn float_rooted_exp(x: f32) -> vec2<f32> {
  let n = round(x * ${Math.LOG2E / 2});
  let r = (x - n * ${2 * high}) - n * ${2 * low};
  return vec2<f32>(1.0 + (r + r * r * ${horner('r', wide)}), bitcast<f32>((i32(n) + 127) << 23u));
}`,
  },
  float_exp: {
    needs: ['float_rooted_exp', 'float_is_nan'],
    source: `fn float_exp(x: f32) -> f32 {
  let e = float_rooted_exp(clamp(x, -105.0, 89.5));
  return select(e.x * e.y * e.y, x, float_is_nan(x));
}`,
  },
  float_sigmoid: {
    needs: ['float_rooted_exp', 'float_is_nan'],
    source: `fn float_sigmoid(x: f32) -> f32 {
  let e = float_rooted_exp(clamp(x, -105.0, 105.0));
  // Both sides of the quotient over the root: no overflow, and tails down to the smallest numbers.
  let over = e.x * e.y;
  let inverse = bitcast<f32>(0x7f000000u - bitcast<u32>(e.y));
  return select(over / (over + inverse), x, float_is_nan(x));
}`,
  },
  /** expm1(x) / 4 for x from -40 to 89.5. */
  float_quarter_expm1: {
    source: `fn float_quarter_expm1(x: f32) -> f32 {
  let n = round(x * ${Math.LOG2E});
  let r = (x - n * ${high}) - n * ${low};
  let power = bitcast<f32>((i32(n) + 125) << 23u);
  return (r + r * r * ${horner('r', near)}) * power + (power - 0.25);
}`,
  },
  float_expm1: {
    needs: ['float_quarter_expm1', 'float_is_nan'],
    source: `fn float_expm1(x: f32) -> f32 {
  let y = float_quarter_expm1(clamp(x, -20.0, 89.5)) * 4.0;
  return select(y, x, abs(x) < 9.313225746154785e-10 || float_is_nan(x));
}`,
  },
  float_tanh: {
    needs: ['float_quarter_expm1', 'float_is_nan'],
    source: `fn float_tanh(x: f32) -> f32 {
  let size = min(abs(x), 10.0);
  let e = float_quarter_expm1(size + size) * 4.0;
  let y = e / (e + 2.0);
  return select(select(y, -y, x < 0.0), x, size < 0.0001220703125 || float_is_nan(x));
}`,
  },
  float_sinh: {
    needs: ['float_quarter_expm1', 'float_is_nan'],
    source: `fn float_sinh(x: f32) -> f32 {
  let size = min(abs(x), 89.5);
  let quarter = float_quarter_expm1(size);
  let half = quarter + quarter / (quarter * 4.0 + 1.0);
  let y = half + half;
  return select(select(y, -y, x < 0.0), x, size < 0.0001220703125 || float_is_nan(x));
}`,
  },
  float_cosh: {
    needs: ['float_quarter_expm1', 'float_is_nan'],
    source: `fn float_cosh(x: f32) -> f32 {
  let quarter = float_quarter_expm1(min(abs(x), 89.5)) + 0.25;
  return select(quarter * 2.0 + 0.125 / quarter, x, float_is_nan(x));
}`,
  },
  float_erf: {
    needs: ['float_quarter_expm1', 'float_is_nan'],
    source: `fn float_erf(x: f32) -> f32 {
  let t = min(abs(x), 4.0);
  let s = t * t;
  // Of the smallest numbers the second term alone would vanish.
  let close = select(t + t * ${horner('s', erfNear)}, t * ${2 / Math.sqrt(Math.PI)}, t < 1e-18);
  let distant = float_quarter_expm1(t * ${horner('t', erfFar)}) * -4.0;
  let y = select(distant, close, t < 0.927734375);
  return select(select(y, -y, x < 0.0), x, x == 0.0 || float_is_nan(x));
}`,
  },

  /** log(2^k (1 + f)) for 1 + f from sqrt(1/2) to sqrt 2. */
  float_log_sum: {
    source: `fn float_log_sum(k: f32, f: f32) -> f32 {
  let s = f / (2.0 + f);
  let z = s * s;
  let half = f * 0.5 * f;
  let r = half + z * ${horner('z', logSeries)};
  return k * ${high} + (f - (half - (s * r + k * ${low})));
}`,
  },
  float_log: {
    needs: ['float_log_sum', 'float_nan', 'float_minus_infinity'],
    source: `fn float_log(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  if (word - 1u >= 0x7f7fffffu) {
    if ((word & 0x7fffffffu) == 0u) { return float_minus_infinity(); }
    if (word == 0x7f800000u) { return x; }
    return float_nan();
  }
  // What is too small for an exponent is an integer times 2^-149.
  let small = word < 0x800000u;
  let offset = select(word, bitcast<u32>(f32(word)), small) + 0x4afb0du;
  let k = f32(i32(offset >> 23u) - select(127, 276, small));
  return float_log_sum(k, bitcast<f32>((offset & 0x7fffffu) + 0x3f3504f3u) - 1.0);
}`,
  },
  float_log1p: {
    needs: ['float_log_sum', 'float_log'],
    source: `fn float_log1p(x: f32) -> f32 {
  if (abs(x) < 2.98023223876953125e-8) { return x; }
  if (x > -0.29289 && x < 0.41421) { return float_log_sum(0.0, x); }
  return float_log(1.0 + x);
}`,
  },
} as const;
