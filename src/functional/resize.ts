/** Resizing over spatial dimensions: each dimension in turn is a weighted sum of a few gathered neighbours. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { along, perDim, type PerDim } from './nn-support.js';
import { floating, type Value } from './operands.js';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './pool-adaptive.js';

export type InterpolateMode =
  'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';

/** One neighbour of every output position along a dimension: where it is, and what it counts. */
interface Tap {
  readonly index: Value;
  readonly weight?: Value | undefined;
}

interface Axis {
  readonly size: number;
  readonly count: number;
  /** Input elements for each output element. */
  readonly ratio: number;
  readonly alignCorners: boolean;
}

const plus = (x: Value, c: number): Value => g.withScalar('add', x, c);
const limit = (x: Value, low: number, high: number): Value =>
  g.binary('min', g.binary('max', x, g.fullLike(x, low)), g.fullLike(x, high));
const toIndex = (x: Value, size: number): Value => g.cast(limit(x, 0, size - 1), 'int32');

/** Where output positions fall in the input: corners on corners, or the middle of a pixel on a middle. */
function sources({ size, count, ratio, alignCorners }: Axis): Value {
  const at = g.iota(count, 'float32');
  if (alignCorners) return g.scale(at, count > 1 ? (size - 1) / (count - 1) : 0);
  return plus(g.scale(plus(at, 0.5), ratio), -0.5);
}

function linearTaps(axis: Axis): Tap[] {
  const at = g.binary('max', sources(axis), g.full([axis.count], 0));
  const low = limit(g.unary('floor', at), 0, axis.size - 1);
  const high = limit(plus(low, 1), 0, axis.size - 1);
  const share = g.sub(at, low);
  return [
    { index: g.cast(low, 'int32'), weight: g.sub(g.fullLike(share, 1), share) },
    { index: g.cast(high, 'int32'), weight: share },
  ];
}

/** Weights of four neighbours for a point a share t after the second (Keys 1981, a = -0.75). */
export function cubicWeights(t: Value): Value[] {
  const a = -0.75;
  const cubic = (x: Value, c3: number, c2: number, c1: number, c0: number): Value =>
    plus(g.mul(plus(g.mul(plus(g.scale(x, c3), c2), x), c1), x), c0);
  const near = (x: Value): Value => cubic(x, a + 2, -(a + 3), 0, 1);
  const far = (x: Value): Value => cubic(x, a, -5 * a, 8 * a, -4 * a);
  const rest = g.sub(g.fullLike(t, 1), t);
  return [far(plus(t, 1)), near(t), near(rest), far(plus(rest, 1))];
}

function cubicTaps(axis: Axis): Tap[] {
  const at = sources(axis);
  const base = g.unary('floor', at);
  const weights = cubicWeights(g.sub(at, base));
  return weights.map((weight, i) => ({ index: toIndex(plus(base, i - 1), axis.size), weight }));
}

const nearestTaps = ({ size, count, ratio }: Axis): Tap[] => [
  { index: toIndex(g.unary('floor', g.scale(g.iota(count, 'float32'), ratio)), size) },
];
const middleTaps = ({ size, count, ratio }: Axis): Tap[] => [
  { index: toIndex(g.unary('floor', g.scale(plus(g.iota(count, 'float32'), 0.5), ratio)), size) },
];

interface Mode {
  /** Numbers of spatial dimensions the mode is for. */
  readonly spatial: readonly number[];
  readonly taps: (axis: Axis) => Tap[];
  readonly weighs: boolean;
}

const modes: Readonly<Record<Exclude<InterpolateMode, 'area'>, Mode>> = {
  nearest: { spatial: [1, 2, 3], taps: nearestTaps, weighs: false },
  'nearest-exact': { spatial: [1, 2, 3], taps: middleTaps, weighs: false },
  linear: { spatial: [1], taps: linearTaps, weighs: true },
  bilinear: { spatial: [2], taps: linearTaps, weighs: true },
  trilinear: { spatial: [3], taps: linearTaps, weighs: true },
  bicubic: { spatial: [2], taps: cubicTaps, weighs: true },
};

/** The output along one dimension. Enlarging by a whole factor without weights is a view. */
function resample(x: Value, dim: number, axis: Axis, mode: Mode): Value {
  const { size, count } = axis;
  const factor = count / size;
  if (!mode.weighs && Number.isInteger(factor) && axis.ratio === size / count) {
    const spread = g.reshape(x, x.shape.toSpliced(dim + 1, 0, 1));
    return g.reshape(g.expand(spread, x.shape.toSpliced(dim + 1, 0, factor)), x.shape.with(dim, count));
  }
  const shape = x.shape.with(dim, count);
  const terms = mode.taps(axis).map(({ index, weight }) => {
    const picked = g.gather(x, along(index, shape, dim), dim);
    return weight === undefined ? picked : g.mul(picked, along(g.cast(weight, x.dtype), shape, dim));
  });
  return terms.reduce(g.add);
}

