/** Dropout, given the random numbers: the stream they come from belongs to the layer that knows about state. */
import { ArgumentError } from '../core/index.js';
import { g } from '../graph/index.js';
import type { Value } from './operands.js';

function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) {
    throw new ArgumentError(op, `dropout probability has to be between 0 and 1, but got ${p}`);
  }
}

/**
 * x with each element kept where `uniform` is at least p, scaled by 1 / (1 - p), and 0 elsewhere.
 * @param uniform Numbers in [0, 1) that broadcast to x: of x's shape, or with size 1 along what is dropped together.
 */
export function dropoutWith(x: Value, uniform: Value, options: { p?: number | undefined } = {}): Value {
  const { p = 0.5 } = options;
  checkProbability('dropout', p);
  if (p === 0) return x;
  if (p === 1) return g.mul(x, g.zerosLike(x));
  const kept = g.le(g.full(x.shape, p, uniform.dtype), g.expandTo(uniform, x.shape));
  return g.where(kept, g.scale(x, 1 / (1 - p)), g.zerosLike(x));
}

/** What SELU saturates at, which alpha dropout puts in place of a dropped element. */
const saturation = -1.7580993408473766;

/**
 * Dropout that keeps the mean and variance of self-normalising activations: dropped elements become SELU's lower limit.
 * @param uniform As for `dropoutWith`.
 */
export function alphaDropoutWith(x: Value, uniform: Value, options: { p?: number | undefined } = {}): Value {
  const { p = 0.5 } = options;
  checkProbability('alphaDropout', p);
  if (p === 0) return x;
  if (p === 1) return g.mul(x, g.zerosLike(x));
  const a = 1 / Math.sqrt((1 - p) * (1 + p * saturation ** 2));
  const kept = g.le(g.full(x.shape, p, uniform.dtype), g.expandTo(uniform, x.shape));
  const value = g.where(kept, x, g.fullLike(x, saturation));
  return g.withScalar('add', g.scale(value, a), -a * saturation * p);
}
