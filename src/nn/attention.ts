/** Multi-head attention. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import * as F from '../tensor/F.js';
import { expectTensor } from '../tensor/arguments.js';
import { Parameter, cat, dropout, where, type Tensor } from '../tensor/index.js';
import { zeroState } from '../tensor/state.js';
import * as init from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';

/** Options of multi-head attention. */
export interface MultiheadAttentionOptions {
  /** Probability that a weight is dropped while training. */
  dropout?: number | undefined;
  bias?: boolean | undefined;
  /** Whether a learned key and value join the sequence. */
  addBiasKv?: boolean | undefined;
  /** Whether a key and value of zeros join the sequence. */
  addZeroAttn?: boolean | undefined;
  /** Size of a key; that of a query unless given. */
  kdim?: number | undefined;
  /** Size of a value; that of a query unless given. */
  vdim?: number | undefined;
  /** Whether inputs are [N, T, E] rather than [T, N, E]. */
  batchFirst?: boolean | undefined;
}

/** Options of a call. */
export interface AttendOptions {
  /** [N, S]: true (or -Infinity) for keys to be left out. */
  keyPaddingMask?: Tensor | undefined;
  /** Whether the weights are returned too (the default). */
  needWeights?: boolean | undefined;
  /** [T, S] or [N heads, T, S]: true for pairs to be left out, or numbers added to the scores. */
  attnMask?: Tensor | undefined;
  /** Whether returned weights are the mean over heads (the default). */
  averageAttnWeights?: boolean | undefined;
}

/** A mask as numbers to be added: PyTorch's modules leave out where a bool mask is true. */
const additive = (mask: Tensor, like: Tensor): Tensor =>
  mask.dtype === 'bool' ? where(mask, like.newFull([], -Infinity), like.newFull([], 0)) : mask.to(like.dtype);

/**
 * Attention of queries to keys, in several heads.
 * @example const [output, weights] = attention(x, x, x);
 */
