/** A GPUDevice with what all programs on it share: buffers, pipelines, and what has gone wrong. */
import { BackendError } from '../../core/index.js';
import { noCounts, type DeviceCounters } from './counters.js';
import { PipelineCache } from './runtime/pipelines.js';
import { BufferPool } from './runtime/pool.js';
import type { Reports } from './runtime/reports.js';

/** Values of GPUBufferUsage and GPUMapMode, which a host need not have as globals. */
export const usage = {
  mapRead: 0x1,
  copySrc: 0x4,
  copyDst: 0x8,
  storage: 0x80,
  queryResolve: 0x200,
} as const;
export const mapModeRead = 0x1;

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
  /** Programs that have run and may have found an index out of range. */
  readonly reporting = new Set<Reports>();
  /** Gives a buffer back when nothing can reach the place that held it. */
  readonly unreachable = new FinalizationRegistry<GPUBuffer>((buffer) => {
    this.content.give(buffer);
    this.content.trim();
  });
  /** Answers of error scopes that have not come yet. */
  readonly #scopes = new Set<Promise<void>>();
  #lost: GPUDeviceLostInfo | undefined;
  #failure: BackendError | undefined;
  /** An error that no scope has caught: often it only follows from one that a scope is about to tell. */
  #consequence: BackendError | undefined;

  constructor(readonly gpu: GPUDevice) {
    const pool = (flags: GPUBufferUsageFlags, largest: number): BufferPool =>
      new BufferPool((bytes, what) => this.#create(bytes, largest, flags, what), spareBytes, largest);
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
    const bindable = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    this.workspace = pool(usage.storage | usage.copySrc | usage.copyDst, bindable);
    this.content = pool(usage.storage | usage.copySrc | usage.copyDst, bindable);
    this.#staging = pool(usage.mapRead | usage.copyDst, maxBufferSize);
    void gpu.lost.then((info) => (this.#lost = info));
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
    if (this.#lost) {
      throw new BackendError(
        `the WebGPU device is lost${this.#lost.message ? `: ${this.#lost.message}` : ''}`,
        "what lay in its memory is gone: `await initWebGPU()` from 'fusegrad/webgpu' requests another one",
      );
    }
    const failure = this.#failure;
    if (!failure) return;
    this.#failure = this.#consequence = undefined;
    throw failure;
  }

  /** Keeps an error for the next read or run. The first is the cause of those that follow. */
  fail(what: string, error: { readonly message: string }): void {
    this.#failure ??= new BackendError(`${what}: ${error.message.trim()}`);
  }

  /** Runs what may turn out to be wrong later: the error then names `what`. */
  guarded<T>(filter: GPUErrorFilter, what: string, body: () => T): T {
    this.gpu.pushErrorScope(filter);
    try {
      return body();
    } finally {
      const answer: Promise<void> = this.gpu
        .popErrorScope()
        .then(
          (error) => error && this.fail(what, error),
          () => undefined, // Lost: check() says so.
        )
        .then(() => void this.#scopes.delete(answer));
      this.#scopes.add(answer);
    }
  }

  /** Waits for everything that can still report an error, and throws what there is. */
  async settle(): Promise<void> {
    await Promise.all(this.#scopes);
    this.#failure ??= this.#consequence;
    this.check();
  }

  #create(bytes: number, largest: number, flags: GPUBufferUsageFlags, what: string): GPUBuffer {
    if (bytes > largest) {
      throw new BackendError(
        `${what} takes ${formatMiB(bytes)}, and this WebGPU device has no buffer beyond ${formatMiB(largest)}`,
        'compute it in parts, or on the wasm backend',
      );
    }
    this.counters.buffersCreated++;
    return this.guarded('out-of-memory', `${formatMiB(bytes)} for ${what}`, () =>
      this.gpu.createBuffer({ label: what, size: bytes, usage: flags }),
    );
  }

  /** Sends words to a buffer, in the order of what is submitted. */
  upload(buffer: GPUBuffer, words: ArrayBufferView): void {
    if (words.byteLength === 0) return;
    this.counters.uploads++;
    const { byteOffset, byteLength } = words;
    // Shared memory is no source of an upload.
    if (words.buffer instanceof ArrayBuffer)
      this.gpu.queue.writeBuffer(buffer, 0, words.buffer, byteOffset, byteLength);
    else this.gpu.queue.writeBuffer(buffer, 0, new Uint8Array(words.buffer, byteOffset, byteLength).slice());
  }

  /** A buffer with the same first bytes. */
  duplicate(from: GPUBuffer, bytes: number, what: string): GPUBuffer {
    this.check();
    const to = this.content.take(bytes, what);
    if (bytes > 0) {
      const encoder = this.gpu.createCommandEncoder({ label: what });
      encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
      this.submit(encoder);
    }
    return to;
  }

  submit(encoder: GPUCommandEncoder): void {
    this.counters.submits++;
    this.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * The first bytes of a buffer as they are after all that has been submitted up to the call.
   * @throws IndexError when a kernel met an index out of range since the last read.
   */
  async read(from: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    this.check();
    const reports = [...this.reporting];
    this.reporting.clear();
    const total = bytes + reports.reduce((sum, each) => sum + each.bytes, 0);
    let content = new ArrayBuffer(0);
    if (total > 0) {
      this.counters.reads++;
      const staging = this.#staging.take(total, 'a read');
      const encoder = this.gpu.createCommandEncoder({ label: 'a read' });
      if (bytes > 0) encoder.copyBufferToBuffer(from, 0, staging, 0, bytes);
      let offset = bytes;
      for (const each of reports) offset += each.copyTo(encoder, staging, offset);
      this.submit(encoder);
      content = await this.#map(staging, total);
    }
    await this.settle();
    let offset = bytes;
    for (const each of reports) {
      each.throwIfAny(content, offset);
      offset += each.bytes;
    }
    return content.byteLength === bytes ? content : content.slice(0, bytes);
  }

  async #map(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    try {
      await staging.mapAsync(mapModeRead, 0, bytes);
    } catch (error) {
      // A device that is lost says so before `lost` has come to us.
      await Promise.race([this.gpu.lost, new Promise<void>((resolve) => void setTimeout(resolve, 10))]);
      this.check();
      throw new BackendError(`reading from the WebGPU device failed: ${(error as Error).message}`);
    }
    const content = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    this.#staging.give(staging);
    this.#staging.trim();
    return content;
  }
}

const formatMiB = (bytes: number): string =>
  bytes < 2 ** 20 ? `${bytes} bytes` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
