/** Modules that move elements about, and distances between vectors. */
import type { PatchOptions, PerDim } from '../functional/index.js';
import * as F from '../tensor/F.js';
import { flatten, unflatten, type Tensor } from '../tensor/index.js';
import { Configured, type OptionsOf } from './configured.js';
import { Module } from './module.js';
import { keywords } from './print.js';

/** Dimensions `startDim` to `endDim` as one: all but the batch unless given. */
export class Flatten extends Module {
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    super();
  }

  forward(input: Tensor): Tensor {
    return flatten(input, this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return keywords({ startDim: this.startDim, endDim: this.endDim });
  }
}

/** One dimension as several. */
export class Unflatten extends Module {
  constructor(
    readonly dim: number,
    readonly unflattenedSize: readonly number[],
  ) {
    super();
  }

  forward(input: Tensor): Tensor {
    return unflatten(input, this.dim, this.unflattenedSize);
  }

  override extraRepr(): string {
    return keywords({ dim: this.dim, unflattenedSize: this.unflattenedSize });
  }
}

/** Sliding patches of images as columns. */
export class Unfold extends Configured<PatchOptions> {
  constructor(
    readonly kernelSize: PerDim,
    options: PatchOptions = {},
  ) {
    super(options);
  }

  forward(input: Tensor): Tensor {
    return F.unfold(input, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const { dilation = 1, padding = 0, stride = 1 } = this.options;
    return keywords({ kernelSize: this.kernelSize, dilation, padding, stride });
  }
}

/** Columns summed up as sliding patches of images. */
export class Fold extends Configured<PatchOptions> {
  constructor(
    readonly outputSize: PerDim,
    readonly kernelSize: PerDim,
    options: PatchOptions = {},
  ) {
    super(options);
  }

  forward(input: Tensor): Tensor {
    return F.fold(input, this.outputSize, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const { dilation = 1, padding = 0, stride = 1 } = this.options;
    return keywords({ outputSize: this.outputSize, kernelSize: this.kernelSize, dilation, padding, stride });
  }
}

/** Channels as finer images: [C r^2, H, W] to [C, H r, W r]. */
export class PixelShuffle extends Module {
  constructor(readonly upscaleFactor: number) {
    super();
  }

  forward(input: Tensor): Tensor {
    return F.pixelShuffle(input, this.upscaleFactor);
  }

  override extraRepr(): string {
    return keywords({ upscaleFactor: this.upscaleFactor });
  }
}

/** Fine images as channels: [C, H r, W r] to [C r^2, H, W]. */
export class PixelUnshuffle extends Module {
  constructor(readonly downscaleFactor: number) {
    super();
  }

  forward(input: Tensor): Tensor {
    return F.pixelUnshuffle(input, this.downscaleFactor);
  }

  override extraRepr(): string {
    return keywords({ downscaleFactor: this.downscaleFactor });
  }
}

/** Channels of the groups taken in turn. */
export class ChannelShuffle extends Module {
  constructor(readonly groups: number) {
    super();
  }

  forward(input: Tensor): Tensor {
    return F.channelShuffle(input, this.groups);
  }

  override extraRepr(): string {
    return keywords({ groups: this.groups });
  }
}

/** Images made larger or smaller. */
export class Upsample extends Configured<OptionsOf<typeof F.interpolate>> {
  forward(input: Tensor): Tensor {
    return F.interpolate(input, this.options);
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode = 'nearest' } = this.options;
    return keywords({ ...(size === undefined ? { scaleFactor } : { size }), mode });
  }
}

/** Images made larger by repeating elements. */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: { size?: PerDim | undefined; scaleFactor?: PerDim | undefined }) {
    super({ ...options, mode: 'nearest' });
  }
}

/** Images made larger by linear interpolation between elements, corners on corners. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: { size?: PerDim | undefined; scaleFactor?: PerDim | undefined }) {
    super({ ...options, mode: 'bilinear', alignCorners: true });
  }
}

/** Cosine of the angle between vectors along a dimension. */
export class CosineSimilarity extends Configured<OptionsOf<typeof F.cosineSimilarity>> {
  constructor(
    readonly dim = 1,
    options: OptionsOf<typeof F.cosineSimilarity> = {},
  ) {
    super(options);
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return F.cosineSimilarity(x1, x2, this.dim, this.options);
  }

  override extraRepr(): string {
    return '';
  }
}

/** Distance between vectors along the last dimension. */
export class PairwiseDistance extends Configured<OptionsOf<typeof F.pairwiseDistance>> {
  constructor(options: OptionsOf<typeof F.pairwiseDistance> = {}) {
    super(options);
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return F.pairwiseDistance(x1, x2, this.options);
  }

  override extraRepr(): string {
    return '';
  }
}
