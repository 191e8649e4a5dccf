/**
 * An array in device memory as a shader sees it: one binding, or several where it is longer than a binding reaches.
 * Elements of one and two bytes lie in words of four and two, as on the host: where neighbours of a word are written by
 * different invocations, each changes its own bits, unless the device has memory of 16 bits.
 */
import { dtypes, invariant, isHalf, type DType } from '../../../core/index.js';
import { vectorSize } from '../wgsl/lanes.js';
import { typeOf, type Use, type Value } from '../wgsl/value.js';
import type { Writer } from '../wgsl/writer.js';

/** An element as bits of a word, which starts at bit `offset`. */
function unpack(word: string, offset: string, dtype: DType, use: Use): string {
  const width = `${8 * dtypes[dtype].bytes}u`;
  const bits = `extractBits(${word}, ${offset}, ${width})`;
  if (dtype === 'bool') return `${bits} != 0u`;
  if (dtype === 'float16') return `${use('float16_from_bits')}(${bits})`;
  if (dtype === 'bfloat16') return `bitcast<f32>(${bits} << 16u)`;
  return dtypes[dtype].signed ? `extractBits(bitcast<i32>(${word}), ${offset}, ${width})` : `i32(${bits})`;
}

/** The bits of a value, and no others. */
function pack({ text, dtype }: Value, use: Use): string {
  if (isHalf(dtype)) return `${use(dtype === 'float16' ? 'float16_bits' : 'bfloat16_bits')}(${text})`;
  if (dtype === 'bool') return `u32(${text})`;
  return `(u32(${text}) & ${2 ** (8 * dtypes[dtype].bytes) - 1}u)`;
}

/** What an array is cut into, all of as many bytes but the last. With one name it is whole. */
export interface Parts {
  readonly names: readonly string[];
  readonly bytes: number;
  /** Adds a function to the shader. */
  readonly define: (...lines: readonly string[]) => void;
}

export class Binding {
  readonly written: boolean;
  /** Whether it is an array of vectors: it is then read and written in no other way. */
  readonly wide: boolean;
  /** Whether its elements are of WGSL's own type of 16 bits, which only carries their bits. */
  readonly isHalves: boolean;
  /** Elements in a word. */
  readonly #perWord: number;
  readonly #bits: number;

  constructor(
    readonly dtype: DType,
    access: { readonly written: boolean; readonly wide: boolean; readonly halves: boolean },
    readonly writer: Writer,
    readonly use: Use,
    readonly parts: Parts,
  ) {
    this.written = access.written;
    this.wide = access.wide;
    this.isHalves = access.halves && dtype === 'float16' && this.written && !this.wide;
    this.#perWord = 4 / dtypes[dtype].bytes;
    this.#bits = 32 / this.#perWord;
  }

  /** The type of what the array holds. */
  get type(): string {
    if (this.isHalves) return 'f16';
    const scalar = this.#perWord === 1 ? typeOf(this.dtype) : 'u32';
    if (!this.wide) return this.#shared ? 'atomic<u32>' : scalar;
    const words = vectorSize / this.#perWord;
    return words === 1 ? scalar : `vec${words}<${scalar}>`;
  }

