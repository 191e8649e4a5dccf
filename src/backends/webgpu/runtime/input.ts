/** An input of a program: uploaded into its own buffer, or found on the device. */
import type { DType } from '../../../core/index.js';
import type { Storage } from '../../storage.js';
import type { Device } from '../device.js';
import { Block, wholeOf, type Span } from './block.js';
import { DevicePlace, placeOn } from './place.js';
import { deviceBytes, toWords } from './words.js';

/** Content of the host that has a copy on a device because it was used again. */
interface Copy {
  readonly place: DevicePlace;
  version: number;
}
const copies = new WeakMap<Device, WeakMap<Storage, Copy>>();

function copiesOf(device: Device): WeakMap<Storage, Copy> {
  let known = copies.get(device);
  if (!known) copies.set(device, (known = new WeakMap()));
  return known;
}

export class InputSlot {
  #own: Span | undefined;
  #last: WeakRef<Storage> | undefined;
  #version = 0;

  constructor(
    readonly device: Device,
    readonly dtype: DType,
    readonly elements: number,
    readonly what: string,
  ) {}

  /** Memory with the content of a storage. */
  take(storage: Storage): Span {
    const { device, dtype } = this;
    const there = placeOn(device, storage);
    if (there?.isUsable) {
      there.check();
      return there;
    }
    const copy = copiesOf(device).get(storage);
    const known = copy && !device.refusalOf(copy.place.buffer) ? copy : undefined;
    if (this.#own && device.refusalOf(this.#own.buffer)) this.#own = this.#last = undefined;
    if (known?.version === storage.version) return known.place;
    if (known) {
      // Content that changes on the host and is used again is sent again, where it lies.
      known.place.write(storage.array);
      known.version = storage.version;
      return known.place;
    }
    const again = this.#last?.deref() === storage;
    if (again && this.#version === storage.version) {
      // The second time it is worth a copy of its own: whatever comes between need not send it again.
      const { whole } = new Block(this.#own!.buffer, device.content);
      const place = new DevicePlace(device, whole, dtype, this.elements, this.what);
      copiesOf(device).set(storage, { place, version: storage.version });
      this.#own = this.#last = undefined;
      return place;
    }
    this.#own ??= wholeOf(device.content.take(deviceBytes(dtype, this.elements), this.what));
    device.upload(this.#own.buffer, toWords(storage.array));
    if (!again) this.#last = new WeakRef(storage);
    this.#version = storage.version;
    return this.#own;
  }

  release(): void {
    if (this.#own) this.device.content.give(this.#own.buffer);
    this.#own = this.#last = undefined;
  }
}
