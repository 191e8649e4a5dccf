/**
 * sin, cos and tan in float64. x = n pi/2 + r with |r| <= pi/4, n modulo 4 choosing between sin r and cos r.
 *
 * @see fdlibm, k_sin.c, k_cos.c and e_rem_pio2.c (Sun Microsystems, 1993), for the coefficients
 */
import type { Local } from '../assembler/index.js';
import { reduceHuge } from './huge-angle.js';
import type { Lanes } from './lanes.js';

/** An angle as n pi/2 + r: n modulo 4 in the low bits of `quadrant`. */
export interface Angle {
  readonly r: Local;
  readonly quadrant: Local;
}

/** (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4, in r^2 */
const sinSeries = [
  -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 2.7557313707070068e-6,
  -2.5050760253406863e-8, 1.58969099521155e-10,
];
const cosSeries = [
  0.0416666666666666, -0.001388888888887411, 2.480158728947673e-5, -2.7557314351390663e-7,
  2.087572321298175e-9, -1.1359647557788195e-11,
];

/** pi/2 in three parts; a product of either of the first two with n < 2^20 is exact. */
const halfPi = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;
/** Angles from here on are reduced with all the bits of 2/pi that they need. */
const huge = 2 ** 20;

/** x = n pi/2 + r for |x| below `huge`. The second difference keeps what it loses. */
function reduceModerate(m: Lanes, x: Local): Angle {
  const shifted = m.madd(x, 2 / Math.PI, m.magic);
  const n = m.sub(shifted, m.magic);
  const first = m.madd(n, -halfPi[0], x);
  const second = m.mul(n, halfPi[1]);
  const r = m.sub(first, second);
  const lost = m.sub(m.sub(first, r), second);
  return { r: m.add(r, m.madd(n, -halfPi[2], lost)), quadrant: shifted };
}

function reduce(m: Lanes, x: Local): Angle {
  const { c } = m;
  const { r, quadrant } = reduceModerate(m, x);
  const large = m.op('ge', m.abs(x), huge);
  c.get(large).op('v128.any_true').if();
  const angle = reduceHuge(m, x);
  c.get(m.select(large, angle.r, r)).set(r);
  c.get(m.select(large, angle.quadrant, quadrant)).set(quadrant);
  c.end();
  return { r, quadrant };
}

/** sin and cos of an angle moved on by `turns` quarter turns. */
function sinOf(m: Lanes, { r, quadrant }: Angle, turns: 0 | 1): Local {
  const { sin, cos } = kernels(m, r);
  const turned = turns === 0 ? quadrant : m.integer('add', quadrant, m.bits(1n));
  const odd = m.shift('shr_s', m.shift('shl', turned, 63), 63);
  const sign = m.sign(m.shift('shl', turned, 62));
  return m.xor(m.select(odd, cos, sin), sign);
}

/** sin r and cos r for |r| <= pi/4. */
export function kernels(m: Lanes, r: Local): { readonly sin: Local; readonly cos: Local } {
  const z = m.mul(r, r);
  const sin = m.madd(m.mul(z, r), m.polynomial(z, sinSeries), r);
  const half = m.mul(z, 0.5);
  const w = m.sub(1, half);
  const lost = m.sub(m.sub(1, w), half);
  const cos = m.add(w, m.madd(m.mul(z, z), m.polynomial(z, cosSeries), lost));
  return { sin, cos };
}

/** -0 as it is: the sums of the reduction lose its sign. */
const keepZero = (m: Lanes, y: Local, x: Local): Local => m.select(m.op('eq', x, 0), x, y);

export const sin = (m: Lanes, x: Local): Local => keepZero(m, sinOf(m, reduce(m, x), 0), x);
export const cos = (m: Lanes, x: Local): Local => sinOf(m, reduce(m, x), 1);

export function tan(m: Lanes, x: Local): Local {
  const { r, quadrant } = reduce(m, x);
  const kernel = kernels(m, r);
  const odd = m.shift('shr_s', m.shift('shl', quadrant, 63), 63);
  const y = m.div(m.select(odd, kernel.cos, kernel.sin), m.select(odd, kernel.sin, kernel.cos));
  return keepZero(m, m.xor(y, m.sign(odd)), x);
}
