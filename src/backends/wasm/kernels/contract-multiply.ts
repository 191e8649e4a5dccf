/** The multiplication of a packed contraction: panels, parts of the depth, and the epilogue. */
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import type { Valid } from '../vector/access.js';
import { KernelCode } from '../vector/kernel-code.js';
import { overAxes, sizeOf, strideAlong } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { valueOf } from '../vector/value.js';
import { bindFlat, packPanel, type Start } from './contract-operand.js';
import { bindUnit, packStrips, tileRows, type Left, type Schedule } from './contract.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { aligned } from './scratch.js';

/** Columns of one panel: where they begin, how many count. */
interface Columns {
  readonly start: Start;
  readonly valid: number;
  /** Columns that are multiplied: a multiple of four. */
  readonly width: number;
}

/** Where a panel's sums go: an address, and bytes between rows. */
interface Sums {
  readonly at: Local;
  readonly stride: number;
}

/** Bytes between rows of a result that is the sums as they are, with its columns side by side; else undefined. */
function plainStride({ nest, column }: Schedule): number | undefined {
  const [store] = nest.stores;
  const plain = nest.stores.length === 1 && store!.value === nest.sum && nest.body.length === 0;
  if (!plain || nest.dtype !== 'float32' || nest.m.length > 1) return undefined;
  if (store!.index.terms.some(({ atom }) => atom.kind !== 'axis')) return undefined;
  const row = nest.m[0] ? strideAlong(store!.index, nest.m[0].axis)! : 0;
  return strideAlong(store!.index, column.axis) === 1 && row >= 0 ? row * 4 : undefined;
}

