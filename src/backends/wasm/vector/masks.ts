/** Conditions of loads and guards: decided now, the same in all lanes, or lane by lane. */
import type { IndexExpr, Predicate } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { KernelCode } from './kernel-code.js';

/** Which masks hold in all lanes or in none, and which lane by lane. */
export interface Condition {
  readonly never: boolean;
  readonly uniform: Local | undefined;
  readonly level: number;
  readonly varying: readonly Predicate[];
}

/** The integers of an index expression, one a lane. */
export function indexLanes(k: KernelCode, expr: IndexExpr): Local {
  const { c } = k;
  const step = k.stride(expr);
  if (step === undefined) {
    return k
      .perLane(expr)
      .reduce(
        (lanes, at, lane) => c.get(lanes).get(k.materialise(at)).lane('i32x4.replace_lane', lane).keep(),
        c.vector('i32', 0),
      );
  }
  const at = k.index(expr);
  const { local } = at;
  const ramp = [0, 1, 2, 3].map((lane) => at.offset + lane * step);
  if (!local) return c.vector('i32', ...ramp);
  const level = Math.max(at.level, 0);
  const splat = k.memo(level, `splat ${local.index}`, () => void c.get(local).op('i32x4.splat'));
  if (step === 0 && at.offset === 0) return splat;
  return k.memo(
    level,
    `ramp ${local.index} ${at.offset} ${step}`,
    () =>
      void c
        .get(splat)
        .get(c.vector('i32', ...ramp))
        .op('i32x4.add'),
  );
}

/** What is known of masks here. */
export function conditionOf(k: KernelCode, masks: readonly Predicate[]): Condition {
  const varying: Predicate[] = [];
  let uniform: Local | undefined;
  let level = 0;
  for (const mask of masks) {
    const known = k.decide(mask);
    if (known === true) continue;
    if (known === false) return { never: true, uniform: undefined, level: 0, varying: [] };
    if (k.stride(mask.expr) !== 0) {
      varying.push(mask);
      continue;
    }
    const at = k.index(mask.expr);
    const own = at.level;
    const test = k.memo(own, `${mask.lo}<=${at.local!.index}+${at.offset}<${mask.hi}`, () =>
      k.test(mask, at),
    );
    const before = uniform;
    level = Math.max(level, own);
    uniform = before
      ? k.memo(level, `${before.index}&${test.index}`, () => void k.c.get(before).get(test).op('i32.and'))
      : test;
  }
  return { never: false, uniform, level, varying };
}

/** The lanes where masks hold; undefined: there are none. */
export function varyingMask(k: KernelCode, masks: readonly Predicate[]): Local | undefined {
  const { c } = k;
  let all: Local | undefined;
  for (const { expr, lo, hi } of masks) {
    const lanes = indexLanes(k, expr);
    const from = lo === 0 ? lanes : c.v('i32x4.sub', lanes, c.vector('i32', lo));
    const one = c.v('i32x4.lt_u', from, c.vector('i32', hi - lo));
    all = all ? c.v('v128.and', all, one) : one;
  }
  return all;
}

/** The lanes where all masks hold; undefined: all. */
export function maskOf(k: KernelCode, { uniform, level, varying }: Condition): Local | undefined {
  const { c } = k;
  const lanes = varyingMask(k, varying);
  if (!uniform) return lanes;
  const splat = k.memo(
    level,
    `truth ${uniform.index}`,
    () => void c.i32(0).get(uniform).op('i32.sub').op('i32x4.splat'),
  );
  return lanes ? c.v('v128.and', lanes, splat) : splat;
}
