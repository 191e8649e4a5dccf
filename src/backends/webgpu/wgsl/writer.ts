/**
 * A function being written: nested blocks, each of which may declare values that everything inside it uses. What does
 * not depend on a loop is declared outside it, at the level it belongs to.
 */
import { BackendError } from '../../../core/index.js';

interface Block {
  readonly header: string;
  readonly lines: Line[];
  /** Lines of its body, as often as a loop runs. */
  readonly weight: number;
}
type Line = string | Block;

interface Frame {
  readonly lines: Line[];
  readonly memo: Map<string, string>;
  /** How often the body runs, as far as that is known. */
  readonly turns: number;
  /** Given the weight. */
  readonly header: (weight: number) => string;
}

const frame = (header: Frame['header'], turns = 1): Frame => ({ header, turns, lines: [], memo: new Map() });

/**
 * Drivers unroll loops when they know how often they run, one inside another: shaders of a few dozen lines then take seconds
 * to compile. Loops up to this weight are theirs to unroll.
 */
const mostUnrolled = 16;

/** A zero that no driver knows: workgroups lie in one layer. */
const unknownZero = 'i32(workgroup.z)';

/** @throws BackendError when a loop or a kernel would count beyond what an i32 holds. */
export function checkCount(extent: number): void {
  if (extent < 2 ** 31) return;
  throw new BackendError(`the webgpu backend cannot loop over ${extent} elements`, 'the most are 2147483647');
}

export class Writer {
  readonly #chain: Frame[] = [frame(() => '')];
  readonly #counts = new Map<string, number>();

  /** Depth of the innermost open block; the function's own body is level 0. */
  get level(): number {
    return this.#chain.length - 1;
  }

  /** A name nothing else has. The number at its end keeps it apart from WGSL's words and from the library. */
  fresh(wanted: string): string {
    const stem = `${/^[a-z]/i.test(wanted) ? '' : 'x'}${wanted.replace(/\W+/g, '_').replace(/_+$/, '')}`;
    const count = this.#counts.get(stem) ?? 0;
    this.#counts.set(stem, count + 1);
    return `${stem}_${count}`;
  }

  line(text: string, level = this.level): void {
    this.#chain[level]!.lines.push(text);
  }

  open(header: string): void {
    this.#chain.push(frame(() => header));
  }

  close(): void {
    const { header, lines, turns } = this.#chain.pop()!;
    const weight = turns * lines.reduce((sum, line) => sum + (typeof line === 'string' ? 1 : line.weight), 0);
    this.#chain[this.level]!.lines.push({ header: header(weight), lines, weight });
  }

  /** Closes blocks until `level` is the innermost. */
  closeTo(level: number): void {
    while (this.level > level) this.close();
  }

  /** Opens a loop over [0, extent), from its end if `reverse`. @returns its variable. */
  loop(wanted: string, extent: number, reverse = false): string {
    checkCount(extent);
    const i = this.fresh(wanted);
    const header = (weight: number): string => {
      const zero = weight > mostUnrolled ? ` + ${unknownZero}` : '';
      return reverse
        ? `for (var ${i} = ${extent - 1}${zero}; ${i} >= 0; ${i}--)`
        : `for (var ${i} = 0; ${i} < ${extent}${zero}; ${i}++)`;
    };
    this.#chain.push(frame(header, extent));
    return i;
  }

  /** Opens a loop from `first` to below `end` in steps: what a driver does not know, it does not unroll. @returns its variable. */
  stride(wanted: string, first: string, end: string | number, step: number): string {
    if (typeof end === 'number') checkCount(end + step);
    const i = this.fresh(wanted);
    this.open(`for (var ${i} = ${first}; ${i} < ${end}; ${i} += ${step})`);
    return i;
  }

  /** Names a value at `level`. Names and numbers stand for themselves. */
  declare(wanted: string, text: string, level = this.level): string {
    return /^-?\w+$/.test(text) ? text : this.named(wanted, text, level);
  }

  /** Names a value at `level`, whatever it is. */
  named(wanted: string, text: string, level = this.level): string {
    const name = this.fresh(wanted);
    this.line(`let ${name} = ${text};`, level);
    return name;
  }

  /** A variable. @returns its name. */
  variable(wanted: string, type: string, start: string): string {
    const name = this.fresh(wanted);
    this.line(`var ${name}: ${type} = ${start};`);
    return name;
  }

  /** Like `declare`, once for each key. */
  shared(level: number, key: string, wanted: string, make: () => string): string {
    for (let at = this.level; at >= 0; at--) {
      const known = this.#chain[at]!.memo.get(key);
      if (known !== undefined) return known;
    }
    const name = this.declare(wanted, make(), level);
    this.#chain[level]!.memo.set(key, name);
    return name;
  }

  render(): string[] {
    this.closeTo(0);
    return render(this.#chain[0]!.lines, 1);
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
