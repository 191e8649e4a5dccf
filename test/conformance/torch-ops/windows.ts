/** torch.nn.functional: convolution, pooling, padding and rearrangement. */
import { F, type Tensor } from 'fusegrad';
import type { T1, T2, T3, Table } from './row.js';

type N = number | readonly number[];
type Weights = { weight?: Tensor; bias?: Tensor };
type Conv = Weights & { stride?: N; padding?: N | 'same' | 'valid'; dilation?: N; groups?: number };
type Transposed = Weights & { stride?: N; padding?: N; outputPadding?: N; dilation?: N; groups?: number };

export const convolutions: Table = {
  'nn.functional.conv1d': ([x, weight, bias]: T3, kw: Conv) =>
    F.conv1d(x, weight ?? kw.weight, bias ?? kw.bias, kw),
  'nn.functional.conv2d': ([x, weight, bias]: T3, kw: Conv) =>
    F.conv2d(x, weight ?? kw.weight, bias ?? kw.bias, kw),
  'nn.functional.conv_transpose1d': ([x, weight, bias]: T3, kw: Transposed) =>
    F.convTranspose1d(x, weight ?? kw.weight, bias ?? kw.bias, kw),
  'nn.functional.conv_transpose2d': ([x, weight, bias]: T3, kw: Transposed) =>
    F.convTranspose2d(x, weight ?? kw.weight, bias ?? kw.bias, kw),
  'nn.functional.conv_transpose3d': ([x, weight, bias]: T3, kw: Transposed) =>
    F.convTranspose3d(x, weight ?? kw.weight, bias ?? kw.bias, kw),
};

type Average = {
  stride?: N;
  padding?: N;
  ceilMode?: boolean;
  countIncludePad?: boolean;
  divisorOverride?: number;
};
type Max = {
  kernelSize: N;
  stride?: N;
  padding?: N;
  dilation?: N;
  ceilMode?: boolean;
  /** Or not: results are flattened. */
  returnIndices: true;
};
type Unpool = { kernelSize: N; stride?: N; padding?: N; outputSize?: readonly number[] };
type Size = readonly [Tensor, number | readonly (number | null)[]];
type Window = readonly [Tensor, N];
type Average2d = readonly [Tensor, N, N, N, boolean, boolean, number];
type Indexed = readonly [Tensor, N, true];

export const pooling: Table = {
  'nn.functional.adaptive_avg_pool1d': ([x, size]: Size) => F.adaptiveAvgPool1d(x, size),
  'nn.functional.adaptive_avg_pool2d': ([x, size]: Size) => F.adaptiveAvgPool2d(x, size),
  'nn.functional.adaptive_avg_pool3d': ([x, size]: Size) => F.adaptiveAvgPool3d(x, size),
  'nn.functional.adaptive_max_pool1d': ([x, size, returnIndices]: Indexed) =>
    F.adaptiveMaxPool1d(x, size, { returnIndices }),
  'nn.functional.adaptive_max_pool2d': ([x, size, returnIndices]: Indexed) =>
    F.adaptiveMaxPool2d(x, size, { returnIndices }),
  'nn.functional.adaptive_max_pool3d': ([x, size, returnIndices]: Indexed) =>
    F.adaptiveMaxPool3d(x, size, { returnIndices }),
  'nn.functional.avg_pool1d': ([x, kernel]: Window, kw: Average) => F.avgPool1d(x, kernel, kw),
  'nn.functional.avg_pool2d': (
    [x, kernel, stride, padding, ceilMode, countIncludePad, divisorOverride]: Average2d,
    kw: Average,
  ) =>
    F.avgPool2d(x, kernel, {
      stride,
      padding: padding ?? kw.padding,
      ceilMode,
      countIncludePad,
      divisorOverride,
    }),
  'nn.functional.avg_pool3d': ([x, kernel]: Window, kw: Average) => F.avgPool3d(x, kernel, kw),
  'nn.functional.max_pool1d': ([x]: T1, kw: Max) => F.maxPool1d(x, kw.kernelSize, kw),
  'nn.functional.max_pool2d': ([x]: T1, kw: Max) => F.maxPool2d(x, kw.kernelSize, kw),
  'nn.functional.max_pool3d': ([x]: T1, kw: Max) => F.maxPool3d(x, kw.kernelSize, kw),
  'nn.functional.max_unpool1d': ([x, indices]: T2, kw: Unpool) =>
    F.maxUnpool1d(x, indices, kw.kernelSize, kw),
  'nn.functional.max_unpool2d': ([x, indices]: T2, kw: Unpool) =>
    F.maxUnpool2d(x, indices, kw.kernelSize, kw),
  'nn.functional.max_unpool3d': ([x, indices]: T2, kw: Unpool) =>
    F.maxUnpool3d(x, indices, kw.kernelSize, kw),
};

type Mode = 'constant' | 'reflect' | 'replicate' | 'circular';
type Resize = 'nearest' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';
type Sampling = {
  mode?: 'bilinear' | 'nearest';
  paddingMode?: 'zeros' | 'border' | 'reflection';
  alignCorners?: boolean;
};
type Interpolate = readonly [Tensor, N, N, Resize, boolean];
type Scaling = { size?: N; scaleFactor?: N };
type Patches = readonly [Tensor, N, N, N, N];
type Factor = { upscaleFactor: number; downscaleFactor: number };

export const rearrangement: Table = {
  constant_pad_nd: ([x, amounts, value]: readonly [Tensor, readonly number[], number]) =>
    F.pad(x, amounts, { value }),
  'nn.functional.grid_sample': ([x, grid]: T2, kw: Sampling) => F.gridSample(x, grid, kw),
  'nn.functional.interpolate': ([x, size, scaleFactor, mode, alignCorners]: Interpolate) =>
    F.interpolate(x, { size, scaleFactor, mode, alignCorners }),
  'nn.functional.pad': (
    [x, amounts, mode, value]: readonly [Tensor, readonly number[], Mode, number],
    kw: { mode?: Mode; value?: number },
  ) => F.pad(x, amounts, { mode: mode ?? kw.mode, value: value ?? kw.value }),
  'nn.functional.pixel_shuffle': ([x]: T1, kw: Factor) => F.pixelShuffle(x, kw.upscaleFactor),
  'nn.functional.pixel_unshuffle': ([x]: T1, kw: Factor) => F.pixelUnshuffle(x, kw.downscaleFactor),
  'nn.functional.unfold': ([x, kernel, dilation, padding, stride]: Patches) =>
    F.unfold(x, kernel, { dilation, padding, stride }),
  'nn.functional.upsample_bilinear': ([x]: T1, kw: Scaling) =>
    F.interpolate(x, { size: kw.size, scaleFactor: kw.scaleFactor, mode: 'bilinear', alignCorners: true }),
  'nn.functional.upsample_nearest': ([x]: T1, kw: Scaling) => F.interpolate(x, kw),
};
