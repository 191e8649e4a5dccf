/** Distances between vectors, and the losses built on them. */
import { AxisError, ShapeError, formatShape, sameShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { clampMin } from './arithmetic.js';
import { floats, reduceLoss, straightThrough, type Reduction } from './nn-support.js';
import { atLeast1, axisOf, floating, rank, type Value } from './operands.js';
import { normOver } from './statistics.js';

/**
 * Cosine of the angle between vectors along `dim`. PyTorch: `F.cosine_similarity`.
 * @namespace F
 * @function
 * @param x1 Vectors along `dim`; the shapes broadcast.
 * @param x2 As x1.
 * @param options `eps`: norms count as at least this.
 * @returns The broadcast shape without `dim`.
 * @throws ShapeError when the shapes do not broadcast; AxisError when `dim` is out of range.
 * @example F.cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])) // [0.7071]
 */
export function cosineSimilarity(
  x1: Value,
  x2: Value,
  dim = 1,
  options: { eps?: number | undefined } = {},
): Value {
  const op = 'cosineSimilarity';
  const { eps = 1e-8 } = options;
  const [x, y] = floats(op, x1, x2);
  const axis = axisOf(op, x, dim);
  const scalar = rank(x) === 0;
  const unit = (v: Value): Value => {
    const sum = g.sum(g.mul(v, v), [axis], true);
    const bounded = straightThrough(sum, g.binary('max', sum, g.fullLike(sum, eps * eps)));
    return g.div(v, g.expand(g.sqrt(bounded), v.shape));
  };
  const product = g.mul(unit(atLeast1(x)), unit(atLeast1(y)));
  return scalar ? g.reshape(product, []) : g.sum(product, [axis]);
}

/**
 * p-norm of `x1 - x2 + eps` over the last dimension. PyTorch: `F.pairwise_distance`.
 * @namespace F
 * @function
 * @throws ShapeError when the shapes do not broadcast.
 * @example F.pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export function pairwiseDistance(
  x1: Value,
  x2: Value,
  options: { p?: number | undefined; eps?: number | undefined; keepdim?: boolean | undefined } = {},
): Value {
  const op = 'pairwiseDistance';
  const { p = 2, eps = 1e-6, keepdim = false } = options;
  const [x, y] = floats(op, x1, x2);
  if (rank(x) === 0) throw new AxisError(op, -1, 0);
  return normOver(g.withScalar('add', g.sub(x, y), eps), p, [rank(x) - 1], keepdim);
}

/**
 * p-norm distance of every two rows, i < j, in row order. PyTorch: `F.pdist`.
 * @namespace F
 * @param x Rows [N, D].
 * @returns [N (N - 1) / 2].
 * @throws ShapeError when x is not 2-d.
 * @example F.pdist(tensor([[0, 0], [3, 4]])) // [5]
 */
export function pdist(x: Value, options: { p?: number | undefined } = {}): Value {
  if (rank(x) !== 2) throw new ShapeError('pdist', `takes rows [N, D], not ${formatShape(x.shape)}`);
  const rows = floating(x);
  const [n, d] = rows.shape as [number, number];
  const pairs: Value[] = [];
  for (let i = 0; i + 1 < n; i++) {
    const later = g.sliceAxis(rows, 0, i + 1, n - i - 1);
    pairs.push(g.sub(g.expand(g.sliceAxis(rows, 0, i, 1), later.shape), later));
  }
  if (pairs.length === 0) return g.full([0], 0, rows.dtype);
  if (d === 0) return g.full([(n * (n - 1)) / 2], 0, rows.dtype);
  return normOver(g.concat(pairs, 0), options.p ?? 2, [1]);
}

/**
 * The input where the target is 1, `max(0, margin - input)` where it is -1. PyTorch: `F.hinge_embedding_loss`.
 * @namespace F
 * @throws ShapeError when the shapes do not broadcast.
 * @example F.hingeEmbeddingLoss(tensor([0.5, 0.2]), tensor([1, -1])) // 0.65
 */
export function hingeEmbeddingLoss(
  input: Value,
  target: Value,
  options: { margin?: number | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'hingeEmbeddingLoss';
  const [x, y] = floats(op, input, target);
  const zeros = g.zerosLike(x);
  const slack = clampMin(g.withScalar('add', g.neg(x), options.margin ?? 1), 0);
  const is = (label: number): Value => g.eq(y, g.fullLike(y, label));
  return reduceLoss(op, g.add(g.where(is(1), zeros, slack), g.where(is(-1), zeros, x)), options.reduction);
}

/**
 * `max(0, -y (x1 - x2) + margin)`: y is 1 where x1 should rank higher, -1 where x2 should.
 * PyTorch: `F.margin_ranking_loss`.
 * @namespace F
 * @throws ShapeError when ranks differ or shapes do not broadcast.
 * @example F.marginRankingLoss(tensor([1]), tensor([2]), tensor([1])) // 1
 */
export function marginRankingLoss(
  input1: Value,
  input2: Value,
  target: Value,
  options: { margin?: number | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'marginRankingLoss';
  if (rank(input1) !== rank(input2) || rank(input1) !== rank(target)) {
    const shapes = [input1, input2, target].map((x) => formatShape(x.shape)).join(', ');
    throw new ShapeError(op, `all input tensors should have same dimension but got sizes ${shapes}`);
  }
  const [x1, x2, y] = floats(op, input1, input2, target);
  const slack = g.withScalar('add', g.neg(g.mul(y, g.sub(x1, x2))), options.margin ?? 0);
  return reduceLoss(op, clampMin(slack, 0), options.reduction);
}

/**
 * `1 - cos` where the target is 1, `max(0, cos - margin)` where it is -1. PyTorch: `F.cosine_embedding_loss`.
 * @namespace F
 * @param input1 Vectors [D] or [N, D].
 * @param target 1 or -1, [] or [N].
 * @throws ShapeError when the target has not one dimension fewer than the inputs.
 * @example F.cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])) // 1
 */
export function cosineEmbeddingLoss(
  input1: Value,
  input2: Value,
  target: Value,
  options: { margin?: number | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'cosineEmbeddingLoss';
  if (
    (rank(target) !== 0 && rank(target) !== 1) ||
    rank(input1) !== rank(target) + 1 ||
    rank(input2) !== rank(input1)
  ) {
    const shapes = [input1, input2].map((x) => formatShape(x.shape)).join(' and ');
    throw new ShapeError(
      op,
      `target ${formatShape(target.shape)} does not fit inputs ${shapes}: [N, D] takes [N], [D] takes []`,
    );
  }
  const [x1, x2] = floats(op, input1, input2);
  const axis = rank(target);
  const dot = (a: Value, b: Value): Value => g.sum(g.mul(a, b), [axis]);
  const length2 = (a: Value): Value => g.withScalar('add', dot(a, a), 1e-12);
  const all = g.div(dot(x1, x2), g.sqrt(g.mul(length2(x1), length2(x2))));
  const [cosine, y] = floats(op, all, target);
  const zeros = g.zerosLike(cosine);
  const is = (label: number): Value => g.eq(y, g.fullLike(y, label));
  const apart = clampMin(g.withScalar('add', cosine, -(options.margin ?? 0)), 0);
  const near = g.sub(g.fullLike(cosine, 1), cosine);
  return reduceLoss(op, g.add(g.where(is(1), near, zeros), g.where(is(-1), apart, zeros)), options.reduction);
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with the p-norm distance.
 * PyTorch: `F.triplet_margin_loss`.
 * @namespace F
 * @param options `swap`: the distance from positive to negative counts too, when smaller.
 * @throws ShapeError when ranks differ or shapes do not broadcast.
 * @example F.tripletMarginLoss(anchor, positive, negative, { margin: 0.5 })
 */
export function tripletMarginLoss(
  anchor: Value,
  positive: Value,
  negative: Value,
  options: {
    margin?: number | undefined;
    p?: number | undefined;
    eps?: number | undefined;
    swap?: boolean | undefined;
    reduction?: Reduction | undefined;
  } = {},
): Value {
  const op = 'tripletMarginLoss';
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction } = options;
  if (rank(anchor) !== rank(positive) || rank(anchor) !== rank(negative)) {
    const shapes = [anchor, positive, negative].map((x) => formatShape(x.shape)).join(', ');
    throw new ShapeError(
      op,
      `anchor, positive and negative must have one number of dimensions, but are ${shapes}`,
    );
  }
  const distance = (a: Value, b: Value): Value => pairwiseDistance(a, b, { p, eps });
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const bound = swap ? g.binary('min', far, distance(positive, negative)) : far;
  const [a, b] = sameShape(near.shape, bound.shape) ? [near, bound] : floats(op, near, bound);
  return reduceLoss(op, clampMin(g.withScalar('add', g.sub(a, b), margin), 0), reduction);
}
