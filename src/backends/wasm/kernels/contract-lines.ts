/**
 * Convolutions with stride 1 along their last dimension by minimal filtering of lines: a filter of five taps takes 11
 * multiplications for four results, not 20. Weights are combined once; then, for each block of a line (eight tiles, the lanes
 * of a panel), the operand's tiles are combined, small products over the rest of the depth are made, and their sums combined.
 */
import type { Axis, ContractNest } from '../../../loops/index.js';
import type { Code, Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { overAxes, sizeOf, strideAlong } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { shuffleWords, valueOf } from '../vector/value.js';
import {
  advance,
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
import { transpose } from './contract-operand.js';
import { bindUnit, tileRows } from './contract.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { filterOf, type Filter } from './minimal-filter.js';
import { aligned } from './scratch.js';

/** Taps past which the code of the combinations grows long. */
const mostTaps = 9;

export interface Lines {
  readonly nest: ContractNest;
  readonly filter: Filter;
  readonly weights: Load;
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
  const weights = onlyLoad(nest.a);
  const inputs = onlyLoad(nest.b);
  if (!weights || !inputs) return undefined;
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
  // In instructions for a result: a multiply-add with its loads counts as 1.6. Blocks at the ends of lines overlap others.
  const products = 1.6 * deep * width;
  const combined =
    (filter.products / filter.results) * (products + 4 * deep + 4 * width) + tap.extent * (deep + width);
  if ((combined * blocks * size) / x.extent > worthwhile * tap.extent * products) return undefined;
  const depth = channel ? [...others.filter((axis) => axis !== channel), channel] : others;
  return {
    nest,
    filter,
    weights,
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

/** Bytes of combined weights. */
const weightBytes = ({ filter, depth, output }: Lines): number =>
  aligned(filter.products * (4 * sizeOf(depth) * output.extent + apart));

/** Bytes of shared scratch that the launches take from `offset` on, besides what lies there. */
export function emitLines(
  library: Library,
  lines: Lines,
  own: readonly OwnBuffer[],
  offset: number,
): { readonly launches: readonly Launch[]; readonly bytes: number } {
  return {
    launches: [combineWeights(library, lines, own, offset), filterBlocks(library, lines, own, offset)],
    bytes: weightBytes(lines),
  };
}

/** For each product, strip and position in the depth a vector of the strip's rows. */
function combineWeights(
  library: Library,
  { nest, filter, weights, output, tap, depth }: Lines,
  own: readonly OwnBuffer[],
  offset: number,
): Launch {
  const k = new KernelCode(library, `${nest.name}_weights`, nest.buffers, 'ii', own);
  const { c } = k;
  const [strips, deep] = [output.extent / tileRows, sizeOf(depth)];
  const arithmetic = vectorArithmetic(c);
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const row = c.get(unit).i32(tileRows).op('i32.mul').keep();
    const to = c
      .get(k.shared)
      .i32(offset)
      .op('i32.add')
      .get(unit)
      .i32(deep * vectorBytes)
      .op('i32.mul')
      .op('i32.add')
      .keep();
    k.bind(output.axis, { local: row, offset: 0, level: c.level, range: [0, output.extent - tileRows] });
    overAxes(k, depth, () => {
      k.lanes = { axis: output.axis, valid: 4, aligned: true };
      const taps = Array.from({ length: tap.extent }, (_, at) => {
        k.bindFixed(tap.axis, at);
        const section = new Section(k);
        section.run(nest.a.body);
        return section.value(weights.id).parts[0]!;
      });
      k.lanes = undefined;
      filter.weights(arithmetic, taps).forEach((value, product) =>
        c
          .get(to)
          .get(value)
          .memory('v128.store', product * (strips * deep * vectorBytes + apart)),
      );
      advance(c, to, vectorBytes);
    });
  });
  return simpleLaunch(k, strips, Math.ceil(threadWork / (8 * filter.products * deep)));
}

function filterBlocks(library: Library, lines: Lines, own: readonly OwnBuffer[], offset: number): Launch {
  const { nest, filter, output, tap, depth, around, x, size, blocks } = lines;
  const k = new KernelCode(library, nest.name, nest.buffers, 'ii', own);
  const { c } = k;
  const [strips, deep] = [output.extent / tileRows, sizeOf(depth)];
  const panelBytes = aligned(filter.products * (deep * stepBytes + apart));
  const sumBytes = aligned(filter.products * (output.extent * stepBytes + apart));
  const panels = k.scratch;
  const sums = c.get(k.scratch).i32(panelBytes).op('i32.add').keep();
  const weights = c.get(k.shared).i32(offset).op('i32.add').keep();
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
          k.lanes = { axis: x.axis, valid, aligned: false };
          const section = new Section(k);
          section.define(nest.sum, valueOf(nest.dtype, [value], false));
          section.write(nest.body, nest.stores);
          k.lanes = undefined;
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

/** Four vectors of a line each as four of a column each. */
const turned = (c: Code, four: readonly Local[]): Local[] => transpose(c, four, 4);

/** For each product a panel of the block's tiles, with a step for each position in the depth. */
function combineInputs(k: KernelCode, { filter, inputs, depth, channel, step }: Lines, panels: Local): void {
  const { c } = k;
  const arithmetic = vectorArithmetic(c);
  const to = c.get(panels).keep();
  const panelBytes = sizeOf(depth) * stepBytes + apart;
  const count = filter.results + filter.taps - 1;
  /** Where the block's first tile begins. */
  const start = (): Local => k.materialise(k.index(inputs.index, 4, k.pointer(inputs.buffer)));
  const store = (value: Local, product: number, further: number): void =>
    void c
      .get(to)
      .get(value)
      .memory('v128.store', product * panelBytes + further);
  const load = (at: Local, neighbour: number): Local =>
    c
      .get(at)
      .memory('v128.load', neighbour * step)
      .keep();
  const halves = [0, 1];
  if (!channel) {
    overAxes(k, depth, () => {
      const at = start();
      for (const half of halves) {
        const tiles = tilesAlong(c, filter, count, (first) => load(at, 4 * filter.results * half + first));
        filter
          .inputs(arithmetic, tiles)
          .forEach((value, product) => store(value, product, half * vectorBytes));
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
        for (let product = 0; product < filter.products; product++)
          turned(
            c,
            tiles.map((tile) => tile[product]!),
          ).forEach((value, lane) => store(value, product, lane * stepBytes + half * vectorBytes));
      }
      advance(c, to, 4 * stepBytes);
    }),
  );
}

/** Of four tiles of a line each of their elements; loads reach no further than the last of them. */
function tilesAlong(c: Code, { results }: Filter, count: number, load: (first: number) => Local): Local[] {
  const tiles: Local[] = [];
  for (let next = 0; next < count; next += results) {
    const first = Math.min(next, count - results);
    const line = Array.from({ length: results }, (_, i) => load(first + 4 * i));
    const columns =
      results === 4
        ? turned(c, line)
        : [shuffleWords(c, line[0]!, line[1]!, 0, 2, 4, 6), shuffleWords(c, line[0]!, line[1]!, 1, 3, 5, 7)];
    columns.forEach((column, i) => (tiles[first + i] = column));
  }
  return tiles;
}

/** One channel's results, in their order along the line. */
function combineSums(c: Code, { filter, output }: Lines, from: Local): Local[] {
  const arithmetic = vectorArithmetic(c);
  return [0, 1].flatMap((half) => {
    const sums = Array.from({ length: filter.products }, (_, product) =>
      c
        .get(from)
        .memory('v128.load', product * (output.extent * stepBytes + apart) + half * vectorBytes)
        .keep(),
    );
    const results = filter.combine(arithmetic, sums);
    if (filter.results === 4) return turned(c, results);
    const [even, odd] = results as [Local, Local];
    return [shuffleWords(c, even, odd, 0, 4, 1, 5), shuffleWords(c, even, odd, 2, 6, 3, 7)];
  });
}
