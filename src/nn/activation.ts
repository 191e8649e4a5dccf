/** Activations as modules. */
import * as F from '../tensor/F.js';
import { expectTensor } from '../tensor/arguments.js';
import { Parameter, rand, where, type Tensor } from '../tensor/index.js';
import { filledState } from '../tensor/state.js';
import { Configured, type OptionsOf } from './configured.js';
import { Module } from './module.js';
import { float, keywords } from './print.js';

/** `max(x, 0)`. */
export class ReLU extends Module {
  forward(input: Tensor): Tensor {
    return F.relu(input);
  }
}

/** `min(max(x, 0), 6)`. */
export class ReLU6 extends Module {
  forward(input: Tensor): Tensor {
    return F.relu6(input);
  }
}

/** `1 / (1 + exp(-x))`. */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.sigmoid(input);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return F.tanh(input);
  }
}

/** `x sigmoid(x)`. */
export class SiLU extends Module {
  forward(input: Tensor): Tensor {
    return F.silu(input);
  }
}

/** `x tanh(softplus(x))`. */
export class Mish extends Module {
  forward(input: Tensor): Tensor {
    return F.mish(input);
  }
}

/** The self-normalising exponential linear unit. */
export class SELU extends Module {
  forward(input: Tensor): Tensor {
    return F.selu(input);
  }
}

/** `x / (1 + |x|)`. */
export class Softsign extends Module {
  forward(input: Tensor): Tensor {
    return F.softsign(input);
  }
}

/** `x - tanh(x)`. */
export class Tanhshrink extends Module {
  forward(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

/** `log(sigmoid(x))`. */
export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

/** `x relu6(x + 3) / 6`. */
export class Hardswish extends Module {
  forward(input: Tensor): Tensor {
    return F.hardswish(input);
  }
}

/** `relu6(x + 3) / 6`. */
export class Hardsigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.hardsigmoid(input);
  }
}

/** `x Phi(x)`, exactly or by a tanh. */
export class GELU extends Configured<OptionsOf<typeof F.gelu>> {
  constructor(options: OptionsOf<typeof F.gelu> = {}) {
    super({ approximate: 'none', ...options });
  }

  forward(input: Tensor): Tensor {
    return F.gelu(input, this.options);
  }
}

