/**
 * Row nests as WGSL. A workgroup takes a chunk of the rows, one after another, its invocations the positions of a row. Rows
 * that are accumulated over leave a partial result for each chunk; a second entry point combines these in order.
 */
import type { Accumulator, Reduce, RowNest, Stage } from '../../../src/loops/index.js';
import { sizeOf } from '../readers/axes.js';
import { combine, identity, typeOf } from './language.js';
import type { Section } from './section.js';

const lanes = 64;
/** Rows of a chunk where they are accumulated over: fixed, so that the result does not depend on the device. */
const rowsPerChunk = 16;

type Plain = 'sum' | 'prod' | 'max' | 'min';
function plain(kind: Reduce['combine']): Plain {
  if (kind === 'argmax' || kind === 'argmin') throw new Error('the printer has no positions of extremes');
  return kind;
}

export interface RowPlan {
  readonly chunks: number;
  readonly rows: number;
  readonly inner: number;
  /** Words of one chunk's partial results, and where each accumulator's begin. */
  readonly partialWords: number;
  readonly places: ReadonlyMap<number, number>;
}

export function planRow(nest: RowNest): RowPlan {
  const [rows, inner] = [sizeOf(nest.rows), sizeOf(nest.inner)];
  const places = new Map<number, number>();
  let partialWords = 0;
  for (const { id, scope } of nest.accumulators) {
    places.set(id, partialWords);
    partialWords += scope === 'column' ? inner : 1;
  }
  const chunks = nest.accumulators.length > 0 ? Math.ceil(rows / rowsPerChunk) : rows;
  return { chunks, rows, inner, partialWords, places };
}

export function declarations(nest: RowNest, { inner }: RowPlan): string[] {
  const types = new Set(nest.stages.flatMap(({ reduces }) => reduces.map(({ dtype }) => typeOf(dtype))));
  return [
    ...[...types].map((type) => `var<workgroup> lanes_${type}: array<${type}, ${lanes}>;`),
    ...nest.scratch.map((dtype, slot) => `var<workgroup> scratch${slot}: array<${typeOf(dtype)}, ${inner}>;`),
  ];
}

class RowWriter {
  constructor(
    readonly nest: RowNest,
    readonly plan: RowPlan,
    readonly out: Section,
  ) {
    out.scratch = (slot) => `scratch${slot}[flat]`;
  }

  rows(): void {
    const { nest, out, plan } = this;
    out.run(nest.setup);
    for (const { id, scope, combine: kind, dtype } of nest.accumulators) {
      if (scope === 'total') out.line(`var total${id} = ${identity(kind, dtype)};`);
      else this.#positions(() => out.line(`${this.#partial(id)} = bitcast<u32>(${identity(kind, dtype)});`));
    }
    const perGroup = nest.accumulators.length > 0 ? rowsPerChunk : 1;
    const first = `i32(group.x) * ${perGroup}`;
    out.block(`for (var row = ${first}; row < min(${plan.rows}, ${first} + ${perGroup}); row++)`, () => {
      out.axes(nest.rows, 'row');
      nest.stages.forEach((stage, number) => this.#stage(stage, number));
    });
    for (const { id, scope } of nest.accumulators) {
      if (scope === 'total')
        out.block('if (lane == 0)', () =>
          out.line(`${this.#partial(id, 'total')} = bitcast<u32>(total${id});`),
        );
    }
  }

  #partial(id: number, scope: Accumulator['scope'] = 'column', chunk = 'i32(group.x)'): string {
    const { partialWords, places } = this.plan;
    return `partials[${chunk} * ${partialWords} + ${places.get(id)}${scope === 'column' ? ' + flat' : ''}]`;
  }

