/**
 * Normalisation. All of it is one thing: rows are centred and divided by their spread, then scaled and shifted; layer,
 * batch, group and instance norm differ in what a row is.
 */
import { ArgumentError, ShapeError, formatShape, numel, sameShape, type Shape } from '../core/index.js';
import { g } from '../graph/index.js';
import { clampMin } from './arithmetic.js';
import { along, average } from './nn-support.js';
import { axisOf, floating, range, type Value } from './operands.js';
import { normOver } from './statistics.js';

/** Mean and biased variance over axes, which stay with size 1. */
function moments(x: Value, axes: readonly number[]): { centred: Value; mean: Value; variance: Value } {
  const mean = average(x, axes, true);
  const centred = g.sub(x, g.expand(mean, x.shape));
  return { centred, mean, variance: average(g.mul(centred, centred), axes, true) };
}

const inverseSpread = (variance: Value, eps: number): Value =>
  g.unary('rsqrt', g.withScalar('add', variance, eps));

interface Standardized {
  readonly output: Value;
  readonly mean: Value;
  readonly rstd: Value;
}

function standardize(x: Value, axes: readonly number[], eps: number): Standardized {
  const { centred, mean, variance } = moments(x, axes);
  const rstd = inverseSpread(variance, eps);
  return { output: g.mul(centred, g.expand(rstd, x.shape)), mean, rstd };
}

/** Scale and shift by tensors that broadcast to x as `spread` says. */
function affine(
  x: Value,
  weight: Value | undefined,
  bias: Value | undefined,
  spread: (v: Value) => Value,
): Value {
  const scaled = weight === undefined ? x : g.mul(x, spread(g.cast(weight, x.dtype)));
  return bias === undefined ? scaled : g.add(scaled, spread(g.cast(bias, x.dtype)));
}

function checkParameter(
  op: string,
  name: string,
  value: Value | undefined,
  shape: Shape,
  what: string,
): void {
  if (value === undefined || sameShape(value.shape, shape)) return;
  throw new ShapeError(
    op,
    `expected ${name} to be of ${what} ${formatShape(shape)}, but got ${name} of shape ${formatShape(value.shape)}`,
  );
}

/**
 * Layer normalisation with the statistics it used. PyTorch: `torch.native_layer_norm`.
 * @function
 * @param input Any tensor whose last dimensions are `normalizedShape`.
 * @param weight Scale of shape `normalizedShape`.
 * @param bias Shift of shape `normalizedShape`.
 * @returns `output`, and `mean` and `rstd` with the normalised dimensions of size 1.
 * @throws ShapeError when input, weight or bias do not fit `normalizedShape`.
 * @example const { output, mean, rstd } = nativeLayerNorm(x, [64]);
 */
export function nativeLayerNorm(
  input: Value,
  normalizedShape: readonly number[],
  weight?: Value,
  bias?: Value,
  options: { eps?: number | undefined } = {},
): { output: Value; mean: Value; rstd: Value } {
  const op = 'layerNorm';
  if (normalizedShape.length === 0) {
    throw new ArgumentError(op, 'expected normalizedShape to be at least 1-dimensional, but got []');
  }
  const lead = input.shape.length - normalizedShape.length;
  if (lead < 0 || !sameShape(input.shape.slice(lead), normalizedShape)) {
    throw new ShapeError(
      op,
      `given normalizedShape ${formatShape(normalizedShape)}, expected input with shape ` +
        `[*, ${normalizedShape.join(', ')}], but got ${formatShape(input.shape)}`,
    );
  }
  checkParameter(op, 'weight', weight, normalizedShape, 'normalizedShape');
  checkParameter(op, 'bias', bias, normalizedShape, 'normalizedShape');
  const axes = normalizedShape.map((_, i) => lead + i);
  const { output, mean, rstd } = standardize(floating(input), axes, options.eps ?? 1e-5);
  return { output: affine(output, weight, bias, (v) => g.expandTo(v, input.shape)), mean, rstd };
}

