/** Content of tensors in linear memory. */
import type { TypedArray } from '../../core/index.js';
import { copyOf, type Place, type Storage } from '../storage.js';
import { Region, type Device } from './memory.js';

type ArrayConstructor = new (source: ArrayBufferLike, offset: number, length: number) => TypedArray;

/** A typed array over linear memory, made anew when memory has grown or the place is another. */
export class View {
  #array: TypedArray | undefined;

  constructor(
    readonly type: ArrayConstructor,
    readonly length: number,
  ) {}

  at(device: Device, address: number): TypedArray {
    const array = this.#array;
    if (array?.buffer === device.buffer && array.byteOffset === address) return array;
    return (this.#array = new this.type(device.buffer, address, this.length));
  }
}

/** Content that lives in linear memory until the room is needed for something else: then it moves to the host. */
export class Resident extends Region implements Place {
  readonly #view: View;
  #host: TypedArray | undefined;

  constructor(
    device: Device,
    what: string,
    type: ArrayConstructor,
    readonly length: number,
  ) {
    super(device, what);
    this.#view = new View(type, length);
  }

  get array(): TypedArray {
    return this.#host ?? this.#view.at(this.device, this.address);
  }

  override evict(): void {
    this.#host = copyOf(this.array);
    this.release();
  }

  override release(): void {
    super.release();
    this.device.unreachable.unregister(this);
  }

  /** Becomes the place of a storage, with the content that the region already has. */
  belongTo(storage: Storage): void {
    if (storage.place instanceof Resident && storage.place !== this) storage.place.release();
    storage.place = this;
    this.#host = undefined;
    this.device.unreachable.register(storage, this, this);
  }
}

/** The place of a storage in this device's memory, if its content is there. */
export function residentOf(storage: Storage, device: Device): Resident | undefined {
  const { place } = storage;
  return place instanceof Resident && place.address !== 0 && place.device === device ? place : undefined;
}

/** Content of linear memory: what errors call it, and its elements. */
export interface Content {
  readonly what: string;
  readonly type: ArrayConstructor;
  readonly length: number;
  readonly bytes: number;
}

/** Moves the content of a storage into the device's memory, where it is not there yet. */
export function moveIn(storage: Storage, device: Device, { what, type, length, bytes }: Content): Resident {
  const known = residentOf(storage, device);
  if (known) return known;
  const resident = new Resident(device, what, type, length);
  resident.hold(bytes);
  try {
    storage.copyInto(resident.array);
  } catch (error) {
    resident.release();
    throw error;
  }
  resident.belongTo(storage);
  return resident;
}
