// Written by `npm run codegen` from src/functional. Do not edit.
import type { DType, Dim } from '../core/index.js';
import * as f from '../functional/index.js';
import type { Dims, Index, Making, Sizes, WithDType, Named as NamedNodes } from '../functional/index.js';
import type { Node } from '../graph/index.js';
import { nodeOf } from './arguments.js';
import { TensorBase, call } from './base.js';

/** A tensor, or a JavaScript value that stands for one. */
export type Operand = Tensor | number | boolean | bigint;

/** Several named tensors, which may be taken apart by name or in order. */
export type Named<K extends string> = Readonly<Record<K, Tensor>> & Iterable<Tensor>;

/** @internal */
export const wrap = (node: Node): Tensor => new Tensor(node);

/** @internal */
export const wrapEach = (result: Node | Node[]): Tensor | Tensor[] =>
  Array.isArray(result) ? result.map(wrap) : wrap(result);

/** @internal */
export function named<K extends string>(nodes: Readonly<Record<K, Node>>): Named<K> {
  const entries = Object.entries<Node>(nodes).map(([name, node]) => [name, wrap(node)] as const);
  const order = { value: () => entries.map(([, tensor]) => tensor).values() };
  return Object.defineProperty(Object.fromEntries(entries), Symbol.iterator, order) as Named<K>;
}

/** @internal */
export const wrapOrName = <K extends string>(result: Node | Readonly<Record<K, Node>>): Tensor | Named<K> =>
  'op' in result ? wrap(result) : named(result);

/** @internal */
export function leaf(tensor: Tensor, ...options: readonly unknown[]): Tensor {
  const wanted = (each: unknown): boolean =>
    typeof each === 'object' && each !== null && 'requiresGrad' in each && each.requiresGrad === true;
  tensor.value.made = true;
  return options.some(wanted) ? tensor.requiresGrad_() : tensor;
}

/** @internal */
export const lower = <T>(x: T | Tensor): T | Node => (x instanceof Tensor ? x.node : x);

/** @internal */
export const lowerIndex = (
  x: Index<Tensor> | readonly Index<Tensor>[],
): Index<Node> | readonly Index<Node>[] =>
  Array.isArray(x) ? (x as readonly Index<Tensor>[]).map((each) => lower(each)) : lower(x as Index<Tensor>);

/** A multi-dimensional array of one dtype, computed when its values are asked for. */
export class Tensor<S extends readonly Dim[] = readonly Dim[], D extends DType = DType> extends TensorBase {
  /** Sizes of the dimensions. */
  override get shape(): S {
    return super.shape as readonly Dim[] as S;
  }
  /** Element type. */
  override get dtype(): D {
    return super.dtype as D;
  }

  /**
   * The conjugate transpose of a matrix, which is its transpose.
   */
  get H(): Tensor {
    return call(() => wrap(f.conjugateTranspose(this.node)));
  }

  /**
   * The dimensions in reverse order.
   */
  get T(): Tensor {
    return call(() => wrap(f.reversedDims(this.node)));
  }

  /**
   * The conjugate transpose over the last two dimensions.
   */
  get mH(): Tensor {
    return call(() => wrap(f.conjugateMatrixTranspose(this.node)));
  }

  /**
   * The last two dimensions exchanged.
   */
  get mT(): Tensor {
    return call(() => wrap(f.matrixTranspose(this.node)));
  }

  /**
   * `|x|`.
   */
  abs(): Tensor {
    return call(() => wrap(f.abs(this.node)));
  }

  /**
   * Inverse cosine, NaN outside [-1, 1].
   */
  acos(): Tensor {
    return call(() => wrap(f.acos(this.node)));
  }

  /**
   * `x + alpha * y`. Two bools give their logical or.
   * @example tensor([1, 2]).add(10) // [11, 12]
   */
  add(y: Operand, options?: { alpha?: number | undefined }): Tensor {
    return call(() => wrap(f.add(this.node, lower(y), options)));
  }

