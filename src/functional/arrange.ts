/** The same elements elsewhere: turned, rolled, repeated, cut out. */
import { ArgumentError, ShapeError, checkSizes, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { add, mul } from './arithmetic.js';
import { fromEnd, rowsAt } from './gather.js';
import { axisOf, range, rank, requireRank, sizesOf, type Dims, type Sizes, type Value } from './operands.js';

/**
 * Reversed along the given dimensions.
 * @method
 * @function
 */
export function flip(x: Value, dims: Dims): Value {
  const axes = [dims].flat().map((dim) => axisOf('flip', x, dim));
  if (new Set(axes).size !== axes.length) {
    throw new ArgumentError('flip', `${formatShape([dims].flat())} names a dimension twice`);
  }
  return rank(x) === 0 ? x : axes.reduce((y, axis) => g.flip(y, axis), x);
}

/**
 * Reversed along dimension 1.
 * @function
 */
export function fliplr(x: Value): Value {
  if (rank(x) < 2) throw new ShapeError('fliplr', `needs at least 2 dimensions, not ${formatShape(x.shape)}`);
  return flip(x, 1);
}

/**
 * Reversed along dimension 0.
 * @function
 */
export function flipud(x: Value): Value {
  if (rank(x) < 1) throw new ShapeError('flipud', 'needs at least 1 dimension');
  return flip(x, 0);
}

/**
 * Turned by `k` times 90 degrees in the plane of two dimensions, from the first towards the second.
 * @function
 */
export function rot90(
  x: Value,
  options: { k?: number | undefined; dims?: readonly number[] | undefined } = {},
): Value {
  const { k = 1, dims = [0, 1] } = options;
  const [a, b] = dims.map((dim) => axisOf('rot90', x, dim));
  if (dims.length !== 2 || a === undefined || b === undefined || a === b) {
    throw new ArgumentError('rot90', `dims are two different dimensions, not ${formatShape(dims)}`);
  }
  const turns: readonly ((y: Value) => Value)[] = [
    (y) => y,
    (y) => g.swapAxes(g.flip(y, b), a, b),
    (y) => g.flip(g.flip(y, a), b),
    (y) => g.flip(g.swapAxes(y, a, b), b),
  ];
  return turns[((k % 4) + 4) % 4]!(x);
}

/**
 * Shifted along dimensions, what leaves at one end coming in at the other; without `dims`, over all elements in order.
 * @method
 * @function
 */
export function roll(x: Value, shifts: Dims, dims?: Dims): Value {
  const by = [shifts].flat();
  const axes = dims === undefined ? [] : [dims].flat();
  if (by.length === 0) throw new ArgumentError('roll', 'needs at least one shift');
  if (axes.length === 0 && by.length === 1) {
    return g.reshape(rollAxis(g.reshape(x, [g.count(x)]), by[0]!, 0), x.shape);
  }
  if (axes.length !== by.length) {
    throw new ArgumentError('roll', `${by.length} shifts do not fit ${axes.length} dimensions`);
  }
  return by.reduce((y, shift, i) => rollAxis(y, shift, axisOf('roll', x, axes[i]!)), x);
}

function rollAxis(x: Value, shift: number, axis: number): Value {
  const size = x.shape[axis] ?? 0;
  if (size === 0) return x;
  const head = ((shift % size) + size) % size;
  if (head === 0) return x;
  return g.concat([g.sliceAxis(x, axis, size - head, head), g.sliceAxis(x, axis, 0, size - head)], axis);
}

/** Copies of the tensor side by side; `times` has one number per dimension of the result. */
function tiled(x: Value, times: readonly number[]): Value {
  const lead = times.length - rank(x);
  const shape = [...new Array<number>(lead).fill(1), ...x.shape];
  const spread = g.reshape(
    x,
    shape.flatMap((d) => [1, d]),
  );
  const copies = g.expand(
    spread,
    shape.flatMap((d, i) => [times[i]!, d]),
  );
  return g.reshape(
    copies,
    shape.map((d, i) => d * times[i]!),
  );
}

/**
 * Copies of the tensor side by side: as many along each dimension as `sizes` says.
 * @method
 */
export function repeat(x: Value, ...sizes: Sizes): Value {
  const times = sizesOf('repeat', sizes);
  if (times.length < rank(x)) {
    throw new ShapeError(
      'repeat',
      `${formatShape(times)} has fewer numbers than ${formatShape(x.shape)} dimensions`,
    );
  }
  if (times.some((n) => n < 0))
    throw new ArgumentError('repeat', `counts must not be negative: ${formatShape(times)}`);
  return tiled(x, times);
}

/**
 * Copies of the tensor side by side; missing leading counts are 1.
 * @method
 * @function
 */
export function tile(x: Value, ...dims: Sizes): Value {
  const times = sizesOf('tile', dims);
  const lead = Math.max(rank(x) - times.length, 0);
  return tiled(x, [...new Array<number>(lead).fill(1), ...times]);
}

/**
 * Each element (along `dim`, or of the flattened tensor) repeated a number of times.
 * @method
 * @function
 */
export function repeatInterleave(x: Value, repeats: number | readonly number[], dim?: number): Value {
  const line = dim === undefined ? g.reshape(x, [g.count(x)]) : x;
  const axis = axisOf('repeatInterleave', line, dim ?? 0);
  const size = line.shape[axis]!;
  checkSizes('repeatInterleave', typeof repeats === 'number' ? [repeats] : repeats);
  if (typeof repeats === 'number') {
    const spread = g.reshape(line, line.shape.toSpliced(axis + 1, 0, 1));
    const copies = g.expand(spread, spread.shape.with(axis + 1, repeats));
    return g.reshape(copies, line.shape.with(axis, size * repeats));
  }
  if (repeats.length !== size) {
    throw new ShapeError('repeatInterleave', `${repeats.length} counts do not fit ${size} elements`);
  }
  const parts = repeats.map((n, i) => {
    const one = g.sliceAxis(line, axis, i, 1);
    return g.expand(one, one.shape.with(axis, n));
  });
  return parts.length === 0 ? line : g.concat(parts, axis);
}

/**
 * The part of `dim` from `start` on, of the given length.
 * @method
 * @function
 */
export function narrow(x: Value, dim: number, start: number | Value, length: number): Value {
  if (rank(x) === 0) throw new ShapeError('narrow', 'cannot cut a 0-d tensor');
  const axis = axisOf('narrow', x, dim);
  const size = x.shape[axis]!;
  if (typeof start === 'object') {
    requireRank('narrow', start, 0);
    const from = g.cast(start, 'int32');
    return rowsAt(x, fromEnd(g.add(g.iota(length), g.expandTo(from, [length])), size), axis);
  }
  const first = start < 0 ? start + size : start;
  if (length < 0 || first < 0 || first + length > size) {
    throw new ArgumentError(
      'narrow',
      `start ${start} with length ${length} exceeds dim ${dim} of size ${size}`,
    );
  }
  return g.sliceAxis(x, axis, first, length);
}

/**
 * See narrow.
 * @function
 */
export function narrowCopy(x: Value, dim: number, start: number | Value, length: number): Value {
  return narrow(x, dim, start, length);
}

/**
 * One slice of `dim`, without that dimension.
 * @throws ArgumentError for a position outside.
 * @method
 * @function
 */
export function select(x: Value, dim: number, index: number): Value {
  if (rank(x) === 0) throw new ShapeError('select', 'cannot select from a 0-d tensor');
  const axis = axisOf('select', x, dim);
  const size = x.shape[axis]!;
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new ArgumentError('select', `index ${index} is out of range for dim ${dim} of size ${size}`);
  }
  const one = g.sliceAxis(x, axis, index < 0 ? index + size : index, 1);
  return g.reshape(one, x.shape.toSpliced(axis, 1));
}

