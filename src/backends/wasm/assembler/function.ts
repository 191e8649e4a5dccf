/**
 * One WebAssembly function under construction. Operand types are checked while it is written. Values live in locals;
 * code may be added to an enclosing level, ahead of the loop that is being written, which is how loop invariants are
 * hoisted.
 */
import { InternalError, invariant } from '../../../core/index.js';
import { Rope, float32, float64, signed, signed64, unsigned, vectorBytes, type LaneType } from './bytes.js';
import { Level, type Local } from './level.js';
import {
  control as c,
  instructions,
  valueTypeCodes,
  type Immediate,
  type Instruction,
  type ValueType,
} from './opcodes.js';

export type { Local } from './level.js';

/** Something that can be called. */
export interface Callee {
  readonly index: number;
  readonly name: string;
  readonly takes: string;
  readonly gives: string;
}

export class Code {
  readonly params: readonly Local[];
  readonly #locals: ValueType[] = [];
  #now: Level;
  /** Number of the innermost open level. */
  #highest = 0;
  readonly #constants = new Map<string, Local>();
  /** Constants, set before everything else. */
  readonly #prologue: number[] = [];

  constructor(
    readonly name: string,
    readonly takes: string,
    readonly gives: string,
    /** Whether multiply-add may round once. */
    readonly relaxed: boolean,
  ) {
    this.params = [...takes].map((type, index) => ({ index, type: type as ValueType, level: 0 }));
    this.#now = new Level(name, 0);
  }

  /** Number of the level that is being written. */
  get level(): number {
    return this.#now.number;
  }

  /** Number of the level that would be opened next. */
  get nextLevel(): number {
    return this.#highest + 1;
  }