/**
 * Layer normalisation over the last dimensions: `(x - mean) / sqrt(var + eps) * weight + bias`.
 * PyTorch: `F.layer_norm`.
 * @namespace F
 * @param input Any tensor whose last dimensions are `normalizedShape`.
 * @param weight Scale of shape `normalizedShape`.
 * @param bias Shift of shape `normalizedShape`.
 * @throws ShapeError when input, weight or bias do not fit `normalizedShape`.
 * @example F.layerNorm(x, [64], weight, bias)
 */
export function layerNorm(
  input: Value,
  normalizedShape: readonly number[],
  weight?: Value,
  bias?: Value,
  options: { eps?: number | undefined } = {},
): Value {
  return nativeLayerNorm(input, normalizedShape, weight, bias, options).output;
}

/** All dimensions but that of the channels. */
const acrossChannels = (x: Value): number[] => range(x.shape.length).filter((axis) => axis !== 1);

function checkChannels(op: string, x: Value, parameters: Readonly<Record<string, Value | undefined>>): void {
  if (x.shape.length < 2)
    throw new ShapeError(op, `expected a [N, C, ...] input, but got ${formatShape(x.shape)}`);
  for (const [name, value] of Object.entries(parameters)) {
    checkParameter(op, name, value, [x.shape[1]!], 'one element a channel');
  }
}

/** Number of elements a statistic of one channel is taken over; one alone has no spread. */
function requireSeveral(op: string, x: Value, axes: readonly number[], what: string): void {
  if (numel(axes.map((axis) => x.shape[axis]!)) !== 1) return;
  throw new ShapeError(
    op,
    `expected more than 1 ${what} when training, got input size ${formatShape(x.shape)}`,
  );
}

/**
 * Batch normalisation with the statistics it used. PyTorch: `torch.native_batch_norm`, which also moves the running
 * statistics: that is `batchNormUpdateStats` here.
 * @function
 * @param input [N, C, ...].
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @param runningMean [C], used unless `training`.
 * @param runningVar [C], used unless `training`.
 * @returns `output`, and the batch's `mean` and `invstd` [C], empty unless `training`.
 * @throws ShapeError when a parameter has not one element a channel, or a batch has one value a channel.
 * @example nativeBatchNorm(x, weight, bias, runningMean, runningVar, { training: true })
 */
export function nativeBatchNorm(
  input: Value,
  weight?: Value,
  bias?: Value,
  runningMean?: Value,
  runningVar?: Value,
  options: { training?: boolean | undefined; eps?: number | undefined } = {},
): { output: Value; mean: Value; invstd: Value } {
  const op = 'batchNorm';
  const { training = false, eps = 1e-5 } = options;
  const x = floating(input);
  checkChannels(op, x, { weight, bias, runningMean, runningVar });
  const channels = (v: Value): Value => along(v, x.shape, 1);
  if (training) {
    const axes = acrossChannels(x);
    requireSeveral(op, x, axes, 'value per channel');
    const { output, mean, rstd } = standardize(x, axes, eps);
    const flat = (v: Value): Value => g.reshape(v, [x.shape[1]!]);
    return { output: affine(output, weight, bias, channels), mean: flat(mean), invstd: flat(rstd) };
  }
  if (runningMean === undefined || runningVar === undefined) {
    throw new ArgumentError(op, 'runningMean and runningVar must be given unless training');
  }
  const centred = g.sub(x, channels(g.cast(runningMean, x.dtype)));
  const output = g.mul(centred, channels(inverseSpread(g.cast(runningVar, x.dtype), eps)));
  const none = g.full([0], 0, x.dtype);
  return { output: affine(output, weight, bias, channels), mean: none, invstd: none };
}

/**
 * Batch normalisation: by the batch's statistics when `training`, else by the running ones. PyTorch: `F.batch_norm`.
 * The new running statistics are those of `batchNormUpdateStats`, for the caller to assign.
 * @namespace F
 * @param input [N, C, ...].
 * @param runningMean [C], needed unless `training`.
 * @param runningVar [C], needed unless `training`.
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @throws ShapeError when a parameter has not one element a channel, or a batch has one value a channel.
 * @example F.batchNorm(x, runningMean, runningVar, weight, bias)
 */
