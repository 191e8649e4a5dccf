/**
 * exp and what is made of it. x = n ln 2 + r with |r| <= ln 2 / 2, so that exp x = 2^n (1 + expm1 r); expm1 keeps its
 * relative accuracy at r = 0. Coefficients: minimax fits made for this file.
 *
 * @see Cody and Waite, Software Manual for the Elementary Functions (1980), for the reduction with ln 2 in two parts
 */
import type { Local } from '../assembler/index.js';
import type { Lanes } from './lanes.js';

/** ln 2 in two parts; a product of the first with any exponent is exact. */
export const ln2 = {
  f32: [0.693145751953125, 1.428606820309417e-6],
  f64: [0.6931471803691238, 1.9082149292705877e-10],
} as const;

/** (expm1 r - r) / r^2 */
const series = {
  f32: [0.5, 0.16666577018959405, 0.041666554653757494, 0.00836317418011074, 0.0013926177501010365],
  f64: [
    0.5, 0.16666666666666669, 0.04166666666662416, 0.008333333333330063, 0.0013888888917199863,
    0.00019841269863042963, 2.4801521317484083e-5, 2.7557268476553695e-6, 2.7620078203806394e-7,
    2.5100377619606372e-8,
  ],
} as const;

/** The same for |r| <= ln 2 */
const wideSeries = [0.50000024, 0.16666639, 0.041661747, 0.008334805, 0.0014100489, 0.00019786494];

/** expm1 of |r| <= ln 2 / 2. */
export const expm1Near = (m: Lanes, r: Local): Local => expm1By(m, r, series[m.kind]);

function expm1By(m: Lanes, r: Local, series: readonly number[]): Local {
  const square = m.mul(r, r);
  return m.madd(square, m.polynomial(r, series, square), r);
}

/** The integer nearest to x, as a float and at the place of the exponent. */
export function nearest(m: Lanes, x: Local, factor: number) {
  const shifted = m.madd(x, factor, m.magic);
  return { n: m.sub(shifted, m.magic), exponent: m.shift('shl', shifted, m.mantissa) };
}

function reduce(m: Lanes, x: Local) {
  const [high, low] = ln2[m.kind];
  const { n, exponent } = nearest(m, x, Math.LOG2E);
  return { exponent, rest: expm1Near(m, m.madd(n, -low, m.madd(n, -high, x))) };
}

/** x 2^n, with one rounding: the scale is applied in two halves, neither of which overflows or loses bits. */
export function scale(m: Lanes, x: Local, exponent: Local): Local {
  const half = m.and(m.shift('shr_s', exponent, 1), m.bits(m.exponentMask | m.signBit));
  const power = (e: Local): Local => m.integer('add', e, m.bits(m.one));
  return m.mul(m.mul(x, power(half)), power(m.integer('sub', exponent, half)));
}

/** x within bounds outside which the result is constant; NaN stays. */
export const clamp = (m: Lanes, x: Local, low: number, high: number): Local =>
  m.op('pmax', m.op('pmin', x, high), low);

const highest = (m: Lanes): number => m.of(89.5, 710.5);

const lowest = (m: Lanes): number => m.of(-105, -746);

/**
 * exp in float32 between those bounds, as rest * root^2. An even n leaves |r| <= ln 2, for which the series is one term
 * longer, but needs no division of the scale in two.
 */
function rootedExp(m: Lanes, x: Local): { readonly rest: Local; readonly root: Local } {
  const [high, low] = ln2.f32;
  // The root's exponent comes with its bias.
  const magic = m.magic + m.bias;
  const shifted = m.madd(x, Math.LOG2E / 2, magic);
  const n = m.sub(shifted, magic);
  const r = m.madd(n, -2 * low, m.madd(n, -2 * high, x));
  return { rest: m.add(expm1By(m, r, wideSeries), 1), root: m.shift('shl', shifted, m.mantissa) };
}

/** By how many powers of two `raisedExp` is too large. */
const raise = 64;
/** The largest x that `raisedExp` is taken of: 2^raise exp x is finite. */
const modest = 43;

