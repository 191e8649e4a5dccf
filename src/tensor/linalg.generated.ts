// Written by `npm run codegen` from src/functional. Do not edit.
/** torch.linalg: linear algebra. */
import * as f from '../functional/index.js';

import { call } from './base.js';
import { wrap, type Tensor } from './tensor.generated.js';

/**
 * The elements of a diagonal of two dimensions, in a new last dimension.
 */
export function diagonal(
  x: Tensor,
  options?: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined },
): Tensor {
  return call(() => wrap(f.diagonal(x.node, options)));
}

/**
 * The matrix product. Vectors count as a row on the left and a column on the right, and lose that dimension again;
 * leading dimensions broadcast.
 * @throws ShapeError where inner sizes differ.
 * @example zeros(8, 2, 3).matmul(zeros(3, 4)) // shape [8, 2, 4]
 */
export function matmul(x: Tensor, y: Tensor): Tensor {
  return call(() => wrap(f.matmul(x.node, y.node)));
}
