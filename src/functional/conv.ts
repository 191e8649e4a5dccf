/** Convolution and its transpose in one, two and three dimensions: both are the one primitive `conv`. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { along, batched, perDim, type PerDim } from './nn-support.js';
import { range, type Value } from './operands.js';

type Padding = PerDim | 'same' | 'valid';

export interface ConvOptions {
  stride?: PerDim | undefined;
  padding?: Padding | undefined;
  dilation?: PerDim | undefined;
  groups?: number | undefined;
}

function addBias(op: string, y: Value, bias: Value | undefined): Value {
  if (bias === undefined) return y;
  const channels = y.shape[1]!;
  if (bias.shape.length !== 1 || bias.shape[0] !== channels) {
    throw new ShapeError(
      op,
      `expected bias to be 1-dimensional with ${channels} elements, but got bias of shape ${formatShape(bias.shape)}`,
    );
  }
  return g.add(y, along(bias, y.shape, 1));
}

function checkWeight(op: string, weight: Value, spatial: number, groups: number): number[] {
  if (weight.shape.length !== spatial + 2) {
    throw new ShapeError(op, `expected a ${spatial + 2}-d weight, but got ${formatShape(weight.shape)}`);
  }
  if (!Number.isInteger(groups) || groups < 1)
    throw new ArgumentError(op, `groups must be positive, but got ${groups}`);
  return weight.shape.slice(2);
}

/** Elements before and after each spatial dimension: 'same' puts the odd one after. */
function padding(
  op: string,
  value: Padding,
  extents: readonly number[],
  strides: readonly number[],
): [number[], number[]] {
  if (value === 'valid') return [extents.map(() => 0), extents.map(() => 0)];
  if (value === 'same') {
    if (strides.some((s) => s !== 1))
      throw new ArgumentError(op, "padding 'same' is not supported for strided convolutions");
    return [extents.map((e) => Math.floor((e - 1) / 2)), extents.map((e) => Math.ceil((e - 1) / 2))];
  }
  const both = perDim(op, 'padding', value, extents.length, [0], 0);
  return [both, both];
}

function convolution(
  op: string,
  spatial: number,
  input: Value,
  weight: Value,
  bias: Value | undefined,
  { stride, padding: pad = 0, dilation, groups = 1 }: ConvOptions,
): Value {
  const { x, unbatch } = batched(op, input, spatial);
  const kernel = checkWeight(op, weight, spatial, groups);
  if (x.shape[1] !== weight.shape[1]! * groups || weight.shape[0]! % groups !== 0) {
    throw new ShapeError(
      op,
      `weight of size ${formatShape(weight.shape)} and ${groups} group(s) expect an input of ` +
        `${weight.shape[1]! * groups} channels, but got ${formatShape(input.shape)} with ${x.shape[1]}`,
      'weight is [out, in / groups, ...kernel]; out is divisible by groups',
    );
  }
  const strides = perDim(op, 'stride', stride, spatial, [1], 1);
  const rhsDilation = perDim(op, 'dilation', dilation, spatial, [1], 1);
  const extents = kernel.map((k, i) => rhsDilation[i]! * (k - 1) + 1);
  const [padLow, padHigh] = padding(op, pad, extents, strides);
  const padded = extents.map((_, i) => x.shape[i + 2]! + padLow[i]! + padHigh[i]!);
  if (extents.some((extent, i) => extent > padded[i]!)) {
    throw new ShapeError(
      op,
      `kernel of size ${formatShape(extents)} can't be greater than the padded input of size ${formatShape(padded)}`,
    );
  }
  const y = g.conv(x, weight, {
    strides,
    padLow,
    padHigh,
    lhsDilation: kernel.map(() => 1),
    rhsDilation,
    featureGroups: groups,
    batchGroups: 1,
  });
  return unbatch(addBias(op, y, bias));
}

/**
 * Convolution over one dimension. PyTorch: `F.conv1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @param weight [O, C / groups, K], of the input's dtype.
 * @param bias [O].
 * @param options `stride`, `padding` (zeros on both sides, 'same' or 'valid'), `dilation`, `groups`.
 * @returns [N, O, (L + 2 padding - dilation (K - 1) - 1) / stride + 1].
 * @throws ShapeError when the shapes do not fit.
 * @example F.conv1d(ones(1, 1, 5), ones(1, 1, 3)) // [[[3, 3, 3]]]
 */
export function conv1d(input: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
  return convolution('conv1d', 1, input, weight, bias, options);
}

/**
 * Convolution over two dimensions. PyTorch: `F.conv2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @param weight [O, C / groups, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `conv1d`; one number for both dimensions or one each.
 * @throws ShapeError when the shapes do not fit.
 * @example F.conv2d(images, weight, bias, { padding: 1 })
 */
export function conv2d(input: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
  return convolution('conv2d', 2, input, weight, bias, options);
}

/**
 * Convolution over three dimensions. PyTorch: `F.conv3d`.
 * @namespace F
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param weight [O, C / groups, KD, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `conv1d`; one number for all three dimensions or one each.
 * @throws ShapeError when the shapes do not fit.
 * @example F.conv3d(volumes, weight)
 */
