/** Views: the same elements under another shape. */
import {
  ArgumentError,
  ShapeError,
  broadcastShapes as commonShape,
  formatShape,
  inferReshape,
  numel,
} from '../core/index.js';
import { g } from '../graph/index.js';
import {
  axesOf,
  axisOf,
  range,
  rank,
  requireRank,
  sizesOf,
  type Dims,
  type Sizes,
  type Value,
} from './operands.js';

/**
 * The elements in another shape of equal size; one size may be -1.
 * @example arange(6).reshape(2, -1) // shape [2, 3]
 * @method
 * @function
 */
export function reshape(x: Value, ...shape: Sizes): Value {
  return g.reshape(x, inferReshape('reshape', x.shape, sizesOf('reshape', shape)));
}

/**
 * See reshape: every tensor can be viewed.
 * @method
 */
export function view(x: Value, ...shape: Sizes): Value {
  return g.reshape(x, inferReshape('view', x.shape, sizesOf('view', shape)));
}

/**
 * The elements in the shape of `other`.
 * @method
 */
export function viewAs(x: Value, other: Value): Value {
  return view(x, other.shape);
}

/**
 * The elements in the shape of `other`.
 * @method
 */
export function reshapeAs(x: Value, other: Value): Value {
  return reshape(x, other.shape);
}

/**
 * Dimensions `startDim` to `endDim` as one.
 * @method
 * @function
 */
export function flatten(x: Value, startDim: number = 0, endDim: number = -1): Value {
  if (rank(x) === 0) return g.reshape(x, [1]);
  const [start, end] = [axisOf('flatten', x, startDim), axisOf('flatten', x, endDim)];
  if (start > end) throw new ArgumentError('flatten', `startDim ${startDim} comes after endDim ${endDim}`);
  const merged = numel(x.shape.slice(start, end + 1));
  return g.reshape(x, [...x.shape.slice(0, start), merged, ...x.shape.slice(end + 1)]);
}

/**
 * One dimension as several of the given sizes, one of which may be -1.
 * @method
 * @function
 */
export function unflatten(x: Value, dim: number, sizes: readonly number[]): Value {
  const axis = axisOf('unflatten', x, dim);
  const parts = inferReshape('unflatten', [x.shape[axis]!], sizes);
  return g.reshape(x, x.shape.toSpliced(axis, 1, ...parts));
}

/**
 * All elements in one dimension.
 * @method
 * @function
 */
export function ravel(x: Value): Value {
  return g.reshape(x, [g.count(x)]);
}

/**
 * Without dimensions of size 1: all such, or those of `dim` that have size 1.
 * @method
 * @function
 */
export function squeeze(x: Value, dim?: Dims): Value {
  const axes = dim === undefined ? range(rank(x)) : axesOf('squeeze', x, dim);
  return g.reshape(
    x,
    x.shape.filter((d, i) => d !== 1 || !axes.includes(i)),
  );
}

/**
 * With a new dimension of size 1 at `dim`.
 * @method
 * @function
 */
export function unsqueeze(x: Value, dim: number): Value {
  const limit = rank(x) + 1;
  if (!Number.isInteger(dim) || dim < -limit || dim >= limit) {
    throw new ArgumentError(
      'unsqueeze',
      `dim ${dim} is out of range: it must be in [${-limit}, ${limit - 1}]`,
    );
  }
  return g.reshape(x, x.shape.toSpliced(dim < 0 ? dim + limit : dim, 0, 1));
}

/**
 * The dimensions in another order: dimension i of the result is dimension `dims[i]`.
 * @method
 * @function
 */
export function permute(x: Value, ...dims: Sizes): Value {
  const list = sizesOf('permute', dims);
  const perm = list.map((dim) => axisOf('permute', x, dim));
  if (perm.length !== rank(x) || new Set(perm).size !== perm.length) {
    throw new ShapeError('permute', `${formatShape(list)} is not an order of the ${rank(x)} dimensions`);
  }
  return g.permute(x, perm);
}

/**
 * With two dimensions exchanged.
 * @method
 * @function
 */
export function transpose(x: Value, dim0: number, dim1: number): Value {
  const [a, b] = [axisOf('transpose', x, dim0), axisOf('transpose', x, dim1)];
  return a === b ? x : g.swapAxes(x, a, b);
}

/**
 * See transpose.
 * @method
 * @function
 */
export function swapaxes(x: Value, dim0: number, dim1: number): Value {
  return transpose(x, dim0, dim1);
}

/**
 * Dimensions `source` moved to `destination`, the rest in order.
 * @method
 * @function
 */
export function movedim(x: Value, source: Dims, destination: Dims): Value {
  const list = (dims: Dims): number[] => [dims].flat().map((dim) => axisOf('movedim', x, dim));
  const [from, to] = [list(source), list(destination)];
  const distinct = [from, to].every((axes) => new Set(axes).size === axes.length);
  if (from.length !== to.length || !distinct) {
    throw new ArgumentError(
      'movedim',
      'source and destination are lists of different dimensions, of equal length',
    );
  }
  const rest = range(rank(x)).filter((axis) => !from.includes(axis));
  return g.permute(
    x,
    range(rank(x)).map((axis) => (to.includes(axis) ? from[to.indexOf(axis)]! : rest.shift()!)),
  );
}

