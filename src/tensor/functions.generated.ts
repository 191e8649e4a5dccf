// Written by `npm run codegen` from src/functional. Do not edit.
/** Operations as functions. */
import type { DType } from '../core/index.js';
import * as f from '../functional/index.js';
import type {
  Dims,
  GridMode,
  GridPadding,
  Making,
  Sizes,
  SizesWith,
  WithDType,
  Named as NamedNodes,
} from '../functional/index.js';
import type { Node } from '../graph/index.js';
import { maybeNodeOf, nodeOf, nodesOf } from './arguments.js';
import { call } from './base.js';
import {
  leaf,
  lower,
  named,
  wrap,
  wrapEach,
  wrapOrName,
  type Named,
  type Operand,
  type Tensor,
} from './tensor.generated.js';

/**
 * `|x|`.
 */
export function abs(x: Tensor): Tensor {
  return call(() => wrap(f.abs(nodeOf(x, 'abs', 'x'))));
}

/**
 * Inverse cosine, NaN outside [-1, 1].
 */
export function acos(x: Tensor): Tensor {
  return call(() => wrap(f.acos(nodeOf(x, 'acos', 'x'))));
}

/**
 * Inverse hyperbolic cosine, NaN below 1.
 */
export function acosh(x: Tensor): Tensor {
  return call(() => wrap(f.acosh(nodeOf(x, 'acosh', 'x'))));
}

/**
 * `x + alpha * y`. Two bools give their logical or.
 * @example tensor([1, 2]).add(10) // [11, 12]
 */
export function add(x: Operand, y: Operand, options?: { alpha?: number | undefined }): Tensor {
  return call(() => wrap(f.add(lower(x), lower(y), options)));
}

/**
 * `beta * x + alpha * (b1 @ b2)` summed over the batch.
 */
export function addbmm(
  x: Tensor,
  b1: Tensor,
  b2: Tensor,
  options?: { beta?: number | undefined; alpha?: number | undefined },
): Tensor {
  return call(() =>
    wrap(f.addbmm(nodeOf(x, 'addbmm', 'x'), nodeOf(b1, 'addbmm', 'b1'), nodeOf(b2, 'addbmm', 'b2'), options)),
  );
}

/**
 * `x + value * t1 / t2`.
 */
export function addcdiv(x: Tensor, t1: Tensor, t2: Tensor, options?: { value?: number | undefined }): Tensor {
  return call(() =>
    wrap(
      f.addcdiv(nodeOf(x, 'addcdiv', 'x'), nodeOf(t1, 'addcdiv', 't1'), nodeOf(t2, 'addcdiv', 't2'), options),
    ),
  );
}

/**
 * `x + value * t1 * t2`.
 */
export function addcmul(x: Tensor, t1: Tensor, t2: Tensor, options?: { value?: number | undefined }): Tensor {
  return call(() =>
    wrap(
      f.addcmul(nodeOf(x, 'addcmul', 'x'), nodeOf(t1, 'addcmul', 't1'), nodeOf(t2, 'addcmul', 't2'), options),
    ),
  );
}

/**
 * `beta * x + alpha * (m1 @ m2)` of matrices.
 */
export function addmm(
  x: Tensor,
  m1: Tensor,
  m2: Tensor,
  options?: { beta?: number | undefined; alpha?: number | undefined },
): Tensor {
  return call(() =>
    wrap(f.addmm(nodeOf(x, 'addmm', 'x'), nodeOf(m1, 'addmm', 'm1'), nodeOf(m2, 'addmm', 'm2'), options)),
  );
}

/**
 * `beta * x + alpha * (m @ v)` of a matrix and a vector.
 */
export function addmv(
  x: Tensor,
  m: Tensor,
  v: Tensor,
  options?: { beta?: number | undefined; alpha?: number | undefined },
): Tensor {
  return call(() =>
    wrap(f.addmv(nodeOf(x, 'addmv', 'x'), nodeOf(m, 'addmv', 'm'), nodeOf(v, 'addmv', 'v'), options)),
  );
}

/**
 * `beta * x + alpha * outer(v1, v2)`.
 */
export function addr(
  x: Tensor,
  v1: Tensor,
  v2: Tensor,
  options?: { beta?: number | undefined; alpha?: number | undefined },
): Tensor {
  return call(() =>
    wrap(f.addr(nodeOf(x, 'addr', 'x'), nodeOf(v1, 'addr', 'v1'), nodeOf(v2, 'addr', 'v2'), options)),
  );
}

/**
 * Whether all elements over `dim` are true, that is not 0; true over nothing. uint8 gives uint8.
 */
export function all(x: Tensor, dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
  return call(() => wrap(f.all(nodeOf(x, 'all', 'x'), dim, options)));
}

/**
 * The largest over `dim`; NaN wins. Equal ones share the gradient.
 */
export function amax(x: Tensor, dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
  return call(() => wrap(f.amax(nodeOf(x, 'amax', 'x'), dim, options)));
}

/**
 * The smallest over `dim`; NaN wins. Equal ones share the gradient.
 */
export function amin(x: Tensor, dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
  return call(() => wrap(f.amin(nodeOf(x, 'amin', 'x'), dim, options)));
}

/**
 * The smallest and the largest over one dimension or all.
 */
export function aminmax(
  x: Tensor,
  dim?: number,
  options?: { keepdim?: boolean | undefined },
): Named<'min' | 'max'> {
  return call(() => named(f.aminmax(nodeOf(x, 'aminmax', 'x'), dim, options)));
}

/**
 * The angle of real numbers: 0, or pi below 0; NaN stays.
 */
export function angle(x: Tensor): Tensor {
  return call(() => wrap(f.angle(nodeOf(x, 'angle', 'x'))));
}

/**
 * Whether any element over `dim` is true, that is not 0; false over nothing. uint8 gives uint8.
 */
export function any(x: Tensor, dim?: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
  return call(() => wrap(f.any(nodeOf(x, 'any', 'x'), dim, options)));
}

/**
 * Numbers from `start` (0) up to `end`, `step` (1) apart. Integers make int32, a fraction float32.
 * @example arange(5), arange(1, 2, 0.25), arange(0, 10, 2, { dtype: 'float32' })
 */
export function arange(end: number, options?: Making): Tensor;
export function arange(start: number, end?: number, options?: Making): Tensor;
export function arange(start: number, end?: number, step?: number, options?: Making): Tensor;
export function arange(...args: readonly (number | Making | undefined)[]): Tensor {
  return call(() =>
    leaf(wrap((f.arange as (...args: readonly (number | Making | undefined)[]) => Node)(...args)), ...args),
  );
}

/**
 * The position of the first largest element along `dim`, or in the flattened tensor.
 */
export function argmax(x: Tensor, dim?: number, options?: { keepdim?: boolean | undefined }): Tensor {
  return call(() => wrap(f.argmax(nodeOf(x, 'argmax', 'x'), dim, options)));
}

/**
 * The position of the first smallest element along `dim`, or in the flattened tensor.
 */
export function argmin(x: Tensor, dim?: number, options?: { keepdim?: boolean | undefined }): Tensor {
  return call(() => wrap(f.argmin(nodeOf(x, 'argmin', 'x'), dim, options)));
}

/**
 * The positions that put the values along `dim` in order.
 */
export function argsort(x: Tensor, dim?: number, options?: { descending?: boolean | undefined }): Tensor {
  return call(() => wrap(f.argsort(nodeOf(x, 'argsort', 'x'), dim, options)));
}

/**
 * The elements at `storageOffset + i * stride[0] + j * stride[1] + ...` of the flattened tensor.
 */
export function asStrided(
  x: Tensor,
  size: readonly number[],
  stride: readonly number[],
  options?: { storageOffset?: number | undefined },
): Tensor {
  return call(() => wrap(f.asStrided(nodeOf(x, 'asStrided', 'x'), size, stride, options)));
}

/**
 * Inverse sine, NaN outside [-1, 1].
 */
export function asin(x: Tensor): Tensor {
  return call(() => wrap(f.asin(nodeOf(x, 'asin', 'x'))));
}

/**
 * Inverse hyperbolic sine.
 */
export function asinh(x: Tensor): Tensor {
  return call(() => wrap(f.asinh(nodeOf(x, 'asinh', 'x'))));
}

/**
 * Inverse tangent.
 */
export function atan(x: Tensor): Tensor {
  return call(() => wrap(f.atan(nodeOf(x, 'atan', 'x'))));
}

/**
 * The angle of the point (y, x), in (-pi, pi].
 */
export function atan2(y: Operand, x: Operand): Tensor {
  return call(() => wrap(f.atan2(lower(y), lower(x))));
}

/**
 * Inverse hyperbolic tangent, NaN outside [-1, 1].
 */
export function atanh(x: Tensor): Tensor {
  return call(() => wrap(f.atanh(nodeOf(x, 'atanh', 'x'))));
}

/**
 * Tensors with at least one dimension.
 */
export function atleast1d(x: Tensor): Tensor;
export function atleast1d(...tensors: readonly Tensor[]): Tensor[];
export function atleast1d(...tensors: readonly Tensor[]): Tensor | Tensor[] {
  return call(() =>
    wrapEach(
      (f.atleast1d as (...tensors: readonly Node[]) => Node | Node[])(
        ...nodesOf(tensors, 'atleast1d', 'tensors'),
      ),
    ),
  );
}

/**
 * Tensors with at least two dimensions; vectors become rows.
 */
export function atleast2d(x: Tensor): Tensor;
export function atleast2d(...tensors: readonly Tensor[]): Tensor[];
export function atleast2d(...tensors: readonly Tensor[]): Tensor | Tensor[] {
  return call(() =>
    wrapEach(
      (f.atleast2d as (...tensors: readonly Node[]) => Node | Node[])(
        ...nodesOf(tensors, 'atleast2d', 'tensors'),
      ),
    ),
  );
}

