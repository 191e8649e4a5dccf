/**
 * Time of each step on the device, by timestamps before and after each command. Without timestamps each command is
 * submitted alone, and lasts until the host hears that the device has done with it: as exact as the host listens.
 */
import type { Program } from '../../../plan/program.js';
import { Stopwatch } from '../../stopwatch.js';
import { mapModeRead, usage, type Device } from '../device.js';
import type { ShaderProgram } from '../shader.js';

/** Commands that one query set has room for: it holds 4096 timestamps by the specification. */
const perSet = 2048;
const stampBytes = 8;

export class Timing {
  /** Filled as answers come in, some time after each run. */
  readonly watch: Stopwatch;
  /** Whether commands must be submitted one by one. */
  readonly alone: boolean;
  readonly #stepOf: readonly number[];
  #sets: GPUQuerySet[] = [];
  /** Timestamps of the last run, as the device has them. */
  #resolved: GPUBuffer | undefined;
  #staging: GPUBuffer | undefined;
  /** When the device was last seen to be done. */
  #done = 0;

  constructor(
    readonly device: Device,
    readonly program: Program,
    commands: ShaderProgram['commands'],
  ) {
    this.alone = !device.gpu.features.has('timestamp-query');
    this.watch = new Stopwatch(program, this.alone ? 'completion' : 'timestamps');
    // Whatever comes first says how far the clocks are apart.
    if (!this.alone) this.watch.offset = -Infinity;
    this.#stepOf = commands.map(({ step }) => step);
  }

  /** What the pass of a command writes down. */
  stamps(command: number): GPUComputePassTimestampWrites | undefined {
    if (this.alone) return undefined;
    const at = 2 * (command % perSet);
    const querySet = this.#set(Math.floor(command / perSet));
    return { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
  }

  /** Encodes a command that has no pass of its own between two empty ones. */
  around(encoder: GPUCommandEncoder, command: number, body: () => void): void {
    const stamps = this.stamps(command);
    if (!stamps) return body();
    const { querySet, beginningOfPassWriteIndex, endOfPassWriteIndex } = stamps;
    const stamp = (timestampWrites: GPUComputePassTimestampWrites): void =>
      encoder.beginComputePass({ timestampWrites }).end();
    stamp({ querySet, beginningOfPassWriteIndex: beginningOfPassWriteIndex! });
    body();
    stamp({ querySet, endOfPassWriteIndex: endOfPassWriteIndex! });
  }

  /** Has the timestamps of this run copied where the host can read them. */
  resolve(encoder: GPUCommandEncoder): void {
    if (this.alone || this.#stepOf.length === 0) return;
    const size = 2 * stampBytes * this.#stepOf.length;
    const resolved = (this.#resolved ??= this.#buffer(size, usage.queryResolve | usage.copySrc));
    this.#staging = this.#buffer(size, usage.mapRead | usage.copyDst);
    this.#sets.forEach((set, i) =>
      encoder.resolveQuerySet(set, 0, set.count, resolved, i * 2 * stampBytes * perSet),
    );
    encoder.copyBufferToBuffer(resolved, 0, this.#staging, 0, size);
  }

  /** Adds the times of the run that was just submitted, once they are known. */
  collect(): void {
    const staging = this.#staging;
    if (!staging) return;
    this.#staging = undefined;
    const submitted = performance.now();
    const mapped = staging.mapAsync(mapModeRead).then(
      () => {
        const stamps = new BigInt64Array(staging.getMappedRange().slice(0));
        const ms = (stamp: number): number => Number(stamps[stamp]!) / 1e6;
        // No run begins before it is submitted: the one that waited least tells the difference of the clocks best.
        this.watch.offset = Math.max(this.watch.offset, submitted - ms(0));
        // A clock that was reset between two stamps says nothing.
        this.#stepOf.forEach((_, i) => this.#add(i, ms(2 * i), Math.max(0, ms(2 * i + 1) - ms(2 * i))));
      },
      () => undefined, // The device is lost, or had no memory: the next run says so.
    );
    void mapped.finally(() => staging.destroy());
  }

  /** A command was submitted alone. */
  submitted(command: number): void {
    const since = performance.now();
    void this.device.gpu.queue.onSubmittedWorkDone().then(
      () => {
        const now = performance.now();
        // It waited for those before it.
        const start = Math.max(since, this.#done);
        this.#done = now;
        this.#add(command, start, now - start);
      },
      () => undefined,
    );
  }

  release(): void {
    for (const set of this.#sets) set.destroy();
    this.#sets = [];
    this.#resolved?.destroy();
    this.#resolved = undefined;
  }

  /** Commands of one step follow each other. */
  #add(command: number, start: number, ms: number): void {
    const step = this.#stepOf[command]!;
    this.watch.add(step, start, ms, step === this.#stepOf[command - 1]);
  }

  #set(index: number): GPUQuerySet {
    const count = 2 * Math.min(perSet, this.#stepOf.length - index * perSet);
    return (this.#sets[index] ??= this.#made(() =>
      this.device.gpu.createQuerySet({ type: 'timestamp', count }),
    ));
  }

  #buffer(size: number, flags: GPUBufferUsageFlags): GPUBuffer {
    const label = `timestamps of ${this.program.name}`;
    return this.#made(() => this.device.gpu.createBuffer({ label, size, usage: flags }));
  }

  /** Has the next read say if there is no memory. */
  #made<T>(create: () => T): T {
    return this.device.guarded(
      'out-of-memory',
      `there is no memory for timestamps of ${this.program.name}`,
      create,
    );
  }
}
