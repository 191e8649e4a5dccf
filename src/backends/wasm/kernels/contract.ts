/**
 * Contractions: out[m, n] = epilogue(sum over k of a[m, k] * b[n, k]). The right operand is packed into panels of a few
 * columns; a small function multiplies rows of the left operand with a panel; the epilogue runs over finished tiles. The left
 * operand is read where it lies when its rows and depth are evenly spaced, and packed otherwise.
 */
import { dtypes, isHalf } from '../../../core/index.js';
import { collapse, isLinear, type Axis, type ContractNest } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { sizeOf, strideAlong } from '../vector/loops.js';
import { evaluatedAhead } from './contract-ahead.js';
import type { FilteredLaunches } from './contract-blocks.js';
import { emitDirect } from './contract-direct.js';
import { emitLines, linesOf } from './contract-lines.js';
import { packPanel, soleLoad } from './contract-operand.js';
import { withPadding, type OperandCopy } from './contract-pad.js';
import { Multiply } from './contract-multiply.js';
import { emitTaps, tapsOf } from './contract-taps.js';
import { emitWinograd, winogradOf } from './contract-winograd.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { emitElements } from './map.js';
import { aligned } from './scratch.js';

/** Rows of a tile. */
export const tileRows = 4;
/** Depth up to which a panel is multiplied in one go. */
const mostDepth = 1024;
/** Depth of a part, where there are several. */
const partDepth = 512;
/** Products of fewer multiplications are not worth packing. */
const tiny = 2048;

/** Where a left operand packed ahead lies in shared scratch, behind the kernel's own buffers. */
export interface Left {
  readonly own: readonly OwnBuffer[];
  readonly ahead: boolean;
  readonly offset: number;
}

/** How a contraction is carried out. */
export interface Schedule {
  readonly nest: ContractNest;
  readonly rows: number;
  readonly depth: number;
  /** The axis whose elements are a panel's columns. */
  readonly column: Axis;
  /** Axes of n outside it: every position has panels of its own. */
  readonly outer: readonly Axis[];
  /** Columns of a panel: eight, or four where there are no more. */
  readonly width: number;
  /** Bytes between rows, and along the depth, of a left operand read where it lies. */
  readonly direct: { readonly row: number; readonly depth: number } | undefined;
  /** Positions of the outermost axis of the depth in one part. */
  readonly part: number;
  /** Longest depth of a part. */
  readonly partDepth: number;
  readonly parts: number;
}

function directStrides({ a, m, k }: ContractNest): Schedule['direct'] {
  const load = soleLoad(a);
  if (!load || m.length > 1 || k.length !== 1) return undefined;
  // Rows and depth must be evenly spaced from wherever the batch stands.
  if (!isLinear(load.index)) return undefined;
  const row = m[0] ? strideAlong(load.index, m[0].axis) : 0;
  const depth = strideAlong(load.index, k[0]!.axis);
  if (row === undefined || depth === undefined || row < 0 || depth < 0) return undefined;
  return { row: row * 4, depth: depth * 4 };
}

/** The same contraction with rows and columns exchanged. */
const swapped = (nest: ContractNest): ContractNest => ({
  ...nest,
  m: nest.n,
  n: nest.m,
  a: nest.b,
  b: nest.a,
});

/** What it costs to have the last axis of n as columns, by multiplication. */
function columnCost({ n, m, k, stores }: ContractNest): number {
  const last = n.at(-1);
  if (!last) return Infinity;
  const rows = sizeOf(m);
  const waste =
    (Math.ceil(last.extent / 4) * 4 + (last.extent > 4 && last.extent % 8 !== 0 ? 1 : 0)) / last.extent;
  const rowWaste = (Math.ceil(rows / tileRows) * tileRows) / rows;
  const strided = stores.filter((store) => strideAlong(store.index, last.axis) !== 1).length;
  return waste * rowWaste * (1 + 1 / rows) + (strided * 4) / sizeOf(k);
}

export function scheduleOf(given: ContractNest): Schedule {
  const other = swapped(given);
  const nest = columnCost(other) < columnCost(given) ? other : given;
  const column = nest.n.at(-1)!;
  const [rows, depth] = [sizeOf(nest.m), sizeOf(nest.k)];
  const first = nest.k[0];
  const inner = sizeOf(nest.k.slice(1));
  const part =
    depth <= mostDepth || !first
      ? (first?.extent ?? 1)
      : Math.max(1, Math.min(first.extent, Math.floor(partDepth / inner)));
  const parts = first ? Math.ceil(first.extent / part) : 1;
  return {
    nest,
    rows,
    depth,
    column,
    outer: nest.n.slice(0, -1),
    width: column.extent > 4 ? 8 : 4,
    direct: directStrides(nest),
    part,
    partDepth: part * inner,
    parts,
  };
}

