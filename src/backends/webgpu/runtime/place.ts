/** Content in the memory of a device. */
import { BackendError, type DType, type TypedArray } from '../../../core/index.js';
import type { Place, Storage } from '../../storage.js';
import type { Device } from '../device.js';
import { deviceBytes, fromWords, toWords } from './words.js';

export class DevicePlace implements Place {
  #released = false;

  /** The buffer is its own from now on, until it is released or cannot be reached any more. */
  constructor(
    readonly device: Device,
    readonly buffer: GPUBuffer,
    readonly dtype: DType,
    readonly elements: number,
  ) {
    device.unreachable.register(this, buffer, this);
  }

  /** A place with the content of an array. */
  static from(device: Device, array: TypedArray, dtype: DType, what: string): DevicePlace {
    const buffer = device.content.take(deviceBytes(dtype, array.length), what);
    device.upload(buffer, toWords(array));
    return new DevicePlace(device, buffer, dtype, array.length);
  }

  get bytes(): number {
    return deviceBytes(this.dtype, this.elements);
  }

  get array(): TypedArray {
    this.device.check();
    throw new BackendError(
      'this content lies in the memory of the WebGPU device, which is read by waiting',
      "`await x.item()`, `await x.data()` or `await x.tolist()`; for a program on another backend, `await model.to('wasm')` and `await optimizer.to('wasm')`",
    );
  }

  async read(): Promise<TypedArray> {
    const { dtype, elements } = this;
    return fromWords(await this.device.read(this.buffer, this.bytes), dtype, elements);
  }

  write(content: TypedArray): void {
    this.device.check();
    this.device.upload(this.buffer, toWords(content));
  }

  copy(): DevicePlace {
    const buffer = this.device.duplicate(this.buffer, this.bytes, 'a copy');
    return new DevicePlace(this.device, buffer, this.dtype, this.elements);
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
  if (known) return known;
  const place = DevicePlace.from(device, storage.array, dtype, what);
  storage.moveTo(place);
  return place;
}
