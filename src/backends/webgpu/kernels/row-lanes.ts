/** How the invocations of a workgroup share a row; a workgroup of one has it to itself. */
import type { Reduce, Scan } from '../../../loops/index.js';
import { beats, combine, identity } from '../wgsl/arithmetic.js';
import type { Positions } from '../wgsl/positions.js';
import { typeOf, type Value, type WgslType } from '../wgsl/value.js';
import type { Kernel } from './kernel.js';
import { Subgroups } from './subgroups.js';

/** What a lane has found so far; the last of the variables is what is looked for. */
export interface Found {
  readonly variables: readonly Value[];
  /** Combines it with what others have found. */
  absorb(others: readonly string[]): void;
}

/** A combination under way. */
export interface Reducing extends Found {
  step(value: Value, positions: Positions): void;
  /** Combines what the lanes found. @returns the result, known to all of them. */
  finish(): string;
}

export class Lanes {
  #lane = '0';
  #subgroups: Subgroups | undefined;
  readonly #arrays = new Map<string, string>();

  constructor(
    readonly kernel: Kernel,
    readonly width: number,
  ) {}

  /** Opens the body for those who take rows, one each or one after another. @returns the number of the one. */
  eachTaker(takers: number): string {
    if (this.width === 1) return this.kernel.eachInvocation(takers);
    const { group, lane } = this.kernel.eachGroup(takers, this.width);
    this.#lane = lane;
    const { sharesMemory, subgroupSizes } = this.kernel.operands.traits;
    // Where lanes are computed one after another, a tree costs less than what each of them would do again.
    if (sharesMemory && subgroupSizes && this.width >= subgroupSizes[1])
      this.#subgroups = new Subgroups(this.kernel, lane, this.width);
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

  /** The same over the positions from `first` to below `end`. */
  walkPart(first: string, end: string, body: (position: string) => void): void {
    const w = this.kernel.writer;
    const level = w.level;
    body(w.stride('i', `${first} + ${this.#lane}`, end, this.width));
    w.closeTo(level);
  }

  /**
   * The same where every lane takes part in every turn, so that they may wait for each other: those beyond the end stand
   * at the last position. @returns whether the lane has a position of its own.
   */
  march(size: number, reverse: boolean, body: (position: string, isOwn: string) => void): void {
    const w = this.kernel.writer;
    const level = w.level;
    const step = w.declare('step', `${w.stride('from', '0', size, this.width)} + ${this.#lane}`);
    const own = w.declare('own', `${step} < ${size}`);
    const inside = `min(${step}, ${size - 1})`;
    body(w.declare('i', reverse ? `${size - 1} - ${inside}` : inside), own);
    w.closeTo(level);
  }

  /**
   * Running combinations over the lanes of one turn of `march`. `running` is the variable of what comes before the turn.
   * @returns each lane's, its own value included.
   */
  scan(how: Scan['combine'], value: Value, running: string): string {
    const { writer: w, use } = this.kernel;
    const { dtype } = value;
    const type = typeOf(dtype);
    const array = this.#array(type, 0);
    const own: Value = { text: w.variable(how, type, value.text), dtype };
    const put = (): void => w.line(`${array}[${this.#lane}] = ${own.text};`);
    const wait = (): void => w.line('workgroupBarrier();');
    const reach = w.fresh('reach');
    put();
    wait();
    w.open(`for (var ${reach} = 1; ${reach} < ${this.width}; ${reach} *= 2)`);
    w.open(`if (${this.#lane} >= ${reach})`);
    const before: Value = { text: w.declare('before', `${array}[${this.#lane} - ${reach}]`), dtype };
    w.line(`${own.text} = ${combine(how, before, own, use)};`);
    w.close();
    wait();
    put();
    wait();
    w.close();
    const so: Value = { text: running, dtype };
    const scanned = w.declare('scanned', combine(how, so, own, use));
    const last: Value = { text: w.declare('last', `${array}[${this.width - 1}]`), dtype };
    w.line(`${running} = ${combine(how, so, last, use)};`);
    // All have read before anyone overwrites it.
    wait();
    return scanned;
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
    const add = (text: string): void => w.line(`${sum.text} = ${combine(how, sum, { text, dtype }, use)};`);
    const found: Found = { variables: [sum], absorb: ([other]) => add(other!) };
    return { ...found, step: ({ text }) => add(text), finish: () => this.#finish(found) };
  }

  /** The first of equal values wins, so lanes compare positions where their values are equal. */
  #startPosition({ of, position }: Reduce, how: 'max' | 'min'): Reducing {
    const { writer: w, use } = this.kernel;
    const dtype = of!;
    const type = typeOf(dtype);
    const best: Value = { text: w.variable('best', type, identity(how, dtype, use)), dtype };
    const at = w.variable('at', 'i32', '-1');
    const replaceIf = (condition: string, text: string, place: string): void => {
      w.open(`if (${condition})`);
      w.line(`${best.text} = ${text};`);
      w.line(`${at} = ${place};`);
      w.close();
    };
    const found: Found = {
      variables: [best, { text: at, dtype: 'int32' }],
      absorb: ([text, place]) => {
        const other: Value = { text: text!, dtype };
        const [better, worse] = [beats(how, other, best, use), beats(how, best, other, use)];
        const wins = `${at} < 0 || ${better} || (!(${worse}) && ${place} < ${at})`;
        replaceIf(`${place} >= 0 && (${wins})`, text!, place!);
      },
    };
    return {
      ...found,
      step: (value, positions) =>
        replaceIf(`${at} < 0 || ${beats(how, value, best, use)}`, value.text, positions.at(position!)),
      finish: () => this.#finish(found),
    };
  }

  #finish(found: Found): string {
    const result = found.variables.at(-1)!.text;
    if (this.width === 1) return result;
    const arrays = found.variables.map(({ dtype }, i) => this.#array(typeOf(dtype), i));
    if (this.#subgroups) this.#bySubgroups(found, arrays, this.#subgroups);
    else this.#byTree(found, arrays);
    // All have read before anyone may overwrite it.
    this.kernel.writer.line('workgroupBarrier();');
    return result;
  }

  /** An array with an element for each lane. Combinations follow each other, so they share it. */
  #array(type: WgslType, number: number): string {
    const key = `${type} ${number}`;
    const name = this.#arrays.get(key) ?? this.kernel.workgroupArray('found', type, this.width);
    this.#arrays.set(key, name);
    return name;
  }

  #put(place: string, { variables }: Found, arrays: readonly string[]): void {
    arrays.forEach((array, i) => this.kernel.writer.line(`${array}[${place}] = ${variables[i]!.text};`));
  }

