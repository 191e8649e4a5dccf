/** Elements picked by positions held in tensors. Positions beyond the dimension give 0 and are reported on read. */
import { DTypeError, ShapeError, formatShape, isInteger, numel } from '../core/index.js';
import { g } from '../graph/index.js';
import { atLeast1, axisOf, range, rank, type Value } from './operands.js';

export function requireIndex(op: string, index: Value): void {
  if (!isInteger(index.dtype)) throw new DTypeError(op, `the index must be integers, not ${index.dtype}`);
}

/** Positions counted from the end where negative. */
export const fromEnd = (index: Value, size: number): Value =>
  g.where(g.lt(index, g.zerosLike(index)), g.add(index, g.fullLike(index, size)), index);

/** `x` cut to the sizes of `index` in all dimensions but one, as torch.gather and torch.scatter allow. */
export function cropTo(op: string, x: Value, index: Value, axis: number): Value {
  if (rank(index) !== rank(x)) {
    throw new ShapeError(
      op,
      `index ${formatShape(index.shape)} needs as many dimensions as ${formatShape(x.shape)}`,
    );
  }
  const sizes = x.shape.map((d, i) => (i === axis ? d : index.shape[i]!));
  if (sizes.some((d, i) => d > x.shape[i]!)) {
    throw new ShapeError(
      op,
      `index ${formatShape(index.shape)} exceeds ${formatShape(x.shape)} apart from dim ${axis}`,
    );
  }
  return g.slice(x, { starts: sizes.map(() => 0), sizes, steps: sizes.map(() => 1) });
}

/**
 * `out[i][j] = x[index[i][j]][j]` for dim 0, and so on: one position for every element of the result.
 * @method
 * @function
 */
export function gather(x: Value, dim: number, index: Value): Value {
  requireIndex('gather', index);
  const [a, at] = [atLeast1(x), rank(x) === 0 ? atLeast1(index) : index];
  const axis = axisOf('gather', x, dim);
  if (numel(index.shape) === 0) return g.full(index.shape, 0, x.dtype);
  return g.reshape(g.gather(cropTo('gather', a, at, axis), at, axis), index.shape);
}

/**
 * As gather, other dimensions broadcasting; without `dim`, elements of the flattened tensor.
 * @function
 */
export function takeAlongDim(x: Value, index: Value, dim?: number): Value {
  requireIndex('takeAlongDim', index);
  if (dim === undefined) return g.gather(g.reshape(x, [g.count(x)]), g.reshape(index, [g.count(index)]), 0);
  const axis = axisOf('takeAlongDim', x, dim);
  const wide = rank(index);
  if (wide !== rank(x)) {
    throw new ShapeError('takeAlongDim', `index ${formatShape(index.shape)} needs ${rank(x)} dimensions`);
  }
  const lines = (v: Value): Value =>
    g.reshape(g.sum(g.full(v.shape, 0, 'int32'), [axis], true), v.shape.with(axis, 1));
  const [common] = g.broadcast('takeAlongDim', lines(x), lines(index));
  const stretch = (v: Value): Value => g.expand(v, common!.shape.with(axis, v.shape[axis]!));
  return g.gather(stretch(x), stretch(index), axis);
}

/** Whole slices of one axis at the positions of a 1-d index, which may be negative only if `wrap` says so. */
export function rowsAt(x: Value, index: Value, axis: number): Value {
  const shape = x.shape.with(axis, index.shape[0]!);
  const line = g.reshape(
    index,
    shape.map((d, i) => (i === axis ? d : 1)),
  );
  return g.gather(x, g.expand(line, shape), axis);
}

/**
 * The slices of `dim` at the positions of a vector.
 * @method
 * @function
 */
export function indexSelect(x: Value, dim: number, index: Value): Value {
  requireIndex('indexSelect', index);
  if (rank(index) > 1) {
    throw new ShapeError('indexSelect', `the index is a vector, not ${formatShape(index.shape)}`);
  }
  const result = rowsAt(atLeast1(x), atLeast1(index), axisOf('indexSelect', x, dim));
  return rank(x) === 0 ? g.reshape(result, []) : result;
}

/**
 * Elements of the flattened tensor, negative positions counting from its end.
 * @function
 */
export function take(x: Value, index: Value): Value {
  requireIndex('take', index);
  const flat = g.reshape(x, [g.count(x)]);
  const at = fromEnd(g.reshape(index, [g.count(index)]), g.count(x));
  return g.reshape(g.gather(flat, at, 0), index.shape);
}

/** Position in the flattened last dimensions of each tuple of indices, and the shape those have in common. */
export function flatPositions(op: string, indices: readonly Value[], sizes: readonly number[]): Value {
  const aligned = g.broadcast(op, ...indices.map((index, i) => fromEnd(g.cast(index, 'int32'), sizes[i]!)));
  return aligned.reduce((sum, index, i) => g.add(g.scale(sum, sizes[i]!), index));
}

/**
 * Elements where several tensors index the first dimensions together, broadcast as in NumPy: `x[i, j]`.
 * The result has the indices' common shape, then the dimensions not indexed.
 */
export function gatherLeading(op: string, x: Value, indices: readonly Value[]): Value {
  const sizes = x.shape.slice(0, indices.length);
  const rest = x.shape.slice(indices.length);
  const positions = flatPositions(op, indices, sizes);
  const line = g.reshape(x, [numel(sizes), ...rest]);
  const rows = rowsAt(line, g.reshape(positions, [g.count(positions)]), 0);
  return g.reshape(rows, [...positions.shape, ...rest]);
}

/** The dimensions `axes` first, the others after them in order. */
export const leadingFirst = (x: Value, axes: readonly number[]): number[] => [
  ...axes,
  ...range(rank(x)).filter((axis) => !axes.includes(axis)),
];