export class MultiheadAttention extends Module {
  inProjWeight: Parameter | null;
  qProjWeight: Parameter | null = null;
  kProjWeight: Parameter | null = null;
  vProjWeight: Parameter | null = null;
  inProjBias: Parameter | null;
  outProj: Linear;
  biasK: Parameter | null;
  biasV: Parameter | null;
  dropout: number;
  readonly batchFirst: boolean;
  readonly addZeroAttn: boolean;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    const { bias = true, addBiasKv = false, kdim = embedDim, vdim = embedDim } = options;
    if (embedDim % numHeads !== 0) {
      throw new ArgumentError(
        'MultiheadAttention',
        `embedDim ${embedDim} is not divisible by numHeads ${numHeads}`,
      );
    }
    const joint = kdim === embedDim && vdim === embedDim;
    const parameter = (...shape: number[]): Parameter => new Parameter(zeroState(shape));
    this.inProjWeight = joint ? parameter(3 * embedDim, embedDim) : null;
    if (!joint) {
      this.qProjWeight = parameter(embedDim, embedDim);
      this.kProjWeight = parameter(embedDim, kdim);
      this.vProjWeight = parameter(embedDim, vdim);
    }
    this.inProjBias = bias ? parameter(3 * embedDim) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias });
    this.biasK = addBiasKv ? parameter(1, 1, embedDim) : null;
    this.biasV = addBiasKv ? parameter(1, 1, embedDim) : null;
    this.dropout = options.dropout ?? 0;
    this.batchFirst = options.batchFirst ?? false;
    this.addZeroAttn = options.addZeroAttn ?? false;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight]) {
      if (weight) init.xavierUniform_(weight);
    }
    for (const zero of [this.inProjBias, this.outProj.bias]) if (zero) init.zeros_(zero);
    for (const bias of [this.biasK, this.biasV]) if (bias) init.xavierNormal_(bias);
  }

  /** Queries, keys and values, projected: one product where all three are the same tensor. */
  #project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const { inProjWeight, inProjBias } = this;
    if (inProjWeight && query === key && key === value) {
      const all = F.linear(query, inProjWeight, inProjBias ?? undefined);
      return all.chunk(3, -1) as [Tensor, Tensor, Tensor];
    }
    const weights = inProjWeight?.chunk(3, 0) ?? [this.qProjWeight!, this.kProjWeight!, this.vProjWeight!];
    const biases = inProjBias?.chunk(3, 0);
    const project = (x: Tensor, i: number): Tensor => F.linear(x, weights[i]!, biases?.[i]);
    return [project(query, 0), project(key, 1), project(value, 2)];
  }

  /** [N, T, E] as [N, heads, T, E / heads]. */
  #heads(x: Tensor): Tensor {
    const [n, t] = x.shape as readonly [number, number];
    return x.reshape([n, t, this.numHeads, this.embedDim / this.numHeads]).transpose(1, 2);
  }

  /** What is added to scores [N, heads, T, S], with nothing for `extra` keys joined at the end. */
  #mask(like: Tensor, keys: number, extra: number, options: AttendOptions): Tensor | undefined {
    const [n, , t] = like.shape as readonly [number, number, number];
    const { attnMask, keyPaddingMask } = options;
    const masks: Tensor[] = [];
    if (attnMask) {
      const mask = additive(attnMask, like);
      masks.push(mask.ndim === 3 ? mask.reshape([n, this.numHeads, t, keys]) : mask);
    }
    if (keyPaddingMask) masks.push(additive(keyPaddingMask, like).reshape([n, 1, 1, keys]));
    if (masks.length === 0) return undefined;
    const sum = masks.reduce((a, b) => a.add(b));
    return extra > 0 ? F.pad(sum, [0, extra]) : sum;
  }

  /** The output, and the weights unless `needWeights` is false. */
  forward(query: Tensor, key: Tensor, value: Tensor, options: AttendOptions = {}): [Tensor, Tensor | null] {
    expectTensor(query, 'MultiheadAttention', 'query');
    const unbatched = query.ndim === 2;
    if (!unbatched && query.ndim !== 3) {
      throw new ShapeError(
        'MultiheadAttention',
        `expected a 2-d or 3-d query, but got ${formatShape(query.shape)}`,
      );
    }
    const batched = (x: Tensor): Tensor =>
      unbatched ? x.unsqueeze(0) : this.batchFirst ? x : x.transpose(0, 1);
    const projected = this.#project(query, key, value).map(batched) as [Tensor, Tensor, Tensor];
    const [q, ...kv] = projected;
    const [n, keys] = kv[0].shape as readonly [number, number];
    const learned = [this.biasK, this.biasV].map((bias) => bias?.expand([n, 1, this.embedDim]));
    const zeros = this.addZeroAttn ? q.newZeros([n, 1, this.embedDim]) : undefined;
    const [k, v] = kv.map((x, i) =>
      cat(
        [x, learned[i], zeros].filter((part) => part !== undefined),
        1,
      ),
    );
    const extra = k!.shape[1]! - keys;
    const [queries, keysByHead, values] = [q, k!, v!].map((x) => this.#heads(x)) as [Tensor, Tensor, Tensor];
    const attnMask = this.#mask(queries, keys, extra, options);
    const { needWeights = true, averageAttnWeights = true } = options;
    const dropoutP = this.training ? this.dropout : 0;
    let attended: Tensor;
    let weights: Tensor | null = null;
    if (needWeights) {
      weights = dropout(F.attentionWeights(queries, keysByHead, { attnMask }), { p: dropoutP });
      attended = weights.matmul(values);
    } else {
      attended = F.scaledDotProductAttention(queries, keysByHead, values, { attnMask, dropoutP });
    }
    const joined = attended.transpose(1, 2).reshape([n, q.shape[1]!, this.embedDim]);
    const output = this.outProj(
      unbatched ? joined.squeeze(0) : this.batchFirst ? joined : joined.transpose(0, 1),
    );
    if (!needWeights || !weights) return [output, null];
    const shown = averageAttnWeights ? weights.mean(1) : weights;
    return [output, unbatched ? shown.squeeze(0) : shown];
  }
}
