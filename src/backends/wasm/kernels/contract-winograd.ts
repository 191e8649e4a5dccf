/**
 * Convolutions of 3 x 3 with stride 1 by Winograd's minimal filtering F(2 x 2, 3 x 3): 16 multiplications for four results
 * instead of 36. Weights are transformed once; then, for each block of 4 x 8 results (eight tiles, the lanes of a panel),
 * the operand's tiles are transformed, 16 small products over the channels are made, and their sums transformed back.
 * Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016.
 */
import { dtypes } from '../../../core/index.js';
import type { Axis, ContractNest } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { sizeOf, strideAlong } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { shuffleWords, valueOf } from '../vector/value.js';
import {
  apart,
  blockStart,
  fewestBlocks,
  fewestChannels,
  mostTransformed,
  multiplyAll,
  onlyLoad,
  stepBytes,
  vectorArithmetic,
  vectorBytes,
  worthwhile,
  writeLine,
  type Load,
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
  readonly weights: Load;
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
  const weights = onlyLoad(nest.a);
  const tiles = onlyLoad(nest.b);
  if (!weights || !tiles || n.length < 2 || tapY.extent !== 3 || tapX.extent !== 3) return undefined;
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
    weights,
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

/** Bytes of transformed weights. */
const weightBytes = ({ input, output }: Winograd): number =>
  aligned(places * (4 * input.extent * output.extent + apart));

/** Bytes of shared scratch that the launches take from `offset` on, besides what lies there. */
export function emitWinograd(
  library: Library,
  winograd: Winograd,
  own: readonly OwnBuffer[],
  offset: number,
): { readonly launches: readonly Launch[]; readonly bytes: number } {
  return {
    launches: [
      transformWeights(library, winograd, own, offset),
      multiplyBlocks(library, winograd, own, offset),
    ],
    bytes: weightBytes(winograd),
  };
}

/** For each strip, place and channel a vector of its rows: G w G^T. */
function transformWeights(
  library: Library,
  { nest, weights, output, input, taps }: Winograd,
  own: readonly OwnBuffer[],
  offset: number,
): Launch {
  const k = new KernelCode(library, `${nest.name}_weights`, nest.buffers, 'ii', own);
  const { c } = k;
  const strips = output.extent / tileRows;
  const placeBytes = strips * input.extent * vectorBytes + apart;
  /** G along one direction. */
  const spread = (taps: readonly Local[]): Local[] => three.weights(vectorArithmetic(c), taps);
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const row = c.get(unit).i32(tileRows).op('i32.mul').keep();
    const to = c
      .get(k.shared)
      .i32(offset)
      .op('i32.add')
      .get(unit)
      .i32(input.extent * vectorBytes)
      .op('i32.mul')
      .op('i32.add')
      .keep();
    const { level } = c;
    k.count(0, input.extent, 1, (channel) => {
      k.bindCounter(input.axis, channel, [0, input.extent - 1]);
      k.bind(output.axis, { local: row, offset: 0, level, range: [0, output.extent - tileRows] });
      k.lanes = { axis: output.axis, valid: 4, aligned: true };
      const at = (y: number, x: number): Local => {
        k.bindFixed(taps[0].axis, y);
        k.bindFixed(taps[1].axis, x);
        const section = new Section(k);
        section.run(nest.a.body);
        return section.value(weights.id).parts[0]!;
      };
      const columns = [0, 1, 2].map((x) => spread([0, 1, 2].map((y) => at(y, x))));
      k.lanes = undefined;
      for (let i = 0; i < 4; i++)
        spread(columns.map((column) => column[i]!)).forEach((value, j) =>
          c
            .get(to)
            .get(value)
            .memory('v128.store', (4 * i + j) * placeBytes),
        );
      c.get(to).i32(vectorBytes).op('i32.add').set(to);
    });
  });
  return simpleLaunch(k, strips, Math.ceil(threadWork / (40 * input.extent)));
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
  const sums = c.get(k.scratch).i32(tileBytes).op('i32.add').keep();
  const weights = c.get(k.shared).i32(offset).op('i32.add').keep();
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
            k.lanes = { axis: x.axis, valid, aligned: false };
            const section = new Section(k);
            section.define(nest.sum, valueOf(nest.dtype, [value], false));
            section.write(nest.body, nest.stores);
            k.lanes = undefined;
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
  const { bytes } = dtypes[tiles.dtype];
  /** B^T along one direction. */
  const filtered = (line: readonly Local[]): Local[] => three.inputs(vectorArithmetic(c), line);
  k.count(0, input.extent, 1, (channel) => {
    k.bindCounter(input.axis, channel, [0, input.extent - 1]);
    const at = k.materialise(k.index(tiles.index, bytes, k.pointer(tiles.buffer)));
    const rows = Array.from({ length: blockRows + 2 }, (_, row) => {
      const load = (first: number): Local =>
        c
          .get(at)
          .memory('v128.load', row * rowBytes + first * bytes)
          .keep();
      // Of each of four tiles its four columns.
      const [a, b, later, last] = [load(0), load(4), load(2), load(6)];
      const even = shuffleWords(c, a, b, 0, 2, 4, 6);
      const odd = shuffleWords(c, a, b, 1, 3, 5, 7);
      const nextEven = shuffleWords(c, later, last, 0, 2, 4, 6);
      const nextOdd = shuffleWords(c, later, last, 1, 3, 5, 7);
      return filtered([even, odd, nextEven, nextOdd]);
    });
    [0, 1].forEach((half) => {
      for (let j = 0; j < 4; j++) {
        const column = [0, 1, 2, 3].map((i) => rows[2 * half + i]![j]!);
        filtered(column).forEach((value, i) =>
          c
            .get(to)
            .get(value)
            .memory('v128.store', (4 * i + j) * placeBytes + half * vectorBytes),
        );
      }
    });
    c.get(to).i32(stepBytes).op('i32.add').set(to);
  });
}

/** A^T m A of one channel's eight tiles: for each row of the block its eight results. */
function backTransform(k: KernelCode, { output }: Winograd, from: Local): (readonly [Local, Local])[] {
  const { c } = k;
  const placeBytes = output.extent * stepBytes + apart;
  /** A^T along one direction. */
  const gathered = (sums: readonly Local[]): Local[] => three.combine(vectorArithmetic(c), sums);
  return [0, 1].flatMap((half) => {
    const columns = [0, 1, 2, 3].map((j) => {
      const column = [0, 1, 2, 3].map((i) =>
        c
          .get(from)
          .memory('v128.load', (4 * i + j) * placeBytes + half * vectorBytes)
          .keep(),
      );
      return gathered(column);
    });
    return ([0, 1] as const).map((row) => {
      const [even, odd] = gathered(columns.map((column) => column[row]!)) as [Local, Local];
      return [shuffleWords(c, even, odd, 0, 4, 1, 5), shuffleWords(c, even, odd, 2, 6, 3, 7)] as const;
    });
  });
}
