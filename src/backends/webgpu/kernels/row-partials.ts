/** Values combined over rows: what each part of the rows found, and how the parts are combined. */
import { isHalf } from '../../../core/index.js';
import type { Accumulator, RowNest } from '../../../loops/index.js';
import { combine, identity } from '../wgsl/arithmetic.js';
import { fromWord, rounded, toWord } from '../wgsl/convert.js';
import { Section } from '../wgsl/section.js';
import { typeOf, type Value } from '../wgsl/value.js';
import type { ScratchRef } from '../shader.js';
import type { Binding } from './binding.js';
import { Kernel, type Launch, type Operands } from './kernel.js';
import { sizeOf } from './map.js';

/** Workgroups that share rows whose values are combined. */
export const mostParts = 64;

/** What each part of the rows found for each accumulator, all in one buffer: a kernel binds few. */
export class Partials {
  /** Parts of the rows. */
  readonly count: number;
  /** The first word of each accumulator. */
  readonly #bases: readonly number[];
  readonly #ref: ScratchRef;

  constructor(
    readonly nest: RowNest,
    operands: Operands,
  ) {
    const size = sizeOf(nest.inner);
    const wordsOf = ({ scope }: Accumulator): number => (scope === 'total' ? 1 : size);
    const perPart = nest.accumulators.reduce((sum, each) => sum + wordsOf(each), 0);
    const most = Math.max(1, Math.floor(operands.target.bindingBytes / (4 * perPart)));
    this.count = Math.min(sizeOf(nest.rows), mostParts, most);
    let words = 0;
    this.#bases = nest.accumulators.map((each) => {
      const base = words;
      words += this.count * wordsOf(each);
      return base;
    });
    this.#ref = operands.scratch(words);
  }

  /** The word of an accumulator at a place of its own. */
  #placeOf(accumulator: number, place: string): string {
    return `${this.#bases[accumulator]!} + ${place}`;
  }

  #words(kernel: Kernel): Binding {
    return kernel.scratch(this.#ref, 'partials', 'uint32');
  }

  read(kernel: Kernel, accumulator: number, place: string): Value {
    const dtype = kept(this.nest.accumulators[accumulator]!.dtype);
    const found = this.#words(kernel).read(this.#placeOf(accumulator, place));
    return { text: kernel.writer.declare('partial', fromWord(found, dtype)), dtype };
  }

  write(kernel: Kernel, accumulator: number, place: string, value: Value): void {
    this.#words(kernel).write(this.#placeOf(accumulator, place), { text: toWord(value), dtype: 'uint32' });
  }
}

/** What accumulates in a half type is kept in float32. */
export const kept = (dtype: Value['dtype']): Value['dtype'] => (isHalf(dtype) ? 'float32' : dtype);

/** Combines the parts in their order and writes what is computed from them. */
export function finishes(nest: RowNest, operands: Operands, partials: Partials): Launch[] {
  const size = sizeOf(nest.inner);
  const of = (scope: Accumulator['scope']): Launch[] => {
    const { body, stores } = scope === 'column' ? nest.finishColumns : nest.finishTotals;
    const items = scope === 'column' ? size : 1;
    if (stores.length === 0 || items === 0) return [];
    const kernel = new Kernel(`${nest.name}_${scope}s`, operands, nest.comment);
    const { writer: w, positions, use } = kernel;
    const item = kernel.eachInvocation(items);
    if (scope === 'column') positions.unflatten(nest.inner, item);
    const section = new Section(kernel);
    section.run(nest.setup);
    nest.accumulators.forEach((accumulator, i) => {
      if (accumulator.scope !== scope) return;
      const { id, combine: how, dtype } = accumulator;
      const sum = {
        text: w.variable('all', typeOf(kept(dtype)), identity(how, kept(dtype), use)),
        dtype: kept(dtype),
      };
      if (partials.count > 0) {
        const part = w.loop('part', partials.count);
        const next = partials.read(kernel, i, `${part} * ${items} + ${item}`);
        w.line(`${sum.text} = ${combine(how, sum, next, use)};`);
        w.close();
      }
      section.define(id, { text: w.declare('combined', rounded({ text: sum.text, dtype }, use)), dtype });
    });
    section.run(body);
    section.store(stores);
    return [kernel.finish()];
  };
  return [...of('column'), ...of('total')];
}
