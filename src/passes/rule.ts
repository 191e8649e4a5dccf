/** What a rewrite is: a law about one primitive, and the function that applies it where it holds. */
import type { Node, NodeOf } from '../graph/index.js';
import type { ArgOp, BinaryOp, OpName, ReduceOp, ScanOp, UnaryOp } from '../ops/index.js';

/**
 * What a law keeps.
 * - `exact`: every bit, NaN payloads aside. The order in which a reduction takes its elements is nobody's promise.
 * - `signed zero`: every value; a zero may come out with the other sign, as PyTorch allows itself too.
 * - `fast`: the value up to rounding. Applied under `fastMath` only.
 */
export type Exactness = 'exact' | 'signed zero' | 'fast';

type OneOperand =
  | UnaryOp
  | ReduceOp
  | ArgOp
  | ScanOp
  | 'cast'
  | 'bitcast'
  | 'reshape'
  | 'permute'
  | 'expand'
  | 'slice'
  | 'pad'
  | 'window'
  | 'sort'
  | 'argsort'
  | 'stopGradient';
type TwoOperands = BinaryOp | 'dot' | 'conv' | 'gather';
type ThreeOperands = 'where' | 'scatter' | 'scatterAdd';

/** The operands of a primitive, as many as it takes. */
export type Operands<O extends OpName> = O extends OneOperand
  ? readonly [Node]
  : O extends TwoOperands
    ? readonly [Node, Node]
    : O extends ThreeOperands
      ? readonly [Node, Node, Node]
      : readonly Node[];

/**
 * Gives what stands for a node, built from its operands (never from the node itself), or nothing where the law does
 * not hold. Operands are simplified already. For commutative primitives both orders of operands are tried.
 */
export type Rewrite<O extends OpName> = (operands: Operands<O>, node: NodeOf<O>) => Node | false | undefined;

export interface Rule {
  readonly ops: readonly OpName[];
  /** The law as a person writes it: `x * 1 = x`. */
  readonly law: string;
  readonly exactness: Exactness;
  /** Only where nothing else reads the first operand, which would otherwise be computed all the same. */
  readonly once: boolean;
  readonly apply: (operands: readonly Node[], node: Node) => Node | false | undefined;
}

export interface Pass {
  readonly name: string;
  readonly rules: readonly Rule[];
}

interface RuleOptions {
  readonly exactness?: Exactness;
  readonly once?: boolean;
}

export function rule<O extends OpName>(
  ops: O | readonly O[],
  law: string,
  rewrite: Rewrite<O>,
  { exactness = 'exact', once = false }: RuleOptions = {},
): Rule {
  // One cast: the driver calls a rule with nodes of its ops only, whose operands number as the type says.
  const apply = rewrite as unknown as Rule['apply'];
  return { ops: typeof ops === 'string' ? [ops] : ops, law, exactness, once, apply };
}

export const signedZero: RuleOptions = { exactness: 'signed zero' };
export const fast: RuleOptions = { exactness: 'fast' };

/** Primitives whose two operands may be exchanged. */
export const commutative: ReadonlySet<OpName> = new Set<OpName>([
  'add',
  'mul',
  'max',
  'min',
  'and',
  'or',
  'xor',
  'eq',
]);
