/** What kernels of one program say of indices out of range: four words [check + 1, index, position, 0] on the device. */
import { BackendError, type FusegradError } from '../../../core/index.js';
import type { Program } from '../../../plan/program.js';
import { outOfRange } from '../../out-of-range.js';
import type { Device } from '../device.js';
import { wholeOf, type Span } from './block.js';
import { reportBytes } from './outcomes.js';

export class Reports {
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
    const buffer = this.device.content.take(reportBytes, `reports of ${this.program.name}`);
    this.device.upload(buffer, new Int32Array(reportBytes / 4));
    return wholeOf(buffer);
  }

  /** Copies the report of a run for the host to look at, and clears it. */
  copyTo(encoder: GPUCommandEncoder, to: GPUBuffer, offset: number): void {
    const { buffer } = this.span;
    encoder.copyBufferToBuffer(buffer, 0, to, offset, reportBytes);
    encoder.clearBuffer(buffer, 0, reportBytes);
  }

  /** The first index out of range that a run met. */
  found(content: ArrayBuffer, offset: number): FusegradError | undefined {
    const [check, index, position] = new Int32Array(content, offset, 3);
    if (check === 0) return undefined;
    const found = this.program.checks[check! - 1];
    if (!found)
      return new BackendError(`${this.program.name} reports check ${check}, which it does not have`);
    return outOfRange(found, index!, position!);
  }

  release(): void {
    if (!this.#own) return;
    this.device.content.give(this.#own.buffer);
    this.#own = undefined;
  }
}