  #positions(body: () => void): void {
    const { out, plan, nest } = this;
    out.block(`for (var flat = lane; flat < ${plan.inner}; flat += ${lanes})`, () => {
      out.axes(nest.inner, 'flat');
      body();
    });
  }

  #stage(stage: Stage, number: number): void {
    const { nest, out } = this;
    const of = (scope: Accumulator['scope']): Accumulator[] =>
      nest.accumulators.filter((each) => each.stage === number && each.scope === scope);
    if (stage.scans.length > 0) throw new Error('the printer has no running values');
    out.run(stage.rowBody);
    if (stage.rowStores.length > 0) {
      // Where the row's value replaces what others still read of it.
      out.line('storageBarrier();');
      out.block('if (lane == 0)', () => out.store(stage.rowStores));
    }
    for (const { id, combine: kind, value, dtype } of of('total'))
      out.line(`total${id} = ${combine(kind, `total${id}`, `v${value}`, dtype)};`);
    const columns = of('column');
    if (stage.reduces.length + stage.keeps.length + stage.stores.length + columns.length === 0) return;
    for (const { id, combine: kind, dtype } of stage.reduces)
      out.line(`var r${id} = ${identity(plain(kind), dtype)};`);
    this.#positions(() => {
      out.run(stage.body);
      for (const { id, combine: kind, value, dtype } of stage.reduces)
        out.line(`r${id} = ${combine(plain(kind), `r${id}`, `v${value}`, dtype)};`);
      for (const { slot, value } of stage.keeps) out.line(`scratch${slot}[flat] = v${value};`);
      for (const { id, combine: kind, value, dtype } of columns) {
        const before = `bitcast<${typeOf(dtype)}>(${this.#partial(id)})`;
        out.line(`${this.#partial(id)} = bitcast<u32>(${combine(kind, before, `v${value}`, dtype)});`);
      }
      out.store(stage.stores);
    });
    stage.reduces.forEach((reduce) => this.#across(reduce));
  }

  /** One value of all invocations', by halves. */
  #across({ id, combine: kind, dtype }: Reduce): void {
    const { out } = this;
    const shared = `lanes_${typeOf(dtype)}`;
    out.line(`${shared}[lane] = r${id};`);
    out.line('workgroupBarrier();');
    out.block(`for (var half = ${lanes / 2}; half > 0; half >>= 1u)`, () => {
      out.block('if (lane < half)', () =>
        out.line(
          `${shared}[lane] = ${combine(plain(kind), `${shared}[lane]`, `${shared}[lane + half]`, dtype)};`,
        ),
      );
      out.line('workgroupBarrier();');
    });
    out.line(`let v${id} = ${shared}[0];`);
    out.line('workgroupBarrier();');
  }

  finish(): void {
    const { nest, out, plan } = this;
    const gather = (scope: Accumulator['scope']): void => {
      for (const { id, combine: kind, dtype } of nest.accumulators.filter((each) => each.scope === scope)) {
        const part = (chunk: string): string =>
          `bitcast<${typeOf(dtype)}>(${this.#partial(id, scope, chunk)})`;
        out.line(`var v${id} = ${part('0')};`);
        out.block(`for (var chunk = 1; chunk < ${plan.chunks}; chunk++)`, () =>
          out.line(`v${id} = ${combine(kind, `v${id}`, part('chunk'), dtype)};`),
        );
      }
    };
    out.line('let flat = i32(id.x);');
    if (nest.finishColumns.stores.length > 0) {
      out.block(`if (flat < ${plan.inner})`, () => {
        out.axes(nest.inner, 'flat');
        gather('column');
        out.run(nest.finishColumns.body);
        out.store(nest.finishColumns.stores);
      });
    }
    if (nest.finishTotals.stores.length > 0) {
      out.block('if (flat == 0)', () => {
        gather('total');
        out.run(nest.finishTotals.body);
        out.store(nest.finishTotals.stores);
      });
    }
  }
}

export const rowLanes = lanes;
export const writeRows = (nest: RowNest, plan: RowPlan, out: Section): void =>
  new RowWriter(nest, plan, out).rows();
export const writeFinish = (nest: RowNest, plan: RowPlan, out: Section): void =>
  new RowWriter(nest, plan, out).finish();
