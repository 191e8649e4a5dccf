/**
 * Code of one level: the body of the function or of an open loop, with the types on its stack and the blocks open in it.
 * A level's code follows all that is still added to the levels around it, until it is closed and joins the one around.
 */
import { InternalError, invariant } from '../../../core/index.js';
import { Rope, append, unsigned } from './bytes.js';
import { control, type ValueType } from './opcodes.js';

export interface Local {
  readonly index: number;
  readonly type: ValueType;
  /** Number of the level that owns it. */
  readonly level: number;
}

interface Block {
  readonly opened: 'block' | 'loop' | 'if' | 'else';
  /** Height of the stack when it was opened. */
  readonly height: number;
  readonly gives: string;
}

export class Level {
  /** What was written since a level inside was closed. */
  bytes: number[] = [];
  /** What was written before. */
  readonly #before = new Rope();
  readonly #stack: ValueType[] = [];
  readonly #blocks: Block[] = [];
  /** Blocks open around this level. */
  readonly #depth: number;
  /** Locals in use until the level is closed. */
  readonly #owned: Local[] = [];
  /**
   * Locals of levels that were closed inside this one. Their code is part of this level, so that only this level and
   * those inside it may use them again: a value put ahead of this level would be overwritten by that code.
   */
  readonly #free: Partial<Record<ValueType, Local[]>> = {};
  /** The local that the last instruction set, and where that instruction begins. */
  #lastSet: { readonly index: number; readonly at: number } | undefined;

  constructor(
    /** Name of the function, for error messages. */
    readonly name: string,
    /** Greater than that of every other open level. */
    readonly number: number,
    /** The level it was opened in. */
    readonly around?: Level,
  ) {
    this.#depth = around?.depth ?? 0;
  }

  /** Blocks open here, counted from the function's body. */
  get depth(): number {
    return this.#depth + this.#blocks.length;
  }

  get height(): number {
    return this.#stack.length;
  }

  /** Whether no value is on the stack and no block is open. */
  get done(): boolean {
    return this.#stack.length === 0 && this.#blocks.length === 0;
  }

  /** The type on top of the stack. */
  top(what: string): ValueType {
    const type = this.#stack.at(-1);
    if (!type) throw new InternalError(`${this.name}: nothing to ${what}`);
    return type;
  }

  push(types: string): void {
    for (const type of types) this.#stack.push(type as ValueType);
    if (types !== '') this.#lastSet = undefined;
  }

  /** Takes operands, the last on top. */
  pop(types: string, what: string): void {
    for (let i = types.length - 1; i >= 0; i--) {
      const bottom = this.#blocks.at(-1)?.height ?? 0;
      const top = this.#stack.length > bottom ? this.#stack.pop() : undefined;
      if (top !== types[i])
        throw new InternalError(`${this.name}: ${what} expects ${types[i]} and finds ${top ?? 'nothing'}`);
    }
  }

  /** Adds the first byte of an instruction. */
  write(byte: number): void {
    this.bytes.push(byte);
    this.#lastSet = undefined;
  }

  writeAll(bytes: readonly number[]): void {
    append(this.bytes, bytes);
    this.#lastSet = undefined;
  }

  /** All that was written, when nothing more will be. */
  get code(): Rope {
    return new Rope().add(this.#before).add(this.bytes);
  }

  set(local: Local): void {
    this.pop(local.type, 'local.set');
    const at = this.bytes.length;
    this.bytes.push(control.set);
    unsigned(this.bytes, local.index);
    this.#lastSet = { index: local.index, at };
  }

  /** Turns a set of the same local, where that was the last instruction, into one that leaves the value on the stack. */
  tee(local: Local): boolean {
    if (this.#lastSet?.index !== local.index) return false;
    this.bytes[this.#lastSet.at] = control.tee;
    this.push(local.type);
    return true;
  }

  // ---- blocks

  /** Opens a block whose code has been written; gives its label. */
  open(opened: 'block' | 'loop' | 'if', gives: string): number {
    this.#blocks.push({ opened, height: this.#stack.length, gives });
    return this.depth;
  }

  else(): void {
    const { opened, height, gives } = this.#close('else');
    if (opened !== 'if') throw new InternalError(`${this.name}: else without an if`);
    this.#blocks.push({ opened: 'else', height, gives });
  }

  end(): void {
    const { opened, gives } = this.#close('end');
    if (opened === 'if' && gives !== '')
      throw new InternalError(`${this.name}: end of an if that gives a value and has no else`);
    this.push(gives);
  }

  #close(what: string): Block {
    const block = this.#blocks.at(-1);
    invariant(block, `${this.name}: ${what} without a block`);
    this.pop(block.gives, what);
    if (this.#stack.length !== block.height)
      throw new InternalError(`${this.name}: ${what} leaves values on the stack`);
    this.#blocks.pop();
    return block;
  }

  /** What a branch to a label takes along; `undefined` where no such block is open here or around. */
  carried(label: number): string | undefined {
    if (label <= this.#depth) return this.around?.carried(label);
    const block = this.#blocks[label - this.#depth - 1];
    return block?.opened === 'loop' ? '' : block?.gives;
  }

  // ---- locals

  /** A local that may be used again here: code that used it before stands ahead of this level, or in it already. */
  reuse(type: ValueType): Local | undefined {
    return this.#free[type]?.pop() ?? this.around?.reuse(type);
  }

  /** Keeps a local until the level is closed. */
  own(local: Local): void {
    this.#owned.push(local);
  }

  /** Joins the level around. */
  close(): Level {
    invariant(this.around && this.done, `${this.name}: open level`);
    const { around } = this;
    around.#before.add(around.bytes).add(this.code);
    around.bytes = [];
    around.#lastSet = undefined;
    const free = this.around.#free;
    for (const local of Object.values(this.#free).flat()) (free[local.type] ??= []).push(local);
    for (const local of this.#owned) (free[local.type] ??= []).push(local);
    return this.around;
  }
}
