/**
 * One WebAssembly function under construction. Operand types are checked while it is written. Values live in locals;
 * code may be added to an enclosing level, ahead of the loop that is being written, which is how loop invariants are
 * hoisted.
 */
import { InternalError, invariant } from '../../../core/index.js';
import { append, signed, signed64, unsigned } from './bytes.js';
import { instructions, valueTypeCodes, type ValueType } from './opcodes.js';

export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** Something that can be called. */
export interface Callee {
  readonly index: number;
  readonly name: string;
  readonly takes: string;
  readonly gives: string;
}

/** Code of one level: the body of the function or of an open loop. */
interface Level {
  readonly bytes: number[];
  readonly stack: ValueType[];
  /** Blocks open around the code, outside this level. */
  readonly depth: number;
  /** Blocks open inside this level, with the height of the stack when each was opened. */
  readonly blocks: { readonly height: number; readonly gives: string }[];
  /** Locals to be handed out again once the level is closed. */
  readonly owned: Local[];
  /** The local that the last instruction set, and where that instruction begins. */
  lastSet: { readonly index: number; readonly at: number } | undefined;
}

const newLevel = (depth: number): Level => ({
  bytes: [],
  stack: [],
  depth,
  blocks: [],
  owned: [],
  lastSet: undefined,
});

/** Codes of control flow and locals. */
const c = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
} as const;

const bits = new DataView(new ArrayBuffer(16));

/** The sixteen bytes of a vector, from numbers of one lane type. */
export function vectorBytes(
  kind: 'f32' | 'f64' | 'i32' | 'i64',
  lanes: readonly (number | bigint)[],
): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  const count = kind === 'f64' || kind === 'i64' ? 2 : 4;
  for (let i = 0; i < count; i++) {
    const lane = lanes[lanes.length === 1 ? 0 : i]!;
    const at = (i * 16) / count;
    if (kind === 'f32') view.setFloat32(at, Number(lane), true);
    else if (kind === 'f64') view.setFloat64(at, Number(lane), true);
    else if (kind === 'i32') view.setUint32(at, Number(lane) >>> 0, true);
    else view.setBigUint64(at, BigInt.asUintN(64, BigInt(lane)), true);
  }
  return new Uint8Array(view.buffer);
}

