/**
 * Losses over classes: cross-entropy, negative log-likelihood and the margin losses with class labels.
 *
 * The log-probability of the target class is picked by comparing class numbers with the target, not by a gather: its
 * gradient is then elementwise in the same rows, and forward and gradient fuse with the softmax they belong to. A
 * target outside the classes is an error where it is handed in, and gives NaN where it is computed.
 */
import { ArgumentError, DTypeError, ShapeError, formatShape, isFloat, sameShape } from '../core/index.js';
import { g, node } from '../graph/index.js';
import { logSoftmax, logsigmoid } from './activation.js';
import {
  along,
  floats,
  average,
  integers,
  positivePart,
  reduceLoss,
  unsqueeze,
  weighted,
  type Reduction,
} from './nn-support.js';
import { floating, range, type Value } from './operands.js';

interface Picking {
  readonly weight: Value | undefined;
  readonly ignoreIndex: number;
  readonly reduction: Reduction | undefined;
  readonly labelSmoothing: number;
}

/** Dimension of the classes: the only one of [C], else the second of [N, C, ...]. */
function classAxis(op: string, input: Value): number {
  if (input.shape.length === 0) throw new ShapeError(op, 'expected at least a 1-d input, [C] or [N, C, ...]');
  return input.shape.length === 1 ? 0 : 1;
}

function classWeight(op: string, weight: Value | undefined, input: Value, axis: number): Value | undefined {
  if (weight === undefined) return undefined;
  const classes = input.shape[axis]!;
  if (weight.shape.length !== 1 || weight.shape[0] !== classes) {
    throw new ShapeError(
      op,
      `weight must be defined for all ${classes} classes or none, but has shape ${formatShape(weight.shape)}`,
    );
  }
  return along(g.cast(weight, input.dtype), input.shape, axis);
}

/** Whether each class is the target, over the shape of the scores. */
function isTarget(target: Value, shape: readonly number[], axis: number): Value {
  const classes = g.iotaAlong(shape, axis);
  return g.eq(classes, g.expand(unsqueeze(target, axis), shape));
}

/** The loss from log-probabilities and class numbers, with smoothed labels where asked for. */
function pickLoss(op: string, logp: Value, labels: Value, options: Picking): Value {
  const { ignoreIndex, reduction, labelSmoothing } = options;
  const axis = classAxis(op, logp);
  const rows = logp.shape.toSpliced(axis, 1);
  if (!sameShape(labels.shape, rows)) {
    throw new ShapeError(
      op,
      `input ${formatShape(logp.shape)} takes targets of shape ${formatShape(rows)}, not ${formatShape(labels.shape)}`,
    );
  }
  const classes = logp.shape[axis]!;
  const checked = node('checkIndex', [integers(op, 'class numbers', labels)], {
    bound: classes,
    except: ignoreIndex,
    what: op,
  });
  const target = g.cast(checked, 'int32');
  const hit = isTarget(target, logp.shape, axis);
  const zeros = g.zerosLike(logp);
  const weight = classWeight(op, options.weight, logp, axis);
  const score = weight === undefined ? logp : g.mul(logp, weight);
  const none = g.full(rows, 0, logp.dtype);
  const ignored = g.eq(target, g.fullLike(target, ignoreIndex));
  const valid = g.binary('and', g.le(g.zerosLike(target), target), g.lt(target, g.fullLike(target, classes)));
  const masked = (loss: Value): Value =>
    g.where(ignored, none, g.where(valid, loss, g.full(rows, NaN, logp.dtype)));

  const picked = g.neg(g.sum(g.where(hit, score, zeros), [axis]));
  let loss = masked(picked);
  if (labelSmoothing > 0) {
    const uniform = masked(g.neg(g.sum(score, [axis])));
    loss = g.add(g.scale(loss, 1 - labelSmoothing), g.scale(uniform, labelSmoothing / classes));
  }
  if ((reduction ?? 'mean') !== 'mean') return reduceLoss(op, loss, reduction);
  const counted =
    weight === undefined
      ? g.cast(g.not(ignored), logp.dtype)
      : g.where(ignored, none, g.sum(g.where(hit, weight, zeros), [axis]));
  const all = range(rows.length);
  return g.div(g.sum(loss, all), g.sum(counted, all));
}

