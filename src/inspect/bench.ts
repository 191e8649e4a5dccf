/** Runs the nodes of one graph on any backend: in the graph as it is, or each alone with operands that are at hand. */
import type { DType, TypedArray } from '../core/index.js';
import { node as makeNode, roots, topological, type Graph, type Node } from '../graph/index.js';
import { decode, encode, type Leaf } from '../ops/index.js';
import {
  Cell,
  Instance,
  Placeholder,
  Storage,
  compileGraph,
  copyOf,
  type BackendName,
} from '../runtime/index.js';
import { roundingOf } from './bounds.js';

/** A graph with arguments in place of its leaves, and the values of its nodes on the host. */
export class Bench {
  readonly #arrays = new Map<Node, TypedArray>();
  readonly #largest = new Map<Node, number>();
  readonly #argument = new Map<Node, Node>();
  readonly #node = new Map<Leaf, Node>();
  readonly #whole = new Map<Node, Node>();
  /** What the states hold that the graph overwrites. */
  readonly #before = new Map<Leaf, TypedArray>();
  /** Nodes whose values others start from now. */
  #kept: readonly Node[] = [];

  constructor(readonly graph: Graph) {}

  /** Copies what the leaves hold. */
  async fill(contentOf: (leaf: Leaf) => Storage): Promise<void> {
    for (const { leaf } of this.graph.assigns) this.#before.set(leaf, await contentOf(leaf).read());
    for (const node of topological(roots(this.graph))) {
      if (node.op === 'input' || node.op === 'state') {
        this.#arrays.set(node, await contentOf(node.attrs.leaf).read());
        this.#whole.set(node, this.#stand(node));
      } else
        this.#whole.set(
          node,
          again(node, (input) => this.whole(input)),
        );
    }
  }

  /** Computes nodes on one backend for the others to start from, and lets those go that were kept before. */
  async keep(nodes: readonly Node[], backend: BackendName): Promise<void> {
    for (const node of this.#kept) {
      this.#arrays.delete(node);
      this.#largest.delete(node);
    }
    this.#kept = [...new Set(nodes)].filter((node) => node.op !== 'constant' && !this.#arrays.has(node));
    const arrays = await this.run(this.#kept.map(this.whole), backend, false);
    this.#kept.forEach((node, i) => this.#arrays.set(node, arrays[i]!));
  }

  /** The node as the graph has it, over arguments. */
  readonly whole = (node: Node): Node => this.#whole.get(node)!;

  /** The node with the values of its operands as arguments. */
  readonly alone = (node: Node): Node =>
    again(node, (input) => (input.op === 'constant' ? input : this.#stand(input)));

  #stand(node: Node): Node {
    const known = this.#argument.get(node);
    if (known) return known;
    const { shape, dtype } = node;
    const leaf = new Placeholder(`x${this.#node.size}`);
    const argument: Node = makeNode('input', [], { leaf, shape, dtype }, node.sources);
    this.#argument.set(node, argument);
    this.#node.set(leaf, node);
    return argument;
  }

  /** The largest finite magnitude of a node that is kept. */
  largest(node: Node): number {
    if (node.op === 'constant') return Math.abs(Number(node.attrs.value));
    const found = this.#largest.get(node) ?? largestOf(this.#arrays.get(node)!, node.dtype);
    this.#largest.set(node, found);
    return found;
  }

  /**
   * The same as `run` without fusion when all floats among the leaves move by one rounding: what is ill-conditioned moves far,
   * and no two ways to compute it agree better.
   */
  runMoved(outputs: readonly Node[], backend: BackendName): Promise<TypedArray[]> {
    return this.run(outputs, backend, false, (node) => nudged(this.#arrays.get(node)!, node.dtype));
  }

  /** What the kernels of the fused program for some results store, in their order. */
  stored(outputs: readonly Node[], backend: BackendName): Node[] {
    const { fusion } = compileGraph({ outputs, assigns: [] }, { backend, name: 'compared' });
    return fusion.regions.flatMap(({ results }) => results.map(({ value }) => value));
  }

  /** The graph's own program, fused, on copies of the states that it overwrites: its outputs, then what they hold after it. */
  async runProgram(backend: BackendName): Promise<TypedArray[]> {
    const { outputs, assigns } = this.graph;
    const cells = new Map(
      assigns.map(({ leaf, value: { shape, dtype } }) => [
        leaf,
        new Cell(copyOf(this.#before.get(leaf)!), shape, dtype, leaf.name),
      ]),
    );
    const own = new Map<Node, Node>();
    for (const node of topological(roots(this.graph))) {
      const cell = node.op === 'state' ? cells.get(node.attrs.leaf) : undefined;
      const isLeaf = node.op === 'state' || node.op === 'input';
      own.set(node, cell?.node ?? (isLeaf ? this.#stand(node) : again(node, (input) => own.get(input)!)));
    }
    const graph = {
      outputs: outputs.map((node) => own.get(node)!),
      assigns: assigns.map(({ leaf, value }) => ({ leaf: cells.get(leaf)!, value: own.get(value)! })),
    };
    return this.#execute(graph, backend, true, [...cells.values()]);
  }

  run(
    outputs: readonly Node[],
    backend: BackendName,
    fusion: boolean,
    contentOf?: (node: Node) => TypedArray,
  ): Promise<TypedArray[]> {
    return this.#execute({ outputs, assigns: [] }, backend, fusion, [], contentOf);
  }

  async #execute(
    graph: Graph,
    backend: BackendName,
    fusion: boolean,
    written: readonly Cell[],
    contentOf: (node: Node) => TypedArray = (node) => copyOf(this.#arrays.get(node)!),
  ): Promise<TypedArray[]> {
    const compilation = compileGraph(graph, { backend, fusion, name: 'compared' });
    const instance = await Instance.loadAsync(compilation);
    try {
      // A backend may move what it is given to a device of its own: it gets copies.
      const given = (leaf: Leaf): Storage => new Storage(contentOf(this.#node.get(leaf)!));
      const made = instance.run(compilation.leaves, given, written);
      return await Promise.all([...made, ...written.map(({ storage }) => storage)].map((one) => one.read()));
    } finally {
      instance.release();
    }
  }
}

/** The largest finite magnitude. */
export function largestOf(array: TypedArray, dtype: DType): number {
  let most = 0;
  for (const element of array) {
    const size = Math.abs(Number(decode(element, dtype)));
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}

/** How far elements of one are from those of the other at most, where both are finite. */
export function furthest(was: TypedArray, is: TypedArray, dtype: DType): number {
  let most = 0;
  for (let i = 0; i < was.length; i++) {
    const by = Math.abs(Number(decode(is[i]!, dtype)) - Number(decode(was[i]!, dtype)));
    if (Number.isFinite(by) && by > most) most = by;
  }
  return most;
}

/** A copy whose floats are one rounding away, some up and some down. */
function nudged(array: TypedArray, dtype: DType): TypedArray {
  const copy = copyOf(array);
  const by = roundingOf(dtype);
  if (by === 0) return copy;
  for (let i = 0; i < copy.length; i++) {
    const up = Math.imul(i, 0x9e3779b1) < 0 ? by : -by;
    copy[i] = encode(Number(decode(copy[i]!, dtype)) * (1 + up), dtype) as never;
  }
  return copy;
}

/** The same node of other operands. */
const again = (node: Node, operand: (input: Node) => Node): Node =>
  // One cast: a node's own attributes are those of its op.
  node.inputs.length === 0
    ? node
    : (makeNode(node.op, node.inputs.map(operand), node.attrs as never, node.sources) as Node);
