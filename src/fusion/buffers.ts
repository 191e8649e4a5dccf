/** How many buffers a kernel would touch: some targets bind few. */
import { isElementwise, storageOf, type Flow } from './flow.js';
import type { Node } from '../graph/index.js';
import { isView } from '../loops/index.js';

/** New state is written where the old lies when the kernel reads it, so both are one buffer; a result never is. */
function cellsOf({ graph }: Flow): Map<Node, unknown> {
  const results = new Set(graph.outputs.map(storageOf));
  const written = graph.assigns.map(({ leaf, value }): [Node, unknown] => [storageOf(value), leaf]);
  return new Map(written.filter(([value]) => !results.has(value)));
}

const cells = new WeakMap<Flow, Map<Node, unknown>>();

export const tooManyBuffers = 'the kernel would touch more buffers than the target binds';

const none: ReadonlySet<Node> = new Set();

/**
 * An upper bound: a value that others read may still be taken in by its readers' kernel, or be computed again by them.
 * @param again values of other kernels that this one computes again, and does not store
 */
export function buffersOf(members: ReadonlySet<Node>, flow: Flow, again = none): number {
  const read = new Set<Node>();
  const visit = (source: Node): void => {
    if (
      members.has(source) ||
      again.has(source) ||
      read.has(source) ||
      source.op === 'constant' ||
      source.op === 'iota'
    )
      return;
    if (flow.free.has(source) && !flow.demanded.has(source)) flow.sources.get(source)!.forEach(visit);
    else read.add(source);
  };
  let written = 0;
  let known = cells.get(flow);
  if (!known) cells.set(flow, (known = cellsOf(flow)));
  const leaves = new Set<unknown>();
  /** Copies of views are kernels whose only member is a view. */
  const visitOperands = (node: Node): void => {
    const sources = flow.sources.get(node);
    if (sources) sources.forEach(visit);
    else for (const input of node.inputs) (isView(input) ? visitOperands : visit)(input);
  };
  for (const member of members) {
    visitOperands(member);
    const stored =
      flow.demanded.has(member) || flow.users.get(member)?.some((user) => !members.has(user)) !== false;
    if (!stored) continue;
    const leaf = known.get(member);
    if (leaf === undefined) written++;
    else leaves.add(leaf);
  }
  again.forEach(visitOperands);
  // Around a reduction the old state may be read in another loop than the new is written in: then it is written apart.
  if ([...members].every(isElementwise))
    for (const node of read) if (node.op === 'state') leaves.delete(node.attrs.leaf);
  return read.size + written + leaves.size;
}
