/** Lowering: every region becomes one LoopNest, together with the graph values its buffers hold. */
import type { Fusion, GroupKind, Region } from '../fusion/index.js';
import type { Node } from '../graph/index.js';
import type { LoopNest } from '../loops/index.js';
import { isView } from '../loops/index.js';
import { lowerAttention } from './attention.js';
import { lowerContract } from './contract.js';
import { Emission, type Check, type KernelOptions } from './emission.js';
import { lowerMap, type NestBody } from './map.js';
import { lowerRow } from './row.js';
import { lowerScatter, lowerSort } from './scatter.js';
import { mergeSegments } from './segmented.js';

export type { Check } from './emission.js';

export interface Kernel {
  readonly nest: LoopNest;
  /** The stored value each of the nest's buffers holds. */
  readonly operands: readonly Node[];
  /** The regions it computes: several for a segmented kernel. */
  readonly regions: readonly Region[];
}

export interface Lowered {
  readonly kernels: readonly Kernel[];
  readonly checks: readonly Check[];
}

const lowerings: Record<GroupKind, (emission: Emission) => NestBody<LoopNest>> = {
  map: lowerMap,
  row: lowerRow,
  contract: lowerContract,
  scatter: lowerScatter,
  sort: lowerSort,
  attention: lowerAttention,
};

export interface LowerOptions extends KernelOptions {
  /** Whether kernels that do the same to different arrays become one. */
  readonly segments?: boolean;
}

export function lower(fusion: Fusion, options: LowerOptions = {}): Lowered {
  const checks: Check[] = [];
  const kernels = fusion.regions.map((region): Kernel => {
    const emission = new Emission(fusion, region, checks, options);
    const body = lowerings[region.group.kind](emission);
    const nest = {
      ...body,
      buffers: emission.buffers,
      name: nameOf(region),
      comment: commentOf(region),
    } as LoopNest;
    return { nest, operands: emission.operands, regions: [region] };
  });
  return { kernels: (options.segments ?? true) ? mergeSegments(kernels, fusion) : kernels, checks };
}

/** Operations a kernel holds, in order, each once. */
export function opsOf(region: Region): Node[] {
  return [...region.group.members.keys()].filter((node) => !isView(node)).sort((a, b) => a.id - b.id);
}

const wordy = new Set<string>(['cast', 'where', 'lt', 'le', 'eq', 'not', 'and', 'or']);

function nameOf(region: Region): string {
  const members = opsOf(region);
  if (members.length === 0) return 'copy';
  const names = [...new Set(members.map((node) => node.op))];
  const telling = names.filter((name) => !wordy.has(name));
  return (telling.length > 0 ? telling : names).slice(0, 4).join('_');
}

/** One line for each place in the user's program: what of it the kernel holds. */
function commentOf(region: Region): string[] {
  const lines = new Map<string, Set<string>>();
  for (const node of opsOf(region)) {
    for (const source of node.sources.slice(0, 4)) {
      const where = [source.site.toString(), source.module, source.origin === 'forward' ? '' : source.origin]
        .filter(Boolean)
        .join(' · ');
      const known = lines.get(where);
      if (known) known.add(node.op);
      else lines.set(where, new Set([node.op]));
    }
  }
  return [...lines].map(([where, names]) => `${[...names].join(', ')}${where ? `  ${where}` : ''}`);
}
