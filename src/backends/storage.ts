/** Where the content of tensors lies: on the host, or in the memory of a device. */
import type { TypedArray } from '../core/index.js';

/** A copy on the host. `slice()` would do the same three times as slowly in V8, which clears the new array first. */
export const copyOf = <T extends TypedArray>(array: T): T =>
  new (array.constructor as new (from: T) => T)(array);

/** What holds content at the moment. */
export interface Place {
  /** The content as it can be reached now: valid until the next run, never to be handed to a user. */
  readonly array: TypedArray;
}

/** The content of one tensor. A backend may move it to a place of its own; whoever holds the storage need not know. */
export class Storage {
  /** Counts writes: the same storage with the same version has the same content. */
  version = 0;
  place: Place;

  /** An array is used as it is, not copied. */
  constructor(content: TypedArray | Place) {
    this.place = 'array' in content ? content : { array: content };
  }

  /** A view of the content as it lies now. Ask again after anything has run; copy what a user gets. */
  get array(): TypedArray {
    return this.place.array;
  }
}
