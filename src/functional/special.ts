/**
 * Special functions. Those without a primitive are Chebyshev series, fitted to double precision, on both sides of a
 * bound; each side sees arguments of its own only, so that gradients stay finite.
 */
import { ArgumentError } from '../core/index.js';
import { g } from '../graph/index.js';
import { floating, floatOperands, range, type Operand, type Value } from './operands.js';
import { chebyshev } from './series.js';

/** e^-x I0(x) over [0, 8], and sqrt(x) e^-x I0(x) from 8 on in 8 / x; both scaled to [-1, 1]. */
const i0Near = [
  0.338397637204738, -0.3046826723431984, 0.1716209015222088, -0.09490109704804768, 0.04930528423967079,
  -0.02373741480589952, 0.0105464603945951, -0.004324309995050594, 0.001639475616941323,
  -0.0005763755745385767, 0.0001885028850957897, -5.754195010077829e-5, 1.644844807065553e-5,
  -4.416738358415808e-6, 1.117387539102758e-6, -2.67079385342944e-7, 6.04699501572724e-8,
  -1.300024996663488e-8, 2.659823428705567e-9, -5.189792811186197e-10, 9.675763744142931e-11,
  -1.726778891444086e-11, 2.954261835164118e-12, -4.848850079622814e-13, 7.554332976160835e-14,
  -1.073161167773699e-14,
];
const i0Far = [
  0.4022452055070544, 0.003369116478255692, 6.889758346904085e-5, 2.891370520852199e-6, 2.048918588570814e-7,
  2.266668991760904e-8, 3.396231984531539e-9, 4.940602445676253e-10, 1.188905640603366e-11,
  -3.149915143533614e-11, -1.321595425688808e-11, -1.794172218202069e-12, 7.177203276143018e-13,
  3.852751451205449e-13,
];
/** The same of e^-x I1(x) / x and sqrt(x) e^-x I1(x). */
const i1Near = [
  0.1262935932218168, -0.1764165183578341, 0.1026436586898471, -0.05294598120809502, 0.02472644903062655,
  -0.01056408489462624, 0.004156422944312939, -0.001513572450631275, 0.000512285956168571,
  -0.0001617608158258735, 4.781565107547465e-5, -1.327316365601074e-5, 3.470251308104846e-6,
  -8.568720264472304e-7, 2.003294753314498e-7, -4.445059127972311e-8, 9.381537345612953e-9,
  -1.887249686805587e-9, 3.625588912272862e-10, -6.663472031098738e-11, 1.173596631436804e-11,
  -1.983707622185857e-12, 3.220161065902302e-13, -4.999809798204612e-14, 7.064916462309073e-15,
];
const i1Far = [
  0.3892881175091401, -0.00976109749136147, -0.0001105889387627383, -3.882564808876943e-6,
  -2.512236238816357e-7, -2.631468845789205e-8, -3.835380442869981e-9, -5.589743482895907e-10,
  -1.897504745921689e-11, 3.252604852121976e-11, 1.412567470400935e-11, 2.035642025314625e-12,
  -7.201239604626153e-13, -4.083428040146941e-13,
];

/** Chooses between a series in x up to 8 and one in 8 / x beyond, divided by sqrt(x). */
function besselSeries(
  size: Value,
  near: readonly number[],
  far: readonly number[],
): { small: Value; low: Value; high: Value } {
  const eight = g.fullLike(size, 8);
  const small = g.le(size, eight);
  const inside = g.where(small, size, eight);
  const outside = g.where(small, eight, size);
  const one = g.fullLike(size, 1);
  const low = chebyshev(g.sub(g.scale(inside, 0.25), one), near);
  const high = g.div(chebyshev(g.sub(g.div(g.fullLike(size, 16), outside), one), far), g.sqrt(outside));
  return { small, low, high };
}

/**
 * e^-|x| I0(x): the modified Bessel function of order 0, scaled.
 * @namespace special
 */
export function i0e(x: Value): Value {
  const { small, low, high } = besselSeries(g.unary('abs', floating(x)), i0Near, i0Far);
  return g.where(small, low, high);
}

/**
 * The modified Bessel function of order 0.
 * @function
 * @namespace special
 */
