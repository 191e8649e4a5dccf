/** A small graph as one expression, so that a law's two sides can be read side by side. */
import { formatShape } from '../../src/core/index.js';
import { formatAttrs, print, type Graph, type Node } from '../../src/graph/index.js';

const withShape = new Set<Node['op']>(['reshape', 'expand', 'slice']);
const withDType = new Set<Node['op']>(['cast', 'bitcast']);

function constantValue(node: Node): number | bigint | undefined {
  let at = node;
  while (at.op === 'expand' || at.op === 'reshape') at = at.inputs[0]!;
  return at.op === 'constant' ? at.attrs.value : undefined;
}

/** `mul(x, 2)`: leaves by name, constants of any shape by value. */
export function expression(node: Node): string {
  const value = constantValue(node);
  if (value !== undefined)
    return Object.is(value, -0) ? '-0' : node.dtype === 'bool' ? String(value === 1) : String(value);
  if (node.op === 'input' || node.op === 'state') return node.attrs.leaf.name ?? `#${node.attrs.leaf.id}`;
  const details = [
    ...(withShape.has(node.op) ? [formatShape(node.shape)] : []),
    ...(withDType.has(node.op) ? [node.dtype] : []),
    ...formatAttrs(node).filter((attr) => !attr.startsWith('sizes')),
  ];
  return `${[node.op, ...details].join(' ')}(${node.inputs.map(expression).join(', ')})`;
}

/** A printed graph without the places it comes from, which move whenever a test file is edited. */
export const shown = (graph: Graph): string => print(graph).replace(/ {2}# .*$/gm, '');
