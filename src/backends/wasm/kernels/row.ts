/**
 * Row kernels: for each row, one pass after another over its elements. Either neighbours within a row share a vector, or
 * neighbouring rows do, whichever lie side by side in memory.
 */
import type { DType } from '../../../core/index.js';
import { collapse, type Axis, type IndexExpr, type RowNest, type Stage } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { loadStrided } from '../vector/access.js';
import { fold, identity } from '../vector/arithmetic.js';
import { scanLanes } from '../vector/combine.js';
import { interiorCuts } from '../vector/interior.js';
import { KernelCode } from '../vector/kernel-code.js';
import { alongLaneGroups, alongLanes, laneCost, overAxes, overAxis, sizeOf } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { assign, valueOf, variable, type Value } from '../vector/value.js';
import { Accumulators } from './accumulators.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { accessesOf } from './map.js';
import { Reduction } from './reduction.js';
import { ScratchArrays, innerPosition, scratchBytesOf } from './scratch.js';
import { splitRow } from './split.js';

/** Elements after which sums of float32 go on in float64: rounding errors would add up. */
const chunk = 4096;

/** Which axis is walked in vectors, and whether it numbers rows. */
function chooseLanes(nest: RowNest): { readonly axis: Axis | undefined; readonly rows: boolean } {
  const accesses = nest.stages.flatMap(({ body, stores }) => accessesOf(body, stores));
  const operations = nest.stages.reduce((n, { body }) => n + body.length, 0);
  const free = nest.accumulators.length + nest.scratch.length === 0;
  const scans = nest.stages.some((stage) => stage.scans.length > 0);
  // Where the order of a row's elements matters, neighbours are those of its last axis.
  const ordered = scans || nest.stages.some(({ reduces }) => reduces.some(({ position }) => position));
  const candidates = [
    ...nest.inner.slice(ordered ? -1 : 0).map((axis) => ({ axis, rows: false })),
    ...(free ? nest.rows.map((axis) => ({ axis, rows: true })) : []),
  ].filter(({ axis }) => axis.extent > 1);
  let best: (typeof candidates)[number] | undefined;
  let least = Infinity;
  for (const candidate of candidates.toReversed()) {
    const along = laneCost(candidate.axis, accesses, operations);
    // Lanes of a row must be combined at its end, and step by step in a scan.
    const more = candidate.rows ? 0 : scans ? 8 : 8 / candidate.axis.extent;
    if (along + more < least) [best, least] = [candidate, along + more];
  }
  return best ?? { axis: undefined, rows: false };
}

export function emitRow(library: Library, given: RowNest): Launch[] {
  const nest = splitRow(collapse(given));
  const lanes = chooseLanes(nest);
  const k = new KernelCode(library, nest.name, nest.buffers, 'ii');
  const width = sizeOf(nest.inner);
  const work = Math.max(1, (width / 4) * nest.stages.reduce((n, { body }) => n + body.length + 1, 0));
  const scratch = new ScratchArrays(nest, width);
  const [first, ...rest] = nest.rows;
  if (sizeOf(nest.rows) === 0 && nest.accumulators.length === 0) return [];

  if (lanes.rows) {
    const axis = lanes.axis!;
    const outer = nest.rows.filter((row) => row !== axis);
    const body = (from: number | Local, to: number | Local): void =>
      alongLaneGroups(k, axis, (vectors, select) => new RowGroup(k, nest, vectors, select).write(), {
        unroll: 4,
        from,
        to,
      });
    const [outermost, ...others] = outer;
    if (!outermost) {
      body(k.parameter(0), k.parameter(1));
      return [simpleLaunch(k, axis.extent, Math.ceil(threadWork / work / 16) * 16)];
    }
    overAxis(k, outermost, k.parameter(0), k.parameter(1), () =>
      overAxes(k, others, () => body(0, axis.extent)),
    );
    return [simpleLaunch(k, outermost.extent, Math.ceil(threadWork / (work * sizeOf(others) * axis.extent)))];
  }

  const accumulators = new Accumulators(k, nest, width, work);
  const row = new Row(k, nest, lanes.axis, scratch, accumulators);
  const launch = {
    ...simpleLaunch(k, 1),
    scratchBytes: scratch.bytes,
    sharedBytes: accumulators.sharedBytes,
  };
  if (accumulators.count === 0) {
    row.setup();
    if (!first) row.write();
    else overAxis(k, first, k.parameter(0), k.parameter(1), () => overAxes(k, rest, () => row.write()));
    const units = first?.extent ?? 1;
    return [{ ...launch, units, grain: Math.ceil(threadWork / (work * sizeOf(rest))) }];
  }
  accumulators.overParts(first, (from, to) => {
    row.setup();
    if (!first) row.write();
    else overAxis(k, first, from, to, () => overAxes(k, rest, () => row.write()));
  });
  return [{ ...launch, units: accumulators.parts, grain: 1 }, accumulators.finish(library, lanes.axis)];
}

