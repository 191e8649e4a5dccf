/** Kernels as pseudo code, with arrows for the values one hands to another. */
import { Dot, colours, leftAligned, type Label } from './dot.js';
import type { KernelView } from './kernels.js';
import { printLoops } from './loops.js';
import { typesOf } from './pieces.js';

/** Lines of one kernel that are drawn; `dump` has them all. */
const mostLines = 28;

function code({ index, name, nest }: KernelView): Label {
  const all = printLoops(nest);
  const shown =
    all.length > mostLines
      ? [...all.slice(0, mostLines - 1), `... ${all.length - mostLines + 1} more lines`]
      : all;
  return leftAligned([`${index}: ${nest.kind} ${name}`, ...shown.map((line) => `  ${line}`)]);
}

export function drawLoops(views: readonly KernelView[], name: string): Dot {
  const dot = new Dot(`${name}: loops`);
  for (const view of views) {
    dot.node(`box${view.index}`, {
      label: code(view),
      fontname: 'Courier',
      fontsize: 9,
      fillcolor: colours.kernel.fill,
      color: colours.kernel.line,
    });
    for (const from of new Set(view.boundaries.map((boundary) => boundary.from))) {
      const values = view.boundaries.filter((boundary) => boundary.from === from).map(({ value }) => value);
      dot.edge(`box${from.index}`, `box${view.index}`, { label: typesOf(values) });
    }
  }
  return dot;
}
