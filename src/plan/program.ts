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

/** Whether a program reads what a state held before it ran: else it begins by overwriting it. */
export function readsState({ steps }: Program, state: number): boolean {
  const isState = (ref: BufferRef): boolean => ref.space === 'state' && ref.index === state;
  for (const step of steps) {
    if (step.kind === 'copy') {
      if (isState(step.from)) return true;
      if (isState(step.to)) return false;
      continue;
    }
    const { buffers } = step.nest;
    const used = buffers.filter((_, i) => isState(step.buffers[i]!));
    if (used.length > 0) return used.some(({ access }) => access !== 'write');
  }
  return false;
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
