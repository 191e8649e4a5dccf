/**
 * Convolutions with stride 1 along their last dimension by minimal filtering of lines: a filter of five taps takes 11
 * multiplications for four results, not 20. Weights are combined once; then, for each block of a line (eight tiles, the lanes
 * of a panel), the operand's tiles are combined, small products over the rest of the depth are made, and their sums combined.
 */
import type { Axis, ContractNest, Load } from '../../../loops/index.js';
import type { Code, Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { overAxes, sizeOf, strideAlong } from '../vector/loops.js';
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
  mostTaps,
  mostTransformed,
  multiplyAll,
  perProduct,
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
import { transpose } from './contract-operand.js';
import { bindUnit, tileRows } from './contract.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { filterOf, type Filter } from './minimal-filter.js';
import { aligned } from './scratch.js';

export interface Lines {
  readonly nest: ContractNest;
  readonly filter: Filter;
  readonly inputs: Load;
  readonly output: Axis;
  readonly tap: Axis;
  /** The depth without the taps, in the order of the panels. */
  readonly depth: readonly Axis[];
  /** The last axis of the depth where neighbours along it lie side by side in memory, and those of a line do not. */
  readonly channel: Axis | undefined;
  /** What numbers the lines, and what runs along them. */
  readonly around: readonly Axis[];
  readonly x: Axis;
  /** Results of a block, and blocks of a line. */
  readonly size: number;
  readonly blocks: number;
  /** Bytes between neighbours of the operand's line. */
  readonly step: number;
}

/** Undefined where a contraction is no such convolution, or where filtering would not save enough. */
export function linesOf(nest: ContractNest): Lines | undefined {
  const { batch, m, n, k } = nest;
  const [output, x, tap] = [m[0], n.at(-1), k.at(-1)];
  if (nest.dtype !== 'float32' || batch.length > 0 || m.length !== 1 || k.length < 2) return undefined;
  if (!output || !x || !tap || tap.extent > mostTaps || output.extent % tileRows !== 0) return undefined;
  const inputs = plainLoad(nest.b);
  if (!inputs) return undefined;
  const stride = ({ axis }: Axis): number => strideAlong(inputs.index, axis)!;
  const step = stride(x);
  if (step <= 0 || stride(tap) !== step) return undefined;
  if (nest.stores.some((store) => strideAlong(store.index, x.axis) !== 1)) return undefined;
  const others = k.slice(0, -1);
  const channel = step === 1 ? undefined : others.find((axis) => stride(axis) === 1 && axis.extent % 4 === 0);
  if (step !== 1 && !channel) return undefined;

  const filter = filterOf(tap.extent);
  const [deep, width] = [sizeOf(others), output.extent];
  const size = 8 * filter.results;
  const blocks = Math.ceil(x.extent / size);
  const around = n.slice(0, -1);
  if (x.extent < size || blocks * sizeOf(around) < fewestBlocks) return undefined;
  if (Math.min(deep, width) < fewestChannels) return undefined;
  if (filter.products * Math.max(deep, width) > mostTransformed) return undefined;
  // In instructions for a result. Blocks at the ends of lines overlap others.
  const products = perProduct * deep * width;
  const combined =
    (filter.products / filter.results) * (products + 4 * deep + 4 * width) + tap.extent * (deep + width);
  if ((combined * blocks * size) / x.extent > worthwhile * tap.extent * products) return undefined;
  const depth = channel ? [...others.filter((axis) => axis !== channel), channel] : others;
  return {
    nest,
    filter,
    inputs,
    output,
    tap,
    depth,
    channel,
    around,
    x,
    size,
    blocks,
    step: 4 * step,
  };
}

const weightsOf = ({ nest, filter, output, tap, depth }: Lines): Weights => ({
  nest,
  output,
  depth,
  taps: [tap],
  products: filter.products,
  combine: (arithmetic, at) =>
    filter.weights(
      arithmetic,
      Array.from({ length: tap.extent }, (_, i) => at(i)),
    ),
});

/** Takes shared scratch from `offset` on. */
export function emitLines(
  library: Library,
  lines: Lines,
  own: readonly OwnBuffer[],
  offset: number,
): FilteredLaunches {
  const weights = weightsOf(lines);
  return {
    launches: [combineWeights(library, weights, own, offset), filterBlocks(library, lines, own, offset)],
    bytes: weightBytes(weights),
  };
}

function filterBlocks(library: Library, lines: Lines, own: readonly OwnBuffer[], offset: number): Launch {
  const { nest, filter, output, tap, depth, around, x, size, blocks } = lines;
  const k = new KernelCode(library, nest.name, nest.buffers, 'ii', own);
  const { c } = k;
  const [strips, deep] = [output.extent / tileRows, sizeOf(depth)];
  const panelBytes = aligned(filter.products * (deep * stepBytes + apart));
  const sumBytes = aligned(filter.products * (output.extent * stepBytes + apart));
  const panels = k.scratch;
  const sums = further(c, k.scratch, panelBytes);
  const weights = further(c, k.shared, offset);
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const block = bindUnit(k, unit, blocks, around);
    const first = blockStart(c, block, size, x);
    const { level } = c;
    const bind = (right: number): void =>
      k.bind(x.axis, { local: first, offset: right, level, range: [right, x.extent - size + right] });
    bind(0);
    k.bindFixed(tap.axis, 0);
    combineInputs(k, lines, panels);
    multiplyAll(k, { count: filter.products, strips, depth: deep, weights, panels, sums });
    k.count(0, output.extent, 1, (channel) => {
      k.bindCounter(output.axis, channel, [0, output.extent - 1]);
      const from = c.get(sums).get(channel).i32(stepBytes).op('i32.mul').op('i32.add').keep();
      writeLine(
        k,
        combineSums(c, lines, from),
        blocks * size - x.extent,
        () =>
          c
            .get(block)
            .i32(blocks - 1)
            .op('i32.eq'),
        (right, value, valid) => {
          bind(right);
          writeSums(k, nest, value, { axis: x.axis, valid, aligned: false });
        },
      );
    });
  });
  const work = filter.products * strips * deep * 8;
  return {
    ...simpleLaunch(k, blocks * sizeOf(around), Math.max(1, Math.ceil(threadWork / work))),
    scratchBytes: panelBytes + sumBytes,
  };
}

