/** Activation functions. Every `where` guards its unused branch, so that gradients of large inputs stay finite. */
import { ArgumentError, ShapeError, dtypes, formatShape, normalizeAxis } from '../core/index.js';
import { g } from '../graph/index.js';
import { along, log1pExp, positivePart } from './nn-support.js';
import { floating, requireFloat, type Value, type WithDType } from './operands.js';

const half = (x: Value): Value => g.scale(x, 0.5);
const zero = (x: Value): Value => g.zerosLike(x);
const isPositive = (x: Value): Value => g.lt(zero(x), x);
const negativePart = (x: Value): Value => g.where(isPositive(x), zero(x), x);

/**
 * `max(x, 0)`, elementwise; NaN stays NaN, the gradient at 0 is 0. PyTorch: `F.relu`.
 * @namespace F
 * @method
 * @function
 * @param x Any numeric tensor.
 * @returns A tensor of the same shape and dtype.
 * @example F.relu(tensor([-1, 2])) // [0, 2]
 */
export function relu(x: Value): Value {
  return positivePart(x);
}

/**
 * x limited to [minVal, maxVal]; the gradient is 0 from the bounds on. PyTorch: `F.hardtanh`.
 * @namespace F
 * @example F.hardtanh(tensor([-3, 0.5])) // [-1, 0.5]
 */
export function hardtanh(
  x: Value,
  options: { minVal?: number | undefined; maxVal?: number | undefined } = {},
): Value {
  const bound = (value: number): Value =>
    g.fullLike(x, dtypes[x.dtype].kind === 'float' ? value : Math.trunc(value) + 0);
  const [low, high] = [bound(options.minVal ?? -1), bound(options.maxVal ?? 1)];
  const raised = g.where(g.le(x, low), low, x);
  return g.where(g.le(high, raised), high, raised);
}

/**
 * `min(max(x, 0), 6)`. PyTorch: `F.relu6`.
 * @namespace F
 * @example F.relu6(tensor([8, -1])) // [6, 0]
 */
export function relu6(x: Value): Value {
  return hardtanh(x, { minVal: 0, maxVal: 6 });
}

/**
 * x where positive, `negativeSlope * x` elsewhere. PyTorch: `F.leaky_relu`.
 * @namespace F
 * @example F.leakyRelu(tensor([-1, 2])) // [-0.01, 2]
 */
export function leakyRelu(x: Value, options: { negativeSlope?: number | undefined } = {}): Value {
  return g.where(isPositive(x), x, g.scale(x, options.negativeSlope ?? 0.01));
}

/**
 * Leaky ReLU with a slope between `lower` and `upper`: in evaluation mode their mean. PyTorch: `F.rrelu`.
 * @namespace F
 * @example F.rrelu(tensor([-1])) // [-0.2291667]
 */
export function rrelu(
  x: Value,
  options: { lower?: number | undefined; upper?: number | undefined } = {},
): Value {
  return leakyRelu(x, { negativeSlope: ((options.lower ?? 1 / 8) + (options.upper ?? 1 / 3)) / 2 });
}

const exponentialUnit = (x: Value, alpha: number, inner: number): Value => {
  const below = g.unary('expm1', g.scale(negativePart(x), inner));
  return g.where(isPositive(x), x, g.scale(below, alpha));
};

/**
 * x where positive, `alpha * (e^x - 1)` elsewhere. PyTorch: `F.elu`.
 * @namespace F
 * @example F.elu(tensor([0, 1])) // [0, 1]
 */
export function elu(x: Value, options: { alpha?: number | undefined } = {}): Value {
  return exponentialUnit(floating(x), options.alpha ?? 1, 1);
}

/**
 * x where positive, `alpha * (e^(x / alpha) - 1)` elsewhere. PyTorch: `F.celu`.
 * @namespace F
 * @example F.celu(tensor([0, 1]), { alpha: 2 }) // [0, 1]
 */
export function celu(x: Value, options: { alpha?: number | undefined } = {}): Value {
  const alpha = options.alpha ?? 1;
  if (alpha === 0) throw new ArgumentError('celu', 'alpha must not be 0');
  return exponentialUnit(floating(x), alpha, 1 / alpha);
}

const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;
/**
 * The self-normalising ELU of Klambauer et al. 2017. PyTorch: `F.selu`.
 * @namespace F
 * @example F.selu(tensor([1])) // [1.0507]
 */
export function selu(x: Value): Value {
  return g.scale(exponentialUnit(floating(x), seluAlpha, 1), seluScale);
}

const geluSlope = 2 * Math.sqrt(2 / Math.PI);
/** P(X <= x), or what the tanh approximation has for it: (1 + tanh(u)) / 2 is sigmoid(2u), with no digits cancelled. */
const gelus: Readonly<Record<'none' | 'tanh', (x: Value) => Value>> = {
  none: (x) => half(g.withScalar('add', g.unary('erf', g.scale(x, Math.SQRT1_2)), 1)),
  tanh: (x) => {
    const slope = g.withScalar('add', g.scale(g.mul(x, x), 0.044715 * geluSlope), geluSlope);
    return g.unary('sigmoid', g.mul(x, slope));
  },
};
/**
 * `x * P(X <= x)` for a standard normal X, or its tanh approximation. PyTorch: `F.gelu`.
 * @namespace F
 * @throws ArgumentError when `approximate` is neither `'none'` nor `'tanh'`.
 * @example F.gelu(tensor([1])) // [0.8413]
 */
