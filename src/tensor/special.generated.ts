// Written by `npm run codegen` from src/functional. Do not edit.
/** torch.special: special functions. */
import * as f from '../functional/index.js';

import { nodeOf } from './arguments.js';
import { call } from './base.js';
import { lower, wrap, type Operand, type Tensor } from './tensor.generated.js';

/**
 * `-x log(x)`: 0 at 0, -Infinity below.
 */
export function entr(x: Tensor): Tensor {
  return call(() => wrap(f.entr(nodeOf(x, 'entr', 'x'))));
}

/**
 * `e^(x^2) erfc(x)`, without underflow.
 */
export function erfcx(x: Tensor): Tensor {
  return call(() => wrap(f.erfcx(nodeOf(x, 'erfcx', 'x'))));
}

/**
 * The modified Bessel function of order 0.
 */
export function i0(x: Tensor): Tensor {
  return call(() => wrap(f.i0(nodeOf(x, 'i0', 'x'))));
}

/**
 * e^-|x| I0(x): the modified Bessel function of order 0, scaled.
 */
export function i0e(x: Tensor): Tensor {
  return call(() => wrap(f.i0e(nodeOf(x, 'i0e', 'x'))));
}

/**
 * The modified Bessel function of order 1.
 */
export function i1(x: Tensor): Tensor {
  return call(() => wrap(f.i1(nodeOf(x, 'i1', 'x'))));
}

/**
 * e^-|x| I1(x): the modified Bessel function of order 1, scaled.
 */
export function i1e(x: Tensor): Tensor {
  return call(() => wrap(f.i1e(nodeOf(x, 'i1e', 'x'))));
}

/**
 * The logarithm of ndtr, accurate in its tail.
 */
export function logNdtr(x: Tensor): Tensor {
  return call(() => wrap(f.logNdtr(nodeOf(x, 'logNdtr', 'x'))));
}

/**
 * The area under the standard normal density up to `x`.
 */
export function ndtr(x: Tensor): Tensor {
  return call(() => wrap(f.ndtr(nodeOf(x, 'ndtr', 'x'))));
}

/**
 * The inverse of ndtr: the number below which the standard normal distribution has probability `x`.
 */
export function ndtri(x: Tensor): Tensor {
  return call(() => wrap(f.ndtri(nodeOf(x, 'ndtri', 'x'))));
}

/**
 * The derivative of order `n` of digamma; accurate for x from -12 on.
 */
export function polygamma(n: number, x: Tensor): Tensor {
  return call(() => wrap(f.polygamma(n, nodeOf(x, 'polygamma', 'x'))));
}

/**
 * `x * log1p(y)`, 0 where `x` is 0 (NaN `y` stays NaN).
 */
export function xlog1py(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.xlog1py(lower(x), lower(y))));
}

/**
 * The Hurwitz zeta function: the sum of (q + k)^-x over k = 0, 1, ... Infinity at x = 1 and at the poles q = 0, -1,
 * ...; accurate for q from -12 on.
 */
export function zeta(x: Operand, q: Operand): Tensor {
  return call(() => wrap(f.zeta(lower(x), lower(q))));
}
