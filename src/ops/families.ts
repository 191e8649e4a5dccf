/** What kind of thing each primitive is, as far as the compiler cares, and how many operands it takes. */
import type { OpName } from './attrs.js';

export type Family =
  | 'leaf'
  | 'elementwise'
  | 'reduce'
  | 'scan'
  | 'contract'
  | 'view'
  | 'gather'
  | 'scatter'
  | 'sort'
  | 'attention'
  | 'marker';

export interface OpInfo {
  readonly family: Family;
  /** Number of operands; [low, high] where it varies. */
  readonly arity: number | readonly [number, number];
  /** Multiply-add equivalents per element, in a backend with fast hardware arithmetic. `dear` from 8 on. */
  readonly cost: number;
  /** What the reference says about it. */
  readonly summary: string;
}

const el = (arity: number, cost: number, summary: string): OpInfo => ({
  family: 'elementwise',
  arity,
  cost,
  summary,
});
const of = (family: Family, arity: OpInfo['arity'], summary: string): OpInfo => ({
  family,
  arity,
  cost: 1,
  summary,
});

export const ops: Readonly<Record<OpName, OpInfo>> = {
  input: of('leaf', 0, 'data handed in'),
  state: of('leaf', 0, 'a cell of state at one version'),
  constant: of('leaf', 0, 'a 0-d value known at trace time'),
  iota: of('leaf', 0, '0, 1, ..., size - 1'),

  neg: el(1, 1, '-x'),
  abs: el(1, 1, '|x|'),
  sign: el(1, 1, '-1, 0 or 1; NaN stays NaN'),
  exp: el(1, 8, 'e^x'),
  expm1: el(1, 10, 'e^x - 1, accurate near 0'),
  log: el(1, 10, 'natural logarithm'),
  log1p: el(1, 10, 'log(1 + x), accurate near 0'),
  sin: el(1, 12, 'sine of radians'),
  cos: el(1, 12, 'cosine of radians'),
  tan: el(1, 14, 'tangent of radians'),
  asin: el(1, 12, 'inverse sine'),
  acos: el(1, 12, 'inverse cosine'),
  atan: el(1, 12, 'inverse tangent'),
  sinh: el(1, 12, 'hyperbolic sine'),
  cosh: el(1, 12, 'hyperbolic cosine'),
  tanh: el(1, 10, 'hyperbolic tangent'),
  sigmoid: el(1, 9, '1 / (1 + e^-x)'),
  erf: el(1, 12, 'error function'),
  sqrt: el(1, 3, 'square root'),
  rsqrt: el(1, 4, '1 / sqrt(x)'),
  floor: el(1, 1, 'largest integer not above x'),
  ceil: el(1, 1, 'smallest integer not below x'),
  round: el(1, 1, 'nearest integer, halves to even'),
  trunc: el(1, 1, 'integer part'),
  not: el(1, 1, 'logical not of bool, bitwise not of integers'),
  isnan: el(1, 1, 'whether x is NaN'),
  lgamma: el(1, 30, 'logarithm of |gamma(x)|'),
  digamma: el(1, 30, 'derivative of lgamma'),
  cast: el(1, 1, 'conversion; float to integer truncates and saturates, NaN gives 0'),
  bitcast: el(1, 1, 'the same bits as another dtype of equal width'),

  add: el(2, 1, 'x + y; integers wrap'),
  sub: el(2, 1, 'x - y; integers wrap'),
  mul: el(2, 1, 'x * y; integers wrap'),
  div: el(2, 3, 'x / y; integers truncate, x / 0 = 0, MIN / -1 = MIN'),
  fmod: el(2, 6, 'remainder with the sign of x; integers: x mod 0 = 0'),
  pow: el(2, 20, 'x^y'),
  max: el(2, 1, 'larger of two; NaN wins'),
  min: el(2, 1, 'smaller of two; NaN wins'),
  atan2: el(2, 14, 'angle of the point (y, x)'),
  and: el(2, 1, 'logical and, bitwise on integers'),
  or: el(2, 1, 'logical or, bitwise on integers'),
  xor: el(2, 1, 'logical exclusive or, bitwise on integers'),
  shl: el(2, 1, 'x * 2^y; y outside the width gives 0'),
  shr: el(2, 1, 'x >> y, arithmetic when signed; y outside the width gives the sign'),
  eq: el(2, 1, 'x = y'),
  lt: el(2, 1, 'x < y'),
  le: el(2, 1, 'x <= y'),
  where: el(3, 1, 'the second operand where the first is true, else the third'),
  threefry: el(4, 80, 'random bits of key words and counter words'),

  sum: of('reduce', 1, 'sum over axes'),
  prod: of('reduce', 1, 'product over axes'),
  amax: of('reduce', 1, 'largest over axes; NaN wins'),
  amin: of('reduce', 1, 'smallest over axes; NaN wins'),
  argmax: of('reduce', 1, 'int32 position of the first largest; NaN wins'),
  argmin: of('reduce', 1, 'int32 position of the first smallest; NaN wins'),
  cumsum: of('scan', 1, 'running sum'),
  cumprod: of('scan', 1, 'running product'),
  cummax: of('scan', 1, 'running largest'),
  cummin: of('scan', 1, 'running smallest'),

  dot: of('contract', 2, 'batched contraction over any dimensions'),
  conv: of('contract', 2, 'convolution, strided, padded, dilated on either side, grouped'),
  attention: of('attention', [3, 5], 'softmax(scale q k^T + mask) v, with dropout'),
  attentionLse: of('attention', [3, 5], "logarithm of each query's sum of exp(scores)"),
  attentionGrad: of('attention', [6, 8], 'gradient of attention with respect to q, k or v'),

  reshape: of('view', 1, 'another shape of equal size'),
  permute: of('view', 1, 'dimensions in another order'),
  expand: of('view', 1, 'dimensions of size 1 stretched'),
  slice: of('view', 1, 'evenly spaced part of each dimension'),
  pad: of('view', 1, 'a value around and between the elements'),
  concat: of('view', [1, Infinity], 'operands one after another along an axis'),
  window: of('view', 1, 'sliding windows along an axis'),

  gather: of('gather', 2, 'elements picked along an axis'),
  scatterAdd: of('scatter', 3, 'elements added along an axis'),
  scatter: of('scatter', 3, 'elements replaced along an axis'),
  sort: of('sort', 1, 'values in stable order'),
  argsort: of('sort', 1, 'int32 positions in stable order'),

  stopGradient: of('marker', 1, 'x, without gradient'),
  barrier: of('marker', 1, 'x, opaque to CSE'),
  customGradient: of('marker', [1, Infinity], 'x, with a gradient of the user'),
  checkIndex: of('marker', 1, 'x, whose elements must be valid indices'),
};

/** Cost from which a value is kept rather than computed again. */
export const dearCost = 8;
export const family = (op: OpName): Family => ops[op].family;