/** Neighbours within a row in vectors. */
class Row {
  readonly #section: Section;

  constructor(
    readonly k: KernelCode,
    readonly nest: RowNest,
    readonly axis: Axis | undefined,
    readonly scratch: ScratchArrays,
    readonly accumulators: Accumulators,
  ) {
    const at = innerPosition(nest.inner);
    this.#section = new Section(k, (slot, dtype) => {
      const value = this.#access(scratch.address(k, slot), at, scratch.dtypeOf(slot));
      return valueOf(dtype, value.parts, false);
    });
  }

  /** The element of an array of a row, at the present inner position. */
  #access(array: Local, at: IndexExpr, dtype: DType): Value {
    const { k } = this;
    const place = k.address(array, at, scratchBytesOf(dtype));
    return loadStrided(k.c, place, dtype, k.lanes?.valid ?? 1, k.stride(at) ?? 0);
  }

  setup(): void {
    this.#section.run(this.nest.setup);
  }

  write(): void {
    this.nest.stages.forEach((stage, number) => this.#stage(stage, number));
  }

  #stage(stage: Stage, number: number): void {
    const { k, nest, accumulators } = this;
    const { c } = k;
    const section = this.#section;
    section.run(stage.rowBody);
    section.store(stage.rowStores);
    accumulators.addTotals(number, section);
    const columns = accumulators.columnsOf(number);
    const { reduces, scans, keeps, stores } = stage;
    if (reduces.length + scans.length + keeps.length + stores.length + columns.length === 0) return;

    const operations = stage.body.length;
    const unroll = reduces.length > 0 && scans.length === 0 && operations < 10 ? (operations < 5 ? 4 : 2) : 1;
    const width = sizeOf(nest.inner);
    const how = { unroll, wide: width > 2 * chunk, across: this.axis !== undefined };
    const states = reduces.map((reduce) => new Reduction(k, reduce, stage, nest, how));
    const running = scans.map(({ combine, dtype }) => {
      const value = variable(c, dtype);
      assign(c, value, identity(c, combine, dtype));
      return value;
    });
    const at = innerPosition(nest.inner);

    const body = (vector: number): void => {
      const valid = k.lanes?.valid ?? 1;
      const waiting = new Set(scans.keys());
      const advance = (): void => {
        for (const i of waiting) {
          const { id, combine, value, dtype } = scans[i]!;
          if (!section.has(value)) continue;
          const now = section.value(value);
          if (!k.lanes) {
            assign(c, running[i]!, fold(c, combine, running[i]!, now, k.library));
            section.define(id, this.#copy({ ...running[i]!, dtype }));
          } else {
            const options = { valid, reverse: stage.reverse };
            const { lanes, last } = scanLanes(c, combine, now, running[i]!, options, k.library);
            assign(c, running[i]!, last);
            section.define(id, lanes);
          }
          waiting.delete(i);
        }
      };
      advance();
      section.run(stage.body, advance);
      advance();
      states.forEach((state) => state.step(section, vector));
      for (const { slot, value } of keeps) {
        const dtype = this.scratch.dtypeOf(slot);
        section.storeValue(this.scratch.address(k, slot), at, valueOf(dtype, section.value(value).parts));
      }
      for (const column of columns) {
        const dtype = accumulators.dtypeOf(column);
        const array = accumulators.address(column);
        const old = this.#access(array, at, dtype);
        const value = valueOf(dtype, section.value(column.value).parts);
        section.storeValue(array, at, fold(c, column.combine, old, value, k.library));
      }
      section.store(stores);
    };

    const flush = (): void => states.forEach((state) => state.flush());
    const { axis } = this;
    if (!axis) {
      // No axis has more than one element: there is one position.
      overAxes(k, nest.inner, () => body(0));
      flush();
    } else {
      const others = nest.inner.filter((inner) => inner !== axis);
      overAxes(k, others, () => {
        const cuts = scans.length === 0 && unroll === 1 ? interiorCuts(k, axis, stage.body) : [];
        const chunked = states.some((state) => state.wide) && axis.extent > 2 * chunk && !stage.reverse;
        if (chunked) {
          const end = axis.extent - (axis.extent % chunk);
          k.count(0, end, chunk, (from) => {
            const to = c.get(from).i32(chunk).op('i32.add').keep();
            alongLanes(k, axis, body, { unroll, from, to, multiple: true });
            flush();
          });
          if (end < axis.extent) alongLanes(k, axis, body, { unroll, from: end });
        } else alongLanes(k, axis, body, { unroll, reverse: stage.reverse, cuts });
        flush();
      });
    }
    states.forEach((state) => section.define(state.reduce.id, state.finish()));
  }

  #copy(value: Value): Value {
    const copy = variable(this.k.c, value.dtype);
    assign(this.k.c, copy, value);
    return { ...copy, exact: value.exact };
  }
}

