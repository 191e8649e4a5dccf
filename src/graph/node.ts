/**
 * A node of the graph: one primitive applied to other nodes. Nodes are immutable. A traced node is an event in the
 * user's program, with one call site and one module path; simplification makes new nodes that keep those of all they
 * stand for.
 */
import {
  InternalError,
  currentModulePath,
  currentSite,
  type DType,
  type Shape,
  type Site,
} from '../core/index.js';
import { infer, ops, type Inferred, type OpAttrs, type OpName, type Operand } from '../ops/index.js';

/** Which part of a training step asked for a node. */
export type Origin = 'forward' | 'backward' | 'optimizer';

/** Where a node comes from. */
export interface Source {
  readonly origin: Origin;
  readonly site: Site;
  readonly module: string | undefined;
}

export interface NodeOf<O extends OpName> {
  readonly id: number;
  readonly op: O;
  readonly inputs: readonly Node[];
  readonly attrs: OpAttrs[O];
  readonly shape: Shape;
  readonly dtype: DType;
  /** The user's events this node stands for: one when traced, more once equal nodes are merged. */
  readonly sources: readonly Source[];
}

/** A union discriminated by `op`: testing it gives typed attributes. */
export type Node = { [O in OpName]: NodeOf<O> }[OpName];

let nextId = 1;
let origin: Origin = 'forward';
let inherited: readonly Source[] | undefined;

/** Runs `body` with the nodes it makes attributed to that part of the step. */
export function withOrigin<T>(part: Origin, body: () => T): T {
  const before = origin;
  origin = part;
  try {
    return body();
  } finally {
    origin = before;
  }
}

export const currentOrigin = (): Origin => origin;

/** Runs `body` with the nodes it makes attributed to `sources`: a transformation's nodes keep those of what they come from. */
export function withSources<T>(sources: readonly Source[], body: () => T): T {
  const before = inherited;
  inherited = sources;
  try {
    return body();
  } finally {
    inherited = before;
  }
}

/** The id the next node gets: nodes made from now on have this or a larger one. */
export const nextNodeId = (): number => nextId;

export const currentSource = (): Source => ({ origin, site: currentSite(), module: currentModulePath() });

/** Makes a node, checking shapes and dtypes: errors point at the user's own line. */
export function node<O extends OpName>(
  op: O,
  inputs: readonly Node[],
  attrs: OpAttrs[O],
  sources: readonly Source[] = inherited ?? [currentSource()],
): NodeOf<O> & Node {
  const { arity } = ops[op];
  const [low, high] = typeof arity === 'number' ? [arity, arity] : arity;
  if (inputs.length < low || inputs.length > high) {
    throw new InternalError(
      `${op} takes ${low === high ? low : `${low} to ${high}`} operands, not ${inputs.length}`,
    );
  }
  // One cast: TypeScript cannot see that the rule at index O takes the attributes at index O.
  const rule = infer[op] as (inputs: readonly Operand[], attrs: OpAttrs[O], op: O) => Inferred;
  const { shape, dtype } = rule(inputs, attrs, op);
  return { id: nextId++, op, inputs, attrs, shape, dtype, sources } as NodeOf<O> & Node;
}

/** The same primitive on operands of the same shapes and dtypes, so that nothing is inferred anew. */
export const withInputs = (node: Node, inputs: readonly Node[], sources: readonly Source[]): Node =>
  ({ ...node, id: nextId++, inputs, sources }) as Node;

export const isOp = <O extends OpName>(value: Node, op: O): value is Extract<Node, NodeOf<O>> =>
  value.op === op;
