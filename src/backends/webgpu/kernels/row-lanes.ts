/** How the invocations of a workgroup share a row; a workgroup of one has it to itself. */
import type { Reduce } from '../../../loops/index.js';
import { beats, combine, identity } from '../wgsl/arithmetic.js';
import type { Positions } from '../wgsl/positions.js';
import { typeOf, type Value } from '../wgsl/value.js';
import type { Kernel } from './kernel.js';

/** A combination under way. */
export interface Reducing {
  step(value: Value, positions: Positions): void;
  /** Combines what the lanes found. @returns the result, known to all of them. */
  finish(): string;
}

export class Lanes {
  #lane = '0';
  readonly #arrays = new Map<string, string>();

  constructor(
    readonly kernel: Kernel,
    readonly width: number,
  ) {}

  /** Opens the body for one row. @returns its number. */
  eachRow(rows: number): string {
    if (this.width === 1) return this.kernel.eachInvocation(rows);
    const { group, lane } = this.kernel.eachGroup(rows, this.width);
    this.#lane = lane;
    return group;
  }

  /** Something only one of them does; with `afterAll`, once every lane has come so far. */
  once(body: () => void, afterAll = false): void {
    if (this.width === 1) return body();
    const w = this.kernel.writer;
    if (afterAll) w.line('storageBarrier();');
    w.open(`if (${this.#lane} == 0)`);
    body();
    w.close();
  }

  /** A loop over the positions of a row, each of which belongs to one lane. */
  walk(size: number, reverse: boolean, body: (position: string) => void): void {
    const w = this.kernel.writer;
    const level = w.level;
    body(this.width === 1 ? w.loop('i', size, reverse) : w.stride('i', this.#lane, size, this.width));
    w.closeTo(level);
  }

  #array(type: 'f32' | 'i32' | 'u32' | 'bool', purpose: string): string {
    const key = `${purpose} ${type}`;
    const known = this.#arrays.get(key);
    if (known !== undefined) return known;
    const name = this.kernel.workgroupArray(purpose, type, this.width);
    this.#arrays.set(key, name);
    return name;
  }

  startReduce(reduce: Reduce): Reducing {
    return reduce.combine === 'argmax' || reduce.combine === 'argmin'
      ? this.#startPosition(reduce, reduce.combine === 'argmax' ? 'max' : 'min')
      : this.#startValue(reduce.combine, reduce.dtype);
  }

  #startValue(how: 'sum' | 'prod' | 'max' | 'min', dtype: Reduce['dtype']): Reducing {
    const { writer: w, use } = this.kernel;
    const type = typeOf(dtype);
    const sum: Value = { text: w.variable(how, type, identity(how, dtype, use)), dtype };
    return {
      step: ({ text }) => w.line(`${sum.text} = ${combine(how, sum, { text, dtype }, use)};`),
      finish: () => {
        if (this.width === 1) return sum.text;
        const array = this.#array(type, 'found');
        w.line(`${array}[${this.#lane}] = ${sum.text};`);
        this.#tree((a, b) => {
          const [x, y] = [a, b].map((i) => ({ text: w.declare('half', `${array}[${i}]`), dtype }));
          w.line(`${array}[${a}] = ${combine(how, x!, y!, use)};`);
        });
        return this.#everyone(`${array}[0]`);
      },
    };
  }

  /** The first of equal values wins, so lanes compare positions where their values are equal. */
  #startPosition({ of, position }: Reduce, how: 'max' | 'min'): Reducing {
    const { writer: w, use } = this.kernel;
    const dtype = of!;
    const type = typeOf(dtype);
    const [best, at] = [
      { text: w.variable('best', type, identity(how, dtype, use)), dtype },
      w.variable('at', 'i32', '-1'),
    ];
    return {
      step: (value, positions) => {
        w.open(`if (${at} < 0 || ${beats(how, value, best, use)})`);
        w.line(`${best.text} = ${value.text};`);
        w.line(`${at} = ${positions.at(position!)};`);
        w.close();
      },
      finish: () => {
        if (this.width === 1) return at;
        const [values, places] = [this.#array(type, 'best'), this.#array('i32', 'place')];
        w.line(`${values}[${this.#lane}] = ${best.text};`);
        w.line(`${places}[${this.#lane}] = ${at};`);
        this.#tree((a, b) => {
          const [x, y] = [a, b].map((i) => ({ text: w.declare('half', `${values}[${i}]`), dtype }));
          const [p, q] = [a, b].map((i) => w.declare('where', `${places}[${i}]`));
          const [better, worse] = [beats(how, y!, x!, use), beats(how, x!, y!, use)];
          w.open(`if (${q} >= 0 && (${p} < 0 || ${better} || (!(${worse}) && ${q} < ${p})))`);
          w.line(`${values}[${a}] = ${y!.text};`);
          w.line(`${places}[${a}] = ${q};`);
          w.close();
        });
        return this.#everyone(`${places}[0]`);
      },
    };
  }

  #tree(step: (a: string, b: string) => void): void {
    const w = this.kernel.writer;
    w.line('workgroupBarrier();');
    const reach = w.fresh('reach');
    w.open(`for (var ${reach} = ${this.width / 2}; ${reach} > 0; ${reach} /= 2)`);
    w.open(`if (${this.#lane} < ${reach})`);
    step(this.#lane, w.declare('other', `${this.#lane} + ${reach}`));
    w.close();
    w.line('workgroupBarrier();');
    w.close();
  }

  /** Reads what all will know before anyone may overwrite it. */
  #everyone(place: string): string {
    const w = this.kernel.writer;
    const name = w.declare('result', place);
    w.line('workgroupBarrier();');
    return name;
  }
}
