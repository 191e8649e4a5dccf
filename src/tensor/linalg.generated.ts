// Written by `npm run codegen` from src/functional. Do not edit.
/** torch.linalg: linear algebra. */
import type { DType } from '../core/index.js';
import * as f from '../functional/index.js';
import type { Dims } from '../functional/index.js';
import { nodeOf, nodesOf } from './arguments.js';
import { call } from './base.js';
import { wrap, type Tensor } from './tensor.generated.js';

/**
 * The vector product along a dimension of size 3.
 */
export function cross(x: Tensor, y: Tensor, dim?: number): Tensor {
  return call(() => wrap(f.linalgCross(nodeOf(x, 'cross', 'x'), nodeOf(y, 'cross', 'y'), dim)));
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
 * The matrix product. Vectors count as a row on the left and a column on the right, and lose that dimension again;
 * leading dimensions broadcast.
 * @throws ShapeError where inner sizes differ.
 * @example zeros(8, 2, 3).matmul(zeros(3, 4)) // shape [8, 2, 4]
 */
export function matmul(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.matmul(nodeOf(x, 'matmul', 'x'), nodeOf(y, 'matmul', 'y'))));
}

/**
 * The norm of matrices over two dimensions: order 'fro', the largest (Infinity) or smallest (-Infinity) sum of a row,
 * or of a column (1, -1).
 */
export function matrixNorm(
  x: Tensor,
  dim?: readonly number[],
  options?: { ord?: 'fro' | number | undefined; keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.matrixNorm(nodeOf(x, 'matrixNorm', 'x'), dim, options)));
}

/**
 * Square matrices to a power that is not negative.
 */
export function matrixPower(x: Tensor, n: number): Tensor {
  return call(() => wrap(f.matrixPower(nodeOf(x, 'matrixPower', 'x'), n)));
}

/**
 * The product of several matrices, in the order that takes the fewest multiplications. The first may be a row vector,
 * the last a column vector.
 */
export function multiDot(tensors: readonly Tensor[]): Tensor {
  return call(() => wrap(f.multiDot(nodesOf(tensors, 'multiDot', 'tensors'))));
}

/**
 * The norm of matrices where an order is given for two dimensions, else of vectors.
 */
export function norm(
  x: Tensor,
  dim?: Dims,
  options?: { ord?: 'fro' | number | undefined; keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.linalgNorm(nodeOf(x, 'norm', 'x'), dim, options)));
}

/**
 * The Vandermonde matrix of the last dimension: powers 0 to N - 1 of each element, in a new last dimension.
 */
export function vander(x: Tensor, options?: { N?: number | undefined }): Tensor {
  return call(() => wrap(f.vander(nodeOf(x, 'vander', 'x'), options)));
}

/**
 * The scalar products of vectors along `dim`, which broadcast.
 */
export function vecdot(x: Tensor, y: Tensor, dim?: number): Tensor {
  return call(() => wrap(f.vecdot(nodeOf(x, 'vecdot', 'x'), nodeOf(y, 'vecdot', 'y'), dim)));
}

/**
 * The norm of vectors over `dim`: order 2, or any other number, Infinity and -Infinity included.
 */
export function vectorNorm(
  x: Tensor,
  dim?: Dims,
  options?: { ord?: number | undefined; keepdim?: boolean | undefined; dtype?: DType | undefined },
): Tensor {
  return call(() => wrap(f.vectorNorm(nodeOf(x, 'vectorNorm', 'x'), dim, options)));
}
