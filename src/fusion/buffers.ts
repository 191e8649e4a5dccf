/** How many buffers a kernel would touch: some targets bind few. */
import { dtypes, numel } from '../core/index.js';
import { isElementwise, storageOf, type Flow } from './flow.js';
import type { Node } from '../graph/index.js';
import { family, type Family } from '../ops/index.js';
import { isView } from '../loops/index.js';

/** New state is written where the old lies when the kernel reads it, so both are one buffer; a result never is. */
function cellsOf({ graph }: Flow): Map<Node, unknown> {
  const results = new Set(graph.outputs.map(storageOf));
  const written = graph.assigns.map(({ leaf, value }): [Node, unknown] => [storageOf(value), leaf]);
  return new Map(written.filter(([value]) => !results.has(value)));
}

const cells = new WeakMap<Flow, Map<Node, unknown>>();

export const tooManyBuffers = 'the kernel would touch more buffers than the target binds';

/** Kernels of these use memory besides what they read and write, each a buffer. */
const ownMemory: ReadonlySet<Family> = new Set<Family>(['reduce', 'scan', 'scatter']);

/** What one kernel of a target can bind. */
export interface BufferLimits {
  readonly buffersPerKernel: number;
  /** Bytes that one binding reaches: longer buffers take several. */
  readonly bindingBytes: number;
}

/** Whether one kernel can bind what these members touch. `again`: values of other kernels that it computes again. */
export const fits = (
  members: readonly Iterable<Node>[],
  flow: Flow,
  { buffersPerKernel, bindingBytes }: BufferLimits,
  again: readonly Iterable<Node>[] = [],
): boolean =>
  buffersPerKernel === Infinity ||
  buffersOf(unionOf(members), flow, bindingBytes, unionOf(again)) <= buffersPerKernel;

const unionOf = (sets: readonly Iterable<Node>[]): Set<Node> => new Set(sets.flatMap((each) => [...each]));

/**
 * An upper bound: a value that others read may still be taken in by its readers' kernel, or be computed again by them.
 * @param again values of other kernels that this one computes again, and does not store
 */
function buffersOf(
  members: ReadonlySet<Node>,
  flow: Flow,
  bindingBytes: number,
  again: ReadonlySet<Node>,
): number {
  const bindings = ({ shape, dtype }: Node): number =>
    Math.max(1, Math.ceil((numel(shape) * dtypes[dtype].bytes) / bindingBytes));
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
  const leaves = new Map<unknown, number>();
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
    if (leaf === undefined) written += bindings(member);
    else leaves.set(leaf, bindings(member));
  }
  again.forEach(visitOperands);
  // Combinations over all rows, running ones and chains of destinations take memory of their own.
  const own = new Set([...members].map(({ op }) => family(op)).filter((each) => ownMemory.has(each))).size;
  // Around a reduction the old state may be read in another loop than the new is written in: then it is written apart.
  if ([...members].every(isElementwise))
    for (const node of read) if (node.op === 'state') leaves.delete(node.attrs.leaf);
  const sum = (counts: Iterable<number>): number => [...counts].reduce((all, count) => all + count, 0);
  return sum([...read].map(bindings)) + written + sum(leaves.values()) + own;
}
