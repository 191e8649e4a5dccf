/**
 * LoopNest: the one form of a kernel that every backend reads. Structured and untiled: it says what is computed over
 * which axes, never in which tiles, vectors or workgroups. Plain data throughout.
 *
 * Values are SSA: an instruction's `id` names its result, unique in the nest. Memory is seen as numbered buffers; views
 * have vanished into index expressions. `masks` are predicates on loop axes: a load or store whose masks do not all
 * hold touches no memory, and a load then gives `fill`.
 */
import type { DType } from '../core/index.js';
import type { OpAttrs } from '../ops/index.js';
import type { IndexExpr, Predicate } from './index-expr.js';

export interface Axis {
  /** Number used by index expressions. */
  readonly axis: number;
  readonly extent: number;
}

/** A loaded index: `coeff` times value `id` is added to a position. Outside [0, bound) the access does not happen. */
export interface Indirect {
  readonly id: number;
  readonly coeff: number;
  readonly bound: number;
  /** What to report when the index is out of bounds: an entry of the program's table of checks. */
  readonly check: number;
}

export type ElementwiseOp = {
  [O in keyof OpAttrs]: O;
}[Exclude<
  keyof OpAttrs,
  | 'input'
  | 'state'
  | 'constant'
  | 'iota'
  | 'sum'
  | 'prod'
  | 'amax'
  | 'amin'
  | 'argmax'
  | 'argmin'
  | 'cumsum'
  | 'cumprod'
  | 'cummax'
  | 'cummin'
  | 'dot'
  | 'conv'
  | 'attention'
  | 'attentionLse'
  | 'attentionGrad'
  | 'reshape'
  | 'permute'
  | 'expand'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'window'
  | 'gather'
  | 'scatterAdd'
  | 'scatter'
  | 'sort'
  | 'argsort'
  | 'stopGradient'
  | 'barrier'
  | 'customGradient'
  | 'checkIndex'
>];

export type Instr = { readonly id: number; readonly dtype: DType } & (
  | { readonly kind: 'const'; readonly value: number | bigint }
  | {
      readonly kind: 'load';
      readonly buffer: number;
      readonly index: IndexExpr;
      readonly indirect: readonly Indirect[];
      readonly masks: readonly Predicate[];
      /** Value where a mask fails or an indirect index is out of bounds. */
      readonly fill: number;
    }
  /** The integer value of an index expression. */
  | { readonly kind: 'index'; readonly expr: IndexExpr }
  | {
      readonly kind: 'compute';
      readonly op: ElementwiseOp;
      /** div: the reciprocal of the divisor may follow, where dividend and divisor are such that the quotient comes of it. */
      readonly args: readonly number[];
      /** dtype of the operands, which decides the arithmetic. */
      readonly of: DType;
      /** threefry: which word. */
      readonly part?: OpAttrs['threefry']['part'];
      /** exp: no operand is above 0. */
      readonly nonPositive?: true;
      /** Such an exp: all that is made of it is the same if every one is multiplied by one number. */
      readonly scaleFree?: true;
    }
  /** `value` where all masks hold, else `otherwise`. */
  | {
      readonly kind: 'guard';
      readonly masks: readonly Predicate[];
      readonly value: number;
      readonly otherwise: number;
    }
  /** The element of row scratch `slot` at the present inner position (row nests). */
  | { readonly kind: 'scratch'; readonly slot: number }
);

export type Load = Extract<Instr, { readonly kind: 'load' }>;

export interface Store {
  readonly buffer: number;
  readonly index: IndexExpr;
  readonly value: number;
}

/**
 * What a kernel reads or writes. Two buffers may be one memory, which the program's step says: a cell updated in place is
 * read as one and written as the other, each element by the iteration that alone reads it.
 */
export interface NestBuffer {
  /** Name a person reads in the source. */
  readonly name: string;
  readonly dtype: DType;
  readonly elements: number;
  readonly access: 'read' | 'write' | 'readWrite';
}

interface NestBase {
  readonly name: string;
  readonly buffers: readonly NestBuffer[];
  /** Which ops of which user line the kernel holds, one line each. */
  readonly comment: readonly string[];
}