const areaPools = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d];

/**
 * Resizes the spatial dimensions to `size`, or by `scaleFactor`. PyTorch: `F.interpolate`.
 * @namespace F
 * @param input [N, C, L], [N, C, H, W] or [N, C, D, H, W].
 * @param options `size` or `scaleFactor`: one number for all spatial dimensions or one each. `mode`: 'nearest' (the
 *   default), 'nearest-exact', 'linear' (3-d input), 'bilinear' and 'bicubic' (4-d), 'trilinear' (5-d), 'area'.
 *   `alignCorners`: corner pixels keep their values, for the linear and cubic modes. `recomputeScaleFactor`: positions
 *   follow from the sizes, not from `scaleFactor`.
 * @throws ArgumentError when the options contradict each other; ShapeError when the mode is for another rank.
 * @example F.interpolate(images, { scaleFactor: 2, mode: 'bilinear' })
 */
export function interpolate(
  input: Value,
  options: {
    size?: PerDim | undefined;
    scaleFactor?: PerDim | undefined;
    mode?: InterpolateMode | undefined;
    alignCorners?: boolean | undefined;
    recomputeScaleFactor?: boolean | undefined;
  },
): Value {
  const op = 'interpolate';
  const { size, scaleFactor, mode = 'nearest', alignCorners, recomputeScaleFactor = false } = options;
  const sizes = input.shape.slice(2);
  const spatial = sizes.length;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError(op, 'exactly one of size or scaleFactor should be defined');
  }
  if (mode !== 'area' && !Object.hasOwn(modes, mode))
    throw new ArgumentError(op, `'${String(mode)}' is not a mode`);
  const weighs = mode !== 'area' && modes[mode].weighs;
  if (alignCorners !== undefined && !weighs) {
    throw new ArgumentError(
      op,
      'alignCorners can only be set with the modes linear, bilinear, bicubic and trilinear',
    );
  }
  const ranks = mode === 'area' ? [1, 2, 3] : modes[mode].spatial;
  if (!ranks.includes(spatial)) {
    const names = ranks.map((n) => `${n + 2}-d`).join(' or ');
    throw new ShapeError(op, `mode '${mode}' takes ${names} input, but got ${formatShape(input.shape)}`);
  }
  const factors = typeof scaleFactor === 'number' ? sizes.map(() => scaleFactor) : scaleFactor;
  if (factors !== undefined && factors.length !== spatial) {
    throw new ArgumentError(op, `scaleFactor is one number or ${spatial}, not ${formatShape(factors)}`);
  }
  const counts = factors
    ? sizes.map((d, i) => Math.floor(d * factors[i]!))
    : perDim(op, 'size', size, spatial, [], 1);
  if (counts.some((count) => count < 1) || sizes.some((d) => d < 1)) {
    throw new ShapeError(
      op,
      `input ${formatShape(input.shape)} cannot have output size ${formatShape(counts)}`,
    );
  }
  if (mode === 'area') return areaPools[spatial - 1]!(input, counts);
  const rule = modes[mode];
  const scales = recomputeScaleFactor ? undefined : factors;
  return counts.reduce(
    (x, count, i) => {
      const ratio = scales ? 1 / scales[i]! : sizes[i]! / count;
      return resample(x, i + 2, { size: sizes[i]!, count, ratio, alignCorners: alignCorners ?? false }, rule);
    },
    weighs ? floating(input) : input,
  );
}

/**
 * `interpolate` by its older name. PyTorch: `F.upsample`.
 * @namespace F
 * @example F.upsample(images, { scaleFactor: 2 })
 */
export function upsample(
  input: Value,
  options: {
    size?: PerDim | undefined;
    scaleFactor?: PerDim | undefined;
    mode?: InterpolateMode | undefined;
    alignCorners?: boolean | undefined;
  },
): Value {
  return interpolate(input, options);
}

/**
 * `interpolate` with mode 'nearest'. PyTorch: `F.upsample_nearest`.
 * @namespace F
 * @example F.upsampleNearest(images, { scaleFactor: 2 })
 */
export function upsampleNearest(
  input: Value,
  options: { size?: PerDim | undefined; scaleFactor?: PerDim | undefined },
): Value {
  return interpolate(input, { ...options, mode: 'nearest' });
}

/**
 * `interpolate` with mode 'bilinear' and aligned corners. PyTorch: `F.upsample_bilinear`.
 * @namespace F
 * @example F.upsampleBilinear(images, { size: [8, 8] })
 */
export function upsampleBilinear(
  input: Value,
  options: { size?: PerDim | undefined; scaleFactor?: PerDim | undefined },
): Value {
  return interpolate(input, { ...options, mode: 'bilinear', alignCorners: true });
}
