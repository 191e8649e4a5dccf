/** Tensors from nothing: filled, counted, spaced; and in the likeness of others. */
import { ArgumentError, checkSizes, isFloat, requireDType, type DType } from '../core/index.js';
import { g } from '../graph/index.js';
import {
  isScalar,
  range,
  resultType,
  sizesOf,
  toValue,
  type Dims,
  type Operand,
  type Scalar,
  type Sizes,
  type Value,
} from './operands.js';

/** How a new tensor is made: of which dtype, and whether it is a leaf that accumulates a gradient. */
export type Making = { dtype?: DType | undefined; requiresGrad?: boolean | undefined };
/** `(2, 3)` or `([2, 3])`, with options after it. */
export type SizesWith<O> =
  | readonly number[]
  | readonly [readonly number[]]
  | readonly [readonly number[], O | undefined]
  | readonly [...number[], O];

/** Sizes apart from the options behind them. */
export function withoutOptions<O>(args: SizesWith<O>): { sizes: Sizes; options: O | undefined } {
  const last = args.at(-1);
  const isList = Array.isArray(last) || ArrayBuffer.isView(last);
  const isOptions = last === undefined || (typeof last === 'object' && last !== null && !isList);
  if (!isOptions) return { sizes: args as Sizes, options: undefined };
  return { sizes: args.slice(0, -1) as unknown as Sizes, options: last as O | undefined };
}

function filled(op: string, args: SizesWith<Making>, value: Scalar): Value {
  const { sizes, options } = withoutOptions(args);
  return constantOf(op, sizesOf(op, sizes), value, options?.dtype ?? 'float32');
}

function constantOf(op: string, sizes: readonly number[], value: Scalar, dtype: DType): Value {
  requireDType(op, dtype);
  return g.full(checked(op, sizes), value, dtype);
}

function checked(op: string, sizes: readonly number[]): readonly number[] {
  checkSizes(op, sizes);
  return sizes;
}

/**
 * A tensor of zeros.
 * @example zeros(2, 3), zeros([2, 3], { dtype: 'int32' })
 * @function
 * @leaf
 */
export function zeros(...size: SizesWith<Making>): Value {
  return filled('zeros', size, 0);
}

/**
 * A tensor of ones.
 * @function
 * @leaf
 */
export function ones(...size: SizesWith<Making>): Value {
  return filled('ones', size, 1);
}

/**
 * A tensor with one value everywhere: bool for true and false, else float32 unless said otherwise.
 * @function
 * @leaf
 */
export function full(size: readonly number[], value: number | bigint | boolean, options: Making = {}): Value {
  return constantOf('full', size, value, options.dtype ?? toValue(value).dtype);
}

/**
 * The identity matrix, or the first `m` columns of one.
 * @function
 * @leaf
 */
export function eye(n: number, m?: number | Making, options: Making = {}): Value {
  const { dtype = 'float32' } = typeof m === 'object' ? m : options;
  const shape = checked('eye', [n, typeof m === 'number' ? m : n]);
  return g.cast(g.eq(g.iotaAlong(shape, 0), g.iotaAlong(shape, 1)), dtype);
}

/**
 * Numbers from `start` (0) up to `end`, `step` (1) apart. Integers make int32, a fraction float32.
 * @example arange(5), arange(1, 2, 0.25), arange(0, 10, 2, { dtype: 'float32' })
 * @function
 * @leaf
 */
export function arange(end: number, options?: Making): Value;
export function arange(start: number, end?: number, options?: Making): Value;
export function arange(start: number, end?: number, step?: number, options?: Making): Value;
export function arange(...args: readonly (number | Making | undefined)[]): Value {
  const numbers = args.filter((arg) => typeof arg === 'number');
  const { dtype: wanted } = args.find((arg) => typeof arg === 'object') ?? {};
  const [start, end, step = 1] =
    numbers.length === 1 ? [0, numbers[0]!] : (numbers as [number, number, number?]);
  if (step === 0 || (end - start) / step < 0 || !Number.isFinite((end - start) / step)) {
    throw new ArgumentError('arange', `no steps of ${step} lead from ${start} to ${end}`);
  }
  const dtype = wanted ?? (numbers.every(Number.isInteger) ? 'int32' : 'float32');
  const count = Math.ceil((end - start) / step);
  const whole = Number.isInteger(start) && Number.isInteger(step);
  // Integers of a floating dtype count exactly as int32.
  const exact = whole && isFloat(dtype) ? 'int32' : dtype;
  const at = g.iota(count, isFloat(exact) || whole ? exact : 'float32');
  const scaled = step === 1 ? at : g.scale(at, step);
  return g.cast(start === 0 ? scaled : g.add(scaled, g.fullLike(scaled, start)), dtype);
}

