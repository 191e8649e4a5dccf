/** What instructions read. */
import { axesOf } from './index-expr.js';
import type { Instr } from './nest.js';

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

/** Loop axes an instruction itself mentions. */
export function axesUsed(instr: Instr): Set<number> {
  const used = new Set<number>();
  const masks = instr.kind === 'load' || instr.kind === 'guard' ? instr.masks : [];
  for (const mask of masks) axesOf(mask.expr, used);
  if (instr.kind === 'load') axesOf(instr.index, used);
  if (instr.kind === 'index') axesOf(instr.expr, used);
  return used;
}
