/**
 * One linear memory for all programs. Whatever lies in it is a Region, and every region can be taken back between runs, so
 * what it holds stays bounded whatever the garbage collector does.
 */
import { BackendError } from '../../core/index.js';
import {
  engine,
  instantiateModule,
  instantiateModuleAsync,
  pageBytes,
  type CompiledModule,
  type LinearMemory,
} from './engine.js';
import { Heap, alignment } from './heap.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

export interface DeviceOptions {
  /** Whether threads share the memory. Modules are compiled for the one or the other. */
  readonly shared?: boolean;
  /** Bytes from which the least recently used makes room, before memory grows further. */
  readonly softLimit?: number;
  readonly hardLimit?: number;
  /** Bytes of results kept in linear memory; older ones move to the host. */
  readonly resultLimit?: number;
}

/** No region lies below: address 0 means none, and threads meet there (threads/control.ts). */
const firstAddress = 1024;
const initialBytes = 16 * MiB;

export const formatBytes = (bytes: number): string => {
  if (bytes >= GiB) return `${(bytes / GiB).toFixed(2)} GiB`;
  return bytes >= MiB ? `${(bytes / MiB).toFixed(1)} MiB` : `${bytes} bytes`;
};

/** Says what takes the room, the largest first. */
export const formatHeld = (held: readonly { readonly what: string; readonly bytes: number }[]): string =>
  held
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
    .map(({ what, bytes }) => `${what} (${formatBytes(bytes)})`)
    .join(', ');

/** A stretch of linear memory, or none at the moment. */
export class Region {
  address = 0;
  bytes = 0;
  /** The run it was last needed in: during that run it stays. */
  usedAt = 0;

  constructor(
    readonly device: Device,
    public what: string,
  ) {}

  /** Takes at least `bytes` for the current run. Content is lost where it had fewer. */
  hold(bytes: number): void {
    this.usedAt = this.device.run;
    if (this.address !== 0 && this.bytes >= bytes) return;
    this.release();
    this.address = this.device.allocate(bytes, this.what);
    this.bytes = bytes;
    this.device.regions.add(this);
  }

  /** Takes over the place of another region of the same device. */
  takeOver(from: Region): void {
    this.release();
    this.address = from.address;
    this.bytes = from.bytes;
    this.usedAt = from.usedAt;
    this.device.regions.add(this);
    from.address = 0;
    this.device.regions.delete(from);
    from.release();
  }

  /** Gives its place back; the content is lost. */
  release(): void {
    if (this.address !== 0) this.device.free(this.address);
    this.device.regions.delete(this);
    this.address = this.bytes = 0;
  }

  /** Gives its place back because the room is needed. A region whose content matters saves it first. */
  evict(): void {
    this.release();
  }
}

/** Runs a program whose addresses stand in this table. */
export type StepFunction = (table: number) => void;
const stepOf = (exports: object): StepFunction => (exports as { readonly step: StepFunction }).step;

export class Device {
  readonly memory: LinearMemory;
  readonly shared: boolean;
  /** The memory as it is now: another one after growth. */
  buffer: ArrayBuffer;
  words: Int32Array;
  /** Number of the current run, or of the last one. */
  run = 0;
  readonly regions = new Set<Region>();
  /** Results that lie here, the oldest first. */
  readonly results = new Set<Region>();
  resultBytes = 0;
  /** What only lasts for one run, and so is shared by all programs. */
  readonly arena = new Region(this, 'arena');
  readonly scratch = new Region(this, 'scratch');
  readonly table = new Region(this, 'addresses');
  readonly inbox = new Region(this, 'small inputs');
  readonly outbox = new Region(this, 'small results');
  /** Frees sooner what nobody can reach any more. Nothing rests on it: in some loops it never runs. */
  readonly unreachable = new FinalizationRegistry<Region>((region) => region.release());
  readonly softLimit: number;
  readonly hardLimit: number;
  readonly resultLimit: number;
  readonly #heap = new Heap(firstAddress);

