/**
 * A function's body as expressions. The stack code is folded: an instruction takes as operands the values that were
 * written directly before it. Unfolding gives the same instructions in the same order, whatever was folded.
 */
import { InternalError } from '../../../core/index.js';
import { control, instructions, type Instruction, type ValueType } from '../assembler/index.js';
import { float32Text, float64Text, vectorText } from './constants.js';
import type { Reader } from './reader.js';
import { valueTypes, type Defined, type Function } from './sections.js';
import { tree, type Tree } from './tree.js';

export const typeNames: Readonly<Record<ValueType, string>> = {
  i: 'i32',
  l: 'i64',
  f: 'f32',
  d: 'f64',
  v: 'v128',
};

/** `(result ...)` behind a space, or nothing. */
export const resultText = (gives: readonly ValueType[]): string =>
  gives.length === 0 ? '' : ` (result ${gives.map((type) => typeNames[type]).join(' ')})`;

/** Names of parameters and locals: what it is, and its index. */
export const localNames = ({ takes, locals }: Defined): readonly string[] => [
  ...takes.map((_, index) => `$p${index}`),
  ...locals.map((type, i) => `$${type}${takes.length + i}`),
];

let byCode: ReadonlyMap<number, readonly [string, Instruction]> | undefined;

function instruction(code: number): readonly [string, Instruction] {
  byCode ??= new Map([...instructions()].map(([name, found]) => [found.code, [name, found]]));
  const found = byCode.get(code);
  if (!found) throw new InternalError(`there is no instruction 0x${code.toString(16)}`);
  return found;
}

/** Code behind a prefix byte. */
const prefixed = ([prefix, number]: readonly number[]): number => prefix! * 0x1000 + number!;
const shuffle = prefixed(control.shuffle);
const vector = prefixed(control.vector);
const copy = prefixed(control.copy);
const fill = prefixed(control.fill);

interface Frame {
  readonly kind: 'block' | 'loop' | 'if';
  readonly label: string;
  readonly gives: readonly ValueType[];
  readonly condition: readonly Tree[];
  /** The first arm of a conditional whose second is being read. */
  readonly then?: readonly Tree[];
  /** What stood before it in the code around. */
  readonly before: readonly Item[];
}

interface Item {
  readonly tree: Tree;
  /** Whether it leaves one value. */
  readonly value: boolean;
}

export class BodyReader {
  readonly #code: Reader;
  readonly #locals: readonly string[];
  readonly #frames: Frame[] = [];
  #items: Item[] = [];
  #labels = 0;

  constructor(
    readonly defined: Defined,
    readonly functions: readonly Function[],
  ) {
    this.#code = defined.code;
    this.#locals = localNames(defined);
  }

  read(): readonly Tree[] {
    while (this.#code.more) this.#instruction();
    return this.#trees();
  }

  #trees(): readonly Tree[] {
    return this.#items.map((item) => item.tree);
  }

  /** The values written last, at most `count`. */
  #operands(count: number): readonly Tree[] {
    let from = this.#items.length;
    while (count-- > 0 && this.#items[from - 1]?.value) from--;
    return this.#items.splice(from).map((item) => item.tree);
  }

  #add(head: string, takes = 0, gives = 0): void {
    this.#items.push({ tree: tree(head, this.#operands(takes)), value: gives === 1 });
  }

  #instruction(): void {
    const code = this.#code;
    const first = code.byte();
    switch (first) {
      case control.block:
        return this.#open('block', []);
      case control.loop:
        return this.#open('loop', []);
      case control.if:
        return this.#open('if', this.#operands(1));
      case control.else:
        return this.#else();
      case control.end:
        return this.#end();
      case control.br:
        return this.#branch('br', 0);
      case control.brIf:
        return this.#branch('br_if', 1);
      case control.call: {
        const { id, takes, gives } = this.functions[code.unsigned()]!;
        return this.#add(`call ${id}`, takes.length, gives.length);
      }
      case control.drop:
        return this.#add('drop', 1);
      case control.select:
        return this.#add('select', 3, 1);
      case control.selectTyped:
        return this.#add(`select${resultText(code.list(() => valueTypes(code.byte())).flat())}`, 3, 1);
      case control.get:
        return this.#add(`local.get ${this.#local()}`, 0, 1);
      case control.set:
        return this.#add(`local.set ${this.#local()}`, 1);
      case control.tee:
        return this.#add(`local.tee ${this.#local()}`, 1, 1);
      case control.i32:
        return this.#add(`i32.const ${code.signed()}`, 0, 1);
      case control.i64:
        return this.#add(`i64.const ${code.signed64()}`, 0, 1);
      case control.f32:
        return this.#add(`f32.const ${float32Text(this.#view(4))}`, 0, 1);
      case control.f64:
        return this.#add(`f64.const ${float64Text(this.#view(8))}`, 0, 1);
      default:
        return this.#other(first >= 0xfc ? prefixed([first, code.unsigned()]) : first);
    }
  }

  #other(number: number): void {
    const code = this.#code;
    switch (number) {
      case vector:
        return this.#add(`v128.const ${vectorText(code.bytes(16))}`, 0, 1);
      case shuffle:
        return this.#add(`i8x16.shuffle ${[...code.bytes(16)].join(' ')}`, 2, 1);
      case copy:
        code.bytes(2);
        return this.#add('memory.copy', 3);
      case fill:
        code.bytes(1);
        return this.#add('memory.fill', 3);
    }
    const [name, { takes, gives, immediate, align }] = instruction(number);
    let head = name;
    if (immediate === 'memory' || immediate === 'memoryLane') {
      const aligned = code.unsigned();
      const offset = code.unsigned();
      if (offset > 0) head += ` offset=${offset}`;
      if (aligned !== align) head += ` align=${2 ** aligned}`;
    }
    if (immediate === 'lane' || immediate === 'memoryLane') head += ` ${code.byte()}`;
    this.#add(head, takes.length, gives.length);
  }

  #local(): string {
    return this.#locals[this.#code.unsigned()]!;
  }

  #view(length: number): DataView {
    const bytes = this.#code.bytes(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  #branch(name: string, conditions: number): void {
    const frame = this.#frames.at(-1 - this.#code.unsigned());
    // Beyond the blocks is the function itself.
    const carried = frame?.kind === 'loop' ? 0 : (frame ?? this.defined).gives.length;
    const label = frame?.label ?? this.#frames.length;
    this.#add(`${name} ${label}`, carried + conditions, conditions === 0 ? 0 : carried);
  }

  #open(kind: Frame['kind'], condition: readonly Tree[]): void {
    const gives = valueTypes(this.#code.byte());
    this.#frames.push({ kind, label: `$${kind}${++this.#labels}`, gives, condition, before: this.#items });
    this.#items = [];
  }

  #else(): void {
    this.#frames.push({ ...this.#frames.pop()!, then: this.#trees() });
    this.#items = [];
  }

  #end(): void {
    const frame = this.#frames.pop();
    if (!frame) return; // The function's own end.
    const { kind, label, gives, condition, then, before } = frame;
    const head = `${kind} ${label}${resultText(gives)}`;
    const code = this.#trees();
    const tall = gives.length === 0;
    const body =
      kind !== 'if'
        ? code
        : then === undefined
          ? [tree('then', [], code, tall)]
          : [tree('then', [], then, tall), tree('else', [], code, tall)];
    this.#items = [...before, { tree: tree(head, condition, body, tall), value: gives.length === 1 }];
  }
}
