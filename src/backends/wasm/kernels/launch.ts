/** What a kernel became: functions to call in turn. */
import type { Callee } from '../assembler/index.js';
import type { KernelCode } from '../vector/kernel-code.js';

/** A function over units 0 to `units`, which may be cut at multiples of the grain and run by several threads. */
export interface Launch {
  /** (buffers..., shared scratch, own scratch, failure, from, to). */
  readonly callee: Callee;
  /** Numbers of the nest's buffers it is given. */
  readonly buffers: readonly number[];
  /** Whether it is given the address of a block that holds their addresses. */
  readonly indirect: boolean;
  /** 0: there is nothing to do. */
  readonly units: number;
  /** Fewest units worth a thread of their own: a multiple of four where units are lanes. */
  readonly grain: number;
  /** Bytes of scratch that each thread needs. */
  readonly scratchBytes: number;
  /** Bytes of scratch that all threads share, and that later launches of the kernel read. */
  readonly sharedBytes: number;
}

/** A launch of a function that is given all buffers and needs no scratch. */
export const simpleLaunch = (k: KernelCode, units: number, grain = units): Launch => ({
  callee: k.declared,
  buffers: k.given,
  indirect: k.indirect,
  units,
  grain,
  scratchBytes: 0,
  sharedBytes: 0,
});

/** Work below which a thread costs more than it saves, in simple operations on one vector. */
export const threadWork = 50_000;
