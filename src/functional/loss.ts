/** Losses between tensors of one shape: regression, probabilities, distances between distributions. */
import { ArgumentError, ShapeError, formatShape, sameShape } from '../core/index.js';
import { g } from '../graph/index.js';
import {
  floats,
  log1pExp,
  reduceLoss,
  straightThrough,
  unsqueeze,
  warnOfBroadcast,
  weighted,
  type Reduction,
  type WithReduction,
} from './nn-support.js';
import { floating, type Value } from './operands.js';

const square = (x: Value): Value => g.mul(x, x);
const plus = (x: Value, c: number): Value => g.withScalar('add', x, c);
/** 1 - x. */
const rest = (x: Value): Value => g.sub(g.fullLike(x, 1), x);

/**
 * Squared difference. PyTorch: `F.mse_loss`.
 * @namespace F
 * @param input Any tensor; integers are taken as float32.
 * @param target A tensor that broadcasts with the input.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.mseLoss(tensor([1, 2]), tensor([1, 4])) // 2
 */
export function mseLoss(input: Value, target: Value, options: WithReduction = {}): Value {
  warnOfBroadcast('mseLoss', input, target);
  const [x, y] = floats('mseLoss', input, target);
  return reduceLoss('mseLoss', square(g.sub(x, y)), options.reduction);
}

/**
 * Absolute difference. PyTorch: `F.l1_loss`.
 * @namespace F
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.l1Loss(tensor([1, 2]), tensor([1, 4])) // 1
 */
export function l1Loss(input: Value, target: Value, options: WithReduction = {}): Value {
  warnOfBroadcast('l1Loss', input, target);
  const [x, y] = floats('l1Loss', input, target);
  return reduceLoss('l1Loss', g.unary('abs', g.sub(x, y)), options.reduction);
}

/**
 * Squared below `beta`, absolute above: `d^2 / (2 beta)` where |d| < beta, else `|d| - beta / 2`.
 * PyTorch: `F.smooth_l1_loss`.
 * @namespace F
 * @torch smooth_l1_loss
 * @throws ArgumentError when `beta` is negative.
 * @example F.smoothL1Loss(tensor([0.5, 3]), tensor([0, 0])) // 1.3125
 */