  /** Whether invocations may write parts of one word. */
  get #shared(): boolean {
    return this.#perWord > 1 && this.written && !this.wide && !this.isHalves;
  }

  read(position: string, level = this.writer.level): string {
    invariant(!this.wide, `${this.name} is read in vectors`);
    if (this.#perWord === 1) return this.#entry(position);
    if (this.isHalves)
      return `${this.use('float16_from_bits')}(bitcast<u32>(vec2<f16>(${this.#entry(position)}, 0)))`;
    const { at, word, offset } = this.#place(position, level);
    const found = this.#shared ? this.#load(word) : this.#entry(word);
    return unpack(found, offset(at), this.dtype, this.use);
  }

  #place(
    position: string,
    level: number,
  ): { readonly at: string; readonly word: string; readonly offset: (at: string) => string } {
    const at = this.writer.declare('at', position, level);
    const shift = Math.log2(this.#perWord);
    return {
      at,
      word: `${at} >> ${shift}u`,
      offset: (of) => `u32(${of} & ${this.#perWord - 1}) * ${this.#bits}u`,
    };
  }

  write(position: string, value: Value): void {
    invariant(!this.wide, `${this.name} is written in vectors`);
    const w = this.writer;
    if (this.#perWord === 1) return this.#put(position, value.text);
    if (this.isHalves) return this.#put(position, `bitcast<vec2<f16>>(${pack(value, this.use)}).x`);
    const { at, word, offset } = this.#place(position, w.level);
    const shift = w.declare('shift', offset(at));
    const bits = w.declare('bits', pack(value, this.use));
    this.#change('atomicAnd', word, `~(${2 ** this.#bits - 1}u << ${shift})`);
    this.#change('atomicOr', word, `${bits} << ${shift}`);
  }

  readVector(block: string): string {
    return this.#entry(block);
  }

  /** What the array holds at an index of its own entries. */
  #entry(index: string): string {
    return this.#access({ verb: 'read', result: this.type }, (place) => place, index);
  }

  #put(index: string, entry: string): void {
    const set = (place: string, value: string): string => `${place} = ${value}`;
    this.writer.line(`${this.#access({ verb: 'write', operand: this.type }, set, index, entry)};`);
  }

  #load(word: string): string {
    return this.#access({ verb: 'load', result: 'u32' }, (place) => `atomicLoad(&${place})`, word);
  }

  #change(builtin: 'atomicAnd' | 'atomicOr', word: string, bits: string): void {
    const change = (place: string, value: string): string => `${builtin}(&${place}, ${value})`;
    this.writer.line(`${this.#access({ verb: builtin, operand: 'u32' }, change, word, bits)};`);
  }

  /** The name of the array, or of its first part. */
  get name(): string {
    return this.parts.names[0]!;
  }

  /** What is done to an entry: where it lies, or in a function that finds the part in which it does. */
  #access(
    { verb, operand, result }: { readonly verb: string; readonly operand?: string; readonly result?: string },
    act: (place: string, operand: string) => string,
    index: string,
    given = '',
  ): string {
    const { names, bytes, define } = this.parts;
    if (names.length === 1) return act(`${this.name}[${index}]`, given);
    const own = dtypes[this.dtype].bytes;
    const perPart = bytes / (this.wide ? vectorSize * own : this.isHalves ? own : 4);
    const name = `${verb}_${this.name}`;
    define(
      `fn ${name}(at: i32${operand ? `, given: ${operand}` : ''})${result ? ` -> ${result}` : ''} {`,
      ...names.map((part, i) => {
        const done = act(`${part}[at - ${i * perPart}]`, 'given');
        const all = result ? `return ${done};` : `${done}; return;`;
        return i === names.length - 1 ? `  ${all}` : `  if (at < ${(i + 1) * perPart}) { ${all} }`;
      }),
      '}',
    );
    return `${name}(${operand ? `${index}, ${given}` : index})`;
  }

  /** The elements of a vector that was read. */
  elementOf(vector: string, lane: number): string {
    if (this.#perWord === 1) return `${vector}.${'xyzw'[lane]}`;
    const word = this.#perWord === vectorSize ? vector : `${vector}.${'xy'[Math.floor(lane / 2)]}`;
    return unpack(word, `${(lane % this.#perWord) * this.#bits}u`, this.dtype, this.use);
  }

  writeVector(block: string, values: readonly Value[]): void {
    const words: string[] = [];
    for (let i = 0; i < vectorSize; i += this.#perWord) {
      const parts = values.slice(i, i + this.#perWord);
      words.push(
        this.#perWord === 1
          ? parts[0]!.text
          : parts.map((part, j) => `(${pack(part, this.use)} << ${j * this.#bits}u)`).join(' | '),
      );
    }
    const vector = words.length === 1 ? words[0]! : `${this.type}(${words.join(', ')})`;
    this.#put(block, vector);
  }
}
