/** Index expressions and predicates as JavaScript. Each part is computed in the outermost loop that knows it. */
import { decide, rangeOf, type Atom, type IndexExpr, type Predicate } from '../../loops/index.js';
import { atom, call, infix, linear, literal, prefix, type Code } from './code.js';
import type { Writer } from './writer.js';

const int32Limit = 2 ** 31;
const isPowerOfTwo = (n: number): boolean => n > 0 && n < int32Limit && (n & (n - 1)) === 0;

/** Innermost loop an expression depends on. */
export function levelOfIndex(w: Writer, expr: IndexExpr): number {
  return expr.terms.reduce((level, { atom: part }) => Math.max(level, levelOfAtom(w, part)), 0);
}
const levelOfAtom = (w: Writer, part: Atom): number =>
  part.kind === 'axis' ? w.levelOfAxis(part.axis) : levelOfIndex(w, part.of);

export const levelOfMasks = (w: Writer, masks: readonly Predicate[]): number =>
  masks.reduce((level, { expr }) => Math.max(level, levelOfIndex(w, expr)), 0);

function atomCode(w: Writer, part: Atom): Code {
  if (part.kind === 'axis') return w.axis(part.axis);
  const { of, by, kind } = part;
  const [lo, hi] = rangeOf(of);
  const small = lo > -int32Limit && hi < int32Limit;
  return w.shared(levelOfIndex(w, of), `${kind} ${of.key} ${by}`, kind, () => {
    const x = index(w, of);
    if (kind === 'div') {
      if (small && isPowerOfTwo(by)) return infix('>>', x, literal(Math.log2(by)));
      const quotient = infix('/', x, literal(by));
      return small && lo >= 0 ? infix('|', quotient, literal(0)) : call('Math.floor', quotient);
    }
    if (small && isPowerOfTwo(by)) return infix('&', x, literal(by - 1));
    const remainder = infix('%', x, literal(by));
    return lo >= 0 ? remainder : infix('%', infix('+', remainder, literal(by)), literal(by));
  });
}

/** The value of an index expression in the innermost loop. */
export function index(w: Writer, expr: IndexExpr): Code {
  const levels = new Map<number, IndexExpr['terms'][number][]>();
  for (const term of expr.terms) {
    const level = levelOfAtom(w, term.atom);
    levels.set(level, [...(levels.get(level) ?? []), term]);
  }
  const order = [...levels.keys()].sort((a, b) => a - b);
  let outer: Code | undefined;
  let key = '';
  for (const level of order) {
    const terms = levels.get(level)!;
    key += terms.map((t) => `${t.coeff}*${t.key}+`).join('');
    const sum = (offset: number): Code =>
      linear(
        [
          ...(outer ? [[1, outer] as const] : []),
          ...byCoefficient(terms).map((t) => [t.coeff, atomCode(w, t.atom)] as const),
        ],
        offset,
      );
    if (level === order.at(-1) && level === w.level) return sum(expr.offset);
    outer = w.shared(level, key, 'at', () => sum(0));
  }
  return outer ? linear([[1, outer]], expr.offset) : literal(expr.offset);
}

/** Large strides first, and what is subtracted last, as a person would write it. */
const byCoefficient = (terms: IndexExpr['terms']): IndexExpr['terms'] =>
  [...terms].sort((a, b) => b.coeff - a.coeff);

function predicate(w: Writer, { expr, lo, hi }: Predicate): Code {
  const [least, most] = rangeOf(expr);
  const value = index(w, expr);
  const below = infix('<', value, literal(hi));
  const above = infix('>=', value, literal(lo));
  if (hi === lo + 1) return infix('===', value, literal(lo));
  if (least >= lo) return below;
  if (most < hi) return above;
  // One comparison for both: as an unsigned number a negative one is large.
  if (lo === 0 && most < int32Limit) return infix('<', infix('>>>', value, literal(0)), literal(hi));
  return infix('&&', above, below);
}

/** Whether all masks hold; undefined when they always do. */
export function condition(w: Writer, masks: readonly Predicate[]): Code | undefined {
  let all: Code | undefined;
  const byLevel = new Map<number, Predicate[]>();
  for (const mask of masks) {
    const known = decide(mask);
    if (known === true) continue;
    if (known === false) return atom('false');
    const level = levelOfIndex(w, mask.expr);
    byLevel.set(level, [...(byLevel.get(level) ?? []), mask]);
  }
  const and = (a: Code | undefined, b: Code): Code => (a ? infix('&&', a, b) : b);
  for (const level of [...byLevel.keys()].sort((a, b) => a - b)) {
    const group = byLevel.get(level)!;
    const outer = all;
    const here = (): Code =>
      group.reduce<Code | undefined>((sum, mask) => and(sum, predicate(w, mask)), outer)!;
    if (level === w.level) all = here();
    else {
      const key = `if ${outer?.text ?? ''} ${group.map((m) => `${m.lo}<=${m.expr.key}<${m.hi}`).join(' ')}`;
      all = w.shared(level, key, 'inside', here);
    }
  }
  return all;
}

export const not = (code: Code): Code => prefix('!', code);