/** Cross-entropy against a probability for each class. */
function distributionLoss(op: string, logp: Value, target: Value, options: Picking): Value {
  const { reduction, labelSmoothing } = options;
  const axis = classAxis(op, logp);
  const classes = logp.shape[axis]!;
  const smooth =
    labelSmoothing > 0
      ? g.withScalar('add', g.scale(target, 1 - labelSmoothing), labelSmoothing / classes)
      : target;
  const weight = classWeight(op, options.weight, logp, axis);
  const terms = g.mul(weight === undefined ? logp : g.mul(logp, weight), smooth);
  const loss = g.neg(g.sum(terms, [axis]));
  return reduceLoss(op, loss, reduction);
}

/**
 * Cross-entropy of unnormalised scores with classes or class probabilities. PyTorch: `F.cross_entropy`.
 *
 * @namespace F
 * @param input Scores [C] or [N, C, ...]; any floating dtype.
 * @param target Class numbers [] or [N, ...] of an integer dtype, or probabilities of the input's shape.
 * @param options `weight`: a factor for each class [C]. `ignoreIndex`: class number that counts for nothing.
 *   `labelSmoothing`: share of the target spread evenly over all classes, in [0, 1].
 * @returns The loss; NaN where a class number lies outside [0, C).
 * @throws ShapeError when target or weight do not fit the input; DTypeError for probabilities of no floating dtype.
 * @example F.crossEntropy(tensor([[2, 0], [0, 2]]), tensor([0, 1], { dtype: 'int32' })) // 0.1269
 */
export function crossEntropy(
  input: Value,
  target: Value,
  options: {
    weight?: Value | undefined;
    ignoreIndex?: number | undefined;
    reduction?: Reduction | undefined;
    labelSmoothing?: number | undefined;
  } = {},
): Value {
  const op = 'crossEntropy';
  const { weight, ignoreIndex = -100, reduction, labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(op, `labelSmoothing must be between 0 and 1, but got ${labelSmoothing}`);
  }
  const scores = floating(input);
  const logp = logSoftmax(scores, classAxis(op, scores));
  const picking: Picking = { weight, ignoreIndex, reduction, labelSmoothing };
  if (!isFloat(target.dtype)) return pickLoss(op, logp, target, picking);
  if (!sameShape(target.shape, input.shape)) {
    throw new (
      sameShape(target.shape, input.shape.toSpliced(classAxis(op, input), 1)) ? DTypeError : ShapeError
    )(
      op,
      `floating targets are probabilities of the input's shape ${formatShape(input.shape)}, ` +
        `not ${target.dtype}${formatShape(target.shape)}`,
      'class numbers are integers: cast the target to int32',
    );
  }
  return distributionLoss(op, logp, g.cast(target, logp.dtype), picking);
}

/**
 * Negative log-likelihood of classes from log-probabilities. PyTorch: `F.nll_loss`.
 *
 * @namespace F
 * @param input Log-probabilities [C] or [N, C, ...].
 * @param target Class numbers [] or [N, ...].
 * @param options As for `crossEntropy`.
 * @returns The loss; NaN where a class number lies outside [0, C).
 * @throws ShapeError when target or weight do not fit the input.
 * @example F.nllLoss(F.logSoftmax(scores, 1), labels)
 */
export function nllLoss(
  input: Value,
  target: Value,
  options: {
    weight?: Value | undefined;
    ignoreIndex?: number | undefined;
    reduction?: Reduction | undefined;
  } = {},
): Value {
  const { weight, ignoreIndex = -100, reduction } = options;
  return pickLoss('nllLoss', floating(input), target, { weight, ignoreIndex, reduction, labelSmoothing: 0 });
}

/** Scores as [N, C] with the class number of each row, and whether there was a batch. */
function labelled(op: string, input: Value, target: Value): { scores: Value; labels: Value; rows: number[] } {
  const rows = input.shape.slice(0, -1);
  const fits = input.shape.length === 1 || input.shape.length === 2;
  if (!fits) throw new ShapeError(op, `takes scores [C] or [N, C], not ${formatShape(input.shape)}`);
  const labels = g.cast(integers(op, 'targets', target), 'int32');
  const classes = input.shape.at(-1)!;
  return { scores: g.reshape(floating(input), [rows[0] ?? 1, classes]), labels, rows };
}

/**
 * Hinge loss of every wrong class against the right one: `sum_j max(0, margin - x[y] + x[j])^p / C`.
 * PyTorch: `F.multi_margin_loss`.
 * @namespace F
 * @param input Scores [C] or [N, C].
 * @param target Class numbers [] or [N].
 * @param options `p` is 1 or 2; `weight` a factor for each class.
 * @throws ShapeError when target or weight do not fit; ArgumentError for another `p`.
 * @example F.multiMarginLoss(tensor([[0.1, 0.2]]), tensor([1], { dtype: 'int32' })) // 0.45
 */
