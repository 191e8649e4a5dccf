/** Polynomials and Chebyshev series of graph values. */
import { g } from '../graph/index.js';
import type { Value } from './operands.js';

/** c[0] + c[1] t + c[2] t^2 + ... */
export function polynomial(t: Value, coefficients: readonly number[]): Value {
  const [last, ...rest] = coefficients.toReversed();
  return rest.reduce((sum, c) => g.add(g.mul(sum, t), g.fullLike(t, c)), g.fullLike(t, last!));
}

/** c[0] + c[1] T1(t) + c[2] T2(t) + ..., by Clenshaw's recurrence. */
export function chebyshev(t: Value, coefficients: readonly number[]): Value {
  const [first, ...rest] = coefficients;
  const twice = g.scale(t, 2);
  let [b1, b2] = [g.zerosLike(t), g.zerosLike(t)];
  for (const c of rest.reverse()) [b1, b2] = [g.add(g.sub(g.mul(twice, b1), b2), g.fullLike(t, c)), b1];
  return g.add(g.sub(g.mul(t, b1), b2), g.fullLike(t, first!));
}
