/** Linear algebra without decompositions: norms, products of several matrices, distances. */
import { ArgumentError, ShapeError, broadcastShapes, formatShape, type DType } from '../core/index.js';
import { g } from '../graph/index.js';
import { eye } from './creation.js';
import { matmul } from './matmul.js';
import {
  allOperands,
  axesOf,
  axisOf,
  floating,
  inFloat32,
  rank,
  requireFloat,
  requireRank,
  type Dims,
  type Value,
} from './operands.js';
import { normOver } from './statistics.js';

/**
 * The scalar products of vectors along `dim`, which broadcast.
 * @namespace linalg
 */
export function vecdot(x: Value, y: Value, dim: number = -1): Value {
  const [a, b] = allOperands('vecdot', x, y);
  return g.sum(g.mul(a, b), [axisOf('vecdot', a, dim)]);
}

/**
 * The norm of vectors over `dim`: order 2, or any other number, Infinity and -Infinity included.
 * @namespace linalg
 */
export function vectorNorm(
  x: Value,
  dim?: Dims,
  options: { ord?: number | undefined; keepdim?: boolean | undefined; dtype?: DType | undefined } = {},
): Value {
  requireFloat('vectorNorm', x);
  const { ord = 2, keepdim, dtype } = options;
  const a = g.cast(x, dtype ?? x.dtype);
  const axes = axesOf('vectorNorm', a, dim);
  if (ord === Infinity && axes.some((axis) => a.shape[axis] === 0)) {
    throw new ShapeError('vectorNorm', `has no result over an empty dimension of ${formatShape(x.shape)}`);
  }
  return inFloat32(a, (wide) => normOver(wide, ord, axes, keepdim));
}

/**
 * The norm of matrices over two dimensions: order 'fro', the largest (Infinity) or smallest (-Infinity) sum of a row,
 * or of a column (1, -1).
 * @namespace linalg
 */
export function matrixNorm(
  x: Value,
  dim: readonly number[] = [-2, -1],
  options: {
    ord?: 'fro' | number | undefined;
    keepdim?: boolean | undefined;
    dtype?: DType | undefined;
  } = {},
): Value {
  requireFloat('matrixNorm', x);
  const { ord = 'fro', keepdim = false, dtype = x.dtype } = options;
  const a = g.cast(x, dtype);
  const [row, column] = dim.map((d) => axisOf('matrixNorm', a, d));
  if (row === undefined || column === undefined || dim.length !== 2 || row === column) {
    throw new ArgumentError('matrixNorm', `dim must be two different dimensions, not ${formatShape(dim)}`);
  }
  const pair = [row, column];
  const size = g.unary('abs', a);
  const lines = (over: number, op: 'amax' | 'amin', along: number): Value =>
    g.reduce(op, g.sum(size, [over], true), [along], true);
  const kinds = new Map<string | number, () => Value>([
    ['fro', () => normOver(a, 2, pair, true)],
    [1, () => lines(row, 'amax', column)],
    [-1, () => lines(row, 'amin', column)],
    [Infinity, () => lines(column, 'amax', row)],
    [-Infinity, () => lines(column, 'amin', row)],
  ]);
  const kind = kinds.get(ord);
  if (!kind)
    throw new ArgumentError('matrixNorm', `order ${ord} needs singular values, which are not offered`);
  const result = kind();
  return keepdim
    ? result
    : g.reshape(
        result,
        a.shape.filter((_, i) => !pair.includes(i)),
      );
}

/**
 * The norm of matrices where an order is given for two dimensions, else of vectors.
 * @namespace linalg norm
 */
export function linalgNorm(
  x: Value,
  dim?: Dims,
  options: {
    ord?: 'fro' | number | undefined;
    keepdim?: boolean | undefined;
    dtype?: DType | undefined;
  } = {},
): Value {
  const { ord, ...others } = options;
  const pair = typeof dim === 'object' ? dim : dim === undefined && rank(x) === 2 ? [0, 1] : [];
  if (ord !== undefined && pair.length === 2) return matrixNorm(x, pair, options);
  if (ord === undefined) return vectorNorm(x, dim, others);
  if (typeof ord !== 'number' || (dim === undefined && rank(x) !== 1)) {
    throw new ArgumentError('linalg.norm', `order ${ord} needs ${ord === 'fro' ? 2 : '1 or 2'} dimensions`);
  }
  return vectorNorm(x, dim, { ...others, ord });
}

/**
 * The product of several matrices, in the order that takes the fewest multiplications. The first may be a row vector,
 * the last a column vector.
 * @namespace linalg
 */
export function multiDot(tensors: readonly Value[]): Value {
  if (tensors.length < 2) throw new ArgumentError('multiDot', 'expects at least 2 tensors');
  const [first, last] = [tensors[0]!, tensors.at(-1)!];
  requireRank('multiDot', first, 1, 2);
  requireRank('multiDot', last, 1, 2);
  for (const x of tensors.slice(1, -1)) requireRank('multiDot', x, 2);
  const chain = [...tensors];
  if (rank(first) === 1) chain[0] = g.reshape(first, [1, first.shape[0]!]);
  if (rank(last) === 1) chain[chain.length - 1] = g.reshape(last, [last.shape[0]!, 1]);
  const product = chainProduct(chain);
  const rows = rank(first) === 1 ? [] : [product.shape[0]!];
  return g.reshape(product, rank(last) === 1 ? rows : [...rows, product.shape[1]!]);
}

