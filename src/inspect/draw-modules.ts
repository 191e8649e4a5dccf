/**
 * A graph folded by module. Forward runs down; the backward pass is drawn beside it, upwards, so that a module and its
 * gradient stand next to each other; the optimizer's update is one box.
 */
import type { Graph, Node } from '../graph/index.js';
import { Dot, colours, lines, paint, type Attributes } from './dot.js';
import { foldWithin, lineOf, mainSource, shortTitles, type Box } from './fold.js';
import { plural, wrap } from './format.js';
import {
  drawLeaves,
  drawResults,
  drawable,
  groupLeaves,
  isNamedLeaf,
  legendOf,
  operationsOf,
  savedEdge,
  typesOf,
  updatesOf,
  writesOf,
  type LeafNode,
} from './pieces.js';

/** Most boxes of a drawing at its default detail, leaves included. */
const mostBoxes = 56;

/** Values that go from one box to another. */
type Edges = Map<Box, Map<Box, Set<Node>>>;

function collect(
  boxes: readonly Box[],
  boxOf: ReadonlyMap<Node, Box>,
): { edges: Edges; readers: Map<LeafNode, Set<Box>> } {
  const edges: Edges = new Map();
  const readers = new Map<LeafNode, Set<Box>>();
  for (const to of boxes) {
    for (const node of to.nodes) {
      for (const input of node.inputs) {
        const from = boxOf.get(input);
        if (isNamedLeaf(input)) readers.set(input, (readers.get(input) ?? new Set()).add(to));
        else if (from && from !== to) {
          const targets = edges.get(from) ?? new Map<Box, Set<Node>>();
          edges.set(from, targets);
          targets.set(to, (targets.get(to) ?? new Set()).add(input));
        }
      }
    }
  }
  return { edges, readers };
}

function describe(box: Box, title: string, updates: string): Attributes {
  const gradient = box.origin === 'backward';
  const line = lineOf(
    mainSource(box.nodes.find((node) => mainSource(node)?.module !== undefined) ?? box.nodes[0]!),
  );
  const ops = wrap(operationsOf(box.nodes, box.origin === 'optimizer' ? 12 : 6), 26);
  const place = gradient || line === title ? '' : line;
  return {
    label: lines(gradient ? `gradient of ${title}` : title, ...ops, ...wrap(updates, 26), place),
    ...paint(colours[box.origin]),
  };
}

export function drawModules(graph: Graph, stage: string, name: string): Dot {
  const { operations } = drawable(graph);
  const { boxes, boxOf } = foldWithin(operations, mostBoxes);
  const titles = shortTitles(boxes);
  const { edges, readers } = collect(boxes, boxOf);
  const groups = groupLeaves(readers);
  const parameters = new Set(
    groups.flatMap(({ leaves }) =>
      leaves.filter((leaf) => leaf.op === 'state').map((leaf) => leaf.attrs.leaf),
    ),
  );
  const writes = writesOf(graph);
  const origins = new Set(boxes.map((box) => box.origin));
  const boxCount = boxes.length === 1 ? '1 box' : `${boxes.length} boxes`;
  const dot = new Dot(`${name}: ${stage}\n${plural(operations.length, 'operation')} in ${boxCount}`, {
    ranksep: 0.4,
  });
  dot.legend(
    legendOf(origins, true, parameters.size > 0),
    origins.has('backward') ? ['dashed arrow: a value of the\nforward pass, read again'] : [],
  );

  for (const box of boxes) {
    const written = box.nodes.flatMap((node) => writes.get(node) ?? []);
    dot.node(box.id, describe(box, titles.get(box)!, updatesOf(written, parameters)));
  }
  drawLeaves(dot, groups);
  const anchored = placeBeside(dot, boxes);
  for (const [from, targets] of edges)
    if (from.origin === 'backward') for (const to of targets.keys()) anchored.add(to);
  const mirrored = new Set(
    [...edges].flatMap(([from, targets]) =>
      [...targets.keys()].map((to) => (from.origin === 'forward' ? `${to.title} > ${from.title}` : '')),
    ),
  );
  for (const [from, targets] of edges) {
    for (const [to, values] of targets) drawEdge(dot, from, to, values, { mirrored, anchored });
  }
  drawResults(dot, graph.outputs, (output) => boxOf.get(output)?.id);
  return dot;
}

/** Puts a module beside its gradient, where each is one box; gives the boxes whose level that settles. */
function placeBeside(dot: Dot, boxes: readonly Box[]): Set<Box> {
  const settled = new Set<Box>();
  const byTitle = new Map<string, Box[]>();
  for (const box of boxes) byTitle.set(box.title, [...(byTitle.get(box.title) ?? []), box]);
  for (const group of byTitle.values()) {
    const [left, right] = group as [Box, Box];
    if (group.length !== 2 || left.origin !== 'forward' || right.origin !== 'backward') continue;
    dot.beside(left.id, right.id);
    settled.add(right);
  }
  return settled;
}

interface Layout {
  /** Pairs of module names, a later one and the one before it in the forward pass. */
  readonly mirrored: ReadonlySet<string>;
  /** Boxes that something else than saved values keeps in place. */
  readonly anchored: ReadonlySet<Box>;
}

/**
 * Gradients run upwards beside the forward pass, in the order of the modules there; other arrows between them, such as
 * sums of several gradients, and saved values do not pull boxes about.
 */
function drawEdge(
  dot: Dot,
  from: Box,
  to: Box,
  values: ReadonlySet<Node>,
  { mirrored, anchored }: Layout,
): void {
  const text = typesOf(values);
  if (from.origin === 'forward' && to.origin === 'backward') {
    dot.edge(from.id, to.id, { ...savedEdge, constraint: !anchored.has(to) });
  } else if (from.origin === 'backward' && to.origin === 'backward') {
    const constraint = mirrored.has(`${from.title} > ${to.title}`) ? undefined : false;
    dot.edge(to.id, from.id, { dir: 'back', label: text, color: colours.backward.line, constraint });
  } else dot.edge(from.id, to.id, { label: text, color: colours[from.origin].line });
}
