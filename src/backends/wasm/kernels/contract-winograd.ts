/**
 * Convolutions of 3 x 3 with stride 1 by Winograd's minimal filtering F(2 x 2, 3 x 3): 16 multiplications for four results
 * instead of 36. Weights are transformed once; then, for each block of 4 x 8 results (eight tiles, the lanes of a panel),
 * the operand's tiles are transformed, 16 small products over the channels are made, and their sums transformed back.
 * Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016.
 */
import type { Axis, ContractNest, Load } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { sizeOf, strideAlong } from '../vector/loops.js';
import {
  advance,
  apart,
  blockStart,
  combineWeights,
  fewestBlocks,
  fewestChannels,
  further,
  inOrder,
  loadFrom,
  mostTransformed,
  multiplyAll,
  plainLoad,
  stepBytes,
  storeEach,
  tilesAlong,
  vectorArithmetic,
  vectorBytes,
  weightBytes,
  worthwhile,
  writeLine,
  writeSums,
  type FilteredLaunches,
  type Weights,
} from './contract-blocks.js';
import { bindUnit, tileRows } from './contract.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { three } from './minimal-filter.js';
import { aligned } from './scratch.js';

/** Rows and columns of results in a block. */
const [blockRows, blockColumns] = [4, 8];
/** Places of a transformed tile. */
const places = 16;

export interface Winograd {
  readonly nest: ContractNest;
  readonly tiles: Load;
  readonly output: Axis;
  readonly input: Axis;
  readonly taps: readonly [y: Axis, x: Axis];
  readonly image: readonly Axis[];
  readonly y: Axis;
  readonly x: Axis;
  /** Blocks along both. */
  readonly blocks: readonly [rows: number, columns: number];
  /** Bytes between rows of the operand. */
  readonly rowBytes: number;
}

/** Undefined where a contraction is no such convolution, or too small. */
export function winogradOf(nest: ContractNest): Winograd | undefined {
  const { batch, m, n, k } = nest;
  if (nest.dtype !== 'float32' || batch.length > 0 || m.length !== 1 || k.length !== 3) return undefined;
  const [input, tapY, tapX] = k as [Axis, Axis, Axis];
  const [y, x] = n.slice(-2) as [Axis, Axis];
  const [output] = m as [Axis];
  const tiles = plainLoad(nest.b);
  if (!tiles || n.length < 2 || tapY.extent !== 3 || tapX.extent !== 3) return undefined;
  const stride = ({ axis }: Axis): number => strideAlong(tiles.index, axis)!;
  if (stride(x) !== 1 || stride(tapX) !== 1 || stride(y) !== stride(tapY) || stride(y) < 0) return undefined;
  if (nest.stores.some((store) => strideAlong(store.index, x.axis) !== 1)) return undefined;

  const [channels, width] = [input.extent, output.extent];
  const image = n.slice(0, -2);
  const blocks = [Math.ceil(y.extent / blockRows), Math.ceil(x.extent / blockColumns)] as const;
  const count = blocks[0] * blocks[1] * sizeOf(image);
  if (y.extent < blockRows || x.extent < blockColumns || width % tileRows !== 0) return undefined;
  if (Math.min(channels, width) < fewestChannels || places * Math.max(channels, width) > mostTransformed)
    return undefined;
  // Blocks at the edges overlap others. Transforms take some 4 instructions for each element of a channel.
  const waste = (blocks[0] * blocks[1] * blockRows * blockColumns) / (y.extent * x.extent);
  const perResult = waste * (channels * width + 4 * (channels + width));
  if (count < fewestBlocks || perResult > worthwhile * (9 / 4) * channels * width) return undefined;
  return {
    nest,
    tiles,
    output,
    input,
    taps: [tapY, tapX],
    image,
    y,
    x,
    blocks,
    rowBytes: 4 * stride(y),
  };
}

const weightsOf = ({ nest, output, input, taps }: Winograd): Weights => ({
  nest,
  output,
  depth: [input],
  taps,
  products: places,
  /** G w G^T. */
  combine(arithmetic, at) {
    const columns = [0, 1, 2].map((x) =>
      three.weights(
        arithmetic,
        [0, 1, 2].map((y) => at(y, x)),
      ),
    );
    return [0, 1, 2, 3].flatMap((i) =>
      three.weights(
        arithmetic,
        columns.map((column) => column[i]!),
      ),
    );
  },
});

/** Takes shared scratch from `offset` on. */
export function emitWinograd(
  library: Library,
  winograd: Winograd,
  own: readonly OwnBuffer[],
  offset: number,
): FilteredLaunches {
  const weights = weightsOf(winograd);
  return {
    launches: [combineWeights(library, weights, own, offset), multiplyBlocks(library, winograd, own, offset)],
    bytes: weightBytes(weights),
  };
}