/** Every element on its own. */
export interface MapNest extends NestBase {
  readonly kind: 'map';
  readonly axes: readonly Axis[];
  readonly body: readonly Instr[];
  readonly stores: readonly Store[];
}

export type Combine = 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin';

/** Combines `value` of every inner position; the result is a value of the row, known after the stage. */
export interface Reduce {
  readonly id: number;
  readonly combine: Combine;
  readonly value: number;
  readonly dtype: DType;
  /** max: what it is for becomes NaN where an element is, even if this does not. */
  readonly missesNaN?: true;
  /** argmax, argmin: the position reported, an expression of the inner axes. */
  readonly position?: IndexExpr;
  /** argmax, argmin: dtype of the values compared, which decides the comparison. */
  readonly of?: DType;
}

/** A running combination along the (single) inner axis; `id` is a value of the element. */
export interface Scan {
  readonly id: number;
  readonly combine: 'sum' | 'prod' | 'max' | 'min';
  readonly value: number;
  readonly dtype: DType;
}

/** One pass over the inner axes of a row. */
export interface Stage {
  /** Once a row, before the pass. May use reductions of earlier stages. */
  readonly rowBody: readonly Instr[];
  /** Once a row, after `rowBody`: where every lane of a group computes that body, all must have read before one stores. */
  readonly rowStores: readonly Store[];
  /** Per element. May use row values and scratch of earlier stages. */
  readonly body: readonly Instr[];
  readonly reduces: readonly Reduce[];
  readonly scans: readonly Scan[];
  /** Whether the pass runs from the last inner position to the first (reverse scans). */
  readonly reverse: boolean;
  /** Element values kept for later stages of this row. */
  readonly keeps: readonly { readonly slot: number; readonly value: number }[];
  readonly stores: readonly Store[];
}

/**
 * A value combined over all rows: per inner position ('column': `value` is an element's) or altogether ('total':
 * `value` is a row's). A backend may cut the rows into parts, as many as the shape alone says, and combine the partial
 * results in order: then the bits depend on no number of threads.
 */
export interface Accumulator {
  readonly id: number;
  readonly scope: 'column' | 'total';
  readonly stage: number;
  readonly combine: 'sum' | 'prod' | 'max' | 'min';
  readonly value: number;
  readonly dtype: DType;
}

/** Rows of elements: reductions, scans and everything over the same rows; norms, softmax, losses and their gradients. */
export interface RowNest extends NestBase {
  readonly kind: 'row';
  readonly rows: readonly Axis[];
  readonly inner: readonly Axis[];
  /** dtype of each row scratch; each holds one element per inner position. */
  readonly scratch: readonly DType[];
  /** Once, before the first row: values that depend on no axis. */
  readonly setup: readonly Instr[];
  readonly stages: readonly Stage[];
  readonly accumulators: readonly Accumulator[];
  /** After the last row, once per inner position: may use column accumulators. */
  readonly finishColumns: { readonly body: readonly Instr[]; readonly stores: readonly Store[] };
  /** After the last row, once: may use total accumulators. */
  readonly finishTotals: { readonly body: readonly Instr[]; readonly stores: readonly Store[] };
}

/** An operand of a contraction: an expression of its axes, which packing evaluates. */
export interface ContractOperand {
  readonly body: readonly Instr[];
  readonly value: number;
}

/** out[batch, m, n] = epilogue(sum over k of a[batch, m, k] * b[batch, n, k]). Convolutions are this too. */
export interface ContractNest extends NestBase {
  readonly kind: 'contract';
  readonly batch: readonly Axis[];
  readonly m: readonly Axis[];
  readonly n: readonly Axis[];
  readonly k: readonly Axis[];
  readonly a: ContractOperand;
  readonly b: ContractOperand;
  /** dtype of operands and result; the sum is kept in float32 at least. */
  readonly dtype: DType;
  /** Id of the finished sum, rounded to `dtype`, in the epilogue. */
  readonly sum: number;
  readonly body: readonly Instr[];
  readonly stores: readonly Store[];
}

