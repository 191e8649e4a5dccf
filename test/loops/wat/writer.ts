/**
 * Statements of one function: loops over axes, instructions, loads and stores. Along one axis values may be vectors of four
 * (`wide`); what does not depend on that axis stays a single value and is spread where a vector needs it.
 */
import type { DType } from '../../../src/core/index.js';
import {
  addIndex,
  axisIndex,
  constantIndex,
  rangeOf,
  substitute,
  type Axis,
  type IndexExpr,
  type Instr,
  type Predicate,
  type Store,
} from '../../../src/loops/index.js';
import { argsOf, flat, instrVaries, masksVary, strideAlong } from '../readers/axes.js';
import {
  bytesOf,
  i32,
  kindOf,
  load,
  number,
  operations,
  scalarType,
  splat,
  store,
  type Kind,
} from './language.js';

interface Value {
  readonly local: string;
  readonly kind: Kind;
  readonly wide: boolean;
}

export interface Memory {
  readonly base: (buffer: number) => string;
  readonly dtype: (buffer: number) => DType;
}

export const lanes = 4;
const bracketed = (op: string, parts: readonly string[]): string =>
  parts.reduce((a, b) => `(${op} ${a} ${b})`);

export class Writer {
  readonly lines: string[] = [];
  readonly #locals = new Map<string, string>();
  readonly #values = new Map<number, Value>();
  #depth = 1;
  #next = 0;
  /** The axis along which values may be vectors. */
  along: number | undefined;
  /** Address of the element of row scratch at the present position. */
  scratch: (slot: number) => string = () => {
    throw new Error('no row scratch here');
  };

  constructor(public memory: Memory) {}

  line(text: string): void {
    this.lines.push('  '.repeat(this.#depth) + text);
  }

  local(name: string, type: string): string {
    this.#locals.set(name, type);
    return name;
  }

  fresh(hint: string, type: string): string {
    return this.local(`$${hint}${this.#next++}`, type);
  }

  set(local: string, value: string): void {
    this.line(`(local.set ${local} ${value})`);
  }

  define(id: number, kind: Kind, value: string, wide = false): void {
    const local = this.local(`$${wide ? 'w' : 'v'}${id}`, wide ? 'v128' : scalarType(kind));
    this.#values.set(id, { local, kind, wide });
    this.set(local, value);
  }

  axis(axis: number): string {
    return this.local(axis === flat ? '$flat' : `$i${axis}`, 'i32');
  }

  kind(id: number): Kind {
    return this.#values.get(id)!.kind;
  }

  get(id: number, wide: boolean): string {
    const value = this.#values.get(id)!;
    const text = `(local.get ${value.local})`;
    return wide && !value.wide ? splat(text, value.kind) : text;
  }

  /** `for (counter = from; counter < to; counter += step)`. */
  loop(counter: string, from: string, to: string, step: number, body: () => void): void {
    const label = this.#next++;
    this.set(counter, from);
    this.line(`(block $end${label} (loop $next${label}`);
    this.#depth++;
    this.line(`(br_if $end${label} (i32.ge_s (local.get ${counter}) ${to}))`);
    body();
    this.set(counter, `(i32.add (local.get ${counter}) ${i32(step)})`);
    this.line(`(br $next${label})))`);
    this.#depth--;
  }

  loops(axes: readonly Axis[], body: () => void): void {
    const [axis, ...rest] = axes;
    if (!axis) return body();
    this.loop(this.axis(axis.axis), i32(0), i32(axis.extent), 1, () => this.loops(rest, body));
  }

  /** The last axis by fours, then what is left of it one by one. `body` is written twice. */
  vectors(axes: readonly Axis[], body: (wide: boolean) => void): void {
    const last = axes.at(-1);
    if (!last) return body(false);
    this.loops(axes.slice(0, -1), () => this.span(last.axis, i32(last.extent), body, last.extent));
  }

  span(axis: number, count: string, body: (wide: boolean) => void, known?: number): void {
    const counter = this.axis(axis);
    const whole = known === undefined ? `(i32.and ${count} (i32.const -4))` : i32(known - (known % lanes));
    if (known === undefined || known >= lanes) {
      this.along = axis;
      this.loop(counter, i32(0), whole, lanes, () => body(true));
      this.along = undefined;
    }
    if (known === undefined || known % lanes !== 0) this.loop(counter, whole, count, 1, () => body(false));
  }

  index(expr: IndexExpr): string {
    const parts = expr.terms.map(({ coeff, atom }) => {
      let value = atom.kind === 'axis' ? `(local.get ${this.axis(atom.axis)})` : '';
      if (atom.kind !== 'axis') {
        const signed = rangeOf(atom.of)[0] < 0;
        const of = this.index(atom.of);
        if (signed) value = `(call $floor_${atom.kind} ${of} ${i32(atom.by)})`;
        else value = `(i32.${atom.kind === 'div' ? 'div_u' : 'rem_u'} ${of} ${i32(atom.by)})`;
      }
      return coeff === 1 ? value : `(i32.mul ${value} ${i32(coeff)})`;
    });
    if (expr.offset !== 0 || parts.length === 0) parts.push(i32(expr.offset));
    return bracketed('i32.add', parts);
  }

  /** The expression `lane` positions further along the vector's axis. */
  #shifted(expr: IndexExpr, lane: number): IndexExpr {
    return substitute(expr, (axis, extent) =>
      addIndex(axisIndex(axis, extent), constantIndex(axis === this.along ? lane : 0)),
    );
  }

  #indexLanes(expr: IndexExpr): string {
    const stride = strideAlong(expr, this.along!);
    if (stride === 0) return `(i32x4.splat ${this.index(expr)})`;
    if (stride !== undefined)
      return `(i32x4.add (i32x4.splat ${this.index(expr)}) (v128.const i32x4 0 ${stride} ${2 * stride} ${3 * stride}))`;
    return [1, 2, 3].reduce(
      (vector, lane) => `(i32x4.replace_lane ${lane} ${vector} ${this.index(this.#shifted(expr, lane))})`,
      `(i32x4.splat ${this.index(expr)})`,
    );
  }