/**
 * Tensors with at least three dimensions; a vector becomes [1, n, 1], a matrix [m, n, 1].
 */
export function atleast3d(x: Tensor): Tensor;
export function atleast3d(...tensors: readonly Tensor[]): Tensor[];
export function atleast3d(...tensors: readonly Tensor[]): Tensor | Tensor[] {
  return call(() =>
    wrapEach(
      (f.atleast3d as (...tensors: readonly Node[]) => Node | Node[])(
        ...nodesOf(tensors, 'atleast3d', 'tensors'),
      ),
    ),
  );
}

/**
 * `beta * x + alpha * (b1 @ b2)` of stacks of matrices.
 */
export function baddbmm(
  x: Tensor,
  b1: Tensor,
  b2: Tensor,
  options?: { beta?: number | undefined; alpha?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.baddbmm(nodeOf(x, 'baddbmm', 'x'), nodeOf(b1, 'baddbmm', 'b1'), nodeOf(b2, 'baddbmm', 'b2'), options),
    ),
  );
}

/**
 * Bitwise and.
 * @throws DTypeError for floating tensors.
 */
export function bitwiseAnd(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.bitwiseAnd(lower(x), lower(y))));
}

/**
 * `x * 2^y`; 0 where `y` is outside the width.
 */
export function bitwiseLeftShift(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.bitwiseLeftShift(lower(x), lower(y))));
}

/**
 * Bitwise not; logical not of bools.
 * @throws DTypeError for floating tensors.
 */
export function bitwiseNot(x: Tensor): Tensor {
  return call(() => wrap(f.bitwiseNot(nodeOf(x, 'bitwiseNot', 'x'))));
}

/**
 * Bitwise or.
 * @throws DTypeError for floating tensors.
 */
export function bitwiseOr(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.bitwiseOr(lower(x), lower(y))));
}

/**
 * `x` shifted right, keeping its sign.
 */
export function bitwiseRightShift(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.bitwiseRightShift(lower(x), lower(y))));
}

/**
 * Bitwise exclusive or.
 * @throws DTypeError for floating tensors.
 */
export function bitwiseXor(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.bitwiseXor(lower(x), lower(y))));
}

/**
 * A matrix with the given ones on its diagonal, zeros elsewhere.
 */
export function blockDiag(...tensors: readonly Tensor[]): Tensor {
  return call(() => wrap(f.blockDiag(...nodesOf(tensors, 'blockDiag', 'tensors'))));
}

/**
 * The products of two stacks of matrices, without broadcasting.
 */
export function bmm(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.bmm(nodeOf(x, 'bmm', 'x'), nodeOf(y, 'bmm', 'y'))));
}

/**
 * The shape that several shapes broadcast to.
 */
export function broadcastShapes(...shapes: readonly (readonly number[])[]): number[] {
  return call(() => f.broadcastShapes(...shapes));
}

/**
 * Tensors stretched to their common shape.
 */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  return call(() => f.broadcastTensors(...nodesOf(tensors, 'broadcastTensors', 'tensors')).map(wrap));
}

/**
 * Stretched to `shape` by broadcasting.
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return call(() => wrap(f.broadcastTo(nodeOf(x, 'broadcastTo', 'x'), shape)));
}

/**
 * The interval between `boundaries` each element lies in: see searchsorted.
 */
export function bucketize(x: Operand, boundaries: Tensor, options?: { right?: boolean | undefined }): Tensor {
  return call(() => wrap(f.bucketize(lower(x), nodeOf(boundaries, 'bucketize', 'boundaries'), options)));
}

/**
 * All combinations of one element of each vector, as rows.
 */
export function cartesianProd(...tensors: readonly Tensor[]): Tensor {
  return call(() => wrap(f.cartesianProd(...nodesOf(tensors, 'cartesianProd', 'tensors'))));
}

/**
 * Tensors one after another along `dim`; all other sizes must agree.
 * @example cat([zeros(2, 3), ones(1, 3)]) // shape [3, 3]
 */
export function cat(tensors: readonly Tensor[], dim?: number): Tensor {
  return call(() => wrap(f.cat(nodesOf(tensors, 'cat', 'tensors'), dim)));
}

/**
 * The p-norm distances between all rows of two stacks of matrices.
 */
export function cdist(x: Tensor, y: Tensor, options?: { p?: number | undefined }): Tensor {
  return call(() => wrap(f.cdist(nodeOf(x, 'cdist', 'x'), nodeOf(y, 'cdist', 'y'), options)));
}

/**
 * The smallest integer not below `x`.
 */
export function ceil(x: Tensor): Tensor {
  return call(() => wrap(f.ceil(nodeOf(x, 'ceil', 'x'))));
}

/**
 * See linalg.multiDot.
 */
export function chainMatmul(...matrices: readonly Tensor[]): Tensor {
  return call(() => wrap(f.chainMatmul(...nodesOf(matrices, 'chainMatmul', 'matrices'))));
}

/**
 * Channels dealt out of `groups` groups in turn: [N, g C, ...] read as [g, C] and written as [C, g].
 * PyTorch: `F.channel_shuffle`.
 * @throws ShapeError when the channels are not divisible by `groups`.
 * @example F.channelShuffle(images, 2)
 */
export function channelShuffle(input: Tensor, groups: number): Tensor {
  return call(() => wrap(f.channelShuffle(nodeOf(input, 'channelShuffle', 'input'), groups)));
}

/**
 * At most `chunks` parts along `dim`, of equal size but for the last.
 */
export function chunk(x: Tensor, chunks: number, dim?: number): Tensor[] {
  return call(() => f.chunk(nodeOf(x, 'chunk', 'x'), chunks, dim).map(wrap));
}

/**
 * `x` moved into `[min, max]`; either bound may be left out. Where min > max, the result is max.
 * @example tensor([-2, 0.5, 9]).clamp(0, 1) // [0, 0.5, 1]
 */
export function clamp(x: Tensor, min?: Operand, max?: Operand): Tensor {
  return call(() => wrap(f.clamp(nodeOf(x, 'clamp', 'x'), lower(min), lower(max))));
}

/**
 * `x`, or `max` where that is smaller.
 */
export function clampMax(x: Tensor, max: Operand): Tensor {
  return call(() => wrap(f.clampMax(nodeOf(x, 'clampMax', 'x'), lower(max))));
}

/**
 * `x`, or `min` where that is larger.
 */
export function clampMin(x: Tensor, min: Operand): Tensor {
  return call(() => wrap(f.clampMin(nodeOf(x, 'clampMin', 'x'), lower(min))));
}

/**
 * Tensors side by side, vectors as columns.
 */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  return call(() => wrap(f.columnStack(nodesOf(tensors, 'columnStack', 'tensors'))));
}

/**
 * All choices of `r` elements of a vector, as rows.
 */
export function combinations(
  x: Tensor,
  options?: { r?: number | undefined; withReplacement?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.combinations(nodeOf(x, 'combinations', 'x'), options)));
}

/**
 * The complex conjugate: the tensor itself.
 */
export function conj(x: Tensor): Tensor {
  return call(() => wrap(f.conj(nodeOf(x, 'conj', 'x'))));
}

/**
 * The complex conjugate: the tensor itself.
 */
export function conjPhysical(x: Tensor): Tensor {
  return call(() => wrap(f.conjPhysical(nodeOf(x, 'conjPhysical', 'x'))));
}

/**
 * `pad` with a constant. PyTorch: `torch.constant_pad_nd`.
 * @throws ArgumentError for an odd number of amounts; ShapeError for too many.
 * @example constantPadNd(tensor([1, 2]), [1, 0], { value: 9 }) // [9, 1, 2]
 */
export function constantPadNd(
  input: Tensor,
  amounts: readonly number[],
  options?: { value?: number | undefined },
): Tensor {
  return call(() => wrap(f.constantPadNd(nodeOf(input, 'constantPadNd', 'input'), amounts, options)));
}

/**
 * The size of `x` with the sign of `y`, -0 included.
 */
export function copysign(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.copysign(lower(x), lower(y))));
}

/**
 * The correlation coefficients of variables in rows.
 */
export function corrcoef(x: Tensor): Tensor {
  return call(() => wrap(f.corrcoef(nodeOf(x, 'corrcoef', 'x'))));
}

/**
 * Cosine of radians.
 */
export function cos(x: Tensor): Tensor {
  return call(() => wrap(f.cos(nodeOf(x, 'cos', 'x'))));
}

/**
 * Hyperbolic cosine.
 */
export function cosh(x: Tensor): Tensor {
  return call(() => wrap(f.cosh(nodeOf(x, 'cosh', 'x'))));
}

/**
 * Cosine of the angle between vectors along `dim`. PyTorch: `F.cosine_similarity`.
 * @param x1 Vectors along `dim`; the shapes broadcast.
 * @param x2 As x1.
 * @param options `eps`: norms count as at least this.
 * @returns The broadcast shape without `dim`.
 * @throws ShapeError when the shapes do not broadcast; AxisError when `dim` is out of range.
 * @example F.cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])) // [0.7071]
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  dim?: number,
  options?: { eps?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.cosineSimilarity(
        nodeOf(x1, 'cosineSimilarity', 'x1'),
        nodeOf(x2, 'cosineSimilarity', 'x2'),
        dim,
        options,
      ),
    ),
  );
}

/**
 * How many elements over `dim` are not 0, as int32.
 */
export function countNonzero(x: Tensor, dim?: Dims): Tensor {
  return call(() => wrap(f.countNonzero(nodeOf(x, 'countNonzero', 'x'), dim)));
}

/**
 * The covariance matrix of variables in rows, with observations in columns.
 */
