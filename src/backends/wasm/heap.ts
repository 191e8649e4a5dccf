/** An allocator over addresses: first fit in address order, neighbours that are free joined at once. */
import { invariant } from '../../core/index.js';

/** What every address is a multiple of: a cache line. */
export const alignment = 64;

/** Bytes that an allocation of `bytes` takes. */
export const roundUp = (bytes: number): number => Math.max(1, Math.ceil(bytes / alignment)) * alignment;

export class Heap {
  /** Free stretches in address order, never adjacent. */
  readonly #starts: number[] = [];
  readonly #sizes: number[] = [];
  readonly #taken = new Map<number, number>();
  #end: number;

  /** Addresses below `start` are never given out. */
  constructor(start: number) {
    this.#end = roundUp(start);
  }

  /** An address for that many bytes, or undefined where no stretch is long enough. */
  allocate(bytes: number): number | undefined {
    const size = roundUp(bytes);
    const i = this.#sizes.findIndex((each) => each >= size);
    if (i < 0) return undefined;
    const address = this.#starts[i]!;
    if (this.#sizes[i] === size) this.#remove(i);
    else {
      this.#starts[i]! += size;
      this.#sizes[i]! -= size;
    }
    this.#taken.set(address, size);
    return address;
  }

  free(address: number): void {
    const size = this.#taken.get(address);
    invariant(size !== undefined, () => `nothing is allocated at ${address}`);
    this.#taken.delete(address);
    this.#give(address, size);
  }

  /** Makes the addresses up to `end` its own. */
  extend(end: number): void {
    const to = Math.floor(end / alignment) * alignment;
    if (to <= this.#end) return;
    this.#give(this.#end, to - this.#end);
    this.#end = to;
  }

  /** Bytes by which it must be extended for an allocation of `bytes` to fit at its end. */
  missing(bytes: number): number {
    const last = this.#starts.length - 1;
    const atEnd = last >= 0 && this.#starts[last]! + this.#sizes[last]! === this.#end;
    return Math.max(0, roundUp(bytes) - (atEnd ? this.#sizes[last]! : 0));
  }

  /** One past the last address that is its own. */
  get end(): number {
    return this.#end;
  }

  #give(address: number, size: number): void {
    let low = 0;
    for (let high = this.#starts.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! < address) low = middle + 1;
      else high = middle;
    }
    this.#starts.splice(low, 0, address);
    this.#sizes.splice(low, 0, size);
    this.#join(low);
    if (low > 0) this.#join(low - 1);
  }

  /** Joins a stretch and the one behind it where they touch. */
  #join(i: number): void {
    if (this.#starts[i]! + this.#sizes[i]! !== this.#starts[i + 1]) return;
    this.#sizes[i]! += this.#sizes[i + 1]!;
    this.#remove(i + 1);
  }

  #remove(i: number): void {
    this.#starts.splice(i, 1);
    this.#sizes.splice(i, 1);
  }
}
