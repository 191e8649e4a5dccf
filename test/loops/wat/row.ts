/**
 * Row nests: a function that does rows `first` to `last`, which a thread may call for its chunk, and one that combines
 * the partial results of all chunks in order.
 */
import {
  axisIndex,
  flattenIndex,
  type Accumulator,
  type IndexExpr,
  type Reduce,
  type RowNest,
  type Stage,
} from '../../../src/loops/index.js';
import { flat, sizeOf, unflatten } from '../readers/axes.js';
import {
  combined,
  i32,
  identity,
  kindOf,
  load,
  scalarType,
  splat,
  store,
  type Combine,
  type Kind,
} from './language.js';
import { Writer, lanes, type Memory } from './writer.js';

function plain(kind: Reduce['combine']): Combine {
  if (kind === 'argmax' || kind === 'argmin') throw new Error('the listing has no positions of extremes');
  return kind;
}

class RowWriter {
  readonly places = new Map<number, number>();
  readonly inner: number;
  /** Words of one chunk's partial results. */
  readonly words: number;
  readonly #position: IndexExpr;

  constructor(
    readonly nest: RowNest,
    readonly out: Writer,
  ) {
    this.inner = sizeOf(nest.inner);
    let words = 0;
    for (const { id, scope } of nest.accumulators) {
      this.places.set(id, words);
      words += scope === 'column' ? this.inner : 1;
    }
    this.words = words;
    this.#position = flattenIndex(
      nest.inner.map(({ axis, extent }) => axisIndex(axis, extent)),
      nest.inner.map(({ extent }) => extent),
    );
    out.scratch = (slot) => this.#address('$scratch', slot * this.inner);
  }

  /** Byte address of the present inner position in an array of words. */
  #address(base: string, start: number): string {
    return this.out.address(
      `(local.get ${base})`,
      `(i32.add ${i32(start)} ${this.out.index(this.#position)})`,
      'i32',
    );
  }

  #total(id: number): string {
    return `(i32.add (local.get $partials) ${i32(4 * this.places.get(id)!)})`;
  }

  rows(): void {
    const { nest, out } = this;
    out.run(nest.setup, false);
    for (const { id, scope, combine, dtype } of nest.accumulators) {
      const kind = kindOf(dtype);
      if (scope === 'total') out.line(store(this.#total(id), identity(combine, kind), kind));
      else
        out.loops(nest.inner, () =>
          out.line(store(this.#address('$partials', this.places.get(id)!), identity(combine, kind), kind)),
        );
    }
    const row = out.axis(flat);
    out.loop(row, '(local.get $first)', '(local.get $last)', 1, () => {
      for (const { axis, expr } of unflatten(nest.rows)) out.set(out.axis(axis.axis), out.index(expr));
      nest.stages.forEach((stage, number) => this.#stage(stage, number));
    });
  }

  #stage(stage: Stage, number: number): void {
    const { nest, out } = this;
    if (stage.scans.length > 0) throw new Error('the listing has no running values');
    const of = (scope: Accumulator['scope']): Accumulator[] =>
      nest.accumulators.filter((each) => each.stage === number && each.scope === scope);
    out.line(`;; stage ${number}`);
    out.run(stage.rowBody, false);
    out.store(stage.rowStores, false);
    for (const { id, combine, value, dtype } of of('total')) {
      const kind = kindOf(dtype);
      out.line(
        store(
          this.#total(id),
          combined(combine, load(this.#total(id), kind), out.get(value, false), kind, false),
          kind,
        ),
      );
    }
    const columns = of('column');
    if (stage.reduces.length + stage.keeps.length + stage.stores.length + columns.length === 0) return;
    const running = stage.reduces.map(({ id, combine, dtype }) => {
      const kind = kindOf(dtype);
      const start = identity(plain(combine), kind);
      const [single, vector] = [out.local(`$r${id}`, scalarType(kind)), out.local(`$s${id}`, 'v128')];
      out.set(single, start);
      out.set(vector, splat(start, kind));
      return { single, vector, kind };
    });
    out.vectors(nest.inner, (wide) => {
      out.run(stage.body, wide);
      stage.reduces.forEach(({ combine, value }, i) => {
        const { single, vector, kind } = running[i]!;
        const into = wide ? vector : single;
        out.set(into, combined(plain(combine), `(local.get ${into})`, out.get(value, wide), kind, wide));
      });
      for (const { slot, value } of stage.keeps) out.put(out.scratch(slot), value, wide);
      for (const { id, combine, value, dtype } of columns)
        this.#addColumn(id, combine, value, kindOf(dtype), wide);
      out.store(stage.stores, wide);
    });
    stage.reduces.forEach(({ id, combine }, i) => {
      const { single, vector, kind } = running[i]!;
      const lane = (l: number): string => `(${scalarType(kind)}x4.extract_lane ${l} (local.get ${vector}))`;
      const all = Array.from({ length: lanes }, (_, l) => lane(l)).reduce(
        (a, b) => combined(plain(combine), a, b, kind, false),
        `(local.get ${single})`,
      );
      out.define(id, kind, all);
    });
  }

  #addColumn(id: number, combine: Combine, value: number, kind: Kind, wide: boolean): void {
    const { out } = this;
    const address = this.#address('$partials', this.places.get(id)!);
    const before = wide ? `(v128.load ${address})` : load(address, kind);
    const after = combined(combine, before, out.get(value, wide), kind, wide);
    out.line(wide ? `(v128.store ${address} ${after})` : store(address, after, kind));
  }

  finish(): void {
    const { nest, out, words } = this;
    const gather = (scope: Accumulator['scope'], wide: boolean): void => {
      for (const { id, combine, dtype } of nest.accumulators.filter((each) => each.scope === scope)) {
        const kind = kindOf(dtype);
        const place = scope === 'column' ? this.#address('$partials', this.places.get(id)!) : this.#total(id);
        const part = `(i32.add ${place} (i32.mul (local.get $chunk) ${i32(4 * words)}))`;
        const sum = out.fresh('sum', wide ? 'v128' : scalarType(kind));
        out.set(sum, wide ? splat(identity(combine, kind), kind) : identity(combine, kind));
        out.loop(out.local('$chunk', 'i32'), i32(0), '(local.get $chunks)', 1, () =>
          out.set(
            sum,
            combined(
              combine,
              `(local.get ${sum})`,
              wide ? `(v128.load ${part})` : load(part, kind),
              kind,
              wide,
            ),
          ),
        );
        out.define(id, kind, `(local.get ${sum})`, wide);
      }
    };
    const { finishColumns, finishTotals } = nest;
    if (finishColumns.stores.length > 0) {
      out.vectors(nest.inner, (wide) => {
        gather('column', wide);
        out.run(finishColumns.body, wide);
        out.store(finishColumns.stores, wide);
      });
    }
    if (finishTotals.stores.length > 0) {
      gather('total', false);
      out.run(finishTotals.body, false);
      out.store(finishTotals.stores, false);
    }
  }
}

export interface RowListing {
  readonly text: string[];
  readonly rows: number;
  readonly scratchWords: number;
  readonly partialWords: number;
}

export function listRow(nest: RowNest, memory: Memory, buffers: readonly string[]): RowListing {
  const rows = new RowWriter(nest, new Writer(memory));
  rows.rows();
  const text = rows.out.func(nest.name, [...buffers, '$scratch', '$partials', '$first', '$last']);
  if (nest.accumulators.length > 0) {
    const finish = new RowWriter(nest, new Writer(memory));
    finish.finish();
    text.push(...finish.out.func(`${nest.name}_finish`, [...buffers, '$partials', '$chunks']));
  }
  return {
    text,
    rows: sizeOf(nest.rows),
    scratchWords: nest.scratch.length * rows.inner,
    partialWords: rows.words,
  };
}
