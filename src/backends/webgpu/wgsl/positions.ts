/** Index expressions and predicates in WGSL, over axes that have names. Each part is computed in the outermost loop that knows it. */
import { InternalError } from '../../../core/index.js';
import {
  decide,
  divIndex,
  rangeOf,
  type Atom,
  type Axis,
  type IndexExpr,
  type Predicate,
} from '../../../loops/index.js';
import { atLane, isVector, type Lane } from './lanes.js';
import type { Writer } from './writer.js';

interface Named {
  readonly text: string;
  readonly level: number;
}

let scopes = 0;

const tied = (text: string): string => (/^-?\w+$/.test(text) ? text : `(${text})`);

export class Positions {
  #axes: Map<number, Named>;
  /** Keeps what is named over one set of axes apart from another's. */
  #scope = String(scopes++);
  #lanes: readonly Lane[] = [];

  constructor(
    readonly writer: Writer,
    outer?: Positions,
  ) {
    this.#axes = new Map(outer ? outer.#axes : []);
    this.#lanes = outer ? outer.#lanes : [];
  }

  /** One of the four neighbours along an axis whose name counts blocks of four. Other names stay the same. */
  lane(lane: Lane): Positions {
    const positions = new Positions(this.writer, this);
    positions.#axes = this.#axes;
    positions.#scope = this.#scope;
    positions.#lanes = [...this.#lanes, lane];
    return positions;
  }

  /** The axes of both, named as they are. What one alone turns on is the same value in either. */
  with(other: Positions): Positions {
    const positions = new Positions(this.writer, this);
    positions.#scope = `${this.#scope}&${other.#scope}`;
    for (const [axis, named] of other.#axes) if (!positions.#axes.has(axis)) positions.#axes.set(axis, named);
    positions.#lanes = [...this.#lanes, ...other.#lanes.filter((lane) => !this.#lanes.includes(lane))];
    return positions;
  }

  /** The lane along whose axis an access is part of a vector of four, and which vector that is. */
  vector(index: IndexExpr): { readonly lane: number; readonly block: string } | undefined {
    const along = this.#lanes.find((lane) => isVector(index, lane));
    if (!along) return undefined;
    const first = this.#lanes.map((lane) => (lane === along ? { ...lane, lane: 0 } : lane));
    return { lane: along.lane, block: this.#text(divIndex(atLane(index, first), 4)) };
  }

  /** What tells apart values that turn on these axes. */
  nameOf(axes: Iterable<number>): string {
    return [...axes]
      .map((axis) => {
        const lane = this.#lanes.find((each) => each.axis === axis);
        return `${this.#named(axis).text}${lane ? `+${lane.lane}` : ''}`;
      })
      .join(' ');
  }

  /** Says what a loop axis is called from here on. */
  bind(axis: number, text: string): void {
    this.#axes.set(axis, { text, level: this.writer.level });
  }

  /** Opens a loop for each axis. */
  loop(axes: readonly Axis[], reverse = false): void {
    for (const { axis, extent } of axes) this.bind(axis, this.writer.loop(`i${axis}`, extent, reverse));
  }

  /** Names the axes of a row-major position. */
  unflatten(axes: readonly Axis[], flat: string): void {
    let rest = flat;
    axes.toReversed().forEach(({ axis, extent }, i) => {
      if (i === axes.length - 1) return this.bind(axis, rest);
      this.bind(axis, this.writer.declare(`i${axis}`, `${rest} % ${extent}`));
      rest = this.writer.declare('rest', `${rest} / ${extent}`);
    });
  }

  #named(axis: number): Named {
    const named = this.#axes.get(axis);
    if (named) return named;
    throw new InternalError(`no loop runs over axis ${axis}`);
  }

  #levelOfAtom(part: Atom): number {
    return part.kind === 'axis' ? this.#named(part.axis).level : this.levelOf(part.of);
  }

