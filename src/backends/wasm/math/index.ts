/** SIMD forms of the elementwise functions that are no single instruction. */
import type { Code, Local } from '../assembler/index.js';
import { erf } from './error-function.js';
import { cosh, exp, expm1, sigmoid, sinh, tanh } from './exponential.js';
import { Lanes, throughPairs, type LaneFunction } from './lanes.js';
import { log, log1p } from './logarithm.js';
import { acos, asin, atan, atan2 } from './inverse-trigonometric.js';
import { power, precisePower, simplePower } from './power.js';
import { fmod } from './remainder.js';
import { digamma, lgamma } from './gamma.js';
import { cos, sin, tan } from './trigonometric.js';

export { madd } from './madd.js';

/** Four float32 lanes (or two float64 lanes) in, the same out. */
export type VectorFunction = (c: Code, ...x: Local[]) => Local;

export interface MathFunction {
  readonly emit: VectorFunction;
  /** Whether it is small and hot enough to be put inline rather than called. */
  readonly inline: boolean;
  /** Bound of the error in units in the last place. */
  readonly ulp: number;
}

const rsqrt = (m: Lanes, x: Local): Local => m.div(1, m.unary('sqrt', x));

/** Two steps of growth bring the smallest denormal above 1; NaN and signed zeros stay. */
function sign(m: Lanes, x: Local): Local {
  const large = m.mul(m.mul(x, 2 ** m.bias), 2 ** m.bias);
  return m.op('pmax', m.op('pmin', large, 1), -1);
}

const row = (kind: 'f32' | 'f64', f: LaneFunction, ulp: number, inline = false): MathFunction => ({
  emit: (c, ...x) => f(new Lanes(c, kind), ...x),
  inline,
  ulp,
});
const single = (f: LaneFunction, ulp: number, inline?: boolean): MathFunction => row('f32', f, ulp, inline);
const pairs = (f: LaneFunction): MathFunction => row('f32', throughPairs(f), 0.6);
const double = (f: LaneFunction, ulp: number): MathFunction => row('f64', f, ulp);

export const math32 = {
  exp: single(exp, 2, true),
  expm1: single(expm1, 2, true),
  log: single(log, 2, true),
  log1p: single(log1p, 2, true),
  sin: pairs(sin),
  cos: pairs(cos),
  tan: pairs(tan),
  sinh: single(sinh, 3),
  cosh: single(cosh, 2),
  tanh: single(tanh, 3, true),
  sigmoid: single(sigmoid, 3, true),
  erf: single(erf, 3, true),
  rsqrt: single(rsqrt, 1.5, true),
  sign: single(sign, 0, true),
  pow: pairs(power(simplePower)),
  asin: pairs(asin),
  acos: pairs(acos),
  atan: pairs(atan),
  atan2: pairs(atan2),
  fmod: pairs(fmod),
  lgamma: pairs(lgamma),
  digamma: pairs(digamma),
} satisfies Record<string, MathFunction>;

export const math64 = {
  exp: double(exp, 2),
  expm1: double(expm1, 2),
  log: double(log, 2),
  log1p: double(log1p, 2),
  sin: double(sin, 2),
  cos: double(cos, 2),
  tan: double(tan, 3),
  sinh: double(sinh, 3),
  cosh: double(cosh, 2),
  tanh: double(tanh, 3),
  sigmoid: double(sigmoid, 3),
  erf: double(erf, 3),
  rsqrt: double(rsqrt, 1.5),
  sign: double(sign, 0),
  pow: double(power(precisePower), 2),
  asin: double(asin, 2),
  acos: double(acos, 2),
  atan: double(atan, 2),
  atan2: double(atan2, 2),
  fmod: double(fmod, 0),
  lgamma: double(lgamma, 2),
  digamma: double(digamma, 4),
} satisfies Record<keyof typeof math32, MathFunction>;

export type MathName = keyof typeof math32;
