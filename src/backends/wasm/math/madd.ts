/** Multiply-add, rounded once where relaxed SIMD is on. */
import type { Code, Local } from '../assembler/index.js';

/** a * b + x in float lanes; one rounding or two. */
export const madd = (c: Code, a: Local, b: Local, x: Local, shape: 'f32x4' | 'f64x2' = 'f32x4'): Local =>
  c.relaxed ? c.v(`${shape}.relaxed_madd`, a, b, x) : c.v(`${shape}.add`, c.v(`${shape}.mul`, a, b), x);
