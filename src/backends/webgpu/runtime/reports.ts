/** What kernels of one program say of indices out of range: four words [check + 1, index, position, 0] on the device. */
import { BackendError } from '../../../core/index.js';
import type { Program } from '../../../plan/program.js';
import { outOfRange } from '../../out-of-range.js';
import type { Device } from '../device.js';
import type { Span } from './block.js';

export class Reports {
  readonly bytes = 16;
  #own: Span | undefined;

  constructor(
    readonly device: Device,
    readonly program: Program,
  ) {}

  /** What kernels bind. It says nothing as long as its first word is 0. */
  get span(): Span {
    return (this.#own ??= this.#make());
  }

  #make(): Span {
    const buffer = this.device.content.take(this.bytes, `reports of ${this.program.name}`);
    this.device.upload(buffer, new Int32Array(this.bytes / 4));
    return { buffer, offset: 0 };
  }

  /** Copies the report for the host to look at, and clears it. */
  copyTo(encoder: GPUCommandEncoder, to: GPUBuffer, offset: number): number {
    const { buffer } = this.span;
    encoder.copyBufferToBuffer(buffer, 0, to, offset, this.bytes);
    encoder.clearBuffer(buffer, 0, this.bytes);
    return this.bytes;
  }

  /** @throws IndexError when there was one. */
  throwIfAny(content: ArrayBuffer, offset: number): void {
    const [check, index, position] = new Int32Array(content, offset, 3);
    if (check === 0) return;
    const found = this.program.checks[check! - 1];
    if (!found) throw new BackendError(`${this.program.name} reports check ${check}, which it does not have`);
    throw outOfRange(found, index!, position!);
  }

  release(): void {
    if (!this.#own) return;
    this.device.reporting.delete(this);
    this.device.content.give(this.#own.buffer);
    this.#own = undefined;
  }
}
