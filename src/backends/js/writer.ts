/**
 * A function being written: nested blocks, each of which may declare values that everything inside it uses. What does
 * not depend on a loop is declared outside it, at the level it belongs to.
 */
import { InternalError } from '../../core/index.js';
import type { Axis } from '../../loops/index.js';
import { atom, isSimple, type Code } from './code.js';
import { Names } from './names.js';

interface Block {
  header: string;
  readonly lines: Line[];
}
type Line = string | Block;

interface Frame extends Block {
  readonly names: string[];
  readonly axes: Map<number, Code | (() => Code)>;
  readonly memo: Map<string, Code>;
}

const newFrame = (header: string): Frame => ({
  header,
  lines: [],
  names: [],
  axes: new Map(),
  memo: new Map(),
});

export class Writer {
  readonly #names: Names;
  readonly #chain: Frame[] = [newFrame('')];

  constructor(outer: Names) {
    this.#names = new Names(outer);
  }

  /** A name for something declared at `level`; it is free again when that block is closed. */
  fresh(wanted: string, level = this.level): string {
    const name = this.#names.fresh(wanted);
    this.#chain[level]!.names.push(name);
    return name;
  }

  /** Depth of the innermost open block; the function's own body is level 0. */
  get level(): number {
    return this.#chain.length - 1;
  }

  line(text: string, level = this.level): void {
    this.#chain[level]!.lines.push(text);
  }

  open(header: string): void {
    this.#chain.push(newFrame(header));
  }

  /** Opens a loop; the variable's name, made from `wanted`, is given to `header` and to the caller. */
  openLoop(wanted: string, header: (name: string) => string): string {
    this.#chain.push(newFrame(''));
    const name = this.fresh(wanted);
    this.#chain[this.level]!.header = header(name);
    return name;
  }

  close(): void {
    const frame = this.#chain.pop()!;
    for (const name of frame.names) this.#names.release(name);
    this.#chain[this.level]!.lines.push({ header: frame.header, lines: frame.lines });
  }

  /** Closes blocks until `level` is the innermost. */
  closeTo(level: number): void {
    while (this.level > level) this.close();
  }

  /** Says what a loop axis is called in the innermost block; a function is asked when the axis is first needed. */
  bind(axis: number, code: Code | (() => Code)): void {
    this.#chain[this.level]!.axes.set(axis, code);
  }

  /** Opens `for (let i = 0; i < extent; i++)` for each axis. */
  loop(axes: readonly Axis[], reverse = false): void {
    for (const { axis, extent } of axes) {
      const upward = (i: string): string => `for (let ${i} = 0; ${i} < ${extent}; ${i}++)`;
      const downward = (i: string): string => `for (let ${i} = ${extent - 1}; ${i} >= 0; ${i}--)`;
      this.bind(axis, atom(this.openLoop(`i${axis}`, reverse ? downward : upward)));
    }
  }

  levelOfAxis(axis: number): number {
    for (let level = this.level; level >= 0; level--) if (this.#chain[level]!.axes.has(axis)) return level;
    throw new InternalError(`no loop runs over axis ${axis}`);
  }

  axis(axis: number): Code {
    const { axes } = this.#chain[this.levelOfAxis(axis)]!;
    const code = axes.get(axis)!;
    if (typeof code !== 'function') return code;
    const made = code();
    axes.set(axis, made);
    return made;
  }

  /** Names a value at `level`. */
  declare(level: number, name: string, code: Code): Code {
    const fresh = this.fresh(name, level);
    this.line(`const ${fresh} = ${code.text};`, level);
    return atom(fresh);
  }

  /** Like `declare`, once for each key; names and numbers stand for themselves. */
  shared(level: number, key: string, name: string, make: () => Code): Code {
    for (let at = this.level; at >= 0; at--) {
      const known = this.#chain[at]!.memo.get(key);
      if (known) return known;
    }
    const made = make();
    const code = isSimple(made) ? made : this.declare(level, name, made);
    this.#chain[level]!.memo.set(key, code);
    return code;
  }

  /** The lines written, indented by `indent` steps. */
  render(indent: number): string[] {
    this.closeTo(0);
    return render(this.#chain[0]!.lines, indent);
  }
}

function render(lines: readonly Line[], indent: number): string[] {
  const margin = '  '.repeat(indent);
  return lines.flatMap((line) =>
    typeof line === 'string'
      ? [margin + line]
      : [`${margin}${line.header} {`, ...render(line.lines, indent + 1), `${margin}}`],
  );
}
