/** Fusion: a simplified graph becomes regions, each of which one kernel computes. */
import type { Graph, Node } from '../graph/index.js';
import { flowOf, type Flow } from './flow.js';
import { Grouping, type Limits, type Refusal } from './grouping.js';
import type { Group } from './group.js';
import { chooseStorage, type Result } from './storage.js';

export { isElementwise, isLeaf, isReduction, storageOf } from './flow.js';
export type { Flow } from './flow.js';
export type { Group, GroupKind, Level, Member, Orientation } from './group.js';
export type { Refusal } from './grouping.js';
export { madeFrom, type Result } from './storage.js';

export interface Region {
  readonly group: Group;
  readonly results: readonly Result[];
}

export interface Fusion {
  readonly flow: Flow;
  readonly regions: readonly Region[];
  /** Every edge of the graph that stayed a boundary, and why. */
  readonly refusals: readonly Refusal[];
  /** Which region writes a stored node. */
  readonly writer: ReadonlyMap<Node, Region>;
}

export function fuse(graph: Graph, limits: Limits, options: { readonly fusion?: boolean } = {}): Fusion {
  const fused = options.fusion ?? true;
  const flow = flowOf(graph, fused, limits.buffersPerKernel);
  const grouping = new Grouping(flow, limits, fused);
  const refusals = [...grouping.refusals];
  const { results, copies } = chooseStorage(flow, grouping, fused, refusals);
  const regions = [...grouping.groups, ...copies].flatMap((group) => {
    const stored = results.get(group);
    return stored ? [{ group, results: stored }] : [];
  });
  const writer = new Map(
    regions.flatMap((region) => region.results.map(({ stored }) => [stored, region] as const)),
  );
  return { flow, regions, refusals, writer };
}
