/** Gradients of the elementwise primitives. At kinks they follow PyTorch. */
import { g, isOp, type Node } from '../../graph/index.js';
import type { BinaryOp, UnaryOp } from '../../ops/index.js';
import { discrete, integer, one, two, type GradientTable } from './rule.js';
import { trigamma } from './special.js';

const { add, div, eq, exp, fullLike, le, log, lt, mul, neg, scale, sub, where, zerosLike } = g;
const of = (x: Node, value: number): Node => fullLike(x, value);
const square = (x: Node): Node => mul(x, x);
const oneMinus = (x: Node): Node => sub(of(x, 1), x);
const onePlus = (x: Node): Node => add(of(x, 1), x);
const sin = (x: Node): Node => g.unary('sin', x);
const cos = (x: Node): Node => g.unary('cos', x);
const rsqrt = (x: Node): Node => g.unary('rsqrt', x);
const pow = (x: Node, y: Node): Node => g.binary('pow', x, y);

/** Steps are flat almost everywhere: the gradient is zero, not missing. */
const flat = one((ct) => zerosLike(ct));
const bool = discrete('its result is true or false');

/** The gradient of a product of two different values. */
const product = two(
  (ct, _, y) => mul(ct, y),
  (ct, x) => mul(ct, x),
);

/** The number that fills `x`, when it is a stretched constant. */
function filledWith(x: Node): number | undefined {
  let source = x;
  while (isOp(source, 'expand') || isOp(source, 'reshape')) source = source.inputs[0]!;
  return isOp(source, 'constant') ? Number(source.attrs.value) : undefined;
}

/** y x^(y - 1), which is 0 for y = 0 whatever x is. */
function powSlope(x: Node, y: Node): Node {
  const exponent = filledWith(y);
  if (exponent === 0) return zerosLike(x);
  if (exponent === 1) return of(x, 1);
  if (exponent === 2) return scale(x, 2);
  if (exponent !== undefined) return scale(pow(x, of(x, exponent - 1)), exponent);
  const zero = eq(y, zerosLike(y));
  const nonzero = where(zero, of(y, 1), y);
  return where(zero, zerosLike(x), mul(nonzero, pow(x, sub(nonzero, of(y, 1)))));
}

/** x^y log x, which is 0 for x = 0 and y >= 0. The logarithm is taken of 1 there, so higher derivatives stay finite. */
function powExponentSlope(x: Node, y: Node, out: Node): Node {
  const atZero = g.binary('and', eq(x, zerosLike(x)), le(zerosLike(y), y));
  return mul(out, log(where(atZero, of(x, 1), x)));
}

/** Gradient of max or min for the operand `x` against `y`: the winner takes it, equal operands share it. */
const winner = (ct: Node, x: Node, y: Node, loses: Node): Node =>
  where(eq(x, y), scale(ct, 0.5), where(loses, zerosLike(ct), ct));

const inverseSquaredRadius = (y: Node, x: Node): Node => div(of(x, 1), add(square(x), square(y)));

type ElementwiseOp = UnaryOp | BinaryOp | 'cast' | 'bitcast' | 'where' | 'threefry';

export const elementwise: GradientTable<ElementwiseOp> = {
  neg: one(neg),
  abs: one((ct, x) => mul(ct, g.unary('sign', x))),
  exp: one((ct, _, out) => mul(ct, out)),
  expm1: one((ct, _, out) => mul(ct, onePlus(out))),
  log: one(div),
  log1p: one((ct, x) => div(ct, onePlus(x))),
  sin: one((ct, x) => mul(ct, cos(x))),
  cos: one((ct, x) => neg(mul(ct, sin(x)))),
  tan: one((ct, _, out) => mul(ct, onePlus(square(out)))),
  asin: one((ct, x) => mul(ct, rsqrt(oneMinus(square(x))))),
  acos: one((ct, x) => neg(mul(ct, rsqrt(oneMinus(square(x)))))),
  atan: one((ct, x) => div(ct, onePlus(square(x)))),
  sinh: one((ct, x) => mul(ct, g.unary('cosh', x))),
  cosh: one((ct, x) => mul(ct, g.unary('sinh', x))),
  tanh: one((ct, _, out) => mul(ct, oneMinus(square(out)))),
  sigmoid: one((ct, _, out) => mul(ct, mul(out, oneMinus(out)))),
  erf: one((ct, x) => mul(ct, scale(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))),
  sqrt: one((ct, _, out) => div(ct, scale(out, 2))),
  rsqrt: one((ct, _, out) => mul(ct, scale(mul(out, square(out)), -0.5))),
  lgamma: one((ct, x) => mul(ct, g.unary('digamma', x))),
  digamma: one((ct, x) => mul(ct, trigamma(x))),
  sign: flat,
  floor: flat,
  ceil: flat,
  round: flat,
  trunc: flat,
  not: integer,
  isnan: bool,
  cast: one((ct, x) => g.cast(ct, x.dtype)),
  bitcast: discrete('it reads the bits of a number, which do not change smoothly with it'),

  add: two(
    (ct) => ct,
    (ct) => ct,
  ),
  sub: two(
    (ct) => ct,
    (ct) => neg(ct),
  ),
  mul: (node, ct, needs) => {
    const [x, y] = node.inputs as readonly [Node, Node];
    // x + x overflows only where the square has.
    return x === y ? [needs[0] ? mul(ct, add(x, x)) : undefined] : product(node, ct, needs);
  },
  div: two(
    (ct, _, y) => div(ct, y),
    (ct, _, y, out) => neg(mul(ct, div(out, y))),
  ),
  fmod: two(
    (ct) => ct,
    (ct, x, y) => neg(mul(ct, g.unary('trunc', div(x, y)))),
  ),
  pow: two(
    (ct, x, y) => mul(ct, powSlope(x, y)),
    (ct, x, y, out) => mul(ct, powExponentSlope(x, y, out)),
  ),
  max: two(
    (ct, x, y) => winner(ct, x, y, lt(x, y)),
    (ct, x, y) => winner(ct, y, x, lt(y, x)),
  ),
  min: two(
    (ct, x, y) => winner(ct, x, y, lt(y, x)),
    (ct, x, y) => winner(ct, y, x, lt(x, y)),
  ),
  atan2: two(
    (ct, y, x) => mul(ct, mul(x, inverseSquaredRadius(y, x))),
    (ct, y, x) => neg(mul(ct, mul(y, inverseSquaredRadius(y, x)))),
  ),
  and: integer,
  or: integer,
  xor: integer,
  shl: integer,
  shr: integer,
  eq: bool,
  lt: bool,
  le: bool,
  where: ({ inputs: [condition] }, ct, needs) => [
    undefined,
    needs[1] ? where(condition!, ct, zerosLike(ct)) : undefined,
    needs[2] ? where(condition!, zerosLike(ct), ct) : undefined,
  ],
  threefry: integer,
};
