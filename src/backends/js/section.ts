/**
 * Scalar code: instructions become declarations in the outermost loop that knows their operands, or part of the one
 * expression that uses them.
 */
import { invariant, type DType } from '../../core/index.js';
import {
  Origins,
  operandsOf,
  rangeOf,
  type IndexExpr,
  type Indirect,
  type Instr,
  type Load,
  type Store,
} from '../../loops/index.js';
import { compute } from './arithmetic.js';
import { atom, call, element, infix, isSimple, linear, literal, select, type Code } from './code.js';
import { condition, index, levelOfIndex, levelOfMasks } from './index-code.js';
import type { FunctionBuilder } from './kernel.js';
import { constant, decode, encode, fromInteger, type Value } from './value.js';
import type { Writer } from './writer.js';

interface Placed extends Value {
  readonly level: number;
}

/** Values of row scratch, which only row nests have. */
export type ReadScratch = (slot: number) => Code;

/** Longest expression put into another instead of being named. */
const inlineLimit = 60;
const inlineLimitOfLoads = 90;

export class Section {
  readonly #values = new Map<number, Placed>();
  readonly #origins = new Origins();
  readonly #levels = new Map<number, number>();
  #uses = new Map<number, number>();
  #useLevels = new Map<number, number>();

  constructor(
    readonly fn: FunctionBuilder,
    readonly readScratch?: ReadScratch,
  ) {}

