/**
 * The graph as fusion sees it: nodes that compute, connected through views that only say where they read.
 */
import { numel } from '../core/index.js';
import { family, ops } from '../ops/index.js';
import { node as makeNode, roots, topological, type Graph, type Node } from '../graph/index.js';
import { isView } from '../loops/index.js';

export interface Flow {
  readonly graph: Graph;
  /** Nodes that compute something, operands first. */
  readonly compute: readonly Node[];
  /** Position in the order of the whole graph. */
  readonly position: ReadonlyMap<Node, number>;
  /** The computing nodes and leaves a node reads, through views. */
  readonly sources: ReadonlyMap<Node, readonly Node[]>;
  /** The computing nodes that read a node, through views. */
  readonly users: ReadonlyMap<Node, readonly Node[]>;
  /** Nodes whose values must be in memory as they are: results, new state, and operands read by computed positions. */
  readonly demanded: ReadonlySet<Node>;
  /** Computed from constants, positions and scalars so cheaply that every reader does it again. */
  readonly free: ReadonlySet<Node>;
}

export const isLeaf = (node: Node): boolean => family(node.op) === 'leaf';
/** A value for each element on its own; picking by a computed position counts. */
export const isElementwise = (node: Node): boolean => family(node.op) === 'elementwise' || node.op === 'gather';
export const isReduction = (node: Node): boolean => family(node.op) === 'reduce';

/** Reshapes rename nothing in row-major memory: a value and its reshapes share storage. */
export function storageOf(node: Node): Node {
  let at = node;
  while (at.op === 'reshape' || at.op === 'barrier' || at.op === 'stopGradient') at = at.inputs[0]!;
  return at;
}

/**
 * Results that are leaves need a place of their own: each becomes a view, which the kernel that copies it writes.
 */
function pinLeaves(graph: Graph): Graph {
  const pinned = new Map<Node, Node>();
  const pin = (root: Node): Node => {
    const leaf = storageOf(root);
    if (!isLeaf(leaf)) return root;
    const perm = leaf.shape.map((_, i) => i);
    const copy = pinned.get(leaf) ?? makeNode('permute', [leaf], { perm }, root.sources);
    pinned.set(leaf, copy);
    return makeNode('reshape', [copy], { shape: root.shape }, root.sources);
  };
  return { outputs: graph.outputs.map(pin), assigns: graph.assigns.map(({ leaf, value }) => ({ leaf, value: pin(value) })) };
}

/** Arithmetic a node costs per element; free inputs are counted into their readers. */
const freeBudget = 8;

export function flowOf(traced: Graph, fused: boolean): Flow {
  const graph = pinLeaves(traced);
  const order = topological(roots(graph));
  const position = new Map(order.map((node, i) => [node, i]));
  const behind = new Map<Node, readonly Node[]>();
  const sources = new Map<Node, Node[]>();
  const users = new Map<Node, Node[]>();
  const compute: Node[] = [];
  const demanded = new Set(roots(graph).map(storageOf));
  const freeCost = new Map<Node, number>();

  for (const node of order) {
    const reached = [...new Set(node.inputs.flatMap((input) => behind.get(input)!))];
    if (isView(node)) {
      behind.set(node, reached);
      const costs = reached.map((source) => freeCost.get(source));
      if (costs.every((cost) => cost !== undefined)) freeCost.set(node, Math.max(0, ...costs));
      continue;
    }
    behind.set(node, [node]);
    users.set(node, []);
    if (isLeaf(node)) {
      if (numel(node.shape) === 1 || node.op === 'iota') freeCost.set(node, 0);
      continue;
    }
    compute.push(node);
    sources.set(node, reached);
    for (const source of reached) users.get(source)!.push(node);
    if (node.op === 'gather' || node.op === 'sort' || node.op === 'argsort') demanded.add(storageOf(node.inputs[0]!));
    if (fused && family(node.op) === 'elementwise') {
      let cost: number | undefined = ops[node.op].cost;
      for (const input of node.inputs) {
        const inputCost = freeCost.get(input);
        cost = inputCost === undefined || cost === undefined ? undefined : cost + inputCost;
      }
      if (cost !== undefined && cost <= freeBudget) freeCost.set(node, cost);
    }
  }
  const free = new Set(compute.filter((node) => freeCost.has(node)));
  return { graph, compute, position, sources, users, demanded, free };
}