export function cov(
  x: Tensor,
  options?: { correction?: number | undefined; fweights?: Tensor | undefined; aweights?: Tensor | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.cov(
        nodeOf(x, 'cov', 'x'),
        options && {
          ...options,
          fweights: maybeNodeOf(options.fweights, 'cov', 'options.fweights'),
          aweights: maybeNodeOf(options.aweights, 'cov', 'options.aweights'),
        },
      ),
    ),
  );
}

/**
 * The vector product along a dimension of size 3: the first such, unless `dim` says which.
 */
export function cross(x: Tensor, y: Tensor, dim?: number): Tensor {
  return call(() => wrap(f.cross(nodeOf(x, 'cross', 'x'), nodeOf(y, 'cross', 'y'), dim)));
}

/**
 * The largest so far along `dim`, and where it stands (the last among equals).
 */
export function cummax(x: Tensor, dim: number): Named<'values' | 'indices'> {
  return call(() => named(f.cummax(nodeOf(x, 'cummax', 'x'), dim)));
}

/**
 * The smallest so far along `dim`, and where it stands (the last among equals).
 */
export function cummin(x: Tensor, dim: number): Named<'values' | 'indices'> {
  return call(() => named(f.cummin(nodeOf(x, 'cummin', 'x'), dim)));
}

/**
 * Running product along `dim`.
 */
export function cumprod(x: Tensor, dim: number, options?: { dtype?: DType | undefined }): Tensor {
  return call(() => wrap(f.cumprod(nodeOf(x, 'cumprod', 'x'), dim, options)));
}

/**
 * Running sum along `dim`.
 */
export function cumsum(x: Tensor, dim: number, options?: { dtype?: DType | undefined }): Tensor {
  return call(() => wrap(f.cumsum(nodeOf(x, 'cumsum', 'x'), dim, options)));
}

/**
 * Running integral of `y` along `dim` by the trapezoidal rule.
 */
export function cumulativeTrapezoid(
  y: Tensor,
  x?: Tensor,
  dim?: number,
  options?: { dx?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.cumulativeTrapezoid(
        nodeOf(y, 'cumulativeTrapezoid', 'y'),
        maybeNodeOf(x, 'cumulativeTrapezoid', 'x'),
        dim,
        options,
      ),
    ),
  );
}

/**
 * Degrees to radians.
 */
export function deg2rad(x: Tensor): Tensor {
  return call(() => wrap(f.deg2rad(nodeOf(x, 'deg2rad', 'x'))));
}

/**
 * A diagonal of a matrix, or a square matrix with a vector on that diagonal.
 */
export function diag(x: Tensor, options?: { diagonal?: number | undefined }): Tensor {
  return call(() => wrap(f.diag(nodeOf(x, 'diag', 'x'), options)));
}

/**
 * Matrices with the last dimension of `x` on a diagonal, zeros elsewhere; `dim1` and `dim2` are their dimensions.
 */
export function diagEmbed(
  x: Tensor,
  options?: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined },
): Tensor {
  return call(() => wrap(f.diagEmbed(nodeOf(x, 'diagEmbed', 'x'), options)));
}

/**
 * A square matrix with all elements of `x` on a diagonal.
 */
export function diagflat(x: Tensor, options?: { offset?: number | undefined }): Tensor {
  return call(() => wrap(f.diagflat(nodeOf(x, 'diagflat', 'x'), options)));
}

/**
 * The elements of a diagonal of two dimensions, in a new last dimension.
 */
export function diagonal(
  x: Tensor,
  options?: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined },
): Tensor {
  return call(() => wrap(f.diagonal(nodeOf(x, 'diagonal', 'x'), options)));
}

/**
 * `x` with a diagonal of two dimensions replaced by `source`, laid out as diagonal returns it.
 */
export function diagonalScatter(
  x: Tensor,
  source: Tensor,
  options?: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.diagonalScatter(
        nodeOf(x, 'diagonalScatter', 'x'),
        nodeOf(source, 'diagonalScatter', 'source'),
        options,
      ),
    ),
  );
}

/**
 * Differences of neighbours along `dim`, taken `n` times; `prepend` and `append` are joined on first.
 */
export function diff(
  x: Tensor,
  options?: {
    n?: number | undefined;
    dim?: number | undefined;
    prepend?: Tensor | undefined;
    append?: Tensor | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.diff(
        nodeOf(x, 'diff', 'x'),
        options && {
          ...options,
          prepend: maybeNodeOf(options.prepend, 'diff', 'options.prepend'),
          append: maybeNodeOf(options.append, 'diff', 'options.append'),
        },
      ),
    ),
  );
}

/**
 * The derivative of lgamma.
 */
export function digamma(x: Tensor): Tensor {
  return call(() => wrap(f.digamma(nodeOf(x, 'digamma', 'x'))));
}

/**
 * The p-norm of `x - y`.
 */
export function dist(x: Tensor, y: Tensor, options?: { p?: number | undefined }): Tensor {
  return call(() => wrap(f.dist(nodeOf(x, 'dist', 'x'), nodeOf(y, 'dist', 'y'), options)));
}

/**
 * `x / y`. Integers divide to a floating result, unless `roundingMode` asks for the quotient 'trunc' (towards zero)
 * or 'floor' (downwards), which keeps their dtype.
 * @example tensor([7]).div(2, { roundingMode: 'floor' }) // [3]
 */
export function div(
  x: Operand,
  y: Operand,
  options?: { roundingMode?: 'trunc' | 'floor' | undefined },
): Tensor {
  return call(() => wrap(f.div(lower(x), lower(y), options)));
}

/**
 * The scalar product of two vectors.
 */
export function dot(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.dot(nodeOf(x, 'dot', 'x'), nodeOf(y, 'dot', 'y'))));
}

/**
 * Parts along dimension 2.
 */
export function dsplit(x: Tensor, sections: number | readonly number[]): Tensor[] {
  return call(() => f.dsplit(nodeOf(x, 'dsplit', 'x'), sections).map(wrap));
}

/**
 * Tensors behind each other: along dimension 2.
 */
export function dstack(tensors: readonly Tensor[]): Tensor {
  return call(() => wrap(f.dstack(nodesOf(tensors, 'dstack', 'tensors'))));
}

/**
 * The product of tensors summed over the subscripts that the result does not have. Without '->' the result has, in
 * alphabetical order, those that occur once; a subscript twice in one operand takes a diagonal; '...' stands for
 * further dimensions, which broadcast.
 * @example einsum('bij,bjk->bik', [x, y]) // bmm(x, y)
 */
export function einsum(equation: string, operands: readonly Tensor[]): Tensor {
  return call(() => wrap(f.einsum(equation, nodesOf(operands, 'einsum', 'operands'))));
}

/**
 * `x = y`.
 */
export function eq(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.eq(lower(x), lower(y))));
}

/**
 * The error function.
 */
export function erf(x: Tensor): Tensor {
  return call(() => wrap(f.erf(nodeOf(x, 'erf', 'x'))));
}

/**
 * `1 - erf(x)`, accurate where that is small.
 */
export function erfc(x: Tensor): Tensor {
  return call(() => wrap(f.erfc(nodeOf(x, 'erfc', 'x'))));
}

/**
 * The inverse of erf: ±Infinity at ±1, NaN outside.
 */
export function erfinv(x: Tensor): Tensor {
  return call(() => wrap(f.erfinv(nodeOf(x, 'erfinv', 'x'))));
}

/**
 * `e^x`. Integers and bools give float32.
 */
export function exp(x: Tensor): Tensor {
  return call(() => wrap(f.exp(nodeOf(x, 'exp', 'x'))));
}

/**
 * `2^x`.
 */
export function exp2(x: Tensor): Tensor {
  return call(() => wrap(f.exp2(nodeOf(x, 'exp2', 'x'))));
}

/**
 * `e^x - 1`, accurate near 0.
 */
export function expm1(x: Tensor): Tensor {
  return call(() => wrap(f.expm1(nodeOf(x, 'expm1', 'x'))));
}

/**
 * The identity matrix, or the first `m` columns of one.
 */
export function eye(n: number, m?: number | Making, options?: Making): Tensor {
  return call(() => leaf(wrap(f.eye(n, m, options)), m, options));
}

/**
 * `value` in the shape and dtype of `x`.
 */
export function fill(x: Tensor, value: Operand): Tensor {
  return call(() => wrap(f.fill(nodeOf(x, 'fill', 'x'), lower(value))));
}

/**
 * Dimensions `startDim` to `endDim` as one.
 */
export function flatten(x: Tensor, startDim?: number, endDim?: number): Tensor {
  return call(() => wrap(f.flatten(nodeOf(x, 'flatten', 'x'), startDim, endDim)));
}

/**
 * Reversed along the given dimensions.
 */
export function flip(x: Tensor, dims: Dims): Tensor {
  return call(() => wrap(f.flip(nodeOf(x, 'flip', 'x'), dims)));
}

/**
 * Reversed along dimension 1.
 */
export function fliplr(x: Tensor): Tensor {
  return call(() => wrap(f.fliplr(nodeOf(x, 'fliplr', 'x'))));
}

/**
 * Reversed along dimension 0.
 */
export function flipud(x: Tensor): Tensor {
  return call(() => wrap(f.flipud(nodeOf(x, 'flipud', 'x'))));
}

/**
 * `x` to the power `y`, computed in float64.
 */
export function floatPower(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.floatPower(lower(x), lower(y))));
}

/**
 * The largest integer not above `x`.
 */
export function floor(x: Tensor): Tensor {
  return call(() => wrap(f.floor(nodeOf(x, 'floor', 'x'))));
}

/**
 * The quotient rounded down.
 */
export function floorDivide(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.floorDivide(lower(x), lower(y))));
}