/** x, scaled by `negativeSlope` (0.01) below 0. */
export class LeakyReLU extends Configured<OptionsOf<typeof F.leakyRelu>> {
  constructor(options: OptionsOf<typeof F.leakyRelu> = {}) {
    super({ negativeSlope: 0.01, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.leakyRelu(input, this.options);
  }
}

/** x, and `alpha (exp(x) - 1)` below 0. */
export class ELU extends Configured<OptionsOf<typeof F.elu>> {
  constructor(options: OptionsOf<typeof F.elu> = {}) {
    super({ alpha: 1, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.elu(input, this.options);
  }

  override extraRepr(): string {
    return `alpha=${float(this.options.alpha ?? 1)}`;
  }
}

/** x, and `alpha (exp(x / alpha) - 1)` below 0. */
export class CELU extends Configured<OptionsOf<typeof F.celu>> {
  constructor(options: OptionsOf<typeof F.celu> = {}) {
    super({ alpha: 1, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.celu(input, this.options);
  }

  override extraRepr(): string {
    return `alpha=${float(this.options.alpha ?? 1)}`;
  }
}

/** x between `minVal` (-1) and `maxVal` (1). */
export class Hardtanh extends Configured<OptionsOf<typeof F.hardtanh>> {
  constructor(options: OptionsOf<typeof F.hardtanh> = {}) {
    super({ minVal: -1, maxVal: 1, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.hardtanh(input, this.options);
  }

  override extraRepr(): string {
    const { minVal = -1, maxVal = 1 } = this.options;
    return `min_val=${float(minVal)}, max_val=${float(maxVal)}`;
  }
}

/** `log(1 + exp(beta x)) / beta`, and x itself past the threshold. */
export class Softplus extends Configured<OptionsOf<typeof F.softplus>> {
  constructor(options: OptionsOf<typeof F.softplus> = {}) {
    super({ beta: 1, threshold: 20, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.softplus(input, this.options);
  }
}

/** x moved towards 0 by `lambd` (0.5), and 0 where it is nearer. */
export class Softshrink extends Configured<OptionsOf<typeof F.softshrink>> {
  constructor(options: OptionsOf<typeof F.softshrink> = {}) {
    super({ lambd: 0.5, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.softshrink(input, this.options);
  }

  override extraRepr(): string {
    return String(this.options.lambd);
  }
}

/** x where it is farther from 0 than `lambd` (0.5), else 0. */
export class Hardshrink extends Configured<OptionsOf<typeof F.hardshrink>> {
  constructor(options: OptionsOf<typeof F.hardshrink> = {}) {
    super({ lambd: 0.5, ...options });
  }

  forward(input: Tensor): Tensor {
    return F.hardshrink(input, this.options);
  }

  override extraRepr(): string {
    return String(this.options.lambd);
  }
}

/** x, scaled by a random slope below 0 while training and by the mean slope otherwise. */
export class RReLU extends Configured<Omit<OptionsOf<typeof F.rrelu>, 'training'>> {
  constructor(options: Omit<OptionsOf<typeof F.rrelu>, 'training'> = {}) {
    super({ lower: 1 / 8, upper: 1 / 3, ...options });
  }

  forward(input: Tensor): Tensor {
    const { lower = 1 / 8, upper = 1 / 3 } = this.options;
    if (!this.training) return F.rrelu(input, this.options);
    expectTensor(input, this.constructor.name, 'input');
    const slope = rand(input.shape)
      .mul(upper - lower)
      .add(lower);
    return where(input.ge(0), input, input.mul(slope));
  }
}

/** x where it exceeds `threshold`, else `value`. */
export class Threshold extends Module {
  constructor(
    readonly threshold: number,
    readonly value: number,
  ) {
    super();
  }

  forward(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value);
  }

  override extraRepr(): string {
    return keywords({ threshold: this.threshold, value: this.value });
  }
}

/** x, scaled below 0 by a learned slope: one for all, or one for each of `numParameters` channels. */
export class PReLU extends Module {
  weight: Parameter;

  constructor(
    readonly numParameters = 1,
    options: { init?: number | undefined } = {},
  ) {
    super();
    const slope = options.init ?? 0.25;
    this.weight = new Parameter(filledState([numParameters], slope));
  }

  forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }

  override extraRepr(): string {
    return keywords({ numParameters: this.numParameters });
  }
}

/** The first half along `dim`, times the sigmoid of the second. */
export class GLU extends Module {
  constructor(readonly dim = -1) {
    super();
  }

  forward(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }

  override extraRepr(): string {
    return keywords({ dim: this.dim });
  }
}

/** What PyTorch takes where no dimension is given. */
const impliedDim = (input: Tensor): number => ([0, 1, 3].includes(input.ndim) ? 0 : 1);

abstract class AlongDim extends Module {
  constructor(readonly dim?: number) {
    super();
  }

  protected dimFor(input: Tensor): number {
    return this.dim ?? impliedDim(input);
  }

  override extraRepr(): string {
    return keywords({ dim: this.dim ?? null });
  }
}

/** `exp(x) / sum(exp(x))` along a dimension. */
export class Softmax extends AlongDim {
  forward(input: Tensor): Tensor {
    return F.softmax(input, this.dimFor(input));
  }
}

/** The softmax of -x along a dimension. */
export class Softmin extends AlongDim {
  forward(input: Tensor): Tensor {
    return F.softmin(input, this.dimFor(input));
  }
}

/** The logarithm of the softmax along a dimension. */
export class LogSoftmax extends AlongDim {
  forward(input: Tensor): Tensor {
    return F.logSoftmax(input, this.dimFor(input));
  }
}

/** Softmax over the channels of [N, C, H, W] or [C, H, W]. */
export class Softmax2d extends Module {
  forward(input: Tensor): Tensor {
    return F.softmax(input, -3);
  }
}
