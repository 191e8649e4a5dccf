/**
 * Sizes of dimensions and the arithmetic on them. A `Dim` is a number today; all arithmetic on dimensions
 * goes through this file, so that symbolic sizes have one place to come in.
 */
import { ArgumentError, AxisError, ShapeError, kindOf } from './errors.js';

export type Dim = number;
export type Shape = readonly Dim[];

export function numel(shape: Shape): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  // A loop: every call of a compiled function comes here, and a closure would be garbage.
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** A list of numbers, which programs without types may have as a typed array or as something else. */
export function numbersIn(
  op: string,
  list: readonly number[],
  what = 'a shape is a list',
): readonly number[] {
  if (Array.isArray(list)) return list as readonly number[];
  if (ArrayBuffer.isView(list) && !(list instanceof DataView)) return Array.from(list as ArrayLike<number>);
  throw new ArgumentError(op, `${what} of numbers, not ${kindOf(list)}`);
}

/** A dimension number in `[-rank, rank)` made non-negative. A 0-d tensor accepts 0 and -1, as in PyTorch. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const limit = Math.max(rank, 1);
  if (!Number.isInteger(axis) || axis < -limit || axis >= limit) {
    throw new AxisError(op, axis, rank);
  }
  return axis < 0 ? axis + limit : axis;
}

/** Several dimension numbers, or all of them when undefined; each at most once. Sorted. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axes === 'number' ? [axes] : numbersIn(op, axes, 'dim is a number or a list');
  const seen = list.map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(seen).size !== seen.length) {
    throw new ShapeError(op, `dim ${formatShape(list)} names a dimension twice`);
  }
  return rank === 0 ? [] : seen.sort((a, b) => a - b);
}

/**
 * The shape several operands broadcast to (NumPy's rule: aligned at the last dimension, size 1 stretches).
 * @throws ShapeError naming the op, all shapes and the dimension that disagrees.
 */
export function broadcastShapes(op: string, ...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (let i = 0; i < rank; i++) {
    for (const shape of shapes) {
      const dim = shape[shape.length - 1 - i];
      if (dim === undefined || dim === 1) continue;
      const known = result[rank - 1 - i]!;
      if (known !== 1 && known !== dim) {
        throw new ShapeError(
          op,
          `shapes ${shapes.map(formatShape).join(' and ')} do not broadcast: ` +
            `dimension ${-1 - i} is ${known} in one and ${dim} in the other`,
          `sizes must be equal or 1, aligned at the last dimension`,
        );
      }
      result[rank - 1 - i] = dim;
    }
  }
  return result;
}

/** Fills in one -1 of a requested shape from the number of elements. */
export function inferReshape(op: string, from: Shape, to: Shape): number[] {
  const count = numel(from);
  const unknown = to.indexOf(-1);
  if (to.some((dim, i) => !Number.isInteger(dim) || dim < (i === unknown ? -1 : 0))) {
    throw new ShapeError(
      op,
      `${formatShape(to)} is not a shape: sizes are non-negative, with at most one -1`,
    );
  }
  const result = [...to];
  if (unknown >= 0) {
    const known = numel(to.filter((_, i) => i !== unknown));
    if (known === 0 || count % known !== 0) {
      throw new ShapeError(
        op,
        `cannot give shape ${formatShape(to)} to ${count} elements (${formatShape(from)})`,
      );
    }
    result[unknown] = count / known;
  } else if (numel(to) !== count) {
    throw new ShapeError(
      op,
      `cannot give shape ${formatShape(to)} (${numel(to)} elements) to ${formatShape(from)} (${count} elements)`,
    );
  }
  return result;
}

/** Output size of a sliding window (convolution, pooling): floor((size - dilation*(kernel-1) - 1) / stride) + 1. */
export const windowCount = (size: Dim, kernel: Dim, stride: number, dilation: number): Dim =>
  Math.floor((size - dilation * (kernel - 1) - 1) / stride) + 1;

/** Size after `factor - 1` zeros are put between neighbours. */
export const dilatedSize = (size: Dim, factor: number): Dim => (size === 0 ? 0 : (size - 1) * factor + 1);

/** Refuses what is no shape. */
export function checkSizes(op: string, sizes: Shape): void {
  const wrong = numbersIn(op, sizes).findIndex((size) => !Number.isInteger(size) || size < 0);
  if (wrong >= 0) {
    throw new ArgumentError(op, `${sizes[wrong]} is not a size: sizes are non-negative integers`);
  }
}

/** Refuses what is no shape, or one that so many values do not fill. */
export function checkFills(op: string, shape: Shape, count: number): void {
  checkSizes(op, shape);
  if (numel(shape) !== count)
    throw new ShapeError(op, `${count} values do not fill shape ${formatShape(shape)}`);
}
