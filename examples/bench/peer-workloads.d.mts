/** Types of peer-workloads.mjs, for the scripts in TypeScript beside it. */
import type { Compiled, FunctionOptions, Tensor } from 'fusegrad';

export interface PeerWorkload {
  /** One step, as it is timed. */
  readonly step: () => unknown;
  /** What `step` calls, and with what. */
  readonly compiled: Compiled<Tensor[], unknown>;
  readonly args: Tensor[];
  readonly gflop?: number;
  readonly note?: string;
  /** The first losses, and numbers that identify a result: compared with PyTorch's. */
  readonly check: () => Promise<Found> | Found;
}

interface Found {
  readonly losses?: readonly number[];
  readonly probe?: readonly number[];
}

export declare function workloads(
  common: unknown,
  options?: FunctionOptions,
): Readonly<Record<string, () => PeerWorkload>>;
