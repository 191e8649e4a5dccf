/** A whole program as a graph: what it returns, what it writes to state, and the walks over it. */
import { InternalError, sameShape } from '../core/index.js';
import { infer, type Leaf, type Operand } from '../ops/index.js';
import type { Node } from './node.js';

/** `value` becomes the content of `leaf`. All assignments of a graph happen at once, from the state before it. */
export interface Assign {
  readonly leaf: Leaf;
  readonly value: Node;
}

export interface Graph {
  readonly outputs: readonly Node[];
  readonly assigns: readonly Assign[];
}

/** The nodes a graph must compute. */
export const roots = (graph: Graph): Node[] => [
  ...graph.outputs,
  ...graph.assigns.map((assign) => assign.value),
];

/** Every node the roots need, operands before users. Iterative: depth is bounded by memory alone. */
export function topological(from: readonly Node[], stop?: (node: Node) => boolean): Node[] {
  const order: Node[] = [];
  const met = new Set<Node>();
  // The path to the node at hand, and which operand of each node on it comes next: two lists, for speed.
  const path: Node[] = [];
  const next: number[] = [];
  const visit = (node: Node): void => {
    if (met.has(node)) return;
    met.add(node);
    path.push(node);
    next.push(stop?.(node) ? node.inputs.length : 0);
  };
  for (const root of from) {
    visit(root);
    while (path.length > 0) {
      const top = path.length - 1;
      const input = path[top]!.inputs[next[top]!++];
      if (input) visit(input);
      else {
        order.push(path.pop()!);
        next.pop();
      }
    }
  }
  return order;
}

const orders = new WeakMap<Graph, readonly Node[]>();

/** Every node of a graph, operands before users; found once for each graph. */
export function orderOf(graph: Graph): readonly Node[] {
  const known = orders.get(graph);
  if (known) return known;
  const order = topological(roots(graph));
  orders.set(graph, order);
  return order;
}

/** For each node, the nodes that read it (once per operand position). */
export function consumers(order: readonly Node[]): Map<Node, Node[]> {
  const users = new Map<Node, Node[]>(order.map((node) => [node, []]));
  for (const node of order) for (const input of node.inputs) users.get(input)?.push(node);
  return users;
}

/** Checks that every node says what its operator infers; throws at the first that does not. */
export function verify(graph: Graph): void {
  for (const node of orderOf(graph)) {
    const rule = infer[node.op] as (inputs: readonly Operand[], attrs: unknown, op: string) => Operand;
    const { shape, dtype } = rule(node.inputs, node.attrs, node.op);
    if (!sameShape(shape, node.shape) || dtype !== node.dtype) {
      throw new InternalError(
        `%${node.id} = ${node.op} says ${node.dtype}[${node.shape.join(', ')}] but is ${dtype}[${shape.join(', ')}]`,
      );
    }
  }
}
