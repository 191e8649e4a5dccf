/**
 * Row kernels. Long rows: a workgroup for each, whose lanes walk the row side by side and combine what they found.
 * Short rows: an invocation for each. Few and very long rows: each in parts, a dispatch for each stage. Values combined over
 * rows: each workgroup takes a number of rows that the shape alone decides, and a second dispatch combines the parts in order.
 */
import { collapse, type RowNest, type Stage } from '../../../loops/index.js';
import { combine, identity } from '../wgsl/arithmetic.js';
import { decode, encode, fromWord, rounded, toWord } from '../wgsl/convert.js';
import { Section } from '../wgsl/section.js';
import { typeOf, wordOf, type Value } from '../wgsl/value.js';
import { isBindable } from '../shader.js';
import { Kernel, type Launch, type Operands } from './kernel.js';
import { powerFrom, sizeOf } from './map.js';
import { RowCuts } from './row-cuts.js';
import { Lanes } from './row-lanes.js';
import { finishes, kept, Partials } from './row-partials.js';
import { inWindows, rowCutting } from './windows.js';

/** Up to here a row is left to one invocation. */
const shortRow = 16;

export function emitRow(given: RowNest, operands: Operands): Launch[] {
  const nest = collapse(given);
  const rows = sizeOf(nest.rows);
  const partials = nest.accumulators.length > 0 ? new Partials(nest, operands) : undefined;
  const walk = (): Launch[] => {
    if (rows === 0) return [];
    const cuts = RowCuts.of(nest, operands, partials);
    const stages = cuts
      ? nest.stages.map((_, number) => new RowKernel(nest, operands, partials, { cuts, number }).emit())
      : [];
    // What is found and combined over rows is bound too.
    if (cuts && stages.every(({ shader }) => isBindable(shader, operands.target))) return stages;
    const whole = operands.reuse(() => new RowKernel(nest, operands, partials).emit());
    if (partials || isBindable(whole.shader, operands.target)) return [whole];
    const pieces = inWindows(nest, operands, rowCutting);
    const walked = pieces?.map((piece) =>
      operands.reuse(() => new RowKernel(piece.nest, piece.operands, undefined).emit()),
    );
    return walked ?? [whole];
  };
  return [...walk(), ...(partials ? finishes(nest, operands, partials) : [])];
}

/** The part of a row that a workgroup of a stage has to itself. */
interface CutStage {
  readonly cuts: RowCuts;
  readonly number: number;
}

/** Scratch for an element of the present row, by its position. */
interface Slot {
  read(position: string): string;
  write(position: string, value: Value): void;
}

/** A part of a row: whose it is, which of the row's, and the positions. */
interface CutRow {
  readonly cuts: RowCuts;
  readonly taker: string;
  readonly part: string;
  readonly first: string;
  readonly end: string;
}

class RowKernel {
  readonly #kernel: Kernel;
  readonly #section: Section;
  readonly #lanes: Lanes;
  readonly #size: number;
  readonly #rows: number;
  readonly #slots: Slot[] = [];
  #position = '0';
  #row = '0';

