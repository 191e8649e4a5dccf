/** Scalar code: each instruction becomes a value in the outermost loop that knows its operands. */
import { invariant } from '../../../core/index.js';
import {
  Origins,
  operandsOf,
  type IndexExpr,
  type Indirect,
  type Instr,
  type Load,
  type Store,
} from '../../../loops/index.js';
import type { Kernel } from '../kernels/kernel.js';
import { compute, literal } from './arithmetic.js';
import { cast } from './convert.js';
import { axesBehind, vectorSize } from './lanes.js';
import type { Positions } from './positions.js';
import { typeOf, type Value } from './value.js';

interface Placed extends Value {
  readonly level: number;
}

/** The element of row scratch at the present position, which only row nests have. */
export type ReadScratch = (slot: number) => string;

/** What sections in one block, each for another neighbour, compute but once: values that are the same for all. */
export class Neighbours {
  readonly #axes: ReadonlyMap<number, ReadonlySet<number>>;
  readonly #known = new Map<string, Placed>();
  readonly #own: ReadonlySet<number>;

  /** What is computed from values of `own` is each neighbour's own. */
  constructor(body: readonly Instr[], own: readonly number[] = []) {
    this.#axes = axesBehind(body);
    const apart = new Set(own);
    for (const instr of body) if (operandsOf(instr).some((id) => apart.has(id))) apart.add(instr.id);
    this.#own = apart;
  }

  compute(id: number, positions: Positions, make: () => Placed): Placed {
    if (this.#own.has(id)) return make();
    const key = `${id} ${positions.nameOf(this.#axes.get(id)!)}`;
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }
}

export class Section {
  readonly #values: Map<number, Placed>;
  readonly #origins = new Origins();
  readonly #neighbours: Neighbours | undefined;
  readonly readScratch: ReadScratch | undefined;

  constructor(
    readonly kernel: Kernel,
    readonly positions: Positions = kernel.positions,
    { readScratch, neighbours }: { readScratch?: ReadScratch; neighbours?: Neighbours } = {},
  ) {
    this.#values = new Map();
    this.readScratch = readScratch;
    this.#neighbours = neighbours;
  }

  /** Makes known a value that no instruction computes. */
  define(id: number, value: Value): void {
    this.#values.set(id, { ...value, level: this.kernel.writer.level });
  }

  has(id: number): boolean {
    return this.#values.has(id);
  }

  value(id: number): Value {
    return this.#placed(id);
  }

  #placed(id: number): Placed {
    const value = this.#values.get(id);
    invariant(value, `value ${id} is used before it is computed`);
    return value;
  }

  /** Writes instructions into the open loops. `after` is told of each. */
  run(instrs: readonly Instr[], after?: (id: number) => void): void {
    for (const instr of instrs) {
      this.#origins.note(instr);
      const value = this.#neighbours
        ? this.#neighbours.compute(instr.id, this.positions, () => this.#compute(instr))
        : this.#compute(instr);
      this.#values.set(instr.id, value);
      after?.(instr.id);
    }
  }

  #compute(instr: Instr): Placed {
    const level = this.#levelOf(instr);
    const text = this.#render(instr, level);
    const name = instr.kind === 'const' ? text : this.kernel.writer.declare(this.#nameOf(instr), text, level);
    return { text: name, dtype: instr.dtype, level };
  }

  #levelOf(instr: Instr): number {
    const at = this.positions;
    const ofArgs = operandsOf(instr).reduce((level, id) => Math.max(level, this.#placed(id).level), 0);
    switch (instr.kind) {
      case 'const':
        return 0;
      case 'index':
        return at.levelOf(instr.expr);
      case 'load':
        return Math.max(ofArgs, at.levelOf(instr.index), at.levelOfMasks(instr.masks));
      case 'guard':
        return Math.max(ofArgs, at.levelOfMasks(instr.masks));
      case 'scratch':
        return this.kernel.writer.level;
      case 'compute':
        return ofArgs;
    }
  }

  #nameOf(instr: Instr): string {
    if (instr.kind === 'load') return `${this.kernel.operands.buffers[instr.buffer]!.name}_value`;
    if (instr.kind === 'compute') return instr.op;
    return { guard: 'either', index: 'position', scratch: 'kept', const: 'constant' }[instr.kind];
  }