  #level(number: number): Level {
    let level: Level | undefined = this.#now;
    while (level && level.number !== number) level = level.around;
    if (!level) throw new InternalError(`${this.name}: level ${number} is not around level ${this.level}`);
    return level;
  }

  // ---- locals and the stack

  /** A local of this level (or of one around it), handed out again when the level is closed. */
  local(type: ValueType, level = this.level): Local {
    const owner = this.#level(level);
    const local = { ...(owner.reuse(type) ?? this.#newLocal(type)), level };
    owner.own(local);
    return local;
  }

  #newLocal(type: ValueType): Local {
    return { index: this.params.length + this.#locals.push(type) - 1, type, level: 0 };
  }

  #check({ index, type }: Local, what: string): void {
    if ((this.takes[index] ?? this.#locals[index - this.takes.length]) !== type)
      throw new InternalError(`${this.name}: ${what} of a local of another function`);
  }

  get(local: Local): this {
    this.#check(local, 'local.get');
    if (this.#now.tee(local)) return this;
    this.#now.write(c.get);
    unsigned(this.#now.bytes, local.index);
    return this.#finish(local.type);
  }

  set(local: Local): this {
    this.#check(local, 'local.set');
    this.#now.set(local);
    return this;
  }

  /** Takes the top of the stack into a new local. */
  keep(): Local {
    const local = this.local(this.#now.top('keep'));
    this.set(local);
    return local;
  }

  drop(): this {
    this.#now.pop(this.#now.top('drop'), 'drop');
    this.#now.write(c.drop);
    return this;
  }

  // ---- constants

  i32(value: number): this {
    this.#now.write(c.i32);
    signed(this.#now.bytes, value | 0);
    return this.#finish('i');
  }

  i64(value: bigint): this {
    this.#now.write(c.i64);
    signed64(this.#now.bytes, BigInt.asIntN(64, value));
    return this.#finish('l');
  }

  f32(value: number): this {
    this.#now.write(c.f32);
    float32(this.#now.bytes, value);
    return this.#finish('f');
  }

  f64(value: number): this {
    this.#now.write(c.f64);
    float64(this.#now.bytes, value);
    return this.#finish('d');
  }

  /**
   * A vector constant in a local that is set once, when the function begins: inside a loop some engines would make it
   * again at every iteration. One lane value stands for all lanes.
   */
  vector(kind: LaneType, ...lanes: readonly (number | bigint)[]): Local {
    const bytes = vectorBytes(kind, lanes);
    const key = bytes.join();
    const known = this.#constants.get(key);
    if (known) return known;
    const local = this.#newLocal('v');
    this.#prologue.push(...c.vector, ...bytes, c.set);
    unsigned(this.#prologue, local.index);
    this.#constants.set(key, local);
    return local;
  }

  // ---- instructions

  lookup(name: string): Instruction {
    const found = instructions().get(name);
    if (!found) throw new InternalError(`${this.name}: there is no instruction ${name}`);
    return found;
  }

  #emit(name: string, immediate: Immediate): Instruction {
    const found = this.lookup(name);
    if (found.immediate !== immediate)
      throw new InternalError(`${this.name}: ${name} takes other immediates`);
    this.#now.pop(found.takes, name);
    const { code } = found;
    if (code < 0x100) this.#now.write(code);
    else {
      this.#now.write(Math.floor(code / 0x1000));
      unsigned(this.#now.bytes, code % 0x1000);
    }
    return found;
  }

  #finish(gives: string): this {
    this.#now.push(gives);
    return this;
  }

  /** An instruction without immediates. */
  op(name: string): this {
    return this.#finish(this.#emit(name, 'none').gives);
  }

  /** A load or store at the address on the stack plus `offset`. Nothing is assumed about alignment. */
  memory(name: string, offset = 0): this {
    const { gives, align, code } = this.#emit(name, 'memory');
    // Atomic accesses must say their natural alignment.
    this.#now.bytes.push(code >= 0xfe000 ? align : 0);
    unsigned(this.#now.bytes, offset);
    return this.#finish(gives);
  }

  /** A load into, or a store from, one lane. */
  memoryLane(name: string, offset: number, lane: number): this {
    const { gives, align } = this.#emit(name, 'memoryLane');
    this.#now.bytes.push(0);
    unsigned(this.#now.bytes, offset);
    return this.#lane(name, lane, 16 >> align).#finish(gives);
  }

  /** Extracts or replaces a lane. */
  lane(name: string, lane: number): this {
    const { gives } = this.#emit(name, 'lane');
    return this.#lane(name, lane, Number(/x(\d+)/.exec(name)![1])).#finish(gives);
  }

  #lane(name: string, lane: number, count: number): this {
    if (!(lane >= 0 && lane < count)) throw new InternalError(`${this.name}: ${name} has no lane ${lane}`);
    this.#now.bytes.push(lane);
    return this;
  }

  /** i8x16.shuffle of the two vectors on the stack. */
  shuffle(lanes: readonly number[]): this {
    invariant(lanes.length === 16, `${this.name}: i8x16.shuffle takes 16 lanes`);
    this.#now.pop('vv', 'i8x16.shuffle');
    this.#now.writeAll(c.shuffle);
    for (const lane of lanes) this.#lane('i8x16.shuffle', lane, 32);
    return this.#finish('v');
  }

  /** Chooses the first of two values where the i32 on top is not 0. */
  select(type: ValueType): this {
    this.#now.pop(`${type}${type}i`, 'select');
    if (type === 'v') this.#now.writeAll([c.selectTyped, 1, valueTypeCodes.v]);
    else this.#now.write(c.select);
    return this.#finish(type);
  }

  /** Bytes moved within memory: destination, source and length are on the stack. */
  copyMemory(): this {
    this.#now.pop('iii', 'memory.copy');
    this.#now.writeAll(c.copy);
    return this;
  }

  /** Bytes set: destination, value and length are on the stack. */
  fillMemory(): this {
    this.#now.pop('iii', 'memory.fill');
    this.#now.writeAll(c.fill);
    return this;
  }

  call(callee: Callee): this {
    this.#now.pop(callee.takes, `call ${callee.name}`);
    this.#now.write(c.call);
    unsigned(this.#now.bytes, callee.index);
    return this.#finish(callee.gives);
  }

  /** Applies an instruction to locals; the result is a new local. */
  v(name: string, ...args: readonly Local[]): Local {
    for (const arg of args) this.get(arg);
    return this.op(name).keep();
  }

  // ---- control flow

  #open(opened: 'block' | 'loop' | 'if', gives: ValueType | ''): number {
    this.#now.writeAll([c[opened], gives === '' ? 0x40 : valueTypeCodes[gives]]);
    return this.#now.open(opened, gives);
  }

  /** Opens a block; gives its label. */
  block(gives: ValueType | '' = ''): number {
    return this.#open('block', gives);
  }

  /** Opens a loop; a branch to its label begins the next iteration. */
  loop(): number {
    return this.#open('loop', '');
  }

  /** Opens a conditional on the i32 on the stack. */
  if(gives: ValueType | '' = ''): number {
    this.#now.pop('i', 'if');
    return this.#open('if', gives);
  }

  else(): this {
    this.#now.else();
    this.#now.write(c.else);
    return this;
  }

  end(): this {
    this.#now.end();
    this.#now.write(c.end);
    return this;
  }

  #branch(code: number, label: number, what: string): this {
    const carried = label === 0 ? this.gives : this.#now.carried(label);
    invariant(carried !== undefined, `${this.name}: ${what} to a block that is not open`);
    this.#now.pop(carried, what);
    this.#now.write(code);
    unsigned(this.#now.bytes, this.#now.depth - label);
    return this.#finish(carried);
  }

  br(label: number): this {
    return this.#branch(c.br, label, 'br');
  }

  brIf(label: number): this {
    this.#now.pop('i', 'br_if');
    return this.#branch(c.brIf, label, 'br_if');
  }

  // ---- levels

  /** Opens a level: what is written until it is closed comes after everything still added to the levels around it. */
  openLevel(): void {
    this.#now = new Level(this.name, ++this.#highest, this.#now);
  }

  closeLevel(): void {
    invariant(this.#now.number === this.#highest, `${this.name}: a level opened later is still open`);
    this.#now = this.#now.close();
    this.#highest--;
  }

  /** Writes to a level around, ahead of the levels open inside it. What is written must leave its stack as it was. */
  at<T>(level: number, write: () => T): T {
    const before = this.#now;
    const there = this.#level(level);
    const { height, depth } = there;
    this.#now = there;
    try {
      const result = write();
      invariant(
        this.#now === there && there.height === height && there.depth === depth,
        `${this.name}: code at level ${level} is not balanced`,
      );
      return result;
    } finally {
      this.#now = before;
    }
  }

  /**
   * A loop whose counter runs from `start` while it is below `end` (above or equal, for a negative step), in a level of
   * its own. `body` gets the counter.
   */
  count(
    start: number | Local,
    end: number | Local,
    step: number,
    body: (counter: Local) => void,
    options: { readonly atLeastOnce?: boolean } = {},
  ): void {
    this.openLevel();
    const counter = this.local('i');
    this.value(start).set(counter);
    const more = step > 0 ? 'i32.lt_s' : 'i32.ge_s';
    const sure =
      options.atLeastOnce ??
      (typeof start === 'number' && typeof end === 'number' && (step > 0 ? start < end : start >= end));
    if (!sure) this.get(counter).value(end).op(more).if();
    const again = this.loop();
    this.openLevel();
    body(counter);
    this.closeLevel();
    this.get(counter).i32(step).op('i32.add').set(counter);
    this.get(counter).value(end).op(more).brIf(again);
    this.end();
    if (!sure) this.end();
    this.closeLevel();
  }

  /** An i32, known or in a local. */
  value(value: number | Local): this {
    return typeof value === 'number' ? this.i32(value) : this.get(value);
  }

  // ---- the end

  /** The function's entry of the code section, without its size. */
  encode(): Rope {
    invariant(this.level === 0 && this.#now.depth === 0, `${this.name}: end is missing`);
    this.#now.pop(this.gives, 'end');
    invariant(this.#now.done, `${this.name}: end leaves values on the stack`);
    const locals: number[] = [];
    const runs: [ValueType, number][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[0] === type) last[1]++;
      else runs.push([type, 1]);
    }
    unsigned(locals, runs.length);
    for (const [type, count] of runs) {
      unsigned(locals, count);
      locals.push(valueTypeCodes[type]);
    }
    return new Rope().add(locals).add(this.#prologue).add(this.#now.code).add([c.end]);
  }
}
