/** Attention with dropout, which draws from the default generator. */
import { atSite } from '../core/index.js';
import * as F from './F.generated.js';
import { matmul } from './functions.generated.js';
import { dropout } from './random.js';
import type { Tensor } from './tensor.generated.js';

/** Options of `F.scaledDotProductAttention`. */
export interface AttentionOptions {
  /** Broadcasts to [..., T, S]: added to the scores, or bool with true for keys that are seen. */
  readonly attnMask?: Tensor | undefined;
  /** Probability that a weight is dropped; the others are scaled by 1 / (1 - dropoutP). Default: 0. */
  readonly dropoutP?: number | undefined;
  /** Whether query i sees keys 0 to i only. */
  readonly isCausal?: boolean | undefined;
  /** Default: 1 / sqrt(D). */
  readonly scale?: number | undefined;
}

/**
 * Attention: values weighted by how well their keys match each query, `dropout(softmax(scale q k^T + mask)) v`
 * (torch.nn.functional.scaled_dot_product_attention). As there, dropout does not ask whether a module is training.
 *
 * @param query [..., T, D].
 * @param key [..., S, D]; leading dimensions broadcast.
 * @param value [..., S, E].
 * @returns [..., T, E].
 * @throws ShapeError when the shapes do not fit; ArgumentError for a mask beside `isCausal`.
 * @example F.scaledDotProductAttention(q, k, v, { isCausal: true, dropoutP: 0.1 })
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { dropoutP = 0, ...options }: AttentionOptions = {},
): Tensor {
  return atSite(() =>
    dropoutP === 0
      ? F.scaledDotProductAttention(query, key, value, options)
      : matmul(dropout(F.attentionWeights(query, key, options), { p: dropoutP }), value),
  );
}