  #render(instr: Instr, level: number): string {
    const { use } = this.kernel;
    const at = this.positions;
    switch (instr.kind) {
      case 'const':
        return literal(instr.value, instr.dtype, use);
      case 'index': {
        const position = this.kernel.writer.declare('position', at.at(instr.expr), level);
        return cast({ text: position, dtype: 'int32' }, instr.dtype, use);
      }
      case 'load':
        return this.#load(instr, level);
      case 'guard': {
        const [value, otherwise] = [this.value(instr.value).text, this.value(instr.otherwise).text];
        const inside = at.condition(instr.masks);
        return inside === undefined ? value : `select(${otherwise}, ${value}, ${inside})`;
      }
      case 'scratch':
        invariant(this.readScratch, 'row scratch belongs to row kernels');
        return this.readScratch(instr.slot);
      case 'compute':
        return compute(
          instr,
          instr.args.map((id) => this.value(id)),
          use,
        );
    }
  }

  /**
   * A load that may not happen is made all the same, and not used: WebGPU keeps every access inside its buffer. One that never
   * happens is left out: its position may be a constant below zero, which compilers refuse.
   */
  #load({ buffer, dtype, fill, index, indirect, masks }: Load, level: number): string {
    const otherwise = literal(fill, dtype, this.kernel.use);
    if (this.positions.condition(masks) === 'false') return otherwise;
    const inside = this.allowed(masks, indirect, level);
    const element = this.#element(buffer, index, indirect, level);
    return inside === undefined ? element : `select(${otherwise}, ${element}, ${inside})`;
  }

  #element(buffer: number, index: IndexExpr, indirect: readonly Indirect[], level: number): string {
    const binding = this.kernel.buffer(buffer);
    if (!binding.wide) return binding.read(this.position(index, indirect), level);
    const { lane, block } = this.#vector(index);
    const place = this.#plus(
      block,
      indirect.map(({ id, coeff }) => ({ id, coeff: coeff / vectorSize })),
    );
    const { writer } = this.kernel;
    const vector = writer.shared(
      level,
      `vector ${binding.name} ${place}`,
      `${this.kernel.operands.buffers[buffer]!.name}_vector`,
      () => binding.readVector(place),
    );
    return binding.elementOf(vector, lane);
  }

  #vector(index: IndexExpr): { readonly lane: number; readonly block: string } {
    const vector = this.positions.vector(index);
    invariant(vector, 'what is no vector is read from an array of vectors');
    return vector;
  }

  /** Whether an access may happen; an index out of bounds is reported. Undefined: always. */
  allowed(
    masks: Load['masks'],
    indirect: readonly Indirect[],
    level = this.kernel.writer.level,
  ): string | undefined {
    const w = this.kernel.writer;
    let inside = this.positions.condition(masks);
    for (const { id, bound, check } of indirect) {
      const index = this.#integer(id);
      const within = w.declare('found', `${index} >= 0 && ${index} < ${bound}`, level);
      const met = inside === undefined ? '' : `${inside} && `;
      const origin = this.positions.at(this.#origins.of(id));
      w.line(`if (${met}!${within}) { ${this.kernel.report(check, index, origin)} }`, level);
      inside = inside === undefined ? within : w.declare('inside', `${inside} && ${within}`, level);
    }
    return inside;
  }

  /** An index expression plus what loaded indices add. */
  position(expr: IndexExpr, indirect: readonly Indirect[]): string {
    return this.#plus(this.positions.at(expr), indirect);
  }

  #plus(direct: string, indirect: readonly Pick<Indirect, 'id' | 'coeff'>[]): string {
    const terms = indirect.map(({ id, coeff }) =>
      coeff === 1 ? this.#integer(id) : `${this.#integer(id)} * ${coeff}`,
    );
    return (direct === '0' && terms.length > 0 ? terms : [direct, ...terms]).join(' + ');
  }

  /** A loaded index as an i32. */
  #integer(id: number): string {
    const { text, dtype } = this.value(id);
    return typeOf(dtype) === 'i32' ? text : `i32(${text})`;
  }

  /** Writes `stores` in the innermost loop. All values are computed before the first is stored. */
  store(stores: readonly Store[]): void {
    for (const { buffer, index, value } of stores)
      this.kernel.buffer(buffer).write(this.positions.at(index), this.value(value));
  }

  /** The block that a store of four neighbours writes. */
  blockOf(index: IndexExpr): string {
    return this.#vector(index).block;
  }
}

/** Writes the stores of four neighbours as vectors. */
export function storeVectors(sections: readonly Section[], stores: readonly Store[]): void {
  const [first] = sections;
  for (const { buffer, index, value } of stores)
    first!.kernel.buffer(buffer).writeVector(
      first!.blockOf(index),
      sections.map((section) => section.value(value)),
    );
}
