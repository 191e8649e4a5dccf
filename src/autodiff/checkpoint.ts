/**
 * Checkpointing: a segment of the graph whose values are computed again for its gradient instead of being kept. The
 * segment is found in the graph itself, between the marked value and the marker's other operands, so the marker
 * needs no closure and segments may be nested and differentiated again.
 */
import { g, nextNodeId, node as makeNode, topological, type Node } from '../graph/index.js';
import { customGradient, registerGradientRule } from './custom.js';
import { gradients } from './reverse.js';

/** The graph of `value` once more, on `replacements` in place of the nodes they stand for. */
function clone(value: Node, replacements: ReadonlyMap<Node, Node>): Node {
  const copies = new Map(replacements);
  for (const node of topological([value], (at) => replacements.has(at))) {
    if (copies.has(node)) continue;
    const inputs = node.inputs.map((input) => copies.get(input)!);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const sources = node.sources.map((source) => ({ ...source, origin: 'backward' as const }));
    copies.set(node, same ? node : makeNode(node.op, inputs, node.attrs, sources));
  }
  return copies.get(value)!;
}

/** Differentiates a copy of the segment that starts from barriers, which no pass merges with the first computation. */
const recompute = registerGradientRule((cotangent, operands, value) => {
  const barriers = operands.map(g.barrier);
  const again = clone(value, new Map(operands.map((operand, i) => [operand, barriers[i]!])));
  return gradients([again], [cotangent], barriers, { independent: true });
});

/** What a segment reads: its inputs, and the values from before it (or leaves) that its function closes over. */
function boundary(outputs: readonly Node[], inputs: readonly Node[], first: number): Node[] {
  const given = new Set(inputs);
  const data = (node: Node): boolean => node.op === 'input' || node.op === 'state';
  const outside = (node: Node): boolean => given.has(node) || node.id < first || data(node);
  // Constants and positions need no recomputing: both computations may share them.
  const captured = topological(outputs, outside).filter(
    (node) => outside(node) && (data(node) || node.inputs.length > 0),
  );
  return [...new Set([...inputs, ...captured])];
}

/** Several values as one, and back: a segment with several outputs is computed again once, not once for each. */
function jointly(values: readonly Node[], mark: (joined: Node) => Node): Node[] {
  if (values.length === 1) return [mark(values[0]!)];
  const sizes = values.map(g.count);
  const joined = mark(
    g.concat(
      values.map((value, i) => g.reshape(value, [sizes[i]!])),
      0,
    ),
  );
  let start = 0;
  return values.map((value, i) => {
    const part = g.sliceAxis(joined, 0, start, sizes[i]!);
    start += sizes[i]!;
    return g.reshape(part, value.shape);
  });
}

/**
 * `fn(...inputs)`, whose intermediate values are not kept for the gradient but computed again from the inputs.
 * Values the function closes over, such as parameters, get their gradients as usual.
 */
export function checkpoint(fn: (...inputs: Node[]) => readonly Node[], inputs: readonly Node[]): Node[] {
  const first = nextNodeId();
  const outputs = fn(...inputs);
  const operands = boundary(outputs, inputs, first);
  const marked = new Map<Node, Node>();
  const floating = [...new Set(outputs)].filter(
    (output) => g.differentiable(output) && !operands.includes(output),
  );
  for (const dtype of new Set(floating.map((output) => output.dtype))) {
    const group = floating.filter((output) => output.dtype === dtype);
    const results = jointly(group, (joined) => customGradient(recompute, joined, operands));
    group.forEach((output, i) => marked.set(output, results[i]!));
  }
  return outputs.map((output) => marked.get(output) ?? output);
}
