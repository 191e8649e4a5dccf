/** Combining the lanes of a vector: at the end of a reduction, along a scan, with the place of an extreme. */
import type { DType } from '../../../core/index.js';
import { isFloat } from '../../../core/index.js';
import type { Code, Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import type { Valid } from './access.js';
import { apply, fold, identity, type Fold } from './arithmetic.js';
import { choose, constant, isWide, shuffleWords, valueOf, type Value } from './value.js';

/** Every lane's partner: the one whose number differs in one bit. */
function partners(c: Code, { dtype, parts, exact }: Value, bit: 1 | 2): Value {
  const [x, y] = parts as [Local, Local];
  if (!isWide(dtype)) {
    const lanes = bit === 2 ? [2, 3, 0, 1] : [1, 0, 3, 2];
    return valueOf(dtype, [shuffleWords(c, x, x, ...lanes)], exact);
  }
  if (bit === 2) return valueOf(dtype, [y, x], exact);
  return valueOf(
    dtype,
    parts.map((part) => shuffleWords(c, part, part, 2, 3, 0, 1)),
    exact,
  );
}

/** All lanes combined, in all lanes. */
export function across(c: Code, how: Fold, value: Value, library: Library): Value {
  const half = fold(c, how, value, partners(c, value, 2), library);
  return fold(c, how, half, partners(c, half, 1), library);
}

/** Lanes that do not count, made something else. */
export function onlyValid(c: Code, value: Value, valid: Valid, otherwise: Value): Value {
  if (valid === 4) return value;
  const mask = c.vector('i32', ...[0, 1, 2, 3].map((lane) => (lane < valid ? -1 : 0)));
  return choose(c, mask, value, otherwise);
}

function splatLane(c: Code, { dtype, parts, exact }: Value, lane: number): Value {
  if (!isWide(dtype))
    return valueOf(dtype, [shuffleWords(c, parts[0]!, parts[0]!, lane, lane, lane, lane)], exact);
  const [part, word] = [parts[lane >> 1]!, (lane & 1) * 2];
  const all = shuffleWords(c, part, part, word, word + 1, word, word + 1);
  return valueOf(dtype, [all, all], exact);
}

/**
 * Running combinations of the lanes, begun with `running`; the last of them is the next `running`. One lane after another,
 * as a scan is defined: partial combinations of later lanes might overflow where the scan does not.
 */
export function scanLanes(
  c: Code,
  how: Fold,
  value: Value,
  running: Value,
  { valid, reverse }: { readonly valid: Valid; readonly reverse: boolean },
  library: Library,
): { readonly lanes: Value; readonly last: Value } {
  const order = Array.from({ length: valid }, (_, i) => (reverse ? valid - 1 - i : i));
  let last = running;
  let lanes = value;
  for (const lane of order) {
    last = splatLane(c, fold(c, how, last, value, library), lane);
    const only = c.vector('i32', ...[0, 1, 2, 3].map((each) => (each === lane ? -1 : 0)));
    lanes = choose(c, only, last, lanes);
  }
  return { lanes: { ...lanes, exact: last.exact && value.exact }, last };
}

/** The best value so far, and where it stands, lane by lane. */
export interface Extreme {
  readonly best: Value;
  readonly at: Value;
}

/** Whether the second of two extremes beats the first, as a mask: NaN beats all, and the one met first wins among equals. */
function beats(
  c: Code,
  how: 'argmax' | 'argmin',
  first: Extreme,
  second: Extreme,
  reverse: boolean | undefined,
  library: Library,
): Local {
  const of = first.best.dtype;
  const test = (op: 'lt' | 'eq', x: Value, y: Value, dtype: DType): Local =>
    apply(c, op, [x, y], dtype, 'bool', library).parts[0]!;
  const [x, y] = [first.best, second.best];
  let better = how === 'argmax' ? test('lt', x, y, of) : test('lt', y, x, of);
  let equal = reverse === undefined ? undefined : test('eq', x, y, of);
  if (isFloat(of)) {
    const nan = (value: Value): Local => c.v('v128.not', test('eq', value, value, of));
    const [nanX, nanY] = [nan(x), nan(y)];
    better = c.v('v128.or', better, c.v('v128.andnot', nanY, nanX));
    if (equal) equal = c.v('v128.or', equal, c.v('v128.and', nanX, nanY));
  }
  if (!equal) return better;
  const earlier = reverse
    ? test('lt', first.at, second.at, 'int32')
    : test('lt', second.at, first.at, 'int32');
  return c.v('v128.or', better, c.v('v128.and', equal, earlier));
}

/** The better of two extremes. `reverse` decides among equals; undefined: the first stays. */
export function better(
  c: Code,
  how: 'argmax' | 'argmin',
  first: Extreme,
  second: Extreme,
  reverse: boolean | undefined,
  library: Library,
): Extreme {
  const mask = beats(c, how, first, second, reverse, library);
  return { best: choose(c, mask, second.best, first.best), at: choose(c, mask, second.at, first.at) };
}

/** The best of all lanes, in all lanes. */
export function bestAcross(
  c: Code,
  how: 'argmax' | 'argmin',
  extreme: Extreme,
  reverse: boolean,
  library: Library,
): Extreme {
  return ([2, 1] as const).reduce<Extreme>((now, bit) => {
    const other = { best: partners(c, now.best, bit), at: partners(c, now.at, bit) };
    return better(c, how, now, other, reverse, library);
  }, extreme);
}

/** What an argmax or argmin begins with. */
export const worst = (c: Code, how: 'argmax' | 'argmin', of: DType, at: number): Extreme => ({
  best: identity(c, how === 'argmax' ? 'max' : 'min', of),
  at: constant(c, at, 'int32'),
});
