/**
 * lgamma and digamma in float64: Stirling's series where it converges, the recurrence below, the reflection formula for
 * negative arguments. The error is absolute near the zeros, but for those of lgamma at 1 and 2.
 *
 * @see Abramowitz and Stegun, 6.1.17, 6.1.41, 6.3.7 and 6.3.18
 */
import type { Local } from '../assembler/index.js';
import type { Lanes } from './lanes.js';
import { log } from './logarithm.js';
import { kernels } from './trigonometric.js';

const lgammaTail = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
/** B(2k) / 2k */
const digammaTail = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12];

/** lgamma(2 + z) / z for |z| <= 1/2. A fit made for this file. */
const lgammaNearTwo = [
  0.42278433509846713, 0.3224670334241132, -0.06735230105319563, 0.02058080842778338, -0.007385551028935545,
  0.002890510330865901, -0.0011927539009983087, 0.0005096695196526673, -0.00022315497746292723,
  9.945761692157133e-5, -4.4923727564247656e-5, 2.050601970174762e-5, -9.45628851510172e-6,
  4.3828545383846665e-6, -1.9743106888421067e-6, 9.242852225162277e-7, -5.811277768921246e-7,
  2.7475390051909663e-7,
];

/** From here on Stirling's series needs no more than these terms. */
const large = 8.5;

/** sin and cos of pi x. */
function turn(m: Lanes, x: Local) {
  const n = m.unary('nearest', m.add(x, x));
  const { sin, cos } = kernels(m, m.mul(m.madd(n, -0.5, x), Math.PI));
  const half = m.mul(n, 0.5);
  const odd = m.op('ne', m.unary('trunc', half), half);
  return { sin: m.select(odd, cos, sin), cos: m.select(odd, m.unary('neg', sin), cos) };
}

/** Where the reflection formula leads from a negative x: 1 - x. */
const reflected = (m: Lanes, x: Local, negative: Local): Local => m.select(negative, m.sub(1, x), x);

const isWhole = (m: Lanes, x: Local): Local => m.op('eq', m.unary('trunc', x), x);

export function lgamma(m: Lanes, x: Local): Local {
  const negative = m.op('lt', x, 0);
  const w = reflected(m, x, negative);
  const far = m.op('ge', w, large);
  // gamma(w) = gamma(z) over / under with z from 3/2 to 5/2.
  let [z, over, under] = [w, m.constant(1), m.constant(1)];
  for (let step = 0; step < 2; step++) {
    const below = m.op('lt', z, 1.5);
    under = m.mul(under, m.select(below, z, 1));
    z = m.add(z, m.and(below, 1));
  }
  for (let step = 0; step < large - 2.5; step++) {
    const above = m.op('gt', z, 2.5);
    z = m.sub(z, m.and(above, 1));
    over = m.mul(over, m.select(above, z, 1));
  }
  const near = m.sub(z, 2);
  const logarithm = log(m, m.select(far, w, m.div(under, over)));
  const middle = m.sub(m.mul(m.polynomial(near, lgammaNearTwo), near), logarithm);
  const inverse = m.div(1, w);
  const tail = m.mul(m.polynomial(m.mul(inverse, inverse), lgammaTail), inverse);
  const stirling = m.add(m.madd(m.sub(w, 0.5), m.sub(logarithm, 1), 0.4189385332046727), tail);
  const direct = m.select(far, stirling, middle);
  // gamma(x) gamma(1 - x) = pi / sin(pi x)
  const sine = m.abs(turn(m, x).sin);
  const mirrored = m.sub(m.unary('neg', log(m, m.mul(sine, 1 / Math.PI))), direct);
  const y = m.select(negative, mirrored, direct);
  const infinite = m.or(m.and(m.op('le', x, 0), isWhole(m, x)), m.op('eq', m.abs(x), Infinity));
  return m.select(infinite, Infinity, y);
}

export function digamma(m: Lanes, x: Local): Local {
  const negative = m.op('lt', x, 0);
  // psi(w) = psi(w + 1) - 1/w until the series holds; the small terms are added first.
  let z = reflected(m, x, negative);
  const terms: Local[] = [];
  for (let step = 0; step < large; step++) {
    const below = m.op('lt', z, large);
    terms.push(m.and(below, m.div(1, z)));
    z = m.add(z, m.and(below, 1));
  }
  const sum = terms.reduceRight((total, term) => m.add(total, term));
  const inverse = m.div(1, z);
  const square = m.mul(inverse, inverse);
  const tail = m.madd(square, m.polynomial(square, digammaTail), m.mul(inverse, 0.5));
  const direct = m.sub(m.sub(log(m, z), tail), sum);
  const { sin, cos } = turn(m, x);
  const mirrored = m.sub(direct, m.mul(m.div(cos, sin), Math.PI));
  const y = m.select(negative, m.or(mirrored, isWhole(m, x)), direct);
  return m.select(m.op('eq', x, 0), m.div(-1, x), y);
}
