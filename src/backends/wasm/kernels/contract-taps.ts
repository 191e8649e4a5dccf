/**
 * Gradients of filters by minimal filtering. What weights are to a convolution of lines, a gradient of its results is to that of
 * the weights: out[o, c, tap] = sum over lines and x of a[o, x] * b[c, x + tap] takes as few multiplications. Quads of neighbouring
 * x are combined for four rows, or four channels, at a time; small products add up over them; at the end their sums are
 * combined to taps. Channels are cut into groups, or lines into parts with sums of their own, as the shape alone decides.
 */
import type { Axis, ContractNest, Load } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { sizeOf, strideAlong } from '../vector/loops.js';
import {
  advance,
  apart,
  evaluate,
  fewestChannels,
  further,
  loadFrom,
  mostTaps,
  perProduct,
  plainLoad,
  productOf,
  stepBytes,
  storeEach,
  vectorArithmetic,
  vectorBytes,
  worthwhile,
  writeSums,
  type FilteredLaunches,
} from './contract-blocks.js';
import { transpose } from './contract-operand.js';
import { bindUnit, tileRows } from './contract.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { adjoint, filterOf, type Filter } from './minimal-filter.js';

/** Lanes of a panel. */
const panelLanes = 8;
/** Neighbouring x that are combined at a time. */
const quad = 4;
/** Tiles that are combined before they are multiplied, and room for them: a power of two would fall on the same cache lines. */
const [chunkTiles, room] = [64, 68];
/** Units of work, panels of a group from which its rows may be combined anew, and bytes that the sums of a unit may take. */
const [mostUnits, fewestPanels, mostSumBytes] = [8, 6, 1 << 20];

export interface Taps {
  readonly nest: ContractNest;
  readonly filter: Filter;
  readonly output: Axis;
  readonly inputs: Load;
  /** The axis of the taps, and the one whose neighbours are a panel's lanes. */
  readonly tap: Axis;
  readonly channel: Axis;
  /** Other axes of the result: every position has panels of its own. */
  readonly outer: readonly Axis[];
  /** What numbers the lines, and what runs along them. */
  readonly lines: readonly Axis[];
  readonly x: Axis;
  /** Whether neighbouring channels lie side by side, else neighbouring x do; bytes between those that do not. */
  readonly together: boolean;
  readonly step: number;
  /** Quads of a line, of which the last may lie over the one before. */
  readonly quads: number;
  /** Groups of panels, parts of all quads, and quads of a chunk. */
  readonly groups: number;
  readonly parts: number;
  readonly chunk: number;
}

/** Undefined where a contraction is no such gradient, or where filtering would not save enough. */
export function tapsOf(nest: ContractNest): Taps | undefined {
  const { batch, m, n, k } = nest;
  const [output, tap, x] = [m[0], n.at(-1), k.at(-1)];
  if (nest.dtype !== 'float32' || batch.length > 0 || m.length !== 1 || n.length < 2) return undefined;
  if (!output || !tap || !x || tap.extent < 3 || tap.extent > mostTaps) return undefined;
  if (output.extent % tileRows !== 0 || x.extent < 2 * quad) return undefined;
  const inputs = plainLoad(nest.b);
  if (!inputs) return undefined;
  const stride = ({ axis }: Axis): number => strideAlong(inputs.index, axis)!;
  if (stride(x) <= 0 || stride(tap) !== stride(x)) return undefined;
  const others = n.slice(0, -1);
  const fits = (axis: Axis): boolean => axis.extent % panelLanes === 0 && stride(axis) > 0;
  const along = stride(x) === 1;
  const channel = others.find((axis) => fits(axis) && (along || stride(axis) === 1));
  if (!channel) return undefined;

  const filter = filterOf(tap.extent);
  const lines = k.slice(0, -1);
  const [rows, columns] = [output.extent, sizeOf(others)];
  const quads = Math.ceil(x.extent / quad);
  const all = quads * sizeOf(lines);
  const perChunk = (chunkTiles * filter.results) / quad;
  if (Math.min(rows, columns) < fewestChannels || all === 0) return undefined;
  const groups = groupsOf(columns / panelLanes);
  if (4 * filter.products * rows * (columns / groups) > mostSumBytes) return undefined;
  const parts = Math.min(Math.floor(mostUnits / groups), Math.ceil(all / perChunk));
  const part = Math.ceil(all / parts);
  // In instructions for each x.
  const products = perProduct * rows * columns;
  const share = filter.products / filter.results;
  const combined = share * (products + 4 * (rows * groups + columns)) + tap.extent * columns;
  const atTheEnd = (rows * columns * filter.products * (parts + 2)) / (x.extent * sizeOf(lines));
  if ((combined * quads * quad) / x.extent + atTheEnd > worthwhile * tap.extent * products) return undefined;
  return {
    nest,
    filter,
    output,
    inputs,
    tap,
    channel,
    outer: others.filter((axis) => axis !== channel),
    lines,
    x,
    together: !along,
    step: 4 * stride(along ? channel : x),
    quads,
    groups,
    parts,
    chunk: Math.ceil(part / Math.ceil(part / perChunk)),
  };
}

