/**
 * Time of each step on the device, by timestamps before and after each dispatch. A device without timestamps gives the
 * time from submission to the end of the run, which is shared out evenly.
 */
import type { Program } from '../../../plan/program.js';
import { stepName } from '../../stopwatch.js';
import { mapModeRead, usage, type Device } from '../device.js';
import type { ShaderProgram } from '../shader.js';

/** Timestamps one query set can hold: a limit of the specification. */
const mostQueries = 4096;

export class Timing {
  /** Filled as answers come in, some time after each run. */
  readonly times: { name: string; calls: number; ms: number }[];
  readonly #stepOf: readonly number[];
  readonly #timed: number;
  readonly #queries: GPUQuerySet | undefined;
  #resolved: GPUBuffer | undefined;
  #staging: GPUBuffer | undefined;

  constructor(
    readonly device: Device,
    program: Program,
    commands: ShaderProgram['commands'],
  ) {
    this.times = program.steps.map((step) => ({ name: stepName(step), calls: 0, ms: 0 }));
    this.#stepOf = commands.map(({ step }) => step);
    this.#timed = Math.min(commands.length, mostQueries / 2);
    if (this.#timed > 0 && device.gpu.features.has('timestamp-query'))
      this.#queries = device.gpu.createQuerySet({ type: 'timestamp', count: 2 * this.#timed });
  }

  /** How to begin the pass of a command. */
  describe(command: number): GPUComputePassDescriptor {
    if (!this.#queries || command >= this.#timed) return {};
    return {
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: 2 * command,
        endOfPassWriteIndex: 2 * command + 1,
      },
    };
  }

  /** Has the timestamps of this run copied where the host can read them. */
  resolve(encoder: GPUCommandEncoder): void {
    if (!this.#queries) return;
    const { gpu } = this.device;
    const size = 16 * this.#timed;
    const resolved = (this.#resolved = gpu.createBuffer({ size, usage: usage.queryResolve | usage.copySrc }));
    this.#staging = gpu.createBuffer({ size, usage: usage.mapRead | usage.copyDst });
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#timed, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, this.#staging, 0, size);
  }

  /** Adds the times of the run that was just submitted, once they are known. */
  collect(): void {
    const counted = new Set(this.#stepOf);
    this.#resolved?.destroy();
    const staging = this.#staging;
    if (staging) {
      void staging.mapAsync(mapModeRead).then(
        () => {
          const stamps = new BigInt64Array(staging.getMappedRange().slice(0));
          staging.destroy();
          for (let i = 0; i < this.#timed; i++)
            this.#add(this.#stepOf[i]!, Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6);
          for (const step of counted) this.times[step]!.calls++;
        },
        () => undefined, // The device is lost: the next run says so.
      );
      return;
    }
    const since = performance.now();
    void this.device.gpu.queue.onSubmittedWorkDone().then(
      () => {
        const each = (performance.now() - since) / this.#stepOf.length;
        for (const step of this.#stepOf) this.#add(step, each);
        for (const step of counted) this.times[step]!.calls++;
      },
      () => undefined,
    );
  }

  #add(step: number, ms: number): void {
    // A clock that was reset between two stamps says nothing.
    if (ms > 0) this.times[step]!.ms += ms;
  }
}