/** First position, number of elements: what start:end:step means for a dimension of `size`. */
export function sliceBounds(
  size: number,
  start: number | undefined,
  end: number | undefined,
  step: number,
): { first: number; count: number } {
  const low = step < 0 ? -1 : 0;
  const high = step < 0 ? size - 1 : size;
  const bound = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const first = start === undefined ? (step < 0 ? high : low) : bound(start);
  const last = end === undefined ? (step < 0 ? low : high) : bound(end);
  return { first, count: Math.max(Math.ceil((last - first) / step), 0) };
}

/**
 * Every `step`-th slice of `dim` from `start` up to `end`, counted from the end where negative.
 * @function
 * @torch Tensor.__getitem__
 */
export function slice(x: Value, dim: number = 0, start?: number, end?: number, step: number = 1): Value {
  if (rank(x) === 0) throw new ShapeError('slice', 'cannot slice a 0-d tensor');
  if (!(step > 0)) throw new ArgumentError('slice', `step must be positive, not ${step}`);
  const axis = axisOf('slice', x, dim);
  const { first, count } = sliceBounds(x.shape[axis]!, start, end, step);
  return g.sliceAxis(x, axis, count === 0 ? 0 : first, count, step);
}

/**
 * Windows of `size` elements along `dim`, `step` apart, in a new last dimension.
 * @method unfold
 * @torch Tensor.unfold
 */
