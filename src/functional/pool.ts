/** Pooling over sliding windows: the largest element, the mean, the p-norm. */
import { ArgumentError, dtypes, integerRange } from '../core/index.js';
import { g } from '../graph/index.js';
import { batched, perDim, powNumber, type PerDim } from './nn-support.js';
import type { Value } from './operands.js';
import {
  checkHalfPadding,
  geometry,
  largest,
  perWindow,
  slide,
  type Geometry,
  type GeometryOptions,
} from './windows.js';

/** The value no element of a dtype is smaller than. */
export const lowest = (x: Value): number =>
  dtypes[x.dtype].kind === 'float' ? -Infinity : Number(integerRange(x.dtype).min);

export interface MaxPoolOptions {
  /** Distance between windows; the kernel size unless given. */
  stride?: PerDim | undefined;
  padding?: PerDim | undefined;
  dilation?: PerDim | undefined;
  /** Whether a window may hang over the end. */
  ceilMode?: boolean | undefined;
}

function maxPool(
  op: string,
  spatial: number,
  input: Value,
  kernelSize: PerDim,
  options: GeometryOptions & { returnIndices?: boolean | undefined },
): Value | { output: Value; indices: Value } {
  const sizes = geometry(op, spatial, kernelSize, options);
  checkHalfPadding(op, sizes);
  const { x, unbatch } = batched(op, input, spatial);
  const { output, indices } = largest(slide(op, x, sizes, lowest(x)), x.shape.slice(2));
  return options.returnIndices ? { output: unbatch(output), indices: unbatch(indices) } : unbatch(output);
}

/**
 * Largest element of each window over one dimension. PyTorch: `F.max_pool1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @param options `stride` (the kernel size unless given), `padding`, `dilation`, `ceilMode`; with `returnIndices` the
 *   positions of the elements too, int32, into the flattened spatial dimensions.
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.maxPool1d(tensor([[1, 3, 2, 4]]), 2) // [[3, 4]]
 */
export function maxPool1d(
  input: Value,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: false | undefined },
): Value;
export function maxPool1d(
  input: Value,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices: true },
): { output: Value; indices: Value };
export function maxPool1d(
  input: Value,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Value | { output: Value; indices: Value };
export function maxPool1d(
  input: Value,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices?: boolean | undefined } = {},
): Value | { output: Value; indices: Value } {
  return maxPool('maxPool1d', 1, input, kernelSize, options);
}

/**
 * Largest element of each window over two dimensions. PyTorch: `F.max_pool2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @param options As for `maxPool1d`.
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.maxPool2d(images, 2)
 */
export function maxPool2d(
  input: Value,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: false | undefined },
): Value;
export function maxPool2d(
  input: Value,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices: true },
): { output: Value; indices: Value };
export function maxPool2d(
  input: Value,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Value | { output: Value; indices: Value };
export function maxPool2d(
  input: Value,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices?: boolean | undefined } = {},
): Value | { output: Value; indices: Value } {
  return maxPool('maxPool2d', 2, input, kernelSize, options);
}

/**
 * Largest element of each window over three dimensions. PyTorch: `F.max_pool3d`.
 * @namespace F
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param options As for `maxPool1d`.
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.maxPool3d(volumes, 2)
 */
export function maxPool3d(
  input: Value,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: false | undefined },
): Value;
export function maxPool3d(
  input: Value,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices: true },
): { output: Value; indices: Value };
export function maxPool3d(
  input: Value,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Value | { output: Value; indices: Value };
export function maxPool3d(
  input: Value,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices?: boolean | undefined } = {},
): Value | { output: Value; indices: Value } {
  return maxPool('maxPool3d', 3, input, kernelSize, options);
}

export interface AvgPoolOptions {
  /** Distance between windows; the kernel size unless given. */
  stride?: PerDim | undefined;
  padding?: PerDim | undefined;
  /** Whether a window may hang over the end. */
  ceilMode?: boolean | undefined;
  /** Whether the padding counts in the mean (the default). */
  countIncludePad?: boolean | undefined;
  /** Divides by this, whatever the size of the window. */
  divisorOverride?: number | undefined;
}