export function batchNorm(
  input: Value,
  runningMean?: Value,
  runningVar?: Value,
  weight?: Value,
  bias?: Value,
  options: { training?: boolean | undefined; eps?: number | undefined } = {},
): Value {
  return nativeBatchNorm(input, weight, bias, runningMean, runningVar, options).output;
}

/** `(1 - momentum) * old + momentum * now`. */
function moved(old: Value, now: Value, momentum: number | Value): Value {
  const share =
    typeof momentum === 'number'
      ? g.fullLike(old, momentum)
      : g.expandTo(g.cast(momentum, old.dtype), old.shape);
  return g.add(g.mul(g.sub(g.fullLike(share, 1), share), old), g.mul(share, g.cast(now, old.dtype)));
}

const unbiased = (variance: Value, count: number): Value => g.scale(variance, count / (count - 1));

/**
 * The running statistics after a batch, of which they take the unbiased variance. PyTorch moves them inside
 * `F.batch_norm`. The batch's statistics are computed as in `batchNorm`, so that a compiler that sees both computes
 * them once.
 * @namespace F
 * @param input [N, C, ...].
 * @param runningMean [C].
 * @param runningVar [C].
 * @param options `momentum`: share of the new batch, 0.1 unless given; a tensor where it changes from step to step.
 * @returns The new `runningMean` and `runningVar`.
 * @throws ShapeError when a batch has one value a channel.
 * @example const { runningMean, runningVar } = F.batchNormUpdateStats(x, mean, variance, { momentum: 0.1 });
 */
export function batchNormUpdateStats(
  input: Value,
  runningMean: Value,
  runningVar: Value,
  options: { momentum?: number | Value | undefined } = {},
): { runningMean: Value; runningVar: Value } {
  const op = 'batchNorm';
  const { momentum = 0.1 } = options;
  const x = floating(input);
  checkChannels(op, x, { runningMean, runningVar });
  const axes = acrossChannels(x);
  requireSeveral(op, x, axes, 'value per channel');
  const { mean, variance } = moments(x, axes);
  const channels = [x.shape[1]!];
  const spread = unbiased(g.reshape(variance, channels), g.count(x) / channels[0]!);
  return {
    runningMean: moved(runningMean, g.reshape(mean, channels), momentum),
    runningVar: moved(runningVar, spread, momentum),
  };
}

const spatialAxes = (x: Value): number[] => range(x.shape.length).slice(2);

/**
 * Instance normalisation: each channel of each sample by itself. PyTorch: `F.instance_norm`.
 * @namespace F
 * @param input [N, C, ...].
 * @param runningMean [C], used when `useInputStats` is false.
 * @param runningVar [C], used when `useInputStats` is false.
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @throws ShapeError when a parameter has not one element a channel, or there is one spatial element.
 * @example F.instanceNorm(images)
 */
export function instanceNorm(
  input: Value,
  runningMean?: Value,
  runningVar?: Value,
  weight?: Value,
  bias?: Value,
  options: { useInputStats?: boolean | undefined; eps?: number | undefined } = {},
): Value {
  const op = 'instanceNorm';
  const { useInputStats = true, eps = 1e-5 } = options;
  if (!useInputStats) return batchNorm(input, runningMean, runningVar, weight, bias, { eps });
  const x = floating(input);
  checkChannels(op, x, { weight, bias, runningMean, runningVar });
  requireSeveral(op, x, spatialAxes(x), 'spatial element');
  return affine(standardize(x, spatialAxes(x), eps).output, weight, bias, (v) => along(v, x.shape, 1));
}

/**
 * The running statistics of instance normalisation after a batch: the means over its samples. PyTorch moves them
 * inside `F.instance_norm`.
 * @namespace F
 * @param input [N, C, ...].
 * @param runningMean [C].
 * @param runningVar [C].
 * @param options `momentum`: share of the new batch, 0.1 unless given.
 * @returns The new `runningMean` and `runningVar`.
 * @throws ShapeError when there is one spatial element.
 * @example const { runningMean, runningVar } = F.instanceNormUpdateStats(x, mean, variance);
 */
