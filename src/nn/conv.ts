/** Convolutions and transposed convolutions over one, two and three spatial dimensions. */
import { ArgumentError, numel } from '../core/index.js';
import type { PadMode, PerDim } from '../functional/index.js';
import * as F from '../tensor/F.js';
import { Parameter, type Tensor } from '../tensor/index.js';
import { zeroState } from '../tensor/state.js';
import * as init from './init.js';
import { Module } from './module.js';
import { repr } from './print.js';

interface CommonOptions {
  stride?: PerDim | undefined;
  dilation?: PerDim | undefined;
  groups?: number | undefined;
  bias?: boolean | undefined;
}

/** Options of a convolution. */
export interface ConvModuleOptions extends CommonOptions {
  padding?: PerDim | 'same' | 'valid' | undefined;
  /** What lies beyond the edge: 'zeros' unless given. */
  paddingMode?: 'zeros' | Exclude<PadMode, 'constant'> | undefined;
}

/** Options of a transposed convolution. */
export interface ConvTransposeModuleOptions extends CommonOptions {
  padding?: PerDim | undefined;
  outputPadding?: PerDim | undefined;
}

const perDim = (value: PerDim, rank: number): readonly number[] =>
  typeof value === 'number' ? new Array<number>(rank).fill(value) : value;

abstract class ConvBase extends Module {
  weight: Parameter;
  bias: Parameter | null;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;

  constructor(
    protected readonly rank: number,
    transposed: boolean,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: PerDim,
    { stride = 1, dilation = 1, groups = 1, bias = true }: CommonOptions,
  ) {
    super();
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      const channels = `${inChannels} input and ${outChannels} output channels`;
      throw new ArgumentError(new.target.name, `${channels} do not divide into ${groups} groups`);
    }
    this.kernelSize = perDim(kernelSize, rank);
    this.stride = perDim(stride, rank);
    this.dilation = perDim(dilation, rank);
    this.groups = groups;
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
    this.weight = new Parameter(zeroState([...channels, ...this.kernelSize]));
    this.bias = bias ? new Parameter(zeroState([outChannels])) : null;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    const fan = this.weight.shape[1]! * numel(this.kernelSize);
    init.uniformByFan_(this.weight, fan);
    if (this.bias) init.uniformByFan_(this.bias, fan);
  }

  /** What differs from the defaults, after what is always printed. */
  protected describe(padding: unknown, extra: readonly (readonly [string, unknown, unknown])[]): string {
    const { inChannels, outChannels, kernelSize, stride, dilation, groups, bias } = this;
    const always = `${inChannels}, ${outChannels}, kernel_size=${repr(kernelSize)}, stride=${repr(stride)}`;
    const [none, one] = [0, 1].map((value) => repr(perDim(value, this.rank)));
    const optional = [
      ['padding', padding, none],
      ['dilation', dilation, one],
      ...extra,
      ['groups', groups, '1'],
      ['bias', bias !== null, 'True'],
    ] as const;
    const changed = optional.filter(([, value, usual]) => repr(value) !== usual);
    return [always, ...changed.map(([name, value]) => `${name}=${repr(value)}`)].join(', ');
  }
}

const convolve = { 1: F.conv1d, 2: F.conv2d, 3: F.conv3d } as const;
const transposed = { 1: F.convTranspose1d, 2: F.convTranspose2d, 3: F.convTranspose3d } as const;
type Rank = keyof typeof convolve;

abstract class Conv extends ConvBase {
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly paddingMode: 'zeros' | Exclude<PadMode, 'constant'>;

  constructor(
    protected override readonly rank: Rank,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: ConvModuleOptions,
  ) {
    super(rank, false, inChannels, outChannels, kernelSize, options);
    const { padding = 0, paddingMode = 'zeros' } = options;
    this.padding = typeof padding === 'string' ? padding : perDim(padding, rank);
    this.paddingMode = paddingMode;
  }

  /** Amounts of padding as `F.pad` takes them: last dimension first, before and after. */
  #amounts(): number[] {
    const { padding, kernelSize, dilation } = this;
    const sides = kernelSize.map((size, i) => {
      if (padding === 'valid') return [0, 0];
      if (padding !== 'same') return [padding[i]!, padding[i]!];
      const total = dilation[i]! * (size - 1);
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    });
    return sides.reverse().flat();
  }

  forward(input: Tensor): Tensor {
    const { weight, stride, dilation, groups, paddingMode } = this;
    const padded = paddingMode === 'zeros' ? input : F.pad(input, this.#amounts(), { mode: paddingMode });
    const padding = paddingMode === 'zeros' ? this.padding : 0;
    return convolve[this.rank](padded, weight, this.bias ?? undefined, { stride, padding, dilation, groups });
  }

  override extraRepr(): string {
    return this.describe(this.padding, [['padding_mode', this.paddingMode, "'zeros'"]]);
  }
}

abstract class ConvTranspose extends ConvBase {
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];

  constructor(
    protected override readonly rank: Rank,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: ConvTransposeModuleOptions,
  ) {
    super(rank, true, inChannels, outChannels, kernelSize, options);
    this.padding = perDim(options.padding ?? 0, rank);
    this.outputPadding = perDim(options.outputPadding ?? 0, rank);
  }

  /** The output padding that makes the output as large as asked for. */
  #paddingFor(input: Tensor, wanted: readonly number[]): number[] {
    const sizes = input.shape.slice(-this.rank);
    return wanted.slice(-this.rank).map((size, i) => {
      const least =
        (sizes[i]! - 1) * this.stride[i]! -
        2 * this.padding[i]! +
        this.dilation[i]! * (this.kernelSize[i]! - 1) +
        1;
      const extra = size - least;
      if (extra < 0 || extra >= Math.max(this.stride[i]!, this.dilation[i]!)) {
        const most = least + Math.max(this.stride[i]!, this.dilation[i]!) - 1;
        throw new ArgumentError(
          this.constructor.name,
          `output size ${size} is not between ${least} and ${most}`,
        );
      }
      return extra;
    });
  }

  /** @param options `outputSize`: of the spatial dimensions, where the stride leaves a choice. */
  forward(input: Tensor, options: { outputSize?: readonly number[] | undefined } = {}): Tensor {
    const { weight, stride, padding, dilation, groups } = this;
    const outputPadding = options.outputSize
      ? this.#paddingFor(input, options.outputSize)
      : this.outputPadding;
    return transposed[this.rank](input, weight, this.bias ?? undefined, {
      stride,
      padding,
      outputPadding,
      groups,
      dilation,
    });
  }

  override extraRepr(): string {
    const none = repr(perDim(0, this.rank));
    return this.describe(this.padding, [['output_padding', this.outputPadding, none]]);
  }
}

/**
 * Convolution over time: [N, C, L] or [C, L].
 * @example new nn.Conv1d(64, 128, 3, { padding: 'same' })
 */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvModuleOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Convolution over images: [N, C, H, W] or [C, H, W].
 * @example new nn.Conv2d(1, 32, 3, { padding: 1 })
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvModuleOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/** Convolution over volumes: [N, C, D, H, W] or [C, D, H, W]. */
export class Conv3d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvModuleOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}

/** Transposed convolution over time: the gradient of `Conv1d` with respect to its input. */
export class ConvTranspose1d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: ConvTransposeModuleOptions = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/** Transposed convolution over images: the gradient of `Conv2d` with respect to its input. */
export class ConvTranspose2d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: ConvTransposeModuleOptions = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/** Transposed convolution over volumes: the gradient of `Conv3d` with respect to its input. */
export class ConvTranspose3d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: ConvTransposeModuleOptions = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
