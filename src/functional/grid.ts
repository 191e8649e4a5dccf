/** Sampling images at positions given by a grid, and grids of affine maps. */
import { ArgumentError, ShapeError, formatShape, numel } from '../core/index.js';
import { g } from '../graph/index.js';
import { unsqueeze } from './nn-support.js';
import { range, type Value } from './operands.js';
import { cubicWeights } from './resize.js';

export type GridMode = 'bilinear' | 'nearest' | 'bicubic';
export type GridPadding = 'zeros' | 'border' | 'reflection';

const plus = (x: Value, c: number): Value => g.withScalar('add', x, c);

/** Positions limited to the image, without gradient from the edge on, as in PyTorch. */
function clip(x: Value, size: number): Value {
  const [low, high] = [g.zerosLike(x), g.fullLike(x, size - 1)];
  const raised = g.where(g.le(x, low), low, x);
  return g.where(g.le(high, raised), high, raised);
}

/** Positions mirrored at both edges of the image until they are inside: at pixel middles or their outer borders. */
function reflect(x: Value, size: number, alignCorners: boolean): Value {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return g.zerosLike(x);
  const distance = g.unary('abs', plus(x, -low));
  const flips = g.unary('floor', g.withScalar('div', distance, span));
  const extra = g.sub(distance, g.scale(flips, span));
  const even = g.eq(g.withScalar('fmod', flips, 2), g.zerosLike(flips));
  return plus(g.where(even, extra, g.sub(g.fullLike(extra, span), extra)), low);
}

const paddings: Readonly<Record<GridPadding, (x: Value, size: number, alignCorners: boolean) => Value>> = {
  zeros: (x) => x,
  border: (x, size) => clip(x, size),
  reflection: (x, size, alignCorners) => clip(reflect(x, size, alignCorners), size),
};

/** Grid coordinates in [-1, 1] as pixel positions. */
const toPixels = (x: Value, size: number, alignCorners: boolean): Value =>
  alignCorners ? g.scale(plus(x, 1), (size - 1) / 2) : g.scale(plus(g.scale(plus(x, 1), size), -1), 0.5);

/** One pixel of each dimension for every position, and what it counts. */
interface Tap {
  readonly at: Value;
  readonly weight?: Value | undefined;
}

interface Sampler {
  readonly taps: (position: Value) => Tap[];
  /** Whether positions (rather than the pixels around them) are moved into the image. */
  readonly movesPosition: boolean;
}

const samplers: Readonly<Record<GridMode, Sampler>> = {
  nearest: { movesPosition: true, taps: (x) => [{ at: g.unary('round', x) }] },
  bilinear: {
    movesPosition: true,
    taps: (x) => {
      const low = g.unary('floor', x);
      const share = g.sub(x, low);
      return [
        { at: low, weight: g.sub(g.fullLike(share, 1), share) },
        { at: plus(low, 1), weight: share },
      ];
    },
  },
  bicubic: {
    movesPosition: false,
    taps: (x) => {
      const base = g.unary('floor', x);
      return cubicWeights(g.sub(x, base)).map((weight, i) => ({ at: plus(base, i - 1), weight }));
    },
  },
};

/** Pixels [N, C, P] of flattened images at one position a dimension [N, P]; 0 outside. */
function pixels(flat: Value, at: readonly Value[], sizes: readonly number[]): Value {
  const inside = at
    .map((x, i) => g.binary('and', g.le(g.zerosLike(x), x), g.le(x, g.fullLike(x, sizes[i]! - 1))))
    .reduce((a, b) => g.binary('and', a, b));
  const index = at
    .map((x, i) => g.cast(clip(g.stopGradient(x), sizes[i]!), 'int32'))
    .reduce((sum, x, i) => g.add(g.scale(sum, sizes[i]!), x));
  const [n, c] = flat.shape as [number, number];
  const shape = [n, c, index.shape[1]!];
  const picked = g.gather(flat, g.expand(unsqueeze(index, 1), shape), 2);
  return g.where(g.expand(unsqueeze(inside, 1), shape), picked, g.zerosLike(picked));
}

/** Every choice of one element from each list. */
const choices = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((found, list) => found.flatMap((head) => list.map((item) => [...head, item])), [[]]);

/**
 * Images sampled at the positions of a grid. PyTorch: `F.grid_sample`.
 * @namespace F
 * @function
 * @param input [N, C, H, W] or [N, C, D, H, W].
 * @param grid [N, H', W', 2] or [N, D', H', W', 3]: x, y (and z) in [-1, 1], from the first pixel to the last.
 * @param options `mode`: 'bilinear' (the default), 'nearest' or 'bicubic' (4-d only). `paddingMode`: what lies outside:
 *   'zeros', the 'border' or a 'reflection'. `alignCorners`: whether -1 and 1 are middles of the corner pixels or their
 *   outer borders.
 * @returns [N, C, H', W'] or [N, C, D', H', W'].
 * @throws ShapeError when input and grid do not fit; ArgumentError for an unknown mode.
 * @example F.gridSample(images, F.affineGrid(theta, [1, 3, 8, 8]))
 */