/**
 * The larger of two, ignoring NaN. At ties `x` gets the gradient.
 */
export function fmax(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.fmax(lower(x), lower(y))));
}

/**
 * The smaller of two, ignoring NaN. At ties `x` gets the gradient.
 */
export function fmin(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.fmin(lower(x), lower(y))));
}

/**
 * The remainder of `x / y` with the sign of `x`, as `%` in JavaScript.
 */
export function fmod(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.fmod(lower(x), lower(y))));
}

/**
 * `x - trunc(x)`.
 */
export function frac(x: Tensor): Tensor {
  return call(() => wrap(f.frac(nodeOf(x, 'frac', 'x'))));
}

/**
 * A tensor with one value everywhere: bool for true and false, else float32 unless said otherwise.
 */
export function full(size: readonly number[], value: number | bigint | boolean, options?: Making): Tensor {
  return call(() => leaf(wrap(f.full(size, value, options)), options));
}

/**
 * One value in the shape and dtype of `x`.
 */
export function fullLike(x: Tensor, value: number | bigint | boolean, options?: Making): Tensor {
  return call(() => leaf(wrap(f.fullLike(nodeOf(x, 'fullLike', 'x'), value, options)), options));
}

/**
 * `out[i][j] = x[index[i][j]][j]` for dim 0, and so on: one position for every element of the result.
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  return call(() => wrap(f.gather(nodeOf(x, 'gather', 'x'), dim, nodeOf(index, 'gather', 'index'))));
}

/**
 * `x >= y`.
 */
export function ge(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.ge(lower(x), lower(y))));
}

/**
 * Images sampled at the positions of a grid. PyTorch: `F.grid_sample`.
 * @param input [N, C, H, W] or [N, C, D, H, W].
 * @param grid [N, H', W', 2] or [N, D', H', W', 3]: x, y (and z) in [-1, 1], from the first pixel to the last.
 * @param options `mode`: 'bilinear' (the default), 'nearest' or 'bicubic' (4-d only). `paddingMode`: what lies outside:
 * 'zeros', the 'border' or a 'reflection'. `alignCorners`: whether -1 and 1 are middles of the corner pixels or their
 * outer borders.
 * @returns [N, C, H', W'] or [N, C, D', H', W'].
 * @throws ShapeError when input and grid do not fit; ArgumentError for an unknown mode.
 * @example F.gridSample(images, F.affineGrid(theta, [1, 3, 8, 8]))
 */
export function gridSample(
  input: Tensor,
  grid: Tensor,
  options?: {
    mode?: GridMode | undefined;
    paddingMode?: GridPadding | undefined;
    alignCorners?: boolean | undefined;
  },
): Tensor {
  return call(() =>
    wrap(f.gridSample(nodeOf(input, 'gridSample', 'input'), nodeOf(grid, 'gridSample', 'grid'), options)),
  );
}

/**
 * `x > y`.
 */
export function gt(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.gt(lower(x), lower(y))));
}

/**
 * 0 below 0, 1 above, and `values` at 0.
 */
export function heaviside(x: Operand, values: Operand): Tensor {
  return call(() => wrap(f.heaviside(lower(x), lower(values))));
}

/**
 * Parts along dimension 1 (0 for vectors).
 */
export function hsplit(x: Tensor, sections: number | readonly number[]): Tensor[] {
  return call(() => f.hsplit(nodeOf(x, 'hsplit', 'x'), sections).map(wrap));
}

/**
 * Tensors side by side: along dimension 1, or 0 for vectors.
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  return call(() => wrap(f.hstack(nodesOf(tensors, 'hstack', 'tensors'))));
}

/**
 * `sqrt(x^2 + y^2)`.
 */
export function hypot(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.hypot(lower(x), lower(y))));
}

/**
 * The modified Bessel function of order 0.
 */
export function i0(x: Tensor): Tensor {
  return call(() => wrap(f.i0(nodeOf(x, 'i0', 'x'))));
}

/**
 * `x` with `alpha * source` added to the slices of `dim` that a vector names.
 */
export function indexAdd(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options?: { alpha?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.indexAdd(
        nodeOf(x, 'indexAdd', 'x'),
        dim,
        nodeOf(index, 'indexAdd', 'index'),
        nodeOf(source, 'indexAdd', 'source'),
        options,
      ),
    ),
  );
}

/**
 * `x` with the slices of `dim` that a vector names replaced by those of `source`.
 */
export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  return call(() =>
    wrap(
      f.indexCopy(
        nodeOf(x, 'indexCopy', 'x'),
        dim,
        nodeOf(index, 'indexCopy', 'index'),
        nodeOf(source, 'indexCopy', 'source'),
      ),
    ),
  );
}

/**
 * `x` with the slices of `dim` that a vector names filled with one value.
 */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
  return call(() =>
    wrap(f.indexFill(nodeOf(x, 'indexFill', 'x'), dim, nodeOf(index, 'indexFill', 'index'), lower(value))),
  );
}

/**
 * `x` with `x[i, j, ...] = values` where tensors `indices` index the first dimensions together; with `accumulate`,
 * values are added.
 */
export function indexPut(
  x: Tensor,
  indices: readonly Tensor[],
  values: Operand,
  options?: { accumulate?: boolean | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.indexPut(nodeOf(x, 'indexPut', 'x'), nodesOf(indices, 'indexPut', 'indices'), lower(values), options),
    ),
  );
}

/**
 * `x` with the slices of `dim` that a vector names reduced with those of `source` that fall on them.
 */
export function indexReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: 'prod' | 'mean' | 'amax' | 'amin',
  options?: { includeSelf?: boolean | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.indexReduce(
        nodeOf(x, 'indexReduce', 'x'),
        dim,
        nodeOf(index, 'indexReduce', 'index'),
        nodeOf(source, 'indexReduce', 'source'),
        reduce,
        options,
      ),
    ),
  );
}

/**
 * The slices of `dim` at the positions of a vector.
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  return call(() =>
    wrap(f.indexSelect(nodeOf(x, 'indexSelect', 'x'), dim, nodeOf(index, 'indexSelect', 'index'))),
  );
}

/**
 * The products over the last dimensions of both; 0-d tensors multiply.
 */
export function inner(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.inner(nodeOf(x, 'inner', 'x'), nodeOf(y, 'inner', 'y'))));
}

/**
 * Whether `|x - y| <= atol + rtol * |y|`; equal infinities are close, NaN to NaN with `equalNan`.
 */
export function isclose(
  x: Tensor,
  y: Tensor,
  options?: { rtol?: number | undefined; atol?: number | undefined; equalNan?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.isclose(nodeOf(x, 'isclose', 'x'), nodeOf(y, 'isclose', 'y'), options)));
}

/**
 * Whether each element is neither infinite nor NaN.
 */
export function isfinite(x: Tensor): Tensor {
  return call(() => wrap(f.isfinite(nodeOf(x, 'isfinite', 'x'))));
}

/**
 * Whether each of `elements` is among `test`; with `invert`, whether it is not.
 */
export function isin(
  elements: Operand,
  test: Operand,
  options?: { assumeUnique?: boolean | undefined; invert?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.isin(lower(elements), lower(test), options)));
}

/**
 * Whether each element is infinite.
 */
export function isinf(x: Tensor): Tensor {
  return call(() => wrap(f.isinf(nodeOf(x, 'isinf', 'x'))));
}

/**
 * Whether each element is NaN.
 */
export function isnan(x: Tensor): Tensor {
  return call(() => wrap(f.isnan(nodeOf(x, 'isnan', 'x'))));
}

/**
 * Whether each element is negative infinity.
 */
export function isneginf(x: Tensor): Tensor {
  return call(() => wrap(f.isneginf(nodeOf(x, 'isneginf', 'x'))));
}

/**
 * Whether each element is positive infinity.
 */
export function isposinf(x: Tensor): Tensor {
  return call(() => wrap(f.isposinf(nodeOf(x, 'isposinf', 'x'))));
}

/**
 * Whether each element is real: all are.
 */
export function isreal(x: Tensor): Tensor {
  return call(() => wrap(f.isreal(nodeOf(x, 'isreal', 'x'))));
}

/**
 * The Kronecker product: every element of `x` times all of `y`, in blocks.
 */
export function kron(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.kron(nodeOf(x, 'kron', 'x'), nodeOf(y, 'kron', 'y'))));
}

/**
 * The `k`-th smallest value along `dim` (the first is 1), and where it stands.
 */
export function kthvalue(
  x: Tensor,
  k: number,
  dim?: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'> {
  return call(() => named(f.kthvalue(nodeOf(x, 'kthvalue', 'x'), k, dim, options)));
}

/**
 * `x * 2^y`.
 */
export function ldexp(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.ldexp(lower(x), lower(y))));
}

/**
 * `x <= y`.
 */
export function le(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.le(lower(x), lower(y))));
}

/**
 * `x + weight * (end - x)`, exact at weight 0 and 1.
 */
export function lerp(x: Tensor, end: Tensor, weight: Operand): Tensor {
  return call(() => wrap(f.lerp(nodeOf(x, 'lerp', 'x'), nodeOf(end, 'lerp', 'end'), lower(weight))));
}

/**
 * The logarithm of |gamma(x)|.
 */
export function lgamma(x: Tensor): Tensor {
  return call(() => wrap(f.lgamma(nodeOf(x, 'lgamma', 'x'))));
}

/**
 * `steps` numbers evenly spaced from `start` to `end`, both included.
 */
export function linspace(start: number, end: number, steps: number, options?: Making): Tensor {
  return call(() => leaf(wrap(f.linspace(start, end, steps, options)), options));
}

/**
 * The natural logarithm: -Infinity at 0, NaN below.
 */
export function log(x: Tensor): Tensor {
  return call(() => wrap(f.log(nodeOf(x, 'log', 'x'))));
}

