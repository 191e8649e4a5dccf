/** erf: a series near 0; further out 1 - erfc, whose relative error hardly counts. */
import type { Local } from '../assembler/index.js';
import { exp, scaledExpm1 } from './exponential.js';
import type { Lanes } from './lanes.js';

/** (erf x - x) / x in x^2, |x| below `single.border`; and log(erfc x) / x in x up to 4. Fits made for this file. */
const single = {
  border: 0.927734375,
  near: [0.128379166, -0.376125336, 0.112819925, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4],
  far: [
    -1.128717512, -6.34846687e-1, -1.06777877e-1, 2.42546219e-2, -3.88396438e-3, 3.83197126e-4, -1.7285347e-5,
  ],
} as const;

function erf32(m: Lanes, x: Local): Local {
  const t = m.op('pmin', m.abs(x), 4);
  const s = m.mul(t, t);
  const near = m.madd(m.polynomial(s, single.near), t, t);
  const far = m.sub(0, scaledExpm1(m, m.mul(m.polynomial(t, single.far), t), 0));
  return m.withSign(m.select(m.op('lt', t, single.border), near, far), x);
}

/** @see Cephes, ndtr.c (Moshier): erf x = x T/U in x^2 up to 1; erfc x = exp(-x^2) P/Q in x from 1 on */
const double = {
  t: [55592.30130103949, 7003.325141128051, 2232.005345946843, 90.02601972038427, 9.604973739870516],
  u: [49267.39426086359, 22629.000061389095, 4594.323829709801, 521.3579497801527, 33.56171416475031, 1],
  p: [
    557.5353353693994, 1027.5518868951572, 934.5285271719576, 526.4451949954773, 196.5208329560771,
    48.63719709856814, 7.463210564422699, 0.5641895648310689, 2.461969814735305e-10,
  ],
  q: [
    557.5353408177277, 1656.6630919416134, 2246.3376081871097, 1823.9091668790973, 975.7085017432055,
    354.9377788878199, 86.70721408859897, 13.228195115474499, 1,
  ],
} as const;

function erf64(m: Lanes, x: Local): Local {
  const t = m.op('pmin', m.abs(x), 6);
  const s = m.mul(t, t);
  const near = m.op('lt', t, 1);
  const over = m.select(
    near,
    m.mul(m.polynomial(s, double.t), t),
    m.mul(m.polynomial(t, double.p), exp(m, m.unary('neg', s))),
  );
  const y = m.div(over, m.select(near, m.polynomial(s, double.u), m.polynomial(t, double.q)));
  return m.withSign(m.select(near, y, m.sub(1, y)), x);
}

export const erf = (m: Lanes, x: Local): Local => m.of(erf32, erf64)(m, x);
