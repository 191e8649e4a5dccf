/**
 * A program that writes no state and is run again on the very same content gives the same bits: its large results may go
 * where the last ones lie, whoever still holds them. Fresh memory would cost as much as many a kernel.
 */
import { writesTo, type Program } from '../../plan/program.js';
import type { Storage } from '../storage.js';
import { residentOf, type Resident } from './resident.js';
import type { Device } from './memory.js';

export class Repeat {
  readonly #pure: boolean;
  #read: readonly Storage[] = [];
  #versions: readonly number[] = [];
  #results: readonly (Storage | undefined)[] = [];

  constructor(program: Program) {
    this.#pure = !program.steps.some((step) => writesTo(step, ({ space }) => space === 'state'));
  }

  /** Whether the program was last run on this very content. */
  sees(inputs: readonly Storage[], states: readonly Storage[]): boolean {
    if (this.#results.length === 0 || this.#read.length !== inputs.length + states.length) return false;
    for (let i = 0; i < this.#read.length; i++) {
      const now = i < inputs.length ? inputs[i]! : states[i - inputs.length]!;
      if (this.#read[i] !== now || this.#versions[i] !== now.version) return false;
    }
    return true;
  }

  /** Where the last large result of that number lies, if it is still there. */
  result(i: number, device: Device): { readonly storage: Storage; readonly place: Resident } | undefined {
    const storage = this.#results[i];
    const place = storage && residentOf(storage, device);
    return place ? { storage, place } : undefined;
  }

  /** Notes a run; `results` has a place for each result, empty where it is small. */
  note(
    inputs: readonly Storage[],
    states: readonly Storage[],
    results: readonly (Storage | undefined)[],
  ): void {
    if (!this.#pure || results.every((each) => each === undefined)) return;
    this.#read = [...inputs, ...states];
    this.#versions = this.#read.map(({ version }) => version);
    this.#results = [...results];
  }
}
