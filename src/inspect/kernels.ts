/** The kernels of a compilation in launch order: what each computes, reads and writes, and why it ends where it does. */
import { isLeaf, type Fusion, type GroupKind, type Region } from '../fusion/index.js';
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

class Reasons {
  readonly #fusion: Fusion;
  readonly #homes = new Map<Node, Set<KernelView>>();

  constructor(fusion: Fusion, kernels: readonly KernelView[]) {
    this.#fusion = fusion;
    for (const kernel of kernels) {
      for (const node of kernel.computed)
        this.#homes.set(node, (this.#homes.get(node) ?? new Set()).add(kernel));
    }
  }

  /** The first refusal that stands between the two kernels, those about the value itself before all others. */
  of({ value, from, to }: Edge, kind: GroupKind): string {
    const between = this.#fusion.refusals.filter(({ producer, consumer }) => {
      const [a, b] = [this.#homes.get(producer), this.#homes.get(consumer)];
      return a?.has(from) && b?.has(to) && !b.has(from);
    });
    return (between.find(({ producer }) => producer === value) ?? between[0])?.reason ?? beginnings[kind];
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
