/** What fusion was worth: every kernel with the bytes it moves, what its operations would move alone, and its borders. */
import { dtypes } from '../core/index.js';
import { formatSources, formatType, type Node } from '../graph/index.js';
import type { LoopNest } from '../loops/index.js';
import type { Program } from '../plan/index.js';
import type { Compilation } from '../runtime/index.js';
import { attentionChoices, type AttentionChoice } from './attention.js';
import { formatBytes, formatCount, formatTable, plural, tally } from './format.js';
import { kernelViews, type KernelView } from './kernels.js';
import { bytesAlone, bytesOf, bytesTouched, flopsOf } from './traffic.js';

export interface ExplainedBoundary {
  /** The kernel whose result is read. */
  readonly kernel: string;
  /** The value that goes through memory, such as `add float32[64, 10]`. */
  readonly value: string;
  readonly bytes: number;
  readonly reason: string;
}

export interface ExplainedKernel {
  readonly name: string;
  readonly kind: LoopNest['kind'] | 'copy';
  /** Operations, operands first. */
  readonly ops: readonly string[];
  /** Places in the user's program. */
  readonly lines: readonly string[];
  /** Values it stores, such as `add float32[64, 10]`. */
  readonly results: readonly string[];
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** What its operations would move, each as a kernel of its own. */
  readonly bytesUnfused: number;
  readonly flops: number;
  readonly boundaries: readonly ExplainedBoundary[];
}

export interface Totals {
  readonly kernels: number;
  readonly bytesFused: number;
  readonly bytesUnfused: number;
  readonly flops: number;
  readonly arenaBytes: number;
  /** Largest sum of bytes alive at one step: no arena can be smaller. */
  readonly arenaLowerBound: number;
}

export interface ExplanationData {
  readonly name: string;
  readonly kernels: readonly ExplainedKernel[];
  /** How each attention is computed, and why. */
  readonly attention: readonly AttentionChoice[];
  readonly totals: Totals;
}

const linesOf = (nodes: readonly Node[]): string[] => [
  ...new Set(
    nodes.flatMap((node) => formatSources(node).split(', ')).filter((line) => line !== '' && line !== '...'),
  ),
];

const described = (node: Node): string => `${node.op} ${formatType(node)}`;

