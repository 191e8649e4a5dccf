/** Tensors joined into one and cut into several. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { axisOf, rank, resultType, type Value } from './operands.js';
import { atLeast1d, atLeast2d, atLeast3d } from './shape.js';

function promoted(op: string, tensors: readonly Value[]): Value[] {
  if (tensors.length === 0) throw new ArgumentError(op, 'expects a non-empty list of tensors');
  const dtype = resultType(op, ...tensors);
  return tensors.map((x) => g.cast(x, dtype));
}

/**
 * Tensors one after another along `dim`; all other sizes must agree.
 * @example cat([zeros(2, 3), ones(1, 3)]) // shape [3, 3]
 * @function
 */
export function cat(tensors: readonly Value[], dim: number = 0): Value {
  const all = promoted('cat', tensors);
  // An empty vector joins with anything, as in PyTorch.
  const parts = all.filter((x) => !(rank(x) === 1 && x.shape[0] === 0));
  const first = parts[0] ?? all[0]!;
  if (parts.length === 0) return first;
  const scalar = parts.find((x) => rank(x) === 0);
  if (scalar) throw new ShapeError('cat', 'a 0-d tensor cannot be joined', 'use stack');
  const axis = axisOf('cat', first, dim);
  for (const [n, x] of parts.entries()) {
    if (rank(x) !== rank(first) || x.shape.some((d, i) => i !== axis && d !== first.shape[i])) {
      throw new ShapeError(
        'cat',
        `tensor ${n} has shape ${formatShape(x.shape)}, the first ${formatShape(first.shape)}: all but dimension ${axis} must agree`,
      );
    }
  }
  return g.concat(parts, axis);
}

/**
 * Tensors of one shape along a new dimension `dim`.
 * @function
 */
export function stack(tensors: readonly Value[], dim: number = 0): Value {
  const parts = promoted('stack', tensors);
  const first = parts[0]!;
  const limit = rank(first) + 1;
  if (dim < -limit || dim >= limit) {
    throw new ArgumentError('stack', `dim ${dim} is out of range: it must be in [${-limit}, ${limit - 1}]`);
  }
  const axis = dim < 0 ? dim + limit : dim;
  const odd = parts.find((x) => formatShape(x.shape) !== formatShape(first.shape));
  if (odd) {
    throw new ShapeError(
      'stack',
      `shapes ${formatShape(first.shape)} and ${formatShape(odd.shape)} must be equal`,
    );
  }
  return g.concat(
    parts.map((x) => g.reshape(x, x.shape.toSpliced(axis, 0, 1))),
    axis,
  );
}

/**
 * Tensors side by side: along dimension 1, or 0 for vectors.
 * @function
 */
export function hstack(tensors: readonly Value[]): Value {
  const parts = tensors.map(atLeast1d);
  return cat(parts, parts.length > 0 && rank(parts[0]!) === 1 ? 0 : 1);
}

/**
 * Tensors on top of each other: along dimension 0, vectors as rows.
 * @function
 */
export function vstack(tensors: readonly Value[]): Value {
  return cat(tensors.map(atLeast2d), 0);
}

/**
 * Tensors behind each other: along dimension 2.
 * @function
 */
export function dstack(tensors: readonly Value[]): Value {
  return cat(tensors.map(atLeast3d), 2);
}

/**
 * Tensors side by side, vectors as columns.
 * @function
 */
export function columnStack(tensors: readonly Value[]): Value {
  return hstack(tensors.map((x) => (rank(x) <= 1 ? g.reshape(x, [g.count(x), 1]) : x)));
}

/**
 * A matrix with the given ones on its diagonal, zeros elsewhere.
 * @function
 */
export function blockDiag(...tensors: readonly Value[]): Value {
  const blocks = promoted('blockDiag', tensors).map(atLeast2d);
  const width = blocks.reduce((sum, block) => sum + block.shape[1]!, 0);
  let before = 0;
  const rows = blocks.map((block) => {
    const low = before;
    before += block.shape[1]!;
    return g.padAxis(block, 1, low, width - before);
  });
  return g.concat(rows, 0);
}

/** Consecutive parts of the given sizes along one axis. */
function parts(x: Value, axis: number, sizes: readonly number[]): Value[] {
  let start = 0;
  return sizes.map((size) => {
    const part = g.sliceAxis(x, axis, start, size);
    start += size;
    return part;
  });
}

const pieces = (total: number, size: number): number[] =>
  Array.from({ length: Math.max(Math.ceil(total / size), 1) }, (_, i) => Math.min(size, total - i * size));

/**
 * Parts along `dim` of the given size (the last may be smaller), or of the given sizes.
 * @method
 * @function
 */
