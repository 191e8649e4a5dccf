/** A WebAssembly module under construction: imported memory and functions, functions, one or more exports. */
import { invariant } from '../../../core/index.js';
import { Rope, text, unsigned } from './bytes.js';
import { Code, type Callee } from './function.js';
import { valueTypeCodes, type ValueType } from './opcodes.js';

/** A function whose body may still be written. */
export interface Declared extends Callee {
  readonly code: Code;
}

export interface ModuleOptions {
  /** Whether multiply-add may round once (relaxed SIMD). */
  readonly relaxed: boolean;
  /** Whether the memory is shared between threads. */
  readonly shared: boolean;
}

const sized = (size: number): number[] => {
  const bytes: number[] = [];
  unsigned(bytes, size);
  return bytes;
};

export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #imports: Callee[] = [];
  readonly #functions: Declared[] = [];
  readonly #exports: { readonly name: string; readonly callee: Callee }[] = [];

  constructor(readonly options: ModuleOptions) {}

  #type(takes: string, gives: string): number {
    const key = `${takes}>${gives}`;
    const known = this.#types.indexOf(key);
    return known >= 0 ? known : this.#types.push(key) - 1;
  }

  /** A function the host provides as env.name. All imports come before the first function. */
  import(name: string, takes: string, gives: string): Callee {
    invariant(this.#functions.length === 0, `${name}: an import after the first function`);
    const callee = { index: this.#imports.length, name, takes, gives };
    this.#type(takes, gives);
    this.#imports.push(callee);
    return callee;
  }

  function(name: string, takes: string, gives = ''): Declared {
    const index = this.#imports.length + this.#functions.length;
    const code = new Code(name, takes, gives, this.options.relaxed);
    this.#type(takes, gives);
    const declared = { index, name, takes, gives, code };
    this.#functions.push(declared);
    return declared;
  }

  export(name: string, callee: Callee): void {
    this.#exports.push({ name, callee });
  }

  /** The binary module. */
  encode(): Uint8Array {
    const out = new Rope().add([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, body: readonly number[] | Rope): unknown =>
      out.add([id]).add(sized(body.length)).add(body);
    const vector = (items: readonly ((into: number[]) => void)[]): number[] => {
      const body: number[] = [];
      unsigned(body, items.length);
      for (const item of items) item(body);
      return body;
    };
    const valueTypes = (into: number[], types: string): void => {
      unsigned(into, types.length);
      for (const type of types) into.push(valueTypeCodes[type as ValueType]);
    };
    section(
      1,
      vector(
        this.#types.map((key) => (into) => {
          const [takes, gives] = key.split('>') as [string, string];
          into.push(0x60);
          valueTypes(into, takes);
          valueTypes(into, gives);
        }),
      ),
    );
    section(
      2,
      vector([
        (into) => {
          text(into, 'env');
          text(into, 'memory');
          into.push(2, this.options.shared ? 3 : 1);
          unsigned(into, 1);
          unsigned(into, 65536);
        },
        ...this.#imports.map(({ name, takes, gives }) => (into: number[]) => {
          text(into, 'env');
          text(into, name);
          into.push(0);
          unsigned(into, this.#type(takes, gives));
        }),
      ]),
    );
    section(
      3,
      vector(
        this.#functions.map(
          ({ takes, gives }) =>
            (into) =>
              unsigned(into, this.#type(takes, gives)),
        ),
      ),
    );
    section(
      7,
      vector(
        this.#exports.map(({ name, callee }) => (into) => {
          text(into, name);
          into.push(0);
          unsigned(into, callee.index);
        }),
      ),
    );
    const bodies = new Rope().add(sized(this.#functions.length));
    for (const { code } of this.#functions) {
      const body = code.encode();
      bodies.add(sized(body.length)).add(body);
    }
    section(10, bodies);
    const names: number[] = [];
    text(names, 'name');
    const functionNames = vector(
      [...this.#imports, ...this.#functions].map(({ index, name }) => (into) => {
        unsigned(into, index);
        text(into, name);
      }),
    );
    section(0, new Rope().add(names).add([1]).add(sized(functionNames.length)).add(functionNames));
    const bytes = new Uint8Array(out.length);
    out.write(bytes);
    return bytes;
  }
}