function explainKernels(views: readonly KernelView[], program: Program): ExplainedKernel[] {
  // What several kernels compute would be computed once alone: it counts for the first of them.
  const counted = new Set<Node>();
  const launches = views.map((view): ExplainedKernel => {
    const { read, written } = bytesTouched(view.nest);
    const own = view.computed.filter((node) => !counted.has(node));
    for (const node of own) counted.add(node);
    const moved = view.computed.length === 0 ? read + written : 0;
    return {
      name: view.name,
      kind: view.nest.kind,
      ops: view.computed.map((node) => node.op),
      lines: linesOf(view.computed),
      results: view.writes.map(described),
      bytesRead: read,
      bytesWritten: written,
      bytesUnfused: own.reduce((sum, node) => sum + bytesAlone(node), moved),
      flops: view.computed.reduce((sum, node) => sum + flopsOf(node), 0),
      boundaries: view.boundaries.map(({ value, from, reason }) => ({
        kernel: from.name,
        value: described(value),
        bytes: bytesOf(value),
        reason,
      })),
    };
  });
  const copies = program.steps.flatMap((step, i): ExplainedKernel[] => {
    if (step.kind !== 'copy') return [];
    const bytes = step.elements * dtypes[step.dtype].bytes;
    const copied = {
      bytesRead: bytes,
      bytesWritten: bytes,
      bytesUnfused: 2 * bytes,
      flops: 0,
      boundaries: [],
    };
    return [{ name: `copy_${i}`, kind: 'copy', ops: [], lines: [], results: [], ...copied }];
  });
  return [...launches, ...copies];
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** A compiled program, explained: `toString()` is a table, `toJSON()` plain data. */
export class Explanation implements ExplanationData {
  readonly name: string;
  readonly kernels: readonly ExplainedKernel[];
  readonly totals: Totals;

  constructor(
    views: readonly KernelView[],
    program: Program,
    readonly attention: readonly AttentionChoice[],
  ) {
    this.name = program.name;
    this.kernels = explainKernels(views, program);
    this.totals = {
      kernels: this.kernels.length,
      bytesFused: sum(this.kernels, (kernel) => kernel.bytesRead + kernel.bytesWritten),
      bytesUnfused: sum(this.kernels, (kernel) => kernel.bytesUnfused),
      flops: sum(this.kernels, (kernel) => kernel.flops),
      arenaBytes: program.arenaBytes,
      arenaLowerBound: Math.max(0, ...program.liveBytes),
    };
  }

  toJSON(): ExplanationData {
    const { name, kernels, attention, totals } = this;
    return { name, kernels, attention, totals };
  }

  toString(): string {
    const { totals } = this;
    const row = (
      cells: readonly string[],
      k: { bytesFused: number; bytesUnfused: number; flops: number },
    ): string[] => [
      ...cells,
      formatBytes(k.bytesUnfused),
      k.bytesFused === 0 ? '' : `${(k.bytesUnfused / k.bytesFused).toFixed(1)}x`,
      formatCount(k.flops),
    ];
    const rows = this.kernels.map((kernel, i) => {
      const { name, kind, bytesRead, bytesWritten } = kernel;
      const cells = [String(i), name, kind, formatBytes(bytesRead), formatBytes(bytesWritten)];
      return [...row(cells, { ...kernel, bytesFused: bytesRead + bytesWritten }), tally(kernel.ops, 8)];
    });
    const all = [
      '',
      'total',
      '',
      formatBytes(sum(this.kernels, (k) => k.bytesRead)),
      formatBytes(sum(this.kernels, (k) => k.bytesWritten)),
    ];
    const head = ['', 'kernel', 'kind', 'reads', 'writes', 'unfused', 'saves', 'flops', 'operations'];
    const over = totals.arenaLowerBound === 0 ? 0 : totals.arenaBytes / totals.arenaLowerBound - 1;
    return [
      `${this.name}: ${plural(totals.kernels, 'kernel')}, ${formatBytes(totals.bytesFused)} moved (${formatBytes(totals.bytesUnfused)} ` +
        `with a kernel for each operation), arena ${formatBytes(totals.arenaBytes)} (least possible ` +
        `${formatBytes(totals.arenaLowerBound)}${over > 0 ? `, ${(100 * over).toFixed(1)} % over` : ''})`,
      '',
      formatTable('rllrrrrrl', head, [...rows, row(all, totals)]),
      ...this.#attention(),
      ...this.#places(),
      ...this.#borders(),
    ].join('\n');
  }

  #attention(): string[] {
    if (this.attention.length === 0) return [];
    // Layers alike are one line.
    const counts = new Map<string, number>();
    for (const { value, online, reason } of this.attention) {
      const line = `${value}: ${online ? 'online' : 'written out'}, because ${reason}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    return [
      '',
      'How attention is computed:',
      ...[...counts].map(([line, count]) => `  ${count > 1 ? `${count} x ` : ''}${line}`),
    ];
  }

  #places(): string[] {
    const rows = this.kernels.filter(({ lines }) => lines.length > 0);
    if (rows.length === 0) return [];
    const shown = (lines: readonly string[]): string =>
      (lines.length > 6 ? [...lines.slice(0, 6), `+${lines.length - 6} more`] : lines).join(', ');
    return [
      '',
      'Where the kernels come from:',
      ...rows.map(({ name, lines }) => `  ${name}: ${shown(lines)}`),
    ];
  }

  #borders(): string[] {
    const rows = this.kernels.filter(({ boundaries }) => boundaries.length > 0);
    if (rows.length === 0) return [];
    return [
      '',
      'Why they end where they do:',
      ...rows.flatMap(({ name, boundaries }) =>
        boundaries.map(
          ({ kernel, value, bytes, reason }) =>
            `  ${kernel} -> ${name}: ${value}, ${formatBytes(bytes)}: ${reason}`,
        ),
      ),
    ];
  }
}

/** What a compilation made of a function. */
export function explain(
  { fusion, graph, plan, target }: Compilation,
  views: readonly KernelView[] = kernelViews(fusion, plan),
): Explanation {
  return new Explanation(views, plan.program, attentionChoices(graph, target.attention));
}
