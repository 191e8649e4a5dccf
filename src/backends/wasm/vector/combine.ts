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

/** The lanes moved up by one or two (down when reversed), with `fill` in the lanes that become free. */
function moved(c: Code, value: Value, by: 1 | 2, reverse: boolean, fill: Value): Value {
  const { dtype, exact } = value;
  const [x, y] = value.parts as [Local, Local];
  const [f] = fill.parts as [Local];
  const word = (a: Local, b: Local, ...lanes: number[]): Local => shuffleWords(c, a, b, ...lanes);
  if (!isWide(dtype)) {
    const up = by === 1 ? [4, 0, 1, 2] : [4, 4, 0, 1];
    const down = by === 1 ? [1, 2, 3, 4] : [2, 3, 4, 4];
    return valueOf(dtype, [word(x, f, ...(reverse ? down : up))], exact);
  }
  if (by === 2) return valueOf(dtype, reverse ? [y, f] : [f, x], exact);
  const parts = reverse
    ? [word(x, y, 2, 3, 4, 5), word(y, f, 2, 3, 4, 5)]
    : [word(f, x, 0, 1, 4, 5), word(x, y, 2, 3, 4, 5)];
  return valueOf(dtype, parts, exact);
}

function splatLane(c: Code, { dtype, parts, exact }: Value, lane: number): Value {
  if (!isWide(dtype))
    return valueOf(dtype, [shuffleWords(c, parts[0]!, parts[0]!, lane, lane, lane, lane)], exact);
  const [part, word] = [parts[lane >> 1]!, (lane & 1) * 2];
  const all = shuffleWords(c, part, part, word, word + 1, word, word + 1);
  return valueOf(dtype, [all, all], exact);
}

/** Running combinations of the lanes, begun with `running`; the last of them is the next `running`. */
export function scanLanes(
  c: Code,
  how: Fold,
  value: Value,
  running: Value,
  options: { readonly valid: Valid; readonly reverse: boolean },
  library: Library,
): { readonly lanes: Value; readonly last: Value } {
  const { valid, reverse } = options;
  const neutral = identity(c, how, value.dtype);
  let lanes = onlyValid(c, value, valid, neutral);
  for (const by of [1, 2] as const) {
    const shifted = moved(c, lanes, by, reverse, neutral);
    // What comes first stands first: it decides among equal extremes, and the order of rounding.
    lanes = fold(c, how, shifted, lanes, library);
  }
  lanes = fold(c, how, running, lanes, library);
  return { lanes, last: splatLane(c, lanes, reverse ? 0 : 3) };
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