  constructor({
    shared = false,
    softLimit = GiB,
    hardLimit = 4 * GiB,
    resultLimit = 256 * MiB,
  }: DeviceOptions = {}) {
    this.shared = shared;
    const initial = Math.ceil(Math.min(initialBytes, softLimit, hardLimit) / pageBytes);
    const { memory, maximum } = reserve(initial, Math.floor(hardLimit / pageBytes), shared);
    this.memory = memory;
    this.hardLimit = maximum * pageBytes;
    this.softLimit = Math.min(softLimit, this.hardLimit);
    this.resultLimit = resultLimit;
    ({ buffer: this.buffer } = memory);
    this.words = new Int32Array(this.buffer);
    this.#extend();
  }

  /** Begins a run: what is held from now on stays until the next. */
  begin(): void {
    this.run++;
  }

  /**
   * An address for `bytes`. Memory grows up to the soft limit; then what was not used for longest makes room; then memory
   * grows further.
   * @throws BackendError where even that is not enough.
   */
  allocate(bytes: number, what: string): number {
    const address =
      this.#heap.allocate(bytes) ??
      this.#grow(bytes, this.softLimit) ??
      this.#makeRoom(bytes) ??
      this.#grow(bytes, this.hardLimit);
    if (address !== undefined) return address;
    const held = [...this.regions].filter(({ usedAt }) => usedAt === this.run);
    const available = this.hardLimit - held.reduce((sum, each) => sum + each.bytes, 0);
    throw new BackendError(
      `the wasm backend has no room for ${what}: ${formatBytes(bytes)} needed, ${formatBytes(available)} of ` +
        `${formatBytes(this.hardLimit)} available`,
      held.length > 0 ? `the largest held by this run are ${formatHeld(held)}` : 'use smaller tensors',
    );
  }

  free(address: number): void {
    this.#heap.free(address);
  }

  /** The `step` of a module over this memory. */
  bind(module: CompiledModule, imports: object): StepFunction {
    return stepOf(instantiateModule(module, this.#imports(imports)));
  }

  /** bind() without blocking. */
  async bindAsync(module: CompiledModule, imports: object): Promise<StepFunction> {
    return stepOf(await instantiateModuleAsync(module, this.#imports(imports)));
  }

  #imports(imports: object): object {
    return { env: { memory: this.memory, ...imports } };
  }

  #makeRoom(bytes: number): number | undefined {
    const old = [...this.regions].filter(({ usedAt }) => usedAt !== this.run);
    for (const region of old.toSorted((a, b) => a.usedAt - b.usedAt)) {
      region.evict();
      const address = this.#heap.allocate(bytes);
      if (address !== undefined) return address;
    }
    return undefined;
  }

  /** Grows by half at least, so that growth is rare, as far as the limit lets it. */
  #grow(bytes: number, limit: number): number | undefined {
    const now = this.buffer.byteLength;
    const pages = (size: number): number => Math.ceil(size / pageBytes);
    const needed = pages(now + this.#heap.missing(bytes));
    if (needed * pageBytes > limit) return undefined;
    const wanted = Math.min(Math.max(needed, pages(now * 1.5)), Math.floor(limit / pageBytes));
    if (!this.#growTo(wanted) && !this.#growTo(needed)) return undefined;
    return this.#heap.allocate(bytes);
  }

  #growTo(pages: number): boolean {
    try {
      this.memory.grow(pages - this.buffer.byteLength / pageBytes);
    } catch {
      return false;
    }
    this.buffer = this.memory.buffer;
    this.words = new Int32Array(this.buffer);
    this.#extend();
    return true;
  }

  /** A vector read that begins at the last element of a region must not leave the memory. */
  #extend(): void {
    this.#heap.extend(this.buffer.byteLength - alignment);
  }
}

/** Some hosts refuse to reserve 4 GiB of addresses. */
function reserve(
  initial: number,
  maximum: number,
  shared: boolean,
): { readonly memory: LinearMemory; readonly maximum: number } {
  const { Memory } = engine();
  try {
    return { memory: new Memory({ initial, maximum, shared }), maximum };
  } catch (error) {
    if (maximum / 2 >= initial) return reserve(initial, Math.floor(maximum / 2), shared);
    throw new BackendError(
      `the wasm backend cannot run here: the host gives it no memory (${String(error)})`,
    );
  }
}

const standing = new Map<boolean, Device>();

/** The devices of this process, made when they are first needed: memory that threads share is another one. */
export function device(shared: boolean): Device {
  const known = standing.get(shared);
  if (known) return known;
  const made = new Device({ shared });
  standing.set(shared, made);
  return made;
}
