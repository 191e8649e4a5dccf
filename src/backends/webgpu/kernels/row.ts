/**
 * Row kernels. Long rows: a workgroup for each, whose lanes walk the row side by side and combine what they found.
 * Short rows and running combinations: an invocation for each. Values combined over rows: each workgroup takes a
 * number of rows that the shape alone decides, and a second dispatch combines the parts in order.
 */
import { isHalf } from '../../../core/index.js';
import { collapse, type Accumulator, type RowNest, type Stage } from '../../../loops/index.js';
import { combine, identity } from '../wgsl/arithmetic.js';
import { decode, encode, rounded } from '../wgsl/convert.js';
import { Section } from '../wgsl/section.js';
import { typeOf, wordOf, type Value } from '../wgsl/value.js';
import type { DeviceRef } from '../shader.js';
import { Kernel, type Launch, type Operands } from './kernel.js';
import { powerFrom, sizeOf } from './map.js';
import { Lanes } from './row-lanes.js';

/** Up to here a row is left to one invocation. */
const shortRow = 16;
/** Workgroups that share rows whose values are combined. */
const mostParts = 64;

export function emitRow(given: RowNest, operands: Operands): Launch[] {
  const nest = collapse(given);
  const rows = sizeOf(nest.rows);
  const partials = nest.accumulators.length > 0 ? new Partials(nest, operands) : undefined;
  const walks = rows === 0 ? [] : [new RowKernel(nest, operands, partials).emit()];
  return [...walks, ...(partials ? finishes(nest, operands, partials) : [])];
}

/** What each part of the rows found for each accumulator, all in one buffer: a kernel binds few. */
class Partials {
  /** Parts of the rows. */
  readonly count: number;
  /** The first word of each accumulator. */
  readonly #bases: readonly number[];
  readonly #ref: DeviceRef;

  constructor(
    readonly nest: RowNest,
    operands: Operands,
  ) {
    this.count = Math.min(sizeOf(nest.rows), mostParts);
    let words = 0;
    this.#bases = nest.accumulators.map(({ scope }) => {
      const base = words;
      words += this.count * (scope === 'total' ? 1 : sizeOf(nest.inner));
      return base;
    });
    this.#ref = operands.scratch(words);
  }

  /** The word of an accumulator at a place of its own. */
  #word(kernel: Kernel, accumulator: number, place: string): string {
    return `${kernel.scratch(this.#ref, 'partials', 'u32')}[${this.#bases[accumulator]!} + ${place}]`;
  }

  read(kernel: Kernel, accumulator: number, place: string): Value {
    const dtype = kept(this.nest.accumulators[accumulator]!.dtype);
    const word = `bitcast<${wordOf(dtype)}>(${this.#word(kernel, accumulator, place)})`;
    return { text: kernel.writer.declare('partial', decode(word, dtype)), dtype };
  }

  write(kernel: Kernel, accumulator: number, place: string, value: Value): void {
    kernel.writer.line(`${this.#word(kernel, accumulator, place)} = bitcast<u32>(${encode(value)});`);
  }
}

/** What accumulates in a half type is kept in float32. */
const kept = (dtype: Value['dtype']): Value['dtype'] => (isHalf(dtype) ? 'float32' : dtype);

class RowKernel {
  readonly #kernel: Kernel;
  readonly #section: Section;
  readonly #lanes: Lanes;
  readonly #size: number;
  readonly #rows: number;
  /** Where each scratch slot's element of the present row and position lies. In memory all are words of one type. */
  readonly #slots: { readonly at: (position: string) => string; readonly inMemory: boolean }[] = [];
  #position = '0';
  #row = '0';