/**
 * The logarithm to base 10.
 */
export function log10(x: Tensor): Tensor {
  return call(() => wrap(f.log10(nodeOf(x, 'log10', 'x'))));
}

/**
 * `log(1 + x)`, accurate near 0.
 */
export function log1p(x: Tensor): Tensor {
  return call(() => wrap(f.log1p(nodeOf(x, 'log1p', 'x'))));
}

/**
 * The logarithm to base 2.
 */
export function log2(x: Tensor): Tensor {
  return call(() => wrap(f.log2(nodeOf(x, 'log2', 'x'))));
}

/**
 * `log(softmax(x))` along `dim`, computed without leaving the logarithms. PyTorch: `F.log_softmax`.
 * @throws AxisError when `dim` is out of range.
 * @example F.logSoftmax(tensor([0, 0]), 0) // [-0.6931, -0.6931]
 */
export function logSoftmax(x: Tensor, dim: number, options?: WithDType): Tensor {
  return call(() => wrap(f.logSoftmax(nodeOf(x, 'logSoftmax', 'x'), dim, options)));
}

/**
 * `log(e^x + e^y)` without overflow.
 */
export function logaddexp(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.logaddexp(lower(x), lower(y))));
}

/**
 * `log2(2^x + 2^y)` without overflow.
 */
export function logaddexp2(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.logaddexp2(lower(x), lower(y))));
}

/**
 * Running `log(sum(e^x))` along `dim`, without overflow.
 */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  return call(() => wrap(f.logcumsumexp(nodeOf(x, 'logcumsumexp', 'x'), dim)));
}

/**
 * Whether both are true, that is not 0.
 */
export function logicalAnd(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.logicalAnd(lower(x), lower(y))));
}

/**
 * Whether `x` is false, that is 0.
 */
export function logicalNot(x: Tensor): Tensor {
  return call(() => wrap(f.logicalNot(nodeOf(x, 'logicalNot', 'x'))));
}

/**
 * Whether one or both are true, that is not 0.
 */
export function logicalOr(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.logicalOr(lower(x), lower(y))));
}

/**
 * Whether exactly one is true, that is not 0.
 */
export function logicalXor(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.logicalXor(lower(x), lower(y))));
}

/**
 * `log(x / (1 - x))`, the inverse of sigmoid; `eps` first moves `x` into `[eps, 1 - eps]`.
 */
export function logit(x: Tensor, options?: { eps?: number | undefined }): Tensor {
  return call(() => wrap(f.logit(nodeOf(x, 'logit', 'x'), options)));
}

/**
 * `base` (10) to the powers linspace gives.
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options?: { base?: number | undefined; dtype?: DType | undefined; requiresGrad?: boolean | undefined },
): Tensor {
  return call(() => leaf(wrap(f.logspace(start, end, steps, options)), options));
}

/**
 * `log(sum(e^x))` over `dim`, without overflow.
 */
export function logsumexp(x: Tensor, dim: Dims, options?: { keepdim?: boolean | undefined }): Tensor {
  return call(() => wrap(f.logsumexp(nodeOf(x, 'logsumexp', 'x'), dim, options)));
}

/**
 * `x < y`.
 */
export function lt(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.lt(lower(x), lower(y))));
}

/**
 * `x` with `value` where `mask` is true.
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  return call(() =>
    wrap(f.maskedFill(nodeOf(x, 'maskedFill', 'x'), nodeOf(mask, 'maskedFill', 'mask'), lower(value))),
  );
}

/**
 * `x` with the elements where `mask` is true replaced by those of `source`, in order.
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  return call(() =>
    wrap(
      f.maskedScatter(
        nodeOf(x, 'maskedScatter', 'x'),
        nodeOf(mask, 'maskedScatter', 'mask'),
        nodeOf(source, 'maskedScatter', 'source'),
      ),
    ),
  );
}

/**
 * The matrix product. Vectors count as a row on the left and a column on the right, and lose that dimension again;
 * leading dimensions broadcast.
 * @throws ShapeError where inner sizes differ.
 * @example zeros(8, 2, 3).matmul(zeros(3, 4)) // shape [8, 2, 4]
 */
export function matmul(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.matmul(nodeOf(x, 'matmul', 'x'), nodeOf(y, 'matmul', 'y'))));
}

/**
 * Square matrices to a power that is not negative.
 */
export function matrixPower(x: Tensor, n: number): Tensor {
  return call(() => wrap(f.matrixPower(nodeOf(x, 'matrixPower', 'x'), n)));
}

/**
 * The largest element of all, the larger of two tensors element by element, or with a dimension number
 * `{ values, indices }` along it. Among equals the first is taken; its gradient goes there.
 * @example const { values, indices } = x.max(1)
 */
export function max(x: Tensor, other?: Tensor): Tensor;
export function max(
  x: Tensor,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function max(
  x: Tensor,
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
      )(nodeOf(x, 'max', 'x'), lower(dim), options),
    ),
  );
}

/**
 * The larger of two, NaN where either is NaN. At ties each gets half of the gradient.
 */
export function maximum(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.maximum(lower(x), lower(y))));
}

/**
 * The arithmetic mean over `dim`; NaN over nothing. Integers and bools have a float32 mean.
 */
export function mean(
  x: Tensor,
  dim?: Dims,
  options?: { keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.mean(nodeOf(x, 'mean', 'x'), dim, options)));
}

/**
 * The median of all elements, or `{ values, indices }` along `dim`: the lower of two middle values, NaN where one is.
 */
export function median(x: Tensor): Tensor;
export function median(
  x: Tensor,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function median(
  x: Tensor,
  dim?: number,
  options?: { keepdim?: boolean | undefined },
): Tensor | Named<'values' | 'indices'> {
  return call(() =>
    wrapOrName(
      (
        f.median as (
          x: Node,
          dim?: number,
          options?: { keepdim?: boolean | undefined },
        ) => Node | NamedNodes<'values' | 'indices'>
      )(nodeOf(x, 'median', 'x'), dim, options),
    ),
  );
}

/**
 * Coordinates from vectors: tensor i varies along dimension i of all results. `indexing` 'xy' exchanges the first two.
 */
export function meshgrid(
  tensors: readonly Tensor[],
  options?: { indexing?: 'ij' | 'xy' | undefined },
): Tensor[] {
  return call(() => f.meshgrid(nodesOf(tensors, 'meshgrid', 'tensors'), options).map(wrap));
}

/**
 * The smallest element of all, the smaller of two tensors element by element, or with a dimension number
 * `{ values, indices }` along it. Among equals the first is taken; its gradient goes there.
 */
export function min(x: Tensor, other?: Tensor): Tensor;
export function min(
  x: Tensor,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function min(
  x: Tensor,
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
      )(nodeOf(x, 'min', 'x'), lower(dim), options),
    ),
  );
}

/**
 * The smaller of two, NaN where either is NaN. At ties each gets half of the gradient.
 */
export function minimum(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.minimum(lower(x), lower(y))));
}

/**
 * The product of two matrices, without broadcasting.
 */
export function mm(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.mm(nodeOf(x, 'mm', 'x'), nodeOf(y, 'mm', 'y'))));
}

/**
 * The most frequent value along `dim` (the smallest of several), and where it stands last.
 */
export function mode(
  x: Tensor,
  dim?: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'> {
  return call(() => named(f.mode(nodeOf(x, 'mode', 'x'), dim, options)));
}

/**
 * Dimensions `source` moved to `destination`, the rest in order.
 */
export function movedim(x: Tensor, source: Dims, destination: Dims): Tensor {
  return call(() => wrap(f.movedim(nodeOf(x, 'movedim', 'x'), source, destination)));
}

/**
 * Values in order along dimension 0.
 */
export function msort(x: Tensor): Tensor {
  return call(() => wrap(f.msort(nodeOf(x, 'msort', 'x'))));
}

/**
 * `x * y`. Two bools give their logical and.
 */
export function mul(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.mul(lower(x), lower(y))));
}

/**
 * The product of a matrix and a vector.
 */
export function mv(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.mv(nodeOf(x, 'mv', 'x'), nodeOf(y, 'mv', 'y'))));
}

/**
 * The logarithm of the multivariate gamma function of dimension `p`.
 */
export function mvlgamma(x: Tensor, p: number): Tensor {
  return call(() => wrap(f.mvlgamma(nodeOf(x, 'mvlgamma', 'x'), p)));
}

/**
 * NaN and infinities replaced: NaN by `nan` (0), infinities by `posinf` and `neginf` (the dtype's extremes).
 */
export function nanToNum(
  x: Tensor,
  options?: { nan?: number | undefined; posinf?: number | undefined; neginf?: number | undefined },
): Tensor {
  return call(() => wrap(f.nanToNum(nodeOf(x, 'nanToNum', 'x'), options)));
}

/**
 * The mean over `dim` of what is not NaN.
 */
export function nanmean(
  x: Tensor,
  dim?: Dims,
  options?: { keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.nanmean(nodeOf(x, 'nanmean', 'x'), dim, options)));
}

/**
 * The median of what is not NaN: see median.
 */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(
  x: Tensor,
  dim: number,
  options?: { keepdim?: boolean | undefined },
): Named<'values' | 'indices'>;
export function nanmedian(
  x: Tensor,
  dim?: number,
  options?: { keepdim?: boolean | undefined },
): Tensor | Named<'values' | 'indices'> {
  return call(() =>
    wrapOrName(
      (
        f.nanmedian as (
          x: Node,
          dim?: number,
          options?: { keepdim?: boolean | undefined },
        ) => Node | NamedNodes<'values' | 'indices'>
      )(nodeOf(x, 'nanmedian', 'x'), dim, options),
    ),
  );
}

/**
 * The quantiles of what is not NaN: see quantile.
 */