/** Best way to multiply matrices i to j, by dynamic programming over the length of the part. */
function chainProduct(chain: readonly Value[]): Value {
  const sizes = [chain[0]!.shape[0]!, ...chain.map((x) => x.shape[1]!)];
  const n = chain.length;
  const costs = chain.map(() => new Array<number>(n).fill(0));
  const cuts = chain.map(() => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++) {
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      let best = Infinity;
      for (let cut = i; cut < j; cut++) {
        const cost = costs[i]![cut]! + costs[cut + 1]![j]! + sizes[i]! * sizes[cut + 1]! * sizes[j + 1]!;
        if (cost < best) {
          best = cost;
          cuts[i]![j] = cut;
        }
      }
      costs[i]![j] = best;
    }
  }
  const product = (i: number, j: number): Value =>
    i === j ? chain[i]! : matmul(product(i, cuts[i]![j]!), product(cuts[i]![j]! + 1, j));
  return product(0, n - 1);
}

/**
 * See linalg.multiDot.
 * @function
 */
export function chainMatmul(...matrices: readonly Value[]): Value {
  return matrices.length === 1 ? matrices[0]! : multiDot(matrices);
}

/**
 * Square matrices to a power that is not negative.
 * @function
 * @namespace linalg
 */
export function matrixPower(x: Value, n: number): Value {
  const [rows, columns] = x.shape.slice(-2);
  if (rank(x) < 2 || rows !== columns) {
    throw new ShapeError('matrixPower', `takes square matrices, not ${formatShape(x.shape)}`);
  }
  if (!Number.isInteger(n) || n < 0) {
    throw new ArgumentError('matrixPower', `the power must be an integer from 0 on, not ${n}`);
  }
  if (n === 0) return g.expandTo(eye(rows!, undefined, { dtype: x.dtype }), x.shape);
  let square = x;
  let result: Value | undefined;
  for (let left = n; left > 0; left >>= 1) {
    if (left & 1) result = result ? g.matmul(result, square) : square;
    if (left > 1) square = g.matmul(square, square);
  }
  return result!;
}

function crossProduct(op: string, x: Value, y: Value, dim: number): Value {
  const [a, b] = allOperands(op, x, y);
  const axis = axisOf(op, a, dim);
  if (a.shape[axis] !== 3) throw new ShapeError(op, `dim ${dim} must have size 3 in ${formatShape(a.shape)}`);
  const turn = (v: Value, by: number): Value =>
    g.concat([g.sliceAxis(v, axis, by, 3 - by), g.sliceAxis(v, axis, 0, by)], axis);
  return g.sub(g.mul(turn(a, 1), turn(b, 2)), g.mul(turn(a, 2), turn(b, 1)));
}

/**
 * The vector product along a dimension of size 3: the first such, unless `dim` says which.
 * @function
 */
export function cross(x: Value, y: Value, dim?: number): Value {
  if (dim !== undefined) return crossProduct('cross', x, y, dim);
  const shape = broadcastShapes('cross', x.shape, y.shape);
  const first = shape.indexOf(3);
  if (first < 0) throw new ShapeError('cross', `no dimension of ${formatShape(shape)} has size 3`);
  return crossProduct('cross', x, y, first - shape.length);
}

/**
 * The vector product along a dimension of size 3.
 * @namespace linalg cross
 */
export function linalgCross(x: Value, y: Value, dim: number = -1): Value {
  if (rank(x) !== rank(y)) {
    throw new ShapeError(
      'linalg.cross',
      `${formatShape(x.shape)} and ${formatShape(y.shape)} differ in dimensions`,
    );
  }
  return crossProduct('linalg.cross', x, y, dim);
}

/**
 * The slices of `dim` scaled down to a p-norm of at most `maxnorm`.
 * @function
 */
export function renorm(x: Value, p: number, dim: number, maxnorm: number): Value {
  requireFloat('renorm', x);
  if (rank(x) < 2) throw new ShapeError('renorm', `needs at least 2 dimensions, not ${formatShape(x.shape)}`);
  if (!(p > 0) || maxnorm < 0)
    throw new ArgumentError('renorm', 'p must be positive and maxnorm not negative');
  const axis = axisOf('renorm', x, dim);
  const others = axesOf('renorm', x, undefined).filter((each) => each !== axis);
  const size = normOver(x, p, others, true);
  const limit = g.fullLike(size, maxnorm);
  const long = g.lt(limit, size);
  const factor = g.div(limit, g.add(g.where(long, size, g.fullLike(size, 1)), g.fullLike(size, 1e-7)));
  return g.mul(x, g.expand(g.where(long, factor, g.fullLike(size, 1)), x.shape));
}

/**
 * The p-norm distances between all rows of two stacks of matrices.
 * @function
 */
export function cdist(x: Value, y: Value, options: { p?: number | undefined } = {}): Value {
  const { p = 2 } = options;
  if (rank(x) < 2 || rank(y) < 2 || x.shape.at(-1) !== y.shape.at(-1)) {
    throw new ShapeError(
      'cdist',
      `${formatShape(x.shape)} and ${formatShape(y.shape)} need equal last dimensions`,
    );
  }
  if (p < 0) throw new ArgumentError('cdist', `p must not be negative, not ${p}`);
  const [left, right] = [floating(x), floating(y)];
  const column = g.reshape(left, left.shape.toSpliced(-1, 0, 1));
  const row = g.reshape(right, right.shape.toSpliced(-2, 0, 1));
  const [a, b] = allOperands('cdist', column, row);
  const gap = g.sub(a, b);
  const shape = gap.shape.slice(0, -1);
  if (gap.shape.at(-1) === 0) return g.full(shape, 0, gap.dtype);
  return normOver(gap, p, [rank(gap) - 1]);
}