export function split(x: Value, size: number | readonly number[], dim: number = 0): Value[] {
  if (rank(x) === 0) throw new ShapeError('split', 'expects at least one dimension');
  const axis = axisOf('split', x, dim);
  const total = x.shape[axis]!;
  if (typeof size === 'number') {
    if (size < 0 || (size === 0 && total !== 0))
      throw new ArgumentError('split', `cannot split by size ${size}`);
    return parts(x, axis, size === 0 ? [0] : pieces(total, size));
  }
  if (size.some((s) => s < 0) || size.reduce((a, b) => a + b, 0) !== total) {
    throw new ShapeError(
      'split',
      `sizes ${formatShape(size)} do not add up to ${total}, the size of dim ${dim}`,
    );
  }
  return parts(x, axis, size);
}

/**
 * Parts along `dim` of the given sizes.
 * @method
 * @function
 */
export function splitWithSizes(x: Value, sizes: readonly number[], dim: number = 0): Value[] {
  return split(x, sizes, dim);
}

/**
 * At most `chunks` parts along `dim`, of equal size but for the last.
 * @method
 * @function
 */
export function chunk(x: Value, chunks: number, dim: number = 0): Value[] {
  if (rank(x) === 0) throw new ShapeError('chunk', 'expects at least one dimension');
  if (!(chunks > 0)) throw new ArgumentError('chunk', `expects a positive number of chunks, not ${chunks}`);
  const axis = axisOf('chunk', x, dim);
  const total = x.shape[axis]!;
  if (total === 0) return parts(x, axis, new Array<number>(chunks).fill(0));
  return parts(x, axis, pieces(total, Math.ceil(total / chunks)));
}

/**
 * `sections` parts along `dim`, the first ones larger by one where it does not come out even; or parts that end at
 * the given positions.
 * @function
 */
export function tensorSplit(x: Value, sections: number | readonly number[], dim: number = 0): Value[] {
  if (rank(x) === 0) throw new ShapeError('tensorSplit', 'expects at least one dimension');
  const axis = axisOf('tensorSplit', x, dim);
  const total = x.shape[axis]!;
  if (typeof sections === 'number') {
    if (!(sections > 0)) throw new ArgumentError('tensorSplit', `expects a positive number, not ${sections}`);
    const [size, more] = [Math.floor(total / sections), total % sections];
    return parts(
      x,
      axis,
      Array.from({ length: sections }, (_, i) => size + (i < more ? 1 : 0)),
    );
  }
  const inside = (at: number): number => Math.min(Math.max(at < 0 ? at + total : at, 0), total);
  const bounds = [0, ...sections.map(inside), total];
  return bounds.slice(1).map((end, i) => g.sliceAxis(x, axis, bounds[i]!, Math.max(end - bounds[i]!, 0)));
}

function splitEvenly(op: string, x: Value, sections: number | readonly number[], dim: number): Value[] {
  if (typeof sections === 'number' && x.shape[dim]! % sections !== 0) {
    throw new ArgumentError(op, `size ${x.shape[dim]} of dim ${dim} is not divisible by ${sections}`);
  }
  return tensorSplit(x, sections, dim);
}

function requireDims(op: string, x: Value, least: number): void {
  if (rank(x) < least)
    throw new ShapeError(op, `needs ${least} or more dimensions, not ${formatShape(x.shape)}`);
}

/**
 * Parts along dimension 1 (0 for vectors).
 * @function
 */
export function hsplit(x: Value, sections: number | readonly number[]): Value[] {
  requireDims('hsplit', x, 1);
  return splitEvenly('hsplit', x, sections, rank(x) === 1 ? 0 : 1);
}

/**
 * Parts along dimension 0.
 * @function
 */
export function vsplit(x: Value, sections: number | readonly number[]): Value[] {
  requireDims('vsplit', x, 2);
  return splitEvenly('vsplit', x, sections, 0);
}

/**
 * Parts along dimension 2.
 * @function
 */
export function dsplit(x: Value, sections: number | readonly number[]): Value[] {
  requireDims('dsplit', x, 3);
  return splitEvenly('dsplit', x, sections, 2);
}

/**
 * The slices along `dim`, without that dimension.
 * @method
 * @function
 */
export function unbind(x: Value, dim: number = 0): Value[] {
  if (rank(x) === 0) throw new ShapeError('unbind', 'expects at least one dimension');
  const axis = axisOf('unbind', x, dim);
  const shape = x.shape.toSpliced(axis, 1);
  return Array.from({ length: x.shape[axis]! }, (_, i) => g.reshape(g.sliceAxis(x, axis, i, 1), shape));
}
