/** Row kernels: for each row, one pass after another over its elements. */
import { isFloat } from '../../core/index.js';
import {
  addIndex,
  axisIndex,
  collapse,
  constantIndex,
  evaluateIndex,
  flattenIndex,
  nextId,
  substitute,
  withExpressions,
  withOperands,
  type Axis,
  type IndexExpr,
  type Instr,
  type Reduce,
  type RowNest,
  type Stage,
} from '../../loops/index.js';
import { atom, element, type Code } from './code.js';
import { index } from './index-code.js';
import { FunctionBuilder, callOf, type Launch, type Module } from './kernel.js';
import {
  finished,
  fold,
  foldInto,
  foldOf,
  foldPosition,
  fromScratch,
  identity,
  identityElement,
  toScratch,
} from './reduce.js';
import { emitColumnwise, walksColumns } from './row-columns.js';
import { Section } from './section.js';
import { sharedValues } from './uses.js';

export function emitRow(module: Module, given: RowNest): Launch {
  const nest = collapse(given);
  const fn = new FunctionBuilder(module, nest.name, nest.buffers);
  nest.buffers.forEach((_, number) => fn.buffer(number));
  if (walksColumns(nest)) emitColumnwise(fn, nest);
  else new Rowwise(fn, nest).write();
  fn.finish([], nest.comment);
  return callOf(fn);
}

/** Row-major position in a row. */
export const innerPosition = (inner: readonly Axis[]): IndexExpr =>
  flattenIndex(
    inner.map(({ axis, extent }) => axisIndex(axis, extent)),
    inner.map(({ extent }) => extent),
  );

const lanes = 4;

class Rowwise {
  readonly #section: Section;
  readonly #shared: ReadonlySet<number>;
  readonly #scratch: readonly string[];
  readonly #size: number;
  /** Where each accumulator is kept. */
  readonly #places = new Map<number, string>();

  constructor(
    readonly fn: FunctionBuilder,
    readonly nest: RowNest,
  ) {
    const { module, writer: w } = fn;
    this.#size = nest.inner.reduce((size, { extent }) => size * extent, 1);
    this.#scratch = nest.scratch.map((dtype, slot) => module.scratch(`scratch${slot}`, dtype, this.#size));
    this.#section = new Section(fn, (slot) =>
      element(this.#scratch[slot]!, index(w, innerPosition(nest.inner))),
    );
    this.#shared = sharedValues(nest);
  }

