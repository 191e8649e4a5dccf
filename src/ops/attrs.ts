/**
 * The primitives and the attributes each carries. Everything else in fusegrad is a composite of these.
 * All operands of an elementwise primitive have one shape: broadcasting is an explicit `expand`.
 */
import type { DType, Shape } from '../core/index.js';

/** Where a leaf's data comes from. The runtime implements it; the graph sees identity only. */
export interface Leaf {
  readonly id: number;
  readonly name?: string | undefined;
}

export type NoAttrs = Readonly<Record<never, never>>;
interface Axes {
  readonly axes: readonly number[];
}
interface Axis {
  readonly axis: number;
}
/** What makes one attention another, apart from its operands. */
export interface AttentionAttrs {
  readonly scale: number;
  /** Whether query i sees keys 0 to i only. */
  readonly causal: boolean;
  /** Probability that a weight is dropped; the others are scaled by 1 / (1 - dropout). */
  readonly dropout: number;
}
interface Scan {
  readonly axis: number;
  /** Runs from the last element to the first. */
  readonly reverse: boolean;
}

export const unaryOps = [
  'neg',
  'abs',
  'sign',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'sigmoid',
  'erf',
  'sqrt',
  'rsqrt',
  'floor',
  'ceil',
  'round',
  'trunc',
  'not',
  'isnan',
  'lgamma',
  'digamma',
] as const;
export const binaryOps = [
  'add',
  'sub',
  'mul',
  'div',
  'fmod',
  'pow',
  'max',
  'min',
  'atan2',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
  'eq',
  'lt',
  'le',
] as const;
export const reduceOps = ['sum', 'prod', 'amax', 'amin'] as const;
export const argOps = ['argmax', 'argmin'] as const;
export const scanOps = ['cumsum', 'cumprod', 'cummax', 'cummin'] as const;

export type UnaryOp = (typeof unaryOps)[number];
export type BinaryOp = (typeof binaryOps)[number];
export type ReduceOp = (typeof reduceOps)[number];
export type ArgOp = (typeof argOps)[number];
export type ScanOp = (typeof scanOps)[number];

interface OtherAttrs {
  // leaves
  /** Data handed in: a function's argument, or a realised tensor. */
  input: { readonly leaf: Leaf; readonly shape: Shape; readonly dtype: DType };
  /** A cell of state (parameter, buffer, optimizer state, random offset) as it was at `version`. */
  state: { readonly leaf: Leaf; readonly version: number; readonly shape: Shape; readonly dtype: DType };
  /** A 0-d value. Larger constants are inputs or views of this one. */
  constant: { readonly value: number | bigint; readonly dtype: DType };
  /** 0, 1, ..., size - 1. */
  iota: { readonly size: number; readonly dtype: DType };

  // elementwise with attributes
  cast: { readonly dtype: DType };
  bitcast: { readonly dtype: DType };
  where: NoAttrs;
  /**
   * Threefry-2x32 (Salmon et al. 2011) of key words (k0, k1) and counter words (c0, c1), all uint32: the first word,
   * the second, or their exclusive or, which is what JAX's partitionable layout draws.
   */
  threefry: { readonly part: 'word0' | 'word1' | 'xor' };

  // contraction
  /** Output dimensions: batch, then the rest of the left operand, then the rest of the right one. */
  dot: {
    readonly lhsBatch: readonly number[];
    readonly rhsBatch: readonly number[];
    readonly lhsContract: readonly number[];
    readonly rhsContract: readonly number[];
  };
  /**
   * Convolution (cross-correlation) of [N, C, ...spatial] with [O, C / featureGroups, ...kernel] to [N, O, ...out].
   * Closed under differentiation: padding may be negative, either side may be dilated, groups may lie in the batch.
   */
  conv: {
    readonly strides: readonly number[];
    readonly padLow: readonly number[];
    readonly padHigh: readonly number[];
    readonly lhsDilation: readonly number[];
    readonly rhsDilation: readonly number[];
    readonly featureGroups: number;
    readonly batchGroups: number;
  };

  // views
  reshape: { readonly shape: Shape };
  /** Output dimension i is input dimension `perm[i]`. */
  permute: { readonly perm: readonly number[] };
  /** Stretches dimensions of size 1; the rank stays. */
  expand: { readonly shape: Shape };
  /** `sizes[i]` elements from `starts[i]` on, `steps[i]` apart; a step may be negative, not 0. */
  slice: {
    readonly starts: readonly number[];
    readonly sizes: readonly number[];
    readonly steps: readonly number[];
  };
  /** `value` around the input, and `interior[i]` copies of it between neighbours. Non-negative amounts. */
  pad: {
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly interior: readonly number[];
    readonly value: number;
  };
  concat: Axis;
  /** Sliding windows over `axis`: that dimension becomes their count, and a last dimension of `size` is added. */
  window: { readonly axis: number; readonly size: number; readonly step: number; readonly dilation: number };

  // indexing
  /** out[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`; other dimensions of both are equal (torch.gather). */
  gather: Axis;
  /** base with base[..., index, ...] += source, in the order of the source's elements (torch.scatter_add). */
  scatterAdd: Axis;
  /** base with base[..., index, ...] = source; the last of equal indices wins (torch.scatter). */
  scatter: Axis;
  /** Stable, NaN greatest. */
  sort: { readonly axis: number; readonly descending: boolean };
  argsort: { readonly axis: number; readonly descending: boolean };

  /**
   * softmax(scale * q k^T + mask) v over [..., T, D]. Operands: q, k, v, the mask if there is one, and with dropout the
   * two key words of its draw. `attentionOperands` tells them apart.
   */
  attention: AttentionAttrs;
  /** Logarithm of each query's sum of exp(scores): [..., T]. Of the operands of its attention. */
  attentionLse: AttentionAttrs;
  /**
   * Gradient of attention with respect to one operand. Operands: q, k, v, the cotangent, the logsumexp, the row sums of
   * output times cotangent, then mask and key words as before.
   */
  attentionGrad: AttentionAttrs & { readonly of: 'q' | 'k' | 'v' };

  // markers
  /** The value itself, through which no gradient flows. */
  stopGradient: NoAttrs;
  /** The value itself, which CSE and view passes may not look through: what follows is computed again. */
  barrier: { readonly id: number };
  /** The first operand's value; its gradient is the rule registered under `rule`. */
  customGradient: { readonly rule: number };
  /**
   * The value itself, integers of which each must lie in [0, bound) or be `except`. Data handed in is checked before
   * a program runs; `what` names the operation in the error.
   */
  checkIndex: { readonly bound: number; readonly except: number; readonly what: string };
}

export type OpAttrs = OtherAttrs &
  Record<UnaryOp | BinaryOp, NoAttrs> &
  Record<ReduceOp, Axes> &
  Record<ArgOp, Axis> &
  Record<ScanOp, Scan>;

export type OpName = keyof OpAttrs;