export function windows(x: Value, dim: number, size: number, step: number): Value {
  const lined = rank(x) === 0 ? g.reshape(x, [1]) : x;
  const axis = axisOf('unfold', x, dim);
  if (size > lined.shape[axis]!) {
    throw new ShapeError('unfold', `size ${size} is larger than dim ${dim} of ${formatShape(x.shape)}`);
  }
  if (!(step > 0)) throw new ArgumentError('unfold', `step must be positive, not ${step}`);
  return rank(x) === 0 ? g.reshape(x, [size]) : g.window(lined, axis, size, step);
}

/**
 * The elements at `storageOffset + i * stride[0] + j * stride[1] + ...` of the flattened tensor.
 * @function
 */
export function asStrided(
  x: Value,
  size: readonly number[],
  stride: readonly number[],
  options: { storageOffset?: number | undefined } = {},
): Value {
  const total = g.count(x);
  let at = g.full(size, options.storageOffset ?? 0, 'int32');
  let last = options.storageOffset ?? 0;
  for (const axis of range(size.length)) {
    at = add(at, mul(g.iotaAlong(size, axis), stride[axis]!));
    last += (size[axis]! - 1) * stride[axis]!;
  }
  if (last >= total && !size.includes(0)) {
    throw new ShapeError(
      'asStrided',
      `${formatShape(size)} with strides ${formatShape(stride)} leaves ${total} elements`,
    );
  }
  const flat = g.gather(g.reshape(x, [total]), g.reshape(at, [g.count(at)]), 0);
  return g.reshape(flat, size);
}

/**
 * Coordinates from vectors: tensor i varies along dimension i of all results. `indexing` 'xy' exchanges the first two.
 * @function
 */
export function meshgrid(
  tensors: readonly Value[],
  options: { indexing?: 'ij' | 'xy' | undefined } = {},
): Value[] {
  for (const x of tensors) requireRank('meshgrid', x, 0, 1);
  const swap = options.indexing === 'xy' && tensors.length > 1;
  const order = swap ? [tensors[1]!, tensors[0]!, ...tensors.slice(2)] : tensors;
  const shape = order.map((x) => g.count(x));
  const grids = order.map((x, i) =>
    g.expand(
      g.reshape(
        x,
        shape.map((d, j) => (i === j ? d : 1)),
      ),
      shape,
    ),
  );
  if (!swap) return grids;
  return [grids[1]!, grids[0]!, ...grids.slice(2)];
}

/**
 * All combinations of one element of each vector, as rows.
 * @function
 */
export function cartesianProd(...tensors: readonly Value[]): Value {
  if (tensors.length === 0) throw new ArgumentError('cartesianProd', 'takes one tensor or more');
  if (tensors.length === 1) return tensors[0]!;
  const columns = meshgrid(tensors).map((grid) => g.reshape(grid, [g.count(grid), 1]));
  return g.concat(columns, 1);
}