/** Evenly spaced numbers, counted from the nearer end so that both ends are exact. */
function spaced(op: string, start: number, end: number, steps: number, dtype: DType): Value {
  checked(op, [steps]);
  const kind = isFloat(dtype) ? dtype : 'float32';
  const at = g.iota(steps, kind);
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  const up = g.add(g.scale(at, step), g.fullLike(at, start));
  const back = g.sub(g.fullLike(at, steps - 1), at);
  const down = g.sub(g.fullLike(at, end), g.scale(back, step));
  return g.where(g.lt(at, g.fullLike(at, steps / 2)), up, down);
}

/**
 * `steps` numbers evenly spaced from `start` to `end`, both included.
 * @function
 * @leaf
 */
export function linspace(start: number, end: number, steps: number, options: Making = {}): Value {
  const { dtype = 'float32' } = options;
  return g.cast(spaced('linspace', start, end, steps, dtype), dtype);
}

/**
 * `base` (10) to the powers linspace gives.
 * @function
 * @leaf
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options: { base?: number | undefined; dtype?: DType | undefined; requiresGrad?: boolean | undefined } = {},
): Value {
  const { base = 10, dtype = 'float32' } = options;
  const exponent = spaced('logspace', start, end, steps, dtype);
  return g.cast(g.binary('pow', g.fullLike(exponent, base), exponent), dtype);
}

/**
 * Zeros in the shape and dtype of `x`.
 * @function
 * @leaf
 */
export function zerosLike(x: Value, options: Making = {}): Value {
  return g.full(x.shape, 0, options.dtype ?? x.dtype);
}

/**
 * Ones in the shape and dtype of `x`.
 * @function
 * @leaf
 */
export function onesLike(x: Value, options: Making = {}): Value {
  return g.full(x.shape, 1, options.dtype ?? x.dtype);
}

/**
 * One value in the shape and dtype of `x`.
 * @function
 * @leaf
 */
export function fullLike(x: Value, value: number | bigint | boolean, options: Making = {}): Value {
  return g.full(x.shape, value, options.dtype ?? x.dtype);
}

const sizeOf = (size: Dims): readonly number[] => (typeof size === 'number' ? [size] : size);

/**
 * Zeros of another size, in the dtype of `x`.
 * @method
 * @leaf
 */
export function newZeros(x: Value, size: Dims, options: Making = {}): Value {
  return newFull(x, size, 0, options);
}

/**
 * Ones of another size, in the dtype of `x`.
 * @method
 * @leaf
 */
export function newOnes(x: Value, size: Dims, options: Making = {}): Value {
  return newFull(x, size, 1, options);
}

/**
 * One value in another size, in the dtype of `x`.
 * @method
 * @leaf
 */
export function newFull(x: Value, size: Dims, value: number | bigint | boolean, options: Making = {}): Value {
  return constantOf('newFull', sizeOf(size), value, options.dtype ?? x.dtype);
}

/**
 * `value` in the shape and dtype of `x`.
 * @method
 * @function
 */
export function fill(x: Value, value: Operand): Value {
  if (isScalar(value)) return g.fullLike(x, Number(value));
  if (value.shape.length > 0) throw new ArgumentError('fill', 'the value is a number or a 0-d tensor');
  return g.expandTo(g.cast(value, x.dtype), x.shape);
}

/**
 * The Vandermonde matrix of the last dimension: powers 0 to N - 1 of each element, in a new last dimension.
 * @namespace linalg
 */
export function vander(x: Value, options: { N?: number | undefined } = {}): Value {
  const { N = x.shape.at(-1) ?? 0 } = options;
  const dtype = resultType('vander', x);
  const base = dtype === 'bool' ? g.cast(x, 'int32') : x;
  let power = g.fullLike(base, 1);
  const columns = range(N).map(() => {
    const column = g.reshape(power, [...x.shape, 1]);
    power = g.mul(power, base);
    return column;
  });
  return columns.length === 0 ? g.full([...x.shape, 0], 0, dtype) : g.concat(columns, x.shape.length);
}
