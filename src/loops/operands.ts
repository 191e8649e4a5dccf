/** What instructions read, and where. */
import { axesOf, type IndexExpr, type Predicate } from './index-expr.js';
import type { Instr, Load, RowNest } from './nest.js';

export const loadsOf = (body: readonly Instr[]): Load[] => body.filter((instr) => instr.kind === 'load');

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

/** Conditions of an instruction on loop axes. */
export const masksOf = (instr: Instr): readonly Predicate[] =>
  instr.kind === 'load' || instr.kind === 'guard' ? instr.masks : [];

/** Index expressions an instruction itself mentions. */
export function expressionsOf(instr: Instr): IndexExpr[] {
  const masks = masksOf(instr).map(({ expr }) => expr);
  if (instr.kind === 'load') return [...masks, instr.index];
  return instr.kind === 'index' ? [instr.expr] : masks;
}

/** The same instruction with other index expressions: `now` gives the one for each. */
export function withExpressions(instr: Instr, now: (expr: IndexExpr) => IndexExpr): Instr {
  const inMasks = (masks: readonly Predicate[]): Predicate[] =>
    masks.map((mask) => ({ ...mask, expr: now(mask.expr) }));
  switch (instr.kind) {
    case 'load':
      return { ...instr, index: now(instr.index), masks: inMasks(instr.masks) };
    case 'index':
      return { ...instr, expr: now(instr.expr) };
    case 'guard':
      return { ...instr, masks: inMasks(instr.masks) };
    default:
      return instr;
  }
}

/** Loop axes an instruction itself mentions. */
export function axesUsed(instr: Instr): Set<number> {
  const used = new Set<number>();
  for (const expr of expressionsOf(instr)) axesOf(expr, used);
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
