/**
 * The innermost function of packed products: a tile of `rows` times `vectors` float32 vectors, over a depth. Few enough
 * accumulators stay in registers, and the function is small and called often, which is when engines optimise it.
 */
import type { Code, Local } from '../assembler/index.js';
import { madd } from '../math/madd.js';
import type { LibraryFunction } from './index.js';

export interface MicroKernel {
  readonly rows: number;
  /** Vectors of four columns. */
  readonly vectors: number;
  /** Bytes between neighbours of the left operand along its rows and along the depth. */
  readonly rowStride: number;
  readonly depthStride: number;
  /** Bytes between rows of the sums. */
  readonly sumStride: number;
  /** Whether it adds to the sums. */
  readonly accumulate: boolean;
}

export const microName = ({
  rows,
  vectors,
  rowStride,
  depthStride,
  sumStride,
  accumulate,
}: MicroKernel): string =>
  `multiply_${rows}x${vectors * 4}_${rowStride}_${depthStride}_${sumStride}${accumulate ? '_add' : ''}`;

/** (left operand, panel of the right operand, end of the panel, sums). */
export const microFunction = (kernel: MicroKernel): LibraryFunction => ({
  takes: 'iiii',
  gives: '',
  emit: (c: Code) => {
    const { rows, vectors, rowStride, depthStride, sumStride, accumulate } = kernel;
    const [a, b, end, sums] = c.params as [Local, Local, Local, Local];
    const totals = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: vectors }, (_, vector) => {
        const total = c.local('v');
        if (accumulate)
          c.get(sums)
            .memory('v128.load', row * sumStride + vector * 16)
            .set(total);
        else c.get(c.vector('f32', 0)).set(total);
        return total;
      }),
    );
    const again = c.loop();
    const right = Array.from({ length: vectors }, (_, vector) =>
      c
        .get(b)
        .memory('v128.load', vector * 16)
        .keep(),
    );
    totals.forEach((row, i) => {
      const left = c
        .get(a)
        .memory('v128.load32_splat', i * rowStride)
        .keep();
      row.forEach((total, vector) => c.get(madd(c, left, right[vector]!, total)).set(total));
    });
    c.get(a).i32(depthStride).op('i32.add').set(a);
    c.get(b)
      .i32(vectors * 16)
      .op('i32.add')
      .set(b);
    c.get(b).get(end).op('i32.lt_u').brIf(again).end();
    totals.forEach((row, i) =>
      row.forEach((total, vector) =>
        c
          .get(sums)
          .get(total)
          .memory('v128.store', i * sumStride + vector * 16),
      ),
    );
  },
});
