/**
 * What composites take, and how operands come together: PyTorch's promotion and broadcasting, done once here so that
 * the primitives below can be strict.
 *
 * A composite is an exported function over graph values. The generator in `codegen/` reads its signature and its
 * docstring; these tags say how users reach it, and several may stand together:
 *
 *   @method           a method of Tensor (the first parameter is `this`); `@method name` gives it another name
 *   @getter name      a property of Tensor
 *   @function         a function of 'fusegrad'; `@function name` gives it another name
 *   @namespace F      a function of that namespace (F, special, linalg); `@namespace F name` renames
 *   @leaf             the result accumulates a gradient where its options say `requiresGrad`
 *   @torch name       what PyTorch calls it, where the camelCase rule does not say so
 *
 * Types are copied as written, `Value` becoming `Tensor`; a type that holds tensors is written out in the signature.
 */
import {
  ArgumentError,
  DTypeError,
  ShapeError,
  dtypes,
  formatShape,
  isFloat,
  isHalf,
  kindOf,
  normalizeAxes,
  numbersIn,
  normalizeAxis,
  promote,
  promoteScalar,
  toFloat,
  type DType,
} from '../core/index.js';
import { g, type Node } from '../graph/index.js';

/** A tensor while it is being computed with. */
export type Value = Node;
/** A value a person may write where a tensor is expected. */
export type Scalar = number | boolean | bigint;
export type Operand = Value | Scalar;
/** One dimension number or several. */
export type Dims = number | readonly number[];
/** `(2, 3)` and `([2, 3])` alike. */
export type Sizes = readonly number[] | readonly [readonly number[]];
/** A result of several named tensors. */
export type Named<K extends string> = Readonly<Record<K, Value>>;
/** An element of `x.at(...)`: position, 'start:stop:step', null for a new axis, '...', positions, mask. */
export type Index<T> = number | boolean | string | null | IndexArray | T;
export type IndexArray = readonly (number | boolean | IndexArray)[];

export type Keepdim = { keepdim?: boolean | undefined };
export type WithDType = { dtype?: DType | undefined };

export const isScalar = (x: unknown): x is Scalar =>
  typeof x === 'number' || typeof x === 'boolean' || typeof x === 'bigint';

/** 0, 1, ..., n - 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The sizes of a `...sizes` parameter. */
export function sizesOf(op: string, sizes: Sizes): readonly number[] {
  const [first] = sizes;
  const isList = sizes.length === 1 && typeof first !== 'number';
  const list = isList ? numbersIn(op, first as readonly number[]) : (sizes as readonly number[]);
  for (const each of list as readonly unknown[])
    if (typeof each !== 'number') throw new ArgumentError(op, `sizes are numbers, not ${kindOf(each)}`);
  return list;
}

/** A JS number as a 0-d tensor: of `dtype` where that holds it, else of the dtype numbers have. */
function scalarNode(value: Scalar, dtype: DType): Value {
  const { kind } = dtypes[dtype];
  if (kind !== 'float' && typeof value === 'number' && !Number.isInteger(value)) {
    return g.constant(value, 'float32');
  }
  return g.constant(value, dtype);
}

const defaultDType = (value: Scalar): DType =>
  typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'int64' : 'float32';

/** An operand as a tensor of its own dtype. */
export const toValue = (x: Operand): Value => (isScalar(x) ? g.constant(x, defaultDType(x)) : x);

function requireOperand(op: string, x: unknown): void {
  if (isScalar(x) || (typeof x === 'object' && x !== null && 'op' in x)) return;
  const way =
    x instanceof Promise ? 'await it' : Array.isArray(x) ? 'make a tensor of it: tensor(...)' : undefined;
  throw new ArgumentError(op, `operands are tensors and numbers, not ${kindOf(x)}`, way);
}

