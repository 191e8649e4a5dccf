/** Identifiers, each given out once. */

const reserved = [
  'arguments',
  'await',
  'break',
  'case',
  'catch',
  'class',
  'const',
  'continue',
  'debugger',
  'default',
  'delete',
  'do',
  'else',
  'enum',
  'eval',
  'export',
  'extends',
  'false',
  'finally',
  'for',
  'function',
  'if',
  'implements',
  'import',
  'in',
  'instanceof',
  'interface',
  'let',
  'new',
  'null',
  'package',
  'private',
  'protected',
  'public',
  'return',
  'static',
  'super',
  'switch',
  'this',
  'throw',
  'true',
  'try',
  'typeof',
  'undefined',
  'var',
  'void',
  'while',
  'with',
  'yield',
  'Math',
  'BigInt',
  'Number',
  'Infinity',
  'NaN',
  'performance',
];

/** What working memory shared by kernels is called. */
const scratchNames =
  /^(scratch|columns|rows|best|sums|panels_[ab]|setup|keys|order|spare)\d*(_u?int\d+|_bool)?$/;

export class Names {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  /** Names of an inner scope differ from those of `outer` too. */
  constructor(readonly outer?: Names) {
    this.#taken = new Set(outer ? [] : reserved);
  }

  has(name: string): boolean {
    return this.#taken.has(name) || (this.outer?.has(name) ?? false);
  }

  /** `wanted` made an identifier, with a number behind it when it is taken. */
  fresh(wanted: string): string {
    const identifier = wanted.replace(/[^A-Za-z0-9_$]+/g, '_').replace(/^(?=\d)|^$/, '_');
    const base = scratchNames.test(identifier) ? `${identifier}_` : identifier;
    let name = base;
    for (let i = this.#first(base); this.has(name); i++) {
      name = /\d$/.test(base) ? `${base}_${i}` : `${base}${i}`;
      this.#next.set(base, i + 1);
    }
    this.#taken.add(name);
    return name;
  }

  /** A number below which every name is taken: with thousands outside, they are not tried one by one in each function. */
  #first(base: string): number {
    return this.#next.get(base) ?? (this.outer ? this.outer.#first(base) : 2);
  }

  /** Lets a name be given out again: the block that declared it is closed. */
  release(name: string): void {
    this.#taken.delete(name);
    this.#next.clear();
  }
}
