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
  /**
   * Whose floats backends agree on from the same operands: to the bit, within roundings of the result, or, with zeros of its own,
   * within those of 1. Integers and bools are always exact. `inspect/bounds.ts` says how many roundings.
   */
  readonly agreement: 'exact' | 'relative' | 'absolute';
}

const el = (
  arity: number,
  cost: number,
  agreement: OpInfo['agreement'] = cost === 1 ? 'exact' : 'relative',
): OpInfo => ({ family: 'elementwise', arity, cost, agreement });
const of = (family: Family, arity: OpInfo['arity'], agreement: OpInfo['agreement'] = 'exact'): OpInfo => ({
  family,
  arity,
  cost: 1,
  agreement,
});

export const ops: Readonly<Record<OpName, OpInfo>> = {
  input: of('leaf', 0),
  state: of('leaf', 0),
  constant: of('leaf', 0),
  iota: of('leaf', 0),

  neg: el(1, 1),
  abs: el(1, 1),
  sign: el(1, 1),
  exp: el(1, 8),
  expm1: el(1, 10),
  log: el(1, 10, 'absolute'),
  log1p: el(1, 10),
  sin: el(1, 12, 'absolute'),
  cos: el(1, 12, 'absolute'),
  tan: el(1, 14, 'absolute'),
  asin: el(1, 12),
  acos: el(1, 12, 'absolute'),
  atan: el(1, 12),
  sinh: el(1, 12),
  cosh: el(1, 12),
  tanh: el(1, 10),
  sigmoid: el(1, 9),
  erf: el(1, 12),
  sqrt: el(1, 3),
  rsqrt: el(1, 4),
  floor: el(1, 1),
  ceil: el(1, 1),
  round: el(1, 1),
  trunc: el(1, 1),
  not: el(1, 1),
  isnan: el(1, 1),
  lgamma: el(1, 30, 'absolute'),
  digamma: el(1, 30, 'absolute'),
  cast: el(1, 1, 'relative'),
  bitcast: el(1, 1),

  add: el(2, 1, 'relative'),
  sub: el(2, 1, 'relative'),
  mul: el(2, 1, 'relative'),
  div: el(2, 3),
  fmod: el(2, 6),
  pow: el(2, 20),
  max: el(2, 1),
  min: el(2, 1),
  atan2: el(2, 14),
  and: el(2, 1),
  or: el(2, 1),
  xor: el(2, 1),
  shl: el(2, 1),
  shr: el(2, 1),
  eq: el(2, 1),
  lt: el(2, 1),
  le: el(2, 1),
  where: el(3, 1),
  threefry: el(4, 80),

  sum: of('reduce', 1, 'relative'),
  prod: of('reduce', 1, 'relative'),
  amax: of('reduce', 1),
  amin: of('reduce', 1),
  argmax: of('reduce', 1),
  argmin: of('reduce', 1),
  cumsum: of('scan', 1, 'relative'),
  cumprod: of('scan', 1, 'relative'),
  cummax: of('scan', 1),
  cummin: of('scan', 1),

  dot: of('contract', 2, 'relative'),
  conv: of('contract', 2, 'relative'),
  attention: of('attention', [3, 5], 'relative'),
  attentionLse: of('attention', [3, 5], 'relative'),
  attentionGrad: of('attention', [6, 8], 'relative'),

  reshape: of('view', 1),
  permute: of('view', 1),
  expand: of('view', 1),
  slice: of('view', 1),
  pad: of('view', 1),
  concat: of('view', [1, Infinity]),
  window: of('view', 1),

  gather: of('gather', 2),
  scatterAdd: of('scatter', 3, 'relative'),
  scatter: of('scatter', 3),
  sort: of('sort', 1),
  argsort: of('sort', 1),

  stopGradient: of('marker', 1),
  barrier: of('marker', 1),
  customGradient: of('marker', [1, Infinity]),
  checkIndex: of('marker', 1),
};

/** Cost from which a value is kept rather than computed again. */
export const dearCost = 8;
export const family = (op: OpName): Family => ops[op].family;
