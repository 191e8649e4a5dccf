/**
 * Reverse mode as a graph transformation: from outputs and their cotangents to nodes that compute the gradients.
 * Iterative and linear in the number of nodes.
 */
import { GradientError, InternalError, formatShape, sameShape } from '../core/index.js';
import {
  g,
  node as makeNode,
  topological,
  withOrigin,
  withSources,
  type Node,
  type Source,
} from '../graph/index.js';
import { gradientRules, type Decomposed, type GradientRule, type NoGradient } from './rules/index.js';

export interface GradientOptions {
  /** Holds every node of `wrt` as a variable of its own: what one of them does to another is left out. */
  readonly independent?: boolean;
}

/** `float32[2, 3]`, as messages name a value. */
export const describe = (x: Node): string => `${x.dtype}${formatShape(x.shape)}`;

type Entry = GradientRule | NoGradient | Decomposed;
const entryOf = (node: Node): Entry => gradientRules[node.op] as Entry;

function stops(node: Node): boolean {
  const entry = entryOf(node);
  return 'none' in entry && entry.none === 'stopped';
}

/** The nodes whose value depends on `wrt` in a way a gradient can follow. */
function dependents(order: readonly Node[], wrt: ReadonlySet<Node>, leaves: ReadonlySet<Node>): Set<Node> {
  const reached = new Set<Node>();
  for (const node of order) {
    if (!g.differentiable(node)) continue;
    const through = !leaves.has(node) && !stops(node) && node.inputs.some((input) => reached.has(input));
    if (through || wrt.has(node)) reached.add(node);
  }
  return reached;
}

/** Gradients through what a node is short for, with each operand as a variable of its own. */
function throughDecomposition(
  { op, inputs, attrs }: Node,
  { through }: Decomposed,
  cotangent: Node,
): readonly (Node | undefined)[] {
  // An operand may be given twice, or be made of another one.
  const own = inputs.map((x) => makeNode('reshape', [x], { shape: x.shape }));
  return gradients([through(makeNode(op, own, attrs))], [cotangent], own, { independent: true });
}

/** The gradient an op hands to each operand that needs one. */
function operandGradients(
  node: Node,
  cotangent: Node,
  needs: readonly boolean[],
): readonly (Node | undefined)[] {
  const entry = entryOf(node);
  if ('none' in entry) {
    throw new GradientError(
      `${node.op} has no gradient: ${entry.reason}`,
      'detach its operand, or do without it',
    );
  }
  const { inputs } = node;
  // Empty values have empty gradients, and an empty result reads nothing: rules need not think of either.
  const empty = inputs.map((x, i) => needs[i] === true && (g.count(node) === 0 || g.count(x) === 0));
  const rest = needs.map((need, i) => need && !empty[i]);
  const rule: GradientRule = 'through' in entry ? (_, ct) => throughDecomposition(node, entry, ct) : entry;
  const found = rest.includes(true) ? rule(node, cotangent, rest) : [];
  return inputs.map((x, i) => (empty[i] ? g.zerosLike(x) : found[i]));
}

function checkGradient(node: Node, operand: Node, gradient: Node): void {
  if (sameShape(operand.shape, gradient.shape) && operand.dtype === gradient.dtype) return;
  const message = `the gradient of ${node.op} is ${describe(gradient)} for an operand that is ${describe(operand)}`;
  if (node.op === 'customGradient')
    throw new GradientError(message, 'return gradients shaped as the operands');
  throw new InternalError(message);
}

function checkSeeds(outputs: readonly Node[], cotangents: readonly Node[]): void {
  if (outputs.length !== cotangents.length) {
    throw new GradientError(`${outputs.length} outputs need as many cotangents, not ${cotangents.length}`);
  }
  for (const [i, output] of outputs.entries()) {
    const cotangent = cotangents[i]!;
    if (!g.differentiable(output)) {
      throw new GradientError(`a ${output.dtype} value has no gradient`, 'differentiate a floating value');
    }
    if (!sameShape(output.shape, cotangent.shape) || output.dtype !== cotangent.dtype) {
      throw new GradientError(
        `the cotangent of output ${i} is ${describe(cotangent)}, the output itself ${describe(output)}`,
        'a cotangent has the shape and dtype of its output',
      );
    }
  }
}

const asBackward = (sources: readonly Source[]): Source[] =>
  sources.map((source) => ({ ...source, origin: 'backward' }));

/**
 * Gradients of `outputs`, weighted by `cotangents`, with respect to `wrt`: undefined where an output does not depend
 * on it, or where it is not a floating value. A node of `wrt` may lie anywhere in the graph.
 */
export function gradients(
  outputs: readonly Node[],
  cotangents: readonly Node[],
  wrt: readonly Node[],
  { independent = false }: GradientOptions = {},
): (Node | undefined)[] {
  checkSeeds(outputs, cotangents);
  const asked = new Set(wrt);
  const leaves = independent ? asked : new Set<Node>();
  const order = topological(outputs, (node) => leaves.has(node));
  const reached = dependents(order, asked, leaves);
  const total = new Map<Node, Node>();
  const accumulate = (node: Node, gradient: Node): void => {
    const before = total.get(node);
    total.set(node, before ? g.add(before, gradient) : gradient);
  };
  return withOrigin('backward', () => {
    for (const [i, output] of outputs.entries()) if (reached.has(output)) accumulate(output, cotangents[i]!);
    for (const node of order.reverse()) {
      const cotangent = total.get(node);
      if (!cotangent) continue;
      const needs = node.inputs.map((input) => reached.has(input));
      if (leaves.has(node) || stops(node) || !needs.includes(true)) continue;
      withSources(asBackward(node.sources), () => {
        const found = operandGradients(node, cotangent, needs);
        for (const [i, input] of node.inputs.entries()) {
          const gradient = needs[i] ? found[i] : undefined;
          if (!gradient) continue;
          checkGradient(node, input, gradient);
          accumulate(input, gradient);
        }
      });
      // What is summed up and handed on is not asked for again.
      if (!asked.has(node)) total.delete(node);
    }
    return wrt.map((node) => total.get(node));
  });
}
