/** What kernels of one program say of indices out of range: four words [check + 1, index, position, 0] on the device. */
import { BackendError } from '../../../core/index.js';
import type { Program } from '../../../plan/program.js';
import { outOfRange } from '../../out-of-range.js';
import type { Device } from '../device.js';

export class Reports {
  readonly bytes = 16;
  #buffer: GPUBuffer | undefined;

  constructor(
    readonly device: Device,
    readonly program: Program,
  ) {}

  /** The buffer that kernels bind. It says nothing as long as its first word is 0. */
  get buffer(): GPUBuffer {
    return (this.#buffer ??= this.#make());
  }

  #make(): GPUBuffer {
    const buffer = this.device.content.take(this.bytes, `reports of ${this.program.name}`);
    this.device.upload(buffer, new Int32Array(this.bytes / 4));
    return buffer;
  }

  /** Copies the report for the host to look at, and clears it. */
  copyTo(encoder: GPUCommandEncoder, to: GPUBuffer, offset: number): number {
    encoder.copyBufferToBuffer(this.buffer, 0, to, offset, this.bytes);
    encoder.clearBuffer(this.buffer, 0, this.bytes);
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
    if (!this.#buffer) return;
    this.device.reporting.delete(this);
    this.device.content.give(this.#buffer);
    this.#buffer = undefined;
  }
}
