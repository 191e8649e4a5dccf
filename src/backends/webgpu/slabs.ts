/**
 * Arrays that one kernel updates alike lie side by side in one buffer, a slab; all that the update touches lies in slabs
 * with the same offsets. Then the update of all parameters by an optimizer is one dispatch over whole slabs.
 */
import { dtypes, type DType } from '../../core/index.js';
import type { SegmentedNest } from '../../loops/index.js';
import type { BufferRef, Program } from '../../plan/program.js';
import { refKey, type DeviceRef, type RefPart } from './shader.js';
import type { Target } from '../../plan/target.js';

/** An array within a slab. Offset and extent are in elements; what lies between its end and the extent is no one's. */
export interface Member {
  readonly ref: BufferRef;
  readonly offset: number;
  readonly extent: number;
}

/** States of a program, or values between its kernels. */
export interface Slab {
  readonly space: 'state' | 'arena';
  readonly dtype: DType;
  readonly elements: number;
  readonly members: readonly Member[];
}

/** What one dispatch of a segmented nest runs over: for each of its streams a slab, or the array of one segment. */
export interface SegmentRun {
  readonly elements: number;
  readonly streams: readonly DeviceRef[];
}

export interface SlabPlan {
  readonly slabs: readonly Slab[];
  /** By the number of the step. */
  readonly runs: ReadonlyMap<number, readonly SegmentRun[]>;
  /** Equal for references that may lie in one buffer. */
  readonly sharedBy: (ref: DeviceRef | RefPart) => string;
}

type SlabLimits = Pick<Target, 'alignment' | 'bindingBytes'>;

interface Segment {
  readonly count: number;
  readonly streams: readonly BufferRef[];
}

class SlabPlanner {
  readonly slabs: Slab[] = [];
  /** Slabs by their members, and members by themselves. */
  readonly #known = new Map<string, number>();

  constructor(
    readonly program: Program,
    readonly limits: SlabLimits,
  ) {}

  runsOf(nest: SegmentedNest, refs: readonly BufferRef[]): SegmentRun[] {
    const scalars = new Set(
      nest.setup.flatMap((instr) => (instr.kind === 'load' ? [refKey(refs[instr.buffer]!)] : [])),
    );
    const groups = new Map<string, Segment[]>();
    nest.counts.forEach((count, i) => {
      if (count === 0) return;
      const streams = nest.streams.map((segments) => refs[segments[i]!]!);
      const spaces = streams.map(({ space }) => space).join();
      groups.set(spaces, [...(groups.get(spaces) ?? []), { count, streams }]);
    });
    const bytes = nest.streams.map((segments) => dtypes[nest.buffers[segments[0]!]!.dtype].bytes);
    const most = Math.floor(this.limits.bindingBytes / Math.max(...bytes));
    return [...groups.values()].flatMap((group) =>
      this.#chunks(group, most).flatMap((chunk) => this.#together(chunk, scalars) ?? chunk.map(alone)),
    );
  }

  /** Segments in order, as many in each chunk as one binding reaches. */
  #chunks(segments: readonly Segment[], most: number): Segment[][] {
    const chunks: Segment[][] = [[]];
    let elements = 0;
    for (const segment of segments) {
      const extent = this.#extentOf(segment);
      if (elements + extent > most && chunks.at(-1)!.length > 0) {
        chunks.push([]);
        elements = 0;
      }
      chunks.at(-1)!.push(segment);
      elements += extent;
    }
    return chunks;
  }

  /** An array of any type starts where a binding may. */
  #extentOf({ count }: Segment): number {
    return Math.ceil(count / this.limits.alignment) * this.limits.alignment;
  }

  /** All segments in slabs, unless an array cannot lie in one or lies in another one already. */
  #together(segments: readonly Segment[], apart: ReadonlySet<string>): SegmentRun[] | undefined {
    const [first] = segments;
    if (segments.length < 2) return undefined;
    const streams = first!.streams.map((_, s) => segments.map(({ streams: own }) => own[s]!));
    const keys = streams.map((members) => members.map(refKey));
    const names = keys.map((members) => members.join());
    const isNew = (s: number): boolean => !this.#known.has(names[s]!);
    // A binding of a slab and one of an array in it would overlap.
    if (keys.flat().some((key) => apart.has(key))) return undefined;
    const once = new Set(names.flatMap((name, s) => (names.indexOf(name) === s ? keys[s]! : [])));
    if (once.size !== segments.length * new Set(names).size) return undefined;
    for (const [s, members] of streams.entries()) {
      if (!isNew(s)) continue;
      const { space } = members[0]!;
      if ((space !== 'state' && space !== 'arena') || keys[s]!.some((key) => this.#known.has(key)))
        return undefined;
    }
    let elements = 0;
    const places = segments.map((segment) => {
      const offset = elements;
      elements += this.#extentOf(segment);
      return { offset, extent: elements - offset };
    });
    streams.forEach((members, s) => {
      if (!isNew(s)) return;
      const index = this.slabs.push({
        space: members[0]!.space as Slab['space'],
        dtype: this.#dtypeOf(members[0]!),
        elements,
        members: members.map((ref, i) => ({ ref, ...places[i]! })),
      });
      for (const key of [names[s]!, ...keys[s]!]) this.#known.set(key, index - 1);
    });
    return [{ elements, streams: names.map((name) => ({ space: 'slab', index: this.#known.get(name)! })) }];
  }

  #dtypeOf(ref: BufferRef): DType {
    const { states, allocations } = this.program;
    return ref.space === 'arena' ? allocations[ref.allocation]!.dtype : states[ref.index]!.dtype;
  }

  /** All states may lie in one slab: another program may have put them there. */
  sharedBy(ref: DeviceRef | RefPart): string {
    if (ref.space === 'part') return this.sharedBy(ref.of);
    if (ref.space === 'state') return 'states';
    if (ref.space === 'slab')
      return this.slabs[ref.index]!.space === 'state' ? 'states' : `slab ${ref.index}`;
    const slab = this.#known.get(refKey(ref));
    return slab === undefined ? refKey(ref) : `slab ${slab}`;
  }
}

const alone = ({ count, streams }: Segment): SegmentRun => ({ elements: count, streams });

export function planSlabs(program: Program, limits: SlabLimits): SlabPlan {
  const planner = new SlabPlanner(program, limits);
  const runs = new Map<number, readonly SegmentRun[]>();
  program.steps.forEach((step, number) => {
    if (step.kind === 'launch' && step.nest.kind === 'segmented')
      runs.set(number, planner.runsOf(step.nest, step.buffers));
  });
  return { slabs: planner.slabs, runs, sharedBy: (ref) => planner.sharedBy(ref) };
}