export function gelu(x: Value, options: { approximate?: 'none' | 'tanh' | undefined } = {}): Value {
  const form = options.approximate ?? 'none';
  if (!Object.hasOwn(gelus, form)) {
    throw new ArgumentError('gelu', `approximate argument must be either none or tanh, not ${String(form)}`);
  }
  const input = floating(x);
  return g.mul(input, gelus[form](input));
}

/**
 * `x * sigmoid(x)`, also called swish. PyTorch: `F.silu`.
 * @namespace F
 * @example F.silu(tensor([0])) // [0]
 */
export function silu(x: Value): Value {
  const input = floating(x);
  return g.mul(input, g.unary('sigmoid', input));
}

/**
 * `x * tanh(log(1 + e^x))`. PyTorch: `F.mish`.
 * @namespace F
 * @example F.mish(tensor([0])) // [0]
 */
export function mish(x: Value): Value {
  const input = floating(x);
  return g.mul(input, g.unary('tanh', log1pExp(input)));
}

/**
 * `x * min(max(x + 3, 0), 6) / 6`. PyTorch: `F.hardswish`.
 * @namespace F
 * @example F.hardswish(tensor([-3, 3])) // [0, 3]
 */
export function hardswish(x: Value): Value {
  const input = floating(x);
  const bound = (value: number): Value => g.fullLike(input, value);
  const curve = g.withScalar('div', g.mul(input, g.withScalar('add', input, 3)), 6);
  return g.where(g.lt(input, bound(-3)), zero(input), g.where(g.lt(bound(3), input), input, curve));
}

/**
 * `min(max(x + 3, 0), 6) / 6`. PyTorch: `F.hardsigmoid`.
 * @namespace F
 * @example F.hardsigmoid(tensor([0])) // [0.5]
 */
export function hardsigmoid(x: Value): Value {
  return g.withScalar('div', relu6(g.withScalar('add', floating(x), 3)), 6);
}

/**
 * x, but 0 within `lambd` of 0. PyTorch: `F.hardshrink`.
 * @namespace F
 * @example F.hardshrink(tensor([0.3, 1])) // [0, 1]
 */
export function hardshrink(x: Value, options: { lambd?: number | undefined } = {}): Value {
  const lambd = options.lambd ?? 0.5;
  const inside = g.binary('and', g.le(g.fullLike(x, -lambd), x), g.le(x, g.fullLike(x, lambd)));
  return g.where(inside, zero(x), x);
}

/**
 * x moved towards 0 by `lambd`, at most to 0. PyTorch: `F.softshrink`.
 * @namespace F
 * @throws ArgumentError when `lambd` is negative; DTypeError for integers.
 * @example F.softshrink(tensor([0.3, 1])) // [0, 0.5]
 */
export function softshrink(x: Value, options: { lambd?: number | undefined } = {}): Value {
  const lambd = options.lambd ?? 0.5;
  requireFloat('softshrink', x);
  if (!(lambd >= 0)) {
    throw new ArgumentError('softshrink', `lambda must be greater or equal to 0, but found to be ${lambd}`);
  }
  const bound = g.fullLike(x, lambd);
  const below = g.where(g.lt(x, g.fullLike(x, -lambd)), g.add(x, bound), zero(x));
  return g.where(g.lt(bound, x), g.sub(x, bound), below);
}

/**
 * `x - tanh(x)`. PyTorch: `F.tanhshrink`.
 * @namespace F
 * @example F.tanhshrink(tensor([0])) // [0]
 */
export function tanhshrink(x: Value): Value {
  const input = floating(x);
  return g.sub(input, g.unary('tanh', input));
}

/**
 * `log(1 + e^(beta x)) / beta`, and x itself where `beta x` exceeds `threshold`. PyTorch: `F.softplus`.
 * @namespace F
 * @example F.softplus(tensor([0])) // [0.6931]
 */
export function softplus(
  x: Value,
  options: { beta?: number | undefined; threshold?: number | undefined } = {},
): Value {
  const { beta = 1, threshold: limit = 20 } = options;
  const input = floating(x);
  const scaled = g.scale(input, beta);
  const linear = g.lt(g.fullLike(input, limit), scaled);
  const safe = g.where(linear, zero(input), scaled);
  return g.where(linear, input, g.withScalar('div', g.unary('log1p', g.exp(safe)), beta));
}

/**
 * `x / (1 + |x|)`. PyTorch: `F.softsign`.
 * @namespace F
 * @example F.softsign(tensor([1])) // [0.5]
 */
export function softsign(x: Value): Value {
  const input = floating(x);
  return g.div(input, g.withScalar('add', g.unary('abs', input), 1));
}