export class Multiply {
  readonly k: KernelCode;
  /** Full panels may be summed where the result lies. */
  readonly #plain: number | undefined;
  readonly #panels: number;
  readonly #fullPanels: number;
  readonly #strips: number;
  readonly #offsets: {
    readonly panel: number;
    readonly left: number;
    readonly sums: number;
    readonly bytes: number;
  };

  constructor(
    readonly library: Library,
    readonly schedule: Schedule,
    readonly left: Left,
  ) {
    const { nest, column, width, rows, partDepth, parts, direct } = schedule;
    this.k = new KernelCode(library, nest.name, nest.buffers, 'ii', left.own);
    this.#plain = plainStride(schedule);
    this.#panels = Math.ceil(column.extent / width);
    this.#fullPanels = Math.floor(column.extent / width);
    this.#strips = Math.ceil(rows / tileRows);
    const several = parts > 1;
    const panel = 0;
    const leftAt = panel + aligned(partDepth * width * 4);
    const sums = leftAt + (several && !direct ? aligned(this.#strips * tileRows * partDepth * 4) : 0);
    const tiles = (several ? this.#panels : 1) * this.#strips * tileRows * width * 4;
    this.#offsets = { panel, left: leftAt, sums, bytes: sums + aligned(tiles) };
  }

  launches(): Launch[] {
    const { k, schedule } = this;
    const { nest, outer, parts, rows, depth, column } = schedule;
    const around = [...nest.batch, ...outer];
    const positions = sizeOf(around);
    const common = { ...simpleLaunch(k, 1), scratchBytes: this.#offsets.bytes };
    if (parts === 1) {
      k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
        const panel = bindUnit(k, unit, this.#panels, around);
        this.#eachWidth(panel, (columns) => this.#panel(columns));
      });
      const work = (rows * depth * schedule.width) / 4;
      return [{ ...common, units: positions * this.#panels, grain: Math.ceil(threadWork / work) }];
    }
    const work = (rows * depth * column.extent) / 4;
    if (positions === 1) {
      this.#parts(k.parameter(0), k.parameter(1));
      return [{ ...common, units: this.#panels, grain: Math.ceil((threadWork * this.#panels) / work) }];
    }
    k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
      bindUnit(k, unit, 1, around);
      this.#parts(0, this.#panels);
    });
    return [{ ...common, units: positions, grain: Math.ceil(threadWork / work) }];
  }

  /** A full panel, or the narrower last one. */
  #eachWidth(panel: Local, body: (columns: Columns) => void): void {
    const { k } = this;
    const { column, width } = this.schedule;
    const rest = column.extent % width;
    const full = (): void =>
      body({ start: k.c.get(panel).i32(width).op('i32.mul').keep(), valid: width, width });
    const last = (): void => body({ start: column.extent - rest, valid: rest, width: rest > 4 ? width : 4 });
    if (rest === 0) full();
    else if (this.#fullPanels === 0) last();
    else k.when(() => k.c.get(panel).i32(this.#fullPanels).op('i32.lt_s'), full, last);
  }

  #at(offset: number): Local {
    const { c } = this.k;
    return c.get(this.k.scratch).i32(offset).op('i32.add').keep();
  }

  /** One panel with the whole depth: multiplied and finished at once. */
  #panel(columns: Columns): void {
    const { k, schedule } = this;
    const { c } = k;
    const { nest } = schedule;
    const panel = this.#at(this.#offsets.panel);
    const end = c.get(panel).keep();
    const range = { from: 0, to: nest.k[0]?.extent ?? 1 };
    packPanel(k, nest.b, [schedule.column], nest.k, columns, range, end);
    const sums = this.#sums(columns, () => this.#at(this.#offsets.sums));
    this.#multiply(this.#left(), panel, end, columns.width, sums, false);
    this.#finish(columns, sums);
  }

  /** The result itself, where it is the sums as they are; else scratch. */
  #sums({ start, valid, width }: Columns, scratch: () => Local): Sums {
    const { k, schedule } = this;
    const { nest, column } = schedule;
    if (this.#plain === undefined || valid < schedule.width) return { at: scratch(), stride: width * 4 };
    const { level } = k.c;
    for (const { axis } of nest.m) k.bindFixed(axis, 0);
    const place = typeof start === 'number' ? { offset: start } : { local: start, offset: 0 };
    k.bind(column.axis, { ...place, level, range: [0, column.extent - 1] });
    const { buffer, index } = nest.stores[0]!;
    return { at: k.materialise(k.index(index, 4, k.pointer(buffer))), stride: this.#plain };
  }

  /** Where the left operand begins, at the present batch. */
  #left(): Local {
    const { k, schedule } = this;
    const { c } = k;
    const { nest, depth, direct } = schedule;
    if (direct) {
      const load = nest.a.body[0]!;
      if (load.kind !== 'load') throw new TypeError('a left operand read where it lies is a load');
      for (const { axis } of [...nest.m, ...nest.k]) k.bindFixed(axis, 0);
      return k.materialise(k.index(load.index, 4, k.pointer(load.buffer)));
    }
    if (!this.left.ahead) return this.#at(this.#offsets.left);
    // Strips of all batches follow each other.
    let batch: Local = c.i32(0).keep();
    for (const { axis, extent } of nest.batch) {
      const position = k.position(axis);
      c.get(batch).i32(extent).op('i32.mul').get(k.materialise(position));
      batch = c.op('i32.add').keep();
    }
    c.get(k.shared)
      .i32(this.left.offset)
      .op('i32.add')
      .get(batch)
      .i32(this.#strips * tileRows * depth * 4);
    return c.op('i32.mul').op('i32.add').keep();
  }

  /** All rows times one panel. */
  #multiply(
    left: Local,
    panel: Local,
    end: Local,
    width: number,
    { at: sums, stride }: Sums,
    accumulate: boolean,
  ): void {
    const { k, schedule, library } = this;
    const { c } = k;
    const { rows, direct, partDepth } = schedule;
    const [row, depth] = direct ? [direct.row, direct.depth] : [4, 4 * tileRows];
    const step = direct ? tileRows * direct.row : tileRows * partDepth * 4;
    const tile = tileRows * stride;
    const micro = (count: number): void => {
      const kernel = {
        rows: count,
        vectors: width / 4,
        rowStride: row,
        depthStride: depth,
        sumStride: stride,
        accumulate,
      };
      c.call(library.micro(kernel));
    };
    const full = Math.floor(rows / tileRows);
    if (full > 0) {
      const a = c.get(left).keep();
      const to = c.get(sums).keep();
      k.count(0, full, 1, () => {
        c.get(a).get(panel).get(end).get(to);
        micro(tileRows);
        c.get(a).i32(step).op('i32.add').set(a);
        c.get(to).i32(tile).op('i32.add').set(to);
      });
    }
    const rest = rows % tileRows;
    if (rest === 0) return;
    c.get(left)
      .i32(full * step)
      .op('i32.add')
      .get(panel)
      .get(end);
    c.get(sums)
      .i32(full * tile)
      .op('i32.add');
    micro(rest);
  }

  /** The epilogue over the finished sums of a panel. */
  #finish({ start, valid, width }: Columns, { at: sums }: Sums): void {
    const { k, schedule } = this;
    const { c } = k;
    const { nest, column, rows } = schedule;
    if (this.#plain !== undefined && valid === schedule.width) return;
    const { level } = c;
    const section = new Section(k);
    const from = c.get(sums).keep();
    const row = (): void => {
      for (let vector = 0; vector * 4 < valid; vector++) {
        const offset = 4 * vector;
        const place = typeof start === 'number' ? { offset: start + offset } : { local: start, offset };
        const range =
          typeof start === 'number' ? [start + offset, start + offset] : [offset, column.extent - 4];
        k.bind(column.axis, { ...place, level, range: range as [number, number] });
        const count = Math.min(4, valid - offset) as Valid;
        k.lanes = { axis: column.axis, valid: count, aligned: typeof start !== 'number' || start % 4 === 0 };
        const sum = c
          .get(from)
          .memory('v128.load', 16 * vector)
          .keep();
        const own = vector === 0 ? section : new Section(k);
        own.define(nest.sum, valueOf(nest.dtype, [sum], false));
        own.write(nest.body, nest.stores);
      }
      k.lanes = undefined;
      c.get(from)
        .i32(width * 4)
        .op('i32.add')
        .set(from);
    };
    if (nest.m.length <= 1) {
      overAxes(k, nest.m, row);
      return;
    }
    k.count(0, rows, 1, (flat) => {
      bindFlat(k, nest.m, flat, 0);
      row();
    });
  }

  /** Panels `from` to `to`, part after part of the depth; the sums of all stay in scratch until the last is done. */
  #parts(from: Start, to: Start): void {
    const { k, schedule } = this;
    const { c } = k;
    const { nest, column, width, direct, part, parts, rows, partDepth } = schedule;
    const first = nest.k[0]!;
    const panelBytes = this.#strips * tileRows * width * 4;
    const allSums = this.#at(this.#offsets.sums);
    const sumsOf = (panel: Local): Local =>
      c.get(allSums).get(panel).i32(panelBytes).op('i32.mul').op('i32.add').keep();

    const onePart = (start: Start, end: Start, accumulate: boolean): void => {
      const range = { from: start, to: end };
      let left: Local;
      if (direct) {
        left = this.#left();
        if (typeof start !== 'number' || start > 0) {
          c.get(left).value(start).i32(direct.depth).op('i32.mul').op('i32.add');
          left = c.keep();
        }
      } else {
        left = this.#at(this.#offsets.left);
        const strip = c.get(left).keep();
        k.count(0, this.#strips, 1, (number) => {
          const lane = c.get(number).i32(tileRows).op('i32.mul').keep();
          const at = c.get(strip).keep();
          packStrips(k, rows, lane, (valid, laneStart) =>
            packPanel(k, nest.a, nest.m, nest.k, { width: tileRows, valid, start: laneStart }, range, at),
          );
          c.get(strip)
            .i32(tileRows * partDepth * 4)
            .op('i32.add')
            .set(strip);
        });
      }
      k.count(from, to, 1, (panel) =>
        this.#eachWidth(panel, (columns) => {
          const packedPanel = this.#at(this.#offsets.panel);
          const endOfPanel = c.get(packedPanel).keep();
          packPanel(k, nest.b, [column], nest.k, columns, range, endOfPanel);
          this.#multiply(
            left,
            packedPanel,
            endOfPanel,
            columns.width,
            this.#sums(columns, () => sumsOf(panel)),
            accumulate,
          );
        }),
      );
    };
    k.scoped(() => onePart(0, part, false));
    const whole = Math.floor(first.extent / part);
    if (whole > 1) {
      k.count(part, whole * part, part, (start) => {
        const end = c.get(start).i32(part).op('i32.add').keep();
        onePart(start, end, true);
      });
    }
    if (whole * part < first.extent && parts > 1) k.scoped(() => onePart(whole * part, first.extent, true));
    k.count(from, to, 1, (panel) =>
      this.#eachWidth(panel, (columns) =>
        this.#finish(columns, { at: sumsOf(panel), stride: columns.width * 4 }),
      ),
    );
  }
}
