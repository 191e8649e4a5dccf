/**
 * A Program: kernels in order and where everything they touch lies. Plain data: it can be printed, compared, cached and
 * shipped. Cells of state and inputs are named by index; their memory is bound when a program is instantiated.
 */
import type { DType, Shape } from '../core/index.js';
import type { LoopNest } from '../loops/index.js';
import type { Check } from '../lower/index.js';

/** A place in memory, in elements of its dtype. */
export type BufferRef =
  /** A planned place in the arena. */
  | { readonly space: 'arena'; readonly allocation: number }
  /** Argument number `index` of a run, copied in. */
  | { readonly space: 'input'; readonly index: number }
  /** Cell number `index` bound at instantiation. */
  | { readonly space: 'state'; readonly index: number }
  /** Result number `index`, which outlives the run. */
  | { readonly space: 'output'; readonly index: number };

export interface Allocation {
  readonly name: string;
  readonly dtype: DType;
  readonly elements: number;
  /** Byte offset in the arena. */
  readonly offset: number;
  readonly bytes: number;
  /** First and last step that touch it. */
  readonly live: readonly [number, number];
}

export interface Slot {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly name: string;
}

export type Step =
  | { readonly kind: 'launch'; readonly nest: LoopNest; readonly buffers: readonly BufferRef[] }
  | {
      readonly kind: 'copy';
      readonly from: BufferRef;
      readonly to: BufferRef;
      readonly elements: number;
      readonly dtype: DType;
    };

/** Whether a step writes into a buffer that meets a condition. */
export const writesTo = (step: Step, meets: (ref: BufferRef) => boolean): boolean =>
  step.kind === 'copy'
    ? meets(step.to)
    : step.buffers.some((ref, i) => meets(ref) && step.nest.buffers[i]!.access !== 'read');

/** The states that a program reads as they were before it ran: it begins by overwriting the others. */
export function statesRead({ steps }: Program): ReadonlySet<number> {
  const read = new Set<number>();
  const met = new Set<number>();
  for (const step of steps) {
    const refs = step.kind === 'copy' ? [step.from, step.to] : step.buffers;
    const isRead = (i: number): boolean =>
      step.kind === 'copy' ? i === 0 : step.nest.buffers[i]!.access !== 'write';
    refs.forEach((ref, i) => {
      if (ref.space === 'state' && isRead(i) && !met.has(ref.index)) read.add(ref.index);
    });
    for (const ref of refs) if (ref.space === 'state') met.add(ref.index);
  }
  return read;
}

export interface Program {
  readonly name: string;
  /** Bytes of the arena in use during each step: their maximum is the least any arena can have. */
  readonly liveBytes: readonly number[];
  readonly arenaBytes: number;
  readonly allocations: readonly Allocation[];
  readonly inputs: readonly Slot[];
  readonly states: readonly Slot[];
  readonly outputs: readonly Slot[];
  readonly steps: readonly Step[];
  readonly checks: readonly Check[];
}