  get #writer(): Writer {
    return this.fn.writer;
  }

  /** Makes known a value that no instruction computes. */
  define(id: number, value: Value, level = this.#writer.level): void {
    this.#values.set(id, { ...value, level });
  }

  has(id: number): boolean {
    return this.#values.has(id);
  }

  value(id: number): Value {
    const value = this.#values.get(id);
    invariant(value, `value ${id} is used before it is computed`);
    return value;
  }

  /**
   * Writes instructions into the open loops. `once` are uses that come right after, in the innermost loop; values in
   * `named` are used several times, or later.
   */
  run(
    instrs: readonly Instr[],
    once: readonly number[],
    named: ReadonlySet<number>,
    after?: (id: number) => void,
  ): void {
    this.#count(instrs, once, named);
    for (const instr of instrs) {
      const level = this.#levels.get(instr.id)!;
      this.#origins.note(instr);
      this.#define(instr, level);
      after?.(instr.id);
    }
  }

  #levelOf(id: number): number {
    return this.#levels.get(id) ?? this.#values.get(id)?.level ?? this.#writer.level;
  }

  #count(instrs: readonly Instr[], once: readonly number[], named: ReadonlySet<number>): void {
    this.#uses = new Map();
    this.#useLevels = new Map();
    const use = (id: number, level: number, times = 1): void => {
      this.#uses.set(id, (this.#uses.get(id) ?? 0) + times);
      this.#useLevels.set(id, level);
    };
    for (const instr of instrs) {
      const level = this.#place(instr);
      this.#levels.set(instr.id, level);
      // Indices are looked at by the check and by the load.
      for (const arg of operandsOf(instr)) use(arg, level, instr.kind === 'load' ? 2 : 1);
    }
    for (const id of once) use(id, this.#writer.level);
    for (const id of named) use(id, this.#writer.level, 2);
  }

  #place(instr: Instr): number {
    const w = this.#writer;
    const ofArgs = operandsOf(instr).reduce((level, id) => Math.max(level, this.#levelOf(id)), 0);
    switch (instr.kind) {
      case 'const':
        return 0;
      case 'index':
        return levelOfIndex(w, instr.expr);
      case 'load':
        return Math.max(ofArgs, levelOfIndex(w, instr.index), levelOfMasks(w, instr.masks));
      case 'guard':
        return Math.max(ofArgs, levelOfMasks(w, instr.masks));
      case 'scratch':
        return w.level;
      case 'compute':
        return ofArgs;
    }
  }

  #define(instr: Instr, level: number): void {
    const value = this.#render(instr, level);
    const inlined =
      isSimple(value.code) ||
      (this.#uses.get(instr.id) === 1 &&
        this.#useLevels.get(instr.id) === level &&
        value.code.text.length <= (instr.kind === 'load' ? inlineLimitOfLoads : inlineLimit));
    const code =
      inlined || !this.#uses.has(instr.id)
        ? value.code
        : this.#writer.declare(level, this.#nameOf(instr), value.code);
    this.#values.set(instr.id, { ...value, code, level });
  }

  #nameOf(instr: Instr): string {
    if (instr.kind === 'load') return `${this.fn.nestBuffers[instr.buffer]!.name}_value`;
    if (instr.kind === 'compute') return instr.op === 'cast' ? `to_${instr.dtype}` : instr.op;
    return { guard: 'either', index: 'position', scratch: 'kept', const: 'constant' }[instr.kind];
  }

  #render(instr: Instr, level: number): Value {
    const w = this.#writer;
    switch (instr.kind) {
      case 'const':
        return constant(instr.value, instr.dtype);
      case 'index':
        return fromInteger(index(w, instr.expr), instr.dtype, rangeOf(instr.expr), this.fn.use);
      case 'load':
        return this.#load(instr, level);
      case 'guard': {
        const [value, otherwise] = [this.value(instr.value), this.value(instr.otherwise)];
        const code = select(condition(w, instr.masks) ?? atom('true'), value.code, otherwise.code);
        return { code, dtype: instr.dtype, exact: value.exact && otherwise.exact };
      }
      case 'scratch':
        invariant(this.readScratch, 'row scratch belongs to row kernels');
        return scratchValue(this.readScratch(instr.slot), instr.dtype);
      case 'compute':
        return compute(
          instr,
          instr.args.map((id) => this.value(id)),
          this.fn.use,
        );
    }
  }

  #load(instr: Load, level: number): Value {
    const { dtype } = instr;
    const inside = this.allowed(instr.masks, instr.indirect, level);
    const at = this.position(instr.index, instr.indirect);
    const value = decode(element(this.fn.buffer(instr.buffer), at), dtype, this.fn.use);
    if (!inside) return value;
    const fill = constant(instr.fill, dtype);
    return { code: select(inside, value.code, fill.code), dtype, exact: fill.exact };
  }

  /** Whether an access may happen, as a condition; an index out of bounds is reported. Undefined: always. */
  allowed(masks: Load['masks'], indirect: readonly Indirect[], level: number): Code | undefined {
    const w = this.#writer;
    let inside = condition(w, masks);
    for (const { id, bound, check } of indirect) {
      const checked = Math.max(this.#levelOf(id), masks.length > 0 ? level : 0);
      inside = w.shared(checked, `check ${id} ${check} ${inside?.text ?? ''}`, 'found', () => {
        const value = this.#integer(id);
        const within = isInt64(this.value(id).dtype)
          ? infix('&&', infix('>=', value, literal(0)), infix('<', value, literal(bound)))
          : infix('<', infix('>>>', value, literal(0)), literal(bound));
        const report = call(
          this.fn.use('outOfRange'),
          literal(check),
          value,
          index(this.#writer, this.#origins.of(id)),
        );
        const valid = infix('||', within, report);
        return inside ? infix('&&', inside, valid) : valid;
      });
    }
    return inside;
  }

  /** An index expression plus what loaded indices add. */
  position(expr: IndexExpr, indirect: readonly Indirect[]): Code {
    if (indirect.length === 0) return index(this.#writer, expr);
    const terms = indirect.map(({ id, coeff }) => {
      const level = this.#levelOf(id);
      const scaled = linear([[coeff, this.#integer(id)]], 0);
      return this.#writer.shared(level, `row ${id} ${coeff}`, 'row', () => scaled);
    });
    const direct = index(this.#writer, expr);
    const all = direct.text === '0' ? terms : [...terms, direct];
    return linear(
      all.map((code) => [1, code] as const),
      0,
    );
  }

  /** A loaded index as a JavaScript number. */
  #integer(id: number): Code {
    const { code, dtype } = this.value(id);
    return isInt64(dtype)
      ? this.#writer.shared(this.#levelOf(id), `number ${id}`, 'chosen', () => call('Number', code))
      : code;
  }

  /** Writes `stores` in the innermost loop. All values are computed before the first is stored. */
  store(stores: readonly Store[]): void {
    for (const { buffer, index: at, value } of stores) {
      this.#writer.line(
        `${this.fn.buffer(buffer)}[${index(this.#writer, at).text}] = ${encode(this.value(value), this.fn.use).text};`,
      );
    }
  }

  /** Instructions and the stores that use them. */
  write(instrs: readonly Instr[], stores: readonly Store[], named: ReadonlySet<number> = new Set()): void {
    const values = stores.map((store) => store.value);
    const [once, several] = stores.length === 1 ? [values, named] : [[], new Set([...named, ...values])];
    this.run(instrs, once, several);
    this.store(stores);
  }
}

const isInt64 = (dtype: DType): boolean => dtype === 'int64';

const scratchValue = (code: Code, dtype: DType): Value =>
  dtype === 'bool'
    ? { code: infix('!==', code, literal(0)), dtype, exact: true }
    : { code, dtype, exact: false };