/** Into how many equal groups so many panels are best cut. */
function groupsOf(panels: number): number {
  let groups = Math.max(1, Math.min(mostUnits, Math.floor(panels / fewestPanels)));
  while (panels % groups !== 0) groups--;
  return groups;
}

/** Panels of a group, and bytes of scratch: what a product takes on either side, and what the sums of a unit take. */
function areas({ filter, output, channel, outer, groups }: Taps): {
  readonly strips: number;
  readonly panels: number;
  readonly left: number;
  readonly right: number;
  readonly sums: number;
} {
  const strips = output.extent / tileRows;
  const panels = ((channel.extent / panelLanes) * sizeOf(outer)) / groups;
  return {
    strips,
    panels,
    left: strips * room * vectorBytes + apart,
    right: panels * room * stepBytes + apart,
    sums: filter.products * panels * output.extent * stepBytes,
  };
}

/** Binds the axes of channels to where panel `number` begins. */
function bindPanel(k: KernelCode, { channel, outer }: Taps, number: Local): void {
  const group = bindUnit(k, number, channel.extent / panelLanes, outer);
  const local = k.c.get(group).i32(panelLanes).op('i32.mul').keep();
  k.bindCounter(channel.axis, local, [0, channel.extent - panelLanes]);
}

/** Takes shared scratch from `offset` on. */
export function emitTaps(
  library: Library,
  taps: Taps,
  own: readonly OwnBuffer[],
  offset: number,
): FilteredLaunches {
  return {
    launches: [addUp(library, taps, own, offset), finish(library, taps, own, offset)],
    bytes: taps.groups * taps.parts * areas(taps).sums,
  };
}