/** torch.result_type: numbers move a tensor to a higher kind only, and so do 0-d tensors among larger ones. */
export function resultType(op: string, ...xs: readonly Operand[]): DType {
  for (const x of xs) requireOperand(op, x);
  const tensors = xs.filter((x): x is Value => !isScalar(x));
  if (tensors.length === 0) {
    throw new ArgumentError(op, 'one operand must be a tensor', 'wrap a number in tensor(...)');
  }
  const join = (list: readonly Value[]): DType | undefined =>
    list.length === 0 ? undefined : list.map((x) => x.dtype).reduce(promote);
  const large = join(tensors.filter((x) => x.shape.length > 0));
  const small = join(tensors.filter((x) => x.shape.length === 0));
  let dtype = large ?? small!;
  if (large !== undefined && small !== undefined) {
    const [a, b] = [dtypes[large].kind, dtypes[small].kind];
    dtype = a === 'float' || a === b || (a === 'int' && b === 'bool') ? large : promote(large, small);
  }
  for (const x of xs) if (isScalar(x)) dtype = promoteScalar(dtype, x);
  return dtype;
}

/** Operands of a common shape and of `dtype`. */
export function coerce<T extends readonly Operand[]>(
  op: string,
  dtype: DType,
  ...xs: T
): { [I in keyof T]: Value } {
  const values = xs.map((x) => (isScalar(x) ? scalarNode(x, dtype) : x));
  return g.broadcast(op, ...values.map((x) => g.cast(x, dtype))) as { [I in keyof T]: Value };
}

/** Two operands after promotion and broadcasting. */
export const operands = (op: string, a: Operand, b: Operand): [Value, Value] =>
  coerce(op, resultType(op, a, b), a, b);

/** Two operands in a floating dtype, as division and the transcendental functions take them. */
export const floatOperands = (op: string, a: Operand, b: Operand): [Value, Value] =>
  coerce(op, toFloat(resultType(op, a, b)), a, b);

/** Any number of operands after promotion and broadcasting. */
export const allOperands = <T extends readonly Operand[]>(op: string, ...xs: T): { [I in keyof T]: Value } =>
  coerce(op, resultType(op, ...xs), ...xs);

/** A tensor in a floating dtype: integers and bools become float32. */
export const floating = (x: Value): Value => g.cast(x, toFloat(x.dtype));

/** `f` with halves computed in float32 and rounded once, at the end. */
export function inFloat32(x: Value, f: (x: Value) => Value): Value {
  const dtype = toFloat(x.dtype);
  return g.cast(f(g.cast(x, isHalf(dtype) ? 'float32' : dtype)), dtype);
}

/** Whether each element is NaN; never for integers. */
export const nanMask = (x: Value): Value =>
  isFloat(x.dtype) ? g.unary('isnan', x) : g.full(x.shape, false, 'bool');

/** Bool as int32, where arithmetic on truth values counts. */
export const counting = (x: Value): Value => (x.dtype === 'bool' ? g.cast(x, 'int32') : x);

/** The dtype a sum of `dtype` is kept in: small integers widen to int32. */
export const sumType = (dtype: DType): DType =>
  dtypes[dtype].kind === 'bool' || (dtypes[dtype].kind === 'int' && dtypes[dtype].bytes < 4)
    ? 'int32'
    : dtype;

export function requireFloat(op: string, x: Value): void {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(op, `takes floating dtypes, not ${x.dtype}`, `x.float() makes it float32`);
  }
}

export const rank = (x: Value): number => x.shape.length;

/** A dimension number made non-negative. */
export const axisOf = (op: string, x: Value, dim: number): number => normalizeAxis(op, dim, rank(x));

/** The axes a reduction runs over: all for undefined, and for an empty list too, as in PyTorch. */
export const axesOf = (op: string, x: Value, dim: Dims | undefined): number[] =>
  normalizeAxes(op, typeof dim === 'object' && dim?.length === 0 ? undefined : (dim ?? undefined), rank(x));

/** A 0-d tensor as one of a single element: ops along an axis then have one. */
export const atLeast1 = (x: Value): Value => (rank(x) === 0 ? g.reshape(x, [1]) : x);

export function requireRank(op: string, x: Value, ...allowed: readonly number[]): void {
  if (allowed.includes(rank(x))) return;
  const names = allowed.map((r) => `${r}-d`).join(' or ');
  throw new ShapeError(op, `takes ${names} tensors, not one of shape ${formatShape(x.shape)}`);
}

/** `f` applied along one axis of a tensor that may be 0-d. */
export function alongAxis(op: string, x: Value, dim: number, f: (x: Value, axis: number) => Value): Value {
  return g.reshape(f(atLeast1(x), axisOf(op, x, dim)), x.shape);
}
