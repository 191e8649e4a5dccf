/** Products of vectors, matrices and stacks of them: each is one `dot`, its operands promoted as in arithmetic. */
import { ShapeError, broadcastShapes, formatShape, isFloat, type DType } from '../core/index.js';
import { g } from '../graph/index.js';
import { add, mul } from './arithmetic.js';
import { axisOf, operands, range, rank, requireRank, resultType, type Value } from './operands.js';

/** Both of the dtype they compute in; bools count. */
function factors(op: string, x: Value, y: Value): [Value, Value] {
  const dtype = resultType(op, x, y);
  const kind = dtype === 'bool' ? 'int32' : dtype;
  return [g.cast(x, kind), g.cast(y, kind)];
}

function requireInner(op: string, x: Value, y: Value, left: number, right: number): void {
  const [m, n] = [x.shape.at(left), y.shape.at(right)];
  if (m === n) return;
  throw new ShapeError(
    op,
    `${formatShape(x.shape)} and ${formatShape(y.shape)} do not fit: inner sizes are ${m} and ${n}`,
    `the last size of the left operand must equal the ${right === -1 ? 'last' : 'second to last'} of the right`,
  );
}

/**
 * The matrix product. Vectors count as a row on the left and a column on the right, and lose that dimension again;
 * leading dimensions broadcast.
 * @throws ShapeError where inner sizes differ.
 * @example zeros(8, 2, 3).matmul(zeros(3, 4)) // shape [8, 2, 4]
 * @method
 * @function
 * @namespace linalg
 */
export function matmul(x: Value, y: Value): Value {
  if (rank(x) === 0 || rank(y) === 0) {
    throw new ShapeError('matmul', 'both operands need at least 1 dimension', 'use mul for 0-d tensors');
  }
  requireInner('matmul', x, y, -1, rank(y) === 1 ? -1 : -2);
  const [a, b] = factors('matmul', x, y);
  const [m, n] = [rank(a), rank(b)];
  // A right operand without leading dimensions needs no batch: it is one contraction of all rows.
  if (n <= 2)
    return g.dot(a, b, {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [m - 1],
      rhsContract: [Math.max(n - 2, 0)],
    });
  const lead = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const batch = range(lead.length);
  const right = g.expandTo(b, [...lead, ...b.shape.slice(-2)]);
  if (m === 1) {
    const row = g.expandTo(a, [...lead, a.shape[0]!]);
    return g.dot(row, right, {
      lhsBatch: batch,
      rhsBatch: batch,
      lhsContract: [lead.length],
      rhsContract: [lead.length],
    });
  }
  return g.matmul(g.expandTo(a, [...lead, ...a.shape.slice(-2)]), right);
}

/**
 * The product of two matrices, without broadcasting.
 * @method
 * @function
 */
export function mm(x: Value, y: Value): Value {
  requireRank('mm', x, 2);
  requireRank('mm', y, 2);
  requireInner('mm', x, y, -1, -2);
  return g.matmul(...factors('mm', x, y));
}

/**
 * The products of two stacks of matrices, without broadcasting.
 * @method
 * @function
 */
export function bmm(x: Value, y: Value): Value {
  requireRank('bmm', x, 3);
  requireRank('bmm', y, 3);
  if (x.shape[0] !== y.shape[0]) {
    throw new ShapeError('bmm', `batch sizes of ${formatShape(x.shape)} and ${formatShape(y.shape)} differ`);
  }
  requireInner('bmm', x, y, -1, -2);
  return g.matmul(...factors('bmm', x, y));
}

/**
 * The product of a matrix and a vector.
 * @method
 * @function
 */
export function mv(x: Value, y: Value): Value {
  requireRank('mv', x, 2);
  requireRank('mv', y, 1);
  requireInner('mv', x, y, -1, -1);
  return matmul(x, y);
}

/**
 * The scalar product of two vectors.
 * @method
 * @function
 */
export function dot(x: Value, y: Value): Value {
  requireRank('dot', x, 1);
  requireRank('dot', y, 1);
  requireInner('dot', x, y, -1, -1);
  return matmul(x, y);
}

/**
 * The scalar product of two vectors; for real numbers the same as dot.
 * @function
 */
export function vdot(x: Value, y: Value): Value {
  return dot(x, y);
}

/**
 * The products over the last dimensions of both; 0-d tensors multiply.
 * @function
 */
export function inner(x: Value, y: Value): Value {
  if (rank(x) === 0 || rank(y) === 0) return mul(x, y);
  requireInner('inner', x, y, -1, -1);
  const [a, b] = factors('inner', x, y);
  return g.dot(a, b, { lhsBatch: [], rhsBatch: [], lhsContract: [rank(a) - 1], rhsContract: [rank(b) - 1] });
}

