/** Pooling to a given output size, and the inverse of max pooling. */
import { ArgumentError, ShapeError, formatShape, sameShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { batched, type PerDim } from './nn-support.js';
import { range, type Value } from './operands.js';
import { lowest } from './pool.js';
import { adaptive, geometry, largest, perWindow } from './windows.js';

/** The size wanted in every spatial dimension, or in each; null keeps that of the input. */
export type OutputSize = number | readonly (number | null)[];

function outputSizes(op: string, wanted: OutputSize, x: Value): number[] {
  const sizes = x.shape.slice(2);
  const list = typeof wanted === 'number' ? sizes.map(() => wanted) : wanted;
  const counts =
    list.length === 1 ? sizes.map((size) => list[0] ?? size) : list.map((n, i) => n ?? sizes[i]!);
  if (counts.length !== sizes.length || counts.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ArgumentError(
      op,
      `outputSize is one positive integer or ${sizes.length}, or null to keep a size`,
    );
  }
  if (sizes.some((size) => size === 0)) {
    throw new ShapeError(op, `input ${formatShape(x.shape)} has an empty spatial dimension`);
  }
  return counts;
}

function adaptiveAvgPool(op: string, spatial: number, input: Value, outputSize: OutputSize): Value {
  const { x, unbatch } = batched(op, input, spatial);
  const { values, lengths } = adaptive(x, outputSizes(op, outputSize, x), 0);
  const total = g.sum(
    values,
    range(spatial).map((i) => i + 2 + spatial),
  );
  return unbatch(g.div(total, perWindow(lengths, total)));
}

/**
 * Means over one dimension, so that the result has `outputSize` elements. PyTorch: `F.adaptive_avg_pool1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveAvgPool1d(tensor([[1, 2, 3, 4]]), 2) // [[1.5, 3.5]]
 */
export function adaptiveAvgPool1d(input: Value, outputSize: OutputSize): Value {
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, input, outputSize);
}

/**
 * Means over two dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_avg_pool2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveAvgPool2d(images, [4, null])
 */
export function adaptiveAvgPool2d(input: Value, outputSize: OutputSize): Value {
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, input, outputSize);
}

/**
 * Means over three dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_avg_pool3d`.
 * @namespace F
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveAvgPool3d(volumes, 1)
 */
export function adaptiveAvgPool3d(input: Value, outputSize: OutputSize): Value {
  return adaptiveAvgPool('adaptiveAvgPool3d', 3, input, outputSize);
}

function adaptiveMaxPool(
  op: string,
  spatial: number,
  input: Value,
  outputSize: OutputSize,
  returnIndices: boolean | undefined,
): Value | { output: Value; indices: Value } {
  const { x, unbatch } = batched(op, input, spatial);
  const windows = adaptive(x, outputSizes(op, outputSize, x), lowest(x));
  const { output, indices } = largest(windows, x.shape.slice(2));
  return returnIndices ? { output: unbatch(output), indices: unbatch(indices) } : unbatch(output);
}

/**
 * Largest elements over one dimension, so that the result has `outputSize` elements. PyTorch: `F.adaptive_max_pool1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @param options With `returnIndices` the positions of the elements too, as for `maxPool1d`.
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveMaxPool1d(tensor([[1, 2, 3, 4]]), 2) // [[2, 4]]
 */
