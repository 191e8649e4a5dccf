/** Time spent in each step of a program, measured from inside it. */
import type { Program } from '../plan/program.js';

export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
}

/** What profiling calls each step. */
export const stepName = (step: Program['steps'][number]): string =>
  step.kind === 'launch' ? step.nest.name : 'copy';

export class Stopwatch {
  readonly times: { name: string; calls: number; ms: number }[];
  #since = 0;

  constructor(program: Program) {
    this.times = program.steps.map((step) => ({ name: stepName(step), calls: 0, ms: 0 }));
  }

  start(): void {
    this.#since = performance.now();
  }

  stop(step: number): void {
    const time = this.times[step]!;
    time.ms += performance.now() - this.#since;
    time.calls++;
  }
}
