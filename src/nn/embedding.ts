/** Tables of vectors, looked up by number. */
import { ArgumentError } from '../core/index.js';
import { hostNormal } from '../runtime/index.js';
import * as F from '../tensor/F.js';
import { setLater } from '../tensor/content.js';
import { Parameter, noGrad, type Tensor } from '../tensor/index.js';
import { zeroState } from '../tensor/state.js';
import { Module } from './module.js';
import { keywords } from './print.js';

/** Options of both kinds of table. */
export interface EmbeddingOptions {
  /** A row that starts as zeros and gets no gradient; counted from the end when negative. */
  paddingIdx?: number | undefined;
  /** Rows that are used and whose norm exceeds this are scaled down to it first. */
  maxNorm?: number | undefined;
  /** The p of that norm, 2 unless given. */
  normType?: number | undefined;
}

abstract class Table extends Module {
  weight: Parameter;
  paddingIdx: number | undefined;
  maxNorm: number | undefined;
  normType: number;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions,
  ) {
    super();
    const { paddingIdx, maxNorm, normType = 2 } = options;
    if (paddingIdx !== undefined && (paddingIdx < -numEmbeddings || paddingIdx >= numEmbeddings)) {
      throw new ArgumentError(
        'Embedding',
        `paddingIdx ${paddingIdx} is not within ${numEmbeddings} embeddings`,
      );
    }
    this.paddingIdx = paddingIdx !== undefined && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.weight = new Parameter(zeroState([numEmbeddings, embeddingDim]));
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    const { paddingIdx: row, embeddingDim: width } = this;
    const draw = hostNormal(this.numEmbeddings * width);
    setLater(this.weight, () => {
      const values = draw();
      return row === undefined ? values : values.fill(0, row * width, (row + 1) * width);
    });
  }

  protected renormalise(input: Tensor): void {
    const { maxNorm, normType } = this;
    if (maxNorm === undefined) return;
    noGrad(() => this.weight.assign(F.embeddingRenorm(this.weight, input, { maxNorm, normType })));
  }

  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, paddingIdx, maxNorm } = this;
    const options = keywords({ paddingIdx, maxNorm });
    return `${numEmbeddings}, ${embeddingDim}${options && `, ${options}`}`;
  }
}

/**
 * Rows of a table by number.
 * @example new nn.Embedding(5000, 64, { paddingIdx: 0 })
 */
export class Embedding extends Table {
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super(numEmbeddings, embeddingDim, options);
  }

  forward(input: Tensor): Tensor {
    this.renormalise(input);
    return F.embedding(input, this.weight, { paddingIdx: this.paddingIdx });
  }
}

/** Sums, means or maxima over bags of rows. */
export class EmbeddingBag extends Table {
  mode: 'sum' | 'mean' | 'max';
  includeLastOffset: boolean;

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingOptions & {
      mode?: 'sum' | 'mean' | 'max' | undefined;
      includeLastOffset?: boolean | undefined;
    } = {},
  ) {
    super(numEmbeddings, embeddingDim, options);
    this.mode = options.mode ?? 'mean';
    this.includeLastOffset = options.includeLastOffset ?? false;
  }

  /** @param offsets Where each bag starts, for 1-d input. */
  forward(input: Tensor, offsets?: Tensor, options: { perSampleWeights?: Tensor | undefined } = {}): Tensor {
    this.renormalise(input);
    const { mode, includeLastOffset, paddingIdx } = this;
    const { perSampleWeights } = options;
    return F.embeddingBag(input, this.weight, {
      offsets,
      mode,
      includeLastOffset,
      paddingIdx,
      perSampleWeights,
    });
  }
}