  #holds(masks: readonly Predicate[], wide: boolean): string {
    const tests = masks.flatMap(({ expr, lo, hi }) => {
      const at = wide ? this.#indexLanes(expr) : this.index(expr);
      const limit = (n: number): string => (wide ? `(i32x4.splat ${i32(n)})` : i32(n));
      const type = wide ? 'i32x4' : 'i32';
      const [least, most] = rangeOf(expr);
      return [
        ...(least < lo ? [`(${type}.ge_s ${at} ${limit(lo)})`] : []),
        ...(most >= hi ? [`(${type}.lt_s ${at} ${limit(hi)})`] : []),
      ];
    });
    return tests.length === 0
      ? wide
        ? splat(i32(1), 'bool')
        : i32(1)
      : bracketed(wide ? 'v128.and' : 'i32.and', tests);
  }

  address(base: string, index: string, kind: Kind): string {
    return `(i32.add ${base} ${bytesOf(kind) === 1 ? index : `(i32.shl ${index} (i32.const 2))`})`;
  }

  run(body: readonly Instr[], wide: boolean): void {
    for (const instr of body) {
      const vector =
        wide && (instrVaries(instr, this.along!) || argsOf(instr).some((id) => this.#values.get(id)!.wide));
      if (instr.kind === 'load') this.#load(instr, vector);
      else this.define(instr.id, kindOf(instr.dtype), this.#value(instr, vector), vector);
    }
  }

  #load(instr: Extract<Instr, { kind: 'load' }>, wide: boolean): void {
    const kind = kindOf(instr.dtype);
    const { buffer, index, masks, indirect, fill, id } = instr;
    const base = this.memory.base(buffer);
    const type = wide ? 'v128' : scalarType(kind);
    const when = (conditions: readonly string[], value: string, otherwise: string, result: string): string =>
      conditions.length === 0
        ? value
        : `(if (result ${result}) ${bracketed('i32.and', conditions)} (then ${value}) (else ${otherwise}))`;
    const uniform =
      !wide || (!masksVary(masks, this.along!) && indirect.every((each) => !this.#values.get(each.id)!.wide));
    const one = (lane: number): string => {
      const at = (expr: IndexExpr): IndexExpr => (wide ? this.#shifted(expr, lane) : expr);
      const picked = indirect.map(
        ({ id: from, coeff }) => `(i32.mul ${this.#lane(from, lane)} ${i32(coeff)})`,
      );
      const address = this.address(base, bracketed('i32.add', [this.index(at(index)), ...picked]), kind);
      const inside = indirect.map(
        ({ id: from, bound }) => `(i32.lt_u ${this.#lane(from, lane)} ${i32(bound)})`,
      );
      const held =
        masks.length > 0
          ? [
              this.#holds(
                masks.map((mask) => ({ ...mask, expr: at(mask.expr) })),
                false,
              ),
            ]
          : [];
      return when([...held, ...inside], load(address, kind), number(fill, kind), scalarType(kind));
    };
    const contiguous =
      wide && uniform && indirect.length === 0 && strideAlong(index, this.along!) === 1 && kind !== 'bool';
    if (contiguous) {
      const vector = `(v128.load ${this.address(base, this.index(index), kind)})`;
      const held = masks.length > 0 ? [this.#holds(masks, false)] : [];
      return this.define(id, kind, when(held, vector, splat(number(fill, kind), kind), type), true);
    }
    if (!wide) return this.define(id, kind, one(0));
    this.define(id, kind, splat(one(0), kind), true);
    const local = this.#values.get(id)!.local;
    const into =
      kind === 'bool'
        ? (text: string): string => `(i32.sub (i32.const 0) ${text})`
        : (text: string): string => text;
    for (let lane = 1; lane < lanes; lane++)
      this.set(local, `(${scalarType(kind)}x4.replace_lane ${lane} (local.get ${local}) ${into(one(lane))})`);
  }

  #lane(id: number, lane: number): string {
    const value = this.#values.get(id)!;
    return value.wide
      ? `(${scalarType(value.kind)}x4.extract_lane ${lane} (local.get ${value.local}))`
      : `(local.get ${value.local})`;
  }

  #value(instr: Exclude<Instr, { kind: 'load' }>, wide: boolean): string {
    const kind = kindOf(instr.dtype);
    switch (instr.kind) {
      case 'const':
        return number(instr.value, kind);
      case 'index': {
        const value = wide ? this.#indexLanes(instr.expr) : this.index(instr.expr);
        return kind === 'f32'
          ? wide
            ? `(f32x4.convert_i32x4_s ${value})`
            : `(f32.convert_i32_s ${value})`
          : value;
      }
      case 'guard': {
        const varies = wide && masksVary(instr.masks, this.along!);
        const [yes, no] = [this.get(instr.value, wide), this.get(instr.otherwise, wide)];
        return varies
          ? `(v128.bitselect ${yes} ${no} ${this.#holds(instr.masks, true)})`
          : `(select ${yes} ${no} ${this.#holds(instr.masks, false)})`;
      }
      case 'scratch':
        return wide ? `(v128.load ${this.scratch(instr.slot)})` : load(this.scratch(instr.slot), kind);
      case 'compute': {
        const write = operations[instr.op];
        if (!write) throw new Error(`the listing has no ${instr.op}`);
        return write(
          instr.args.map((id) => this.get(id, wide)),
          wide,
          kindOf(instr.of),
          kind,
        );
      }
    }
  }

  /** Writes a value at an address: a vector at once, or lane by lane where elements do not lie side by side. */
  put(address: string, id: number, wide: boolean): void {
    this.line(
      wide
        ? `(v128.store ${address} ${this.get(id, true)})`
        : store(address, this.get(id, false), this.kind(id)),
    );
  }

  store(stores: readonly Store[], wide: boolean): void {
    for (const { buffer, index, value } of stores) {
      const kind = kindOf(this.memory.dtype(buffer));
      const address = (lane: number): string =>
        this.address(
          this.memory.base(buffer),
          this.index(lane > 0 ? this.#shifted(index, lane) : index),
          kind,
        );
      if (!wide || (strideAlong(index, this.along!) === 1 && kind !== 'bool')) {
        this.put(address(0), value, wide);
        continue;
      }
      const masked =
        kind === 'bool'
          ? (text: string): string => `(i32.and ${text} (i32.const 1))`
          : (text: string): string => text;
      for (let lane = 0; lane < lanes; lane++)
        this.line(store(address(lane), masked(this.#lane(value, lane)), kind));
    }
  }

  /** The function these statements make. */
  func(name: string, parameters: readonly string[]): string[] {
    const given = new Set(parameters);
    const locals = [...this.#locals]
      .filter(([local]) => !given.has(local))
      .map(([local, type]) => `(local ${local} ${type})`);
    const head = `(func $${name} (export "${name}") ${parameters.map((p) => `(param ${p} i32)`).join(' ')}`;
    return [head, ...(locals.length > 0 ? [`  ${locals.join(' ')}`] : []), ...this.lines, ')'];
  }
}
