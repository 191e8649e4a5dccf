/** The kernels of a compilation in launch order: what each computes, reads and writes, and why it ends where it does. */
import { isLeaf, type Fusion, type GroupKind, type Refusal, type Region } from '../fusion/index.js';
import type { Node } from '../graph/index.js';
import type { Kernel } from '../lower/index.js';
import { isView, type LoopNest } from '../loops/index.js';
import type { Plan } from '../plan/index.js';

/** A stored value that another kernel reads. */
export interface Boundary {
  readonly value: Node;
  readonly from: KernelView;
  readonly to: KernelView;
  /** Why the two are not one kernel. */
  readonly reason: string;
}

export interface KernelView {
  /** Place in the order of launches. */
  readonly index: number;
  readonly name: string;
  readonly nest: LoopNest;
  /** Operations it carries out, operands first: some may be carried out by other kernels too. */
  readonly computed: readonly Node[];
  /** Stored values and leaves it reads. */
  readonly reads: readonly Node[];
  readonly writes: readonly Node[];
  /** Boundaries to kernels it reads from. */
  readonly boundaries: readonly Boundary[];
}

/** What a kernel computes, from its results back to what lies in memory. */
function contents(kernel: Kernel, fusion: Fusion): Pick<KernelView, 'computed' | 'reads' | 'writes'> {
  const computed = new Set<Node>();
  const reads = new Set<Node>();
  const writes: Node[] = [];
  for (const region of kernel.regions) {
    const seen = new Set<Node>();
    const stack = region.results.flatMap(({ value, stored }) => {
      writes.push(stored);
      return value === stored ? [value] : [value, stored];
    });
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      const writer = fusion.writer.get(node);
      if (writer ? writer !== region : isLeaf(node)) reads.add(node);
      else {
        if (!isView(node)) computed.add(node);
        stack.push(...node.inputs);
      }
    }
  }
  const { position } = fusion.flow;
  const inOrder = (nodes: Iterable<Node>): Node[] =>
    [...nodes].sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  return { computed: inOrder(computed), reads: inOrder(reads), writes };
}

/** Why a group of a kind starts with operands from memory, where the graph itself had nothing against more. */
const beginnings: Readonly<Record<GroupKind, string>> = {
  contract: 'a contraction packs its operands from memory',
  scatter: 'a scatter writes where the data says, so it is a kernel of its own',
  sort: 'a sort needs its whole operand',
  attention: 'attention packs its operands from memory',
  row: 'already joined to the kernel of another operand',
  map: 'already joined to the kernel of another operand',
};

type Edge = Omit<Boundary, 'reason'>;

/** The refusals that stand between two kernels, by the reading kernel and the one it reads from. */
class Reasons {
  readonly #between = new Map<KernelView, Map<KernelView, Refusal[]>>();

  constructor({ refusals }: Fusion, kernels: readonly KernelView[]) {
    const homes = new Map<Node, Set<KernelView>>();
    for (const kernel of kernels)
      for (const node of kernel.computed) homes.set(node, (homes.get(node) ?? new Set()).add(kernel));
    for (const refusal of refusals) {
      const readers = homes.get(refusal.consumer);
      for (const from of homes.get(refusal.producer) ?? []) {
        if (!readers || readers.has(from)) continue;
        for (const to of readers) this.#listOf(to, from).push(refusal);
      }
    }
  }

  #listOf(to: KernelView, from: KernelView): Refusal[] {
    const sources = this.#between.get(to) ?? new Map<KernelView, Refusal[]>();
    this.#between.set(to, sources);
    const list = sources.get(from) ?? [];
    sources.set(from, list);
    return list;
  }

  /** The first refusal between the two kernels, those about the value itself before all others. */
  of({ value, from, to }: Edge, kind: GroupKind): string {
    const list = this.#between.get(to)?.get(from) ?? [];
    return (list.find(({ producer }) => producer === value) ?? list[0])?.reason ?? beginnings[kind];
  }
}

export function kernelViews(fusion: Fusion, plan: Plan): KernelView[] {
  const launches = plan.program.steps.filter((step) => step.kind === 'launch');
  const drafts = plan.kernels.map((kernel, index) => {
    const { nest } = launches[index]!;
    return { index, name: nest.name, nest, ...contents(kernel, fusion), boundaries: [] as Boundary[] };
  });
  const writer = new Map<Node, KernelView>(
    drafts.flatMap((draft) => draft.writes.map((node) => [node, draft] as const)),
  );
  const reasons = new Reasons(fusion, drafts);
  drafts.forEach((to, i) => {
    const region: Region | undefined = plan.kernels[i]!.regions[0];
    for (const value of to.reads) {
      const from = writer.get(value);
      if (!from || from === to) continue;
      const edge = { value, from, to };
      to.boundaries.push({ ...edge, reason: reasons.of(edge, region?.group.kind ?? 'map') });
    }
  });
  return drafts;
}