export function nanquantile(
  x: Tensor,
  q: number | Tensor,
  dim?: number,
  options?: {
    keepdim?: boolean | undefined;
    interpolation?: 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest' | undefined;
  },
): Tensor {
  return call(() => wrap(f.nanquantile(nodeOf(x, 'nanquantile', 'x'), lower(q), dim, options)));
}

/**
 * The sum over `dim`, NaN counting as 0.
 */
export function nansum(
  x: Tensor,
  dim?: Dims,
  options?: { keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.nansum(nodeOf(x, 'nansum', 'x'), dim, options)));
}

/**
 * The part of `dim` from `start` on, of the given length.
 */
export function narrow(x: Tensor, dim: number, start: number | Tensor, length: number): Tensor {
  return call(() => wrap(f.narrow(nodeOf(x, 'narrow', 'x'), dim, lower(start), length)));
}

/**
 * See narrow.
 */
export function narrowCopy(x: Tensor, dim: number, start: number | Tensor, length: number): Tensor {
  return call(() => wrap(f.narrowCopy(nodeOf(x, 'narrowCopy', 'x'), dim, lower(start), length)));
}

/**
 * Batch normalisation with the statistics it used. PyTorch: `torch.native_batch_norm`, which also moves the running
 * statistics: that is `batchNormUpdateStats` here.
 * @param input [N, C, ...].
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @param runningMean [C], used unless `training`.
 * @param runningVar [C], used unless `training`.
 * @returns `output`, and the batch's `mean` and `invstd` [C], empty unless `training`.
 * @throws ShapeError when a parameter has not one element a channel, or a batch has one value a channel.
 * @example nativeBatchNorm(x, weight, bias, runningMean, runningVar, { training: true })
 */
export function nativeBatchNorm(
  input: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  runningMean?: Tensor,
  runningVar?: Tensor,
  options?: { training?: boolean | undefined; eps?: number | undefined },
): { output: Tensor; mean: Tensor; invstd: Tensor } {
  return call(() =>
    named(
      f.nativeBatchNorm(
        nodeOf(input, 'nativeBatchNorm', 'input'),
        maybeNodeOf(weight, 'nativeBatchNorm', 'weight'),
        maybeNodeOf(bias, 'nativeBatchNorm', 'bias'),
        maybeNodeOf(runningMean, 'nativeBatchNorm', 'runningMean'),
        maybeNodeOf(runningVar, 'nativeBatchNorm', 'runningVar'),
        options,
      ),
    ),
  );
}

/**
 * Layer normalisation with the statistics it used. PyTorch: `torch.native_layer_norm`.
 * @param input Any tensor whose last dimensions are `normalizedShape`.
 * @param weight Scale of shape `normalizedShape`.
 * @param bias Shift of shape `normalizedShape`.
 * @returns `output`, and `mean` and `rstd` with the normalised dimensions of size 1.
 * @throws ShapeError when input, weight or bias do not fit `normalizedShape`.
 * @example const { output, mean, rstd } = nativeLayerNorm(x, [64]);
 */
export function nativeLayerNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  weight?: Tensor,
  bias?: Tensor,
  options?: { eps?: number | undefined },
): { output: Tensor; mean: Tensor; rstd: Tensor } {
  return call(() =>
    named(
      f.nativeLayerNorm(
        nodeOf(input, 'nativeLayerNorm', 'input'),
        normalizedShape,
        maybeNodeOf(weight, 'nativeLayerNorm', 'weight'),
        maybeNodeOf(bias, 'nativeLayerNorm', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * `x != y`; NaN differs from everything.
 */
export function ne(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.ne(lower(x), lower(y))));
}

/**
 * `-x`.
 * @throws DTypeError for bool.
 */
export function neg(x: Tensor): Tensor {
  return call(() => wrap(f.neg(nodeOf(x, 'neg', 'x'))));
}

/**
 * The next number after `x` in the direction of `y`.
 */
export function nextafter(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.nextafter(nodeOf(x, 'nextafter', 'x'), nodeOf(y, 'nextafter', 'y'))));
}

/**
 * The p-norm over `dim`: the p-th root of the sum of |x|^p. `p` may be Infinity, -Infinity, 0 or 'fro' (2).
 */
export function norm(
  x: Tensor,
  dim?: Dims,
  options?: { p?: number | 'fro' | undefined; keepdim?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.norm(nodeOf(x, 'norm', 'x'), dim, options)));
}

/**
 * A tensor of ones.
 */
export function ones(...size: SizesWith<Making>): Tensor {
  return call(() => leaf(wrap(f.ones(...size)), ...size));
}

/**
 * Ones in the shape and dtype of `x`.
 */
export function onesLike(x: Tensor, options?: Making): Tensor {
  return call(() => leaf(wrap(f.onesLike(nodeOf(x, 'onesLike', 'x'), options)), options));
}

/**
 * All products of an element of one vector and one of another.
 */
export function outer(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.outer(nodeOf(x, 'outer', 'x'), nodeOf(y, 'outer', 'y'))));
}

/**
 * p-norm of `x1 - x2 + eps` over the last dimension. PyTorch: `F.pairwise_distance`.
 * @throws ShapeError when the shapes do not broadcast.
 * @example F.pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  options?: { p?: number | undefined; eps?: number | undefined; keepdim?: boolean | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.pairwiseDistance(nodeOf(x1, 'pairwiseDistance', 'x1'), nodeOf(x2, 'pairwiseDistance', 'x2'), options),
    ),
  );
}

/**
 * The dimensions in another order: dimension i of the result is dimension `dims[i]`.
 */
export function permute(x: Tensor, ...dims: Sizes): Tensor {
  return call(() => wrap(f.permute(nodeOf(x, 'permute', 'x'), ...dims)));
}

/**
 * Channels moved into pixels: [..., C r^2, H, W] to [..., C, H r, W r]. PyTorch: `F.pixel_shuffle`.
 * @throws ShapeError when the channels are not divisible by the square of `upscaleFactor`.
 * @example F.pixelShuffle(ones(1, 4, 2, 2), 2).shape // [1, 1, 4, 4]
 */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  return call(() => wrap(f.pixelShuffle(nodeOf(input, 'pixelShuffle', 'input'), upscaleFactor)));
}

/**
 * Pixels moved into channels: [..., C, H r, W r] to [..., C r^2, H, W]. PyTorch: `F.pixel_unshuffle`.
 * @throws ShapeError when height or width are not divisible by `downscaleFactor`.
 * @example F.pixelUnshuffle(ones(1, 1, 4, 4), 2).shape // [1, 4, 2, 2]
 */
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
  return call(() => wrap(f.pixelUnshuffle(nodeOf(input, 'pixelUnshuffle', 'input'), downscaleFactor)));
}

/**
 * The derivative of order `n` of digamma; accurate for x from -12 on.
 */
export function polygamma(n: number, x: Tensor): Tensor {
  return call(() => wrap(f.polygamma(n, nodeOf(x, 'polygamma', 'x'))));
}

/**
 * `x` itself; bool is refused.
 */
export function positive(x: Tensor): Tensor {
  return call(() => wrap(f.positive(nodeOf(x, 'positive', 'x'))));
}

/**
 * `x` to the power `y`. Integers to an integer power stay integers.
 * @throws ArgumentError for an integer tensor to a negative number.
 */
export function pow(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.pow(lower(x), lower(y))));
}

/**
 * x where positive, `weight * x` elsewhere; `weight` holds one slope, or one per channel (dim 1). PyTorch: `F.prelu`.
 * @throws ShapeError when there are neither one slope nor as many as channels.
 * @example F.prelu(tensor([-2, 1]), tensor([0.25])) // [-0.5, 1]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  return call(() => wrap(f.prelu(nodeOf(x, 'prelu', 'x'), nodeOf(weight, 'prelu', 'weight'))));
}

/**
 * The product over one dimension or all.
 */
export function prod(
  x: Tensor,
  dim?: number,
  options?: { keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.prod(nodeOf(x, 'prod', 'x'), dim, options)));
}

/**
 * `x` with elements of its flattened form replaced by `source`, or increased with `accumulate`.
 */
export function put(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options?: { accumulate?: boolean | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.put(nodeOf(x, 'put', 'x'), nodeOf(index, 'put', 'index'), nodeOf(source, 'put', 'source'), options),
    ),
  );
}

/**
 * The `q`-quantiles of all elements or along `dim`. Several `q` make a first dimension.
 */
export function quantile(
  x: Tensor,
  q: number | Tensor,
  dim?: number,
  options?: {
    keepdim?: boolean | undefined;
    interpolation?: 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest' | undefined;
  },
): Tensor {
  return call(() => wrap(f.quantile(nodeOf(x, 'quantile', 'x'), lower(q), dim, options)));
}

/**
 * Radians to degrees.
 */
export function rad2deg(x: Tensor): Tensor {
  return call(() => wrap(f.rad2deg(nodeOf(x, 'rad2deg', 'x'))));
}

/**
 * All elements in one dimension.
 */
export function ravel(x: Tensor): Tensor {
  return call(() => wrap(f.ravel(nodeOf(x, 'ravel', 'x'))));
}

/**
 * The real part: the tensor itself.
 */
export function real(x: Tensor): Tensor {
  return call(() => wrap(f.real(nodeOf(x, 'real', 'x'))));
}

/**
 * `1 / x`.
 */
export function reciprocal(x: Tensor): Tensor {
  return call(() => wrap(f.reciprocal(nodeOf(x, 'reciprocal', 'x'))));
}

/**
 * `max(x, 0)`, elementwise; NaN stays NaN, the gradient at 0 is 0. PyTorch: `F.relu`.
 * @param x Any numeric tensor.
 * @returns A tensor of the same shape and dtype.
 * @example F.relu(tensor([-1, 2])) // [0, 2]
 */