/** The sums of each group and part: for each product and panel a step for each row. */
function addUp(library: Library, taps: Taps, own: readonly OwnBuffer[], offset: number): Launch {
  const { nest, filter, tap, lines, x, quads, groups, parts, chunk } = taps;
  const { strips, panels, left, right, sums } = areas(taps);
  const k = new KernelCode(library, `${nest.name}_products`, nest.buffers, 'ii', own);
  const { c } = k;
  const all = quads * sizeOf(lines);
  const lost = quads * quad - x.extent;
  const rightAt = further(c, k.scratch, filter.products * left);
  k.bindFixed(tap.axis, 0);
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const part = c.get(unit).i32(groups).op('i32.div_u').keep();
    const firstPanel = c.get(unit).i32(groups).op('i32.rem_u').i32(panels).op('i32.mul').keep();
    c.get(k.shared).i32(offset).op('i32.add');
    const to = c.get(unit).i32(sums).op('i32.mul').op('i32.add').keep();
    c.get(to).i32(0).i32(sums).fillMemory();
    const bound = (number: Local): Local =>
      c.get(number).i32(all).op('i32.mul').i32(parts).op('i32.div_u').keep();
    const until = bound(further(c, part, 1));
    k.count(bound(part), until, chunk, (start) => {
      const next = further(c, start, chunk);
      c.get(next).get(until).get(next).get(until).op('i32.lt_u');
      const end = c.select('i').keep();
      const [a, b] = [c.get(k.scratch).keep(), c.get(rightAt).keep()];
      k.count(start, end, 1, (number) => {
        const place = bindUnit(k, number, quads, lines);
        // The last quad ends where its line does; what the one before has is not counted again.
        const isLast = c
          .get(place)
          .i32(quads - 1)
          .op('i32.eq')
          .keep();
        c.get(place).i32(quad).op('i32.mul').get(isLast).i32(lost).op('i32.mul');
        const local = c.op('i32.sub').keep();
        k.bind(x.axis, { local, offset: 0, level: c.level, range: [0, x.extent - quad] });
        const counted = c.get(isLast).i32(1).op('i32.sub').op('i32x4.splat').keep();
        combineRows(k, taps, a, (value, i) => (i < lost ? c.v('v128.and', value, counted) : value));
        combineChannels(k, taps, firstPanel, b);
        advance(c, a, (quad / filter.results) * vectorBytes);
        advance(c, b, (quad / filter.results) * stepBytes);
      });
      const filled = c.get(b).get(rightAt).op('i32.sub').keep();
      multiplyChunk(k, taps, { rows: k.scratch, panels: rightAt, filled, sums: to });
    });
  });
  const work = (all / parts) * filter.products * strips * panels * 8;
  return {
    ...simpleLaunch(k, groups * parts, Math.max(1, Math.ceil(threadWork / work))),
    scratchBytes: filter.products * (left + right),
  };
}

/** Four rows of the left operand at one quad: to each product a vector for each tile of it. */
function combineRows(
  k: KernelCode,
  taps: Taps,
  at: Local,
  counted: (value: Local, i: number) => Local,
): void {
  const { nest, filter, output, x } = taps;
  const { c } = k;
  const { left } = areas(taps);
  const transposed = adjoint(filter.combine, filter.products);
  const arithmetic = vectorArithmetic(c);
  const to = c.get(at).keep();
  k.count(0, output.extent, tileRows, (row) => {
    const { level } = c;
    k.lanes = { axis: x.axis, valid: 4, aligned: false };
    const rows = Array.from({ length: tileRows }, (_, offset) => {
      k.bind(output.axis, { local: row, offset, level, range: [offset, output.extent - tileRows + offset] });
      return evaluate(k, nest.a);
    });
    k.lanes = undefined;
    const values = transpose(c, rows).map(counted);
    for (let tile = 0; tile * filter.results < quad; tile++)
      storeEach(
        c,
        to,
        transposed(arithmetic, values.slice(tile * filter.results, (tile + 1) * filter.results)),
        left,
        tile * vectorBytes,
      );
    advance(c, to, room * vectorBytes);
  });
}

/** A group's channels of the right operand at one quad: to each product a step for each tile of it. */
function combineChannels(k: KernelCode, taps: Taps, firstPanel: Local, at: Local): void {
  const { filter, inputs, together, step } = taps;
  const { c } = k;
  const { panels, right } = areas(taps);
  const arithmetic = vectorArithmetic(c);
  const to = c.get(at).keep();
  const count = quad + filter.taps - 1;
  k.count(0, panels, 1, (panel) => {
    bindPanel(k, taps, c.get(firstPanel).get(panel).op('i32.add').keep());
    const from = k.materialise(k.index(inputs.index, 4, k.pointer(inputs.buffer)));
    const load = (bytes: number): Local => loadFrom(c, from, bytes);
    for (const half of [0, 1]) {
      /** Of four channels the neighbours along the line. */
      const line: Local[] = [];
      if (together) {
        for (let i = 0; i < count; i++) line.push(load(i * step + half * vectorBytes));
      } else {
        for (let next = 0; next < count; next += 4) {
          const first = Math.min(next, count - 4);
          const four = [0, 1, 2, 3].map((lane) => load((4 * half + lane) * step + 4 * first));
          transpose(c, four).forEach((value, i) => (line[first + i] = value));
        }
      }
      for (let tile = 0; tile * filter.results < quad; tile++) {
        const first = tile * filter.results;
        const neighbours = line.slice(first, first + filter.results + filter.taps - 1);
        const at = tile * stepBytes + half * vectorBytes;
        storeEach(c, to, filter.inputs(arithmetic, neighbours), right, at);
      }
    }
    advance(c, to, room * stepBytes);
  });
}

