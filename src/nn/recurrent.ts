/** Recurrent layers over sequences, unrolled: their steps become one graph. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import * as F from '../tensor/F.js';
import { expectTensor } from '../tensor/arguments.js';
import { Parameter, cat, dropout, stack, type Tensor } from '../tensor/index.js';
import { zeroState } from '../tensor/state.js';
import * as init from './init.js';
import { Module } from './module.js';
import { recurrences, type Recurrence, type RecurrentNonlinearity, type State } from './recurrence.js';

/** Options of recurrent layers. */
export interface RecurrentOptions {
  numLayers?: number | undefined;
  bias?: boolean | undefined;
  /** Whether inputs are [N, T, C] rather than [T, N, C]. */
  batchFirst?: boolean | undefined;
  /** Probability of dropout between layers while training. */
  dropout?: number | undefined;
  bidirectional?: boolean | undefined;
}

/** The weights of one layer in one direction. */
interface Weights {
  readonly weightIh: Parameter;
  readonly weightHh: Parameter;
  readonly biasIh: Parameter | undefined;
  readonly biasHh: Parameter | undefined;
  readonly weightHr: Parameter | undefined;
}

type WeightName = keyof Weights;
const weightNames: readonly WeightName[] = ['weightIh', 'weightHh', 'biasIh', 'biasHh', 'weightHr'];

abstract class Recurrent extends Module {
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly bias: boolean;
  dropout: number;

  constructor(
    protected readonly recurrence: Recurrence,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentOptions,
    readonly projSize = 0,
  ) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false } = options;
    if (projSize >= hiddenSize) {
      throw new ArgumentError(new.target.name, `projSize ${projSize} must be below hiddenSize ${hiddenSize}`);
    }
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.bidirectional = bidirectional;
    this.dropout = dropout;
    for (let layer = 0; layer < numLayers; layer++) {
      for (let direction = 0; direction < this.#directions; direction++) this.#addWeights(layer, direction);
    }
    this.resetParameters();
  }

  get #directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Size of a hidden state. */
  get #outputSize(): number {
    return this.projSize || this.hiddenSize;
  }

  /** `weightIhL0`, `weightIhL0Reverse`: in state dicts `weight_ih_l0`, `weight_ih_l0_reverse`. */
  #fieldOf(name: WeightName, layer: number, direction: number): string {
    return `${name}L${layer}${direction === 1 ? 'Reverse' : ''}`;
  }

  #addWeights(layer: number, direction: number): void {
    const rows = this.recurrence.gates * this.hiddenSize;
    const width = layer === 0 ? this.inputSize : this.#outputSize * this.#directions;
    const shapes: Record<WeightName, readonly number[] | undefined> = {
      weightIh: [rows, width],
      weightHh: [rows, this.#outputSize],
      biasIh: this.bias ? [rows] : undefined,
      biasHh: this.bias ? [rows] : undefined,
      weightHr: this.projSize > 0 ? [this.projSize, this.hiddenSize] : undefined,
    };
    for (const name of weightNames) {
      const shape = shapes[name];
      if (shape)
        this.registerParameter(this.#fieldOf(name, layer, direction), new Parameter(zeroState(shape)));
    }
  }

  #weights(layer: number, direction: number): Weights {
    const fields = this as unknown as Readonly<Record<string, Parameter | undefined>>;
    const found = weightNames.map((name) => [name, fields[this.#fieldOf(name, layer, direction)]]);
    return Object.fromEntries(found) as Weights;
  }

  /** Draws new initial values. */
  resetParameters(): void {
    for (const parameter of this.parameters()) init.uniformByFan_(parameter, this.hiddenSize);
  }

  /** One layer in one direction over [T, N, C]. */
  #run(input: Tensor, weights: Weights, initial: State, reverse: boolean): { output: Tensor; state: State } {
    // What the inputs contribute is one product for all positions.
    const projected = F.linear(input, weights.weightIh, weights.biasIh).unbind(0);
    const outputs: Tensor[] = [];
    let state = initial;
    for (const fromInput of reverse ? projected.reverse() : projected) {
      const fromHidden = F.linear(state[0]!, weights.weightHh, weights.biasHh);
      const [hidden, ...rest] = this.recurrence.step(fromInput, fromHidden, state);
      state = [weights.weightHr ? F.linear(hidden!, weights.weightHr) : hidden!, ...rest];
      outputs.push(state[0]!);
    }
    return { output: stack(reverse ? outputs.reverse() : outputs, 0), state };
  }

  #initial(input: Tensor): State {
    const count = this.numLayers * this.#directions;
    const sizes = [this.#outputSize, this.hiddenSize].slice(0, this.recurrence.states);
    return sizes.map((size) => input.newZeros([count, input.shape[1]!, size]));
  }

  #check(input: Tensor): void {
    expectTensor(input, this.constructor.name, 'input');
    if ((input.ndim === 3 || input.ndim === 2) && input.shape.at(-1) === this.inputSize) return;
    const layout = this.batchFirst ? 'N, T' : 'T, N';
    throw new ShapeError(
      this.constructor.name,
      `expected an input [${layout}, ${this.inputSize}] or [T, ${this.inputSize}], but got ${formatShape(input.shape)}`,
    );
  }

  /** The outputs at all positions, and the last state of each layer and direction. */
  protected unroll(input: Tensor, given: State | undefined): { output: Tensor; state: State } {
    this.#check(input);
    const unbatched = input.ndim === 2;
    const swap = this.batchFirst && !unbatched;
    let x = unbatched ? input.unsqueeze(1) : swap ? input.transpose(0, 1) : input;
    const initial = given ? given.map((s) => (unbatched ? s.unsqueeze(1) : s)) : this.#initial(x);
    const last: State[] = [];
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) x = dropout(x, { p: this.dropout, training: this.training && this.dropout > 0 });
      const runs = Array.from({ length: this.#directions }, (_, direction) => {
        const at = layer * this.#directions + direction;
        const state = initial.map((s) => s.select(0, at));
        return this.#run(x, this.#weights(layer, direction), state, direction === 1);
      });
      x = cat(
        runs.map(({ output }) => output),
        -1,
      );
      last.push(...runs.map(({ state }) => state));
    }
    const state = initial.map((_, i) =>
      stack(
        last.map((each) => each[i]!),
        0,
      ),
    );
    return {
      output: unbatched ? x.squeeze(1) : swap ? x.transpose(0, 1) : x,
      state: unbatched ? state.map((s) => s.squeeze(1)) : state,
    };
  }

  override extraRepr(): string {
    const flags = [
      this.projSize > 0 && `proj_size=${this.projSize}`,
      this.numLayers !== 1 && `num_layers=${this.numLayers}`,
      !this.bias && 'bias=False',
      this.batchFirst && 'batch_first=True',
      this.dropout !== 0 && `dropout=${this.dropout}`,
      this.bidirectional && 'bidirectional=True',
    ];
    return [this.inputSize, this.hiddenSize, ...flags.filter(Boolean)].join(', ');
  }
}

