/** Where along an axis masks are known to hold: between the cuts no lane needs a look. */
import { axesOf, type Axis, type Instr, type Predicate } from '../../../loops/index.js';
import type { KernelCode } from './kernel-code.js';
import { strideAlong } from './loops.js';

const masksOf = (body: readonly Instr[]): Predicate[] =>
  body.flatMap((instr) => (instr.kind === 'load' || instr.kind === 'guard' ? instr.masks : []));

/** Positions along `axis` at which to cut a loop, so that masks that depend on it alone are decided in between. */
export function interiorCuts(k: KernelCode, axis: Axis, body: readonly Instr[]): number[] {
  let [from, to] = [0, axis.extent];
  for (const { expr, lo, hi } of masksOf(body)) {
    const step = strideAlong(expr, axis.axis);
    if (!step) continue;
    // Other axes must stand still here, or the range depends on them.
    const others = [...axesOf(expr)].filter((other) => other !== axis.axis);
    if (others.some((other) => k.position(other).range[0] !== k.position(other).range[1])) continue;
    const [least, most] = k.rangeHere({ ...expr, terms: expr.terms.filter(({ atom }) => atom.kind !== 'axis' || atom.axis !== axis.axis) });
    if (least !== most) continue;
    const [a, b] = step > 0 ? [lo - least, hi - 1 - least] : [least - (hi - 1), least - lo];
    const size = Math.abs(step);
    from = Math.max(from, Math.ceil(a / size));
    to = Math.min(to, Math.floor(b / size) + 1);
  }
  return from < to && to - from >= 8 ? [from, to] : [];
}
