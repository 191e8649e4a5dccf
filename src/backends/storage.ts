/** Where the content of tensors lies: on the host, or in the memory of a device. */
import { dtypes, numel, type DType, type Shape, type TypedArray } from '../core/index.js';

/** A copy on the host. `slice()` would do the same three times as slowly in V8, which clears the new array first. */
export const copyOf = <T extends TypedArray>(array: T): T =>
  new (array.constructor as new (from: T) => T)(array);

/** What holds content at the moment. */
export interface Place {
  /**
   * The content as it can be reached now: valid until the next run, never to be handed to a user. A device that is read by
   * waiting throws, and names the form that waits.
   */
  readonly array: TypedArray;
  /** A copy of the content as it is at the call, where reaching it takes waiting. Such a place has `write` and `copy` too. */
  read?(): Promise<TypedArray>;
  /** Overwrites the content from the host, in the order of the runs around the call. */
  write?(content: TypedArray): void;
  /** Writes the content over a target elsewhere, where that takes less than reading `array`. */
  copyInto?(target: TypedArray): void;
  /** Another place with the same content. */
  copy?(): Place;
  /** Whether the device that held the content is gone: what is written next finds another place. */
  readonly isLost?: boolean;
  /** Gives its memory back: called when a storage moves elsewhere. */
  release?(): void;
}

/** Content on the host that is computed when it is first looked at, and not at all if it is overwritten before. */
export class Later implements Place {
  #content: TypedArray | (() => TypedArray);

  constructor(make: () => TypedArray) {
    this.#content = make;
  }

  /** Whether it was looked at or written over. */
  protected get isMade(): boolean {
    return typeof this.#content !== 'function';
  }

  get array(): TypedArray {
    if (typeof this.#content === 'function') this.#content = this.#content();
    return this.#content;
  }

  write(content: TypedArray): void {
    if (typeof this.#content === 'function') this.#content = copyOf(content);
    else this.#content.set(content as never);
  }
}

/** Zeros, which take no memory of the host until they are looked at. */
export class Zeros extends Later {
  constructor(
    readonly dtype: DType,
    readonly shape: Shape,
  ) {
    super(() => new dtypes[dtype].array(numel(shape)));
  }

  copyInto(target: TypedArray): void {
    if (this.isMade) target.set(this.array as never);
    else new Uint8Array(target.buffer, target.byteOffset, target.byteLength).fill(0);
  }

  copy(): Place {
    return this.isMade ? { array: copyOf(this.array) } : new Zeros(this.dtype, this.shape);
  }
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

  /** Whether the content is at hand without waiting. */
  get onHost(): boolean {
    return this.place.read === undefined;
  }

  /** A copy of the content as it is at the call, wherever it lies. */
  read(): Promise<TypedArray> {
    return this.place.read?.() ?? Promise.resolve(copyOf(this.array));
  }

  /** Overwrites the content, without counting it as a write. */
  write(content: TypedArray): void {
    if (this.place.isLost) this.moveTo({ array: copyOf(content) });
    else if (this.place.write) this.place.write(content);
    else this.array.set(content as never);
  }

  /** Writes the content over a target that lies elsewhere. */
  copyInto(target: TypedArray): void {
    if (this.place.copyInto) this.place.copyInto(target);
    else target.set(this.array as never);
  }

  /** Another storage with the same content in the same kind of place. */
  copy(): Storage {
    return new Storage(this.place.copy?.() ?? copyOf(this.array));
  }

  /** Moves to another place, which has the same content already. */
  moveTo(place: Place): void {
    const before = this.place;
    this.place = place;
    if (before !== place) before.release?.();
  }
}