export class Code {
  readonly params: readonly Local[];
  readonly #locals: ValueType[] = [];
  readonly #levels: Level[];
  #now: Level;
  readonly #free: Partial<Record<ValueType, Local[]>> = {};
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
    this.params = [...takes].map((type, index) => ({ index, type: type as ValueType }));
    this.#now = newLevel(0);
    this.#levels = [this.#now];
  }

  /** Number of the innermost open level. */
  get level(): number {
    return this.#levels.length - 1;
  }

  // ---- locals and the stack

  /** A local of this level (or of `level`), handed out again when the level is closed. */
  local(type: ValueType, level = this.#levels.indexOf(this.#now)): Local {
    const known = this.#free[type]?.pop();
    const local = known ?? { index: this.params.length + this.#locals.push(type) - 1, type };
    this.#levels[level]!.owned.push(local);
    return local;
  }

  #push(type: ValueType): void {
    this.#now.stack.push(type);
    this.#now.lastSet = undefined;
  }

  #pop(type: ValueType, what: string): void {
    const { stack, blocks } = this.#now;
    const bottom = blocks.at(-1)?.height ?? 0;
    const top = stack.length > bottom ? stack.pop() : undefined;
    if (top !== type)
      throw new InternalError(`${this.name}: ${what} expects ${type} and finds ${top ?? 'nothing'}`);
  }

  get(local: Local): this {
    const { lastSet, bytes } = this.#now;
    if (lastSet?.index === local.index) {
      bytes[lastSet.at] = c.tee;
      this.#push(local.type);
      return this;
    }
    this.#byte(c.get);
    unsigned(bytes, local.index);
    this.#push(local.type);
    return this;
  }

  set(local: Local): this {
    this.#pop(local.type, 'local.set');
    const at = this.#now.bytes.length;
    this.#byte(c.set);
    unsigned(this.#now.bytes, local.index);
    this.#now.lastSet = { index: local.index, at };
    return this;
  }

  /** Takes the top of the stack into a new local. */
  keep(): Local {
    const type = this.#now.stack.at(-1);
    invariant(type, `${this.name}: nothing to keep`);
    const local = this.local(type);
    this.set(local);
    return local;
  }

  drop(): this {
    const type = this.#now.stack.at(-1);
    invariant(type, `${this.name}: nothing to drop`);
    this.#pop(type, 'drop');
    this.#byte(c.drop);
    return this;
  }

  #byte(byte: number): void {
    this.#now.bytes.push(byte);
    this.#now.lastSet = undefined;
  }

  // ---- constants

  i32(value: number): this {
    this.#byte(0x41);
    signed(this.#now.bytes, value | 0);
    this.#push('i');
    return this;
  }

  i64(value: bigint): this {
    this.#byte(0x42);
    signed64(this.#now.bytes, BigInt.asIntN(64, value));
    this.#push('l');
    return this;
  }

  f64(value: number): this {
    this.#byte(0x44);
    bits.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.#now.bytes.push(bits.getUint8(i));
    this.#push('d');
    return this;
  }

  f32(value: number): this {
    this.#byte(0x43);
    bits.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.#now.bytes.push(bits.getUint8(i));
    this.#push('f');
    return this;
  }

  /**
   * A vector constant in a local that is set once, when the function begins: inside a loop some engines would make it
   * again at every iteration. One lane value stands for all lanes.
   */
  vector(kind: 'f32' | 'f64' | 'i32' | 'i64', ...lanes: readonly (number | bigint)[]): Local {
    const bytes = vectorBytes(kind, lanes);
    const key = bytes.join();
    const known = this.#constants.get(key);
    if (known) return known;
    const local: Local = { index: this.params.length + this.#locals.push('v') - 1, type: 'v' };
    this.#prologue.push(0xfd, 0x0c, ...bytes, c.set);
    unsigned(this.#prologue, local.index);
    this.#constants.set(key, local);
    return local;
  }

  // ---- instructions

  #emit(name: string, immediate: string): ReturnType<typeof this.lookup> {
    const found = this.lookup(name);
    if (found.immediate !== immediate) throw new InternalError(`${name} takes other immediates`);
    for (let i = found.takes.length - 1; i >= 0; i--) this.#pop(found.takes[i] as ValueType, name);
    const { code } = found;
    if (code < 0x100) this.#byte(code);
    else {
      this.#byte(Math.floor(code / 0x1000));
      unsigned(this.#now.bytes, code % 0x1000);
    }
    return found;
  }

  lookup(name: string) {
    const found = instructions().get(name);
    if (!found) throw new InternalError(`there is no instruction ${name}`);
    return found;
  }

  #finish(gives: string): this {
    for (const type of gives) this.#push(type as ValueType);
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
    const { gives } = this.#emit(name, 'memoryLane');
    this.#now.bytes.push(0);
    unsigned(this.#now.bytes, offset);
    this.#now.bytes.push(lane);
    return this.#finish(gives);
  }

  /** Extracts or replaces a lane. */
  lane(name: string, lane: number): this {
    const { gives } = this.#emit(name, 'lane');
    this.#now.bytes.push(lane);
    return this.#finish(gives);
  }

  /** i8x16.shuffle of the two vectors on the stack. */
  shuffle(lanes: readonly number[]): this {
    this.#pop('v', 'i8x16.shuffle');
    this.#pop('v', 'i8x16.shuffle');
    this.#byte(0xfd);
    this.#now.bytes.push(0x0d);
    append(this.#now.bytes, lanes);
    return this.#finish('v');
  }

  /** Chooses the first of two values where the i32 on top is not 0. */
  select(type: ValueType): this {
    this.#pop('i', 'select');
    this.#pop(type, 'select');
    this.#pop(type, 'select');
    if (type === 'v') this.#now.bytes.push(0x1c, 1, valueTypeCodes.v);
    else this.#byte(c.select);
    return this.#finish(type);
  }

  /** Bytes moved within memory: destination, source and length are on the stack. */
  copyMemory(): this {
    for (let i = 0; i < 3; i++) this.#pop('i', 'memory.copy');
    this.#byte(0xfc);
    this.#now.bytes.push(10, 0, 0);
    return this;
  }

  /** Bytes set: destination, value and length are on the stack. */
  fillMemory(): this {
    for (let i = 0; i < 3; i++) this.#pop('i', 'memory.fill');
    this.#byte(0xfc);
    this.#now.bytes.push(11, 0);
    return this;
  }

  call(callee: Callee): this {
    for (let i = callee.takes.length - 1; i >= 0; i--)
      this.#pop(callee.takes[i] as ValueType, `call ${callee.name}`);
    this.#byte(c.call);
    unsigned(this.#now.bytes, callee.index);
    return this.#finish(callee.gives);
  }

  /** Applies an instruction to locals; the result is a new local. */
  v(name: string, ...args: readonly Local[]): Local {
    for (const arg of args) this.get(arg);
    return this.op(name).keep();
  }

  // ---- control flow

  #open(code: number, gives: string): number {
    this.#byte(code);
    this.#now.bytes.push(gives === '' ? 0x40 : valueTypeCodes[gives as ValueType]);
    this.#now.blocks.push({ height: this.#now.stack.length, gives });
    return this.#now.depth + this.#now.blocks.length;
  }

  /** Opens a block; gives its label. */
  block(gives: ValueType | '' = ''): number {
    return this.#open(c.block, gives);
  }

  /** Opens a loop; a branch to its label begins the next iteration. */
  loop(): number {
    return this.#open(c.loop, '');
  }

  /** Opens a conditional on the i32 on the stack. */
  if(gives: ValueType | '' = ''): number {
    this.#pop('i', 'if');
    return this.#open(c.if, gives);
  }

  #closeBlock(what: string): { readonly height: number; readonly gives: string } {
    const block = this.#now.blocks.at(-1);
    invariant(block, `${this.name}: ${what} without a block`);
    for (const type of block.gives) this.#pop(type as ValueType, what);
    if (this.#now.stack.length !== block.height)
      throw new InternalError(`${this.name}: ${what} leaves values on the stack`);
    return block;
  }

  else(): this {
    this.#closeBlock('else');
    this.#byte(c.else);
    return this;
  }

  end(): this {
    const { gives } = this.#closeBlock('end');
    this.#now.blocks.pop();
    this.#byte(c.end);
    return this.#finish(gives);
  }

  #branch(code: number, label: number): this {
    this.#byte(code);
    unsigned(this.#now.bytes, this.#now.depth + this.#now.blocks.length - label);
    return this;
  }

  br(label: number): this {
    return this.#branch(c.br, label);
  }

  brIf(label: number): this {
    this.#pop('i', 'br_if');
    return this.#branch(c.brIf, label);
  }

  // ---- levels

  /** Opens a level: what is written until it is closed comes after everything still added to the levels around it. */
  openLevel(): void {
    this.#now = newLevel(this.#now.depth + this.#now.blocks.length);
    this.#levels.push(this.#now);
  }

  closeLevel(): void {
    const { bytes, stack, blocks, owned } = this.#now;
    invariant(
      this.#levels.length > 1 && stack.length === 0 && blocks.length === 0,
      `${this.name}: open level`,
    );
    this.#levels.pop();
    this.#now = this.#levels.at(-1)!;
    append(this.#now.bytes, bytes);
    this.#now.lastSet = undefined;
    for (const local of owned) (this.#free[local.type] ??= []).push(local);
  }

  /** Writes to an enclosing level, ahead of the levels open inside it. What is written must leave its stack empty. */
  at<T>(level: number, write: () => T): T {
    const before = this.#now;
    this.#now = this.#levels[level]!;
    try {
      return write();
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
    const counter = this.local('i');
    this.value(start).set(counter);
    this.openLevel();
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
  encode(): number[] {
    invariant(this.#levels.length === 1 && this.#now.blocks.length === 0, `${this.name}: unfinished`);
    for (const type of [...this.gives].reverse()) this.#pop(type as ValueType, 'end');
    invariant(this.#now.stack.length === 0, `${this.name}: values left on the stack`);
    const out: number[] = [];
    const runs: [ValueType, number][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[0] === type) last[1]++;
      else runs.push([type, 1]);
    }
    unsigned(out, runs.length);
    for (const [type, count] of runs) {
      unsigned(out, count);
      out.push(valueTypeCodes[type]);
    }
    append(out, this.#prologue);
    append(out, this.#now.bytes);
    out.push(c.end);
    return out;
  }
}