/** Vectors of neighbouring rows, worked on together. */
class RowGroup {
  readonly #sections: readonly Section[];

  constructor(
    readonly k: KernelCode,
    readonly nest: RowNest,
    readonly vectors: number,
    readonly select: (vector: number) => void,
  ) {
    this.#sections = Array.from({ length: vectors }, () => new Section(k));
  }

  #each(body: (section: Section, vector: number) => void): void {
    this.#sections.forEach((section, vector) => {
      this.select(vector);
      body(section, vector);
    });
  }

  write(): void {
    const { k, nest } = this;
    this.#each((section) => section.run(nest.setup));
    for (const stage of nest.stages) {
      this.#each((section) => section.write(stage.rowBody, stage.rowStores));
      if (stage.reduces.length + stage.scans.length + stage.stores.length === 0) continue;
      const wide = sizeOf(nest.inner) > 2 * chunk;
      const states = this.#sections.map(() =>
        stage.reduces.map(
          (reduce) => new Reduction(k, reduce, stage, nest, { unroll: 1, wide, across: false }),
        ),
      );
      const running = this.#sections.map(() =>
        stage.scans.map(({ combine, dtype }) => {
          const value = variable(k.c, dtype);
          assign(k.c, value, identity(k.c, combine, dtype));
          return value;
        }),
      );
      overAxes(
        k,
        nest.inner,
        () =>
          this.#each((section, vector) => {
            const waiting = new Set(stage.scans.keys());
            const advance = (): void => {
              for (const i of waiting) {
                const { id, combine, value } = stage.scans[i]!;
                if (!section.has(value)) continue;
                const total = running[vector]![i]!;
                const next = fold(k.c, combine, total, section.value(value), k.library);
                assign(k.c, total, next);
                section.define(id, next);
                waiting.delete(i);
              }
            };
            advance();
            section.run(stage.body, advance);
            advance();
            for (const state of states[vector]!) {
              state.step(section, 0);
              state.flush();
            }
            section.store(stage.stores);
          }),
        stage.reverse,
      );
      this.#each((section, vector) => {
        for (const state of states[vector]!) section.define(state.reduce.id, state.finish());
      });
    }
  }
}
