/**
 * pow with the special cases of C, in float64.
 *
 * @see fdlibm, e_pow.c (Sun Microsystems, 2004), for the coefficients and the arithmetic in two parts
 */
import type { Local } from '../assembler/index.js';
import { clamp, exp, expm1Near, nearest, scale } from './exponential.js';
import type { Lanes } from './lanes.js';
import { log, normalized, split } from './logarithm.js';

/** (3/2) (log m - 2s - 2/3 s^3) / s^5 in s^2, for s = (m - 1) / (m + 1) */
const series = [
  0.5999999999999946, 0.4285714285785502, 0.33333332981837743, 0.272728123808534, 0.23066074577556175,
  0.20697501780033842,
];
/** log2(3/2), 2 / (3 ln 2) and ln 2 as sums of two: the first has few bits, so that its products are exact. */
const logBase = [0.5849624872207642, 1.350039202129749e-8] as const;
const factor = [0.9617967009544373, -7.028461650952758e-9] as const;
const ln2 = [0.6931471824645996, -1.904654299957768e-9] as const;
const sqrtThreeQuarters = 0x3febb67ae8584caan;

/** The upper bits of x: a product of two such is exact. */
const upper = (m: Lanes, x: Local): Local => m.and(x, m.bits(0xffffffff00000000n));

/** log2 x for x > 0, as a sum of two. */
function log2InTwo(m: Lanes, x: Local): readonly [Local, Local] {
  const normal = normalized(m, x);
  const parts = split(m, normal.x, sqrtThreeQuarters);
  const k = m.sub(parts.k, normal.raised);
  // log(m) = log(base) + log(m / base), s = (m - base) / (m + base)
  const wide = m.op('gt', parts.m, Math.sqrt(1.5));
  const base = m.select(wide, 1.5, 1);
  const over = m.sub(parts.m, base);
  const inverse = m.div(1, m.add(parts.m, base));
  const s = m.mul(over, inverse);
  const sHigh = upper(m, s);
  const underHigh = upper(m, m.add(parts.m, base));
  const underLow = m.sub(parts.m, m.sub(underHigh, base));
  const sLow = m.mul(inverse, m.sub(m.sub(over, m.mul(sHigh, underHigh)), m.mul(sHigh, underLow)));
  // log(m / base) = 2/3 s (3 + s^2 + rest)
  const z = m.mul(s, s);
  const rest = m.madd(m.mul(z, z), m.polynomial(z, series), m.mul(sLow, m.add(sHigh, s)));
  const square = m.mul(sHigh, sHigh);
  const sumHigh = upper(m, m.add(m.add(square, 3), rest));
  const sumLow = m.sub(rest, m.sub(m.sub(sumHigh, 3), square));
  const product = m.mul(sHigh, sumHigh);
  const productRest = m.madd(sLow, sumHigh, m.mul(sumLow, s));
  const high = upper(m, m.add(product, productRest));
  const low = m.sub(productRest, m.sub(high, product));
  // Times 2 / (3 ln 2), plus log2(base) and k.
  const main = m.mul(high, factor[0]);
  const minor = m.madd(high, factor[1], m.madd(low, factor[0] + factor[1], m.and(wide, logBase[1])));
  const baseHigh = m.and(wide, logBase[0]);
  const first = upper(m, m.add(m.add(m.add(main, minor), baseHigh), k));
  return [first, m.sub(minor, m.sub(m.sub(m.sub(first, k), baseHigh), main))];
}

/** x^y for x > 0, to less than one unit in the last place. */
export function precisePower(m: Lanes, x: Local, y: Local): Local {
  const [high, low] = log2InTwo(m, x);
  const yHigh = upper(m, y);
  const product = m.mul(yHigh, high);
  const rest = m.madd(m.sub(y, yHigh), high, m.mul(y, low));
  // Past the range of the exponents nothing but the size counts.
  const bound = 1100;
  const inside = m.op('lt', m.abs(product), bound);
  const productIn = clamp(m, product, -bound, bound);
  const restIn = m.and(rest, inside);
  const { n, exponent } = nearest(m, m.add(productIn, restIn), 1);
  const fraction = m.sub(productIn, n);
  const t = upper(m, m.add(fraction, restIn));
  const main = m.mul(t, ln2[0]);
  const minor = m.madd(m.sub(restIn, m.sub(t, fraction)), Math.LN2, m.mul(t, ln2[1]));
  const r = m.add(main, minor);
  const lost = m.sub(minor, m.sub(r, main));
  const near = expm1Near(m, r);
  return scale(m, m.add(m.add(near, m.madd(lost, near, lost)), 1), exponent);
}

/** exp(y log x): enough bits for a float32 result. */
export const simplePower = (m: Lanes, x: Local, y: Local): Local => exp(m, m.mul(y, log(m, x)));

/** |x|^y for normal |x| in `core`, and the special cases around it. */
export const power =
  (core: (m: Lanes, x: Local, y: Local) => Local) =>
  (m: Lanes, x: Local, y: Local): Local => {
    const size = m.abs(x);
    // From 2^66 on any x but 1 has overflown or vanished; a bound keeps infinite y out of the arithmetic.
    const bounded = m.op('pmax', m.op('pmin', y, 2 ** 66), -(2 ** 66));
    const ordinary = core(m, size, bounded);
    const atInfinity = m.op('eq', size, Infinity);
    const extreme = m.or(m.op('eq', x, 0), atInfinity);
    const grows = m.xor(m.op('lt', y, 0), atInfinity);
    const magnitude = m.select(extreme, m.and(grows, Infinity), ordinary);

    const negative = m.op('lt', x, 0);
    const whole = m.op('eq', m.unary('trunc', y), y);
    const half = m.mul(y, 0.5);
    const odd = m.and(whole, m.op('ne', m.unary('trunc', half), half));
    const signed = m.or(magnitude, m.and(m.sign(x), odd));
    // A fractional power of a finite negative number is NaN, as is anything of NaN, except for the cases that are 1.
    const fractional = m.c.v('v128.andnot', m.c.v('v128.andnot', negative, whole), atInfinity);
    const unordered = m.or(m.op('ne', x, x), m.op('ne', y, y));
    const value = m.or(signed, m.or(fractional, unordered));
    return m.select(m.or(m.op('eq', x, 1), m.op('eq', y, 0)), 1, value);
  };
