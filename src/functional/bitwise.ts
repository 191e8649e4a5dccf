/** Operations on the bits of integers; on bools the logical ones. */
import { g } from '../graph/index.js';
import type { BinaryOp } from '../ops/index.js';
import { operands, type Operand, type Value } from './operands.js';

const bits = (op: BinaryOp, name: string, x: Operand, y: Operand): Value =>
  g.binary(op, ...operands(name, x, y));

/**
 * Bitwise and.
 * @throws DTypeError for floating tensors.
 * @function
 */
export function bitwiseAnd(x: Operand, y: Operand): Value {
  return bits('and', 'bitwiseAnd', x, y);
}

/**
 * Bitwise or.
 * @throws DTypeError for floating tensors.
 * @function
 */
export function bitwiseOr(x: Operand, y: Operand): Value {
  return bits('or', 'bitwiseOr', x, y);
}

/**
 * Bitwise exclusive or.
 * @throws DTypeError for floating tensors.
 * @function
 */
export function bitwiseXor(x: Operand, y: Operand): Value {
  return bits('xor', 'bitwiseXor', x, y);
}

/**
 * Bitwise not; logical not of bools.
 * @throws DTypeError for floating tensors.
 * @function
 */
export function bitwiseNot(x: Value): Value {
  return g.not(x);
}

/**
 * `x * 2^y`; 0 where `y` is outside the width.
 * @function
 */
export function bitwiseLeftShift(x: Operand, y: Operand): Value {
  return bits('shl', 'bitwiseLeftShift', x, y);
}

/**
 * `x` shifted right, keeping its sign.
 * @function
 */
export function bitwiseRightShift(x: Operand, y: Operand): Value {
  return bits('shr', 'bitwiseRightShift', x, y);
}
