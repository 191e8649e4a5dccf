/** Pooling as modules. */
import type {
  AvgPoolOptions,
  MaxPoolOptions,
  MaxUnpoolOptions,
  OutputSize,
  PerDim,
} from '../functional/index.js';
import * as F from '../tensor/F.js';
import type { Tensor } from '../tensor/index.js';
import { Configured } from './configured.js';
import { Module } from './module.js';
import { keywords, repr } from './print.js';

/** Largest elements, and where they were when asked for. */
export type Pooled<I extends boolean> = I extends true ? { output: Tensor; indices: Tensor } : Tensor;

type WithIndices<I extends boolean> = { returnIndices?: I | undefined };

abstract class MaxPool<I extends boolean> extends Configured<MaxPoolOptions & WithIndices<I>> {
  constructor(
    readonly kernelSize: PerDim,
    options: MaxPoolOptions & WithIndices<I> = {},
  ) {
    super(options);
  }

  override extraRepr(): string {
    const { stride = this.kernelSize, padding = 0, dilation = 1, ceilMode = false } = this.options;
    return keywords({ kernelSize: this.kernelSize, stride, padding, dilation, ceilMode });
  }
}

/** Largest element of each window over time. */
export class MaxPool1d<I extends boolean = false> extends MaxPool<I> {
  forward(input: Tensor): Pooled<I> {
    return F.maxPool1d(input, this.kernelSize, this.options) as Pooled<I>;
  }
}

/**
 * Largest element of each window of an image.
 * @example new nn.MaxPool2d(2)
 */
export class MaxPool2d<I extends boolean = false> extends MaxPool<I> {
  forward(input: Tensor): Pooled<I> {
    return F.maxPool2d(input, this.kernelSize, this.options) as Pooled<I>;
  }
}

/** Largest element of each window of a volume. */
export class MaxPool3d<I extends boolean = false> extends MaxPool<I> {
  forward(input: Tensor): Pooled<I> {
    return F.maxPool3d(input, this.kernelSize, this.options) as Pooled<I>;
  }
}

abstract class MaxUnpool extends Configured<Omit<MaxUnpoolOptions, 'outputSize'>> {
  constructor(
    readonly kernelSize: PerDim,
    options: Omit<MaxUnpoolOptions, 'outputSize'> = {},
  ) {
    super(options);
  }

  override extraRepr(): string {
    const { stride = this.kernelSize, padding = 0 } = this.options;
    return keywords({ kernelSize: this.kernelSize, stride, padding });
  }
}

type UnpoolCall = Pick<MaxUnpoolOptions, 'outputSize'>;

/** Puts pooled elements back where they came from, zeros elsewhere. */
export class MaxUnpool1d extends MaxUnpool {
  forward(input: Tensor, indices: Tensor, options: UnpoolCall = {}): Tensor {
    return F.maxUnpool1d(input, indices, this.kernelSize, { ...this.options, ...options });
  }
}

/** Puts pooled elements of images back where they came from, zeros elsewhere. */
export class MaxUnpool2d extends MaxUnpool {
  forward(input: Tensor, indices: Tensor, options: UnpoolCall = {}): Tensor {
    return F.maxUnpool2d(input, indices, this.kernelSize, { ...this.options, ...options });
  }
}

/** Puts pooled elements of volumes back where they came from, zeros elsewhere. */
export class MaxUnpool3d extends MaxUnpool {
  forward(input: Tensor, indices: Tensor, options: UnpoolCall = {}): Tensor {
    return F.maxUnpool3d(input, indices, this.kernelSize, { ...this.options, ...options });
  }
}

abstract class AvgPool extends Configured<AvgPoolOptions> {
  constructor(
    readonly kernelSize: PerDim,
    options: AvgPoolOptions = {},
  ) {
    super(options);
  }

  override extraRepr(): string {
    const { stride = this.kernelSize, padding = 0 } = this.options;
    return keywords({ kernelSize: this.kernelSize, stride, padding });
  }
}

/** Mean of each window over time. */
export class AvgPool1d extends AvgPool {
  forward(input: Tensor): Tensor {
    return F.avgPool1d(input, this.kernelSize, this.options);
  }
}

/** Mean of each window of an image. */
export class AvgPool2d extends AvgPool {
  forward(input: Tensor): Tensor {
    return F.avgPool2d(input, this.kernelSize, this.options);
  }
}

/** Mean of each window of a volume. */
export class AvgPool3d extends AvgPool {
  forward(input: Tensor): Tensor {
    return F.avgPool3d(input, this.kernelSize, this.options);
  }
}

interface LpPoolOptions {
  stride?: PerDim | undefined;
  ceilMode?: boolean | undefined;
}

abstract class LPPool extends Configured<LpPoolOptions> {
  constructor(
    readonly normType: number,
    readonly kernelSize: PerDim,
    options: LpPoolOptions = {},
  ) {
    super(options);
  }

  override extraRepr(): string {
    const { stride = null, ceilMode = false } = this.options;
    return keywords({ normType: this.normType, kernelSize: this.kernelSize, stride, ceilMode });
  }
}

/** p-norm of each window over time. */
export class LPPool1d extends LPPool {
  forward(input: Tensor): Tensor {
    return F.lpPool1d(input, this.normType, this.kernelSize, this.options);
  }
}

/** p-norm of each window of an image. */
export class LPPool2d extends LPPool {
  forward(input: Tensor): Tensor {
    return F.lpPool2d(input, this.normType, this.kernelSize, this.options);
  }
}

abstract class AdaptiveAvgPool extends Module {
  constructor(readonly outputSize: OutputSize) {
    super();
  }

  override extraRepr(): string {
    return `output_size=${repr(this.outputSize)}`;
  }
}

/** Means over time, as many as asked for. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool1d(input, this.outputSize);
  }
}

/** Means over an image, as many as asked for; null keeps a size. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool2d(input, this.outputSize);
  }
}

/** Means over a volume, as many as asked for; null keeps a size. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool3d(input, this.outputSize);
  }
}

abstract class AdaptiveMaxPool<I extends boolean> extends Configured<WithIndices<I>> {
  constructor(
    readonly outputSize: OutputSize,
    options: WithIndices<I> = {},
  ) {
    super(options);
  }

  override extraRepr(): string {
    return `output_size=${repr(this.outputSize)}`;
  }
}

/** Largest elements over time, as many as asked for. */
export class AdaptiveMaxPool1d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  forward(input: Tensor): Pooled<I> {
    return F.adaptiveMaxPool1d(input, this.outputSize, this.options) as Pooled<I>;
  }
}

/** Largest elements over an image, as many as asked for; null keeps a size. */
export class AdaptiveMaxPool2d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  forward(input: Tensor): Pooled<I> {
    return F.adaptiveMaxPool2d(input, this.outputSize, this.options) as Pooled<I>;
  }
}

/** Largest elements over a volume, as many as asked for; null keeps a size. */
export class AdaptiveMaxPool3d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  forward(input: Tensor): Pooled<I> {
    return F.adaptiveMaxPool3d(input, this.outputSize, this.options) as Pooled<I>;
  }
}
