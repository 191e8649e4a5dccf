/** Recurrent cells: one step of a recurrent layer. */
import { ShapeError, formatShape } from '../core/index.js';
import * as F from '../tensor/F.js';
import { expectTensor } from '../tensor/arguments.js';
import { Parameter, type Tensor } from '../tensor/index.js';
import { zeroState } from '../tensor/state.js';
import * as init from './init.js';
import { Module } from './module.js';
import { recurrences, type Recurrence, type RecurrentNonlinearity, type State } from './recurrence.js';

abstract class RecurrentCell extends Module {
  weightIh: Parameter;
  weightHh: Parameter;
  biasIh: Parameter | null;
  biasHh: Parameter | null;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    bias = true,
  ) {
    super();
    const rows = gates * hiddenSize;
    this.weightIh = new Parameter(zeroState([rows, inputSize]));
    this.weightHh = new Parameter(zeroState([rows, hiddenSize]));
    this.biasIh = bias ? new Parameter(zeroState([rows])) : null;
    this.biasHh = bias ? new Parameter(zeroState([rows])) : null;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    for (const parameter of this.parameters()) init.uniformByFan_(parameter, this.hiddenSize);
  }

  /** The next state; the first is zeros unless given. Inputs may lack the batch dimension. */
  protected next({ step, states }: Recurrence, input: Tensor, state: State | undefined): State {
    const { inputSize, hiddenSize } = this;
    expectTensor(input, this.constructor.name, 'input');
    if (input.ndim < 1 || input.ndim > 2 || input.shape.at(-1) !== inputSize) {
      throw new ShapeError(
        this.constructor.name,
        `expected an input [N, ${inputSize}] or [${inputSize}], but got ${formatShape(input.shape)}`,
      );
    }
    const sizes = [...input.shape.slice(0, -1), hiddenSize];
    const before = state ?? Array.from({ length: states }, () => input.newZeros(sizes));
    const fromInput = F.linear(input, this.weightIh, this.biasIh ?? undefined);
    const fromHidden = F.linear(before[0]!, this.weightHh, this.biasHh ?? undefined);
    return step(fromInput, fromHidden, before);
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh ? '' : ', bias=False'}`;
  }
}

/** One step of an Elman network: `tanh(W x + U h + b)`. */
export class RNNCell extends RecurrentCell {
  readonly nonlinearity: RecurrentNonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: { bias?: boolean | undefined; nonlinearity?: RecurrentNonlinearity | undefined } = {},
  ) {
    super(inputSize, hiddenSize, 1, options.bias);
    this.nonlinearity = options.nonlinearity ?? 'tanh';
  }

  /** The next hidden state. */
  forward(input: Tensor, hidden?: Tensor): Tensor {
    return this.next(recurrences[this.nonlinearity], input, hidden && [hidden])[0]!;
  }
}

/**
 * One step of a long short-term memory.
 * @example const [h, c] = cell(x, [h0, c0]);
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: { bias?: boolean | undefined } = {}) {
    super(inputSize, hiddenSize, 4, options.bias);
  }

  /** The next hidden and cell state. */
  forward(input: Tensor, state?: readonly [Tensor, Tensor]): [Tensor, Tensor] {
    const [hidden, cell] = this.next(recurrences.lstm, input, state);
    return [hidden!, cell!];
  }
}

/** One step of a gated recurrent unit. */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: { bias?: boolean | undefined } = {}) {
    super(inputSize, hiddenSize, 3, options.bias);
  }

  /** The next hidden state. */
  forward(input: Tensor, hidden?: Tensor): Tensor {
    return this.next(recurrences.gru, input, hidden && [hidden])[0]!;
  }
}
