/** Dropout: elements or channels set to zero at random while training. */
import { ArgumentError } from '../core/index.js';
import { expectTensor } from '../tensor/arguments.js';
import { dropout, rand, where, type Tensor } from '../tensor/index.js';
import { Module } from './module.js';
import { float } from './print.js';

abstract class DropoutBase extends Module {
  /** Probability that an element or channel is dropped. */
  p: number;

  constructor(p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) {
      throw new ArgumentError(new.target.name, `dropout probability has to be between 0 and 1, but got ${p}`);
    }
    this.p = p;
  }

  forward(input: Tensor): Tensor {
    expectTensor(input, this.constructor.name, 'input');
    return this.training && this.p > 0 ? this.drop(input) : input;
  }

  protected abstract drop(input: Tensor): Tensor;

  override extraRepr(): string {
    return `p=${float(this.p)}, inplace=False`;
  }
}

/**
 * Sets each element to 0 with probability p and scales the others by 1 / (1 - p), while training.
 * @example new nn.Dropout(0.1)
 */
export class Dropout extends DropoutBase {
  protected drop(input: Tensor): Tensor {
    return dropout(input, { p: this.p });
  }
}

/** The shape of x with 1 where elements share their fate: everything after the channels. */
const channelsOf = (x: Tensor, spatial: number): number[] =>
  x.shape.map((size, i) => (i >= x.ndim - spatial ? 1 : size));

/** Which elements or channels stay. */
const kept = (shape: readonly number[], p: number): Tensor => rand(shape).ge(p);

abstract class ChannelDropout extends DropoutBase {
  protected abstract readonly spatial: number;

  protected drop(input: Tensor): Tensor {
    const { p } = this;
    if (p === 1) return input.mul(0);
    return where(kept(channelsOf(input, this.spatial), p), input.mul(1 / (1 - p)), 0);
  }
}

/** Drops whole channels of [N, C, L] or [C, L]. */
export class Dropout1d extends ChannelDropout {
  protected readonly spatial = 1;
}

/** Drops whole channels of [N, C, H, W] or [C, H, W]. */
export class Dropout2d extends ChannelDropout {
  protected readonly spatial = 2;
}

/** Drops whole channels of [N, C, D, H, W] or [C, D, H, W]. */
export class Dropout3d extends ChannelDropout {
  protected readonly spatial = 3;
}

/** What SELU saturates at: the value of what alpha dropout drops. */
const saturation = -1.7580993408473766;

/** Scaled and shifted so that mean 0 and variance 1 stay (Klambauer et al. 2017). */
function alphaDrop(input: Tensor, shape: readonly number[], p: number): Tensor {
  if (p === 1) return input.mul(0);
  const a = 1 / Math.sqrt((1 - p) * (1 + p * saturation ** 2));
  return where(kept(shape, p), input, saturation)
    .mul(a)
    .sub(a * saturation * p);
}

/** Dropout for self-normalising networks: what is dropped takes SELU's lower limit. */
export class AlphaDropout extends DropoutBase {
  protected drop(input: Tensor): Tensor {
    return alphaDrop(input, input.shape, this.p);
  }
}

/** Alpha dropout of whole channels of [N, C, ...]. */
export class FeatureAlphaDropout extends DropoutBase {
  protected drop(input: Tensor): Tensor {
    return alphaDrop(input, channelsOf(input, input.ndim - 2), this.p);
  }
}
