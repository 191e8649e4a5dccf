/**
 * Buffers of a device that are used again. Whatever is submitted runs in order, so a buffer may be given back as soon as the
 * last command that touches it is submitted.
 */

/**
 * Sizes are rounded up so that values of similar size share buffers: at most a quarter is lost. `caps`: what one binding
 * reaches, and the most a device allows, which are passed only by what is larger itself.
 */
export function sizeClass(bytes: number, ...caps: readonly number[]): number {
  const step = bytes <= 2048 ? 256 : 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  const size = Math.max(step, Math.ceil(bytes / step) * step);
  const cap = caps.find((most) => bytes <= most && size > most);
  // Vectors of 16 bytes end where the buffer does.
  return cap === undefined ? size : Math.max(Math.floor(cap / 16) * 16, Math.ceil(bytes / 4) * 4);
}

export class BufferPool {
  /** Free buffers by size, the sizes used last at the end. */
  readonly #free = new Map<number, GPUBuffer[]>();
  /** No longer counted. */
  readonly #destroyed = new WeakSet<GPUBuffer>();
  /** Handed out before they were known to have no memory. */
  readonly #discarded = new WeakSet<GPUBuffer>();
  #freeBytes = 0;
  #bytes = 0;

  constructor(
    readonly create: (bytes: number, what: string) => GPUBuffer,
    /** Bytes that may lie unused. */
    readonly spare: number,
    /** Bytes of the largest buffer there can be, and of the largest that one binding reaches. */
    readonly largest: number,
    readonly bindable = largest,
    /** Whether nothing that is yet to be submitted touches it. */
    readonly mayGo: (buffer: GPUBuffer) => boolean = () => true,
  ) {}

  /** Bytes of all its buffers, in use or not. */
  get bytes(): number {
    return this.#bytes;
  }

  take(bytes: number, what: string): GPUBuffer {
    const size = sizeClass(bytes, this.bindable, this.largest);
    const found = this.#free.get(size)?.pop();
    if (found) {
      this.#freeBytes -= size;
      return found;
    }
    const made = this.create(size, what);
    this.#bytes += size;
    return made;
  }

  give(buffer: GPUBuffer): void {
    if (this.#discarded.has(buffer)) return;
    const { size } = buffer;
    const list = this.#free.get(size) ?? [];
    list.push(buffer);
    // The size comes last in the order of use.
    this.#free.delete(size);
    this.#free.set(size, list);
    this.#freeBytes += size;
  }

  /** Takes out a buffer that turned out to have no memory: it is never handed out again. */
  discard(buffer: GPUBuffer): void {
    if (this.#destroyed.has(buffer)) return;
    const { size } = buffer;
    const list = this.#free.get(size) ?? [];
    const at = list.indexOf(buffer);
    if (at >= 0) {
      list.splice(at, 1);
      this.#freeBytes -= size;
    } else this.#discarded.add(buffer);
    this.#bytes -= size;
    buffer.destroy();
  }

  /** Destroys unused buffers, of the sizes longest unused first, until as many bytes are left as may lie there. */
  trim(spare = this.spare): void {
    for (const [size, list] of this.#free) {
      const kept = list.filter((buffer) => {
        if (this.#freeBytes <= spare || !this.mayGo(buffer)) return true;
        buffer.destroy();
        this.#destroyed.add(buffer);
        this.#freeBytes -= size;
        this.#bytes -= size;
        return false;
      });
      if (kept.length === 0) this.#free.delete(size);
      else this.#free.set(size, kept);
      if (this.#freeBytes <= spare) return;
    }
  }
}