/**
 * `log(sigmoid(x))`, accurate for large |x|. PyTorch: `F.logsigmoid`.
 * @namespace F
 * @example F.logsigmoid(tensor([0])) // [-0.6931]
 */
export function logsigmoid(x: Value): Value {
  return g.neg(log1pExp(g.neg(floating(x))));
}

/**
 * x where it exceeds `threshold`, `value` elsewhere. PyTorch: `F.threshold`.
 * @namespace F
 * @example F.threshold(tensor([1, 3]), 2, 0) // [0, 3]
 */
export function threshold(x: Value, threshold: number, value: number): Value {
  return g.where(g.le(x, g.fullLike(x, threshold)), g.fullLike(x, value), x);
}

/**
 * x where positive, `weight * x` elsewhere; `weight` holds one slope, or one per channel (dim 1). PyTorch: `F.prelu`.
 * @namespace F
 * @function
 * @throws ShapeError when there are neither one slope nor as many as channels.
 * @example F.prelu(tensor([-2, 1]), tensor([0.25])) // [-0.5, 1]
 */
export function prelu(x: Value, weight: Value): Value {
  const rank = x.shape.length;
  const slopes = g.count(weight);
  const channels = rank > 1 ? x.shape[1]! : 1;
  if (slopes !== 1 && slopes !== channels) {
    throw new ShapeError(
      'prelu',
      `mismatch of parameter numbers and input channel size: weight ${formatShape(weight.shape)} has ${slopes} ` +
        `parameters, input ${formatShape(x.shape)} has channel size ${channels}`,
    );
  }
  const slope =
    slopes === 1
      ? g.expandTo(g.reshape(weight, []), x.shape)
      : along(g.reshape(weight, [slopes]), x.shape, 1);
  return g.where(isPositive(x), x, g.mul(slope, x));
}

/**
 * The first half of x along `dim`, gated by the sigmoid of the second. PyTorch: `F.glu`.
 * @namespace F
 * @throws ShapeError when that dimension is odd.
 * @example F.glu(tensor([2, 0])) // [1]
 */
export function glu(x: Value, dim = -1): Value {
  const axis = normalizeAxis('glu', dim, x.shape.length);
  const size = x.shape[axis];
  if (size === undefined || size % 2 !== 0) {
    throw new ShapeError('glu', `dim ${axis} of ${formatShape(x.shape)} must have an even size to be halved`);
  }
  const gate = g.sliceAxis(x, axis, size / 2, size / 2);
  return g.mul(g.sliceAxis(x, axis, 0, size / 2), g.unary('sigmoid', gate));
}

/** x as floats with the largest of each row along `dim` taken away, and that axis; nothing to do for empty rows. */
function shifted(op: string, x: Value, dim: number, { dtype }: WithDType): { z: Value; axis: number } {
  const axis = normalizeAxis(op, dim, x.shape.length);
  const input = dtype === undefined ? floating(x) : g.cast(x, dtype);
  if (g.count(input) === 0) return { z: input, axis };
  // The result does not depend on the shift, so neither does the gradient.
  const largest = g.stopGradient(g.reduce('amax', input, [axis], true));
  return { z: g.sub(input, g.expandTo(largest, input.shape)), axis };
}

/** Calls `row` on x with at least one dimension: a 0-d tensor is a row of one. */
const asRows = (x: Value, row: (x: Value) => Value): Value =>
  x.shape.length === 0 ? g.reshape(row(g.reshape(x, [1])), []) : row(x);

/**
 * `e^x / sum(e^x)` along `dim`. PyTorch: `F.softmax`.
 * @namespace F
 * @method
 * @function
 * @throws AxisError when `dim` is out of range.
 * @example F.softmax(tensor([0, 0]), 0) // [0.5, 0.5]
 */
export function softmax(x: Value, dim: number, options: WithDType = {}): Value {
  return asRows(x, (rows) => {
    const { z, axis } = shifted('softmax', rows, dim, options);
    const powers = g.exp(z);
    return g.div(powers, g.expandTo(g.sum(powers, [axis], true), z.shape));
  });
}

/**
 * `log(softmax(x))` along `dim`, computed without leaving the logarithms. PyTorch: `F.log_softmax`.
 * @namespace F
 * @method
 * @function
 * @throws AxisError when `dim` is out of range.
 * @example F.logSoftmax(tensor([0, 0]), 0) // [-0.6931, -0.6931]
 */
export function logSoftmax(x: Value, dim: number, options: WithDType = {}): Value {
  return asRows(x, (rows) => {
    const { z, axis } = shifted('logSoftmax', rows, dim, options);
    return g.sub(z, g.expandTo(g.log(g.sum(g.exp(z), [axis], true)), z.shape));
  });
}

/**
 * `softmax(-x)` along `dim`. PyTorch: `F.softmin`.
 * @namespace F
 * @throws AxisError when `dim` is out of range.
 * @example F.softmin(tensor([0, 0]), 0) // [0.5, 0.5]
 */
export function softmin(x: Value, dim: number, options: WithDType = {}): Value {
  const input = options.dtype === undefined ? floating(x) : g.cast(x, options.dtype);
  return softmax(g.neg(input), dim);
}
