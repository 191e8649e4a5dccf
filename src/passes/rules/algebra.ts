/** Laws of arithmetic that hold in floating point, and those of integers, which wrap and so form a ring. */
import { isFloat, isInteger, numel } from '../../core/index.js';
import { g, type Node } from '../../graph/index.js';
import { fast, rule, signedZero } from '../rule.js';
import { is, isPowerOfTwo, isZero, splat } from '../splat.js';

const int = (x: Node): boolean => isInteger(x.dtype);
const isNeg = (x: Node): boolean => x.op === 'neg';
const inner = (x: Node): Node => x.inputs[0]!;
const zero = (x: Node): Node => g.zerosLike(x);

/** The constant operand of `op(y, c)` and its other one, when x is such a node. */
function withConstant(x: Node, op: 'add' | 'mul'): readonly [Node, Node] | undefined {
  if (x.op !== op) return undefined;
  const [a, b] = x.inputs as readonly [Node, Node];
  return splat(b) !== undefined ? [a, b] : splat(a) !== undefined ? [b, a] : undefined;
}

export const identities = [
  rule('add', 'x + -0 = x', ([x, y]) => isZero(y, -0) && x),
  rule('add', 'x + 0 = x', ([x, y]) => is(y, 0) && x, signedZero),
  rule('sub', 'x - 0 = x', ([x, y]) => isZero(y, 0) && x),
  rule('sub', 'x - -0 = x', ([x, y]) => is(y, 0) && x, signedZero),
  rule('sub', '0 - x = -x', ([x, y]) => is(x, 0) && g.neg(y), signedZero),
  rule('sub', 'x - x = 0, of integers', ([x, y]) => x === y && int(x) && zero(x)),
  rule('mul', 'x * 1 = x', ([x, y]) => is(y, 1) && x),
  rule('mul', 'x * -1 = -x', ([x, y]) => is(y, -1) && g.neg(x)),
  rule('mul', 'x * 0 = 0, of integers', ([x, y]) => is(y, 0) && int(x) && y),
  rule('div', 'x / 1 = x', ([x, y]) => is(y, 1) && x),
  rule('div', 'x / -1 = -x', ([x, y]) => is(y, -1) && g.neg(x)),
  rule('div', 'x / 2^n = x * 2^-n', ([x, y]) => {
    const value = splat(y);
    return value !== undefined && isPowerOfTwo(value, y.dtype) && g.scale(x, 1 / Number(value));
  }),
  rule('pow', 'x^0 = 1', ([x, y]) => is(y, 0) && g.fullLike(x, 1)),
  rule('pow', 'x^1 = x', ([x, y]) => is(y, 1) && x),
  rule('pow', 'x^2 = x * x', ([x, y]) => is(y, 2) && g.mul(x, x)),
  rule('pow', 'x^-1 = 1 / x', ([x, y]) => is(y, -1) && isFloat(x.dtype) && g.div(g.fullLike(x, 1), x)),
  rule('pow', '1^x = 1', ([x]) => is(x, 1) && x),
  rule(['max', 'min'], 'max(x, x) = x', ([x, y]) => x === y && x),
];

export const signs = [
  rule('neg', '-(-x) = x', ([x]) => isNeg(x) && inner(x)),
  rule('neg', '-(x - y) = y - x', ([x]) => x.op === 'sub' && g.sub(x.inputs[1]!, inner(x)), {
    ...signedZero,
    once: true,
  }),
  rule('neg', '-(x * c) = x * -c', ([x]) => {
    const [y, c] = withConstant(x, 'mul') ?? [];
    return y && c && g.mul(y, g.neg(c));
  }),
  rule('add', 'x + -y = x - y', ([x, y]) => isNeg(y) && g.sub(x, inner(y))),
  rule('sub', 'x - -y = x + y', ([x, y]) => isNeg(y) && g.add(x, inner(y))),
  rule(
    ['mul', 'div'],
    '-x * -y = x * y',
    ([x, y], { op }) => isNeg(x) && isNeg(y) && isFloat(x.dtype) && g.binary(op, inner(x), inner(y)),
  ),
  rule(
    ['mul', 'div'],
    '-x * c = x * -c',
    ([x, y], { op }) =>
      isNeg(x) && isFloat(x.dtype) && splat(y) !== undefined && g.binary(op, inner(x), g.neg(y)),
  ),
  rule('abs', '||x|| = |x|', ([x]) => x.op === 'abs' && x),
  rule('abs', '|-x| = |x|', ([x]) => isNeg(x) && g.unary('abs', inner(x))),
  rule(
    ['floor', 'ceil', 'round', 'trunc'],
    'floor(floor(x)) = floor(x)',
    ([x]) => ['floor', 'ceil', 'round', 'trunc'].includes(x.op) && x,
  ),
];

export const constantsTogether = [
  rule(['add', 'mul'], '(x + a) + b = x + (a + b), of integers', ([x, y], { op }) => {
    const [rest, c] = (int(x) && splat(y) !== undefined && withConstant(x, op)) || [];
    return rest && c && g.binary(op, rest, g.binary(op, c, y));
  }),
  rule(
    'sub',
    'x - c = x + -c, of integers',
    ([x, y]) => int(x) && splat(y) !== undefined && g.add(x, g.neg(y)),
  ),
];

/** Right up to rounding: some hide an overflow, some a NaN. */
export const fastMath = [
  rule(
    'mul',
    '(x * a) * b = x * (a * b)',
    ([x, y]) => {
      const [rest, c] = (isFloat(x.dtype) && splat(y) !== undefined && withConstant(x, 'mul')) || [];
      return rest && c && g.mul(rest, g.mul(c, y));
    },
    fast,
  ),
  rule(
    'div',
    'x / c = x * (1 / c)',
    ([x, y]) => {
      const value = splat(y);
      return isFloat(y.dtype) && value !== undefined && g.scale(x, 1 / Number(value));
    },
    fast,
  ),
  rule('mul', 'x * 0 = 0', ([x, y]) => is(y, 0) && zero(x), fast),
  rule('sub', 'x - x = 0', ([x, y]) => x === y && zero(x), fast),
  rule('div', 'x / x = 1', ([x, y]) => x === y && isFloat(x.dtype) && g.fullLike(x, 1), fast),
  rule('log', 'log(e^x) = x', ([x]) => x.op === 'exp' && inner(x), fast),
  rule('exp', 'e^log(x) = x', ([x]) => x.op === 'log' && inner(x), fast),
  rule('pow', 'x^(1/2) = sqrt(x)', ([x, y]) => is(y, 0.5) && g.sqrt(x), fast),
  rule('pow', 'x^3 = x * x * x', ([x, y]) => is(y, 3) && g.mul(g.mul(x, x), x), fast),
  rule(
    'sum',
    'sum of n times c = n * c',
    ([x], { shape, dtype }) => {
      const value = splat(x);
      if (value === undefined || !isFloat(dtype)) return undefined;
      return g.full(shape, Number(value) * (numel(x.shape) / numel(shape)), dtype);
    },
    fast,
  ),
];
