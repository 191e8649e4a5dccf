/** What all drawings share: which leaves are drawn, short texts for shapes, names and edges. */
import { roots, topological, type Graph, type Node, type Origin } from '../graph/index.js';
import { isView } from '../loops/index.js';
import { family, type Leaf } from '../ops/index.js';
import { colours, paint, type Attributes, type Colours, type Dot } from './dot.js';
import { constantOnly, type Box } from './fold.js';
import { plural, tally } from './format.js';

export type LeafNode = Extract<Node, { op: 'input' | 'state' }>;
export const isNamedLeaf = (node: Node): node is LeafNode => node.op === 'input' || node.op === 'state';
export const leafName = ({ op, attrs }: LeafNode): string =>
  attrs.leaf.name ?? (op === 'input' ? 'data' : 'state');

/** The nodes of a graph sorted into those drawn as operations and those they read. */
export interface Drawable {
  readonly order: readonly Node[];
  /** Operations, operands first. */
  readonly operations: readonly Node[];
  readonly constants: ReadonlySet<Node>;
}

export function drawable(graph: Graph): Drawable {
  const order = topological(roots(graph));
  const constants = constantOnly(order);
  return {
    order,
    constants,
    operations: order.filter((node) => family(node.op) !== 'leaf' && !constants.has(node)),
  };
}

/** `32x64x58`, with the dtype where it is not float32. */
export function shortType({ shape, dtype }: Pick<Node, 'shape' | 'dtype'>): string {
  const sizes = shape.length === 0 ? 'scalar' : shape.join('x');
  return dtype === 'float32' ? sizes : `${sizes} ${dtype}`;
}

/** Shapes of the values along one edge, at most `most` of them. */
export const typesOf = (values: Iterable<Node>, most = 2): string =>
  tally([...values].map(shortType), most).replace(/, /g, '\n');

/** Operations of a box: the ones that compute, or the views where there is nothing else. */
export function operationsOf(nodes: readonly Node[], most: number): string {
  const computing = nodes.filter((node) => !isView(node) || node.op === 'concat');
  return tally(
    (computing.length > 0 ? computing : nodes).map((node) => node.op),
    most,
  );
}

/** A box that reads leaves. */
export interface Owner {
  readonly id: string;
  readonly origin: Origin;
}

export interface LeafGroup<O extends Owner> {
  readonly leaves: LeafNode[];
  readonly owners: readonly O[];
}

/**
 * Leaves that the same boxes read are drawn together. State is drawn where the forward pass reads it: that the
 * backward pass reads it again goes without saying, and what only the optimizer reads is part of its box.
 */
export function groupLeaves<O extends Owner>(readers: ReadonlyMap<LeafNode, ReadonlySet<O>>): LeafGroup<O>[] {
  const groups = new Map<string, LeafGroup<O>>();
  for (const [leaf, boxes] of readers) {
    const parts = (['forward', 'backward'] as const).map((origin) =>
      [...boxes].filter((box) => box.origin === origin),
    );
    const owners = leaf.op === 'input' ? [...boxes] : parts.find((part) => part.length > 0);
    if (!owners) continue;
    const key = `${leaf.op} ${owners.map((box) => box.id).join()}`;
    const group = groups.get(key) ?? { leaves: [], owners };
    groups.set(key, group);
    group.leaves.push(leaf);
  }
  return [...groups.values()];
}

/** Boxes for leaves, with arrows to who reads them. Gives the ids of the boxes. */
export function drawLeaves<O extends Owner>(
  dot: Dot,
  groups: readonly LeafGroup<O>[],
  end: (owner: O) => Attributes = () => ({}),
): string[] {
  return groups.map(({ leaves, owners }, i) => {
    const id = `leaf${i}`;
    const kind = leaves[0]!.op;
    const names = leaves.map((leaf) => `${leafName(leaf)}  ${shortType(leaf)}`);
    const shown = names.length <= 5 ? names : [...names.slice(0, 4), `+${names.length - 4} more`];
    dot.node(id, {
      label: shown.join('\n'),
      fontsize: 9.5,
      shape: kind === 'input' ? 'oval' : 'box',
      ...paint(colours[kind]),
    });
    for (const owner of owners) {
      const again = owner.origin !== 'forward' && owners.some((other) => other.origin === 'forward');
      dot.edge(id, owner.id, { ...(again ? savedEdge : { color: colours[kind].line }), ...end(owner) });
    }
    return id;
  });
}

/** What a graph returns, in one box for each box it comes from. */
export function drawResults(
  dot: Dot,
  outputs: readonly Node[],
  sourceOf: (output: Node) => string | undefined,
  end: Attributes = {},
): void {
  const groups = new Map<string | undefined, string[]>();
  outputs.forEach((output, i) => {
    const source = sourceOf(output);
    const line = `${outputs.length === 1 ? 'result' : `result ${i}`}  ${shortType(output)}`;
    groups.set(source, [...(groups.get(source) ?? []), line]);
  });
  [...groups].forEach(([source, names], i) => {
    const shown = names.length <= 5 ? names : [...names.slice(0, 4), `+${names.length - 4} more`];
    dot.node(`result${i}`, {
      label: shown.join('\n'),
      fontsize: 9.5,
      shape: 'oval',
      ...paint(colours.input),
    });
    if (source !== undefined) dot.edge(source, `result${i}`, end);
  });
}

/** An arrow for what is read again later: it does not pull boxes about. */
export const savedEdge: Attributes = {
  style: 'dashed',
  color: colours.saved.line,
  penwidth: 0.7,
  constraint: false,
};

/** Cells a graph writes, by the node that is their new content. */
export function writesOf(graph: Graph): Map<Node, Leaf[]> {
  const writes = new Map<Node, Leaf[]>();
  for (const { leaf, value } of graph.assigns) writes.set(value, [...(writes.get(value) ?? []), leaf]);
  return writes;
}

/** Cells of state named one by one; more are counted. */
const fewCells = 2;

/** What a box that writes state says about it. */
export function updatesOf(leaves: readonly Leaf[], parameters: ReadonlySet<Leaf>): string {
  if (leaves.length === 0) return '';
  if (leaves.length <= fewCells && leaves.every(({ name }) => name !== undefined))
    return `writes ${leaves.map(({ name }) => name).join(', ')}`;
  const known = leaves.filter((leaf) => parameters.has(leaf)).length;
  const others = leaves.length - known;
  const parts = [
    known > 0 ? plural(known, 'parameter') : '',
    others > 0 ? `${others}${known > 0 ? ' other' : ''} ${others === 1 ? 'cell' : 'cells'} of state` : '',
  ].filter(Boolean);
  return `writes ${parts.join(' and ')}`;
}

const originLegend: readonly (readonly [Box['origin'], string])[] = [
  ['forward', 'forward'],
  ['backward', 'backward (gradients)'],
  ['optimizer', 'optimizer update'],
];

/** Legend entries for what a drawing holds. */
export function legendOf(
  origins: ReadonlySet<Box['origin']>,
  hasInputs: boolean,
  hasState: boolean,
): (readonly [Colours, string])[] {
  return [
    ...originLegend
      .filter(([origin]) => origins.has(origin))
      .map(([origin, text]) => [colours[origin], text] as const),
    ...(hasInputs ? [[colours.input, 'input, result'] as const] : []),
    ...(hasState ? [[colours.state, 'parameters, buffers'] as const] : []),
  ];
}
