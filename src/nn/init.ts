/** Initial values of parameters (torch.nn.init), written on the host: nothing is compiled for them. */
import { ArgumentError, formatShape, numel, stridesOf, type Shape } from '../core/index.js';
import { hostNormal, hostUniform } from '../runtime/index.js';
import { setLater } from '../tensor/content.js';
import type { Tensor } from '../tensor/index.js';

/** What a layer's output goes through, as far as it matters for the scale of its weights. */
export type Nonlinearity =
  'linear' | 'conv1d' | 'conv2d' | 'conv3d' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'selu';

const gains: Readonly<Record<Nonlinearity, (slope: number) => number>> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

/** The factor by which weights before a nonlinearity are scaled; `param` is the slope of leaky_relu, 0.01 unless given. */
export const calculateGain = (
  nonlinearity: Nonlinearity,
  { param = 0.01 }: { param?: number | undefined } = {},
): number => gains[nonlinearity](param);

/** Numbers of inputs and outputs of one element of a weight [out, in, ...kernel]. */
export function calculateFanInAndFanOut(shape: Shape): { fanIn: number; fanOut: number } {
  const [out, into, ...kernel] = shape;
  if (out === undefined || into === undefined) {
    throw new ArgumentError('init', `a weight of fewer than 2 dimensions has no fan: ${formatShape(shape)}`);
  }
  return { fanIn: into * numel(kernel), fanOut: out * numel(kernel) };
}

/** Takes a draw now and computes `valueOf` of it when the content is first needed: loaded weights cost no random numbers. */
function writeDraw<T extends Tensor>(tensor: T, draw: () => Float32Array, valueOf: (x: number) => number): T {
  setLater(tensor, () => {
    const values = draw();
    for (let i = 0; i < values.length; i++) values[i] = valueOf(values[i]!);
    return values;
  });
  return tensor;
}

const between = <T extends Tensor>(tensor: T, low: number, high: number): T =>
  writeDraw(tensor, hostUniform(numel(tensor.shape)), (u) => low + (high - low) * u);

/** Uniform between `a` (0) and `b` (1). */
export const uniform_ = <T extends Tensor>(
  tensor: T,
  { a = 0, b = 1 }: { a?: number | undefined; b?: number | undefined } = {},
): T => between(tensor, a, b);

/** Normal with a mean (0) and a standard deviation (1). */
export const normal_ = <T extends Tensor>(
  tensor: T,
  { mean = 0, std = 1 }: { mean?: number | undefined; std?: number | undefined } = {},
): T => writeDraw(tensor, hostNormal(numel(tensor.shape)), (z) => mean + std * z);

export const constant_ = <T extends Tensor>(tensor: T, value: number): T => tensor.set(value);
export const ones_ = <T extends Tensor>(tensor: T): T => tensor.set(1);
export const zeros_ = <T extends Tensor>(tensor: T): T => tensor.set(0);

/** The identity matrix. */
export function eye_<T extends Tensor>(tensor: T): T {
  if (tensor.shape.length !== 2)
    throw new ArgumentError('eye_', `takes a matrix, not ${formatShape(tensor.shape)}`);
  const [rows, columns] = tensor.shape as readonly [number, number];
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return tensor.set(values);
}

/** A convolution weight [out, in, ...kernel] that passes channels on, in each of `groups` (1). */
export function dirac_<T extends Tensor>(tensor: T, options: { groups?: number | undefined } = {}): T {
  const { groups = 1 } = options;
  const [out, into, ...kernel] = tensor.shape;
  if (
    out === undefined ||
    into === undefined ||
    kernel.length === 0 ||
    kernel.length > 3 ||
    out % groups !== 0
  ) {
    throw new ArgumentError(
      'dirac_',
      `takes a convolution weight of ${groups} groups, not ${formatShape(tensor.shape)}`,
    );
  }
  const strides = stridesOf(tensor.shape);
  const centre = kernel.reduce((at, size, i) => at + Math.floor(size / 2) * strides[i + 2]!, 0);
  const values = new Float32Array(numel(tensor.shape));
  const perGroup = out / groups;
  for (let group = 0; group < groups; group++) {
    for (let c = 0; c < Math.min(perGroup, into); c++) {
      values[(group * perGroup + c) * strides[0]! + c * strides[1]! + centre] = 1;
    }
  }
  return tensor.set(values);
}

