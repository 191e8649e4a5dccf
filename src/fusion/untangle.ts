/**
 * Views vanish into index expressions, and a reshape of a permute doubles the expression it reads through. Where views
 * upon views would make it unbearably long, a value in between is put into memory as it is.
 */
import { node as makeNode, orderOf, type Graph, type Node } from '../graph/index.js';
import { isView } from '../loops/index.js';
import { family } from '../ops/index.js';

/** Length of an index expression, in about what one reshape adds, up to which a view is read through. */
const longest = 64;
/** What is shorter than this is not worth a copy. */
const short = 8;

const besidesOnes = (node: Node): string => String(node.shape.filter((size) => size !== 1));

/** Length of a node's expression, given those of its inputs. */
function lengthOf(node: Node, inputs: readonly number[]): number {
  if (family(node.op) === 'elementwise') return Math.max(1, ...inputs);
  // What is picked from lies in memory; what picks is computed on the spot.
  if (node.op === 'gather') return inputs[1]!;
  if (!isView(node)) return 1;
  if (node.op === 'concat') return inputs.reduce((sum, length) => sum + length, 0);
  const input = inputs[0]!;
  return node.op === 'reshape' && besidesOnes(node) !== besidesOnes(node.inputs[0]!) ? 2 * input : input + 1;
}

/** Parts up to which a concatenation is read part by part where kernels touch few buffers. */
const fewParts = 3;

/** Concatenations as a tree of them, none of which has more parts than a kernel can read. */
function narrowed(parts: readonly Node[], most: number, make: (parts: readonly Node[]) => Node): Node {
  if (parts.length <= most) return make(parts);
  const groups = Array.from({ length: Math.ceil(parts.length / most) }, (_, i) =>
    parts.slice(i * most, (i + 1) * most),
  );
  return narrowed(
    groups.map((group) => (group.length === 1 ? group[0]! : make(group))),
    most,
    make,
  );
}

/** The graph with copies in it, and the copies, which must be stored. `buffers`: what one kernel can touch. */
export function untangle(graph: Graph, buffers = Infinity): { graph: Graph; copies: readonly Node[] } {
  const order = orderOf(graph);
  const lengths = new Map<Node, number>();
  const copied = new Set<Node>();
  const inputLengths = (node: Node): number[] =>
    node.inputs.map((input) => (copied.has(input) ? 1 : lengths.get(input)!));
  for (const node of order) {
    let length = lengthOf(node, inputLengths(node));
    if (length > longest && isView(node)) {
      for (const input of node.inputs) if (lengths.get(input)! > short) copied.add(input);
      length = lengthOf(node, inputLengths(node));
    }
    if (node.op === 'concat' && buffers !== Infinity && node.inputs.length > fewParts) {
      copied.add(node);
      length = 1;
    }
    lengths.set(node, length);
  }
  if (copied.size === 0) return { graph, copies: [] };

  const copies: Node[] = [];
  const rebuilt = new Map<Node, Node>();
  const read = new Map<Node, Node>();
  const copyOf = (node: Node): Node => {
    const copy = makeNode('cast', [node], { dtype: node.dtype }, node.sources);
    copies.push(copy);
    return copy;
  };
  for (const node of order) {
    const inputs = node.inputs.map((input) => read.get(input)!);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const remade = (parts: readonly Node[]): Node =>
      makeNode(node.op, parts, node.attrs as never, node.sources) as Node;
    if (node.op === 'concat' && node.inputs.length >= buffers) {
      const copy = narrowed(inputs, buffers - 1, (parts) => copyOf(remade(parts)));
      rebuilt.set(node, copy);
      read.set(node, copy);
      continue;
    }
    const now = same ? node : remade(inputs);
    rebuilt.set(node, now);
    read.set(node, now);
    if (copied.has(node)) read.set(node, copyOf(now));
  }
  return {
    graph: {
      outputs: graph.outputs.map((node) => rebuilt.get(node)!),
      assigns: graph.assigns.map(({ leaf, value }) => ({ leaf, value: rebuilt.get(value)! })),
    },
    copies,
  };
}