  #take(place: string, { variables }: Found, arrays: readonly string[]): void {
    arrays.forEach((array, i) => this.kernel.writer.line(`${variables[i]!.text} = ${array}[${place}];`));
  }

  #absorb(place: string, found: Found, arrays: readonly string[]): void {
    found.absorb(arrays.map((array) => this.kernel.writer.declare('other', `${array}[${place}]`)));
  }

  #byTree(found: Found, arrays: readonly string[]): void {
    const w = this.kernel.writer;
    this.#put(this.#lane, found, arrays);
    w.line('workgroupBarrier();');
    const reach = w.fresh('reach');
    w.open(`for (var ${reach} = ${this.width / 2}; ${reach} > 0; ${reach} /= 2)`);
    w.open(`if (${this.#lane} < ${reach})`);
    this.#absorb(`${this.#lane} + ${reach}`, found, arrays);
    this.#put(this.#lane, found, arrays);
    w.close();
    w.line('workgroupBarrier();');
    w.close();
    this.#take('0', found, arrays);
  }

  /** Within each subgroup without memory; then every lane goes over what the subgroups have found, in order. */
  #bySubgroups(found: Found, arrays: readonly string[], subgroups: Subgroups): void {
    const w = this.kernel.writer;
    subgroups.eachPartner((partner) =>
      found.absorb(
        found.variables.map(({ text, dtype }) => w.declare('other', partner(text, typeOf(dtype)))),
      ),
    );
    const { isFirst, number, count } = subgroups.place();
    w.open(`if (${isFirst})`);
    this.#put(number, found, arrays);
    w.close();
    w.line('workgroupBarrier();');
    this.#take('0', found, arrays);
    const subgroup = w.stride('subgroup', '1', count, 1);
    this.#absorb(subgroup, found, arrays);
    w.close();
  }
}
