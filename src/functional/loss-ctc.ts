/**
 * Connectionist temporal classification (Graves et al. 2006): the probability of a label sequence, summed over all
 * alignments by the forward recursion, in logarithms. Autodiff gives its gradient.
 */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { integers, reduceLoss, unsqueeze, type Reduction } from './nn-support.js';
import { floating, type Value } from './operands.js';

const minusInfinity = (like: Value): Value => g.fullLike(like, -Infinity);

/** log of a sum of exponentials over the last axis; rows of -Infinity stay so, without NaN in the gradient. */
function logSumExp(x: Value): Value {
  const axis = x.shape.length - 1;
  const top = g.stopGradient(g.reduce('amax', x, [axis]));
  const dead = g.eq(top, minusInfinity(top));
  const shift = g.where(dead, g.zerosLike(top), top);
  const total = g.sum(g.exp(g.sub(x, g.expand(unsqueeze(shift, axis), x.shape))), [axis]);
  const safe = g.where(dead, g.fullLike(total, 1), total);
  return g.where(dead, minusInfinity(total), g.add(shift, g.log(safe)));
}

/** Labels [N, S], of which the row n has `lengths[n]`: from rows, or from all rows written one after another. */
function labelRows(op: string, targets: Value, lengths: Value): Value {
  const labels = g.cast(integers(op, 'targets', targets), 'int32');
  const [n] = lengths.shape as [number];
  if (labels.shape.length === 2 && labels.shape[0] === n) return labels;
  if (labels.shape.length !== 1) {
    throw new ShapeError(
      op,
      `targets ${formatShape(targets.shape)} are neither [N, S] nor all labels in one row`,
    );
  }
  const total = labels.shape[0]!;
  const starts = g.sub(g.scan('cumsum', lengths, 0), lengths);
  const shape = [n, total];
  const at = g.add(g.expand(unsqueeze(starts, 1), shape), g.iotaAlong(shape, 1));
  return g.gather(g.expandTo(labels, shape), g.binary('min', at, g.fullLike(at, Math.max(total - 1, 0))), 1);
}

/** The value `steps` places before each along the last axis, `fill` at the start. */
function shifted(x: Value, steps: number, fill: number): Value {
  const width = x.shape[1]!;
  return g.sliceAxis(g.padAxis(x, 1, steps, 0, 0, fill), 1, 0, width);
}

/**
 * CTC loss of label sequences, without an alignment given. PyTorch: `F.ctc_loss`.
 * @namespace F
 * @param logProbs Log-probabilities [T, N, C] or [T, C], as from `logSoftmax`.
 * @param targets Labels [N, S], or all labels in one row, of an integer dtype.
 * @param inputLengths How many of the T steps each sequence has: [N], or [] without a batch.
 * @param targetLengths How many labels each sequence has: [N], or [] without a batch.
 * @param options `blank`: the class that stands for no label, 0 unless given. `reduction`: 'mean' divides each loss by
 *   its number of labels first. `zeroInfinity`: a sequence too short for its labels counts 0 instead of infinity.
 * @throws ShapeError when the shapes do not fit; ArgumentError for a `blank` outside the classes.
 * @example F.ctcLoss(F.logSoftmax(scores, 2), labels, steps, lengths)
 */
export function ctcLoss(
  logProbs: Value,
  targets: Value,
  inputLengths: Value,
  targetLengths: Value,
  options: {
    blank?: number | undefined;
    reduction?: Reduction | undefined;
    zeroInfinity?: boolean | undefined;
  } = {},
): Value {
  const op = 'ctcLoss';
  const { blank = 0, reduction = 'mean', zeroInfinity = false } = options;
  const single = logProbs.shape.length === 2;
  if (!single && logProbs.shape.length !== 3) {
    throw new ShapeError(
      op,
      `takes log-probabilities [T, N, C] or [T, C], not ${formatShape(logProbs.shape)}`,
    );
  }
  const logp = floating(single ? unsqueeze(logProbs, 1) : logProbs);
  const [steps, n, classes] = logp.shape as [number, number, number];
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
    throw new ArgumentError(op, `blank must be one of the ${classes} classes, but got ${blank}`);
  }
  const perSequence = (name: string, x: Value): Value => {
    if (g.count(x) !== n)
      throw new ShapeError(op, `${name} ${formatShape(x.shape)} must have ${n} element(s)`);
    return g.reshape(g.cast(integers(op, name, x), 'int32'), [n]);
  };
  const inputs = perSequence('inputLengths', inputLengths);
  const lengths = perSequence('targetLengths', targetLengths);
  const labels = labelRows(
    op,
    single && targets.shape.length === 1 ? unsqueeze(targets, 0) : targets,
    lengths,
  );

  // Blanks before, between and after the labels.
  const path = g.pad(labels, { low: [0, 1], high: [0, 1], interior: [0, 1], value: blank });
  const width = path.shape[1]!;
  const emitted = g.gather(logp, g.expandTo(path, [steps, n, width]), 2);
  const at = (t: number): Value => g.reshape(g.sliceAxis(emitted, 0, t, 1), [n, width]);
  const repeats = g.eq(path, shifted(path, 2, -1));
  const mayBlankBeSkipped = g.not(g.binary('or', g.eq(path, g.fullLike(path, blank)), repeats));
  const position = g.iotaAlong([n, width], 1);

  const none = g.full([n, width], -Infinity, logp.dtype);
  let alpha = g.where(g.lt(position, g.fullLike(position, 2)), at(0), none);
  for (let t = 1; t < steps; t++) {
    const skipping = g.where(mayBlankBeSkipped, shifted(alpha, 2, -Infinity), none);
    const ways = [alpha, shifted(alpha, 1, -Infinity), skipping].map((way) => unsqueeze(way, 2));
    const next = g.add(logSumExp(g.concat(ways, 2)), at(t));
    const running = g.lt(g.fullLike(inputs, t), inputs);
    alpha = g.where(g.expand(unsqueeze(running, 1), [n, width]), next, alpha);
  }
  const last = g.expand(unsqueeze(g.scale(lengths, 2), 1), [n, width]);
  const beforeLast = g.sub(last, g.fullLike(last, 1));
  const ends = g.binary('or', g.eq(position, last), g.eq(position, beforeLast));
  const raw = g.neg(logSumExp(g.where(ends, alpha, none)));
  const infinite = g.eq(raw, g.fullLike(raw, Infinity));
  const loss = zeroInfinity ? g.where(infinite, g.zerosLike(raw), raw) : raw;
  if (reduction === 'mean') {
    const counts = g.cast(g.binary('max', lengths, g.fullLike(lengths, 1)), loss.dtype);
    return reduceLoss(op, g.div(loss, counts), reduction);
  }
  return reduceLoss(op, single ? g.reshape(loss, []) : loss, reduction);
}