/**
 * The transpose of a matrix; smaller tensors as they are.
 * @method
 * @function
 */
export function t(x: Value): Value {
  requireRank('t', x, 0, 1, 2);
  return rank(x) === 2 ? g.swapAxes(x, 0, 1) : x;
}

/**
 * The dimensions in reverse order.
 * @getter T
 */
export function reversedDims(x: Value): Value {
  return g.permute(x, range(rank(x)).reverse());
}

/**
 * The last two dimensions exchanged.
 * @getter mT
 */
export function matrixTranspose(x: Value): Value {
  if (rank(x) === 0) return x;
  if (rank(x) < 2) throw new ShapeError('mT', `needs at least 2 dimensions, not ${formatShape(x.shape)}`);
  return transpose(x, -2, -1);
}

/**
 * The conjugate transpose of a matrix, which is its transpose.
 * @getter H
 */
export function conjugateTranspose(x: Value): Value {
  requireRank('H', x, 0, 2);
  return t(x);
}

/**
 * The conjugate transpose over the last two dimensions.
 * @getter mH
 */
export function conjugateMatrixTranspose(x: Value): Value {
  return matrixTranspose(x);
}

/**
 * Stretched to the given sizes: dimensions of size 1 grow, new ones come first, -1 keeps a size.
 * @method
 */
export function expand(x: Value, ...sizes: Sizes): Value {
  const list = sizesOf('expand', sizes);
  const lead = list.length - rank(x);
  const target = list.map((size, i) => (size === -1 && i >= lead ? x.shape[i - lead]! : size));
  const fits = lead >= 0 && x.shape.every((d, i) => d === 1 || d === target[lead + i]);
  if (!fits || target.some((size) => size < 0)) {
    throw new ShapeError(
      'expand',
      `${formatShape(x.shape)} does not stretch to ${formatShape(list)}`,
      'sizes must be equal or 1 in the tensor, aligned at the last dimension',
    );
  }
  return g.expandTo(x, target);
}

/**
 * Stretched to the shape of `other`.
 * @method
 */
export function expandAs(x: Value, other: Value): Value {
  return expand(x, other.shape);
}

/**
 * Stretched to `shape` by broadcasting.
 * @method
 * @function
 */
export function broadcastTo(x: Value, shape: readonly number[]): Value {
  return expand(x, shape);
}

/**
 * Tensors stretched to their common shape.
 * @function
 */
export function broadcastTensors(...tensors: readonly Value[]): Value[] {
  return g.broadcast('broadcastTensors', ...tensors);
}

/**
 * The shape that several shapes broadcast to.
 * @function
 */
export function broadcastShapes(...shapes: readonly (readonly number[])[]): number[] {
  return commonShape('broadcastShapes', ...shapes);
}

/**
 * Summed over what broadcasting from the given shape had stretched.
 * @method
 */
export function sumToSize(x: Value, ...size: Sizes): Value {
  const shape = sizesOf('sumToSize', size);
  const lead = rank(x) - shape.length;
  if (lead < 0 || shape.some((d, i) => d !== 1 && d !== x.shape[lead + i])) {
    throw new ShapeError('sumToSize', `${formatShape(shape)} does not broadcast to ${formatShape(x.shape)}`);
  }
  return g.sumTo(x, shape);
}

const atLeast = (x: Value, n: number, dims: (x: Value) => readonly number[]): Value =>
  rank(x) >= n ? x : g.reshape(x, dims(x));

const oneOrAll = (tensors: readonly Value[], f: (x: Value) => Value): Value | Value[] =>
  tensors.length === 1 ? f(tensors[0]!) : tensors.map(f);

/** With at least one dimension. */
export const atLeast1d = (x: Value): Value => atLeast(x, 1, () => [1]);
/** With at least two: a vector becomes a row. */
export const atLeast2d = (x: Value): Value => atLeast(x, 2, ({ shape }) => [1, shape[0] ?? 1]);
/** With at least three: a vector becomes [1, n, 1], a matrix [m, n, 1]. */
export const atLeast3d = (x: Value): Value =>
  atLeast(x, 3, ({ shape }) => (shape.length === 2 ? [...shape, 1] : [1, shape[0] ?? 1, 1]));

/**
 * Tensors with at least one dimension.
 * @function
 * @torch atleast_1d
 */
export function atleast1d(x: Value): Value;
export function atleast1d(...tensors: readonly Value[]): Value[];
export function atleast1d(...tensors: readonly Value[]): Value | Value[] {
  return oneOrAll(tensors, atLeast1d);
}

/**
 * Tensors with at least two dimensions; vectors become rows.
 * @function
 * @torch atleast_2d
 */
export function atleast2d(x: Value): Value;
export function atleast2d(...tensors: readonly Value[]): Value[];
export function atleast2d(...tensors: readonly Value[]): Value | Value[] {
  return oneOrAll(tensors, atLeast2d);
}

/**
 * Tensors with at least three dimensions; a vector becomes [1, n, 1], a matrix [m, n, 1].
 * @function
 * @torch atleast_3d
 */
export function atleast3d(x: Value): Value;
export function atleast3d(...tensors: readonly Value[]): Value[];
export function atleast3d(...tensors: readonly Value[]): Value | Value[] {
  return oneOrAll(tensors, atLeast3d);
}
