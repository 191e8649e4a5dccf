/**
 * What becomes of runs. A kernel that meets an index out of range says so in device memory, which is looked at by the next
 * read; until then, whatever used the results of such a run does not know either.
 */
import type { FusegradError } from '../../../core/index.js';
import type { Reports } from './reports.js';

/** A run of a program. */
export interface Run {
  /** Why the device did not carry it out, once that is known. */
  refused?: FusegradError;
  /** Why its results are no results, once that is known. */
  failure?: FusegradError;
}

interface Pending {
  readonly run: Run;
  /** The runs whose results it used and whose outcome was not known. */
  readonly before: readonly Run[];
  /** What reports of it lie in the next slot. */
  readonly reports: Reports | undefined;
}

/** Bytes of a report. */
export const reportBytes = 16;
/** Runs whose reports wait for a read; with more than these, they are read by themselves. */
const mostSlots = 1024;

export class Outcomes {
  #pending: Pending[] = [];
  readonly #unknown = new WeakSet<Run>();
  #buffer: GPUBuffer | undefined;
  #slots = 0;
  /** Errors that nobody has been told. */
  readonly #untold: FusegradError[] = [];

  constructor(
    readonly makeBuffer: (bytes: number) => GPUBuffer,
    /** Called when there is no slot left: reads what lies there. */
    readonly overflow: () => void,
  ) {}

  /** Where reports lie, one after another. */
  get buffer(): GPUBuffer {
    return (this.#buffer ??= this.makeBuffer(mostSlots * reportBytes));
  }

  /** Notes a run about to be submitted. @returns where to copy its reports. */
  add(run: Run, used: readonly Run[], reports: Reports | undefined): number {
    const before = used.filter((each) => each.failure !== undefined || this.#unknown.has(each));
    if (before.length === 0 && !reports) return 0;
    if (reports && this.#slots === mostSlots) this.overflow();
    this.#pending.push({ run, before, reports });
    this.#unknown.add(run);
    return reports ? this.#slots++ * reportBytes : 0;
  }

  /** What a read finds out: bytes to copy from the buffer's beginning, and what to do with them. */
  take(): { readonly bytes: number; settle(content: ArrayBuffer, offset: number): void } {
    const pending = this.#pending;
    const bytes = this.#slots * reportBytes;
    this.#pending = [];
    this.#slots = 0;
    return {
      bytes,
      settle: (content, offset) => {
        let at = offset;
        for (const { run, before, reports } of pending) {
          this.#unknown.delete(run);
          // A run that was refused has reported nothing.
          const found = run.refused ?? (at < content.byteLength ? reports?.found(content, at) : undefined);
          if (reports) at += reportBytes;
          if (found && !run.refused) this.#untold.push(found);
          // What was computed from nothing is nothing.
          const failure = found ?? before.find((each) => each.failure)?.failure;
          if (failure) run.failure ??= failure;
        }
      },
    };
  }

  /** Throws an error that nobody was told yet, that of `run` if it has one. */
  throwUntold(run: Run | undefined): void {
    const own = run?.failure ? this.#untold.indexOf(run.failure) : -1;
    const [error] = this.#untold.splice(Math.max(own, 0), 1);
    if (error) throw error;
  }
}