/** How many elements each window of a dimension counts: a window that hangs over the end has fewer. */
function windowLength(
  size: number,
  { kernel, stride, padding }: Geometry,
  i: number,
  count: number,
  includePad: boolean,
): Value | number {
  const [k, s, p] = [kernel[i]!, stride[i]!, padding[i]!];
  const [first, last] = includePad ? [-p, size + p] : [0, size];
  if ((includePad || p === 0) && (count - 1) * s - p + k <= last) return k;
  const start = g.withScalar('add', g.scale(g.iota(count), s), -p);
  const from = g.binary('max', start, g.fullLike(start, first));
  return g.sub(g.binary('min', g.withScalar('add', start, k), g.fullLike(start, last)), from);
}

function avgPool(
  op: string,
  spatial: number,
  input: Value,
  kernelSize: PerDim,
  options: AvgPoolOptions,
): Value {
  const { countIncludePad = true, divisorOverride } = options;
  if (divisorOverride === 0) throw new ArgumentError(op, 'divisor must be not zero');
  const { stride, padding, ceilMode } = options;
  const sizes = geometry(op, spatial, kernelSize, { stride, padding, ceilMode });
  checkHalfPadding(op, sizes);
  const { x, unbatch } = batched(op, input, spatial);
  const { values } = slide(op, x, sizes, 0);
  const total = g.sum(
    values,
    sizes.kernel.map((_, i) => i + 2 + spatial),
  );
  const lengths = sizes.kernel.map((_, i) =>
    windowLength(x.shape[i + 2]!, sizes, i, total.shape[i + 2]!, countIncludePad),
  );
  return unbatch(g.div(total, perWindow(divisorOverride === undefined ? lengths : [divisorOverride], total)));
}

/**
 * Mean of each window over one dimension; of integers the truncated quotient. PyTorch: `F.avg_pool1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.avgPool1d(tensor([[1, 3, 2, 4]]), 2) // [[2, 3]]
 */
export function avgPool1d(input: Value, kernelSize: PerDim, options: AvgPoolOptions = {}): Value {
  return avgPool('avgPool1d', 1, input, kernelSize, options);
}

/**
 * Mean of each window over two dimensions. PyTorch: `F.avg_pool2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.avgPool2d(images, 2)
 */
export function avgPool2d(input: Value, kernelSize: PerDim, options: AvgPoolOptions = {}): Value {
  return avgPool('avgPool2d', 2, input, kernelSize, options);
}

/**
 * Mean of each window over three dimensions. PyTorch: `F.avg_pool3d`.
 * @namespace F
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.avgPool3d(volumes, 2)
 */
export function avgPool3d(input: Value, kernelSize: PerDim, options: AvgPoolOptions = {}): Value {
  return avgPool('avgPool3d', 3, input, kernelSize, options);
}

interface LpPoolOptions {
  stride?: PerDim | undefined;
  ceilMode?: boolean | undefined;
}

/** As PyTorch computes it, from the mean: a window that hangs over the end counts as full. */
function lpPool(
  op: string,
  spatial: number,
  input: Value,
  p: number,
  kernelSize: PerDim,
  options: LpPoolOptions,
): Value {
  const size = perDim(op, 'kernelSize', kernelSize, spatial, [], 1).reduce((a, b) => a * b, 1);
  const total = g.scale(avgPool(op, spatial, powNumber(input, p), kernelSize, options), size);
  const none = g.eq(total, g.zerosLike(total));
  return g.where(none, g.zerosLike(total), powNumber(g.where(none, g.fullLike(total, 1), total), 1 / p));
}

/**
 * p-norm of each window over one dimension. PyTorch: `F.lp_pool1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @example F.lpPool1d(tensor([[3, 4]]), 2, 2) // [[5]]
 */
export function lpPool1d(
  input: Value,
  normType: number,
  kernelSize: PerDim,
  options: { stride?: PerDim | undefined; ceilMode?: boolean | undefined } = {},
): Value {
  return lpPool('lpPool1d', 1, input, normType, kernelSize, options);
}

/**
 * p-norm of each window over two dimensions. PyTorch: `F.lp_pool2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @example F.lpPool2d(images, 2, 2)
 */
export function lpPool2d(
  input: Value,
  normType: number,
  kernelSize: PerDim,
  options: { stride?: PerDim | undefined; ceilMode?: boolean | undefined } = {},
): Value {
  return lpPool('lpPool2d', 2, input, normType, kernelSize, options);
}