export function smoothL1Loss(
  input: Value,
  target: Value,
  options: { beta?: number | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'smoothL1Loss';
  const { beta = 1, reduction } = options;
  if (!(beta >= 0)) throw new ArgumentError(op, `does not support negative values for beta, but got ${beta}`);
  if (beta === 0) return l1Loss(input, target, { reduction });
  const [x, y] = floats(op, input, target);
  const d = g.sub(x, y);
  const size = g.unary('abs', d);
  const near = g.lt(size, g.fullLike(size, beta));
  return reduceLoss(op, g.where(near, g.scale(square(d), 0.5 / beta), plus(size, -0.5 * beta)), reduction);
}

/**
 * Squared up to `delta`, linear above: `d^2 / 2` where |d| <= delta, else `delta * (|d| - delta / 2)`.
 * PyTorch: `F.huber_loss`.
 * @namespace F
 * @throws ArgumentError when `delta` is not positive.
 * @example F.huberLoss(tensor([0.5, 3]), tensor([0, 0])) // 1.3125
 */
export function huberLoss(
  input: Value,
  target: Value,
  options: { delta?: number | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'huberLoss';
  const { delta = 1, reduction } = options;
  if (!(delta > 0))
    throw new ArgumentError(op, `does not support non-positive values for delta, but got ${delta}`);
  const [x, y] = floats(op, input, target);
  const d = g.sub(x, y);
  const size = g.unary('abs', d);
  const near = g.le(size, g.fullLike(size, delta));
  return reduceLoss(
    op,
    g.where(near, g.scale(square(d), 0.5), g.scale(plus(size, -0.5 * delta), delta)),
    reduction,
  );
}

/** log(x), not below -100, whose gradient at 0 stays finite. */
function boundedLog(x: Value): Value {
  const none = g.eq(x, g.zerosLike(x));
  const log = g.log(g.where(none, g.fullLike(x, 1), x));
  return g.where(none, g.fullLike(x, -100), g.binary('max', log, g.fullLike(x, -100)));
}

/**
 * Binary cross-entropy of probabilities, logarithms not below -100. PyTorch: `F.binary_cross_entropy`.
 * @namespace F
 * @param input Probabilities; outside [0, 1] the loss is NaN.
 * @param target Probabilities of the same shape.
 * @param options `weight`: a factor that broadcasts with the input.
 * @throws ShapeError when input and target differ in shape.
 * @example F.binaryCrossEntropy(tensor([0.5]), tensor([1])) // 0.6931
 */
export function binaryCrossEntropy(
  input: Value,
  target: Value,
  options: { weight?: Value | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'binaryCrossEntropy';
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      op,
      `target ${formatShape(target.shape)} must have the shape of the input ${formatShape(input.shape)}`,
    );
  }
  const [x, y] = floats(op, input, target);
  const loss = g.neg(g.add(g.mul(y, boundedLog(x)), g.mul(rest(y), boundedLog(rest(x)))));
  return reduceLoss(op, weighted(op, loss, options.weight), options.reduction);
}

/**
 * Binary cross-entropy of scores, `sigmoid` taken inside for accuracy. PyTorch: `F.binary_cross_entropy_with_logits`.
 * @namespace F
 * @param input Scores of any shape.
 * @param target Probabilities of the same shape.
 * @param options `weight`: a factor for each element; `posWeight`: one for the positive part. Both broadcast.
 * @throws ShapeError when input and target differ in shape.
 * @example F.binaryCrossEntropyWithLogits(tensor([0]), tensor([1])) // 0.6931
 */
export function binaryCrossEntropyWithLogits(
  input: Value,
  target: Value,
  options: {
    weight?: Value | undefined;
    posWeight?: Value | undefined;
    reduction?: Reduction | undefined;
  } = {},
): Value {
  const op = 'binaryCrossEntropyWithLogits';
  const { weight, posWeight, reduction } = options;
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      op,
      `target ${formatShape(target.shape)} must have the shape of the input ${formatShape(input.shape)}`,
    );
  }
  const [x, y] = floats(op, input, target);
  const softplus = log1pExp(g.neg(x));
  const positive = posWeight === undefined ? undefined : weighted(op, y, plus(floating(posWeight), -1));
  const tail = positive === undefined ? softplus : g.mul(softplus, plus(positive, 1));
  return reduceLoss(op, weighted(op, g.add(g.mul(rest(y), x), tail), weight), reduction);
}

/** y log y, with 0 log 0 = 0. */
function selfInformation(y: Value): Value {
  const none = g.eq(y, g.zerosLike(y));
  return g.mul(y, g.log(g.where(none, g.fullLike(y, 1), y)));
}

/**
 * Kullback-Leibler divergence of log-probabilities from a target distribution: `y (log y - x)`.
 * PyTorch: `F.kl_div`.
 * @namespace F
 * @param input Log-probabilities.
 * @param target Probabilities, or their logarithms with `logTarget`.
 * @param options `reduction` may also be `'batchmean'`: the sum divided by the size of the first dimension.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.klDiv(logits, probabilities, { reduction: 'batchmean' })
 */
export function klDiv(
  input: Value,
  target: Value,
  options: { logTarget?: boolean | undefined; reduction?: Reduction | 'batchmean' | undefined } = {},
): Value {
  const op = 'klDiv';
  const { logTarget = false, reduction } = options;
  const [x, y] = floats(op, input, target);
  const loss = logTarget ? g.mul(g.exp(y), g.sub(y, x)) : g.sub(selfInformation(y), g.mul(y, x));
  if (reduction !== 'batchmean') return reduceLoss(op, loss, reduction);
  return g.withScalar('div', reduceLoss(op, loss, 'sum'), loss.shape[0] ?? 1);
}

