/** Laws of truth values, bits, comparisons and selection. */
import { integerRange, isFloat } from '../../core/index.js';
import { g, type Node } from '../../graph/index.js';
import { rule } from '../rule.js';
import { is, isFalse, isTrue } from '../splat.js';

const constant = (like: Node, value: boolean): Node => g.full(like.shape, value, 'bool');
const ordered = (x: Node): boolean => !isFloat(x.dtype);
const bool = (x: Node): boolean => x.dtype === 'bool';
const inner = (x: Node): Node => x.inputs[0]!;

/** Whether all bits are set: true, -1, or the largest unsigned number. */
const isAllOnes = (x: Node): boolean => {
  const { min, max } = integerRange(x.dtype);
  return is(x, min < 0n ? -1 : Number(max));
};

export const logic = [
  rule('not', 'not not x = x', ([x]) => x.op === 'not' && inner(x)),
  rule(
    'not',
    'not x < y = y <= x, without NaN',
    ([x]) =>
      (x.op === 'lt' || x.op === 'le') &&
      ordered(inner(x)) &&
      g.binary(x.op === 'lt' ? 'le' : 'lt', x.inputs[1]!, inner(x)),
  ),
  rule(['and', 'or'], 'x and x = x', ([x, y]) => x === y && x),
  rule('and', 'x and true = x', ([x, y]) => isAllOnes(y) && x),
  rule('and', 'x and false = false', ([, y]) => is(y, 0) && y),
  rule('or', 'x or false = x', ([x, y]) => is(y, 0) && x),
  rule('or', 'x or true = true', ([, y]) => isAllOnes(y) && y),
  rule('xor', 'x xor false = x', ([x, y]) => is(y, 0) && x),
  rule('xor', 'x xor true = not x', ([x, y]) => isAllOnes(y) && g.not(x)),
  rule('xor', 'x xor x = false', ([x, y]) => x === y && g.zerosLike(x)),
  rule(['shl', 'shr'], 'x shifted by 0 = x', ([x, y]) => is(y, 0) && x),
];

export const comparisons = [
  rule('lt', 'x < x = false', ([x, y]) => x === y && constant(x, false)),
  rule(['eq', 'le'], 'x = x is true, without NaN', ([x, y]) => x === y && ordered(x) && constant(x, true)),
  rule('eq', '(x = true) = x', ([x, y]) => bool(y) && isTrue(y) && x),
  rule('eq', '(x = false) = not x', ([x, y]) => bool(y) && isFalse(y) && g.not(x)),
];

export const selection = [
  rule('where', 'where(c, x, x) = x', ([, x, y]) => x === y && x),
  rule('where', 'where(true, x, y) = x', ([c, x]) => isTrue(c) && x),
  rule('where', 'where(false, x, y) = y', ([c, , y]) => isFalse(c) && y),
  rule(
    'where',
    'where(not c, x, y) = where(c, y, x)',
    ([c, x, y]) => c.op === 'not' && g.where(inner(c), y, x),
  ),
  rule('where', 'where(c, true, false) = c', ([c, x, y]) => bool(x) && isTrue(x) && isFalse(y) && c),
  rule(
    'where',
    'where(c, false, true) = not c',
    ([c, x, y]) => bool(x) && isFalse(x) && isTrue(y) && g.not(c),
  ),
  rule(
    'where',
    'where(c, where(c, x, y), z) = where(c, x, z)',
    ([c, x, z]) => x.op === 'where' && x.inputs[0] === c && g.where(c, x.inputs[1]!, z),
  ),
  rule(
    'where',
    'where(c, x, where(c, y, z)) = where(c, x, z)',
    ([c, x, y]) => y.op === 'where' && y.inputs[0] === c && g.where(c, x, y.inputs[2]!),
  ),
];