export function adaptiveMaxPool1d(
  input: Value,
  outputSize: OutputSize,
  options?: { returnIndices?: false | undefined },
): Value;
export function adaptiveMaxPool1d(
  input: Value,
  outputSize: OutputSize,
  options: { returnIndices: true },
): { output: Value; indices: Value };
export function adaptiveMaxPool1d(
  input: Value,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Value | { output: Value; indices: Value };
export function adaptiveMaxPool1d(
  input: Value,
  outputSize: OutputSize,
  options: { returnIndices?: boolean | undefined } = {},
): Value | { output: Value; indices: Value } {
  return adaptiveMaxPool('adaptiveMaxPool1d', 1, input, outputSize, options.returnIndices);
}

/**
 * Largest elements over two dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_max_pool2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @param options As for `adaptiveMaxPool1d`.
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveMaxPool2d(images, 1)
 */
export function adaptiveMaxPool2d(
  input: Value,
  outputSize: OutputSize,
  options?: { returnIndices?: false | undefined },
): Value;
export function adaptiveMaxPool2d(
  input: Value,
  outputSize: OutputSize,
  options: { returnIndices: true },
): { output: Value; indices: Value };
export function adaptiveMaxPool2d(
  input: Value,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Value | { output: Value; indices: Value };
export function adaptiveMaxPool2d(
  input: Value,
  outputSize: OutputSize,
  options: { returnIndices?: boolean | undefined } = {},
): Value | { output: Value; indices: Value } {
  return adaptiveMaxPool('adaptiveMaxPool2d', 2, input, outputSize, options.returnIndices);
}

/**
 * Largest elements over three dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_max_pool3d`.
 * @namespace F
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param options As for `adaptiveMaxPool1d`.
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveMaxPool3d(volumes, [null, 1, 1])
 */
export function adaptiveMaxPool3d(
  input: Value,
  outputSize: OutputSize,
  options?: { returnIndices?: false | undefined },
): Value;
export function adaptiveMaxPool3d(
  input: Value,
  outputSize: OutputSize,
  options: { returnIndices: true },
): { output: Value; indices: Value };
export function adaptiveMaxPool3d(
  input: Value,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Value | { output: Value; indices: Value };
export function adaptiveMaxPool3d(
  input: Value,
  outputSize: OutputSize,
  options: { returnIndices?: boolean | undefined } = {},
): Value | { output: Value; indices: Value } {
  return adaptiveMaxPool('adaptiveMaxPool3d', 3, input, outputSize, options.returnIndices);
}

export interface MaxUnpoolOptions {
  /** Distance between windows; the kernel size unless given. */
  stride?: PerDim | undefined;
  padding?: PerDim | undefined;
  /** Size of the result: the spatial dimensions, or all of them. */
  outputSize?: readonly number[] | undefined;
}

function maxUnpool(
  op: string,
  spatial: number,
  input: Value,
  indices: Value,
  kernelSize: PerDim,
  options: MaxUnpoolOptions,
): Value {
  if (!sameShape(input.shape, indices.shape)) {
    throw new ShapeError(
      op,
      `expected shape of indices to be that of the input ${formatShape(input.shape)}, but got ${formatShape(indices.shape)}`,
    );
  }
  const { kernel, stride, padding } = geometry(op, spatial, kernelSize, options);
  const { x, unbatch } = batched(op, input, spatial);
  const [n, c, ...sizes] = x.shape as [number, number, ...number[]];
  const least = sizes.map((size, i) => (size - 1) * stride[i]! - 2 * padding[i]! + kernel[i]!);
  const wanted = options.outputSize?.slice(-spatial) ?? least;
  const fits = wanted.length === spatial && wanted.every((w, i) => Math.abs(w - least[i]!) < stride[i]!);
  if (!fits) {
    throw new ShapeError(
      op,
      `invalid outputSize ${formatShape(wanted)}: each size must be less than a stride from ${formatShape(least)}`,
    );
  }
  const plane = wanted.reduce((a, b) => a * b, 1);
  const count = sizes.reduce((a, b) => a * b, 1);
  const base = g.full([n * c, plane], 0, x.dtype);
  const at = g.reshape(indices, [n * c, count]);
  const placed = g.scatter(base, at, g.reshape(x, [n * c, count]), 1);
  return unbatch(g.reshape(placed, [n, c, ...wanted]));
}

/**
 * Puts each element back where `maxPool1d` found it, zeros elsewhere. PyTorch: `F.max_unpool1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @param indices Positions as `maxPool1d` returns them, of the input's shape.
 * @throws ShapeError when shapes differ or `outputSize` cannot be.
 * @example F.maxUnpool1d(tensor([[3, 4]]), tensor([[1, 3]], { dtype: 'int32' }), 2) // [[0, 3, 0, 4]]
 */
export function maxUnpool1d(
  input: Value,
  indices: Value,
  kernelSize: PerDim,
  options: MaxUnpoolOptions = {},
): Value {
  return maxUnpool('maxUnpool1d', 1, input, indices, kernelSize, options);
}

/**
 * Puts each element back where `maxPool2d` found it, zeros elsewhere. PyTorch: `F.max_unpool2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @param indices Positions as `maxPool2d` returns them, of the input's shape.
 * @throws ShapeError when shapes differ or `outputSize` cannot be.
 * @example F.maxUnpool2d(pooled, indices, 2)
 */
export function maxUnpool2d(
  input: Value,
  indices: Value,
  kernelSize: PerDim,
  options: MaxUnpoolOptions = {},
): Value {
  return maxUnpool('maxUnpool2d', 2, input, indices, kernelSize, options);
}

/**
 * Puts each element back where `maxPool3d` found it, zeros elsewhere. PyTorch: `F.max_unpool3d`.
 * @namespace F
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param indices Positions as `maxPool3d` returns them, of the input's shape.
 * @throws ShapeError when shapes differ or `outputSize` cannot be.
 * @example F.maxUnpool3d(pooled, indices, 2)
 */
export function maxUnpool3d(
  input: Value,
  indices: Value,
  kernelSize: PerDim,
  options: MaxUnpoolOptions = {},
): Value {
  return maxUnpool('maxUnpool3d', 3, input, indices, kernelSize, options);
}
