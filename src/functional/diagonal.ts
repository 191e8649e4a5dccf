/** Diagonals and triangles of matrices. `diagonal` and `offset` count above the main one, below where negative. */
import { DTypeError, ShapeError, formatShape, isFloat, type DType } from '../core/index.js';
import { g } from '../graph/index.js';
import { axisOf, range, rank, requireRank, sumType, type Value } from './operands.js';

/** Whether column - row compares so to `diagonal`, over the last two dimensions of `shape`. */
function bandMask(shape: readonly number[], test: (gap: Value) => Value): Value {
  const n = shape.length;
  return test(g.sub(g.iotaAlong(shape, n - 1), g.iotaAlong(shape, n - 2)));
}

function triangle(op: string, x: Value, test: (gap: Value) => Value): Value {
  if (rank(x) < 2) throw new ShapeError(op, `needs at least 2 dimensions, not ${formatShape(x.shape)}`);
  return g.where(bandMask(x.shape, test), x, g.zerosLike(x));
}

/**
 * The lower triangle of matrices, up to `diagonal`; zeros above.
 * @method
 * @function
 */
export function tril(x: Value, options: { diagonal?: number | undefined } = {}): Value {
  return triangle('tril', x, (gap) => g.le(gap, g.fullLike(gap, options.diagonal ?? 0)));
}

/**
 * The upper triangle of matrices, from `diagonal` on; zeros below.
 * @method
 * @function
 */
export function triu(x: Value, options: { diagonal?: number | undefined } = {}): Value {
  return triangle('triu', x, (gap) => g.le(g.fullLike(gap, options.diagonal ?? 0), gap));
}

/** Row and column of the first element of a diagonal, and its length. */
function diagonalOf(
  rows: number,
  columns: number,
  offset: number,
): { row: number; column: number; length: number } {
  const [row, column] = [Math.max(-offset, 0), Math.max(offset, 0)];
  return { row, column, length: Math.max(Math.min(rows - row, columns - column), 0) };
}

/** Two dimensions moved to the end, and their numbers. */
function planeLast(op: string, x: Value, dim1: number, dim2: number): { plane: Value; perm: number[] } {
  const [a, b] = [axisOf(op, x, dim1), axisOf(op, x, dim2)];
  if (a === b) throw new ShapeError(op, `dim1 and dim2 are the same dimension ${dim1}`);
  const perm = [...range(rank(x)).filter((axis) => axis !== a && axis !== b), a, b];
  return { plane: g.permute(x, perm), perm };
}

/** Elements of a diagonal of the last two dimensions: as a view, since they lie evenly apart. */
function lastDiagonal(x: Value, offset: number): Value {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const { row, column, length } = diagonalOf(rows, columns, offset);
  const n = rank(x);
  const square = g.sliceAxis(
    g.sliceAxis(x, n - 2, length ? row : 0, length),
    n - 1,
    length ? column : 0,
    length,
  );
  if (length === 0) return g.reshape(square, [...x.shape.slice(0, -2), 0]);
  // Row-major, the diagonal elements of a square are length + 1 apart.
  const flat = g.reshape(square, [...x.shape.slice(0, -2), length * length]);
  return g.sliceAxis(flat, n - 2, 0, length, length + 1);
}

/**
 * The elements of a diagonal of two dimensions, in a new last dimension.
 * @method
 * @function
 * @namespace linalg
 */
export function diagonal(
  x: Value,
  options: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined } = {},
): Value {
  const { offset = 0, dim1 = 0, dim2 = 1 } = options;
  return lastDiagonal(planeLast('diagonal', x, dim1, dim2).plane, offset);
}

/**
 * Matrices with the last dimension of `x` on a diagonal, zeros elsewhere; `dim1` and `dim2` are their dimensions.
 * @function
 */
export function diagEmbed(
  x: Value,
  options: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined } = {},
): Value {
  const { offset = 0, dim1 = -2, dim2 = -1 } = options;
  if (rank(x) === 0) throw new ShapeError('diagEmbed', 'needs at least 1 dimension');
  const n = rank(x) + 1;
  const length = x.shape.at(-1)!;
  const size = length + Math.abs(offset);
  const shape = [...x.shape.slice(0, -1), size, size];
  const low = Math.max(offset, 0);
  const columns = g.padAxis(x, n - 2, low, size - length - low);
  const spread = g.expand(g.reshape(columns, [...x.shape.slice(0, -1), 1, size]), shape);
  const on = bandMask(shape, (gap) => g.eq(gap, g.fullLike(gap, offset)));
  const plane = g.where(on, spread, g.zerosLike(spread));
  const [a, b] = [axisOf('diagEmbed', plane, dim1), axisOf('diagEmbed', plane, dim2)];
  if (a === b) throw new ShapeError('diagEmbed', `dim1 and dim2 are the same dimension ${dim1}`);
  const rest = range(n - 2);
  return g.permute(
    plane,
    range(n).map((axis) => (axis === a ? n - 2 : axis === b ? n - 1 : rest.shift()!)),
  );
}

