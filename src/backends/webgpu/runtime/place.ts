/** Content in the memory of a device. */
import { BackendError, type DType, type TypedArray } from '../../../core/index.js';
import { copyOf, type Place, type Storage } from '../../storage.js';
import type { Device } from '../device.js';
import { deviceBytes, fromWords, toWords } from './words.js';

/** A run of a program, and why its results have no content, once that is known. */
export interface Run {
  failure: BackendError | undefined;
}

/**
 * Content that came from the host, or was read back, is kept there too until the device overwrites it: it outlives the
 * device.
 */
export class DevicePlace implements Place {
  #released = false;
  #host: TypedArray | undefined;
  /** The last run that overwrites it. */
  #overwritten: Run | undefined;
  #writes = 0;

  /**
   * The buffer is its own from now on, until it is released or cannot be reached any more.
   * @param made the run whose result it is
   */
  constructor(
    readonly device: Device,
    readonly buffer: GPUBuffer,
    readonly dtype: DType,
    readonly elements: number,
    readonly what: string,
    readonly made?: Run,
  ) {
    device.unreachable.register(this, buffer, this);
  }

  /** A place with the content of an array, which is kept. */
  static from(device: Device, array: TypedArray, dtype: DType, what: string): DevicePlace {
    const buffer = device.content.take(deviceBytes(dtype, array.length), what);
    device.upload(buffer, toWords(array));
    const place = new DevicePlace(device, buffer, dtype, array.length, what);
    place.#host = array;
    return place;
  }

  /** What the host has of it. A run that was refused has not overwritten anything. */
  get #kept(): TypedArray | undefined {
    return this.#overwritten && !this.#overwritten.failure ? undefined : this.#host;
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
    const words = await this.device.read(this.buffer, this.bytes);
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
    this.device.upload(this.buffer, toWords(content));
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
    const buffer = this.device.duplicate(this.buffer, this.bytes, this.what);
    return new DevicePlace(this.device, buffer, this.dtype, this.elements, this.what, this.made);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.device.unreachable.unregister(this);
    this.device.content.give(this.buffer);
    this.device.content.trim();
  }
}

/** Where the content of a storage lies on this device, if it does. */
export function placeOn(device: Device, storage: Storage): DevicePlace | undefined {
  const { place } = storage;
  return place instanceof DevicePlace && place.device === device ? place : undefined;
}

/** Moves content to the device for good. */
export function moveIn(device: Device, storage: Storage, dtype: DType, what: string): DevicePlace {
  const known = placeOn(device, storage);
  if (known?.isUsable) return known;
  const { place, array } = storage;
  // What another place may overwrite or give back is copied to be kept.
  const moved = DevicePlace.from(device, place.release ? copyOf(array) : array, dtype, what);
  storage.moveTo(moved);
  return moved;
}
