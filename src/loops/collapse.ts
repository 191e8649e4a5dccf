/**
 * Fewer, longer loops: neighbouring axes become one where every access walks them as one, which a loop over the
 * elements of a contiguous array always does.
 */
import { axisIndex, divIndex, modIndex, substitute, type IndexExpr } from './index-expr.js';
import type { Axis, Instr, LoopNest, Store } from './nest.js';
import { withExpressions } from './operands.js';

type Replace = (expr: IndexExpr) => IndexExpr;

/** Divisions and remainders in an expression. */
const quotients = (expr: IndexExpr): number =>
  expr.terms.reduce((count, { atom }) => count + (atom.kind === 'axis' ? 0 : 1 + quotients(atom.of)), 0);

/** Index expressions under their keys, rewritten together. */
class Rewriting {
  readonly #now = new Map<string, IndexExpr>();

  constructor(exprs: Iterable<IndexExpr>) {
    for (const expr of exprs) this.#now.set(expr.key, expr);
  }

  readonly replace: Replace = (expr) => this.#now.get(expr.key) ?? expr;

  /** Makes `outer` and `inner` one axis, if that makes no expression harder. */
  merge(outer: Axis, inner: Axis): Axis | undefined {
    const merged: Axis = { axis: inner.axis, extent: outer.extent * inner.extent };
    const whole = axisIndex(merged.axis, merged.extent);
    const next = new Map<string, IndexExpr>();
    for (const [key, expr] of this.#now) {
      const replaced = substitute(expr, (axis, extent) => {
        if (axis === outer.axis) return divIndex(whole, inner.extent);
        return axis === inner.axis ? modIndex(whole, inner.extent) : axisIndex(axis, extent);
      });
      if (quotients(replaced) > quotients(expr)) return undefined;
      next.set(key, replaced);
    }
    for (const [key, expr] of next) this.#now.set(key, expr);
    return merged;
  }

  /** The axes of one group, outermost first, with all neighbours merged that can be. */
  collapse(axes: readonly Axis[]): Axis[] {
    const result: Axis[] = [];
    for (const axis of axes.toReversed()) {
      const last = result.at(-1);
      const merged = last && axis.extent > 0 && last.extent > 0 ? this.merge(axis, last) : undefined;
      if (merged) result[result.length - 1] = merged;
      else result.push(axis);
    }
    return result.reverse();
  }
}

const inBody = (body: readonly Instr[], f: Replace): Instr[] =>
  body.map((instr) => withExpressions(instr, f));
const inStores = (stores: readonly Store[], f: Replace): Store[] =>
  stores.map((store) => ({ ...store, index: f(store.index) }));
const inBoth = <S extends { readonly body: readonly Instr[]; readonly stores: readonly Store[] }>(
  section: S,
  f: Replace,
): S => ({
  ...section,
  body: inBody(section.body, f),
  stores: inStores(section.stores, f),
});

/** The expressions that `rewrite` would replace. */
function collect(rewrite: (f: Replace) => unknown): IndexExpr[] {
  const found: IndexExpr[] = [];
  rewrite((expr) => {
    found.push(expr);
    return expr;
  });
  return found;
}

type Walked = {
  readonly axes: readonly Axis[];
  readonly body: readonly Instr[];
  readonly stores: readonly Store[];
};

function collapseMap<M extends Walked>(nest: M): M {
  const work = new Rewriting(collect((f) => inBoth(nest, f)));
  const axes = work.collapse(nest.axes);
  return { ...inBoth(nest, work.replace), axes };
}

type Contraction = Extract<LoopNest, { kind: 'contract' }>;
const inOperand = (operand: Contraction['a'], f: Replace): Contraction['a'] => ({
  ...operand,
  body: inBody(operand.body, f),
});
const inContract = (nest: Contraction, f: Replace): Contraction => ({
  ...inBoth(nest, f),
  a: inOperand(nest.a, f),
  b: inOperand(nest.b, f),
});

type Rows = Extract<LoopNest, { kind: 'row' }>;
export const inRow = (nest: Rows, f: Replace): Rows => ({
  ...nest,
  setup: inBody(nest.setup, f),
  stages: nest.stages.map((stage) => ({
    ...inBoth(stage, f),
    rowBody: inBody(stage.rowBody, f),
    rowStores: inStores(stage.rowStores, f),
    reduces: stage.reduces.map((reduce) =>
      reduce.position ? { ...reduce, position: f(reduce.position) } : reduce,
    ),
  })),
  finishColumns: inBoth(nest.finishColumns, f),
  finishTotals: inBoth(nest.finishTotals, f),
});

/** One side of a contraction, packed on its own: its axes may merge where the other side's do not. */
export function collapseOperand(
  operand: Contraction['a'],
  groups: { readonly lanes: readonly Axis[]; readonly k: readonly Axis[] },
): { operand: Contraction['a']; lanes: Axis[]; k: Axis[] } {
  const work = new Rewriting(collect((f) => inOperand(operand, f)));
  const lanes = work.collapse(groups.lanes);
  const k = work.collapse(groups.k);
  return { operand: inOperand(operand, work.replace), lanes, k };
}

/** The same nest over fewer axes. Accesses stay what they were, element for element. */
export function collapse<N extends LoopNest>(nest: N): N;
export function collapse(nest: LoopNest): LoopNest {
  switch (nest.kind) {
    case 'map':
      return collapseMap(nest);
    case 'row': {
      const work = new Rewriting(collect((f) => inRow(nest, f)));
      const rows = work.collapse(nest.rows);
      const inner = work.collapse(nest.inner);
      return { ...inRow(nest, work.replace), rows, inner };
    }
    case 'contract': {
      const work = new Rewriting(collect((f) => inContract(nest, f)));
      const [batch, m, n, k] = [nest.batch, nest.m, nest.n, nest.k].map((axes) => work.collapse(axes)) as [
        Axis[],
        Axis[],
        Axis[],
        Axis[],
      ];
      return { ...inContract(nest, work.replace), batch, m, n, k };
    }
    case 'scatter': {
      const base = collapseMap(nest.base);
      const inScatter = (f: Replace): typeof nest => ({
        ...nest,
        body: inBody(nest.body, f),
        index: f(nest.index),
      });
      const work = new Rewriting(collect(inScatter));
      const axes = work.collapse(nest.axes);
      return { ...inScatter(work.replace), base, axes };
    }
    case 'segmented':
    case 'opaque':
    case 'attention':
      return nest;
  }
}