/** Where a chunk's operands and the sums lie, and how many bytes of each panel are filled. */
type Chunk = Readonly<Record<'rows' | 'panels' | 'filled' | 'sums', Local>>;

/** Adds the products of all strips with all panels to the sums. */
function multiplyChunk(k: KernelCode, taps: Taps, chunk: Chunk): void {
  const { c, library } = k;
  const { strips, panels, left } = areas(taps);
  const micro = productOf(library, true);
  const rows = c.get(chunk.rows).keep();
  const panel = c.get(chunk.panels).keep();
  const to = c.get(chunk.sums).keep();
  k.count(0, taps.filter.products, 1, () => {
    k.count(0, panels, 1, () => {
      const end = c.get(panel).get(chunk.filled).op('i32.add').keep();
      const strip = c.get(rows).keep();
      k.count(0, strips, 1, () => {
        c.get(strip).get(panel).get(end).get(to).call(micro);
        advance(c, strip, room * vectorBytes);
        advance(c, to, tileRows * stepBytes);
      });
      advance(c, panel, room * stepBytes);
    });
    advance(c, rows, left);
    advance(c, panel, apart);
  });
}

/** Adds the parts up in order, and makes taps of their sums. */
function finish(library: Library, taps: Taps, own: readonly OwnBuffer[], offset: number): Launch {
  const { nest, filter, output, tap, channel, groups, parts } = taps;
  const { panels, sums } = areas(taps);
  const k = new KernelCode(library, nest.name, nest.buffers, 'ii', own);
  const { c } = k;
  const arithmetic = vectorArithmetic(c);
  const transposed = adjoint(filter.weights, filter.taps);
  const panelBytes = output.extent * stepBytes;
  k.count(k.parameter(0), k.parameter(1), 1, (row) => {
    k.bindCounter(output.axis, row, [0, output.extent - 1]);
    c.get(k.shared).i32(offset).op('i32.add');
    const first = c.get(row).i32(stepBytes).op('i32.mul').op('i32.add').keep();
    k.count(0, groups * panels, 1, (number) => {
      bindPanel(k, taps, number);
      const start = k.position(channel.axis);
      c.get(first).get(number).i32(panels).op('i32.div_u').i32(sums).op('i32.mul').op('i32.add');
      c.get(number).i32(panels).op('i32.rem_u').i32(panelBytes).op('i32.mul').op('i32.add');
      const panel = c.keep();
      for (const lane of [0, 4]) {
        const load = (from: Local, product: number): Local =>
          loadFrom(c, from, product * panels * panelBytes + 4 * lane);
        const totals = Array.from({ length: filter.products }, (_, product) => load(panel, product));
        const from = c.get(panel).keep();
        k.count(1, parts, 1, () => {
          advance(c, from, groups * sums);
          totals.forEach((total, product) =>
            c.get(total).get(load(from, product)).op('f32x4.add').set(total),
          );
        });
        transposed(arithmetic, totals).forEach((value, i) => {
          k.bindFixed(tap.axis, i);
          const range = [lane, channel.extent - panelLanes + lane] as const;
          k.bind(channel.axis, { ...start, offset: lane, range });
          writeSums(k, nest, value, { axis: channel.axis, valid: 4, aligned: true });
        });
      }
    });
  });
  const work = groups * panels * 2 * filter.products * (parts + 2);
  return simpleLaunch(k, output.extent, Math.max(1, Math.ceil(threadWork / work)));
}