/**
 * All products of an element of one vector and one of another.
 * @method
 * @function
 */
export function outer(x: Value, y: Value): Value {
  requireRank('outer', x, 1);
  requireRank('outer', y, 1);
  return mul(g.reshape(x, [x.shape[0]!, 1]), y);
}

type Blend = { beta?: number | undefined; alpha?: number | undefined };

/** `beta * x + alpha * product`; what `x` holds does not matter where beta is 0. */
function blend(op: string, x: Value, product: Value, { beta = 1, alpha = 1 }: Blend): Value {
  const shape = broadcastShapes(op, x.shape, product.shape);
  if (formatShape(shape) !== formatShape(product.shape)) {
    throw new ShapeError(
      op,
      `${formatShape(x.shape)} does not broadcast to the product ${formatShape(product.shape)}`,
    );
  }
  // Integers take whole factors, as in PyTorch; for bools a factor is true unless it is 0.
  const exact = (dtype: DType, factor: number): number | Value =>
    isFloat(dtype) ? factor : g.constant(dtype === 'bool' ? factor !== 0 : Math.trunc(factor), dtype);
  const scaled = (value: Value, factor: number): Value =>
    factor === 1 ? value : mul(value, exact(value.dtype, factor));
  return beta === 0 ? scaled(product, alpha) : add(scaled(x, beta), scaled(product, alpha));
}

/**
 * `beta * x + alpha * (m1 @ m2)` of matrices.
 * @function
 */
export function addmm(
  x: Value,
  m1: Value,
  m2: Value,
  options: { beta?: number | undefined; alpha?: number | undefined } = {},
): Value {
  return blend('addmm', x, mm(m1, m2), options);
}

/**
 * `beta * x + alpha * (m @ v)` of a matrix and a vector.
 * @function
 */
export function addmv(
  x: Value,
  m: Value,
  v: Value,
  options: { beta?: number | undefined; alpha?: number | undefined } = {},
): Value {
  return blend('addmv', x, mv(m, v), options);
}

/**
 * `beta * x + alpha * (b1 @ b2)` summed over the batch.
 * @function
 */
export function addbmm(
  x: Value,
  b1: Value,
  b2: Value,
  options: { beta?: number | undefined; alpha?: number | undefined } = {},
): Value {
  return blend('addbmm', x, g.sum(bmm(b1, b2), [0]), options);
}

/**
 * `beta * x + alpha * (b1 @ b2)` of stacks of matrices.
 * @function
 */
export function baddbmm(
  x: Value,
  b1: Value,
  b2: Value,
  options: { beta?: number | undefined; alpha?: number | undefined } = {},
): Value {
  return blend('baddbmm', x, bmm(b1, b2), options);
}

/**
 * `beta * x + alpha * outer(v1, v2)`.
 * @function
 */
export function addr(
  x: Value,
  v1: Value,
  v2: Value,
  options: { beta?: number | undefined; alpha?: number | undefined } = {},
): Value {
  return blend('addr', x, outer(v1, v2), options);
}

/**
 * The product summed over given dimensions: the last `dims` of `x` with the first of `y`, or two lists of dimensions.
 * @function
 */
export function tensordot(
  x: Value,
  y: Value,
  options: { dims?: number | readonly [readonly number[], readonly number[]] | undefined } = {},
): Value {
  const { dims = 2 } = options;
  const [left, right] =
    typeof dims === 'number' ? [range(dims).map((i) => rank(x) - dims + i), range(dims)] : dims;
  const lhsContract = left.map((dim) => axisOf('tensordot', x, dim));
  const rhsContract = right.map((dim) => axisOf('tensordot', y, dim));
  if (lhsContract.length !== rhsContract.length) {
    throw new ShapeError('tensordot', 'both operands contract the same number of dimensions');
  }
  return g.dot(...factors('tensordot', x, y), { lhsBatch: [], rhsBatch: [], lhsContract, rhsContract });
}

/**
 * The Kronecker product: every element of `x` times all of `y`, in blocks.
 * @function
 */
export function kron(x: Value, y: Value): Value {
  const n = Math.max(rank(x), rank(y));
  const padded = (v: Value): number[] => [...new Array<number>(n - rank(v)).fill(1), ...v.shape];
  const [left, right] = [padded(x), padded(y)];
  const [a, b] = operands(
    'kron',
    g.reshape(
      x,
      left.flatMap((d) => [d, 1]),
    ),
    g.reshape(
      y,
      right.flatMap((d) => [1, d]),
    ),
  );
  return g.reshape(
    mul(a, b),
    left.map((d, i) => d * right[i]!),
  );
}
