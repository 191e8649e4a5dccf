/** How many buffers a kernel would touch: some targets bind few. */
import { storageOf, type Flow } from './flow.js';
import type { Node } from '../graph/index.js';

/** New state is written where the old lies when the kernel reads it, so both are one buffer. */
const cellsOf = (flow: Flow): Map<Node, unknown> =>
  new Map(flow.graph.assigns.map(({ leaf, value }) => [storageOf(value), leaf]));

const cells = new WeakMap<Flow, Map<Node, unknown>>();

/** An upper bound: a value that others read may still be taken in by its readers' kernel, or be computed again by them. */
export function buffersOf(members: ReadonlySet<Node>, flow: Flow): number {
  const read = new Set<Node>();
  const visit = (source: Node): void => {
    if (members.has(source) || read.has(source) || source.op === 'constant' || source.op === 'iota') return;
    if (flow.free.has(source) && !flow.demanded.has(source)) flow.sources.get(source)!.forEach(visit);
    else read.add(source);
  };
  let written = 0;
  let known = cells.get(flow);
  if (!known) cells.set(flow, (known = cellsOf(flow)));
  const leaves = new Set<unknown>();
  for (const member of members) {
    flow.sources.get(member)!.forEach(visit);
    const stored = flow.demanded.has(member) || flow.users.get(member)!.some((user) => !members.has(user));
    if (!stored) continue;
    const leaf = known.get(member);
    if (leaf === undefined) written++;
    else leaves.add(leaf);
  }
  for (const node of read) if (node.op === 'state') leaves.delete(node.attrs.leaf);
  return read.size + written + leaves.size;
}
