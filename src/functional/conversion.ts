/** The same values in another dtype, or in another relation to gradients. */
import { dtypes, isFloat, isInteger, requireDType, type DType } from '../core/index.js';
import { g } from '../graph/index.js';
import { truth } from './comparison.js';
import type { Value } from './operands.js';

/**
 * The values as `dtype`. From float to integer the fraction is dropped.
 * @method
 */
export function to(x: Value, dtype: DType): Value {
  requireDType('to', dtype);
  if (dtype === 'bool') return truth(x);
  // Through int32, so that narrow integers wrap around as those of PyTorch do.
  const narrow = isInteger(dtype) && dtypes[dtype].bytes < 4 && isFloat(x.dtype);
  return g.cast(narrow ? g.cast(x, 'int32') : x, dtype);
}

/**
 * The values as float32.
 * @method
 */
export function float(x: Value): Value {
  return to(x, 'float32');
}

/**
 * The values as float64.
 * @method
 */
export function double(x: Value): Value {
  return to(x, 'float64');
}

/**
 * The values as float16.
 * @method
 */
export function half(x: Value): Value {
  return to(x, 'float16');
}

/**
 * The values as bfloat16.
 * @method
 */
export function bfloat16(x: Value): Value {
  return to(x, 'bfloat16');
}

/**
 * The values as int32.
 * @method
 */
export function int(x: Value): Value {
  return to(x, 'int32');
}

/**
 * The values as int64.
 * @method
 */
export function long(x: Value): Value {
  return to(x, 'int64');
}

/**
 * The values as int16.
 * @method
 */
export function short(x: Value): Value {
  return to(x, 'int16');
}

/**
 * The values as int8.
 * @method
 */
export function char(x: Value): Value {
  return to(x, 'int8');
}

/**
 * The values as uint8.
 * @method
 */
export function byte(x: Value): Value {
  return to(x, 'uint8');
}

/**
 * Whether each value is not 0.
 * @method
 */
export function bool(x: Value): Value {
  return truth(x);
}

/**
 * The values in the dtype of `other`.
 * @method
 */
export function typeAs(x: Value, other: Value): Value {
  return to(x, other.dtype);
}

/**
 * The same values under a new name. Tensors are immutable: nothing is copied.
 * @method
 */
export function clone(x: Value): Value {
  return x;
}

/**
 * The tensor itself: there are no strides to tidy.
 * @method
 */
export function contiguous(x: Value): Value {
  return x;
}

/**
 * The values, through which no gradient flows.
 * @method
 */
export function detach(x: Value): Value {
  return g.stopGradient(x);
}
