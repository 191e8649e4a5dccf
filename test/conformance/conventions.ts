/** Gradients that are only defined up to a convention, brought to a form in which any two right ones are equal. */
import type { TensorValues } from './packs.js';

/** Both sides of a comparison go through it; `of` is the value the gradient is with respect to. */
export type Convention = (gradient: TensorValues, of: TensorValues) => TensorValues;

/** By name of the op or class, then by the path of the gradient. */
export const conventions: Readonly<Record<string, Readonly<Record<string, Convention>>>> = {
  'nn.functional.ctc_loss': { input: throughLogSoftmax },
  CTCLoss: { 'inputs.0': throughLogSoftmax },
};

/**
 * PyTorch's gradient of the CTC loss is right only after it has gone back through log-softmax over the last dimension,
 * which this does: `g - exp(logp) * sum(g)`.
 */
function throughLogSoftmax(gradient: TensorValues, of: TensorValues): TensorValues {
  const [g, logp] = [Array.from(gradient.values(), Number), Array.from(of.values(), Number)];
  const classes = of.shape.at(-1)!;
  const sums = Array.from({ length: g.length / classes }, (_, row) =>
    g.slice(row * classes, (row + 1) * classes).reduce((sum, value) => sum + value, 0),
  );
  const values = g.map((value, i) => value - Math.exp(logp[i]!) * sums[Math.floor(i / classes)]!);
  return { shape: gradient.shape, dtype: gradient.dtype, values: () => values };
}
