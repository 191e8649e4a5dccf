/** Scalar code: each instruction becomes a value in the outermost loop that knows its operands. */
import { invariant } from '../../../core/index.js';
import {
  Origins,
  operandsOf,
  type IndexExpr,
  type Indirect,
  type Instr,
  type Store,
} from '../../../loops/index.js';
import type { Kernel } from '../kernels/kernel.js';
import { compute, literal } from './arithmetic.js';
import { cast, decode, encode } from './convert.js';
import type { Positions } from './positions.js';
import { typeOf, type Value } from './value.js';

interface Placed extends Value {
  readonly level: number;
}

type Load = Extract<Instr, { kind: 'load' }>;

/** The element of row scratch at the present position, which only row nests have. */
export type ReadScratch = (slot: number) => string;

export class Section {
  readonly #values: Map<number, Placed>;
  readonly #origins = new Origins();

  constructor(
    readonly kernel: Kernel,
    readonly positions: Positions = kernel.positions,
    readonly readScratch?: ReadScratch,
    outer?: Section,
  ) {
    this.#values = new Map(outer ? outer.#values : []);
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
      const level = this.#levelOf(instr);
      this.#origins.note(instr);
      const text = this.#render(instr, level);
      const name =
        instr.kind === 'const' ? text : this.kernel.writer.declare(this.#nameOf(instr), text, level);
      this.#values.set(instr.id, { text: name, dtype: instr.dtype, level });
      after?.(instr.id);
    }
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

  /** A load that may not happen is made all the same, and not used: WebGPU keeps every access inside its buffer. */
  #load({ buffer, dtype, fill, index, indirect, masks }: Load, level: number): string {
    const inside = this.allowed(masks, indirect, level);
    const element = decode(`${this.kernel.buffer(buffer)}[${this.position(index, indirect)}]`, dtype);
    return inside === undefined
      ? element
      : `select(${literal(fill, dtype, this.kernel.use)}, ${element}, ${inside})`;
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
    const direct = this.positions.at(expr);
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
    const { writer, use } = this.kernel;
    for (const { buffer, index, value } of stores)
      writer.line(
        `${this.kernel.buffer(buffer)}[${this.positions.at(index)}] = ${encode(this.value(value), use)};`,
      );
  }
}
