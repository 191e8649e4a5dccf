/**
 * Index expressions: integer arithmetic on loop axes whose ranges are known. Kept in one normal form, a sum of
 * coefficient times atom plus an offset, so that equal expressions have equal keys and a chain of reshapes,
 * transposes and slices cancels to what it really does.
 */

export type Atom =
  | { readonly kind: 'axis'; readonly axis: number; readonly extent: number }
  | { readonly kind: 'div'; readonly of: IndexExpr; readonly by: number }
  | { readonly kind: 'mod'; readonly of: IndexExpr; readonly by: number };

export interface Term {
  readonly coeff: number;
  readonly atom: Atom;
  readonly key: string;
}

/** A sum of terms and an offset. */
interface Sum {
  readonly terms: readonly Term[];
  readonly offset: number;
}

export interface IndexExpr extends Sum {
  /** Equal keys mean equal expressions. */
  readonly key: string;
}

/** lo <= expr < hi. */
export interface Predicate {
  readonly expr: IndexExpr;
  readonly lo: number;
  readonly hi: number;
}

const atomKey = (atom: Atom): string =>
  atom.kind === 'axis' ? `i${atom.axis}` : `(${atom.of.key})${atom.kind === 'div' ? '/' : '%'}${atom.by}`;

/** A sum whose terms are in the order of their keys, no two of one key, none with coefficient 0. */
function make(terms: readonly Term[], offset: number): IndexExpr {
  let key = '';
  for (const term of terms) {
    if (key !== '') key += '+';
    key += term.coeff === 1 ? term.key : `${term.coeff}*${term.key}`;
  }
  if (key === '') key = `${offset}`;
  else if (offset !== 0) key += `+${offset}`;
  // Never -0, which a product may give: equal expressions are equal as data too.
  return { terms, offset: offset + 0, key };
}

const ofAtom = (atom: Atom, coeff = 1): IndexExpr => make([{ coeff, atom, key: atomKey(atom) }], 0);

const zero = make([], 0);
export const constantIndex = (value: number): IndexExpr => (value === 0 ? zero : make([], value));
export const axisIndex = (axis: number, extent: number): IndexExpr =>
  extent === 1 ? zero : ofAtom({ kind: 'axis', axis, extent });

/** Smallest and largest value. */
export function rangeOf(expr: Sum): readonly [number, number] {
  let [lo, hi] = [expr.offset, expr.offset];
  for (const { coeff, atom } of expr.terms) {
    const [a, b] = atomRange(atom);
    lo += coeff * (coeff > 0 ? a : b);
    hi += coeff * (coeff > 0 ? b : a);
  }
  return [lo, hi];
}

function atomRange(atom: Atom): readonly [number, number] {
  if (atom.kind === 'axis') return [0, atom.extent - 1];
  const [lo, hi] = rangeOf(atom.of);
  if (atom.kind === 'div') return [Math.floor(lo / atom.by), Math.floor(hi / atom.by)];
  const oneLap = Math.floor(lo / atom.by) === Math.floor(hi / atom.by);
  return oneLap
    ? [lo - Math.floor(lo / atom.by) * atom.by, hi - Math.floor(hi / atom.by) * atom.by]
    : [0, atom.by - 1];
}

export function addIndex(a: IndexExpr, b: IndexExpr): IndexExpr {
  if (b.terms.length === 0) return b.offset === 0 ? a : make(a.terms, a.offset + b.offset);
  if (a.terms.length === 0) return addIndex(b, a);
  const terms = mergeTerms(a.terms, b.terms);
  const offset = a.offset + b.offset;
  return terms.some(({ atom }) => atom.kind === 'mod') ? rejoin(terms, offset) : make(terms, offset);
}

/** Both lists of terms as one, in the order of their keys; equal atoms add up. */
function mergeTerms(a: readonly Term[], b: readonly Term[]): Term[] {
  const merged: Term[] = [];
  let j = 0;
  for (const term of a) {
    while (j < b.length && b[j]!.key < term.key) merged.push(b[j++]!);
    if (j === b.length || b[j]!.key !== term.key) {
      merged.push(term);
      continue;
    }
    const coeff = term.coeff + b[j++]!.coeff;
    if (coeff !== 0) merged.push({ coeff, atom: term.atom, key: term.key });
  }
  while (j < b.length) merged.push(b[j++]!);
  return merged;
}

const timesTerms = (terms: readonly Term[], c: number): Term[] =>
  terms.map(({ coeff, atom, key }) => ({ coeff: coeff * c, atom, key }));
const overTerms = (terms: readonly Term[], c: number): Term[] =>
  terms.map(({ coeff, atom, key }) => ({ coeff: coeff / c, atom, key }));

/** c * by * (x / by) + c * (x % by) = c * x. */
function rejoin(terms: readonly Term[], offset: number): IndexExpr {
  for (const mod of terms) {
    if (mod.atom.kind !== 'mod') continue;
    const { of, by } = mod.atom;
    const quotient = divIndex(of, by);
    const scaled = scaleIndex(quotient, by * mod.coeff);
    // The quotient's own terms must all be present: take them out and put x in.
    const rest = new Map(terms.filter((t) => t !== mod).map((t) => [t.key, t]));
    const found = scaled.terms.length > 0 && scaled.terms.every((t) => rest.get(t.key)?.coeff === t.coeff);
    if (!found) continue;
    for (const term of scaled.terms) rest.delete(term.key);
    return addIndex(make([...rest.values()], offset - scaled.offset), scaleIndex(of, mod.coeff));
  }
  return make(terms, offset);
}