/** The same elementwise body over several segments: every stream has its own buffer in each segment. */
export interface SegmentedNest extends NestBase {
  readonly kind: 'segmented';
  /** Number of elements of each segment. */
  readonly counts: readonly number[];
  /** streams[s][segment] is a buffer; loads of stream s at the segment's position i read its element i. */
  readonly streams: readonly (readonly number[])[];
  /** Values that depend on no axis: learning rates, corrected step sizes. */
  readonly setup: readonly Instr[];
  /** Loads and stores name a stream where other nests name a buffer; their index is the axis 0 of the segment. */
  readonly body: readonly Instr[];
  readonly stores: readonly Store[];
}

/** out = base; then, in order of the axes, out[... + coeff * index ...] += or = source. */
export interface ScatterNest extends NestBase {
  readonly kind: 'scatter';
  readonly combine: 'add' | 'set';
  /** Writes the base into the output, element by element. */
  readonly base: Pick<MapNest, 'axes' | 'body' | 'stores'>;
  readonly axes: readonly Axis[];
  readonly body: readonly Instr[];
  readonly buffer: number;
  readonly index: IndexExpr;
  readonly indirect: Indirect;
  readonly value: number;
}

/** Not loops a compiler fuses: sorting along the middle of [outer, size, inner]. */
export interface OpaqueNest extends NestBase {
  readonly kind: 'opaque';
  readonly op: 'sort' | 'argsort';
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly descending: boolean;
  readonly input: number;
  readonly output: number;
}

/**
 * Attention over matrices that no one sees whole: softmax(scale q k^T + mask) v and what its gradient needs. For query i
 * and key j of a batch, with s = scale * sum over d of q[i, d] k[j, d] + mask[i, j] (-Infinity where `causal` hides j):
 *
 * - output[i] = sum over j of kept(p) v[j], with p = softmax of s over j;
 * - logsumexp[i] = log of the sum over j of exp(s);
 * - with p = exp(s - logsumexp[i]) and ds = p * (kept(sum over e of cotangent[i, e] v[j, e]) - rows[i]):
 *   gradientQ[i] = scale * sum of ds k[j]; gradientK[j] = scale * sum of ds q[i]; gradientV[j] = sum of kept(p) cotangent[i].
 *
 * kept(x) is x / (1 - probability) where dropout keeps pair (i, j), else 0: where the top 23 bits of Threefry's word for
 * the pair's row-major position, as a fraction, are not below the probability in float32. Operands are expressions of
 * batch, queries, keys, width (of q and k) and valueWidth; results lie row-major, batch first.
 */
export interface AttentionNest extends NestBase {
  readonly kind: 'attention';
  readonly batch: Axis;
  readonly queries: Axis;
  readonly keys: Axis;
  readonly width: Axis;
  readonly valueWidth: Axis;
  readonly scale: number;
  readonly causal: boolean;
  readonly q: ContractOperand;
  readonly k: ContractOperand;
  readonly v: ContractOperand;
  readonly mask: ContractOperand | undefined;
  readonly dropout: AttentionDropout | undefined;
  /** What the gradients need besides. */
  readonly backward: AttentionBackward | undefined;
  /** Buffers of the results this kernel computes: output and logsumexp, or gradients. */
  readonly results: { readonly [R in AttentionResult]?: number };
}

export type AttentionResult = 'output' | 'logsumexp' | 'gradientQ' | 'gradientK' | 'gradientV';

/** Threefry's key words are values of `body`, which depends on no axis. */
export interface AttentionDropout {
  readonly probability: number;
  readonly body: readonly Instr[];
  readonly key: readonly [number, number];
}

export interface AttentionBackward {
  readonly cotangent: ContractOperand;
  readonly logsumexp: ContractOperand;
  /** Sums over e of output times cotangent. */
  readonly rows: ContractOperand;
}

export type LoopNest =
  MapNest | RowNest | ContractNest | SegmentedNest | ScatterNest | OpaqueNest | AttentionNest;
