/** What instructions read. */
import { axesOf } from './index-expr.js';
import type { Instr, RowNest } from './nest.js';

/** Values an instruction reads. */
export function operandsOf(instr: Instr): readonly number[] {
  switch (instr.kind) {
    case 'compute':
      return instr.args;
    case 'guard':
      return [instr.value, instr.otherwise];
    case 'load':
      return instr.indirect.map(({ id }) => id);
    default:
      return [];
  }
}

/** The same instruction with other values read: `now` gives the one for each. */
export function withOperands(instr: Instr, now: (id: number) => number): Instr {
  switch (instr.kind) {
    case 'compute':
      return { ...instr, args: instr.args.map(now) };
    case 'guard':
      return { ...instr, value: now(instr.value), otherwise: now(instr.otherwise) };
    case 'load':
      return { ...instr, indirect: instr.indirect.map((index) => ({ ...index, id: now(index.id) })) };
    default:
      return instr;
  }
}

/** Loop axes an instruction itself mentions. */
export function axesUsed(instr: Instr): Set<number> {
  const used = new Set<number>();
  const masks = instr.kind === 'load' || instr.kind === 'guard' ? instr.masks : [];
  for (const mask of masks) axesOf(mask.expr, used);
  if (instr.kind === 'load') axesOf(instr.index, used);
  if (instr.kind === 'index') axesOf(instr.expr, used);
  return used;
}

/** One more than the largest id of a nest. */
export function nextId({ setup, stages, accumulators, finishColumns, finishTotals }: RowNest): number {
  const defined = stages.flatMap(({ rowBody, body, reduces, scans }) => [
    ...rowBody,
    ...body,
    ...reduces,
    ...scans,
  ]);
  const all = [...setup, ...defined, ...accumulators, ...finishColumns.body, ...finishTotals.body];
  return all.reduce((most, { id }) => Math.max(most, id), 0) + 1;
}
