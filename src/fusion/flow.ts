/**
 * The graph as fusion sees it: nodes that compute, connected through views that only say where they read.
 */
import { dtypes, numel } from '../core/index.js';
import { family, ops } from '../ops/index.js';
import { node as makeNode, orderOf, roots, type Graph, type Node } from '../graph/index.js';
import { isView } from '../loops/index.js';
import { untangle } from './untangle.js';

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
  /** The sources a node reads across a barrier: it must not share their kernel, or nothing would be computed again. */
  readonly barred: ReadonlyMap<Node, ReadonlySet<Node>>;
  /** Nodes whose values must be in memory as they are: results, new state, and operands read by computed positions. */
  readonly demanded: ReadonlySet<Node>;
  /** Nodes that results or new state show, through views. */
  readonly shown: ReadonlySet<Node>;
  /** Computed from constants, positions and small inputs so cheaply that every reader does it again. */
  readonly free: ReadonlySet<Node>;
}

export const isLeaf = (node: Node): boolean => family(node.op) === 'leaf';
/** A value for each element on its own; picking by a computed position counts. */
export const isElementwise = (node: Node): boolean =>
  family(node.op) === 'elementwise' || node.op === 'gather';
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
  return {
    outputs: graph.outputs.map(pin),
    assigns: graph.assigns.map(({ leaf, value }) => ({ leaf, value: pin(value) })),
  };
}

/** What a value may cost per element, and read from inputs and state, to be computed again by every reader. */
const freeOps = 8;
const freeBytes = 65536;

interface Price {
  readonly ops: number;
  readonly leaves: ReadonlySet<Node>;
}

const none: ReadonlySet<Node> = new Set();
const bytesOf = (node: Node): number => numel(node.shape) * dtypes[node.dtype].bytes;

/** Price of a value computed from others of known price; undefined when it is not free. */
function priceOf(
  own: number,
  node: Node,
  prices: ReadonlyMap<Node, Price>,
  mostLeaves: number,
): Price | undefined {
  let ops = own;
  for (const input of node.inputs) {
    const price = prices.get(input);
    if (!price) return undefined;
    ops += price.ops;
  }
  if (ops > freeOps) return undefined;
  const leaves = new Set(node.inputs.flatMap((input) => [...prices.get(input)!.leaves]));
  if (leaves.size > mostLeaves) return undefined;
  let bytes = 0;
  for (const leaf of leaves) bytes += bytesOf(leaf);
  return bytes <= freeBytes ? { ops, leaves } : undefined;
}

/** What any of a node's inputs has, each once. */
function fromInputs<T>(node: Node, of: (input: Node) => readonly T[]): readonly T[] {
  if (node.inputs.length === 1) return of(node.inputs[0]!);
  return [...new Set(node.inputs.flatMap(of))];
}

export function flowOf(traced: Graph, fused: boolean, buffers = Infinity): Flow {
  const { graph, copies } = untangle(pinLeaves(traced), buffers);
  const order = orderOf(graph);
  const position = new Map(order.map((node, i) => [node, i]));
  const behind = new Map<Node, readonly Node[]>();
  const sources = new Map<Node, readonly Node[]>();
  const users = new Map<Node, Node[]>();
  const compute: Node[] = [];
  const demanded = new Set([...roots(graph).map(storageOf), ...copies]);
  const prices = new Map<Node, Price>();
  const across = new Map<Node, ReadonlySet<Node>>();
  const barred = new Map<Node, ReadonlySet<Node>>();
  // An operation has three operands at most, which may all be free, and a result.
  const mostLeaves = Math.floor((buffers - 1) / 3);

  for (const node of order) {
    const reached = fromInputs(node, (input) => behind.get(input)!);
    const crossed =
      across.size === 0 ? none : new Set(fromInputs(node, (input) => [...(across.get(input) ?? [])]));
    if (isView(node)) {
      behind.set(node, reached);
      if (node.op === 'barrier') across.set(node, new Set(reached));
      else if (crossed.size > 0) across.set(node, crossed);
      const price = priceOf(0, node, prices, mostLeaves);
      if (price) prices.set(node, price);
      continue;
    }
    behind.set(node, [node]);
    users.set(node, []);
    if (isLeaf(node)) {
      const given = node.op === 'input' || node.op === 'state';
      if (bytesOf(node) <= freeBytes || !given)
        prices.set(node, { ops: 0, leaves: new Set(given ? [node] : []) });
      continue;
    }
    compute.push(node);
    if (crossed.size > 0) barred.set(node, crossed);
    sources.set(node, reached);
    for (const source of reached) users.get(source)!.push(node);
    if (node.op === 'gather' || node.op === 'sort' || node.op === 'argsort')
      demanded.add(storageOf(node.inputs[0]!));
    if (fused && family(node.op) === 'elementwise') {
      const price = priceOf(ops[node.op].cost, node, prices, mostLeaves);
      // A value that is stored anyway, of data handed in, belongs into the kernel of its readers.
      if (price && !(demanded.has(node) && price.leaves.size > 0)) prices.set(node, price);
    }
  }
  const free = new Set(compute.filter((node) => prices.has(node)));
  const shown = new Set(roots(graph).flatMap((root) => behind.get(root)!));
  return { graph, compute, position, sources, users, barred, demanded, shown, free };
}
