/** Where a program's input is copied to. */
import type { Storage } from '../storage.js';
import { Region } from './memory.js';
import { Resident, type View } from './resident.js';

export class InputSlot extends Region {
  /** What was copied in last. */
  #content: Storage | undefined;
  #version = 0;

  /** The address of the content. What comes twice in a row is taken to come again: it moves in. */
  take(storage: Storage, view: View): number {
    const { array } = storage;
    if (this.#content === storage && this.#version === storage.version) {
      const resident = new Resident(this.device, this.what, view.type, view.length);
      resident.takeOver(this);
      resident.belongTo(storage);
      return resident.address;
    }
    this.hold(array.byteLength);
    view.at(this.device, this.address).set(array as never);
    this.#content = storage;
    this.#version = storage.version;
    return this.address;
  }

  override release(): void {
    super.release();
    this.#content = undefined;
  }
}
