/** Time spent in each step of a program: in all, and call by call. */
import type { Program } from '../plan/program.js';

/**
 * What tells the time: the host before and after each kernel, timestamps of the device, or the host when it hears that
 * the device has done with each.
 */
export type Clock = 'host' | 'timestamps' | 'completion';

export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
  readonly clock: Clock;
}

/** One call of a kernel. */
export interface KernelCall {
  /** Which of the program's steps. */
  readonly step: number;
  /** When it began, on the clock of `performance.now()`. */
  readonly start: number;
  readonly ms: number;
}

export interface Profile {
  /** One for each of the program's steps. */
  readonly times: readonly KernelTime[];
  /** The latest calls, in order. */
  readonly calls: readonly KernelCall[];
}

/** What profiling calls each step. */
export const stepName = (step: Program['steps'][number]): string =>
  step.kind === 'launch' ? step.nest.name : 'copy';

/** Calls that are kept one by one: a long training stays bounded. */
const mostCalls = 20_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Stopwatch implements Profile {
  readonly times: Mutable<KernelTime>[];
  /** From the clock of the calls to that of the host, in ms. */
  offset = 0;
  #calls: Mutable<KernelCall>[] = [];
  #since = 0;

  constructor(program: Program, clock: Clock = 'host') {
    this.times = program.steps.map((step) => ({ name: stepName(step), calls: 0, ms: 0, clock }));
  }

  get calls(): KernelCall[] {
    return this.#calls.slice(-mostCalls).map((call) => ({ ...call, start: call.start + this.offset }));
  }

  start(): void {
    this.#since = performance.now();
  }

  stop(step: number): void {
    this.add(step, this.#since, performance.now() - this.#since);
  }

  /** Adds a call, or a further part of the last one. */
  add(step: number, start: number, ms: number, further = false): void {
    const time = this.times[step]!;
    time.ms += ms;
    if (further) {
      const last = this.#calls.at(-1)!;
      last.ms = start + ms - last.start;
      return;
    }
    time.calls++;
    this.#calls.push({ step, start, ms });
    if (this.#calls.length >= 2 * mostCalls) this.#calls = this.#calls.slice(-mostCalls);
  }
}