export function multiMarginLoss(
  input: Value,
  target: Value,
  options: {
    p?: number | undefined;
    margin?: number | undefined;
    weight?: Value | undefined;
    reduction?: Reduction | undefined;
  } = {},
): Value {
  const op = 'multiMarginLoss';
  const { p = 1, margin = 1, weight, reduction } = options;
  if (p !== 1 && p !== 2) throw new ArgumentError(op, `p must be 1 or 2, but got ${p}`);
  const { scores, labels, rows } = labelled(op, input, target);
  const shape = scores.shape;
  if (g.count(labels) !== shape[0]) {
    throw new ShapeError(
      op,
      `${formatShape(input.shape)} takes ${shape[0]} targets, not ${formatShape(target.shape)}`,
    );
  }
  const hit = isTarget(g.reshape(labels, [shape[0]!]), shape, 1);
  const zeros = g.zerosLike(scores);
  const right = g.expand(g.sum(g.where(hit, scores, zeros), [1], true), shape);
  const slack = positivePart(g.withScalar('add', g.sub(scores, right), margin));
  const raised = p === 1 ? slack : g.mul(slack, slack);
  const perClass = classWeight(op, weight, scores, 1);
  const factor = perClass && g.expand(g.sum(g.where(hit, perClass, zeros), [1], true), shape);
  const terms = g.where(hit, zeros, factor ? g.mul(raised, factor) : raised);
  return reduceLoss(op, g.reshape(average(terms, [1]), rows), reduction);
}

/**
 * Hinge loss of every class that is no target against every one that is; the targets of a row end at the first -1.
 * PyTorch: `F.multilabel_margin_loss`.
 * @namespace F
 * @param input Scores [C] or [N, C].
 * @param target Class numbers of the input's shape, padded with -1.
 * @throws ShapeError when the shapes differ.
 * @example F.multilabelMarginLoss(tensor([[0.1, 0.2, 0.4]]), tensor([[2, 0, -1]], { dtype: 'int32' }))
 */
export function multilabelMarginLoss(
  input: Value,
  target: Value,
  options: { reduction?: Reduction | undefined } = {},
): Value {
  const op = 'multilabelMarginLoss';
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      op,
      `input ${formatShape(input.shape)} and target ${formatShape(target.shape)} differ`,
    );
  }
  const { scores, labels, rows } = labelled(op, input, target);
  const [n, classes] = scores.shape as [number, number];
  const pairs = [n, classes, classes];
  const given = g.reshape(labels, [n, classes]);
  // A target counts while no negative number came before it.
  const ends = g.cast(g.lt(given, g.zerosLike(given)), 'int32');
  const before = g.scan('cumsum', ends, 1);
  const counts = g.expand(unsqueeze(g.eq(before, g.zerosLike(before)), 2), pairs);
  const hit = g.binary('and', isTarget(given, pairs, 2), counts);
  const isLabel = g.reduce('amax', g.cast(hit, 'int32'), [1], true);
  const free = g.expand(g.eq(isLabel, g.zerosLike(isLabel)), pairs);
  const every = g.expand(unsqueeze(scores, 1), pairs);
  const zeros = g.zerosLike(every);
  const labelScore = g.expand(g.sum(g.where(hit, every, zeros), [2], true), pairs);
  const slack = positivePart(g.withScalar('add', g.sub(every, labelScore), 1));
  const terms = g.where(g.binary('and', counts, free), slack, zeros);
  const loss = g.withScalar('div', g.sum(terms, [1, 2]), classes);
  return reduceLoss(op, g.reshape(loss, rows), options.reduction);
}

/**
 * Binary cross-entropy with scores, averaged over the classes. PyTorch: `F.multilabel_soft_margin_loss`.
 * @namespace F
 * @param input Scores [C] or [N, C].
 * @param target 0 or 1 for each class, of the input's shape.
 * @param options `weight`: a factor for each class.
 * @example F.multilabelSoftMarginLoss(tensor([[0.5, -0.5]]), tensor([[1, 0]])) // 0.4741
 */
export function multilabelSoftMarginLoss(
  input: Value,
  target: Value,
  options: { weight?: Value | undefined; reduction?: Reduction | undefined } = {},
): Value {
  const op = 'multilabelSoftMarginLoss';
  const [x, y] = floats(op, input, target);
  const others = g.sub(g.fullLike(y, 1), y);
  const terms = g.neg(g.add(g.mul(y, logsigmoid(x)), g.mul(others, logsigmoid(g.neg(x)))));
  return reduceLoss(
    op,
    average(weighted(op, terms, options.weight), [terms.shape.length - 1]),
    options.reduction,
  );
}
