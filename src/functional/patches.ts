/** Images as columns of patches, and back: im2col and col2im. */
import { ShapeError, formatShape, numel, windowCount } from '../core/index.js';
import { g } from '../graph/index.js';
import { batched, perDim, type PerDim } from './nn-support.js';
import type { Value } from './operands.js';
import { geometry, slide } from './windows.js';

export interface PatchOptions {
  dilation?: PerDim | undefined;
  padding?: PerDim | undefined;
  /** Distance between patches, 1 unless given. */
  stride?: PerDim | undefined;
}

/**
 * Sliding patches of images as columns. PyTorch: `F.unfold`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @returns [N, C KH KW, L], L the number of positions, row by row.
 * @throws ShapeError when no patch fits.
 * @example F.unfold(ones(1, 1, 3, 3), 2).shape // [1, 4, 4]
 */
export function unfold(input: Value, kernelSize: PerDim, options: PatchOptions = {}): Value {
  const op = 'unfold';
  const { stride = 1, padding, dilation } = options;
  const { x, unbatch } = batched(op, input, 2);
  const { values } = slide(op, x, geometry(op, 2, kernelSize, { stride, padding, dilation }), 0);
  const [n, c, lh, lw, kh, kw] = values.shape as [number, number, number, number, number, number];
  return unbatch(g.reshape(g.permute(values, [0, 1, 4, 5, 2, 3]), [n, c * kh * kw, lh * lw]));
}

/**
 * Columns of patches added up to images where they overlap. PyTorch: `F.fold`.
 * @namespace F
 * @param input [N, C KH KW, L] or [C KH KW, L].
 * @param outputSize Height and width of the images, or one number for both.
 * @returns [N, C, H, W].
 * @throws ShapeError when the columns are not those of such patches.
 * @example F.fold(ones(1, 4, 4), 3, 2).shape // [1, 1, 3, 3]
 */
export function fold(
  input: Value,
  outputSize: PerDim,
  kernelSize: PerDim,
  options: PatchOptions = {},
): Value {
  const op = 'fold';
  const { x, unbatch } = batched(op, input, 1);
  const sizes = perDim(op, 'outputSize', outputSize, 2, [], 1);
  const { stride: step = 1, padding: pad, dilation: spread } = options;
  const { kernel, stride, padding, dilation } = geometry(op, 2, kernelSize, {
    stride: step,
    padding: pad,
    dilation: spread,
  });
  const [n, columns, positions] = x.shape as [number, number, number];
  const patch = numel(kernel);
  const counts = sizes.map((size, i) =>
    windowCount(size + 2 * padding[i]!, kernel[i]!, stride[i]!, dilation[i]!),
  );
  if (columns % patch !== 0) {
    throw new ShapeError(
      op,
      `expected the input's dimension 1 to be divisible by the product of the kernel size ${formatShape(kernel)}, ` +
        `but it is ${columns}`,
    );
  }
  if (numel(counts) !== positions || counts.some((count) => count < 1)) {
    throw new ShapeError(
      op,
      `expected ${formatShape(counts)} positions for output size ${formatShape(sizes)}, but the input has ${positions}`,
    );
  }
  const channels = columns / patch;
  const padded = sizes.map((size, i) => size + 2 * padding[i]!);
  const layout = [...kernel, ...counts];
  const along = (i: number): Value =>
    g.add(g.scale(g.iotaAlong(layout, i), dilation[i]!), g.scale(g.iotaAlong(layout, i + 2), stride[i]!));
  const pixel = g.add(g.scale(along(0), padded[1]!), along(1));
  const planes = n * channels;
  const index = g.expandTo(g.reshape(pixel, [patch * positions]), [planes, patch * positions]);
  const source = g.reshape(x, [planes, patch * positions]);
  const sums = g.scatterAdd(g.full([planes, numel(padded)], 0, x.dtype), index, source, 1);
  const image = g.reshape(sums, [n, channels, ...padded]);
  const inner = [0, 1].reduce((y, i) => g.sliceAxis(y, i + 2, padding[i]!, sizes[i]!), image as Value);
  return unbatch(inner);
}
