/** Instructions as WGSL statements. */
import type { DType } from '../../../src/core/index.js';
import type { Axis, Instr, Store } from '../../../src/loops/index.js';
import { flat, unflatten } from '../readers/axes.js';
import { indexText, literal, maskText, operations, typeOf } from './language.js';

/** Where a nest's buffers lie: names of bindings, or for segmented nests expressions of the segment. */
export interface Memory {
  readonly dtype: (buffer: number) => DType;
  readonly at: (buffer: number, index: string) => string;
}

export const axisName = (axis: number): string => (axis === flat ? 'flat' : `i${axis}`);

export class Section {
  readonly lines: string[] = [];
  #depth = 1;
  scratch: (slot: number) => string = () => {
    throw new Error('no row scratch here');
  };

  constructor(readonly memory: Memory) {}

  line(text: string): void {
    this.lines.push('  '.repeat(this.#depth) + text);
  }

  block(head: string, body: () => void, tail = ''): void {
    this.line(`${head} {`.trimStart());
    this.#depth++;
    body();
    this.#depth--;
    this.line(`}${tail}`);
  }

  /** Names the axes that a flat position counts through. */
  axes(axes: readonly Axis[], position: string): void {
    for (const { axis, expr } of unflatten(axes)) {
      this.line(`let i${axis.axis} = ${indexText(expr, (a) => (a === flat ? position : axisName(a)))};`);
    }
  }

  #load(instr: Extract<Instr, { kind: 'load' }>): void {
    const { id, buffer, index, indirect, masks, fill, dtype } = instr;
    const bounds = indirect.map((each) => `(v${each.id} >= 0 && v${each.id} < ${each.bound})`);
    const position = [
      indexText(index, axisName),
      ...indirect.map((each) => `${each.coeff} * v${each.id}`),
    ].join(' + ');
    const from = this.memory.at(buffer, position);
    const value = dtype === 'bool' ? `(${from} != 0u)` : from;
    if (masks.length + bounds.length === 0) return this.line(`let v${id} = ${value};`);
    this.line(`var v${id} = ${literal(fill, dtype)};`);
    const conditions = [...(masks.length > 0 ? [maskText(masks, axisName)] : []), ...bounds];
    this.block(`if (${conditions.join(' && ')})`, () => this.line(`v${id} = ${value};`));
  }

  run(body: readonly Instr[]): void {
    for (const instr of body) {
      if (instr.kind === 'load') this.#load(instr);
      else this.line(`let v${instr.id} = ${this.#value(instr)};`);
    }
  }

  #value(instr: Exclude<Instr, { kind: 'load' }>): string {
    switch (instr.kind) {
      case 'const':
        return literal(instr.value, instr.dtype);
      case 'index':
        return `${typeOf(instr.dtype)}(${indexText(instr.expr, axisName)})`;
      case 'guard':
        return `select(v${instr.otherwise}, v${instr.value}, ${maskText(instr.masks, axisName)})`;
      case 'scratch':
        return this.scratch(instr.slot);
      case 'compute': {
        const write = operations[instr.op];
        if (!write) throw new Error(`the printer has no ${instr.op}`);
        return write(
          instr.args.map((id) => `v${id}`),
          instr.of,
          instr.dtype,
        );
      }
    }
  }

  store(stores: readonly Store[]): void {
    for (const { buffer, index, value } of stores) {
      const bool = this.memory.dtype(buffer) === 'bool';
      this.line(
        `${this.memory.at(buffer, indexText(index, axisName))} = ${bool ? `select(0u, 1u, v${value})` : `v${value}`};`,
      );
    }
  }
}