export function conv3d(input: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
  return convolution('conv3d', 3, input, weight, bias, options);
}

export interface ConvTransposeOptions {
  stride?: PerDim | undefined;
  padding?: PerDim | undefined;
  outputPadding?: PerDim | undefined;
  groups?: number | undefined;
  dilation?: PerDim | undefined;
}

/** [C, O / groups, ...k] as the weight of the convolution that transposes: [O, C / groups, ...k], spatially flipped. */
function transposedWeight(weight: Value, groups: number): Value {
  const [c, o, ...kernel] = weight.shape as [number, number, ...number[]];
  const grouped = g.reshape(weight, [groups, c / groups, o, ...kernel]);
  const swapped = g.reshape(g.swapAxes(grouped, 1, 2), [groups * o, c / groups, ...kernel]);
  return kernel.reduce((w, _, i) => g.flip(w, i + 2), swapped);
}

function transposedConvolution(
  op: string,
  spatial: number,
  input: Value,
  weight: Value,
  bias: Value | undefined,
  options: ConvTransposeOptions,
): Value {
  const { groups = 1 } = options;
  const { x, unbatch } = batched(op, input, spatial);
  const kernel = checkWeight(op, weight, spatial, groups);
  if (weight.shape[0] !== x.shape[1] || x.shape[1]! % groups !== 0) {
    throw new ShapeError(
      op,
      `weight of size ${formatShape(weight.shape)} and ${groups} group(s) expect an input of ${weight.shape[0]} channels, ` +
        `but got ${formatShape(input.shape)}`,
      'the weight of a transposed convolution is [in, out / groups, ...kernel]',
    );
  }
  const strides = perDim(op, 'stride', options.stride, spatial, [1], 1);
  const dilation = perDim(op, 'dilation', options.dilation, spatial, [1], 1);
  const pads = perDim(op, 'padding', options.padding, spatial, [0], 0);
  const extra = perDim(op, 'outputPadding', options.outputPadding, spatial, [0], 0);
  for (const i of range(spatial)) {
    if (extra[i]! >= Math.max(strides[i]!, dilation[i]!)) {
      throw new ArgumentError(
        op,
        `outputPadding must be smaller than either stride or dilation, but got ${extra[i]}`,
      );
    }
  }
  const padLow = kernel.map((k, i) => dilation[i]! * (k - 1) - pads[i]!);
  const y = g.conv(x, transposedWeight(weight, groups), {
    strides: kernel.map(() => 1),
    padLow,
    padHigh: padLow.map((low, i) => low + extra[i]!),
    lhsDilation: strides,
    rhsDilation: dilation,
    featureGroups: groups,
    batchGroups: 1,
  });
  return unbatch(addBias(op, y, bias));
}

/**
 * Transposed convolution over one dimension: the gradient of `conv1d` with respect to its input, as a layer.
 * PyTorch: `F.conv_transpose1d`.
 * @namespace F
 * @param input [N, C, L] or [C, L].
 * @param weight [C, O / groups, K], of the input's dtype.
 * @param bias [O].
 * @param options `stride`, `padding`, `outputPadding` (size added to one side), `groups`, `dilation`.
 * @returns [N, O, (L - 1) stride - 2 padding + dilation (K - 1) + outputPadding + 1].
 * @throws ShapeError when the shapes do not fit; ArgumentError when `outputPadding` is too large.
 * @example F.convTranspose1d(ones(1, 1, 2), ones(1, 1, 2), undefined, { stride: 2 }) // [[[1, 1, 1, 1]]]
 */
export function convTranspose1d(
  input: Value,
  weight: Value,
  bias?: Value,
  options: ConvTransposeOptions = {},
): Value {
  return transposedConvolution('convTranspose1d', 1, input, weight, bias, options);
}

/**
 * Transposed convolution over two dimensions. PyTorch: `F.conv_transpose2d`.
 * @namespace F
 * @param input [N, C, H, W] or [C, H, W].
 * @param weight [C, O / groups, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `convTranspose1d`.
 * @throws ShapeError when the shapes do not fit; ArgumentError when `outputPadding` is too large.
 * @example F.convTranspose2d(features, weight, bias, { stride: 2 })
 */
export function convTranspose2d(
  input: Value,
  weight: Value,
  bias?: Value,
  options: ConvTransposeOptions = {},
): Value {
  return transposedConvolution('convTranspose2d', 2, input, weight, bias, options);
}

/**
 * Transposed convolution over three dimensions. PyTorch: `F.conv_transpose3d`.
 * @namespace F
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param weight [C, O / groups, KD, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `convTranspose1d`.
 * @throws ShapeError when the shapes do not fit; ArgumentError when `outputPadding` is too large.
 * @example F.convTranspose3d(features, weight, bias, { stride: 2 })
 */
export function convTranspose3d(
  input: Value,
  weight: Value,
  bias?: Value,
  options: ConvTransposeOptions = {},
): Value {
  return transposedConvolution('convTranspose3d', 3, input, weight, bias, options);
}
