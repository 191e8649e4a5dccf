/** A graph node by node, in frames for modules. */
import { formatAttrs, type Graph, type Node } from '../graph/index.js';
import { isView } from '../loops/index.js';
import { Dot, colours, lines, paint } from './dot.js';
import { fold, originOf, shortTitles } from './fold.js';
import { formatScalar, plural, wrap } from './format.js';
import { drawResults, drawable, isNamedLeaf, leafName, legendOf, shortType, writesOf } from './pieces.js';

/** A value known beforehand, as a word in the label of its reader. */
function constantText(node: Node): string {
  let at = node;
  while (isView(at) && at.inputs.length === 1) at = at.inputs[0]!;
  return at.op === 'constant' ? formatScalar(at.attrs.value, at.dtype) : at.op;
}

export function drawOps(graph: Graph, stage: string, name: string): Dot {
  const { order, operations, constants } = drawable(graph);
  const { boxes } = fold(operations);
  const titles = shortTitles(boxes);
  const leaves = order.filter(isNamedLeaf);
  const ids = new Map<Node, string>(operations.map((node, i) => [node, `op${i}`]));
  leaves.forEach((leaf, i) => ids.set(leaf, `leaf${i}`));
  const origins = new Set(boxes.map((box) => box.origin));
  const dot = new Dot(`${name}: ${stage}\n${plural(operations.length, 'operation')}`, {
    ranksep: 0.3,
  });
  dot.legend(
    legendOf(
      origins,
      true,
      leaves.some((leaf) => leaf.op === 'state'),
    ),
    [],
  );
  for (const leaf of leaves) {
    const label = lines(leafName(leaf), shortType(leaf));
    dot.node(ids.get(leaf)!, {
      label,
      fontsize: 9.5,
      shape: leaf.op === 'input' ? 'oval' : 'box',
      ...paint(colours[leaf.op]),
    });
  }
  for (const box of boxes) {
    const title = box.origin === 'backward' ? `gradient of ${titles.get(box)}` : titles.get(box);
    dot.cluster(
      box.id,
      { label: title, fontsize: 9.5, color: colours[box.origin].line, fillcolor: colours.kernel.fill },
      () => {
        for (const node of box.nodes) {
          const known = node.inputs.filter((input) => constants.has(input)).map(constantText);
          const label = lines([node.op, ...known].join(' '), ...wrap(formatAttrs(node).join(' '), 24));
          dot.node(ids.get(node)!, { label, fontsize: 9.5, ...paint(colours[originOf(node)]) });
        }
      },
    );
  }
  for (const node of operations) {
    for (const input of new Set(node.inputs)) {
      const from = ids.get(input);
      if (from === undefined) continue;
      const label = isNamedLeaf(input) ? undefined : shortType(input);
      dot.edge(from, ids.get(node)!, {
        label,
        color: isNamedLeaf(input) ? colours[input.op].line : colours[originOf(input)].line,
      });
    }
  }
  drawResults(dot, graph.outputs, (output) => ids.get(output));
  drawWrites(dot, graph, ids);
  return dot;
}

/** The new content of cells. */
function drawWrites(dot: Dot, graph: Graph, ids: ReadonlyMap<Node, string>): void {
  let written = 0;
  for (const [value, leaves] of writesOf(graph)) {
    const from = ids.get(value);
    for (const leaf of leaves) {
      const id = `write${written++}`;
      dot.node(id, { label: `new ${leaf.name ?? 'state'}`, fontsize: 9.5, ...paint(colours.state) });
      if (from !== undefined) dot.edge(from, id, { color: colours.state.line });
    }
  }
}
