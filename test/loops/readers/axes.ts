/** What every reader of a LoopNest asks of axes and index expressions. */
import {
  axesOf,
  axisIndex,
  unflattenIndex,
  type Axis,
  type IndexExpr,
  type Instr,
  type Predicate,
} from '../../../src/loops/index.js';
import type { BufferRef, Step } from '../../../src/plan/index.js';

export type Launch = Extract<Step, { kind: 'launch' }>;

/** Number of the axis that counts through several others. */
export const flat = -1;

export const sizeOf = (axes: readonly Axis[]): number => axes.reduce((size, { extent }) => size * extent, 1);

/** Each axis as an expression of the flat position. */
export function unflatten(axes: readonly Axis[]): { axis: Axis; expr: IndexExpr }[] {
  const exprs = unflattenIndex(
    axisIndex(flat, sizeOf(axes)),
    axes.map(({ extent }) => extent),
  );
  return axes.map((axis, i) => ({ axis, expr: exprs[i]! }));
}

/** How far an expression moves when the axis moves by one; undefined where a division or remainder hides it. */
export function strideAlong(expr: IndexExpr, axis: number): number | undefined {
  let stride = 0;
  for (const { coeff, atom } of expr.terms) {
    if (atom.kind === 'axis') stride += atom.axis === axis ? coeff : 0;
    else if (axesOf(atom.of).has(axis)) return undefined;
  }
  return stride;
}

const mentions = (axis: number, exprs: readonly IndexExpr[]): boolean =>
  exprs.some((expr) => axesOf(expr).has(axis));
export const masksVary = (masks: readonly Predicate[], axis: number): boolean =>
  mentions(
    axis,
    masks.map(({ expr }) => expr),
  );

/** Values an instruction reads. */
export function argsOf(instr: Instr): readonly number[] {
  if (instr.kind === 'compute') return instr.args;
  if (instr.kind === 'guard') return [instr.value, instr.otherwise];
  return instr.kind === 'load' ? instr.indirect.map(({ id }) => id) : [];
}

/** Whether an instruction itself depends on an axis. */
export function instrVaries(instr: Instr, axis: number): boolean {
  if (instr.kind === 'scratch') return true;
  if (instr.kind === 'index') return mentions(axis, [instr.expr]);
  if (instr.kind === 'load') return mentions(axis, [instr.index]) || masksVary(instr.masks, axis);
  return instr.kind === 'guard' && masksVary(instr.masks, axis);
}

export const refKey = (ref: BufferRef): string =>
  `${ref.space}${ref.space === 'arena' ? ref.allocation : ref.index}`;