  constructor(
    readonly nest: RowNest,
    readonly operands: Operands,
    readonly partials: Partials | undefined,
    readonly cut?: CutStage,
  ) {
    const name = cut && nest.stages.length > 1 ? `${nest.name}_${cut.number}` : nest.name;
    this.#kernel = new Kernel(name, operands, nest.comment);
    this.#size = sizeOf(nest.inner);
    this.#rows = sizeOf(nest.rows);
    const scans = nest.stages.some((stage) => stage.scans.length > 0);
    const { sharesMemory } = operands.traits;
    const alone = scans
      ? !sharesMemory || partials !== undefined || this.#size <= shortRow
      : partials === undefined && this.#size <= shortRow;
    this.#lanes = new Lanes(this.#kernel, alone ? 1 : widthFor(this.#size));
    this.#section = new Section(this.#kernel, this.#kernel.positions, {
      readScratch: (slot) => this.#readSlot(slot),
    });
  }

  #readSlot(slot: number): string {
    return this.#slots[slot]!.read(this.#position);
  }

  #keep(slot: number, value: Value): void {
    this.#slots[slot]!.write(this.#position, value);
  }

  emit(): Launch {
    if (this.cut) this.#emitStage(this.cut);
    else if (this.partials) this.#emitParts(this.partials);
    else this.#emitRows();
    return this.#kernel.finish();
  }

  #emitRows(): void {
    const { nest } = this;
    const { writer: w, positions } = this.#kernel;
    const takers = Math.min(this.#rows, this.#mostTakers());
    const taker = this.#lanes.eachTaker(takers);
    this.#scratch(taker, takers);
    this.#section.run(nest.setup);
    this.#row = takers === this.#rows ? taker : w.stride('row', taker, this.#rows, takers);
    positions.unflatten(nest.rows, this.#row);
    nest.stages.forEach((stage, number) => this.#stage(stage, number, ''));
    if (takers < this.#rows && this.#lanes.width > 1) w.line('storageBarrier();');
  }

  /** Each taker has a part of the rows, and combines over those. */
  #emitParts(partials: Partials): void {
    const { nest } = this;
    const { writer: w, positions, use } = this.#kernel;
    const { count } = partials;
    const part = this.#lanes.eachTaker(count);
    this.#scratch(part, count);
    this.#section.run(nest.setup);
    this.#startColumns(part);
    const totals = nest.accumulators.map(({ scope, combine: how, dtype }) =>
      scope === 'total' ? w.variable('total', typeOf(kept(dtype)), identity(how, kept(dtype), use)) : '',
    );
    const most = Math.ceil(this.#rows / count);
    const level = w.level;
    const end = w.declare('end', `min((${part} + 1) * ${most}, ${this.#rows})`);
    this.#row = w.fresh('row');
    w.open(`for (var ${this.#row} = ${part} * ${most}; ${this.#row} < ${end}; ${this.#row}++)`);
    positions.unflatten(nest.rows, this.#row);
    nest.stages.forEach((stage, number) => {
      this.#stage(stage, number, part);
      this.#totalsOf(number, (i, value) => {
        const so = { text: totals[i]!, dtype: value.dtype };
        w.line(`${so.text} = ${combine(nest.accumulators[i]!.combine, so, value, use)};`);
      });
    });
    w.closeTo(level);
    nest.accumulators.forEach(({ scope, dtype }, i) => {
      if (scope !== 'total') return;
      this.#lanes.once(() => partials.write(this.#kernel, i, part, { text: totals[i]!, dtype: kept(dtype) }));
    });
  }

  /** One stage, each row in parts: what stages before have found lies in memory. As parts of the rows stand single rows. */
  #emitStage({ cuts, number }: CutStage): void {
    const { nest } = this;
    const kernel = this.#kernel;
    const { writer: w, positions } = kernel;
    const section = this.#section;
    const stage = nest.stages[number]!;
    const count = this.#walks(stage, number) ? cuts.count : 1;
    const taker = this.#lanes.eachTaker(this.#rows * count);
    const row = (this.#row = w.declare('row', `${taker} / ${count}`));
    const part = w.declare('part', `${taker} % ${count}`);
    section.run(nest.setup);
    positions.unflatten(nest.rows, row);
    for (const { rowBody, reduces } of nest.stages.slice(0, number)) {
      section.run(rowBody);
      for (const reduce of reduces)
        section.define(reduce.id, { text: cuts.read(kernel, this.#lanes, reduce, row), dtype: reduce.dtype });
    }
    const first = w.declare('first', `${part} * ${cuts.length}`);
    const end = w.declare('end', `min(${first} + ${cuts.length}, ${this.#size})`);
    this.#stage(stage, number, row, { cuts, taker, part, first, end });
    if (this.partials)
      this.#totalsOf(number, (i, value) =>
        this.#onceInRow(part, () => this.partials!.write(kernel, i, row, value)),
      );
  }

  #onceInRow(part: string, body: () => void): void {
    const { writer: w } = this.#kernel;
    w.open(`if (${part} == 0)`);
    this.#lanes.once(body);
    w.close();
  }

  /** What a stage adds to totals. */
  #totalsOf(stage: number, add: (accumulator: number, value: Value) => void): void {
    this.nest.accumulators.forEach(({ scope, stage: own, dtype, value }, i) => {
      if (scope === 'total' && own === stage) add(i, { ...this.#section.value(value), dtype: kept(dtype) });
    });
  }

  #startColumns(part: string): void {
    const { use } = this.#kernel;
    const columns = this.nest.accumulators.flatMap((each, i) => (each.scope === 'column' ? [i] : []));
    if (columns.length === 0) return;
    this.#lanes.walk(this.#size, false, (position) => {
      for (const i of columns) {
        const { combine: how, dtype } = this.nest.accumulators[i]!;
        const start = { text: identity(how, kept(dtype), use), dtype: kept(dtype) };
        this.partials!.write(this.#kernel, i, `${part} * ${this.#size} + ${position}`, start);
      }
    });
  }

  /** Where the scratch of a row lies: in an invocation, in a workgroup that shares it, or in memory. */
  get #scratchSpace(): 'invocation' | 'workgroup' | 'memory' {
    if (this.#lanes.width === 1) return this.#size <= shortRow ? 'invocation' : 'memory';
    return 4 * this.#size * this.nest.scratch.length <= this.operands.target.scratchBytes
      ? 'workgroup'
      : 'memory';
  }

  /** How many may take rows at a time, by what their scratch takes in memory. */
  #mostTakers(): number {
    const bytes = 4 * this.#size * this.nest.scratch.length;
    if (bytes === 0 || this.#scratchSpace !== 'memory') return Infinity;
    return Math.max(1, Math.floor(this.operands.target.bindingBytes / bytes));
  }

  /** @param taker who of `takers` takes the row, and has scratch for one row at a time */
  #scratch(taker: string, takers: number): void {
    const { scratch: dtypesKept } = this.nest;
    if (dtypesKept.length === 0) return;
    const space = this.#scratchSpace;
    const kernel = this.#kernel;
    const words = takers * this.#size;
    const memory = space === 'memory' ? this.operands.scratch(dtypesKept.length * words) : undefined;
    dtypesKept.forEach((dtype, slot) => {
      if (memory) {
        const rows = kernel.scratch(memory, 'kept', 'uint32');
        const at = (position: string): string => `${slot * words} + ${taker} * ${this.#size} + ${position}`;
        this.#slots[slot] = {
          read: (position) => fromWord(rows.read(at(position)), dtype),
          write: (position, value) => rows.write(at(position), { text: toWord(value), dtype: 'uint32' }),
        };
        return;
      }
      const word = wordOf(dtype);
      const type = `array<${word}, ${this.#size}>`;
      const array =
        space === 'workgroup'
          ? kernel.workgroupArray('kept', word, this.#size)
          : kernel.writer.variable('kept', type, `${type}()`);
      this.#slots[slot] = {
        read: (position) => decode(`${array}[${position}]`, dtype),
        write: (position, value) => kernel.writer.line(`${array}[${position}] = ${encode(value)};`),
      };
    });
  }

  /** Whether lanes wait for each other in some pass: only such may run from the end. */
  get #marches(): boolean {
    return this.#lanes.width > 1 && this.nest.stages.some(({ scans }) => scans.length > 0);
  }

  #columnsOf(stage: number): number[] {
    return this.nest.accumulators.flatMap((each, i) =>
      each.scope === 'column' && each.stage === stage ? [i] : [],
    );
  }

  /** Whether a stage has anything to do for each element. */
  #walks({ reduces, scans, keeps, stores }: Stage, number: number): boolean {
    const each = [reduces, scans, keeps, stores, this.#columnsOf(number)];
    return each.some((list) => list.length > 0);
  }

  /** @param place where in the partial results the row counts */
  #stage(stage: Stage, number: number, place: string, cut?: CutRow): void {
    const { nest } = this;
    const kernel = this.#kernel;
    const { writer: w, positions, use } = kernel;
    const section = this.#section;
    section.run(stage.rowBody);
    if (stage.rowStores.length > 0) {
      const store = (): void => section.store(stage.rowStores);
      if (cut) this.#onceInRow(cut.part, store);
      else this.#lanes.once(store, true);
    }
    if (!this.#walks(stage, number)) return;

    const columns = this.#columnsOf(number);
    const { reduces, scans, keeps, stores } = stage;
    const found = reduces.map((reduce) => this.#lanes.startReduce({ ...reduce, dtype: kept(reduce.dtype) }));
    const running = scans.map(({ combine: how, dtype }) =>
      w.variable('running', typeOf(kept(dtype)), identity(how, kept(dtype), use)),
    );
    const begin = (position: string, scan: (i: number, value: Value) => string): void => {
      this.#position = position;
      positions.unflatten(nest.inner, position);
      const waiting = new Set(scans.keys());
      const advance = (): void => {
        for (const i of waiting) {
          const { id, value, dtype } = scans[i]!;
          if (!section.has(value)) continue;
          const text = scan(i, { ...section.value(value), dtype: kept(dtype) });
          section.define(id, { text: w.declare('scanned', rounded({ text, dtype }, use)), dtype });
          waiting.delete(i);
        }
      };
      advance();
      section.run(stage.body, advance);
    };
    const finish = (): void => {
      reduces.forEach((reduce, r) => found[r]!.step(section.value(reduce.value), positions));
      for (const { slot, value } of keeps) this.#keep(slot, section.value(value));
      for (const i of columns) {
        const { combine: how, dtype, value } = nest.accumulators[i]!;
        const at = `${place} * ${this.#size} + ${this.#position}`;
        const own = { ...section.value(value), dtype: kept(dtype) };
        const text = cut ? own.text : combine(how, this.partials!.read(kernel, i, at), own, use);
        this.partials!.write(kernel, i, at, { text, dtype: own.dtype });
      }
      section.store(stores);
    };
    const walk = (position: string): void => {
      begin(position, (i, value) => {
        const so = { text: running[i]!, dtype: value.dtype };
        w.line(`${so.text} = ${combine(scans[i]!.combine, so, value, use)};`);
        return so.text;
      });
      finish();
    };
    if (cut) this.#lanes.walkPart(cut.first, cut.end, walk);
    else if (scans.length === 0 || this.#lanes.width === 1) this.#lanes.walk(this.#size, stage.reverse, walk);
    else {
      this.#lanes.march(this.#size, stage.reverse, (position, isOwn) => {
        begin(position, (i, value) => this.#lanes.scan(scans[i]!.combine, value, running[i]!));
        w.open(`if (${isOwn})`);
        finish();
        w.close();
      });
    }
    // A pass in the other direction reads what another lane has kept.
    if (keeps.length > 0 && this.#marches)
      w.line(`${this.#scratchSpace === 'memory' ? 'storage' : 'workgroup'}Barrier();`);
    reduces.forEach((reduce, r) => {
      const text = found[r]!.finish();
      if (cut) {
        // All lanes know it.
        this.#lanes.once(() => cut.cuts.write(kernel, reduce, found[r]!, cut.taker));
        return;
      }
      const { id, dtype } = reduce;
      section.define(id, { text: w.declare('reduced', rounded({ text, dtype }, use)), dtype });
    });
  }
}

/** Lanes for a row: enough to have work for each, a power of two. */
const widthFor = (size: number): number => Math.min(256, Math.max(32, powerFrom(Math.max(size, 1) / 2)));
