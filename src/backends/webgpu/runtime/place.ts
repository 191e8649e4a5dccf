/** Content in the memory of a device. */
import { BackendError, type DType, type TypedArray } from '../../../core/index.js';
import { copyOf, type Place, type Storage } from '../../storage.js';
import type { Device } from '../device.js';
import { Block, type Part, type Span } from './block.js';
import type { Run } from './outcomes.js';
import { deviceBytes, fromWords, toWords } from './words.js';

/**
 * Content that came from the host, or was read back, is kept there too until the device overwrites it: it outlives the
 * device.
 */
export class DevicePlace implements Place, Span {
  readonly block: Block;
  readonly offset: number;
  declare readonly extent?: number;
  /** Lets JavaScript's garbage collector see what a dropped result holds on the device, so that it comes in time. */
  readonly weight: ArrayBuffer | undefined;
  #released = false;
  #host: TypedArray | undefined;
  /** The last run that overwrites it. */
  #overwritten: Run | undefined;
  #writes = 0;

  /**
   * Holds the block until it is released or cannot be reached any more.
   * @param made the run whose result it is
   */
  constructor(
    readonly device: Device,
    { block, offset, extent }: Part,
    readonly dtype: DType,
    readonly elements: number,
    readonly what: string,
    readonly made?: Run,
  ) {
    this.block = block;
    this.offset = offset;
    if (extent !== undefined) this.extent = extent;
    block.hold();
    if (made) this.weight = weightOf(this.bytes);
    device.unreachable.register(this, this.block, this);
  }

  get buffer(): GPUBuffer {
    return this.block.buffer;
  }

  /** A place with the content of an array, which is kept. */
  static from(device: Device, part: Part, array: TypedArray, dtype: DType, what: string): DevicePlace {
    device.upload(part.block.buffer, toWords(array), part.offset);
    const place = new DevicePlace(device, part, dtype, array.length, what);
    place.#host = array;
    return place;
  }

  /** A place for the same content, which is about to be copied there. */
  movedTo(part: Part): DevicePlace {
    const place = new DevicePlace(this.device, part, this.dtype, this.elements, this.what, this.made);
    place.#host = this.#host;
    place.#overwritten = this.#overwritten;
    return place;
  }

  /** What the host has of it. A run that was refused has not overwritten anything. */
  get #kept(): TypedArray | undefined {
    return this.#overwritten && !this.#overwritten.refused ? undefined : this.#host;
  }

  get isLost(): boolean {
    return this.device.isLost;
  }

  /** Whether content is there that the device can use. */
  get isUsable(): boolean {
    return !this.device.isLost && !this.device.refusalOf(this.buffer);
  }

  /** @throws BackendError when it is known that the device does not have the content. */
  check(): void {
    if (this.device.isLost) throw this.device.lossOf(this.what);
    const failure = this.made?.failure ?? this.device.refusalOf(this.buffer);
    if (failure) throw failure;
  }

  get bytes(): number {
    return deviceBytes(this.dtype, this.elements);
  }

  get array(): TypedArray {
    const kept = this.#kept;
    if (kept && !this.isUsable) return kept;
    this.check();
    throw new BackendError(
      'this content lies in the memory of the WebGPU device, which is read by waiting',
      "`await x.item()`, `await x.data()` or `await x.tolist()`; for a program on another backend, `await model.to('wasm')` and `await optimizer.to('wasm')`",
    );
  }

  async read(): Promise<TypedArray> {
    const kept = this.#kept;
    if (kept && !this.isUsable) return copyOf(kept);
    this.check();
    const writes = this.#writes;
    const words = await this.device.read(this, this.bytes, this.made);
    this.check();
    const content = fromWords(words, this.dtype, this.elements);
    if (this.#writes === writes) {
      this.#host = copyOf(content);
      this.#overwritten = undefined;
    }
    return content;
  }

  write(content: TypedArray): void {
    this.device.check();
    this.device.upload(this.buffer, toWords(content), this.offset);
    this.#host = undefined;
    this.#writes++;
  }

  /** Says that a run overwrites it. Gives true while the host's copy waits for what becomes of the run. */
  overwrite(run: Run): boolean {
    this.#writes++;
    this.#overwritten = run;
    return this.#host !== undefined;
  }

  /** Lets the host's copy go: it is that of an older content. */
  forget(): void {
    this.#host = undefined;
  }

  copy(): DevicePlace {
    this.check();
    const { whole } = this.device.duplicate(this, this.bytes, this.what);
    return new DevicePlace(this.device, whole, this.dtype, this.elements, this.what, this.made);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.device.unreachable.unregister(this);
    this.block.release();
  }
}

/** What a result weighs at least: a buffer costs more than its bytes. */
const leastWeight = 2 ** 16;

/**
 * As many bytes as lie on the device, for the host to count; large ones are reserved and never touched. Collectors do not
 * know of device memory, and would let hundreds of dropped results wait.
 */
function weightOf(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(Math.max(bytes, leastWeight));
  } catch {
    return undefined; // The host allows less than the device has.
  }
}

/** Where the content of a storage lies on this device, if it does. */
export function placeOn(device: Device, storage: Storage): DevicePlace | undefined {
  const { place } = storage;
  return place instanceof DevicePlace && place.device === device ? place : undefined;
}

/** Content of the host, as an array that nothing else will overwrite or give back. */
export const contentToKeep = ({ place, array }: Storage): TypedArray =>
  place.release ? copyOf(array) : array;

/** Moves content to the device for good. */
export function moveIn(device: Device, storage: Storage, dtype: DType, what: string): DevicePlace {
  const known = placeOn(device, storage);
  if (known?.isUsable) return known;
  const content = contentToKeep(storage);
  const { whole } = Block.take(device.content, deviceBytes(dtype, content.length), what);
  const moved = DevicePlace.from(device, whole, content, dtype, what);
  storage.moveTo(moved);
  return moved;
}
