/**
 * Row kernels whose neighbouring rows are neighbours in memory (a sum over the first dimension): a block of rows goes
 * through each pass together, with the innermost loop over rows, and values of rows wait in arrays.
 */
import type { DType } from '../../core/index.js';
import {
  evaluateIndex,
  type Axis,
  type IndexExpr,
  type Reduce,
  type RowNest,
  type Stage,
} from '../../loops/index.js';
import { atom, element, type Code } from './code.js';
import type { FunctionBuilder } from './kernel.js';
import {
  finished,
  fold,
  foldOf,
  foldInto,
  foldPosition,
  fromScratch,
  identityElement,
  toScratch,
} from './reduce.js';
import { operandsOf } from '../../loops/index.js';
import { Section } from './section.js';
import { sharedValues } from './uses.js';
import type { Value } from './value.js';

const block = 512;

const stepAlong = (expr: IndexExpr, axis: Axis): number =>
  expr.terms.reduce(
    (sum, { coeff, atom: part }) =>
      sum + (part.kind === 'axis' && part.axis === axis.axis ? Math.abs(coeff) : 0),
    0,
  );

/** Whether rows, not the elements of a row, lie side by side. */
export function walksColumns(nest: RowNest): boolean {
  const [row, inner] = [nest.rows.at(-1), nest.inner.at(-1)];
  if (!row || !inner || row.extent < 8 || nest.accumulators.length + nest.scratch.length > 0) return false;
  if (nest.stages.some(({ scans }) => scans.length > 0)) return false;
  const accesses = nest.stages.flatMap(({ body, stores }) => [
    ...body.flatMap((instr) => (instr.kind === 'load' ? [instr.index] : [])),
    ...stores.map((store) => store.index),
  ]);
  const votes = accesses.map((at) =>
    stepAlong(at, inner) === 1 ? -1 : stepAlong(at, row) === 1 && stepAlong(at, inner) > 1 ? 1 : 0,
  );
  return votes.reduce<number>((a, b) => a + b, 0) > 0;
}

/** A value each row of the block has. */
interface Kept {
  readonly array: string;
  readonly name: string;
  readonly dtype: DType;
  /** What an element of the array stands for. */
  readonly read: (code: Code) => Value;
}

export function emitColumnwise(fn: FunctionBuilder, nest: RowNest): void {
  const { module, writer: w } = fn;
  const shared = sharedValues(nest);
  const section = new Section(fn);
  const along = nest.rows.at(-1)!;
  const kept = new Map<number, Kept>();
  const keep = (id: number, name: string, dtype: DType, read: (code: Code) => Value): string => {
    const array = module.scratch(`rows${kept.size}`, dtype, Math.min(along.extent, block));
    kept.set(id, { array, name, dtype, read });
    return array;
  };

  section.run(nest.setup, [], shared);
  w.loop(nest.rows.slice(0, -1));
  const blocked = along.extent > block;
  const [first, end] = blocked ? [w.fresh('first'), w.fresh('end')] : ['0', String(along.extent)];
  if (blocked) {
    w.open(`for (let ${first} = 0; ${first} < ${along.extent}; ${first} += ${block})`);
    w.line(`const ${end} = Math.min(${first} + ${block}, ${along.extent});`);
  }
  const count = blocked ? `${end} - ${first}` : end;
  const slot = (): Code => atom(blocked ? `${w.axis(along.axis).text} - ${first}` : w.axis(along.axis).text);
  const level = w.level;

  /** Opens the loop over the rows of the block, and fetches what `reads` of them. */
  const overRows = (reads: Iterable<number>): void => {
    const i = w.openLoop(`i${along.axis}`, (i) => `for (let ${i} = ${first}; ${i} < ${end}; ${i}++)`);
    w.bind(along.axis, atom(i));
    for (const id of new Set(reads)) {
      const known = kept.get(id);
      if (!known) continue;
      const value = known.read(fromScratch(element(known.array, slot()), known.dtype).code);
      section.define(id, { ...value, code: w.declare(w.level, known.name, value.code) });
    }
  };
  const readsOf = ({ body, stores, reduces }: Stage): number[] => [
    ...body.flatMap(operandsOf),
    ...[...stores, ...reduces].map(({ value }) => value),
  ];

  for (const stage of nest.stages) {
    const { rowBody, rowStores } = stage;
    const late = rowBody.filter(({ id }) => shared.has(id));
    if (late.length + rowStores.length > 0) {
      const stored = rowStores.map(({ value }) => value);
      overRows([...rowBody.flatMap(operandsOf), ...stored]);
      section.run(rowBody, [], new Set([...shared, ...stored]));
      for (const { id } of late) {
        const value = section.value(id);
        const array = keep(id, 'row_value', value.dtype, (code) => ({ ...value, code }));
        w.line(`${element(array, slot()).text} = ${toScratch(value).text};`);
      }
      section.store(rowStores);
      w.closeTo(level);
    }
    if (stage.reduces.length + stage.stores.length === 0) continue;
    const places = stage.reduces.map((reduce) => startReduce(reduce, stage));
    w.loop(nest.inner);
    overRows(readsOf(stage));
    const stored = stage.stores.map(({ value }) => value);
    const reduced = stage.reduces.map(({ value }) => value);
    if (stored.length > 1) section.run(stage.body, reduced, new Set([...shared, ...stored]));
    else section.run(stage.body, [...reduced, ...stored], shared);
    stage.reduces.forEach((reduce, i) => step(reduce, places[i]!));
    section.store(stage.stores);
    w.closeTo(level);
  }
  w.closeTo(0);

  function startReduce(
    { id, combine, value, dtype, position }: Reduce,
    stage: Stage,
  ): { best: string; at?: string } {
    const of = stage.body.find((instr) => instr.id === value)?.dtype ?? kept.get(value)?.dtype ?? dtype;
    if (!position) {
      const array = keep(id, combine, dtype, (code) =>
        finished(code, foldOf(combine), { code, dtype, exact: false }, fn),
      );
      w.line(`${array}.fill(${identityElement(combine, dtype).text}, 0, ${count});`);
      return { best: array };
    }
    const best = module.scratch(`best${kept.size}`, of, Math.min(along.extent, block));
    const at = keep(id, combine, dtype, (code) => ({ code, dtype, exact: true }));
    w.line(`${best}.fill(${identityElement(combine, of).text}, 0, ${count});`);
    w.line(`${at}.fill(${evaluateIndex(position, () => 0)}, 0, ${count});`);
    return { best, at };
  }

  function step(
    { combine, value, dtype, position }: Reduce,
    { best, at }: { best: string; at?: string },
  ): void {
    const of = section.value(value);
    const place = element(best, slot());
    if (at && position)
      foldPosition(place, element(at, slot()), combine as 'argmax' | 'argmin', of, position, fn);
    else if (dtype === 'bool')
      w.line(`${place.text} = ${toScratch(fold(foldOf(combine), fromScratch(place, dtype), of, fn)).text};`);
    else foldInto(place, foldOf(combine), of, fn);
  }
}