  /** Innermost loop an expression depends on. */
  levelOf(expr: IndexExpr): number {
    return expr.terms.reduce((level, { atom }) => Math.max(level, this.#levelOfAtom(atom)), 0);
  }

  levelOfMasks(masks: readonly Predicate[]): number {
    return masks.reduce((level, { expr }) => Math.max(level, this.levelOf(expr)), 0);
  }

  #shared(level: number, key: string, wanted: string, make: () => string): string {
    return this.writer.shared(level, `${this.#scope} ${key}`, wanted, make);
  }

  #atom(part: Atom): string {
    if (part.kind === 'axis') return this.#named(part.axis).text;
    const { of, by, kind } = part;
    return this.#shared(this.levelOf(of), `${kind} ${of.key} ${by}`, kind, () => {
      // WGSL rounds to zero: a multiple of the divisor makes the dividend positive.
      const laps = Math.max(0, Math.ceil(-rangeOf(of)[0] / by));
      const text = this.#text(of);
      const dividend = laps === 0 ? tied(text) : `(${text} + ${laps * by})`;
      if (kind === 'mod') return `${dividend} % ${by}`;
      return `${dividend} / ${by}${laps === 0 ? '' : ` - ${laps}`}`;
    });
  }

  /** The value of an index expression in the innermost loop. */
  at(expr: IndexExpr): string {
    return this.#text(atLane(expr, this.#lanes));
  }

  #text(expr: IndexExpr): string {
    const levels = new Map<number, IndexExpr['terms'][number][]>();
    for (const term of expr.terms) {
      const level = this.#levelOfAtom(term.atom);
      levels.set(level, [...(levels.get(level) ?? []), term]);
    }
    const order = [...levels.keys()].sort((a, b) => a - b);
    let outer: string | undefined;
    let key = '';
    for (const level of order) {
      const terms = levels.get(level)!;
      key += terms.map((t) => `${t.coeff}*${t.key}+`).join('');
      const sum = (offset: number): string => {
        const parts = terms.map((t): readonly [number, string] => [t.coeff, this.#atom(t.atom)]);
        return linear(outer === undefined ? parts : [[1, outer], ...parts], offset);
      };
      if (level === order.at(-1) && level === this.writer.level) return sum(expr.offset);
      outer = this.#shared(level, key, 'at', () => sum(0));
    }
    return outer === undefined ? String(expr.offset) : linear([[1, outer]], expr.offset);
  }

  /** Whether all masks hold; undefined when they always do. */
  condition(given: readonly Predicate[]): string | undefined {
    const masks = given.map((mask) => ({ ...mask, expr: atLane(mask.expr, this.#lanes) }));
    const open = masks.filter((mask) => decide(mask) !== true);
    if (open.some((mask) => decide(mask) === false)) return 'false';
    if (open.length === 0) return undefined;
    const key = `if ${open.map(({ lo, hi, expr }) => `${lo}<=${expr.key}<${hi}`).join(' ')}`;
    return this.#shared(this.levelOfMasks(open), key, 'inside', () =>
      open.map((mask) => this.#predicate(mask)).join(' && '),
    );
  }

  #predicate({ expr, lo, hi }: Predicate): string {
    const [least, most] = rangeOf(expr);
    const value = tied(this.#text(expr));
    return [...(least < lo ? [`${value} >= ${lo}`] : []), ...(most >= hi ? [`${value} < ${hi}`] : [])].join(
      ' && ',
    );
  }
}

/** Sum of coefficient times text, and an offset. */
function linear(terms: readonly (readonly [number, string])[], offset: number): string {
  let sum = '';
  for (const [coeff, text] of terms) {
    const product = Math.abs(coeff) === 1 ? text : `${text} * ${Math.abs(coeff)}`;
    if (sum === '') sum = coeff < 0 ? `-${product}` : product;
    else sum += `${coeff < 0 ? ' - ' : ' + '}${product}`;
  }
  if (sum === '') return String(offset);
  return offset === 0 ? sum : `${sum} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}