/**
 * A diagonal of a matrix, or a square matrix with a vector on that diagonal.
 * @function
 */
export function diag(x: Value, options: { diagonal?: number | undefined } = {}): Value {
  requireRank('diag', x, 1, 2);
  const offset = options.diagonal ?? 0;
  return rank(x) === 1 ? diagEmbed(x, { offset }) : diagonal(x, { offset });
}

/**
 * A square matrix with all elements of `x` on a diagonal.
 * @function
 */
export function diagflat(x: Value, options: { offset?: number | undefined } = {}): Value {
  return diagEmbed(g.reshape(x, [g.count(x)]), options);
}

/**
 * `x` with a diagonal of two dimensions replaced by `source`, laid out as diagonal returns it.
 * @function
 */
export function diagonalScatter(
  x: Value,
  source: Value,
  options: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined } = {},
): Value {
  const { offset = 0, dim1 = 0, dim2 = 1 } = options;
  const { plane, perm } = planeLast('diagonalScatter', x, dim1, dim2);
  const [rows, columns] = plane.shape.slice(-2) as [number, number];
  const { column, length } = diagonalOf(rows, columns, offset);
  const expected = [...plane.shape.slice(0, -2), length];
  if (formatShape(source.shape) !== formatShape(expected)) {
    throw new ShapeError(
      'diagonalScatter',
      `source ${formatShape(source.shape)} is not ${formatShape(expected)}`,
    );
  }
  const line = g.padAxis(g.cast(source, x.dtype), expected.length - 1, column, columns - column - length);
  const spread = g.expand(g.reshape(line, [...expected.slice(0, -1), 1, columns]), plane.shape);
  const on = bandMask(plane.shape, (gap) => g.eq(gap, g.fullLike(gap, offset)));
  const result = g.where(on, spread, plane);
  return g.permute(
    result,
    range(rank(x)).map((axis) => perm.indexOf(axis)),
  );
}

/**
 * The sum of the main diagonal of a matrix.
 * @method
 * @function
 */
export function trace(x: Value): Value {
  requireRank('trace', x, 2);
  const line = diagonal(x);
  return g.sum(g.cast(line, sumType(line.dtype)), [0]);
}

/** Row and column numbers of the part of each row that lies in a triangle. */
function triangleIndices(
  op: string,
  rows: number,
  columns: number,
  part: (row: number) => { from: number; to: number },
  dtype: DType = 'int32',
): Value {
  if (isFloat(dtype)) throw new DTypeError(op, `indices are integers, not ${dtype}`);
  const parts = range(rows).flatMap((row) => {
    const { from, to } = part(row);
    const [start, count] = [Math.max(from, 0), Math.min(to, columns) - Math.max(from, 0)];
    if (count <= 0) return [];
    const at = g.sliceAxis(g.iota(columns, dtype), 0, start, count);
    return [g.concat([g.full([1, count], row, dtype), g.reshape(at, [1, count])], 0)];
  });
  return parts.length === 0 ? g.full([2, 0], 0, dtype) : g.concat(parts, 1);
}

/**
 * Rows and columns of the lower triangle of a matrix, as [2, n].
 * @function
 */
export function trilIndices(
  row: number,
  column: number,
  options: { offset?: number | undefined; dtype?: DType | undefined } = {},
): Value {
  const { offset = 0, dtype } = options;
  return triangleIndices('trilIndices', row, column, (r) => ({ from: 0, to: r + offset + 1 }), dtype);
}

/**
 * Rows and columns of the upper triangle of a matrix, as [2, n].
 * @function
 */
export function triuIndices(
  row: number,
  column: number,
  options: { offset?: number | undefined; dtype?: DType | undefined } = {},
): Value {
  const { offset = 0, dtype } = options;
  return triangleIndices('triuIndices', row, column, (r) => ({ from: r + offset, to: column }), dtype);
}