function multiplyBlocks(
  library: Library,
  winograd: Winograd,
  own: readonly OwnBuffer[],
  offset: number,
): Launch {
  const { nest, output, input, image, y, x, blocks } = winograd;
  const k = new KernelCode(library, nest.name, nest.buffers, 'ii', own);
  const { c } = k;
  const strips = output.extent / tileRows;
  const tileBytes = aligned(places * (input.extent * stepBytes + apart));
  const sumBytes = aligned(places * (output.extent * stepBytes + apart));
  const sums = further(c, k.scratch, tileBytes);
  const weights = further(c, k.shared, offset);
  const perImage = blocks[0] * blocks[1];
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const block = bindUnit(k, unit, perImage, image);
    const row = c.get(block).i32(blocks[1]).op('i32.div_u').keep();
    const column = c.get(block).i32(blocks[1]).op('i32.rem_u').keep();
    const firstRow = blockStart(c, row, blockRows, y);
    const firstColumn = blockStart(c, column, blockColumns, x);
    const { level } = c;
    const bind = (axis: Axis, local: Local, at: number, size: number): void =>
      k.bind(axis.axis, { local, offset: at, level, range: [at, axis.extent - size + at] });

    bind(y, firstRow, 0, blockRows);
    bind(x, firstColumn, 0, blockColumns);
    transformTiles(k, winograd);

    multiplyAll(k, { count: places, strips, depth: input.extent, weights, panels: k.scratch, sums });

    k.count(0, output.extent, 1, (channel) => {
      k.bindCounter(output.axis, channel, [0, output.extent - 1]);
      const from = c.get(sums).get(channel).i32(stepBytes).op('i32.mul').op('i32.add').keep();
      const [upper, before] = [
        blocks[0] * blockRows - y.extent,
        blocks[1] * blockColumns - x.extent,
      ] as const;
      const isLast = (): void =>
        void c
          .get(column)
          .i32(blocks[1] - 1)
          .op('i32.eq');
      backTransform(k, winograd, from).forEach((line, down) => {
        const inRow = (): void =>
          writeLine(k, line, before, isLast, (right, value, valid) => {
            bind(y, firstRow, down, blockRows);
            bind(x, firstColumn, right, blockColumns);
            writeSums(k, nest, value, { axis: x.axis, valid, aligned: false });
          });
        if (down >= upper) inRow();
        else
          k.when(
            () =>
              c
                .get(row)
                .i32(blocks[0] - 1)
                .op('i32.lt_s'),
            inRow,
          );
      });
    });
  });
  const work = places * strips * input.extent * 8;
  return {
    ...simpleLaunch(k, perImage * sizeOf(image), Math.max(1, Math.ceil(threadWork / work))),
    scratchBytes: tileBytes + sumBytes,
  };
}

/** B^T d B of the block's eight tiles, for each channel: to each place a panel with a step for each channel. */
function transformTiles(k: KernelCode, { tiles, input, taps, rowBytes }: Winograd): void {
  const { c } = k;
  for (const { axis } of taps) k.bindFixed(axis, 0);
  const to = c.get(k.scratch).keep();
  const placeBytes = input.extent * stepBytes + apart;
  /** B^T along one direction. */
  const filtered = (line: readonly Local[]): Local[] => three.inputs(vectorArithmetic(c), line);
  k.count(0, input.extent, 1, (channel) => {
    k.bindCounter(input.axis, channel, [0, input.extent - 1]);
    const at = k.materialise(k.index(tiles.index, 4, k.pointer(tiles.buffer)));
    const rows = Array.from({ length: blockRows + 2 }, (_, row) => {
      return filtered(tilesAlong(c, three, (first) => loadFrom(c, at, row * rowBytes + 4 * first)));
    });
    [0, 1].forEach((half) => {
      for (let j = 0; j < 4; j++) {
        const column = [0, 1, 2, 3].map((i) => rows[2 * half + i]![j]!);
        storeEach(c, to, filtered(column), 4 * placeBytes, j * placeBytes + half * vectorBytes);
      }
    });
    advance(c, to, stepBytes);
  });
}

/** A^T m A of one channel's eight tiles: for each row of the block its eight results. */
function backTransform(k: KernelCode, { output }: Winograd, from: Local): Local[][] {
  const { c } = k;
  const placeBytes = output.extent * stepBytes + apart;
  /** A^T along one direction. */
  const gathered = (sums: readonly Local[]): Local[] => three.combine(vectorArithmetic(c), sums);
  return [0, 1].flatMap((half) => {
    const columns = [0, 1, 2, 3].map((j) => {
      const at = (i: number): number => (4 * i + j) * placeBytes + half * vectorBytes;
      return gathered([0, 1, 2, 3].map((i) => loadFrom(c, from, at(i))));
    });
    return [0, 1].map((row) => inOrder(c, gathered(columns.map((column) => column[row]!))));
  });
}