export function relu(x: Tensor): Tensor {
  return call(() => wrap(f.relu(nodeOf(x, 'relu', 'x'))));
}

/**
 * The remainder of `x / y` with the sign of `y`, as `%` in Python.
 * @example tensor([-7]).remainder(3) // [2]
 */
export function remainder(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.remainder(lower(x), lower(y))));
}

/**
 * The slices of `dim` scaled down to a p-norm of at most `maxnorm`.
 */
export function renorm(x: Tensor, p: number, dim: number, maxnorm: number): Tensor {
  return call(() => wrap(f.renorm(nodeOf(x, 'renorm', 'x'), p, dim, maxnorm)));
}

/**
 * Each element (along `dim`, or of the flattened tensor) repeated a number of times.
 */
export function repeatInterleave(x: Tensor, repeats: number | readonly number[], dim?: number): Tensor {
  return call(() => wrap(f.repeatInterleave(nodeOf(x, 'repeatInterleave', 'x'), repeats, dim)));
}

/**
 * The elements in another shape of equal size; one size may be -1.
 * @example arange(6).reshape(2, -1) // shape [2, 3]
 */
export function reshape(x: Tensor, ...shape: Sizes): Tensor {
  return call(() => wrap(f.reshape(nodeOf(x, 'reshape', 'x'), ...shape)));
}

/**
 * The tensor itself.
 */
export function resolveConj(x: Tensor): Tensor {
  return call(() => wrap(f.resolveConj(nodeOf(x, 'resolveConj', 'x'))));
}

/**
 * The tensor itself.
 */
export function resolveNeg(x: Tensor): Tensor {
  return call(() => wrap(f.resolveNeg(nodeOf(x, 'resolveNeg', 'x'))));
}

/**
 * Shifted along dimensions, what leaves at one end coming in at the other; without `dims`, over all elements in order.
 */
export function roll(x: Tensor, shifts: Dims, dims?: Dims): Tensor {
  return call(() => wrap(f.roll(nodeOf(x, 'roll', 'x'), shifts, dims)));
}

/**
 * Turned by `k` times 90 degrees in the plane of two dimensions, from the first towards the second.
 */
export function rot90(
  x: Tensor,
  options?: { k?: number | undefined; dims?: readonly number[] | undefined },
): Tensor {
  return call(() => wrap(f.rot90(nodeOf(x, 'rot90', 'x'), options)));
}

/**
 * The nearest number with `decimals` digits after the point, halves to even.
 */
export function round(x: Tensor, options?: { decimals?: number | undefined }): Tensor {
  return call(() => wrap(f.round(nodeOf(x, 'round', 'x'), options)));
}

/**
 * `1 / sqrt(x)`.
 */
export function rsqrt(x: Tensor): Tensor {
  return call(() => wrap(f.rsqrt(nodeOf(x, 'rsqrt', 'x'))));
}

/**
 * `y - alpha * x`.
 */
export function rsub(x: Operand, y: Operand, options?: { alpha?: number | undefined }): Tensor {
  return call(() => wrap(f.rsub(lower(x), lower(y), options)));
}

/**
 * `x` with `x[index[i][j]][j] = source[i][j]` for dim 0, and so on. With `reduce`, values are added or multiplied.
 */
export function scatter(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Operand,
  options?: { reduce?: 'add' | 'multiply' | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.scatter(nodeOf(x, 'scatter', 'x'), dim, nodeOf(index, 'scatter', 'index'), lower(source), options),
    ),
  );
}

/**
 * `x` with `x[index[i][j]][j] += source[i][j]` for dim 0, and so on.
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  return call(() =>
    wrap(
      f.scatterAdd(
        nodeOf(x, 'scatterAdd', 'x'),
        dim,
        nodeOf(index, 'scatterAdd', 'index'),
        nodeOf(source, 'scatterAdd', 'source'),
      ),
    ),
  );
}

/**
 * `x` with all source elements that fall on one position reduced, and with what was there unless `includeSelf` is
 * false.
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: 'sum' | 'prod' | 'mean' | 'amax' | 'amin',
  options?: { includeSelf?: boolean | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.scatterReduce(
        nodeOf(x, 'scatterReduce', 'x'),
        dim,
        nodeOf(index, 'scatterReduce', 'index'),
        nodeOf(source, 'scatterReduce', 'source'),
        reduce,
        options,
      ),
    ),
  );
}

/**
 * Where each value would have to be put into a sorted last dimension: before equal ones, or after with `right`.
 */
export function searchsorted(
  sorted: Tensor,
  values: Operand,
  options?: { right?: boolean | undefined; side?: 'left' | 'right' | undefined; sorter?: Tensor | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.searchsorted(
        nodeOf(sorted, 'searchsorted', 'sorted'),
        lower(values),
        options && { ...options, sorter: maybeNodeOf(options.sorter, 'searchsorted', 'options.sorter') },
      ),
    ),
  );
}

/**
 * One slice of `dim`, without that dimension.
 * @throws ArgumentError for a position outside.
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  return call(() => wrap(f.select(nodeOf(x, 'select', 'x'), dim, index)));
}

/**
 * `x` with one slice of `dim` replaced by `source`.
 */
export function selectScatter(x: Tensor, source: Tensor, dim: number, index: number): Tensor {
  return call(() =>
    wrap(
      f.selectScatter(nodeOf(x, 'selectScatter', 'x'), nodeOf(source, 'selectScatter', 'source'), dim, index),
    ),
  );
}

/**
 * The sign of real numbers: see sign.
 */
export function sgn(x: Tensor): Tensor {
  return call(() => wrap(f.sgn(nodeOf(x, 'sgn', 'x'))));
}

/**
 * `1 / (1 + e^-x)`.
 */
export function sigmoid(x: Tensor): Tensor {
  return call(() => wrap(f.sigmoid(nodeOf(x, 'sigmoid', 'x'))));
}

/**
 * -1, 0 or 1, as `x` is negative, zero or positive.
 */
export function sign(x: Tensor): Tensor {
  return call(() => wrap(f.sign(nodeOf(x, 'sign', 'x'))));
}

/**
 * Whether the sign bit is set: true for -0.
 */
export function signbit(x: Tensor): Tensor {
  return call(() => wrap(f.signbit(nodeOf(x, 'signbit', 'x'))));
}

/**
 * Sine of radians.
 */
export function sin(x: Tensor): Tensor {
  return call(() => wrap(f.sin(nodeOf(x, 'sin', 'x'))));
}

/**
 * `sin(pi x) / (pi x)`, 1 at 0.
 */
export function sinc(x: Tensor): Tensor {
  return call(() => wrap(f.sinc(nodeOf(x, 'sinc', 'x'))));
}

/**
 * Hyperbolic sine.
 */
export function sinh(x: Tensor): Tensor {
  return call(() => wrap(f.sinh(nodeOf(x, 'sinh', 'x'))));
}

/**
 * Every `step`-th slice of `dim` from `start` up to `end`, counted from the end where negative.
 */
export function slice(x: Tensor, dim?: number, start?: number, end?: number, step?: number): Tensor {
  return call(() => wrap(f.slice(nodeOf(x, 'slice', 'x'), dim, start, end, step)));
}

/**
 * `x` with every `step`-th slice of `dim` from `start` up to `end` replaced by those of `source`.
 */
export function sliceScatter(
  x: Tensor,
  source: Tensor,
  dim?: number,
  start?: number,
  end?: number,
  step?: number,
): Tensor {
  return call(() =>
    wrap(
      f.sliceScatter(
        nodeOf(x, 'sliceScatter', 'x'),
        nodeOf(source, 'sliceScatter', 'source'),
        dim,
        start,
        end,
        step,
      ),
    ),
  );
}

/**
 * `e^x / sum(e^x)` along `dim`. PyTorch: `F.softmax`.
 * @throws AxisError when `dim` is out of range.
 * @example F.softmax(tensor([0, 0]), 0) // [0.5, 0.5]
 */
export function softmax(x: Tensor, dim: number, options?: WithDType): Tensor {
  return call(() => wrap(f.softmax(nodeOf(x, 'softmax', 'x'), dim, options)));
}

/**
 * Values in order along `dim`, and where each stood.
 * @example const { values, indices } = x.sort(0, { descending: true })
 */
export function sort(
  x: Tensor,
  dim?: number,
  options?: { descending?: boolean | undefined; stable?: boolean | undefined },
): Named<'values' | 'indices'> {
  return call(() => named(f.sort(nodeOf(x, 'sort', 'x'), dim, options)));
}

/**
 * Parts along `dim` of the given size (the last may be smaller), or of the given sizes.
 */
export function split(x: Tensor, size: number | readonly number[], dim?: number): Tensor[] {
  return call(() => f.split(nodeOf(x, 'split', 'x'), size, dim).map(wrap));
}

/**
 * Parts along `dim` of the given sizes.
 */
export function splitWithSizes(x: Tensor, sizes: readonly number[], dim?: number): Tensor[] {
  return call(() => f.splitWithSizes(nodeOf(x, 'splitWithSizes', 'x'), sizes, dim).map(wrap));
}

/**
 * The square root, NaN below 0.
 */
export function sqrt(x: Tensor): Tensor {
  return call(() => wrap(f.sqrt(nodeOf(x, 'sqrt', 'x'))));
}

/**
 * `x * x`.
 */
export function square(x: Tensor): Tensor {
  return call(() => wrap(f.square(nodeOf(x, 'square', 'x'))));
}

/**
 * Without dimensions of size 1: all such, or those of `dim` that have size 1.
 */
export function squeeze(x: Tensor, dim?: Dims): Tensor {
  return call(() => wrap(f.squeeze(nodeOf(x, 'squeeze', 'x'), dim)));
}

