/**
 * Views vanish into index expressions, and a reshape of a permute doubles the expression it reads through. Where views
 * upon views would make it unbearably long, a value in between is put into memory as it is.
 */
import { node as makeNode, roots, topological, type Graph, type Node } from '../graph/index.js';
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

/** The graph with copies in it, and the copies, which must be stored. */
export function untangle(graph: Graph): { graph: Graph; copies: readonly Node[] } {
  const order = topological(roots(graph));
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
    lengths.set(node, length);
  }
  if (copied.size === 0) return { graph, copies: [] };

  const copies: Node[] = [];
  const rebuilt = new Map<Node, Node>();
  const read = new Map<Node, Node>();
  for (const node of order) {
    const inputs = node.inputs.map((input) => read.get(input)!);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const now = same ? node : makeNode(node.op, inputs, node.attrs as never, node.sources);
    rebuilt.set(node, now);
    read.set(node, now);
    if (!copied.has(node)) continue;
    const copy = makeNode('cast', [now], { dtype: now.dtype }, node.sources);
    copies.push(copy);
    read.set(node, copy);
  }
  return {
    graph: {
      outputs: graph.outputs.map((node) => rebuilt.get(node)!),
      assigns: graph.assigns.map(({ leaf, value }) => ({ leaf, value: rebuilt.get(value)! })),
    },
    copies,
  };
}