/** For each product a panel of the block's tiles, with a step for each position in the depth. */
function combineInputs(k: KernelCode, { filter, inputs, depth, channel, step }: Lines, panels: Local): void {
  const { c } = k;
  const arithmetic = vectorArithmetic(c);
  const to = c.get(panels).keep();
  const panelBytes = sizeOf(depth) * stepBytes + apart;
  const count = filter.results + filter.taps - 1;
  /** Where the block's first tile begins. */
  const start = (): Local => k.materialise(k.index(inputs.index, 4, k.pointer(inputs.buffer)));
  const load = (at: Local, neighbour: number): Local => loadFrom(c, at, neighbour * step);
  const halves = [0, 1];
  if (!channel) {
    overAxes(k, depth, () => {
      const at = start();
      for (const half of halves) {
        const tiles = tilesAlong(c, filter, (first) => load(at, 4 * filter.results * half + first));
        storeEach(c, to, filter.inputs(arithmetic, tiles), panelBytes, half * vectorBytes);
      }
      advance(c, to, stepBytes);
    });
    return;
  }
  // Four channels at a time, which are the lanes until the tiles are.
  overAxes(k, depth.slice(0, -1), () =>
    k.count(0, channel.extent, 4, (counter) => {
      k.bindCounter(channel.axis, counter, [0, channel.extent - 4]);
      const at = start();
      for (const half of halves) {
        const line = Array.from({ length: 3 * filter.results + count }, (_, i) =>
          load(at, 4 * filter.results * half + i),
        );
        const tiles = [0, 1, 2, 3].map((tile) =>
          filter.inputs(arithmetic, line.slice(tile * filter.results, tile * filter.results + count)),
        );
        const panels = Array.from({ length: filter.products }, (_, product) =>
          transpose(
            c,
            tiles.map((tile) => tile[product]!),
          ),
        );
        for (let lane = 0; lane < 4; lane++) {
          const step = panels.map((panel) => panel[lane]!);
          storeEach(c, to, step, panelBytes, lane * stepBytes + half * vectorBytes);
        }
      }
      advance(c, to, 4 * stepBytes);
    }),
  );
}

/** One channel's results, in their order along the line. */
function combineSums(c: Code, { filter, output }: Lines, from: Local): Local[] {
  const arithmetic = vectorArithmetic(c);
  return [0, 1].flatMap((half) => {
    const sums = Array.from({ length: filter.products }, (_, product) =>
      loadFrom(c, from, product * (output.extent * stepBytes + apart) + half * vectorBytes),
    );
    return inOrder(c, filter.combine(arithmetic, sums));
  });
}