export function i0(x: Value): Value {
  return g.mul(g.exp(g.unary('abs', floating(x))), i0e(x));
}

/**
 * e^-|x| I1(x): the modified Bessel function of order 1, scaled.
 * @namespace special
 */
export function i1e(x: Value): Value {
  const a = floating(x);
  const { small, low, high } = besselSeries(g.unary('abs', a), i1Near, i1Far);
  return g.where(small, g.mul(a, low), g.mul(g.unary('sign', a), high));
}

/**
 * The modified Bessel function of order 1.
 * @namespace special
 */
export function i1(x: Value): Value {
  return g.mul(g.exp(g.unary('abs', floating(x))), i1e(x));
}

/**
 * `-x log(x)`: 0 at 0, -Infinity below.
 * @namespace special
 */
export function entr(x: Value): Value {
  const a = floating(x);
  const zero = g.zerosLike(a);
  const positive = g.lt(zero, a);
  const inner = g.where(positive, a, g.fullLike(a, 1));
  const value = g.neg(g.mul(inner, g.log(inner)));
  const rest = g.where(g.lt(a, zero), g.fullLike(a, -Infinity), g.mul(g.stopGradient(a), g.fullLike(a, 1)));
  return g.where(positive, value, rest);
}

/** B(2j) / (2j)! for j = 1, 2, ... */
const bernoulli = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
];
/** Terms summed one by one before the rest is taken from the Euler-Maclaurin formula. */
const direct = 16;

/** Sum of (q + k)^-x over k from 0 on. */
function hurwitz(x: Value, q: Value): Value {
  const one = g.fullLike(q, 1);
  const power = g.neg(x);
  let total = g.zerosLike(q);
  let at = q;
  for (let k = 0; k < direct; k++) {
    total = g.add(total, g.binary('pow', at, power));
    at = g.add(at, one);
  }
  const edge = g.binary('pow', at, power);
  total = g.add(total, g.add(g.div(g.mul(edge, at), g.sub(x, one)), g.scale(edge, 0.5)));
  // x (x + 1) ... (x + 2j - 2) / at^(2j - 1), times the Bernoulli number.
  let factor = g.div(g.mul(edge, x), at);
  for (const [j, b] of bernoulli.entries()) {
    total = g.add(total, g.scale(factor, b));
    const rise = g.mul(g.add(x, g.fullLike(x, 2 * j + 1)), g.add(x, g.fullLike(x, 2 * j + 2)));
    factor = g.div(g.mul(factor, rise), g.mul(at, at));
  }
  return total;
}

/**
 * The Hurwitz zeta function: the sum of (q + k)^-x over k = 0, 1, ... Infinity at x = 1 and at the poles q = 0, -1,
 * ...; accurate for q from -12 on.
 * @namespace special
 */
export function zeta(x: Operand, q: Operand): Value {
  const [a, b] = floatOperands('zeta', x, q);
  const zero = g.zerosLike(b);
  const one = g.fullLike(a, 1);
  const whole = g.eq(b, g.unary('floor', b));
  const negative = g.le(b, zero);
  const pole = g.binary('and', negative, whole);
  const plain = g.lt(one, a);
  const inside = g.binary('and', plain, g.not(pole));
  const value = hurwitz(g.where(inside, a, g.fullLike(a, 2)), g.where(inside, b, one));
  const infinite = g.binary('or', g.eq(a, one), g.binary('and', plain, pole));
  return g.where(inside, value, g.where(infinite, g.fullLike(a, Infinity), g.fullLike(a, NaN)));
}

/**
 * The derivative of order `n` of digamma; accurate for x from -12 on.
 * @function
 * @namespace special
 */
export function polygamma(n: number, x: Value): Value {
  if (!Number.isInteger(n) || n < 0)
    throw new ArgumentError('polygamma', `n must be an integer from 0 on, not ${n}`);
  const a = floating(x);
  if (n === 0) return g.unary('digamma', a);
  const factorial = range(n).reduce((product, i) => product * (i + 1), 1);
  return g.scale(zeta(n + 1, a), n % 2 === 1 ? factorial : -factorial);
}