/** Glorot and Bengio 2010, uniform. */
export function xavierUniform_<T extends Tensor>(tensor: T, options: { gain?: number | undefined } = {}): T {
  const { fanIn, fanOut } = calculateFanInAndFanOut(tensor.shape);
  const bound = (options.gain ?? 1) * Math.sqrt(6 / (fanIn + fanOut));
  return between(tensor, -bound, bound);
}

/** Glorot and Bengio 2010, normal. */
export function xavierNormal_<T extends Tensor>(tensor: T, options: { gain?: number | undefined } = {}): T {
  const { fanIn, fanOut } = calculateFanInAndFanOut(tensor.shape);
  return normal_(tensor, { std: (options.gain ?? 1) * Math.sqrt(2 / (fanIn + fanOut)) });
}

/** Options of He initialisation. */
export interface KaimingOptions {
  /** Slope of a leaky ReLU, 0 unless given. */
  a?: number | undefined;
  /** Whether the forward ('fan_in', the default) or the backward pass keeps its variance. */
  mode?: 'fan_in' | 'fan_out' | undefined;
  /** 'leaky_relu' unless given. */
  nonlinearity?: Nonlinearity | undefined;
}

function kaimingStd(
  shape: Shape,
  { a = 0, mode = 'fan_in', nonlinearity = 'leaky_relu' }: KaimingOptions,
): number {
  const { fanIn, fanOut } = calculateFanInAndFanOut(shape);
  return calculateGain(nonlinearity, { param: a }) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

/** He et al. 2015, uniform. */
export function kaimingUniform_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  if (numel(tensor.shape) === 0) return tensor;
  const bound = Math.sqrt(3) * kaimingStd(tensor.shape, options);
  return between(tensor, -bound, bound);
}

/** He et al. 2015, normal. */
export function kaimingNormal_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  return numel(tensor.shape) === 0 ? tensor : normal_(tensor, { std: kaimingStd(tensor.shape, options) });
}

/** Rows, or columns where there are fewer of them, orthogonal and of length `gain` (Saxe et al. 2013). */
export function orthogonal_<T extends Tensor>(tensor: T, options: { gain?: number | undefined } = {}): T {
  const [rows, ...rest] = tensor.shape;
  if (rows === undefined || rest.length === 0) {
    throw new ArgumentError('orthogonal_', `takes 2 or more dimensions, not ${formatShape(tensor.shape)}`);
  }
  const columns = numel(rest);
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const draws = hostNormal(rows * columns)();
  const basis: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from(draws.subarray(i * length, (i + 1) * length));
    // Modified Gram-Schmidt, twice: once leaves what rounding brought back.
    for (const other of [...basis, ...basis]) {
      const along = vector.reduce((sum, x, j) => sum + x * other[j]!, 0);
      vector.forEach((x, j) => (vector[j] = x - along * other[j]!));
    }
    const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    basis.push(vector.map((x) => x / norm));
  }
  const gain = options.gain ?? 1;
  const values = new Float32Array(rows * columns);
  basis.forEach((vector, i) =>
    vector.forEach((x, j) => (values[rows <= columns ? i * columns + j : j * columns + i] = gain * x)),
  );
  return tensor.set(values);
}

/** What PyTorch's layers start with: uniform within 1 / sqrt(fan), `fan` being the inputs that an output sums over. */
export function uniformByFan_<T extends Tensor>(tensor: T, fan: number): T {
  const bound = fan > 0 ? 1 / Math.sqrt(fan) : 0;
  return between(tensor, -bound, bound);
}
