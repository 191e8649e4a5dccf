/**
 * log and log1p. x = 2^k m with m in [sqrt 1/2, sqrt 2); with f = m - 1 and s = f / (2 + f), log m is the odd series of
 * 2 atanh s.
 *
 * @see fdlibm, e_log.c (Sun Microsystems, 1993) and FreeBSD's e_logf.c, for the coefficients and the order of the sum
 */
import type { Local } from '../assembler/index.js';
import { ln2 } from './exponential.js';
import type { Lanes } from './lanes.js';

/** log((1 + s) / (1 - s)) = 2s + s R, R = s^2 times this polynomial in s^2 */
const series = {
  f32: [0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841],
  f64: [
    0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
    0.15313837699209373, 0.14798198605116586,
  ],
} as const;

const sqrtHalf = { f32: 0x3f3504f3n, f64: 0x3fe6a09e667f3bcdn } as const;

/** Positive normal x as 2^k m, m from `smallest` on. */
export function split(m: Lanes, x: Local, smallest: bigint = sqrtHalf[m.kind]) {
  const offset = m.integer('add', x, m.bits(m.one - smallest));
  const biased = m.shift('shr_u', offset, m.mantissa);
  const k = m.sub(m.or(biased, 2 ** m.mantissa), 2 ** m.mantissa + m.bias);
  const fraction = m.and(offset, m.bits((1n << BigInt(m.mantissa)) - 1n));
  return { offset, k, m: m.integer('add', fraction, m.bits(smallest)) };
}

/** log(2^k (1 + f)) */
function logOf(m: Lanes, k: Local, f: Local): Local {
  const [high, low] = ln2[m.kind];
  const s = m.div(f, m.add(f, 2));
  const z = m.mul(s, s);
  const half = m.mul(m.mul(f, 0.5), f);
  const r = m.madd(z, m.polynomial(z, series[m.kind]), half);
  const small = m.sub(half, m.madd(s, r, m.mul(k, low)));
  return m.madd(k, high, m.sub(f, small));
}

/** What a logarithm is where its argument is not above 0 and finite; `zero` says where that argument is 0. */
function special(m: Lanes, y: Local, x: Local, zero: Local, below: Local): Local {
  const above = m.c.v('v128.andnot', x, m.op('lt', x, Infinity));
  return m.or(m.add(m.add(y, above), m.and(zero, -Infinity)), below);
}

/** Denormal x >= 0 times a power of 2. */
export function normalized(m: Lanes, x: Local) {
  const small = m.op('lt', x, 2 ** (1 - m.bias));
  const scale = m.op('pmax', m.and(small, 2 ** m.mantissa), 1);
  return { x: m.mul(x, scale), raised: m.and(small, m.mantissa) };
}

/** log of x >= 0, denormals too. */
function boundedLog(m: Lanes, x: Local): Local {
  const normal = normalized(m, x);
  const parts = split(m, normal.x);
  return logOf(m, m.sub(parts.k, normal.raised), m.sub(parts.m, 1));
}

export const log = (m: Lanes, x: Local): Local =>
  special(m, boundedLog(m, x), x, m.op('eq', x, 0), m.op('lt', x, 0));

/** What 1 + x loses is added to f, in its scale: exact where |x| is small, since k is then 0. */
export function log1p(m: Lanes, x: Local): Local {
  const u = m.add(x, 1);
  const back = m.sub(u, 1);
  const lost = m.add(m.sub(1, m.sub(u, back)), m.sub(x, back));
  const parts = split(m, u);
  const exponent = m.and(parts.offset, m.bits(m.exponentMask));
  const scale = m.integer('sub', m.bits(2n * m.one), exponent);
  const kept = m.and(m.mul(lost, scale), m.op('lt', x, 2 ** (m.mantissa + 1)));
  const y = logOf(m, parts.k, m.add(kept, m.sub(parts.m, 1)));
  return m.or(special(m, y, x, m.op('eq', x, -1), m.op('lt', x, -1)), m.sign(x));
}
