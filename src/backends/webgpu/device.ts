/** A GPUDevice with what all programs on it share: buffers, pipelines, and what has gone wrong. */
import { BackendError } from '../../core/index.js';
import { noCounts, type DeviceCounters } from './counters.js';
import { Block, type Span } from './runtime/block.js';
import { headed } from './runtime/describe.js';
import { PipelineCache } from './runtime/pipelines.js';
import { Outcomes, type Run } from './runtime/outcomes.js';
import { BufferPool } from './runtime/pool.js';

/** Values of GPUBufferUsage and GPUMapMode, which a host need not have as globals. */
export const usage = {
  mapRead: 0x1,
  copySrc: 0x4,
  copyDst: 0x8,
  storage: 0x80,
  queryResolve: 0x200,
} as const;
export const mapModeRead = 0x1;

const hints: Partial<Record<GPUErrorFilter, string>> = {
  'out-of-memory':
    'a smaller batch; a long loop awaits a result now and then, since what was dropped comes back between its turns',
};

/** Encodes something that has no effect. */
type Use = (encoder: GPUCommandEncoder) => void;

/** Memory that may lie unused in each pool. */
const spareBytes = 256 * 2 ** 20;

export class Device {
  readonly counters: DeviceCounters = { ...noCounts };
  readonly pipelines = new PipelineCache(this);
  /** What lies between the kernels of one run. All programs share it. */
  readonly workspace: BufferPool;
  /** Content that outlives a run: states, results, inputs that are used again. */
  readonly content: BufferPool;
  readonly #staging: BufferPool;
  readonly outcomes: Outcomes;
  /** When the reads before have told what they found. */
  #told: Promise<void> = Promise.resolve();
  /** Releases a block when nothing can reach the place that held it. */
  readonly unreachable = new FinalizationRegistry<Block>((block) => block.release());
  /** Why buffers have no memory behind them. */
  readonly #refused = new WeakMap<GPUBuffer, BackendError>();
  /**
   * Uses of buffers and pipelines that may yet turn out to be refused. They go with all that is submitted meanwhile, which is
   * then refused too: else a step would go on with what a refused run was to compute.
   */
  readonly #unproven = new Map<unknown, Use>();
  /** Answers of error scopes that have not come yet. */
  readonly #scopes = new Set<Promise<void>>();
  /** Bytes of results that one turn of the event loop may make: what is dropped of them comes back between turns. */
  turnBytes = 4 * 2 ** 30;
  /** Bytes of results made since the event loop last had a turn. */
  #freshBytes = 0;
  #lost: GPUDeviceLostInfo | undefined;
  #failure: BackendError | undefined;
  /** An error that no scope has caught: often it only follows from one that a scope is about to tell. */
  #consequence: BackendError | undefined;

