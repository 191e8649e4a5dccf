/** Batch and instance normalisation, which keep running statistics. */
import { ShapeError, formatShape } from '../core/index.js';
import * as F from '../tensor/F.js';
import { expectTensor } from '../tensor/arguments.js';
import { Buffer, assignAll, noGrad, type Parameter, type Tensor } from '../tensor/index.js';
import { filledState, zeroState } from '../tensor/state.js';
import { Module } from './module.js';
import { affineParameters } from './normalization.js';
import { float, keywords } from './print.js';

/** Options of batch and instance normalisation. */
export interface RunningNormOptions {
  /** Added to the variance, 1e-5 unless given. */
  eps?: number | undefined;
  /** Share of a new batch in the running statistics, 0.1 unless given; null weighs all batches alike. */
  momentum?: number | null | undefined;
  /** Whether there is a learned scale and shift. */
  affine?: boolean | undefined;
  /** Whether statistics are kept for evaluation. */
  trackRunningStats?: boolean | undefined;
}

type Statistics = { runningMean: Tensor; runningVar: Tensor };

abstract class RunningNorm extends Module {
  weight: Parameter | null;
  bias: Parameter | null;
  runningMean: Buffer | null;
  runningVar: Buffer | null;
  numBatchesTracked: Buffer | null;
  eps: number;
  momentum: number | null;
  /** Whether it counts the batches it has seen: PyTorch's instance normalisation has the counter, and leaves it at 0. */
  protected abstract readonly countsBatches: boolean;
  /** Numbers of dimensions of an input. */
  protected abstract readonly ranks: readonly number[];

  constructor(
    readonly numFeatures: number,
    options: RunningNormOptions,
    affineByDefault: boolean,
  ) {
    super();
    const {
      eps = 1e-5,
      momentum = 0.1,
      affine = affineByDefault,
      trackRunningStats = affineByDefault,
    } = options;
    const { weight, bias } = affineParameters([numFeatures], affine);
    this.weight = weight;
    this.bias = bias;
    this.runningMean = trackRunningStats ? new Buffer(zeroState([numFeatures])) : null;
    this.runningVar = trackRunningStats ? new Buffer(filledState([numFeatures], 1)) : null;
    this.numBatchesTracked = trackRunningStats ? new Buffer(zeroState([], 'int32')) : null;
    this.eps = eps;
    this.momentum = momentum;
  }

  /** Forgets the running statistics. */
  resetRunningStats(): void {
    this.runningMean?.set(0);
    this.runningVar?.set(1);
    this.numBatchesTracked?.set(0);
  }

  /** The running statistics after a batch. */
  protected abstract moved(
    input: Tensor,
    mean: Tensor,
    variance: Tensor,
    momentum: number | Tensor,
  ): Statistics;

  /** Takes a batch into the running statistics, where there are any. */
  protected track(input: Tensor): void {
    const { runningMean, runningVar, momentum } = this;
    if (!runningMean || !runningVar) return;
    noGrad(() => {
      const count = this.countsBatches ? this.numBatchesTracked!.add(1) : undefined;
      const share = momentum ?? count?.to(runningMean.dtype).reciprocal() ?? 0;
      const next = this.moved(input, runningMean, runningVar, share);
      const writes: (readonly [Buffer, Tensor])[] = [
        [runningMean, next.runningMean],
        [runningVar, next.runningVar],
      ];
      assignAll(count ? [...writes, [this.numBatchesTracked!, count]] : writes);
    });
  }

  protected checkRank(input: Tensor): void {
    expectTensor(input, this.constructor.name, 'input');
    if (this.ranks.includes(input.ndim)) return;
    const expected = this.ranks.map((rank) => `${rank}-d`).join(' or ');
    throw new ShapeError(
      this.constructor.name,
      `expected a ${expected} input, but got ${formatShape(input.shape)}`,
    );
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this;
    const flags = keywords({ affine: weight !== null, trackRunningStats: runningMean !== null });
    return `${numFeatures}, eps=${float(eps)}, momentum=${momentum ?? 'None'}, ${flags}`;
  }
}

abstract class BatchNorm extends RunningNorm {
  protected readonly countsBatches = true;

  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super(numFeatures, options, true);
  }

  protected moved(input: Tensor, mean: Tensor, variance: Tensor, momentum: number | Tensor): Statistics {
    return F.batchNormUpdateStats(input, mean, variance, { momentum });
  }

  forward(input: Tensor): Tensor {
    this.checkRank(input);
    const { runningMean, runningVar, weight, bias, eps } = this;
    // Statistics first: what is computed before a write to state and is still needed after it must be kept.
    if (this.training) this.track(input);
    return F.batchNorm(
      input,
      runningMean ?? undefined,
      runningVar ?? undefined,
      weight ?? undefined,
      bias ?? undefined,
      { training: this.training || runningMean === null, eps },
    );
  }
}

/** Normalises each channel of [N, C] or [N, C, L] over the batch. */
export class BatchNorm1d extends BatchNorm {
  protected readonly ranks = [2, 3];
}

/**
 * Normalises each channel of [N, C, H, W] over the batch.
 * @example new nn.BatchNorm2d(32)
 */
export class BatchNorm2d extends BatchNorm {
  protected readonly ranks = [4];
}

/** Normalises each channel of [N, C, D, H, W] over the batch. */
export class BatchNorm3d extends BatchNorm {
  protected readonly ranks = [5];
}

abstract class InstanceNorm extends RunningNorm {
  protected readonly countsBatches = false;

  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super(numFeatures, options, false);
  }

  protected moved(input: Tensor, mean: Tensor, variance: Tensor, momentum: number | Tensor): Statistics {
    return F.instanceNormUpdateStats(input, mean, variance, { momentum });
  }

  forward(input: Tensor): Tensor {
    this.checkRank(input);
    const batch = input.ndim === Math.max(...this.ranks) ? input : input.unsqueeze(0);
    const { runningMean, runningVar, weight, bias, eps } = this;
    if (this.training) this.track(batch);
    const output = F.instanceNorm(
      batch,
      runningMean ?? undefined,
      runningVar ?? undefined,
      weight ?? undefined,
      bias ?? undefined,
      { useInputStats: this.training || runningMean === null, eps },
    );
    return batch === input ? output : output.squeeze(0);
  }
}

/** Normalises each channel of each sample of [N, C, L] or [C, L]. */
export class InstanceNorm1d extends InstanceNorm {
  protected readonly ranks = [2, 3];
}

/** Normalises each channel of each sample of [N, C, H, W] or [C, H, W]. */
export class InstanceNorm2d extends InstanceNorm {
  protected readonly ranks = [3, 4];
}

/** Normalises each channel of each sample of [N, C, D, H, W] or [C, D, H, W]. */
export class InstanceNorm3d extends InstanceNorm {
  protected readonly ranks = [4, 5];
}
