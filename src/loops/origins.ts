/** Where values were read: what is reported as the position of an index out of range. */
import { constantIndex, rangeOf, type IndexExpr } from './index-expr.js';
import type { Instr } from './nest.js';
import { operandsOf } from './operands.js';

const extent = (place: IndexExpr): number => rangeOf(place)[1];

export class Origins {
  readonly #places = new Map<number, IndexExpr>();

  /** Takes an instruction after those it reads. A computed value comes from the largest of the arrays behind it. */
  note(instr: Instr): void {
    if (instr.kind === 'load' && instr.indirect.length === 0) {
      this.#places.set(instr.id, instr.index);
      return;
    }
    const places = operandsOf(instr).flatMap((id) => this.#places.get(id) ?? []);
    if (places.length > 0)
      this.#places.set(
        instr.id,
        places.reduce((a, b) => (extent(b) > extent(a) ? b : a)),
      );
  }

  /** The place where an index stands among the indices. */
  of(id: number): IndexExpr {
    return this.#places.get(id) ?? constantIndex(0);
  }
}
