/** Comparisons, logic and choice. Results are bool unless said otherwise. */
import { ArgumentError, DTypeError, isFloat, promote } from '../core/index.js';
import { g } from '../graph/index.js';
import {
  coerce,
  isScalar,
  nanMask,
  operands,
  resultType,
  toValue,
  type Operand,
  type Value,
} from './operands.js';

/** Truth of each element: whether it is not 0. */
export const truth = (x: Value): Value => (x.dtype === 'bool' ? x : g.not(g.eq(x, g.zerosLike(x))));

/**
 * `x = y`.
 * @method
 * @function
 */
export function eq(x: Operand, y: Operand): Value {
  return g.eq(...operands('eq', x, y));
}

/**
 * `x != y`; NaN differs from everything.
 * @method
 * @function
 */
export function ne(x: Operand, y: Operand): Value {
  return g.not(eq(x, y));
}

/**
 * `x < y`.
 * @method
 * @function
 */
export function lt(x: Operand, y: Operand): Value {
  return g.lt(...operands('lt', x, y));
}

/**
 * `x <= y`.
 * @method
 * @function
 */
export function le(x: Operand, y: Operand): Value {
  return g.le(...operands('le', x, y));
}

/**
 * `x > y`.
 * @method
 * @function
 */
export function gt(x: Operand, y: Operand): Value {
  const [a, b] = operands('gt', x, y);
  return g.lt(b, a);
}

/**
 * `x >= y`.
 * @method
 * @function
 */
export function ge(x: Operand, y: Operand): Value {
  const [a, b] = operands('ge', x, y);
  return g.le(b, a);
}

const logical = (op: 'and' | 'or' | 'xor', x: Operand, y: Operand): Value => {
  const [a, b] = g.broadcast(`logical ${op}`, truth(toValue(x)), truth(toValue(y)));
  return g.binary(op, a!, b!);
};

/**
 * Whether both are true, that is not 0.
 * @method
 * @function
 */
export function logicalAnd(x: Operand, y: Operand): Value {
  return logical('and', x, y);
}

/**
 * Whether one or both are true, that is not 0.
 * @method
 * @function
 */
export function logicalOr(x: Operand, y: Operand): Value {
  return logical('or', x, y);
}

/**
 * Whether exactly one is true, that is not 0.
 * @method
 * @function
 */
export function logicalXor(x: Operand, y: Operand): Value {
  return logical('xor', x, y);
}

/**
 * Whether `x` is false, that is 0.
 * @method
 * @function
 */
export function logicalNot(x: Value): Value {
  return g.not(truth(x));
}

/**
 * `x` where `condition` is true, else `y`.
 * @example where(x.gt(0), x, 0) // relu
 * @function
 */
export function where(condition: Value, x: Operand, y: Operand): Value {
  if (condition.dtype !== 'bool' && condition.dtype !== 'uint8') {
    throw new DTypeError('where', `the condition must be bool, not ${condition.dtype}`, 'compare: x.ne(0)');
  }
  const dtype =
    isScalar(x) && isScalar(y) ? promote(toValue(x).dtype, toValue(y).dtype) : resultType('where', x, y);
  const [a, b] = coerce('where', dtype, x, y);
  const [c, ...rest] = g.broadcast('where', truth(condition), a, b);
  return g.where(c!, rest[0]!, rest[1]!);
}

/**
 * `x` where `condition` is true, else `y`.
 * @method where
 * @torch Tensor.where
 */
export function whereElse(x: Value, condition: Value, y: Operand): Value {
  return where(condition, x, y);
}

/**
 * Whether `|x - y| <= atol + rtol * |y|`; equal infinities are close, NaN to NaN with `equalNan`.
 * @function
 */
export function isclose(
  x: Value,
  y: Value,
  options: { rtol?: number | undefined; atol?: number | undefined; equalNan?: boolean | undefined } = {},
): Value {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  if (rtol < 0 || atol < 0)
    throw new ArgumentError('isclose', `rtol ${rtol} and atol ${atol} must not be negative`);
  const [p, q] = operands('isclose', x, y);
  const equal = g.eq(p, q);
  const [a, b] = isFloat(p.dtype) ? [p, q] : [g.cast(p, 'float32'), g.cast(q, 'float32')];
  const gap = g.unary('abs', g.sub(a, b));
  const allowed = g.add(g.fullLike(b, atol), g.scale(g.unary('abs', b), rtol));
  const finite = g.lt(gap, g.fullLike(gap, Infinity));
  const close = g.binary('or', equal, g.binary('and', finite, g.le(gap, allowed)));
  return equalNan ? g.binary('or', close, g.binary('and', nanMask(p), nanMask(q))) : close;
}

/**
 * Whether each of `elements` is among `test`; with `invert`, whether it is not.
 * @function
 */
export function isin(
  elements: Operand,
  test: Operand,
  options: { assumeUnique?: boolean | undefined; invert?: boolean | undefined } = {},
): Value {
  const dtype = resultType('isin', elements, test);
  const a = g.cast(toValue(elements), dtype);
  const b = g.cast(toValue(test), dtype);
  const count = g.count(b);
  const shape = [...a.shape, count];
  const equal = g.eq(
    g.expand(g.reshape(a, [...a.shape, 1]), shape),
    g.expandTo(g.reshape(b, [count]), shape),
  );
  const hits = g.sum(g.cast(equal, 'int32'), [a.shape.length]);
  const found = truth(hits);
  return options.invert ? g.not(found) : found;
}
