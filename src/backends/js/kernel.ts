/** The source of a program under construction, and of one function in it. */
import { dtypes, type DType } from '../../core/index.js';
import type { NestBuffer } from '../../loops/index.js';
import { helperNames, helpers, type HelperName } from './helpers.js';
import { Names } from './names.js';
import type { Use } from './value.js';
import { Writer } from './writer.js';

/** What all kernels of a program share. */
export class Module {
  readonly names = new Names();
  readonly helpers = new Set<HelperName>();
  readonly functions: string[] = [];
  readonly #scratch = new Map<string, { array: string; length: number }>();

  constructor() {
    for (const name of [
      ...helperNames,
      'arena',
      'inputs',
      'states',
      'outputs',
      'failure',
      'library',
      'profile',
      'step',
    ]) {
      if (!this.names.has(name)) this.names.fresh(name);
    }
  }

  readonly use: Use = (name) => {
    if (name in helpers) this.helpers.add(name as HelperName);
    return name;
  };

  /** Working memory of at least `length` elements, allocated once and shared by all kernels that ask for this name. */
  scratch(wanted: string, dtype: DType, length: number): string {
    const array = scratchArray(dtype);
    const name = `${wanted}${array === 'Float64Array' ? '' : `_${dtype}`}`;
    const known = this.#scratch.get(name);
    this.#scratch.set(name, { array, length: Math.max(known?.length ?? 0, length) });
    return name;
  }

  readonly lengthOf = (scratch: string): number => this.#scratch.get(scratch)?.length ?? 0;

  scratchLines(): string[] {
    return [...this.#scratch].map(([name, { array, length }]) => `const ${name} = new ${array}(${length});`);
  }
}

/** Floats are kept as doubles, without rounding. */
function scratchArray(dtype: DType): string {
  const { kind, array } = dtypes[dtype];
  return kind === 'float' ? 'Float64Array' : array.name;
}

/** One function: its parameters are the buffers it touches, then whatever else it is given. */
export class FunctionBuilder {
  readonly writer: Writer;
  readonly name: string;
  readonly #buffers = new Map<number, string>();

  constructor(
    readonly module: Module,
    name: string,
    readonly nestBuffers: readonly NestBuffer[],
  ) {
    this.name = module.names.fresh(name);
    this.writer = new Writer(module.names);
  }

  get use(): Use {
    return this.module.use;
  }

  /** The parameter that holds a buffer. */
  buffer(number: number): string {
    const known = this.#buffers.get(number);
    if (known) return known;
    const name = this.writer.fresh(this.nestBuffers[number]!.name);
    this.#buffers.set(number, name);
    return name;
  }

  /** Buffers in the order of the function's parameters. */
  get buffers(): readonly number[] {
    return [...this.#buffers.keys()];
  }

  /** Adds the function to the module. Its arguments are the buffers, then `parameters`. */
  finish(parameters: readonly string[] = [], comment: readonly string[] = []): void {
    const all = [...this.#buffers.values(), ...parameters];
    const doc =
      comment.length > 0
        ? ['/**', ...comment.map((line) => ` * ${line.replaceAll('*/', '* /')}`), ' */']
        : [];
    const text = [...doc, `function ${this.name}(${all.join(', ')}) {`, ...this.writer.render(1), '}'];
    this.module.functions.push(text.join('\n'));
  }
}

/** The statement that runs a kernel, once its buffers have names in the program. */
export type Launch = (buffers: readonly string[]) => string[];

export const callOf =
  (fn: FunctionBuilder): Launch =>
  (buffers) => [`${fn.name}(${fn.buffers.map((number) => buffers[number]!).join(', ')});`];