/** An Elman network over sequences. */
export class RNN extends Recurrent {
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { nonlinearity?: RecurrentNonlinearity | undefined } = {},
  ) {
    super(recurrences[options.nonlinearity ?? 'tanh'], inputSize, hiddenSize, options);
  }

  /** The outputs at all positions, and the last hidden states [layers, N, hidden]. */
  forward(input: Tensor, hidden?: Tensor): [Tensor, Tensor] {
    const { output, state } = this.unroll(input, hidden && [hidden]);
    return [output, state[0]!];
  }
}

/** A gated recurrent unit over sequences. */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(recurrences.gru, inputSize, hiddenSize, options);
  }

  /** The outputs at all positions, and the last hidden states [layers, N, hidden]. */
  forward(input: Tensor, hidden?: Tensor): [Tensor, Tensor] {
    const { output, state } = this.unroll(input, hidden && [hidden]);
    return [output, state[0]!];
  }
}

/**
 * A long short-term memory over sequences.
 * @example const [output, [h, c]] = lstm(x);
 */
export class LSTM extends Recurrent {
  /** @param options `projSize`: hidden states are projected down to this size. */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { projSize?: number | undefined } = {},
  ) {
    super(recurrences.lstm, inputSize, hiddenSize, options, options.projSize);
  }

  /** The outputs at all positions, and the last hidden and cell states [layers, N, hidden]. */
  forward(input: Tensor, state?: readonly [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
    const { output, state: last } = this.unroll(input, state);
    return [output, [last[0]!, last[1]!]];
  }
}