export function gridSample(
  input: Value,
  grid: Value,
  options: {
    mode?: GridMode | undefined;
    paddingMode?: GridPadding | undefined;
    alignCorners?: boolean | undefined;
  } = {},
): Value {
  const op = 'gridSample';
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  if (!Object.hasOwn(samplers, mode)) throw new ArgumentError(op, `'${String(mode)}' is not a mode`);
  if (!Object.hasOwn(paddings, paddingMode)) {
    throw new ArgumentError(op, `'${String(paddingMode)}' is not a paddingMode`);
  }
  const [n, c, ...sizes] = input.shape;
  const spatial = sizes.length;
  const fits =
    (spatial === 2 || spatial === 3) &&
    grid.shape.length === spatial + 2 &&
    grid.shape[0] === n &&
    grid.shape.at(-1) === spatial;
  if (!fits || (mode === 'bicubic' && spatial !== 2) || sizes.includes(0)) {
    throw new ShapeError(
      op,
      `input ${formatShape(input.shape)} and grid ${formatShape(grid.shape)} do not fit mode '${mode}'`,
    );
  }
  const { taps, movesPosition } = samplers[mode];
  const outside = paddings[paddingMode];
  const counts = grid.shape.slice(1, -1);
  const points = g.reshape(g.cast(grid, input.dtype), [n!, numel(counts), spatial]);
  const perDimension = sizes.map((size, i) => {
    // The grid names x first, the image its rows.
    const coordinate = g.reshape(g.sliceAxis(points, 2, spatial - 1 - i, 1), [n!, numel(counts)]);
    const position = toPixels(coordinate, size, alignCorners);
    if (movesPosition) return taps(outside(position, size, alignCorners));
    return taps(position).map(({ at, weight }) => ({ at: outside(at, size, alignCorners), weight }));
  });
  const flat = g.reshape(input, [n!, c!, numel(sizes)]);
  const terms = choices(perDimension).map((corner) => {
    const picked = pixels(
      flat,
      corner.map((tap) => tap.at),
      sizes,
    );
    const weights = corner.flatMap((tap) => (tap.weight ? [tap.weight] : []));
    if (weights.length === 0) return picked;
    return g.mul(picked, g.expand(unsqueeze(weights.reduce(g.mul), 1), picked.shape));
  });
  return g.reshape(terms.reduce(g.add), [n!, c!, ...counts]);
}

/** Coordinates of `count` pixels in [-1, 1]. */
function coordinates(count: number, alignCorners: boolean): Value {
  if (count === 1) return g.full([1], 0);
  const at = g.iota(count, 'float32');
  if (alignCorners) return plus(g.scale(at, 2 / (count - 1)), -1);
  return plus(g.scale(plus(at, 0.5), 2 / count), -1);
}

/**
 * The grid of positions an affine map takes from each pixel of an image of `size`. PyTorch: `F.affine_grid`.
 * @namespace F
 * @param theta Affine maps [N, 2, 3] or [N, 3, 4].
 * @param size Of the image to make: [N, C, H, W] or [N, C, D, H, W].
 * @returns [N, H, W, 2] or [N, D, H, W, 3], for `gridSample`.
 * @throws ShapeError when `theta` does not fit `size`.
 * @example F.affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 1, 2, 2])
 */
export function affineGrid(
  theta: Value,
  size: readonly number[],
  options: { alignCorners?: boolean | undefined } = {},
): Value {
  const op = 'affineGrid';
  const [n, , ...sizes] = size;
  const spatial = sizes.length;
  const fits =
    theta.shape.length === 3 &&
    theta.shape[0] === n &&
    theta.shape[1] === spatial &&
    theta.shape[2] === spatial + 1;
  if ((spatial !== 2 && spatial !== 3) || !fits) {
    throw new ShapeError(op, `theta ${formatShape(theta.shape)} does not fit size ${formatShape(size)}`);
  }
  const shape = [n!, ...sizes];
  // x, y (, z), 1: the grid names the last dimension of an image first.
  const base = range(spatial).map((i) => {
    const axis = spatial - i;
    const line = g.cast(coordinates(sizes[axis - 1]!, options.alignCorners ?? false), theta.dtype);
    return g.expand(
      g.reshape(
        line,
        shape.map((d, k) => (k === axis ? d : 1)),
      ),
      shape,
    );
  });
  const homogeneous = [...base, g.full(shape, 1, theta.dtype)];
  const entry = (row: number, column: number): Value => {
    const cell = g.sliceAxis(g.sliceAxis(theta, 1, row, 1), 2, column, 1);
    return g.expand(
      g.reshape(
        cell,
        shape.map((d, k) => (k === 0 ? d : 1)),
      ),
      shape,
    );
  };
  const rows = range(spatial).map((row) =>
    unsqueeze(homogeneous.map((x, column) => g.mul(x, entry(row, column))).reduce(g.add), shape.length),
  );
  return g.concat(rows, shape.length);
}
