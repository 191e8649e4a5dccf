/** Where along an axis masks are known to hold: between the cuts no lane needs a look. */
import { axesOf, masksOf, type Axis, type Instr } from '../../../loops/index.js';
import type { KernelCode } from './kernel-code.js';
import { strideAlong } from './loops.js';

/** The part of an axis in which masks that depend on it alone are known to hold. */
export function interior(k: KernelCode, axis: Axis, body: readonly Instr[]): readonly [number, number] {
  let [from, to] = [0, axis.extent];
  for (const { expr, lo, hi } of body.flatMap(masksOf)) {
    const step = strideAlong(expr, axis.axis);
    if (!step) continue;
    const direct = expr.terms.filter(({ atom }) => atom.kind === 'axis' && atom.axis === axis.axis);
    const rest = expr.terms.filter((term) => !direct.includes(term));
    // Other axes must stand still here, or the range depends on them.
    const moving = rest.some(({ atom }) =>
      [...axesOf({ ...expr, terms: [{ coeff: 1, atom, key: '' }] })].some((other) => {
        if (other === axis.axis) return true;
        const range = k.known(other)?.range;
        return !range || range[0] !== range[1];
      }),
    );
    if (moving) continue;
    const [least] = k.rangeHere({ ...expr, terms: rest });
    const [a, b] = step > 0 ? [lo - least, hi - 1 - least] : [least - (hi - 1), least - lo];
    const size = Math.abs(step);
    from = Math.max(from, Math.ceil(a / size));
    to = Math.min(to, Math.floor(b / size) + 1);
  }
  return [from, to];
}

/** Positions along `axis` at which to cut a loop, so that such masks are decided in between. */
export function interiorCuts(k: KernelCode, axis: Axis, body: readonly Instr[]): number[] {
  const [from, to] = interior(k, axis, body);
  return to - from >= 8 ? [from, to] : [];
}
