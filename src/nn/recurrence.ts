/** One step of the recurrent layers, which cells do once and layers for every position. */
import type { Tensor } from '../tensor/index.js';

/** What a step passes on: the hidden state first, and for LSTM the cell state. */
export type State = readonly Tensor[];

export interface Recurrence {
  /** How many gates are stacked in the weights. */
  readonly gates: number;
  /** How many tensors the state is. */
  readonly states: number;
  /** The next state, from what the input and the hidden state contribute to the gates. */
  readonly step: (fromInput: Tensor, fromHidden: Tensor, state: State) => State;
}

const lstm: Recurrence = {
  gates: 4,
  states: 2,
  step(x, h, [, cell]) {
    const [input, forget, candidate, output] = x.add(h).chunk(4, -1) as [Tensor, Tensor, Tensor, Tensor];
    const next = forget.sigmoid().mul(cell!).add(input.sigmoid().mul(candidate.tanh()));
    return [output.sigmoid().mul(next.tanh()), next];
  },
};

const gru: Recurrence = {
  gates: 3,
  states: 1,
  step(x, h, [hidden]) {
    const [resetX, updateX, newX] = x.chunk(3, -1) as [Tensor, Tensor, Tensor];
    const [resetH, updateH, newH] = h.chunk(3, -1) as [Tensor, Tensor, Tensor];
    const update = updateX.add(updateH).sigmoid();
    const candidate = newX.add(resetX.add(resetH).sigmoid().mul(newH)).tanh();
    return [candidate.add(update.mul(hidden!.sub(candidate)))];
  },
};

/** What an Elman network applies to the sum. */
export type RecurrentNonlinearity = 'tanh' | 'relu';

const elman = (nonlinearity: RecurrentNonlinearity): Recurrence => ({
  gates: 1,
  states: 1,
  step: (x, h) => [x.add(h)[nonlinearity]()],
});

/** The step of each kind of layer. */
export const recurrences = { lstm, gru, tanh: elman('tanh'), relu: elman('relu') } as const;
