/** Losses as modules. Each takes its prediction first and returns one value, unless `reduction` is 'none'. */
import * as F from '../tensor/F.js';
import { Buffer, type Tensor } from '../tensor/index.js';
import { Configured, type OptionsOf } from './configured.js';

abstract class Loss<O extends object> extends Configured<O> {
  constructor(options: Partial<O> = {}) {
    super(options as O);
  }

  override extraRepr(): string {
    return '';
  }
}

/** Mean squared error. */
export class MSELoss extends Loss<OptionsOf<typeof F.mseLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, this.options);
  }
}

/** Mean absolute error. */
export class L1Loss extends Loss<OptionsOf<typeof F.l1Loss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, this.options);
  }
}

/** Squared error below `beta`, absolute error above. */
export class SmoothL1Loss extends Loss<OptionsOf<typeof F.smoothL1Loss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, this.options);
  }
}

/** Squared error below `delta`, `delta` times the absolute error above. */
export class HuberLoss extends Loss<OptionsOf<typeof F.huberLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, this.options);
  }
}

/** `log(1 + exp(-y x))` for targets of 1 and -1. */
export class SoftMarginLoss extends Loss<OptionsOf<typeof F.softMarginLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(input, target, this.options);
  }
}

/** Kullback-Leibler divergence of log-probabilities from a target distribution. */
export class KLDivLoss extends Loss<OptionsOf<typeof F.klDiv>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.klDiv(input, target, this.options);
  }
}

/** Negative log-likelihood of counts under a Poisson distribution. */
export class PoissonNLLLoss extends Loss<OptionsOf<typeof F.poissonNllLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.poissonNllLoss(input, target, this.options);
  }
}

/** Negative log-likelihood under normal distributions with the given variances. */
export class GaussianNLLLoss extends Loss<OptionsOf<typeof F.gaussianNllLoss>> {
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return F.gaussianNllLoss(input, target, variance, this.options);
  }
}

/** x for targets of 1, `max(margin - x, 0)` for targets of -1. */
export class HingeEmbeddingLoss extends Loss<OptionsOf<typeof F.hingeEmbeddingLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.hingeEmbeddingLoss(input, target, this.options);
  }
}

/** `max(-y (x1 - x2) + margin, 0)`: which of two is to rank higher. */
export class MarginRankingLoss extends Loss<OptionsOf<typeof F.marginRankingLoss>> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.marginRankingLoss(input1, input2, target, this.options);
  }
}

/** `1 - cos` for targets of 1, `max(cos - margin, 0)` for targets of -1. */
export class CosineEmbeddingLoss extends Loss<OptionsOf<typeof F.cosineEmbeddingLoss>> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/** How much nearer the anchor is to the negative than to the positive, past a margin. */
export class TripletMarginLoss extends Loss<OptionsOf<typeof F.tripletMarginLoss>> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return F.tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/** Multi-class hinge loss for targets that are lists of classes. */
export class MultiLabelMarginLoss extends Loss<OptionsOf<typeof F.multilabelMarginLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelMarginLoss(input, target, this.options);
  }
}

/** Connectionist temporal classification of sequences that are not aligned. */
export class CTCLoss extends Loss<OptionsOf<typeof F.ctcLoss>> {
  forward(logProbs: Tensor, targets: Tensor, inputLengths: Tensor, targetLengths: Tensor): Tensor {
    return F.ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}

type Weighted<O> = Omit<O, 'weight' | 'posWeight'> & { weight?: Tensor | undefined };

const bufferOf = (value: Tensor | undefined): Buffer | undefined => value && new Buffer(value);

/** A loss with a factor for each class or element, which is state. */
abstract class WeightedLoss<O extends object> extends Loss<Omit<O, 'weight' | 'posWeight'>> {
  weight: Buffer | undefined;

  constructor({ weight, ...options }: Weighted<O> = {} as Weighted<O>) {
    super(options as unknown as Partial<Omit<O, 'weight' | 'posWeight'>>);
    this.weight = bufferOf(weight);
  }
}

/**
 * Cross-entropy of scores and classes, or of scores and probabilities.
 * @example new nn.CrossEntropyLoss({ labelSmoothing: 0.1 })
 */
export class CrossEntropyLoss extends WeightedLoss<OptionsOf<typeof F.crossEntropy>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** Negative log-likelihood of classes under log-probabilities. */
export class NLLLoss extends WeightedLoss<OptionsOf<typeof F.nllLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** Binary cross-entropy of probabilities. */
export class BCELoss extends WeightedLoss<OptionsOf<typeof F.binaryCrossEntropy>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** Binary cross-entropy of scores, computed without leaving the logarithms. */
export class BCEWithLogitsLoss extends WeightedLoss<OptionsOf<typeof F.binaryCrossEntropyWithLogits>> {
  posWeight: Buffer | undefined;

  /** @param options `weight`: a factor for each element; `posWeight`: one for positive targets of each class. */
  constructor({ posWeight, ...options }: OptionsOf<typeof F.binaryCrossEntropyWithLogits> = {}) {
    super(options);
    this.posWeight = bufferOf(posWeight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, posWeight } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { ...this.options, weight, posWeight });
  }
}

/** Multi-class hinge loss. */
export class MultiMarginLoss extends WeightedLoss<OptionsOf<typeof F.multiMarginLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multiMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** One-against-all cross-entropy for targets that are sets of classes. */
export class MultiLabelSoftMarginLoss extends WeightedLoss<OptionsOf<typeof F.multilabelSoftMarginLoss>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** A triplet loss with a distance of one's own. */
export interface TripletDistanceOptions {
  /** Euclidean unless given. */
  distanceFunction?: ((x: Tensor, y: Tensor) => Tensor) | undefined;
  margin?: number | undefined;
  swap?: boolean | undefined;
  reduction?: 'none' | 'mean' | 'sum' | undefined;
}

/** How much nearer the anchor is to the negative than to the positive, past a margin, by any distance. */
export class TripletMarginWithDistanceLoss extends Loss<TripletDistanceOptions> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distanceFunction: distance = F.pairwiseDistance, margin = 1, swap = false } = this.options;
    const { reduction = 'mean' } = this.options;
    const near = distance(anchor, positive);
    const apart = distance(anchor, negative);
    const far = swap ? apart.minimum(distance(positive, negative)) : apart;
    const losses = near.sub(far).add(margin).clampMin(0);
    return reduction === 'none' ? losses : losses[reduction]();
  }
}
