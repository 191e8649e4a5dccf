/** Scaled dot-product attention, written out: the compiler recognises the pattern and chooses how to run it. */
import { ArgumentError, ShapeError, broadcastShapes, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { softmax } from './activation.js';
import { requireFloat, resultType, type Value } from './operands.js';

/** 0 where the key may be seen, -Infinity elsewhere. */
function additive(seen: Value, like: Value): Value {
  return g.where(seen, g.zerosLike(like), g.fullLike(like, -Infinity));
}

function maskScores(op: string, scores: Value, mask: Value | undefined, isCausal: boolean): Value {
  if (isCausal) {
    if (mask !== undefined) throw new ArgumentError(op, 'takes attnMask or isCausal, not both');
    const rank = scores.shape.length;
    const seen = g.le(g.iotaAlong(scores.shape, rank - 1), g.iotaAlong(scores.shape, rank - 2));
    return g.where(seen, scores, g.fullLike(scores, -Infinity));
  }
  if (mask === undefined) return scores;
  const spread = g.expandTo(mask, broadcastShapes(op, scores.shape, mask.shape));
  if (spread.shape.length !== scores.shape.length || g.count(spread) !== g.count(scores)) {
    throw new ShapeError(
      op,
      `attnMask ${formatShape(mask.shape)} does not fit scores ${formatShape(scores.shape)}`,
    );
  }
  if (mask.dtype === 'bool') return g.add(scores, additive(spread, scores));
  return g.add(scores, g.cast(spread, scores.dtype));
}

/**
 * How much of each value each query takes: `softmax(scale q k^T + mask)`.
 * @namespace F
 * @param query [..., T, D].
 * @param key [..., S, D]; leading dimensions broadcast.
 * @param options `attnMask` broadcasts to [..., T, S]: added to the scores, or bool with true for keys that are seen.
 * @returns [..., T, S].
 * @throws ShapeError when the shapes do not fit.
 * @example F.attentionWeights(q, k, { isCausal: true })
 */
export function attentionWeights(
  query: Value,
  key: Value,
  options: { attnMask?: Value | undefined; isCausal?: boolean | undefined; scale?: number | undefined } = {},
): Value {
  const op = 'scaledDotProductAttention';
  const dtype = resultType(op, query, key);
  for (const x of [query, key]) {
    requireFloat(op, x);
    if (x.shape.length < 2)
      throw new ShapeError(op, `takes [..., T, D] tensors, not ${formatShape(x.shape)}`);
  }
  const width = query.shape.at(-1)!;
  if (width !== key.shape.at(-1)) {
    throw new ShapeError(
      op,
      `query ${formatShape(query.shape)} and key ${formatShape(key.shape)} differ in their last dimension`,
    );
  }
  const lead = broadcastShapes(op, query.shape.slice(0, -2), key.shape.slice(0, -2));
  const at = (x: Value): Value => g.expandTo(g.cast(x, dtype), [...lead, ...x.shape.slice(-2)]);
  const [q, k] = [at(query), at(key)];
  const rank = lead.length + 2;
  const scores = g.scale(
    g.matmul(q, g.swapAxes(k, rank - 2, rank - 1)),
    options.scale ?? 1 / Math.sqrt(width),
  );
  return softmax(maskScores(op, scores, options.attnMask, options.isCausal ?? false), -1);
}

/**
 * Attention: values weighted by how well their keys match each query, `softmax(scale q k^T + mask) v`.
 * PyTorch: `F.scaled_dot_product_attention`. `dropoutP` is an option of F's form only.
 * @namespace F
 * @param query [..., T, D].
 * @param key [..., S, D]; leading dimensions broadcast.
 * @param value [..., S, E].
 * @param options `attnMask` broadcasts to [..., T, S]: added to the scores, or bool with true for keys that are seen.
 *   `isCausal`: query i sees keys 0 to i. `scale`: 1 / sqrt(D) unless given.
 * @returns [..., T, E].
 * @throws ShapeError when the shapes do not fit; ArgumentError for a mask beside `isCausal`.
 * @example F.scaledDotProductAttention(q, k, v, { isCausal: true })
 */
export function scaledDotProductAttention(
  query: Value,
  key: Value,
  value: Value,
  options: { attnMask?: Value | undefined; isCausal?: boolean | undefined; scale?: number | undefined } = {},
): Value {
  const op = 'scaledDotProductAttention';
  const weights = attentionWeights(query, key, options);
  if (value.shape.length < 2 || value.shape.at(-2) !== key.shape.at(-2)) {
    throw new ShapeError(
      op,
      `key ${formatShape(key.shape)} and value ${formatShape(value.shape)} differ in the number of positions`,
    );
  }
  const lead = broadcastShapes(op, weights.shape.slice(0, -2), value.shape.slice(0, -2));
  const at = (x: Value): Value => g.expandTo(g.cast(x, weights.dtype), [...lead, ...x.shape.slice(-2)]);
  return g.matmul(at(weights), at(value));
}
