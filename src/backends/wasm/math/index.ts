/** SIMD forms of the elementwise functions that are no single instruction. */
import type { Code, Local } from '../assembler/index.js';
import { erf } from './error-function.js';
import { cosh, exp, expNegative, expRaised, expm1, sigmoid, sinh, tanh } from './exponential.js';
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
  /** Bound of the error in units in the last place; for lgamma and digamma, of values below 1 those of 1. */
  readonly ulp: number;
}

const rsqrt = (m: Lanes, x: Local): Local => m.div(1, m.unary('sqrt', x));

/** Two steps of growth bring the smallest denormal above 1; NaN and signed zeros stay. */
function sign(m: Lanes, x: Local): Local {
  const large = m.mul(m.mul(x, 2 ** m.bias), 2 ** m.bias);
  return m.op('pmax', m.op('pmin', large, 1), -1);
}

/** How float32 lanes are computed: in float32, inline or called, or through pairs of float64. */
type Way = 'inline' | 'called' | 'pairs';
type Row = readonly [way: Way, ulp32: number, ulp64: number, compute: LaneFunction, double?: LaneFunction];

const pairs = 0.6;
const rows = {
  sign: ['inline', 0, 0, sign],
  exp: ['inline', 2, 2, exp],
  /** exp of what is at most 0. */
  expNegative: ['inline', 2, 2, expNegative],
  /** The same times 2^64, which spares small results a rounding, and time. */
  expRaised: ['inline', 2, 2, expRaised],
  expm1: ['inline', 2, 2, expm1],
  log: ['inline', 1, 2, log],
  log1p: ['inline', 1.5, 2, log1p],
  tanh: ['inline', 3, 3, tanh],
  sigmoid: ['inline', 3, 3, sigmoid],
  erf: ['inline', 2, 3, erf],
  rsqrt: ['inline', 1.5, 1.5, rsqrt],
  sinh: ['called', 3, 3, sinh],
  cosh: ['called', 2, 2, cosh],
  sin: ['pairs', pairs, 2, sin],
  cos: ['pairs', pairs, 2, cos],
  tan: ['pairs', pairs, 3, tan],
  asin: ['pairs', pairs, 2, asin],
  acos: ['pairs', pairs, 2, acos],
  atan: ['pairs', pairs, 2, atan],
  atan2: ['pairs', pairs, 2, atan2],
  fmod: ['pairs', 0, 0, fmod],
  pow: ['pairs', pairs, 2, power(simplePower), power(precisePower)],
  lgamma: ['pairs', pairs, 2, lgamma],
  digamma: ['pairs', pairs, 4, digamma],
} as const satisfies Record<string, Row>;

export type MathName = keyof typeof rows;

const table = (
  kind: 'f32' | 'f64',
  read: (row: Row) => { compute: LaneFunction; inline: boolean; ulp: number },
): Readonly<Record<MathName, MathFunction>> =>
  Object.fromEntries(
    Object.entries<Row>(rows).map(([name, row]) => {
      const { compute, inline, ulp } = read(row);
      const emit: VectorFunction = (c, ...x) => compute(new Lanes(c, kind), ...x);
      return [name, { emit, inline, ulp }];
    }),
  ) as Record<MathName, MathFunction>;

export const math32 = table('f32', ([way, ulp, , compute]) => ({
  compute: way === 'pairs' ? throughPairs(compute) : compute,
  inline: way === 'inline',
  ulp,
}));

export const math64 = table('f64', ([, , ulp, compute, double = compute]) => ({
  compute: double,
  inline: false,
  ulp,
}));
