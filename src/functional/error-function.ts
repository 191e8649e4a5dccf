/** The error function, its inverse, and the normal distribution made of them. */
import { g } from '../graph/index.js';
import { floating, type Value } from './operands.js';
import { chebyshev, polynomial } from './series.js';

// erfcx(x) (1 + x / 2) for x from 0 on, in t = 2 / (2 + x), scaled to [-1, 1]: a Chebyshev series.
const erfcxCoefficients = [
  0.5770337386164697, 0.3554369212704985, 0.06509515882878646, 0.00367114239583658, -0.001112844743352673,
  -0.0001607582991538042, 3.278031574161649e-5, 5.442441645400753e-6, -1.515466555554457e-6,
  -1.429760819793291e-7, 8.234608804280619e-8, -1.296284804497283e-9, -4.154721695848185e-9,
  6.347057684985558e-10, 1.43207984359961e-10, -6.160401633259483e-11, 2.060787651636531e-12,
  3.571254403311741e-12, -8.589684519222373e-13, -6.152856002472618e-14, 7.422951142643797e-14,
  -1.280642258905118e-14, -2.142730437526552e-15,
];

/** e^(x^2) erfc(x) for x from 0 on. */
function erfcxSeries(x: Value): Value {
  const two = g.fullLike(x, 2);
  const t = g.div(two, g.add(two, x));
  return g.mul(t, chebyshev(g.sub(g.scale(t, 2), g.fullLike(x, 1)), erfcxCoefficients));
}

/**
 * The error function.
 * @method
 * @function
 */
export function erf(x: Value): Value {
  return g.unary('erf', floating(x));
}

/**
 * `1 - erf(x)`, accurate where that is small.
 * @function
 */
export function erfc(x: Value): Value {
  const a = floating(x);
  const bound = g.fullLike(a, 0.5);
  const tail = g.lt(bound, a);
  const far = g.where(tail, a, bound);
  const near = g.where(tail, bound, a);
  const small = g.mul(erfcxSeries(far), g.exp(g.neg(g.mul(far, far))));
  return g.where(tail, small, g.sub(g.fullLike(a, 1), g.unary('erf', near)));
}

/**
 * `e^(x^2) erfc(x)`, without underflow.
 * @namespace special
 */
export function erfcx(x: Value): Value {
  const a = floating(x);
  const zero = g.zerosLike(a);
  const negative = g.lt(a, zero);
  const left = g.where(negative, a, zero);
  const mirrored = g.sub(g.scale(g.exp(g.mul(left, left)), 2), erfcxSeries(g.neg(left)));
  return g.where(negative, mirrored, erfcxSeries(g.where(negative, zero, a)));
}

// M. Giles, "Approximating the erfinv function" (2010): the single precision polynomials.
const erfinvCentral = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6,
  3.43273939e-7, 2.81022636e-8,
];
const erfinvTail = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322,
  0.000100950558, -0.000200214257,
];

/** The inverse of erf at x, from x and 1 - x^2, to single precision. No gradient flows: Newton's steps give it. */
function gilesInverse(x: Value, rest: Value): Value {
  const w = g.neg(g.log(rest));
  const five = g.fullLike(x, 5);
  const central = polynomial(g.sub(w, g.fullLike(x, 2.5)), erfinvCentral);
  const tail = polynomial(g.sub(g.sqrt(g.max(w, five)), g.fullLike(x, 3)), erfinvTail);
  return g.stopGradient(g.mul(g.where(g.lt(w, five), central, tail), x));
}

/**
 * The inverse of erf: ±Infinity at ±1, NaN outside.
 * @function
 */
export function erfinv(x: Value): Value {
  const a = floating(x);
  const one = g.fullLike(a, 1);
  const edge = g.eq(g.unary('abs', a), one);
  const inner = g.where(edge, g.zerosLike(a), a);
  let y = gilesInverse(inner, g.sub(one, g.mul(inner, inner)));
  // Each step of Newton's method on erf(y) = x doubles the digits and makes one more derivative exact.
  for (let step = 0; step < 2; step++) {
    const slope = g.scale(g.exp(g.neg(g.mul(y, y))), 2 / Math.sqrt(Math.PI));
    y = g.sub(y, g.div(g.sub(g.unary('erf', y), inner), slope));
  }
  return g.where(edge, g.mul(g.unary('sign', g.stopGradient(a)), g.fullLike(a, Infinity)), y);
}

/**
 * The area under the standard normal density up to `x`.
 * @namespace special
 */
export function ndtr(x: Value): Value {
  return g.scale(erfc(g.scale(floating(x), -Math.SQRT1_2)), 0.5);
}

/**
 * The logarithm of ndtr, accurate in its tail.
 * @namespace special
 */
export function logNdtr(x: Value): Value {
  const a = floating(x);
  const one = g.fullLike(a, 1);
  const tail = g.lt(a, g.neg(one));
  const left = g.where(tail, a, g.neg(one));
  const right = g.where(tail, g.neg(one), a);
  const scaled = erfcxSeries(g.scale(left, -Math.SQRT1_2));
  const below = g.sub(g.log(g.scale(scaled, 0.5)), g.scale(g.mul(left, left), 0.5));
  return g.where(tail, below, g.unary('log1p', g.scale(erfc(g.scale(right, Math.SQRT1_2)), -0.5)));
}

/**
 * The inverse of ndtr: the number below which the standard normal distribution has probability `x`.
 * @namespace special
 */
export function ndtri(x: Value): Value {
  const a = floating(x);
  const [zero, one, half] = [g.zerosLike(a), g.fullLike(a, 1), g.fullLike(a, 0.5)];
  const inside = g.binary('and', g.lt(zero, a), g.lt(a, one));
  const p = g.where(inside, a, half);
  // By symmetry only the lower half is computed, where probabilities are exact however small.
  const upper = g.lt(half, p);
  const q = g.where(upper, g.sub(one, p), p);
  // The first guess is made for 1 - x^2 of at least e^-16.
  const rest = g.max(g.scale(g.mul(q, g.sub(one, q)), 4), g.fullLike(a, 1.2e-7));
  let y = g.scale(gilesInverse(g.sub(g.scale(q, 2), one), rest), Math.SQRT2);
  // Newton's method on log(ndtr(y)) = log(q): concave, so that it converges from any first guess.
  for (let step = 0; step < 4; step++) {
    const scaled = erfcxSeries(g.scale(y, -Math.SQRT1_2));
    const log = g.sub(g.log(g.scale(scaled, 0.5)), g.scale(g.mul(y, y), 0.5));
    y = g.sub(y, g.scale(g.mul(g.sub(log, g.log(q)), scaled), Math.sqrt(Math.PI / 2)));
  }
  const value = g.where(upper, g.neg(y), y);
  const bound = g.where(
    g.eq(a, zero),
    g.fullLike(a, -Infinity),
    g.where(g.eq(a, one), g.fullLike(a, Infinity), g.fullLike(a, NaN)),
  );
  return g.where(inside, value, bound);
}
