/** Derivatives of special functions that are no primitives themselves. */
import { g, type Node } from '../../graph/index.js';

const { add, div, mul, scale, sub, where } = g;

const reciprocalSquare = (x: Node): Node => div(g.fullLike(x, 1), mul(x, x));

/**
 * Second derivative of lgamma: reflection below 1/2, six steps of the recurrence, then the asymptotic series.
 * @see Abramowitz and Stegun 6.4.6, 6.4.7, 6.4.12
 */
export function trigamma(x: Node): Node {
  const [zero, one] = [g.zerosLike(x), g.fullLike(x, 1)];
  const low = g.lt(x, g.fullLike(x, 0.5));
  let z = where(low, sub(one, x), x);
  let sum = zero;
  for (let step = 0; step < 6; step++) {
    sum = add(sum, reciprocalSquare(z));
    z = add(z, one);
  }
  const r = reciprocalSquare(z);
  const poly = (c: number, rest: Node): Node => sub(g.fullLike(x, c), mul(r, rest));
  // Bernoulli numbers: 1/z + 1/2z^2 + 1/6z^3 - 1/30z^5 + 1/42z^7 - 1/30z^9
  const series = mul(r, poly(1 / 6, poly(1 / 30, poly(1 / 42, g.fullLike(x, 1 / 30)))));
  const tail = div(add(add(one, div(g.fullLike(x, 0.5), z)), series), z);
  const right = add(sum, tail);
  // The sine is asked for only below 1/2, so that its zeros above leave no NaN behind in further derivatives.
  const sine = g.unary('sin', scale(where(low, x, g.fullLike(x, 0.5)), Math.PI));
  return where(low, sub(scale(reciprocalSquare(sine), Math.PI ** 2), right), right);
}