/**
 * Tensors of one shape along a new dimension `dim`.
 */
export function stack(tensors: readonly Tensor[], dim?: number): Tensor {
  return call(() => wrap(f.stack(nodesOf(tensors, 'stack', 'tensors'), dim)));
}

/**
 * The standard deviation over `dim`: the root of the variance. Its gradient at 0 is 0.
 */
export function std(
  x: Tensor,
  dim?: Dims,
  options?: { correction?: number | undefined; keepdim?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.std(nodeOf(x, 'std', 'x'), dim, options)));
}

/**
 * Standard deviation and mean over `dim`.
 */
export function stdMean(
  x: Tensor,
  dim?: Dims,
  options?: { correction?: number | undefined; keepdim?: boolean | undefined },
): Named<'std' | 'mean'> {
  return call(() => named(f.stdMean(nodeOf(x, 'stdMean', 'x'), dim, options)));
}

/**
 * `x - alpha * y`.
 * @throws DTypeError for two bools.
 */
export function sub(x: Operand, y: Operand, options?: { alpha?: number | undefined }): Tensor {
  return call(() => wrap(f.sub(lower(x), lower(y), options)));
}

/**
 * The sum over `dim`. Bools and integers narrower than 32 bits are summed as int32.
 * @example tensor([[1, 2], [3, 4]]).sum(0) // [4, 6]
 */
export function sum(
  x: Tensor,
  dim?: Dims,
  options?: { keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.sum(nodeOf(x, 'sum', 'x'), dim, options)));
}

/**
 * See transpose.
 */
export function swapaxes(x: Tensor, dim0: number, dim1: number): Tensor {
  return call(() => wrap(f.swapaxes(nodeOf(x, 'swapaxes', 'x'), dim0, dim1)));
}

/**
 * The transpose of a matrix; smaller tensors as they are.
 */
export function t(x: Tensor): Tensor {
  return call(() => wrap(f.t(nodeOf(x, 't', 'x'))));
}

/**
 * Elements of the flattened tensor, negative positions counting from its end.
 */
export function take(x: Tensor, index: Tensor): Tensor {
  return call(() => wrap(f.take(nodeOf(x, 'take', 'x'), nodeOf(index, 'take', 'index'))));
}

/**
 * As gather, other dimensions broadcasting; without `dim`, elements of the flattened tensor.
 */
export function takeAlongDim(x: Tensor, index: Tensor, dim?: number): Tensor {
  return call(() =>
    wrap(f.takeAlongDim(nodeOf(x, 'takeAlongDim', 'x'), nodeOf(index, 'takeAlongDim', 'index'), dim)),
  );
}

/**
 * Tangent of radians.
 */
export function tan(x: Tensor): Tensor {
  return call(() => wrap(f.tan(nodeOf(x, 'tan', 'x'))));
}

/**
 * Hyperbolic tangent.
 */
export function tanh(x: Tensor): Tensor {
  return call(() => wrap(f.tanh(nodeOf(x, 'tanh', 'x'))));
}

/**
 * `sections` parts along `dim`, the first ones larger by one where it does not come out even; or parts that end at
 * the given positions.
 */
export function tensorSplit(x: Tensor, sections: number | readonly number[], dim?: number): Tensor[] {
  return call(() => f.tensorSplit(nodeOf(x, 'tensorSplit', 'x'), sections, dim).map(wrap));
}

/**
 * The product summed over given dimensions: the last `dims` of `x` with the first of `y`, or two lists of dimensions.
 */
export function tensordot(
  x: Tensor,
  y: Tensor,
  options?: { dims?: number | readonly [readonly number[], readonly number[]] | undefined },
): Tensor {
  return call(() => wrap(f.tensordot(nodeOf(x, 'tensordot', 'x'), nodeOf(y, 'tensordot', 'y'), options)));
}

/**
 * Copies of the tensor side by side; missing leading counts are 1.
 */
export function tile(x: Tensor, ...dims: Sizes): Tensor {
  return call(() => wrap(f.tile(nodeOf(x, 'tile', 'x'), ...dims)));
}

/**
 * The `k` largest (or smallest) values along `dim` in order, and where they stand.
 */
export function topk(
  x: Tensor,
  k: number,
  dim?: number,
  options?: { largest?: boolean | undefined; sorted?: boolean | undefined },
): Named<'values' | 'indices'> {
  return call(() => named(f.topk(nodeOf(x, 'topk', 'x'), k, dim, options)));
}

/**
 * The sum of the main diagonal of a matrix.
 */
export function trace(x: Tensor): Tensor {
  return call(() => wrap(f.trace(nodeOf(x, 'trace', 'x'))));
}

/**
 * With two dimensions exchanged.
 */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  return call(() => wrap(f.transpose(nodeOf(x, 'transpose', 'x'), dim0, dim1)));
}

/**
 * The integral of `y` along `dim` by the trapezoidal rule, over points `x` or in steps of `dx`.
 */
export function trapezoid(
  y: Tensor,
  x?: Tensor,
  dim?: number,
  options?: { dx?: number | undefined },
): Tensor {
  return call(() =>
    wrap(f.trapezoid(nodeOf(y, 'trapezoid', 'y'), maybeNodeOf(x, 'trapezoid', 'x'), dim, options)),
  );
}

/**
 * See trapezoid.
 */
export function trapz(y: Tensor, x?: Tensor, dim?: number, options?: { dx?: number | undefined }): Tensor {
  return call(() => wrap(f.trapz(nodeOf(y, 'trapz', 'y'), maybeNodeOf(x, 'trapz', 'x'), dim, options)));
}

/**
 * The lower triangle of matrices, up to `diagonal`; zeros above.
 */
export function tril(x: Tensor, options?: { diagonal?: number | undefined }): Tensor {
  return call(() => wrap(f.tril(nodeOf(x, 'tril', 'x'), options)));
}

/**
 * Rows and columns of the lower triangle of a matrix, as [2, n].
 */
export function trilIndices(
  row: number,
  column: number,
  options?: { offset?: number | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.trilIndices(row, column, options)));
}

/**
 * The upper triangle of matrices, from `diagonal` on; zeros below.
 */
export function triu(x: Tensor, options?: { diagonal?: number | undefined }): Tensor {
  return call(() => wrap(f.triu(nodeOf(x, 'triu', 'x'), options)));
}

/**
 * Rows and columns of the upper triangle of a matrix, as [2, n].
 */
export function triuIndices(
  row: number,
  column: number,
  options?: { offset?: number | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.triuIndices(row, column, options)));
}

/**
 * `x / y` with a floating result.
 */
export function trueDivide(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.trueDivide(lower(x), lower(y))));
}

/**
 * The integer part of `x`.
 */
export function trunc(x: Tensor): Tensor {
  return call(() => wrap(f.trunc(nodeOf(x, 'trunc', 'x'))));
}

/**
 * The slices along `dim`, without that dimension.
 */
export function unbind(x: Tensor, dim?: number): Tensor[] {
  return call(() => f.unbind(nodeOf(x, 'unbind', 'x'), dim).map(wrap));
}

/**
 * One dimension as several of the given sizes, one of which may be -1.
 */
export function unflatten(x: Tensor, dim: number, sizes: readonly number[]): Tensor {
  return call(() => wrap(f.unflatten(nodeOf(x, 'unflatten', 'x'), dim, sizes)));
}

/**
 * With a new dimension of size 1 at `dim`.
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  return call(() => wrap(f.unsqueeze(nodeOf(x, 'unsqueeze', 'x'), dim)));
}

/**
 * The variance over `dim`, divided by n - `correction`.
 */
function var_(
  x: Tensor,
  dim?: Dims,
  options?: { correction?: number | undefined; keepdim?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.variance(nodeOf(x, 'var', 'x'), dim, options)));
}
export { var_ as var };

/**
 * Variance and mean over `dim`.
 */
export function varMean(
  x: Tensor,
  dim?: Dims,
  options?: { correction?: number | undefined; keepdim?: boolean | undefined },
): Named<'var' | 'mean'> {
  return call(() => named(f.varMean(nodeOf(x, 'varMean', 'x'), dim, options)));
}

/**
 * The scalar product of two vectors; for real numbers the same as dot.
 */
export function vdot(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.vdot(nodeOf(x, 'vdot', 'x'), nodeOf(y, 'vdot', 'y'))));
}

/**
 * Parts along dimension 0.
 */
export function vsplit(x: Tensor, sections: number | readonly number[]): Tensor[] {
  return call(() => f.vsplit(nodeOf(x, 'vsplit', 'x'), sections).map(wrap));
}

/**
 * Tensors on top of each other: along dimension 0, vectors as rows.
 */
export function vstack(tensors: readonly Tensor[]): Tensor {
  return call(() => wrap(f.vstack(nodesOf(tensors, 'vstack', 'tensors'))));
}

/**
 * `x` where `condition` is true, else `y`.
 * @example where(x.gt(0), x, 0) // relu
 */
export function where(condition: Tensor, x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.where(nodeOf(condition, 'where', 'condition'), lower(x), lower(y))));
}

/**
 * `x * log(y)`, 0 where `x` is 0 (NaN `y` stays NaN).
 */
export function xlogy(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.xlogy(lower(x), lower(y))));
}

/**
 * A tensor of zeros.
 * @example zeros(2, 3), zeros([2, 3], { dtype: 'int32' })
 */
export function zeros(...size: SizesWith<Making>): Tensor {
  return call(() => leaf(wrap(f.zeros(...size)), ...size));
}

/**
 * Zeros in the shape and dtype of `x`.
 */
export function zerosLike(x: Tensor, options?: Making): Tensor {
  return call(() => leaf(wrap(f.zerosLike(nodeOf(x, 'zerosLike', 'x'), options)), options));
}
