/** Working memory of row kernels. */
import { dtypes, isHalf, type DType } from '../../../core/index.js';
import { axisIndex, flattenIndex, type Axis, type IndexExpr, type RowNest } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { KernelCode } from '../vector/kernel-code.js';

/** Row-major position in a row. */
export const innerPosition = (inner: readonly Axis[]): IndexExpr =>
  flattenIndex(
    inner.map(({ axis, extent }) => axisIndex(axis, extent)),
    inner.map(({ extent }) => extent),
  );

/** Half types wait unrounded. */
export const scratchDType = (dtype: DType): DType => (isHalf(dtype) ? 'float32' : dtype);
export const scratchBytesOf = (dtype: DType): number => dtypes[scratchDType(dtype)].bytes;
export const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Element values kept between the stages of a row. */
export class ScratchArrays {
  readonly #offsets: number[] = [];
  readonly bytes: number = 0;

  constructor(
    readonly nest: Pick<RowNest, 'scratch'>,
    width: number,
  ) {
    for (const dtype of nest.scratch) {
      this.#offsets.push(this.bytes);
      this.bytes += aligned(width * scratchBytesOf(dtype));
    }
  }

  dtypeOf(slot: number): DType {
    return scratchDType(this.nest.scratch[slot]!);
  }

  address(k: KernelCode, slot: number): Local {
    const offset = this.#offsets[slot]!;
    if (offset === 0) return k.scratch;
    return k.memo(0, `scratch ${slot}`, () => void k.c.get(k.scratch).i32(offset).op('i32.add'));
  }
}
