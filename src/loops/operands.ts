/** What instructions read. */
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
