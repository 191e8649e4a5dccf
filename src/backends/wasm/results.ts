/** Results that were handed out and lie in linear memory, as many as the device's budget lets. */
import type { TypedArray } from '../../core/index.js';
import { Storage } from '../storage.js';
import type { Device } from './memory.js';
import { Resident } from './resident.js';

/**
 * A result owns its place: the next run writes elsewhere, so one that is read late, or fed to a program, costs no copy. Past
 * the budget the oldest move to the host.
 */
export class Result extends Resident {
  constructor(
    device: Device,
    what: string,
    type: new (source: ArrayBufferLike, offset: number, length: number) => TypedArray,
    length: number,
    bytes: number,
  ) {
    super(device, what, type, length);
    for (const oldest of device.results) {
      if (device.resultBytes + bytes <= device.resultLimit) break;
      // What this run reads stays.
      if (oldest.usedAt !== device.run) oldest.evict();
    }
    this.hold(bytes);
    device.results.add(this);
    device.resultBytes += bytes;
  }

  override release(): void {
    if (this.device.results.delete(this)) this.device.resultBytes -= this.bytes;
    super.release();
  }

  /** The storage that is handed out. */
  handOut(): Storage {
    const storage = new Storage(this);
    this.belongTo(storage);
    return storage;
  }
}