export function emitContract(library: Library, given: ContractNest): Launch[] {
  const { nest, copies, filtered } = prepared(collapse(given));
  const [rows, columns, depth] = [sizeOf(nest.m), sizeOf(nest.n), sizeOf(nest.k)];
  if (rows * columns * sizeOf(nest.batch) === 0) return [];
  // Copies lie first in shared scratch.
  let bytes = 0;
  const own = copies.map(({ buffer }): OwnBuffer => {
    const offset = bytes;
    bytes += aligned(buffer.elements * dtypes[buffer.dtype].bytes);
    return { buffer, offset };
  });
  const launches = copies.flatMap((each, i) => writeCopy(library, nest, own, own[i]!, each));
  const single = nest.dtype === 'float32' || isHalf(nest.dtype);
  const small = Math.min(rows, columns) < tileRows || rows * columns * depth < tiny || depth === 0;
  if (!single || small) launches.push(...emitDirect(library, nest, own));
  else if (filtered) {
    const made = filtered(library, own, bytes);
    launches.push(...made.launches);
    bytes += made.bytes;
  } else {
    const schedule = scheduleOf(nest);
    // One part: the left operand is packed ahead, for all panels.
    const ahead = schedule.direct === undefined && schedule.parts === 1;
    const strips = Math.ceil(schedule.rows / tileRows) * sizeOf(nest.batch);
    const left = { own, ahead, offset: bytes };
    if (ahead) {
      launches.push(packLeft(library, schedule, strips, left));
      bytes += aligned(strips * tileRows * depth * 4);
    }
    launches.push(...new Multiply(library, schedule, left).launches());
  }
  return launches.map((launch) => ({ ...launch, sharedBytes: bytes }));
}

/** Emits a convolution by minimal filtering, which takes shared scratch from `offset` on. */
type EmitFiltered = (library: Library, own: readonly OwnBuffer[], offset: number) => FilteredLaunches;

function filteredOf(nest: ContractNest): EmitFiltered | undefined {
  const winograd = winogradOf(nest);
  if (winograd) return (library, ...at) => emitWinograd(library, winograd, ...at);
  const lines = linesOf(nest);
  if (lines) return (library, ...at) => emitLines(library, lines, ...at);
  const taps = tapsOf(nest);
  return taps && ((library, ...at) => emitTaps(library, taps, ...at));
}

/** The contraction over copies of its operands, where those serve it. */
function prepared(nest: ContractNest): {
  readonly nest: ContractNest;
  readonly copies: readonly OperandCopy[];
  readonly filtered: EmitFiltered | undefined;
} {
  const ahead = nest.b.body.length > 1 ? evaluatedAhead(nest, nest.buffers.length) : undefined;
  if (ahead) {
    const made = withPadding(ahead.nest, [ahead.copy]);
    const filtered = filteredOf(made.nest);
    if (filtered) return { ...made, filtered };
  }
  const made = withPadding(nest);
  return { ...made, filtered: filteredOf(made.nest) };
}

/** Writes a copy of an operand, which is cleared before where it has more than what is written. */
function writeCopy(
  library: Library,
  nest: ContractNest,
  own: readonly OwnBuffer[],
  { buffer, offset }: OwnBuffer,
  { copy, whole }: OperandCopy,
): Launch[] {
  const launches: Launch[] = [];
  if (!whole) {
    const clear = new KernelCode(library, `${nest.name}_clear`, nest.buffers, 'ii', own);
    const bytes = buffer.elements * dtypes[buffer.dtype].bytes;
    clear.c.get(clear.shared).i32(offset).op('i32.add').i32(0).i32(bytes).fillMemory();
    launches.push(simpleLaunch(clear, 1));
  }
  if (sizeOf(copy.axes) === 0) return launches;
  const k = new KernelCode(library, `${nest.name}_pad`, nest.buffers, 'ii', own);
  const { units, work } = emitElements(k, copy);
  return [...launches, simpleLaunch(k, units, Math.ceil(threadWork / work))];
}

/** Packs the left operand of all batches into strips. */
function packLeft(library: Library, { nest, depth }: Schedule, units: number, left: Left): Launch {
  const k = new KernelCode(library, `${nest.name}_pack_left`, nest.buffers, 'ii', left.own);
  const { c } = k;
  const rows = sizeOf(nest.m);
  const strips = Math.ceil(rows / tileRows);
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const strip = bindUnit(k, unit, strips, nest.batch);
    const start = c.get(strip).i32(tileRows).op('i32.mul').keep();
    const to = c
      .get(k.shared)
      .i32(left.offset)
      .op('i32.add')
      .get(unit)
      .i32(tileRows * depth * 4)
      .op('i32.mul')
      .op('i32.add')
      .keep();
    const range = { from: 0, to: nest.k[0]?.extent ?? 1 };
    packStrips(k, rows, start, (valid, at) =>
      packPanel(k, nest.a, nest.m, nest.k, { width: tileRows, valid, start: at }, range, to),
    );
  });
  const grain = Math.ceil(threadWork / (tileRows * depth));
  return simpleLaunch(k, units, grain);
}

/** The whole strip, or the shorter last one. */
export function packStrips(
  k: KernelCode,
  rows: number,
  start: Local,
  pack: (valid: number, at: Local | number) => void,
): void {
  const rest = rows % tileRows;
  if (rest === 0) pack(tileRows, start);
  else if (rows < tileRows) pack(rest, 0);
  else {
    k.when(
      () =>
        k.c
          .get(start)
          .i32(rows - rest)
          .op('i32.lt_s'),
      () => pack(tileRows, start),
      () => pack(rest, rows - rest),
    );
  }
}

/** Takes a unit apart: gives its number modulo `size`, and binds the axes to the quotient. */
export function bindUnit(k: KernelCode, unit: Local, size: number, axes: readonly Axis[]): Local {
  const { c } = k;
  const used = axes.filter(({ extent }) => extent > 1);
  if (used.length === 0) return unit;
  let rest = c.get(unit).i32(size).op('i32.div_u').keep();
  const own = c.get(unit).i32(size).op('i32.rem_u').keep();
  used.toReversed().forEach(({ axis, extent }, i) => {
    const first = i === used.length - 1;
    const value = first ? rest : c.get(rest).i32(extent).op('i32.rem_u').keep();
    k.bindCounter(axis, value, [0, extent - 1]);
    if (!first) rest = c.get(rest).i32(extent).op('i32.div_u').keep();
  });
  return own;
}