export function scaleIndex(a: IndexExpr, c: number): IndexExpr {
  if (c === 1) return a;
  return c === 0 ? zero : make(timesTerms(a.terms, c), a.offset * c);
}

/** The part of a sum that is a multiple of `by` for sure, and the rest with a small offset. */
function split(a: Sum, by: number): { readonly multiple: Sum; readonly rest: Sum } {
  const offset = Math.floor(a.offset / by) * by;
  return {
    multiple: { terms: a.terms.filter((t) => t.coeff % by === 0), offset },
    rest: { terms: a.terms.filter((t) => t.coeff % by !== 0), offset: a.offset - offset },
  };
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));
const commonFactor = (terms: readonly Term[], by: number): number =>
  terms.reduce((f, t) => gcd(f, t.coeff), by);

/** floor(a / by). */
export function divIndex(a: IndexExpr, by: number): IndexExpr {
  if (by === 1) return a;
  // A dimension of size 0 has no position: any expression serves.
  if (by === 0) return constantIndex(0);
  const { multiple, rest } = split(a, by);
  const whole = make(overTerms(multiple.terms, by), multiple.offset / by);
  if (rest.terms.length === 0) return whole;
  const [lo, hi] = rangeOf(rest);
  const lap = Math.floor(lo / by);
  if (lap === Math.floor(hi / by)) return addIndex(whole, constantIndex(lap));
  const factor = commonFactor(rest.terms, by);
  // floor((f*x + r) / (f*by)) = floor(x / by) for 0 <= r < f.
  const inner = make(overTerms(rest.terms, factor), Math.floor(rest.offset / factor));
  const only = inner.terms[0]!;
  const nested =
    inner.terms.length === 1 && inner.offset === 0 && only.coeff === 1 && only.atom.kind === 'div';
  const atom: Atom =
    nested && only.atom.kind === 'div'
      ? { kind: 'div', of: only.atom.of, by: only.atom.by * (by / factor) }
      : { kind: 'div', of: inner, by: by / factor };
  return addIndex(whole, ofAtom(atom));
}

/** a - by * floor(a / by). */
export function modIndex(a: IndexExpr, by: number): IndexExpr {
  if (by <= 1) return constantIndex(0);
  const { rest } = split(a, by);
  if (rest.terms.length === 0) return constantIndex(rest.offset);
  const [lo, hi] = rangeOf(rest);
  const lap = Math.floor(lo / by);
  if (lap === Math.floor(hi / by)) return make(rest.terms, rest.offset - lap * by);
  const factor = gcd(commonFactor(rest.terms, by), rest.offset);
  if (factor > 1) {
    const inner = make(overTerms(rest.terms, factor), rest.offset / factor);
    return scaleIndex(modIndex(inner, by / factor), factor);
  }
  const only = rest.terms[0]!;
  const nested = rest.terms.length === 1 && rest.offset === 0 && only.coeff === 1 && only.atom.kind === 'mod';
  if (nested && only.atom.kind === 'mod' && only.atom.by % by === 0) return modIndex(only.atom.of, by);
  return ofAtom({ kind: 'mod', of: make(rest.terms, rest.offset), by });
}

/** Position in row-major memory of the element at `indices`. */
export function flattenIndex(indices: readonly IndexExpr[], shape: readonly number[]): IndexExpr {
  let flat = zero;
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    flat = addIndex(flat, scaleIndex(indices[i]!, stride));
    stride *= shape[i]!;
  }
  return flat;
}

/** The indices into `shape` of the element at row-major position `flat`. */
export function unflattenIndex(flat: IndexExpr, shape: readonly number[]): IndexExpr[] {
  const indices = new Array<IndexExpr>(shape.length);
  let rest = flat;
  for (let i = shape.length - 1; i > 0; i--) {
    indices[i] = modIndex(rest, shape[i]!);
    rest = divIndex(rest, shape[i]!);
  }
  if (shape.length > 0) indices[0] = rest;
  return indices;
}

/** Replaces loop axes by expressions. */
export function substitute(expr: IndexExpr, replace: (axis: number, extent: number) => IndexExpr): IndexExpr {
  let result = constantIndex(expr.offset);
  for (const { coeff, atom } of expr.terms) {
    const value =
      atom.kind === 'axis'
        ? replace(atom.axis, atom.extent)
        : (atom.kind === 'div' ? divIndex : modIndex)(substitute(atom.of, replace), atom.by);
    result = addIndex(result, scaleIndex(value, coeff));
  }
  return result;
}

/** Whether an expression steps evenly along every axis: it has no quotients or remainders. */
export const isLinear = (expr: IndexExpr): boolean => expr.terms.every(({ atom }) => atom.kind === 'axis');

/** Loop axes an expression reads. */
export function axesOf(expr: IndexExpr, into = new Set<number>()): Set<number> {
  for (const { atom } of expr.terms) {
    if (atom.kind === 'axis') into.add(atom.axis);
    else axesOf(atom.of, into);
  }
  return into;
}

/** The value at given loop positions. */
export function evaluateIndex(expr: IndexExpr, at: (axis: number) => number): number {
  let value = expr.offset;
  for (const { coeff, atom } of expr.terms) {
    if (atom.kind === 'axis') value += coeff * at(atom.axis);
    else {
      const of = evaluateIndex(atom.of, at);
      const quotient = Math.floor(of / atom.by);
      value += coeff * (atom.kind === 'div' ? quotient : of - quotient * atom.by);
    }
  }
  return value;
}

/** true or false when the range decides, else undefined. */
export function decide({ expr, lo, hi }: Predicate): boolean | undefined {
  const [a, b] = rangeOf(expr);
  if (a >= lo && b < hi) return true;
  return b < lo || a >= hi ? false : undefined;
}