  write(): void {
    const { fn, nest } = this;
    const w = fn.writer;
    this.#section.run(nest.setup, [], this.#shared);
    nest.accumulators.forEach(({ id, scope, combine, dtype }, i) => {
      if (scope === 'total') {
        const name = w.fresh('total');
        w.line(`let ${name} = ${identity(combine, dtype).text};`);
        this.#places.set(id, name);
        return;
      }
      const array = fn.module.scratch(`columns${i}`, dtype, this.#size);
      w.line(`${array}.fill(${identityElement(combine, dtype).text}, 0, ${this.#size});`);
      this.#places.set(id, array);
    });
    w.loop(nest.rows);
    nest.stages.forEach((stage, number) => this.#stage(stage, number));
    w.closeTo(0);
    this.#finish();
  }

  #stage(stage: Stage, number: number): void {
    const { fn, nest } = this;
    const w = fn.writer;
    const section = this.#section;
    section.run(stage.rowBody, [], new Set([...this.#shared, ...stage.rowStores.map(({ value }) => value)]));
    section.store(stage.rowStores);
    for (const { id, combine, value } of nest.accumulators.filter(
      (a) => a.scope === 'total' && a.stage === number,
    )) {
      foldInto(atom(this.#places.get(id)!), combine, section.value(value), fn);
    }
    const columns = nest.accumulators.filter((a) => a.scope === 'column' && a.stage === number);
    const { reduces, scans, keeps, stores } = stage;
    if (reduces.length + scans.length + keeps.length + stores.length + columns.length === 0) return;
    if (this.#isLight(stage) && columns.length === 0) return this.#lightStage(stage);

    const rowLevel = w.level;
    const results = reduces.map((reduce) => this.#startReduce(reduce));
    const running = scans.map(({ combine, dtype }) => {
      const name = w.fresh('running');
      w.line(`let ${name} = ${identity(combine, dtype).text};`);
      return atom(name);
    });
    w.loop(nest.inner, stage.reverse);

    const waiting = new Set(scans.keys());
    const advance = (): void => {
      for (const i of waiting) {
        const { id, combine, value, dtype } = scans[i]!;
        if (!section.has(value)) continue;
        foldInto(running[i]!, combine, section.value(value), fn);
        section.define(id, { code: running[i]!, dtype, exact: !isFloat(dtype) });
        waiting.delete(i);
      }
    };
    advance();
    const sinks = [...reduces, ...scans, ...keeps, ...columns].map(({ value }) => value);
    const stored = stores.map(({ value }) => value);
    const named = stores.length > 1 ? new Set([...this.#shared, ...stored]) : this.#shared;
    section.run(stage.body, stores.length > 1 ? sinks : [...sinks, ...stored], named, advance);
    advance();
    reduces.forEach((reduce, i) => this.#step(reduce, results[i]!));
    const at = innerPosition(nest.inner);
    for (const { slot, value } of keeps) {
      w.line(
        `${element(this.#scratch[slot]!, index(w, at)).text} = ${toScratch(section.value(value)).text};`,
      );
    }
    for (const { id, combine, value, dtype } of columns)
      this.#columnStep(element(this.#places.get(id)!, index(w, at)), combine, value, dtype);
    section.store(stores);
    w.closeTo(rowLevel);
    reduces.forEach((reduce, i) => this.#endReduce(reduce, results[i]!));
  }

  #columnStep(
    place: Code,
    combine: 'sum' | 'prod' | 'max' | 'min',
    value: number,
    dtype: Reduce['dtype'],
  ): void {
    const { fn } = this;
    const of = this.#section.value(value);
    if (dtype !== 'bool') return foldInto(place, combine, of, fn);
    fn.writer.line(`${place.text} = ${toScratch(fold(combine, fromScratch(place, dtype), of, fn)).text};`);
  }

  #startReduce({ combine, value, dtype, position }: Reduce): { best: Code; at?: Code } {
    const w = this.fn.writer;
    const of = position ? this.#dtypeOf(value) : dtype;
    const best = w.fresh(position ? 'best' : combine);
    w.line(`let ${best} = ${(position ? identityElement : identity)(combine, of).text};`);
    if (!position) return { best: atom(best) };
    const at = w.fresh(combine);
    w.line(`let ${at} = ${evaluateIndex(position, () => 0)};`);
    return { best: atom(best), at: atom(at) };
  }

  /** dtype of a value that may not be written yet. */
  #dtypeOf(id: number): Reduce['dtype'] {
    if (this.#section.has(id)) return this.#section.value(id).dtype;
    for (const { body, scans } of this.nest.stages) {
      const found = body.find((instr) => instr.id === id) ?? scans.find((scan) => scan.id === id);
      if (found) return found.dtype;
    }
    return 'float32';
  }

  #step({ combine, value, position }: Reduce, { best, at }: { best: Code; at?: Code }): void {
    const of = this.#section.value(value);
    if (at && position) foldPosition(best, at, combine as 'argmax' | 'argmin', of, position, this.fn);
    else foldInto(best, foldOf(combine), of, this.fn);
  }

  #endReduce({ id, combine, value, dtype }: Reduce, { best, at }: { best: Code; at?: Code }): void {
    const exact = this.#section.has(value) && this.#section.value(value).exact;
    if (at) this.#section.define(id, { code: at, dtype, exact: true });
    else this.#section.define(id, finished(best, foldOf(combine), { code: best, dtype, exact }, this.fn));
  }

  /** Little more than loading and adding: a single sum would wait for itself at every element. */
  #isLight({ body, reduces, scans, keeps, stores }: Stage): boolean {
    const last = this.nest.inner.at(-1);
    const plain = body.every(
      (instr) =>
        instr.kind === 'const' ||
        instr.kind === 'compute' ||
        (instr.kind === 'load' && instr.masks.length + instr.indirect.length === 0),
    );
    const sums = reduces.every(({ position, dtype }) => !position && isFloat(dtype));
    return (
      plain &&
      sums &&
      last !== undefined &&
      last.extent >= 32 &&
      body.length <= 5 &&
      reduces.length <= 2 &&
      scans.length + keeps.length + stores.length === 0
    );
  }

  /** Several partial results side by side, combined at the end of the row. */
  #lightStage({ body, reduces }: Stage): void {
    const { fn, nest } = this;
    const w = fn.writer;
    const section = this.#section;
    const rowLevel = w.level;
    const last = nest.inner.at(-1)!;
    const whole = last.extent - (last.extent % lanes);
    const partial = reduces.map(({ combine, dtype }) =>
      Array.from({ length: lanes }, () => {
        const name = w.fresh(combine);
        w.line(`let ${name} = ${identity(combine, dtype).text};`);
        return atom(name);
      }),
    );
    w.loop(nest.inner.slice(0, -1));
    const wide = w.openLoop(`i${last.axis}`, (i) => `for (let ${i} = 0; ${i} < ${whole}; ${i} += ${lanes})`);
    w.bind(last.axis, atom(wide));
    const widest = nextId(nest);
    for (let lane = 0; lane < lanes; lane++) {
      const rename = new Map(body.map(({ id }) => [id, lane === 0 ? id : id + widest * lane]));
      const to = (id: number): number => rename.get(id) ?? id;
      section.run(
        body.map((instr) => shifted(instr, last, lane, to)),
        reduces.map(({ value }) => to(value)),
        this.#shared,
      );
      reduces.forEach(({ combine, value }, r) =>
        foldInto(partial[r]![lane]!, foldOf(combine), section.value(to(value)), fn),
      );
    }
    w.close();
    if (whole < last.extent) {
      const i = w.openLoop(
        `i${last.axis}`,
        (i) => `for (let ${i} = ${whole}; ${i} < ${last.extent}; ${i}++)`,
      );
      w.bind(last.axis, atom(i));
      section.run(
        body,
        reduces.map(({ value }) => value),
        this.#shared,
      );
      reduces.forEach(({ combine, value }, r) =>
        foldInto(partial[r]![0]!, foldOf(combine), section.value(value), fn),
      );
      w.close();
    }
    w.closeTo(rowLevel);
    reduces.forEach((reduce, r) => {
      const parts = partial[r]!.map((code) => ({ code, dtype: reduce.dtype, exact: false }));
      const combine = foldOf(reduce.combine);
      const [a, b] = [fold(combine, parts[0]!, parts[1]!, fn), fold(combine, parts[2]!, parts[3]!, fn)];
      const all = w.declare(w.level, reduce.combine, fold(combine, a, b, fn).code);
      this.#endReduce(reduce, { best: all });
    });
  }

  #finish(): void {
    const { fn, nest } = this;
    const w = fn.writer;
    const { finishColumns, finishTotals, accumulators } = nest;
    const of = (scope: 'column' | 'total'): RowNest['accumulators'] =>
      accumulators.filter((a) => a.scope === scope);
    if (finishColumns.stores.length > 0) {
      w.loop(nest.inner);
      const at = index(w, innerPosition(nest.inner));
      for (const { id, combine, dtype } of of('column')) {
        const code = element(this.#places.get(id)!, at);
        this.#section.define(
          id,
          finished(fromScratch(code, dtype).code, combine, fromScratch(code, dtype), fn),
        );
      }
      this.#section.write(finishColumns.body, finishColumns.stores);
      w.closeTo(0);
    }
    for (const { id, combine, dtype } of of('total')) {
      const code = atom(this.#places.get(id)!);
      this.#section.define(id, finished(code, combine, { code, dtype, exact: !isFloat(dtype) }, fn));
    }
    this.#section.write(finishTotals.body, finishTotals.stores);
  }
}

/** The instruction as it is `by` elements further along `along`. */
function shifted(instr: Instr, along: Axis, by: number, to: (id: number) => number): Instr {
  const move = (expr: IndexExpr): IndexExpr =>
    substitute(expr, (axis, extent) =>
      axis === along.axis ? addIndex(axisIndex(axis, extent), constantIndex(by)) : axisIndex(axis, extent),
    );
  return { ...withOperands(withExpressions(instr, move), to), id: to(instr.id) };
}
