/** What a gradient rule is, and the short forms the tables are written in. */
import type { Node, NodeOf } from '../../graph/index.js';
import type { OpName } from '../../ops/index.js';

/**
 * Cotangents of a node's operands from the cotangent of its value, one per operand. `needs` says which operands lie
 * on a path that is asked for; the others may be left undefined. Rules make ordinary nodes, so the gradient of a
 * gradient is the same code.
 */
export type GradientRule<O extends OpName = OpName> = (
  node: NodeOf<O>,
  cotangent: Node,
  needs: readonly boolean[],
) => readonly (Node | undefined)[];

/** The written mark that an op has no gradient. */
export interface NoGradient {
  readonly none: 'leaf' | 'integer' | 'discrete' | 'stopped';
  readonly reason: string;
}

/** The mark that an op is differentiated as what it is short for. */
export interface Decomposed<O extends OpName = OpName> {
  readonly through: (node: NodeOf<O>) => Node;
}

export type GradientTable<O extends OpName> = {
  readonly [K in O]: GradientRule<K> | NoGradient | Decomposed<K>;
};

const none = (kind: NoGradient['none'], reason: string): NoGradient => ({ none: kind, reason });
export const leaf = none('leaf', 'it has no operands');
export const integer = none('integer', 'it works on integers, which have no derivative');
export const discrete = (reason: string): NoGradient => none('discrete', reason);
export const stopped = none('stopped', 'the gradient was cut here on purpose');

type AnyRule = (node: Node, cotangent: Node, needs: readonly boolean[]) => readonly (Node | undefined)[];

/** A rule for one operand: `ct` is the cotangent, `out` the value of the op at `x`. */
export const one =
  (partial: (ct: Node, x: Node, out: Node) => Node): AnyRule =>
  (node, ct, needs) => [needs[0] ? partial(ct, node.inputs[0]!, node) : undefined];

type BinaryPartial = (ct: Node, x: Node, y: Node, out: Node) => Node;

/** A rule for two operands: one expression for each, made only where needed. */
export const two =
  (...partials: readonly [BinaryPartial, BinaryPartial]): AnyRule =>
  (node, ct, needs) =>
    partials.map((partial, i) =>
      needs[i] ? partial(ct, node.inputs[0]!, node.inputs[1]!, node) : undefined,
    );