  constructor(
    readonly nest: RowNest,
    readonly operands: Operands,
    readonly partials: Partials | undefined,
  ) {
    this.#kernel = new Kernel(nest.name, operands, nest.comment);
    this.#size = sizeOf(nest.inner);
    this.#rows = sizeOf(nest.rows);
    const scans = nest.stages.some((stage) => stage.scans.length > 0);
    const alone = nest.accumulators.length === 0 && (scans || this.#size <= shortRow);
    this.#lanes = new Lanes(this.#kernel, alone ? 1 : widthFor(this.#size, scans));
    this.#section = new Section(this.#kernel, this.#kernel.positions, {
      readScratch: (slot) => this.#readSlot(slot),
    });
  }

  #readSlot(slot: number): string {
    const { at, inMemory } = this.#slots[slot]!;
    const dtype = this.nest.scratch[slot]!;
    const word = at(this.#position);
    return decode(inMemory ? `bitcast<${wordOf(dtype)}>(${word})` : word, dtype);
  }

  #keep(slot: number, value: Value): void {
    const { at, inMemory } = this.#slots[slot]!;
    const word = encode(value);
    this.#kernel.writer.line(`${at(this.#position)} = ${inMemory ? `bitcast<u32>(${word})` : word};`);
  }

  emit(): Launch {
    const { nest } = this;
    const { writer: w, positions } = this.#kernel;
    const lanes = this.#lanes;
    if (!this.partials) {
      this.#row = lanes.eachRow(this.#rows);
      this.#scratch();
      this.#section.run(nest.setup);
      positions.unflatten(nest.rows, this.#row);
      nest.stages.forEach((stage, number) => this.#stage(stage, number, ''));
      return this.#kernel.finish();
    }
    const { count } = this.partials;
    const part = lanes.eachRow(count);
    this.#section.run(nest.setup);
    this.#startColumns(part);
    const totals = nest.accumulators.map(({ scope, combine: how, dtype }) =>
      scope === 'total'
        ? w.variable('total', typeOf(kept(dtype)), identity(how, kept(dtype), this.#kernel.use))
        : '',
    );
    const most = Math.ceil(this.#rows / count);
    const level = w.level;
    const end = w.declare('end', `min((${part} + 1) * ${most}, ${this.#rows})`);
    this.#row = w.fresh('row');
    w.open(`for (var ${this.#row} = ${part} * ${most}; ${this.#row} < ${end}; ${this.#row}++)`);
    this.#scratch();
    positions.unflatten(nest.rows, this.#row);
    nest.stages.forEach((stage, number) => {
      this.#stage(stage, number, part);
      nest.accumulators.forEach(({ scope, stage: own, combine: how, dtype, value }, i) => {
        if (scope !== 'total' || own !== number) return;
        const so = { text: totals[i]!, dtype: kept(dtype) };
        w.line(
          `${totals[i]!} = ${combine(how, so, { ...this.#section.value(value), dtype: so.dtype }, this.#kernel.use)};`,
        );
      });
    });
    w.closeTo(level);
    nest.accumulators.forEach(({ scope, dtype }, i) => {
      if (scope !== 'total') return;
      lanes.once(() => this.partials!.write(this.#kernel, i, part, { text: totals[i]!, dtype: kept(dtype) }));
    });
    return this.#kernel.finish();
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

  /** Scratch is an invocation's own or shared by a workgroup where it is small, else it lies in memory, for all rows. */
  #scratch(): void {
    const slots = this.nest.scratch.length;
    const bytes = 4 * this.#size * slots;
    let memory: DeviceRef | undefined;
    this.nest.scratch.forEach((dtype, slot) => {
      if (this.#lanes.width === 1 && this.#size <= shortRow) {
        const type = `array<${wordOf(dtype)}, ${this.#size}>`;
        const array = this.#kernel.writer.variable('kept', type, `${type}()`);
        this.#slots[slot] = { at: (position) => `${array}[${position}]`, inMemory: false };
        return;
      }
      if (this.#lanes.width > 1 && bytes <= this.operands.target.scratchBytes) {
        const array = this.#kernel.workgroupArray('kept', wordOf(dtype), this.#size);
        this.#slots[slot] = { at: (position) => `${array}[${position}]`, inMemory: false };
        return;
      }
      memory ??= this.operands.scratch(slots * this.#rows * this.#size);
      const name = this.#kernel.scratch(memory, 'kept', 'u32');
      const base = slot * this.#rows * this.#size;
      const at = (position: string): string =>
        `${name}[${base} + ${this.#row} * ${this.#size} + ${position}]`;
      this.#slots[slot] = { at, inMemory: true };
    });
  }

  #stage(stage: Stage, number: number, part: string): void {
    const { nest } = this;
    const kernel = this.#kernel;
    const { writer: w, positions, use } = kernel;
    const section = this.#section;
    section.run(stage.rowBody);
    if (stage.rowStores.length > 0) this.#lanes.once(() => section.store(stage.rowStores), true);
    const columns = nest.accumulators.flatMap((each, i) =>
      each.scope === 'column' && each.stage === number ? [i] : [],
    );
    const { reduces, scans, keeps, stores } = stage;
    if (reduces.length + scans.length + keeps.length + stores.length + columns.length === 0) return;

    const found = reduces.map((reduce) => this.#lanes.startReduce({ ...reduce, dtype: kept(reduce.dtype) }));
    const running = scans.map(({ combine: how, dtype }) =>
      w.variable('running', typeOf(kept(dtype)), identity(how, kept(dtype), use)),
    );
    this.#lanes.walk(this.#size, stage.reverse, (position) => {
      this.#position = position;
      positions.unflatten(nest.inner, position);
      const waiting = new Set(scans.keys());
      const advance = (): void => {
        for (const i of waiting) {
          const { id, combine: how, value, dtype } = scans[i]!;
          if (!section.has(value)) continue;
          const so = { text: running[i]!, dtype: kept(dtype) };
          w.line(`${so.text} = ${combine(how, so, { ...section.value(value), dtype: so.dtype }, use)};`);
          section.define(id, {
            text: w.declare('scanned', rounded({ text: `${so.text}`, dtype }, use)),
            dtype,
          });
          waiting.delete(i);
        }
      };
      advance();
      section.run(stage.body, advance);
      reduces.forEach((reduce, r) => found[r]!.step(section.value(reduce.value), positions));
      for (const { slot, value } of keeps) this.#keep(slot, section.value(value));
      for (const i of columns) {
        const { combine: how, value } = nest.accumulators[i]!;
        const place = `${part} * ${this.#size} + ${position}`;
        const so = this.partials!.read(kernel, i, place);
        const text = combine(how, so, { ...section.value(value), dtype: so.dtype }, use);
        this.partials!.write(kernel, i, place, { text, dtype: so.dtype });
      }
      section.store(stores);
    });
    reduces.forEach(({ id, dtype }, r) => {
      const value = found[r]!.finish();
      section.define(id, { text: w.declare('reduced', rounded({ text: value, dtype }, use)), dtype });
    });
  }
}

/** Lanes for a row: enough to have work for each, a power of two. */
const widthFor = (size: number, scans: boolean): number =>
  scans ? 1 : Math.min(256, Math.max(32, powerFrom(Math.max(size, 1) / 2)));

/** Combines the parts in their order and writes what is computed from them. */
function finishes(nest: RowNest, operands: Operands, partials: Partials): Launch[] {
  const size = sizeOf(nest.inner);
  const of = (scope: Accumulator['scope']): Launch[] => {
    const { body, stores } = scope === 'column' ? nest.finishColumns : nest.finishTotals;
    const items = scope === 'column' ? size : 1;
    if (stores.length === 0 || items === 0) return [];
    const kernel = new Kernel(`${nest.name}_${scope}s`, operands, nest.comment);
    const { writer: w, positions, use } = kernel;
    const item = kernel.eachInvocation(items);
    if (scope === 'column') positions.unflatten(nest.inner, item);
    const section = new Section(kernel);
    section.run(nest.setup);
    nest.accumulators.forEach((accumulator, i) => {
      if (accumulator.scope !== scope) return;
      const { id, combine: how, dtype } = accumulator;
      const sum = {
        text: w.variable('all', typeOf(kept(dtype)), identity(how, kept(dtype), use)),
        dtype: kept(dtype),
      };
      if (partials.count > 0) {
        const part = w.loop('part', partials.count);
        const next = partials.read(kernel, i, `${part} * ${items} + ${item}`);
        w.line(`${sum.text} = ${combine(how, sum, next, use)};`);
        w.close();
      }
      section.define(id, { text: w.declare('combined', rounded({ text: sum.text, dtype }, use)), dtype });
    });
    section.run(body);
    section.store(stores);
    return [kernel.finish()];
  };
  return [...of('column'), ...of('total')];
}