export function instanceNormUpdateStats(
  input: Value,
  runningMean: Value,
  runningVar: Value,
  options: { momentum?: number | Value | undefined } = {},
): { runningMean: Value; runningVar: Value } {
  const op = 'instanceNormUpdateStats';
  const { momentum = 0.1 } = options;
  const x = floating(input);
  checkChannels(op, x, { runningMean, runningVar });
  const axes = spatialAxes(x);
  requireSeveral(op, x, axes, 'spatial element');
  const { mean, variance } = moments(x, axes);
  const overSamples = (v: Value): Value => average(g.reshape(v, x.shape.slice(0, 2)), [0]);
  const spread = unbiased(overSamples(variance), numel(axes.map((axis) => x.shape[axis]!)));
  return {
    runningMean: moved(runningMean, overSamples(mean), momentum),
    runningVar: moved(runningVar, spread, momentum),
  };
}

/**
 * Group normalisation: channels in `numGroups` groups, each normalised with its spatial dimensions.
 * PyTorch: `F.group_norm`.
 * @namespace F
 * @param input [N, C, ...].
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @throws ShapeError when the channels do not divide into groups or a parameter has not one element a channel.
 * @example F.groupNorm(images, 4, weight, bias)
 */
export function groupNorm(
  input: Value,
  numGroups: number,
  weight?: Value,
  bias?: Value,
  options: { eps?: number | undefined } = {},
): Value {
  const op = 'groupNorm';
  const x = floating(input);
  checkChannels(op, x, { weight, bias });
  const [n, c] = x.shape as [number, number];
  if (!Number.isInteger(numGroups) || numGroups < 1 || c % numGroups !== 0) {
    throw new ShapeError(
      op,
      `expected number of channels in input to be divisible by numGroups, but got ${formatShape(x.shape)} and ${numGroups}`,
    );
  }
  const rows = g.reshape(x, [n, numGroups, numel(x.shape.slice(2)) * (c / numGroups)]);
  const output = g.reshape(standardize(rows, [2], options.eps ?? 1e-5).output, x.shape);
  return affine(output, weight, bias, (v) => along(v, x.shape, 1));
}

/**
 * Each element divided by a power of the mean square of `size` neighbouring channels: `x / (k + alpha * mean)^beta`.
 * PyTorch: `F.local_response_norm`.
 * @namespace F
 * @param input [N, C, ...] with at least one more dimension.
 * @throws ShapeError for fewer than three dimensions.
 * @example F.localResponseNorm(images, 5)
 */
export function localResponseNorm(
  input: Value,
  size: number,
  options: { alpha?: number | undefined; beta?: number | undefined; k?: number | undefined } = {},
): Value {
  const op = 'localResponseNorm';
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  if (input.shape.length < 3) {
    throw new ShapeError(
      op,
      `expected a 3-d or higher dimensional input, but got ${formatShape(input.shape)}`,
    );
  }
  if (g.count(input) === 0) return input;
  const squares = g.padAxis(g.mul(input, input), 1, Math.floor(size / 2), Math.floor((size - 1) / 2));
  // Of integers the truncated mean, as PyTorch's average pooling gives it.
  const near = g.withScalar('div', g.sum(g.window(squares, 1, size, 1), [input.shape.length]), size);
  const base = g.withScalar('add', g.scale(floating(near), alpha), k);
  return g.div(floating(input), g.withScalar('pow', base, beta));
}

/**
 * Vectors along `dim` divided by their p-norm, or by `eps` where that is larger. PyTorch: `F.normalize`.
 * @namespace F
 * @throws AxisError when `dim` is out of range.
 * @example F.normalize(tensor([[3, 4]])) // [[0.6, 0.8]]
 */
export function normalize(
  input: Value,
  options: { p?: number | undefined; dim?: number | undefined; eps?: number | undefined } = {},
): Value {
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  const axis = axisOf('normalize', input, dim);
  const x = floating(input);
  const rows = x.shape.length === 0 ? g.reshape(x, [1]) : x;
  const bound = clampMin(normOver(rows, p, [axis], true), eps);
  return g.reshape(g.div(rows, g.expand(bound, rows.shape)), x.shape);
}
