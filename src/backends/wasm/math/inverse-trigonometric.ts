/**
 * asin, acos, atan and atan2 in float64.
 *
 * @see fdlibm, e_asin.c (Sun Microsystems, 1993), and Cephes, atan.c (Moshier), for the coefficients
 */
import type { Local } from '../assembler/index.js';
import type { Lanes } from './lanes.js';

/** asin(s) = s + s R, R = z P/Q in z = s^2 up to 1/4 */
const asinOver = [
  0.16666666666666666, -0.3255658186224009, 0.20121253213486293, -0.04005553450067941, 0.0007915349942898145,
  3.479331075960212e-5,
];
const asinUnder = [1, -2.403394911734414, 2.0209457602335057, -0.6882839716054533, 0.07703815055590194];
/** atan(q) = q + q z P/Q in z = q^2 up to 0.66^2 */
const atanOver = [
  -64.85021904942025, -122.88666844901361, -75.00855792314705, -16.157537187333652, -0.8750608600031904,
];
const atanUnder = [
  194.5506571482614, 485.3903996359137, 432.88106049129027, 165.02700983169885, 24.858464901423062, 1,
];

/** What the float64 nearest to pi/2 lacks. */
const halfPiTail = 6.123233995736766e-17;

/** v + v z P(z)/Q(z), z = v^2 given. */
const withRatio = (m: Lanes, v: Local, z: Local, over: readonly number[], under: readonly number[]): Local =>
  m.madd(v, m.div(m.mul(z, m.polynomial(z, over)), m.polynomial(z, under)), v);

/** asin of |x| up to 1/2; further out asin of sqrt((1 - |x|) / 2), half the angle to pi/2. */
function halved(m: Lanes, x: Local) {
  const size = m.abs(x);
  const near = m.op('lt', size, 0.5);
  const z = m.select(near, m.mul(size, size), m.mul(m.sub(1, size), 0.5));
  const s = m.select(near, size, m.unary('sqrt', z));
  return { near, angle: withRatio(m, s, z, asinOver, asinUnder) };
}

export function asin(m: Lanes, x: Local): Local {
  const { near, angle } = halved(m, x);
  const far = m.sub(Math.PI / 2, m.sub(m.add(angle, angle), halfPiTail));
  return m.withSign(m.select(near, angle, far), x);
}

export function acos(m: Lanes, x: Local): Local {
  const { near, angle } = halved(m, x);
  const signed = m.xor(angle, m.sign(x));
  const middle = m.sub(Math.PI / 2, m.sub(signed, halfPiTail));
  const twice = m.add(angle, angle);
  const far = m.select(m.op('lt', x, 0), m.sub(Math.PI, m.sub(twice, 2 * halfPiTail)), twice);
  return m.select(near, middle, far);
}

/** The angle of (x, y), from the quotient of the smaller and the larger size. */
export function atan2(m: Lanes, y: Local, x: Local): Local {
  const [a, b] = [m.abs(y), m.abs(x)];
  const steep = m.op('gt', a, b);
  const larger = m.op('max', a, b);
  const smaller = m.op('min', a, b);
  // 0 / 0 counts as 0, inf / inf as 1.
  const quotient = m.div(smaller, m.select(m.op('eq', larger, 0), 1, larger));
  const q = m.select(m.op('eq', smaller, Infinity), 1, quotient);

  const wide = m.op('gt', q, 0.66);
  const v = m.select(wide, m.div(m.sub(q, 1), m.add(q, 1)), q);
  const core = withRatio(m, v, m.mul(v, v), atanOver, atanUnder);
  const flat = m.add(core, m.and(wide, Math.PI / 4));
  const acute = m.select(steep, m.sub(Math.PI / 2, m.sub(flat, halfPiTail)), flat);
  const left = m.shift('shr_s', x, 63);
  const angle = m.select(left, m.sub(Math.PI, m.sub(acute, 2 * halfPiTail)), acute);
  return m.withSign(angle, y);
}

export const atan = (m: Lanes, x: Local): Local => atan2(m, x, m.constant(1));