  /** @param own whether fusegrad requested it: then every error on it is fusegrad's */
  constructor(
    readonly gpu: GPUDevice,
    own = false,
  ) {
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
    const pool = (flags: GPUBufferUsageFlags, bindable?: number): BufferPool => {
      const made: BufferPool = new BufferPool(
        (bytes, what) => this.#create(made, bytes, flags, what),
        spareBytes,
        maxBufferSize,
        bindable,
        (buffer) => !this.#unproven.has(buffer),
      );
      return made;
    };
    const bindable = usage.storage | usage.copySrc | usage.copyDst;
    this.workspace = pool(bindable, maxStorageBufferBindingSize);
    this.content = pool(bindable, maxStorageBufferBindingSize);
    this.#staging = pool(usage.mapRead | usage.copyDst);
    this.outcomes = new Outcomes(
      (bytes) => this.content.take(bytes, 'reports of indices out of range'),
      () => void this.#collect().catch((error: BackendError) => (this.#failure ??= error)),
    );
    void gpu.lost.then((info) => (this.#lost = info));
    // On the user's own device it may come from anything that the user does there.
    if (!own) return;
    gpu.addEventListener('uncapturederror', (event) => {
      // The next read throws it: the host need not print it.
      (event as { preventDefault?(): void }).preventDefault?.();
      const { message } = (event as GPUUncapturedErrorEvent).error;
      this.#consequence ??= new BackendError(`the WebGPU device reports an error: ${message.trim()}`);
    });
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** @throws BackendError when the device is lost, or when something is known to have gone wrong since the last call. */
  check(): void {
    if (this.#lost) throw this.lossOf();
    const failure = this.#failure;
    if (!failure) return;
    this.#failure = this.#consequence = undefined;
    throw failure;
  }

  /** The error for a device that is lost, or for content that was lost with it. */
  lossOf(what?: string): BackendError {
    const why = this.#lost?.message ? `: ${this.#lost.message.trim()}` : '';
    if (what === undefined) {
      return new BackendError(
        `the WebGPU device is lost${why}`,
        "`await initWebGPU()` from 'fusegrad/webgpu' requests another one; what only the lost one held is loaded again " +
          'from where it was saved: `model.loadStateDict(saved)`, `optimizer.loadStateDict(saved)`',
      );
    }
    return new BackendError(
      `the content of ${nameOf(what)} is gone: the WebGPU device that held it is lost${why}`,
      'compute it again, or load it from where it was saved: `model.loadStateDict(saved)`, `optimizer.loadStateDict(saved)`',
    );
  }

  /** Why a buffer has no memory behind it, if that is known. */
  refusalOf(buffer: GPUBuffer): BackendError | undefined {
    return this.#refused.get(buffer);
  }

  /** Keeps an error for the next read or run. The first is the cause of those that follow. */
  #fail(what: string, { message }: GPUError, hint?: string): BackendError {
    const text = headed(what, (name) => `${name}: ${message.trim()}`);
    // What the user is doing when the answer comes has nothing to do with it.
    return (this.#failure ??= new BackendError(text, hint, ''));
  }

  /**
   * Runs what may turn out to be wrong later. The error then names `what`, found out at last, whose further lines are places
   * in the user's program; `answered` gets the error, or the cause if it only follows from another one. `use` is one of what
   * was made.
   */
  guarded<T>(
    filter: GPUErrorFilter,
    what: string | (() => Promise<string>),
    body: () => T,
    answered?: (error: BackendError | undefined) => void,
    use?: (made: T) => Use,
  ): T {
    this.gpu.pushErrorScope(filter);
    let unproven: T | undefined;
    try {
      const made = body();
      if (use) this.#unproven.set((unproven = made), use(made));
      return made;
    } finally {
      const answer: Promise<void> = this.#answer(this.gpu.popErrorScope(), filter, what, answered).finally(
        () => {
          this.#unproven.delete(unproven);
          this.#scopes.delete(answer);
        },
      );
      this.#scopes.add(answer);
    }
  }

  async #answer(
    popped: Promise<GPUError | null>,
    filter: GPUErrorFilter,
    what: string | (() => Promise<string>),
    answered: ((error: BackendError | undefined) => void) | undefined,
  ): Promise<void> {
    let error: GPUError | null;
    try {
      error = await popped;
    } catch {
      return; // Lost: check() says so.
    }
    const failure = error && this.#fail(typeof what === 'string' ? what : await what(), error, hints[filter]);
    answered?.(failure ?? undefined);
  }

  /** Whether the device refuses to encode something, which is then not submitted. */
  async refuses(use: Use): Promise<boolean> {
    this.gpu.pushErrorScope('validation');
    const encoder = this.gpu.createCommandEncoder();
    use(encoder);
    encoder.finish();
    return (await this.gpu.popErrorScope().catch(() => null)) !== null;
  }

  /** Waits for everything that can still report an error, and throws what there is. */
  async settle(): Promise<void> {
    await Promise.all(this.#scopes);
    this.#failure ??= this.#consequence;
    this.check();
  }

  #create(pool: BufferPool, bytes: number, flags: GPUBufferUsageFlags, what: string): GPUBuffer {
    if (bytes > pool.largest) {
      const limit = `this WebGPU device has no buffer beyond ${formatMiB(pool.largest)}`;
      throw new BackendError(
        headed(what, (name) => `${name} takes ${formatMiB(bytes)}, and ${limit}`),
        'compute it in parts, or on the wasm backend',
      );
    }
    this.counters.buffersCreated++;
    const refused = `the WebGPU device is out of memory: it has no ${formatMiB(bytes)} for ${what}`;
    const buffer = this.guarded(
      'out-of-memory',
      refused,
      () => this.gpu.createBuffer({ label: nameOf(what), size: bytes, usage: flags }),
      (error) => {
        if (!error) return;
        this.#refused.set(buffer, error);
        pool.discard(buffer);
      },
      // What is mapped must not be submitted; only reads use that.
      flags & usage.mapRead ? undefined : (made) => (encoder) => encoder.clearBuffer(made, 0, 0),
    );
    return buffer;
  }

  /**
   * Notes results that a run is about to make.
   * @throws BackendError where a loop that never lets the event loop turn would fill the device with them.
   */
  countResults(bytes: number): void {
    const before = this.#freshBytes;
    if (before > 0 && before + bytes > this.turnBytes) {
      throw new BackendError(
        `results of ${formatMiB(before + bytes)} are made in one turn of the event loop, and the WebGPU device gets back what is dropped of them between turns`,
        'a long loop awaits something of the device now and then: `await loss.item()`, or `await new Promise((go) => setTimeout(go))`; where the device has room, `initWebGPU({ turnBytes })` allows more',
      );
    }
    if (before === 0 && bytes > 0) setTimeout(() => (this.#freshBytes = 0), 0);
    this.#freshBytes = before + bytes;
  }

  /** Sends words to a buffer, in the order of what is submitted. */
  upload(buffer: GPUBuffer, words: ArrayBufferView, offset = 0): void {
    if (words.byteLength === 0) return;
    this.counters.uploads++;
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    // Shared memory is no source of an upload.
    const source = words.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
    this.guarded('validation', 'an upload is refused', () =>
      this.gpu.queue.writeBuffer(buffer, offset, source),
    );
  }

  /** A block that begins with the same bytes. */
  duplicate(from: Span, bytes: number, what: string): Block {
    this.check();
    const block = Block.take(this.content, bytes, what);
    if (bytes === 0) return block;
    this.guarded('validation', `a copy of ${what} is refused`, () => {
      const encoder = this.gpu.createCommandEncoder({ label: what });
      encoder.copyBufferToBuffer(from.buffer, from.offset, block.buffer, 0, bytes);
      this.submit(encoder);
    });
    return block;
  }

  submit(encoder: GPUCommandEncoder): void {
    this.counters.submits++;
    for (const use of this.#unproven.values()) use(encoder);
    this.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * Bytes of the device as they are after all that has been submitted up to the call.
   * @param made the run whose result it is
   * @throws IndexError when a kernel met an index out of range, once for each run.
   */
  async read(from: Span, bytes: number, made?: Run): Promise<ArrayBuffer> {
    this.check();
    const content = await this.#collect(from, bytes);
    this.outcomes.throwUntold(made);
    return content;
  }

  /** Reads, and finds out what has become of the runs so far. */
  async #collect(from?: Span, bytes = 0): Promise<ArrayBuffer> {
    const taken = this.outcomes.take();
    const total = bytes + taken.bytes;
    const before = this.#told;
    let content = new ArrayBuffer(0);
    let tell = (): void => undefined;
    this.#told = new Promise((resolve) => (tell = resolve));
    try {
      if (total > 0) {
        this.counters.reads++;
        const staging = this.#staging.take(total, 'a read');
        this.guarded('validation', 'a read is refused', () => {
          const encoder = this.gpu.createCommandEncoder({ label: 'a read' });
          if (from && bytes > 0) encoder.copyBufferToBuffer(from.buffer, from.offset, staging, 0, bytes);
          if (taken.bytes > 0)
            encoder.copyBufferToBuffer(this.outcomes.buffer, 0, staging, bytes, taken.bytes);
          this.submit(encoder);
        });
        content = await this.#map(staging, total);
      }
      await this.settle();
    } finally {
      await before;
      taken.settle(content, bytes);
      tell();
    }
    return content.byteLength === bytes ? content : content.slice(0, bytes);
  }

  async #map(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    try {
      await staging.mapAsync(mapModeRead, 0, bytes);
    } catch (error) {
      this.#staging.discard(staging);
      // A device that is lost says so before `lost` has come to us: in a busy browser, long before.
      await Promise.race([this.gpu.lost, new Promise<void>((resolve) => void setTimeout(resolve, 1000))]);
      this.check();
      throw new BackendError(`reading from the WebGPU device failed: ${(error as Error).message}`);
    }
    this.#freshBytes = 0;
    const content = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    this.#staging.give(staging);
    this.#staging.trim();
    return content;
  }
}

const nameOf = (what: string): string => what.split('\n', 1)[0]!;

const formatMiB = (bytes: number): string =>
  bytes < 2 ** 20 ? `${bytes} bytes` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