  /**
   * Whether all elements over `dim` are true, that is not 0; true over nothing. uint8 gives uint8.
   */
  all(dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.all(this.node, dim, options)));
  }

  /**
   * The largest over `dim`; NaN wins. Equal ones share the gradient.
   */
  amax(dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.amax(this.node, dim, options)));
  }

  /**
   * The smallest over `dim`; NaN wins. Equal ones share the gradient.
   */
  amin(dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.amin(this.node, dim, options)));
  }

  /**
   * Whether any element over `dim` is true, that is not 0; false over nothing. uint8 gives uint8.
   */
  any(dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.any(this.node, dim, options)));
  }

  /**
   * The position of the first largest element along `dim`, or in the flattened tensor.
   */
  argmax(dim?: number, options?: { keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.argmax(this.node, dim, options)));
  }

  /**
   * The position of the first smallest element along `dim`, or in the flattened tensor.
   */
  argmin(dim?: number, options?: { keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.argmin(this.node, dim, options)));
  }

  /**
   * The positions that put the values along `dim` in order.
   */
  argsort(dim?: number, options?: { descending?: boolean | undefined }): Tensor {
    return call(() => wrap(f.argsort(this.node, dim, options)));
  }

  /**
   * Inverse sine, NaN outside [-1, 1].
   */
  asin(): Tensor {
    return call(() => wrap(f.asin(this.node)));
  }

  /**
   * The part of a tensor an index names: an integer takes one slice away its dimension, 'start:stop:step' a range, null
   * makes a new dimension, '...' stands for all dimensions in between, lists and tensors of integers pick positions
   * (broadcast together), booleans pick where they are true. Negative positions count from the end.
   * @throws IndexError for a position outside the dimension.
   * @example x.at(0), x.at(':', [1, 3], '...', null, '::2')
   */
  at(...index: readonly Index<Tensor>[]): Tensor {
    return call(() => wrap(f.at(this.node, ...index.map((each) => lower(each)))));
  }

  /**
   * Inverse tangent.
   */
  atan(): Tensor {
    return call(() => wrap(f.atan(this.node)));
  }

  /**
   * The values as bfloat16.
   */
  bfloat16(): Tensor {
    return call(() => wrap(f.bfloat16(this.node)));
  }

  /**
   * The products of two stacks of matrices, without broadcasting.
   */
  bmm(y: Tensor): Tensor {
    return call(() => wrap(f.bmm(this.node, nodeOf(y, 'bmm', 'y'))));
  }

  /**
   * Whether each value is not 0.
   */
  bool(): Tensor {
    return call(() => wrap(f.bool(this.node)));
  }

  /**
   * Stretched to `shape` by broadcasting.
   */
  broadcastTo(shape: readonly number[]): Tensor {
    return call(() => wrap(f.broadcastTo(this.node, shape)));
  }

  /**
   * The values as uint8.
   */
  byte(): Tensor {
    return call(() => wrap(f.byte(this.node)));
  }

  /**
   * The smallest integer not below `x`.
   */
  ceil(): Tensor {
    return call(() => wrap(f.ceil(this.node)));
  }

  /**
   * The values as int8.
   */
  char(): Tensor {
    return call(() => wrap(f.char(this.node)));
  }

  /**
   * At most `chunks` parts along `dim`, of equal size but for the last.
   */
  chunk(chunks: number, dim?: number): Tensor[] {
    return call(() => f.chunk(this.node, chunks, dim).map(wrap));
  }

  /**
   * `x` moved into `[min, max]`; either bound may be left out. Where min > max, the result is max.
   * @example tensor([-2, 0.5, 9]).clamp(0, 1) // [0, 0.5, 1]
   */
  clamp(min?: Operand, max?: Operand): Tensor {
    return call(() => wrap(f.clamp(this.node, lower(min), lower(max))));
  }

  /**
   * `x`, or `max` where that is smaller.
   */
  clampMax(max: Operand): Tensor {
    return call(() => wrap(f.clampMax(this.node, lower(max))));
  }

  /**
   * `x`, or `min` where that is larger.
   */
  clampMin(min: Operand): Tensor {
    return call(() => wrap(f.clampMin(this.node, lower(min))));
  }

  /**
   * The same values under a new name. Tensors are immutable: nothing is copied.
   */
  clone(): Tensor {
    return call(() => wrap(f.clone(this.node)));
  }

  /**
   * The tensor itself: there are no strides to tidy.
   */
  contiguous(): Tensor {
    return call(() => wrap(f.contiguous(this.node)));
  }

  /**
   * Cosine of radians.
   */
  cos(): Tensor {
    return call(() => wrap(f.cos(this.node)));
  }

  /**
   * Hyperbolic cosine.
   */
  cosh(): Tensor {
    return call(() => wrap(f.cosh(this.node)));
  }

  /**
   * Running product along `dim`.
   */
  cumprod(dim: number, options?: { dtype?: DType | undefined }): Tensor {
    return call(() => wrap(f.cumprod(this.node, dim, options)));
  }

  /**
   * Running sum along `dim`.
   */
  cumsum(dim: number, options?: { dtype?: DType | undefined }): Tensor {
    return call(() => wrap(f.cumsum(this.node, dim, options)));
  }

  /**
   * The values, through which no gradient flows.
   */
  detach(): Tensor {
    return call(() => wrap(f.detach(this.node)));
  }

  /**
   * The elements of a diagonal of two dimensions, in a new last dimension.
   */
  diagonal(options?: {
    offset?: number | undefined;
    dim1?: number | undefined;
    dim2?: number | undefined;
  }): Tensor {
    return call(() => wrap(f.diagonal(this.node, options)));
  }

  /**
   * `x / y`. Integers divide to a floating result, unless `roundingMode` asks for the quotient 'trunc' (towards zero)
   * or 'floor' (downwards), which keeps their dtype.
   * @example tensor([7]).div(2, { roundingMode: 'floor' }) // [3]
   */
  div(y: Operand, options?: { roundingMode?: 'trunc' | 'floor' | undefined }): Tensor {
    return call(() => wrap(f.div(this.node, lower(y), options)));
  }

  /**
   * The scalar product of two vectors.
   */
  dot(y: Tensor): Tensor {
    return call(() => wrap(f.dot(this.node, nodeOf(y, 'dot', 'y'))));
  }

  /**
   * The values as float64.
   */
  double(): Tensor {
    return call(() => wrap(f.double(this.node)));
  }

  /**
   * `x = y`.
   */
  eq(y: Operand): Tensor {
    return call(() => wrap(f.eq(this.node, lower(y))));
  }

  /**
   * The error function.
   */
  erf(): Tensor {
    return call(() => wrap(f.erf(this.node)));
  }

  /**
   * `e^x`. Integers and bools give float32.
   */
  exp(): Tensor {
    return call(() => wrap(f.exp(this.node)));
  }

  /**
   * `2^x`.
   */
  exp2(): Tensor {
    return call(() => wrap(f.exp2(this.node)));
  }

  /**
   * Stretched to the given sizes: dimensions of size 1 grow, new ones come first, -1 keeps a size.
   */
  expand(...sizes: Sizes): Tensor {
    return call(() => wrap(f.expand(this.node, ...sizes)));
  }

  /**
   * Stretched to the shape of `other`.
   */
  expandAs(other: Tensor): Tensor {
    return call(() => wrap(f.expandAs(this.node, nodeOf(other, 'expandAs', 'other'))));
  }

  /**
   * `e^x - 1`, accurate near 0.
   */
  expm1(): Tensor {
    return call(() => wrap(f.expm1(this.node)));
  }

  /**
   * `value` in the shape and dtype of `x`.
   */
  fill(value: Operand): Tensor {
    return call(() => wrap(f.fill(this.node, lower(value))));
  }

  /**
   * Dimensions `startDim` to `endDim` as one.
   */
  flatten(startDim?: number, endDim?: number): Tensor {
    return call(() => wrap(f.flatten(this.node, startDim, endDim)));
  }

  /**
   * Reversed along the given dimensions.
   */
  flip(dims: Dims): Tensor {
    return call(() => wrap(f.flip(this.node, dims)));
  }

  /**
   * The values as float32.
   */
  float(): Tensor {
    return call(() => wrap(f.float(this.node)));
  }

  /**
   * The largest integer not above `x`.
   */
  floor(): Tensor {
    return call(() => wrap(f.floor(this.node)));
  }

  /**
   * The quotient rounded down.
   */
  floorDivide(y: Operand): Tensor {
    return call(() => wrap(f.floorDivide(this.node, lower(y))));
  }

  /**
   * The remainder of `x / y` with the sign of `x`, as `%` in JavaScript.
   */
  fmod(y: Operand): Tensor {
    return call(() => wrap(f.fmod(this.node, lower(y))));
  }

  /**
   * `out[i][j] = x[index[i][j]][j]` for dim 0, and so on: one position for every element of the result.
   */
  gather(dim: number, index: Tensor): Tensor {
    return call(() => wrap(f.gather(this.node, dim, nodeOf(index, 'gather', 'index'))));
  }

  /**
   * `x >= y`.
   */
  ge(y: Operand): Tensor {
    return call(() => wrap(f.ge(this.node, lower(y))));
  }

  /**
   * `x > y`.
   */
  gt(y: Operand): Tensor {
    return call(() => wrap(f.gt(this.node, lower(y))));
  }

  /**
   * The values as float16.
   */
  half(): Tensor {
    return call(() => wrap(f.half(this.node)));
  }

  /**
   * `x` with `alpha * source` added to the slices of `dim` that a vector names.
   */
  indexAdd(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number | undefined }): Tensor {
    return call(() =>
      wrap(
        f.indexAdd(
          this.node,
          dim,
          nodeOf(index, 'indexAdd', 'index'),
          nodeOf(source, 'indexAdd', 'source'),
          options,
        ),
      ),
    );
  }

  /**
   * The slices of `dim` at the positions of a vector.
   */
  indexSelect(dim: number, index: Tensor): Tensor {
    return call(() => wrap(f.indexSelect(this.node, dim, nodeOf(index, 'indexSelect', 'index'))));
  }

  /**
   * The values as int32.
   */
  int(): Tensor {
    return call(() => wrap(f.int(this.node)));
  }

  /**
   * Whether each element is neither infinite nor NaN.
   */
  isfinite(): Tensor {
    return call(() => wrap(f.isfinite(this.node)));
  }

  /**
   * Whether each element is infinite.
   */
  isinf(): Tensor {
    return call(() => wrap(f.isinf(this.node)));
  }

  /**
   * Whether each element is NaN.
   */
  isnan(): Tensor {
    return call(() => wrap(f.isnan(this.node)));
  }

  /**
   * `x <= y`.
   */
  le(y: Operand): Tensor {
    return call(() => wrap(f.le(this.node, lower(y))));
  }

  /**
   * `x + weight * (end - x)`, exact at weight 0 and 1.
   */
  lerp(end: Tensor, weight: Operand): Tensor {
    return call(() => wrap(f.lerp(this.node, nodeOf(end, 'lerp', 'end'), lower(weight))));
  }

  /**
   * The natural logarithm: -Infinity at 0, NaN below.
   */
  log(): Tensor {
    return call(() => wrap(f.log(this.node)));
  }

  /**
   * The logarithm to base 10.
   */
  log10(): Tensor {
    return call(() => wrap(f.log10(this.node)));
  }

  /**
   * `log(1 + x)`, accurate near 0.
   */
  log1p(): Tensor {
    return call(() => wrap(f.log1p(this.node)));
  }

  /**
   * The logarithm to base 2.
   */
  log2(): Tensor {
    return call(() => wrap(f.log2(this.node)));
  }

  /**
   * `log(softmax(x))` along `dim`, computed without leaving the logarithms. PyTorch: `F.log_softmax`.
   * @throws AxisError when `dim` is out of range.
   * @example F.logSoftmax(tensor([0, 0]), 0) // [-0.6931, -0.6931]
   */
  logSoftmax(dim: number, options?: WithDType): Tensor {
    return call(() => wrap(f.logSoftmax(this.node, dim, options)));
  }

  /**
   * Whether both are true, that is not 0.
   */
  logicalAnd(y: Operand): Tensor {
    return call(() => wrap(f.logicalAnd(this.node, lower(y))));
  }

  /**
   * Whether `x` is false, that is 0.
   */
  logicalNot(): Tensor {
    return call(() => wrap(f.logicalNot(this.node)));
  }

  /**
   * Whether one or both are true, that is not 0.
   */
  logicalOr(y: Operand): Tensor {
    return call(() => wrap(f.logicalOr(this.node, lower(y))));
  }

  /**
   * Whether exactly one is true, that is not 0.
   */
  logicalXor(y: Operand): Tensor {
    return call(() => wrap(f.logicalXor(this.node, lower(y))));
  }

  /**
   * `log(sum(e^x))` over `dim`, without overflow.
   */
  logsumexp(dim: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.logsumexp(this.node, dim, options)));
  }

  /**
   * The values as int64.
   */
  long(): Tensor {
    return call(() => wrap(f.long(this.node)));
  }

  /**
   * `x < y`.
   */
  lt(y: Operand): Tensor {
    return call(() => wrap(f.lt(this.node, lower(y))));
  }

  /**
   * `x` with `value` where `mask` is true.
   */
  maskedFill(mask: Tensor, value: Operand): Tensor {
    return call(() => wrap(f.maskedFill(this.node, nodeOf(mask, 'maskedFill', 'mask'), lower(value))));
  }

  /**
   * The matrix product. Vectors count as a row on the left and a column on the right, and lose that dimension again;
   * leading dimensions broadcast.
   * @throws ShapeError where inner sizes differ.
   * @example zeros(8, 2, 3).matmul(zeros(3, 4)) // shape [8, 2, 4]
   */
  matmul(y: Tensor): Tensor {
    return call(() => wrap(f.matmul(this.node, nodeOf(y, 'matmul', 'y'))));
  }

  /**
   * The largest element of all, the larger of two tensors element by element, or with a dimension number
   * `{ values, indices }` along it. Among equals the first is taken; its gradient goes there.
   * @example const { values, indices } = x.max(1)
   */
  max(other?: Tensor): Tensor;
  max(dim: number, options?: { keepdim?: boolean | undefined }): Named<'values' | 'indices'>;
  max(
    dim?: number | Tensor,
    options?: { keepdim?: boolean | undefined },
  ): Tensor | Named<'values' | 'indices'> {
    return call(() =>
      wrapOrName(
        (
          f.max as (
            x: Node,
            dim?: number | Node,
            options?: { keepdim?: boolean | undefined },
          ) => Node | NamedNodes<'values' | 'indices'>
        )(this.node, lower(dim), options),
      ),
    );
  }

  /**
   * The larger of two, NaN where either is NaN. At ties each gets half of the gradient.
   */
  maximum(y: Operand): Tensor {
    return call(() => wrap(f.maximum(this.node, lower(y))));
  }

  /**
   * The arithmetic mean over `dim`; NaN over nothing. Integers and bools have a float32 mean.
   */
  mean(dim?: Dims, options?: { keepdim?: boolean | undefined; dtype?: DType | undefined }): Tensor {
    return call(() => wrap(f.mean(this.node, dim, options)));
  }

  /**
   * The smallest element of all, the smaller of two tensors element by element, or with a dimension number
   * `{ values, indices }` along it. Among equals the first is taken; its gradient goes there.
   */
  min(other?: Tensor): Tensor;
  min(dim: number, options?: { keepdim?: boolean | undefined }): Named<'values' | 'indices'>;
  min(
    dim?: number | Tensor,
    options?: { keepdim?: boolean | undefined },
  ): Tensor | Named<'values' | 'indices'> {
    return call(() =>
      wrapOrName(
        (
          f.min as (
            x: Node,
            dim?: number | Node,
            options?: { keepdim?: boolean | undefined },
          ) => Node | NamedNodes<'values' | 'indices'>
        )(this.node, lower(dim), options),
      ),
    );
  }

  /**
   * The smaller of two, NaN where either is NaN. At ties each gets half of the gradient.
   */
  minimum(y: Operand): Tensor {
    return call(() => wrap(f.minimum(this.node, lower(y))));
  }

  /**
   * The product of two matrices, without broadcasting.
   */
  mm(y: Tensor): Tensor {
    return call(() => wrap(f.mm(this.node, nodeOf(y, 'mm', 'y'))));
  }

  /**
   * Dimensions `source` moved to `destination`, the rest in order.
   */
  movedim(source: Dims, destination: Dims): Tensor {
    return call(() => wrap(f.movedim(this.node, source, destination)));
  }

  /**
   * `x * y`. Two bools give their logical and.
   */
  mul(y: Operand): Tensor {
    return call(() => wrap(f.mul(this.node, lower(y))));
  }

  /**
   * The product of a matrix and a vector.
   */
  mv(y: Tensor): Tensor {
    return call(() => wrap(f.mv(this.node, nodeOf(y, 'mv', 'y'))));
  }

  /**
   * NaN and infinities replaced: NaN by `nan` (0), infinities by `posinf` and `neginf` (the dtype's extremes).
   */
  nanToNum(options?: {
    nan?: number | undefined;
    posinf?: number | undefined;
    neginf?: number | undefined;
  }): Tensor {
    return call(() => wrap(f.nanToNum(this.node, options)));
  }

  /**
   * The part of `dim` from `start` on, of the given length.
   */
  narrow(dim: number, start: number | Tensor, length: number): Tensor {
    return call(() => wrap(f.narrow(this.node, dim, lower(start), length)));
  }

  /**
   * `x != y`; NaN differs from everything.
   */
  ne(y: Operand): Tensor {
    return call(() => wrap(f.ne(this.node, lower(y))));
  }

  /**
   * `-x`.
   * @throws DTypeError for bool.
   */
  neg(): Tensor {
    return call(() => wrap(f.neg(this.node)));
  }

  /**
   * One value in another size, in the dtype of `x`.
   */
  newFull(size: Dims, value: number | bigint | boolean, options?: Making): Tensor {
    return call(() => leaf(wrap(f.newFull(this.node, size, value, options)), options));
  }

  /**
   * Ones of another size, in the dtype of `x`.
   */
  newOnes(size: Dims, options?: Making): Tensor {
    return call(() => leaf(wrap(f.newOnes(this.node, size, options)), options));
  }

  /**
   * Zeros of another size, in the dtype of `x`.
   */
  newZeros(size: Dims, options?: Making): Tensor {
    return call(() => leaf(wrap(f.newZeros(this.node, size, options)), options));
  }

  /**
   * The p-norm over `dim`: the p-th root of the sum of |x|^p. `p` may be Infinity, -Infinity, 0 or 'fro' (2).
   */
  norm(dim?: Dims, options?: { p?: number | 'fro' | undefined; keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.norm(this.node, dim, options)));
  }

  /**
   * All products of an element of one vector and one of another.
   */
  outer(y: Tensor): Tensor {
    return call(() => wrap(f.outer(this.node, nodeOf(y, 'outer', 'y'))));
  }

  /**
   * The dimensions in another order: dimension i of the result is dimension `dims[i]`.
   */
  permute(...dims: Sizes): Tensor {
    return call(() => wrap(f.permute(this.node, ...dims)));
  }

  /**
   * `x` to the power `y`. Integers to an integer power stay integers.
   * @throws ArgumentError for an integer tensor to a negative number.
   */
  pow(y: Operand): Tensor {
    return call(() => wrap(f.pow(this.node, lower(y))));
  }

  /**
   * The product over one dimension or all.
   */
  prod(dim?: number, options?: { keepdim?: boolean | undefined; dtype?: DType | undefined }): Tensor {
    return call(() => wrap(f.prod(this.node, dim, options)));
  }

  /**
   * All elements in one dimension.
   */
  ravel(): Tensor {
    return call(() => wrap(f.ravel(this.node)));
  }

  /**
   * `1 / x`.
   */
  reciprocal(): Tensor {
    return call(() => wrap(f.reciprocal(this.node)));
  }

  /**
   * `max(x, 0)`, elementwise; NaN stays NaN, the gradient at 0 is 0. PyTorch: `F.relu`.
   * @returns A tensor of the same shape and dtype.
   * @example F.relu(tensor([-1, 2])) // [0, 2]
   */
  relu(): Tensor {
    return call(() => wrap(f.relu(this.node)));
  }

  /**
   * The remainder of `x / y` with the sign of `y`, as `%` in Python.
   * @example tensor([-7]).remainder(3) // [2]
   */
  remainder(y: Operand): Tensor {
    return call(() => wrap(f.remainder(this.node, lower(y))));
  }

  /**
   * Copies of the tensor side by side: as many along each dimension as `sizes` says.
   */
  repeat(...sizes: Sizes): Tensor {
    return call(() => wrap(f.repeat(this.node, ...sizes)));
  }

  /**
   * Each element (along `dim`, or of the flattened tensor) repeated a number of times.
   */
  repeatInterleave(repeats: number | readonly number[], dim?: number): Tensor {
    return call(() => wrap(f.repeatInterleave(this.node, repeats, dim)));
  }

  /**
   * The elements in another shape of equal size; one size may be -1.
   * @example arange(6).reshape(2, -1) // shape [2, 3]
   */
  reshape(...shape: Sizes): Tensor {
    return call(() => wrap(f.reshape(this.node, ...shape)));
  }

  /**
   * The elements in the shape of `other`.
   */
  reshapeAs(other: Tensor): Tensor {
    return call(() => wrap(f.reshapeAs(this.node, nodeOf(other, 'reshapeAs', 'other'))));
  }

  /**
   * Shifted along dimensions, what leaves at one end coming in at the other; without `dims`, over all elements in order.
   */
  roll(shifts: Dims, dims?: Dims): Tensor {
    return call(() => wrap(f.roll(this.node, shifts, dims)));
  }

  /**
   * The nearest number with `decimals` digits after the point, halves to even.
   */
  round(options?: { decimals?: number | undefined }): Tensor {
    return call(() => wrap(f.round(this.node, options)));
  }

  /**
   * `1 / sqrt(x)`.
   */
  rsqrt(): Tensor {
    return call(() => wrap(f.rsqrt(this.node)));
  }

  /**
   * `x` with `x[index[i][j]][j] = source[i][j]` for dim 0, and so on. With `reduce`, values are added or multiplied.
   */
  scatter(
    dim: number,
    index: Tensor,
    source: Operand,
    options?: { reduce?: 'add' | 'multiply' | undefined },
  ): Tensor {
    return call(() =>
      wrap(f.scatter(this.node, dim, nodeOf(index, 'scatter', 'index'), lower(source), options)),
    );
  }

  /**
   * `x` with `x[index[i][j]][j] += source[i][j]` for dim 0, and so on.
   */
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return call(() =>
      wrap(
        f.scatterAdd(
          this.node,
          dim,
          nodeOf(index, 'scatterAdd', 'index'),
          nodeOf(source, 'scatterAdd', 'source'),
        ),
      ),
    );
  }

  /**
   * One slice of `dim`, without that dimension.
   * @throws ArgumentError for a position outside.
   */
  select(dim: number, index: number): Tensor {
    return call(() => wrap(f.select(this.node, dim, index)));
  }

  /**
   * The values as int16.
   */
  short(): Tensor {
    return call(() => wrap(f.short(this.node)));
  }

  /**
   * `1 / (1 + e^-x)`.
   */
  sigmoid(): Tensor {
    return call(() => wrap(f.sigmoid(this.node)));
  }

  /**
   * -1, 0 or 1, as `x` is negative, zero or positive.
   */
  sign(): Tensor {
    return call(() => wrap(f.sign(this.node)));
  }

  /**
   * Sine of radians.
   */
  sin(): Tensor {
    return call(() => wrap(f.sin(this.node)));
  }

  /**
   * Hyperbolic sine.
   */
  sinh(): Tensor {
    return call(() => wrap(f.sinh(this.node)));
  }

  /**
   * `e^x / sum(e^x)` along `dim`. PyTorch: `F.softmax`.
   * @throws AxisError when `dim` is out of range.
   * @example F.softmax(tensor([0, 0]), 0) // [0.5, 0.5]
   */
  softmax(dim: number, options?: WithDType): Tensor {
    return call(() => wrap(f.softmax(this.node, dim, options)));
  }

  /**
   * Values in order along `dim`, and where each stood.
   * @example const { values, indices } = x.sort(0, { descending: true })
   */
  sort(
    dim?: number,
    options?: { descending?: boolean | undefined; stable?: boolean | undefined },
  ): Named<'values' | 'indices'> {
    return call(() => named(f.sort(this.node, dim, options)));
  }

  /**
   * Parts along `dim` of the given size (the last may be smaller), or of the given sizes.
   */
  split(size: number | readonly number[], dim?: number): Tensor[] {
    return call(() => f.split(this.node, size, dim).map(wrap));
  }

  /**
   * Parts along `dim` of the given sizes.
   */
  splitWithSizes(sizes: readonly number[], dim?: number): Tensor[] {
    return call(() => f.splitWithSizes(this.node, sizes, dim).map(wrap));
  }

  /**
   * The square root, NaN below 0.
   */
  sqrt(): Tensor {
    return call(() => wrap(f.sqrt(this.node)));
  }

  /**
   * `x * x`.
   */
  square(): Tensor {
    return call(() => wrap(f.square(this.node)));
  }

  /**
   * Without dimensions of size 1: all such, or those of `dim` that have size 1.
   */
  squeeze(dim?: Dims): Tensor {
    return call(() => wrap(f.squeeze(this.node, dim)));
  }

  /**
   * The standard deviation over `dim`: the root of the variance. Its gradient at 0 is 0.
   */
  std(dim?: Dims, options?: { correction?: number | undefined; keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.std(this.node, dim, options)));
  }

  /**
   * `x - alpha * y`.
   * @throws DTypeError for two bools.
   */
  sub(y: Operand, options?: { alpha?: number | undefined }): Tensor {
    return call(() => wrap(f.sub(this.node, lower(y), options)));
  }

  /**
   * The sum over `dim`. Bools and integers narrower than 32 bits are summed as int32.
   * @example tensor([[1, 2], [3, 4]]).sum(0) // [4, 6]
   */
  sum(dim?: Dims, options?: { keepdim?: boolean | undefined; dtype?: DType | undefined }): Tensor {
    return call(() => wrap(f.sum(this.node, dim, options)));
  }

  /**
   * Summed over what broadcasting from the given shape had stretched.
   */
  sumToSize(...size: Sizes): Tensor {
    return call(() => wrap(f.sumToSize(this.node, ...size)));
  }

  /**
   * See transpose.
   */
  swapaxes(dim0: number, dim1: number): Tensor {
    return call(() => wrap(f.swapaxes(this.node, dim0, dim1)));
  }

  /**
   * The transpose of a matrix; smaller tensors as they are.
   */
  t(): Tensor {
    return call(() => wrap(f.t(this.node)));
  }

  /**
   * Tangent of radians.
   */
  tan(): Tensor {
    return call(() => wrap(f.tan(this.node)));
  }

  /**
   * Hyperbolic tangent.
   */
  tanh(): Tensor {
    return call(() => wrap(f.tanh(this.node)));
  }

  /**
   * Copies of the tensor side by side; missing leading counts are 1.
   */
  tile(...dims: Sizes): Tensor {
    return call(() => wrap(f.tile(this.node, ...dims)));
  }

  /**
   * The values as `dtype`. From float to integer the fraction is dropped.
   */
  to(dtype: DType): Tensor {
    return call(() => wrap(f.to(this.node, dtype)));
  }

  /**
   * The `k` largest (or smallest) values along `dim` in order, and where they stand.
   */
  topk(
    k: number,
    dim?: number,
    options?: { largest?: boolean | undefined; sorted?: boolean | undefined },
  ): Named<'values' | 'indices'> {
    return call(() => named(f.topk(this.node, k, dim, options)));
  }

  /**
   * The sum of the main diagonal of a matrix.
   */
  trace(): Tensor {
    return call(() => wrap(f.trace(this.node)));
  }

  /**
   * With two dimensions exchanged.
   */
  transpose(dim0: number, dim1: number): Tensor {
    return call(() => wrap(f.transpose(this.node, dim0, dim1)));
  }

  /**
   * The lower triangle of matrices, up to `diagonal`; zeros above.
   */
  tril(options?: { diagonal?: number | undefined }): Tensor {
    return call(() => wrap(f.tril(this.node, options)));
  }

  /**
   * The upper triangle of matrices, from `diagonal` on; zeros below.
   */
  triu(options?: { diagonal?: number | undefined }): Tensor {
    return call(() => wrap(f.triu(this.node, options)));
  }

  /**
   * The integer part of `x`.
   */
  trunc(): Tensor {
    return call(() => wrap(f.trunc(this.node)));
  }

  /**
   * The values in the dtype of `other`.
   */
  typeAs(other: Tensor): Tensor {
    return call(() => wrap(f.typeAs(this.node, nodeOf(other, 'typeAs', 'other'))));
  }

  /**
   * The slices along `dim`, without that dimension.
   */
  unbind(dim?: number): Tensor[] {
    return call(() => f.unbind(this.node, dim).map(wrap));
  }

  /**
   * One dimension as several of the given sizes, one of which may be -1.
   */
  unflatten(dim: number, sizes: readonly number[]): Tensor {
    return call(() => wrap(f.unflatten(this.node, dim, sizes)));
  }

  /**
   * Windows of `size` elements along `dim`, `step` apart, in a new last dimension.
   */
  unfold(dim: number, size: number, step: number): Tensor {
    return call(() => wrap(f.windows(this.node, dim, size, step)));
  }

  /**
   * With a new dimension of size 1 at `dim`.
   */
  unsqueeze(dim: number): Tensor {
    return call(() => wrap(f.unsqueeze(this.node, dim)));
  }

  /**
   * The variance over `dim`, divided by n - `correction`.
   */
  var(dim?: Dims, options?: { correction?: number | undefined; keepdim?: boolean | undefined }): Tensor {
    return call(() => wrap(f.variance(this.node, dim, options)));
  }

  /**
   * See reshape: every tensor can be viewed.
   */
  view(...shape: Sizes): Tensor {
    return call(() => wrap(f.view(this.node, ...shape)));
  }

  /**
   * The elements in the shape of `other`.
   */
  viewAs(other: Tensor): Tensor {
    return call(() => wrap(f.viewAs(this.node, nodeOf(other, 'viewAs', 'other'))));
  }

  /**
   * `x` where `condition` is true, else `y`.
   */
  where(condition: Tensor, y: Operand): Tensor {
    return call(() => wrap(f.whereElse(this.node, nodeOf(condition, 'where', 'condition'), lower(y))));
  }

  /**
   * A new tensor with the part an index names replaced by `value`, which broadcasts. A list is several indices:
   * `x.withAt([0, ':'], 1)`.
   */
  withAt(index: Index<Tensor> | readonly Index<Tensor>[], value: Operand): Tensor {
    return call(() => wrap(f.withAt(this.node, lowerIndex(index), lower(value))));
  }
}
