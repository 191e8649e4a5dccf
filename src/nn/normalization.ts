/** Normalisation layers without running statistics. */
import { ArgumentError } from '../core/index.js';
import * as F from '../tensor/F.js';
import { Parameter, type Tensor } from '../tensor/index.js';
import { filledState } from '../tensor/state.js';
import { Configured, type OptionsOf } from './configured.js';
import { Module } from './module.js';
import { float, keywords, repr } from './print.js';

const filled = (shape: readonly number[], value: number): Parameter =>
  new Parameter(filledState(shape, value));

/** A scale that starts as ones and a shift that starts as zeros; null unless wanted. */
export const affineParameters = (
  shape: readonly number[],
  wanted: boolean,
): { weight: Parameter | null; bias: Parameter | null } => ({
  weight: wanted ? filled(shape, 1) : null,
  bias: wanted ? filled(shape, 0) : null,
});

/**
 * Normalises the last dimensions of each sample.
 * @example new nn.LayerNorm(64)
 */
export class LayerNorm extends Module {
  weight: Parameter | null;
  bias: Parameter | null;
  readonly normalizedShape: readonly number[];
  eps: number;

  constructor(
    normalizedShape: number | readonly number[],
    options: { eps?: number | undefined; elementwiseAffine?: boolean | undefined } = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    const { weight, bias } = affineParameters(this.normalizedShape, options.elementwiseAffine ?? true);
    this.weight = weight;
    this.bias = bias;
    this.eps = options.eps ?? 1e-5;
  }

  forward(input: Tensor): Tensor {
    const { normalizedShape, weight, bias, eps } = this;
    return F.layerNorm(input, normalizedShape, weight ?? undefined, bias ?? undefined, { eps });
  }

  override extraRepr(): string {
    const options = keywords({ elementwiseAffine: this.weight !== null });
    return `${repr(this.normalizedShape)}, eps=${float(this.eps)}, ${options}`;
  }
}

/** Normalises groups of channels of each sample. */
export class GroupNorm extends Module {
  weight: Parameter | null;
  bias: Parameter | null;
  eps: number;

  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: { eps?: number | undefined; affine?: boolean | undefined } = {},
  ) {
    super();
    if (numChannels % numGroups !== 0) {
      throw new ArgumentError('GroupNorm', `${numChannels} channels do not divide into ${numGroups} groups`);
    }
    const { weight, bias } = affineParameters([numChannels], options.affine ?? true);
    this.weight = weight;
    this.bias = bias;
    this.eps = options.eps ?? 1e-5;
  }

  forward(input: Tensor): Tensor {
    const { numGroups, weight, bias, eps } = this;
    return F.groupNorm(input, numGroups, weight ?? undefined, bias ?? undefined, { eps });
  }

  override extraRepr(): string {
    const { numGroups, numChannels, eps, weight } = this;
    return `${numGroups}, ${numChannels}, eps=${float(eps)}, ${keywords({ affine: weight !== null })}`;
  }
}

/** Divides by a power of the mean square over neighbouring channels. */
export class LocalResponseNorm extends Configured<OptionsOf<typeof F.localResponseNorm>> {
  constructor(
    readonly size: number,
    options: OptionsOf<typeof F.localResponseNorm> = {},
  ) {
    super({ alpha: 1e-4, beta: 0.75, k: 1, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.localResponseNorm(input, this.size, this.options);
  }

  override extraRepr(): string {
    return `${this.size}, ${super.extraRepr()}`;
  }
}