/** 2^raise exp(x) in float32 for x between `lowest` and `modest`: a normal number where exp x is a denormal one. */
function raisedExp(m: Lanes, x: Local): Local {
  const [high, low] = ln2.f32;
  // The scale's exponent comes with its bias.
  const magic = m.magic + m.bias + raise;
  const shifted = m.madd(x, Math.LOG2E, magic);
  const n = m.sub(shifted, magic);
  const rest = m.add(expm1Near(m, m.madd(n, -low, m.madd(n, -high, x))), 1);
  return m.mul(rest, m.shift('shl', shifted, m.mantissa));
}

/**
 * 2^raise exp(x) of x that is NaN or at most 0, or more by rounding, but no more than `modest`. Below `lowest` it is not 0,
 * but nothing beside 2^raise.
 */
export const expRaised = (m: Lanes, x: Local): Local =>
  m.kind === 'f32' ? raisedExp(m, m.op('pmax', x, lowest(m))) : m.mul(exp(m, x), 2 ** raise);

/** exp of such x. */
export const expNegative = (m: Lanes, x: Local): Local =>
  m.kind === 'f32' ? m.mul(expRaised(m, x), 2 ** -raise) : exp(m, x);

export function exp(m: Lanes, x: Local): Local {
  const bounded = clamp(m, x, lowest(m), highest(m));
  if (m.kind === 'f32') {
    const { rest, root } = rootedExp(m, bounded);
    return m.mul(m.mul(rest, root), root);
  }
  const { rest, exponent } = reduce(m, bounded);
  return scale(m, m.add(rest, 1), exponent);
}

/** expm1(x) / 2^shift for x between about -40 and the largest x whose exp / 2^shift is finite. */
export function scaledExpm1(m: Lanes, x: Local, shift: 0 | 2): Local {
  const { exponent, rest } = reduce(m, x);
  const power = m.integer('add', exponent, m.bits(m.one - (BigInt(shift) << BigInt(m.mantissa))));
  return m.madd(rest, power, m.sub(power, 2 ** -shift));
}

/** x itself where it is so small that the scale would cost bits; y elsewhere. */
const linear = (m: Lanes, x: Local, y: Local): Local =>
  m.select(m.op('lt', m.abs(x), m.of(2 ** -30, 2 ** -60)), x, y);

export function expm1(m: Lanes, x: Local): Local {
  const quarter = scaledExpm1(m, clamp(m, x, m.of(-20, -40), highest(m)), 2);
  return linear(m, x, m.mul(quarter, 4));
}

/** e / (1 + e) for e = exp x, both raised: tails go down to the denormals. Long before `modest` it is 1. */
function sigmoid32(m: Lanes, x: Local): Local {
  const e = raisedExp(m, clamp(m, x, lowest(m), modest));
  return m.div(e, m.add(e, 2 ** raise));
}

/** The same from exp(-|x|). */
function sigmoid64(m: Lanes, x: Local): Local {
  const e = exp(m, m.or(x, m.bits(m.signBit)));
  return m.div(m.select(m.op('lt', x, 0), e, 1), m.add(e, 1));
}

export const sigmoid = (m: Lanes, x: Local): Local => m.of(sigmoid32, sigmoid64)(m, x);

/** expm1(2x) / (expm1(2x) + 2) */
export function tanh(m: Lanes, x: Local): Local {
  const size = m.op('pmin', m.abs(x), m.of(10, 20));
  const e = scaledExpm1(m, m.add(size, size), 0);
  return m.withSign(m.div(e, m.add(e, 2)), x);
}

/** expm1(|x|) / 4 where sinh and cosh need it. */
const quarterExpm1 = (m: Lanes, x: Local): Local => scaledExpm1(m, m.op('pmin', m.abs(x), highest(m)), 2);

export function sinh(m: Lanes, x: Local): Local {
  const quarter = quarterExpm1(m, x);
  const half = m.add(quarter, m.div(quarter, m.madd(quarter, 4, 1)));
  return linear(m, x, m.withSign(m.add(half, half), x));
}

export function cosh(m: Lanes, x: Local): Local {
  const quarter = m.add(quarterExpm1(m, x), 0.25);
  return m.madd(quarter, 2, m.div(0.125, quarter));
}
