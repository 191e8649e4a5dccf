/** Memory of a device as bindings and copies name it, and who holds it. */
import type { BufferPool } from './pool.js';

/** Bytes of a buffer. */
export interface Range {
  readonly offset: number;
  /** What a kernel may touch; all of the buffer where it is not said. */
  readonly extent?: number;
}

/** Part of a buffer, or all of it. */
export interface Span extends Range {
  readonly buffer: GPUBuffer;
}

export const wholeOf = (buffer: GPUBuffer): Span => ({ buffer, offset: 0 });

/** Where a place lies. */
export interface Part extends Range {
  readonly block: Block;
}

/** A buffer that one or several places lie in. It goes back to its pool when the last of them is released. */
export class Block {
  #places = 0;

  constructor(
    readonly buffer: GPUBuffer,
    readonly pool: BufferPool,
  ) {}

  static take(pool: BufferPool, bytes: number, what: string): Block {
    return new Block(pool.take(bytes, what), pool);
  }

  /** All of it. */
  get whole(): Part {
    return { block: this, offset: 0 };
  }

  /** How many places hold it. */
  get places(): number {
    return this.#places;
  }

  hold(): void {
    this.#places++;
  }

  release(): void {
    if (--this.#places > 0) return;
    this.pool.give(this.buffer);
    this.pool.trim();
  }
}
