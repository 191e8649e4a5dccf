/** Linear maps of the last dimension. */
import * as F from '../tensor/F.js';
import { Parameter, type Tensor } from '../tensor/index.js';
import { zeroState } from '../tensor/state.js';
import * as init from './init.js';
import { Module } from './module.js';
import { keywords } from './print.js';

/** The input itself. */
export class Identity extends Module {
  forward(input: Tensor): Tensor {
    return input;
  }
}

/**
 * `x weight^T + bias`.
 * @example new nn.Linear(784, 10)
 */
export class Linear extends Module {
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: { bias?: boolean | undefined } = {},
  ) {
    super();
    this.weight = new Parameter(zeroState([outFeatures, inFeatures]));
    this.bias = (options.bias ?? true) ? new Parameter(zeroState([outFeatures])) : null;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    init.uniformByFan_(this.weight, this.inFeatures);
    if (this.bias) init.uniformByFan_(this.bias, this.inFeatures);
  }

  forward(input: Tensor): Tensor {
    return F.linear(input, this.weight, this.bias ?? undefined);
  }

  override extraRepr(): string {
    const { inFeatures, outFeatures, bias } = this;
    return keywords({ inFeatures, outFeatures, bias: bias !== null });
  }
}

/** `x1^T weight x2 + bias`. */
export class Bilinear extends Module {
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    options: { bias?: boolean | undefined } = {},
  ) {
    super();
    this.weight = new Parameter(zeroState([outFeatures, in1Features, in2Features]));
    this.bias = (options.bias ?? true) ? new Parameter(zeroState([outFeatures])) : null;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    init.uniformByFan_(this.weight, this.in1Features);
    if (this.bias) init.uniformByFan_(this.bias, this.in1Features);
  }

  forward(input1: Tensor, input2: Tensor): Tensor {
    return F.bilinear(input1, input2, this.weight, this.bias ?? undefined);
  }

  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures, bias } = this;
    return keywords({ in1Features, in2Features, outFeatures, bias: bias !== null });
  }
}