/** Stirling's approximation of log(y!), taken where y > 1. */
function logFactorial(y: Value): Value {
  const large = g.lt(g.fullLike(y, 1), y);
  const safe = g.where(large, y, g.fullLike(y, 1));
  const log = g.log(safe);
  const spread = g.scale(plus(log, Math.log(2 * Math.PI)), 0.5);
  return g.where(large, g.add(g.sub(g.mul(safe, log), safe), spread), g.zerosLike(y));
}

/**
 * Negative log-likelihood of counts under a Poisson distribution. PyTorch: `F.poisson_nll_loss`.
 * @namespace F
 * @param input The rate, or its logarithm with `logInput` (the default).
 * @param target The counts; shapes broadcast.
 * @param options `full` adds Stirling's term for the target's factorial; `eps` is added to the rate before its logarithm.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.poissonNllLoss(tensor([0]), tensor([2])) // 1
 */
export function poissonNllLoss(
  input: Value,
  target: Value,
  options: {
    logInput?: boolean | undefined;
    full?: boolean | undefined;
    eps?: number | undefined;
    reduction?: Reduction | undefined;
  } = {},
): Value {
  const op = 'poissonNllLoss';
  const { logInput = true, full = false, eps = 1e-8, reduction } = options;
  const [x, y] = floats(op, input, target);
  const base = logInput ? g.sub(g.exp(x), g.mul(y, x)) : g.sub(x, g.mul(y, g.log(plus(x, eps))));
  return reduceLoss(op, full ? g.add(base, logFactorial(y)) : base, reduction);
}

/**
 * Negative log-likelihood under a normal distribution of given variance. PyTorch: `F.gaussian_nll_loss`.
 * @namespace F
 * @param input Means.
 * @param target Samples; the shapes broadcast.
 * @param variance Of the input's shape, or with a last dimension of 1 or none; taken as at least `eps`, with the
 *   gradient of the given value.
 * @param options `full` adds the constant term.
 * @throws ShapeError when the variance does not fit the input.
 * @example F.gaussianNllLoss(tensor([0]), tensor([1]), tensor([1])) // 0.5
 */
export function gaussianNllLoss(
  input: Value,
  target: Value,
  variance: Value,
  options: { full?: boolean | undefined; eps?: number | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'gaussianNllLoss';
  const { full = false, eps = 1e-6, reduction } = options;
  const shape = input.shape;
  let spread = variance;
  if (!sameShape(variance.shape, shape)) {
    if (sameShape(variance.shape, shape.slice(0, -1))) spread = unsqueeze(variance, variance.shape.length);
    else if (variance.shape.length !== shape.length || variance.shape.at(-1) !== 1) {
      throw new ShapeError(
        op,
        `variance ${formatShape(variance.shape)} does not fit input ${formatShape(shape)}`,
      );
    }
  }
  const [x, y, v] = floats(op, input, target, spread);
  const bounded = straightThrough(v, g.binary('max', v, g.fullLike(v, eps)));
  const loss = g.scale(g.add(g.log(bounded), g.div(square(g.sub(x, y)), bounded)), 0.5);
  return reduceLoss(op, full ? plus(loss, 0.5 * Math.log(2 * Math.PI)) : loss, reduction);
}

/**
 * `log(1 + e^(-y x))` with targets of 1 and -1. PyTorch: `F.soft_margin_loss`.
 * @namespace F
 * @throws ShapeError when the shapes do not broadcast.
 * @example F.softMarginLoss(tensor([0]), tensor([1])) // 0.6931
 */
export function softMarginLoss(input: Value, target: Value, options: WithReduction = {}): Value {
  const [x, y] = floats('softMarginLoss', input, target);
  return reduceLoss('softMarginLoss', log1pExp(g.neg(g.mul(x, y))), options.reduction);
}
