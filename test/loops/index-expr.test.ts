/** The algebra of index expressions against plain arithmetic, at every position of small loops. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addIndex,
  axesOf,
  axisIndex,
  constantIndex,
  decide,
  divIndex,
  evaluateIndex,
  flattenIndex,
  modIndex,
  rangeOf,
  scaleIndex,
  substitute,
  unflattenIndex,
  type IndexExpr,
} from '../../src/loops/index.js';
import { reshapeIndices } from '../../src/loops/index.js';

const extents = [4, 3, 1, 5];
const positions = extents.reduce<number[][]>(
  (all, extent) => all.flatMap((at) => Array.from({ length: extent }, (_, i) => [...at, i])),
  [[]],
);

/** An expression, and what it should be worth at a position. */
interface Pair {
  readonly expr: IndexExpr;
  readonly value: (at: readonly number[]) => number;
}
// `+ 0` below makes 0 of -0.
const floorMod = (a: number, b: number): number => a - b * Math.floor(a / b);

const leaves = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map((c): Pair => ({ expr: constantIndex(c), value: () => c })),
  fc
    .nat(extents.length - 1)
    .map((axis): Pair => ({ expr: axisIndex(axis, extents[axis]!), value: (at) => at[axis]! })),
);
const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });

const { pair } = fc.letrec<{ pair: Pair }>((tie) => ({
  pair: fc.oneof(
    { maxDepth: 6, depthSize: 'large' },
    leaves,
    fc
      .tuple(tie('pair'), tie('pair'))
      .map(([a, b]): Pair => ({ expr: addIndex(a.expr, b.expr), value: (at) => a.value(at) + b.value(at) })),
    fc
      .tuple(tie('pair'), fc.integer({ min: -6, max: 12 }))
      .map(([a, c]): Pair => ({ expr: scaleIndex(a.expr, c), value: (at) => a.value(at) * c })),
    fc
      .tuple(tie('pair'), fc.integer({ min: 1, max: 12 }))
      .map(([a, by]): Pair => ({ expr: divIndex(a.expr, by), value: (at) => Math.floor(a.value(at) / by) })),
    fc
      .tuple(tie('pair'), fc.integer({ min: 1, max: 12 }))
      .map(([a, by]): Pair => ({ expr: modIndex(a.expr, by), value: (at) => floorMod(a.value(at), by) })),
    fc.tuple(fc.array(tie('pair'), { minLength: 3, maxLength: 3 }), shapes).map(([parts, shape]): Pair => {
      const indices = shape.map((_, i) => parts[i]!);
      const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
      const value = (at: readonly number[]): number =>
        indices.reduce((sum, index, i) => sum + strides[i]! * index.value(at), 0);
      return {
        expr: flattenIndex(
          indices.map(({ expr }) => expr),
          shape,
        ),
        value,
      };
    }),
    fc.tuple(tie('pair'), shapes, fc.nat(2)).map(([a, shape, pick]): Pair => {
      const i = pick % shape.length;
      const stride = shape.slice(i + 1).reduce((p, q) => p * q, 1);
      const value = (at: readonly number[]): number => {
        const quotient = Math.floor(a.value(at) / stride);
        return i === 0 ? quotient : floorMod(quotient, shape[i]!);
      };
      return { expr: unflattenIndex(a.expr, shape)[i]!, value };
    }),
  ),
}));

const worth = (expr: IndexExpr, at: readonly number[]): number => evaluateIndex(expr, (axis) => at[axis]!);
const runs = { numRuns: 2000 };

describe('random expressions', () => {
  it('are worth what plain arithmetic gives', () => {
    fc.assert(
      fc.property(pair, ({ expr, value }) => {
        for (const at of positions) expect(worth(expr, at)).toBe(value(at) + 0);
      }),
      runs,
    );
  });

  it('stay in their range, which decides predicates rightly', () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: -40, max: 40 }), fc.nat(40), ({ expr }, lo, size) => {
        const [least, most] = rangeOf(expr);
        const decided = decide({ expr, lo, hi: lo + size });
        for (const at of positions) {
          const value = worth(expr, at);
          expect(value >= least && value <= most).toBe(true);
          if (decided !== undefined) expect(value >= lo && value < lo + size).toBe(decided);
        }
      }),
      runs,
    );
  });

  it('are equal when their keys are', () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 2, maxLength: 12 }), (pairs) => {
        const byKey = new Map<string, Pair>();
        for (const each of pairs) {
          const known = byKey.get(each.expr.key) ?? each;
          byKey.set(each.expr.key, known);
          for (const at of positions) expect(each.value(at) + 0).toBe(known.value(at) + 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('depend on no axis that is not listed', () => {
    fc.assert(
      fc.property(pair, ({ expr }) => {
        const axes = axesOf(expr);
        for (const at of positions) {
          const moved = at.map((position, axis) => (axes.has(axis) ? position : 0));
          expect(worth(expr, moved)).toBe(worth(expr, at));
        }
      }),
      runs,
    );
  });

  it('take other expressions in the place of axes', () => {
    fc.assert(
      fc.property(pair, fc.tuple(pair, pair), ({ expr, value }, parts) => {
        const replaced = substitute(expr, (axis, extent) =>
          axis < 2 ? modIndex(parts[axis]!.expr, extent) : axisIndex(axis, extent),
        );
        for (const at of positions) {
          const other = at.map((position, axis) =>
            axis < 2 ? floorMod(parts[axis]!.value(at), extents[axis]!) : position,
          );
          expect(worth(replaced, at)).toBe(value(other) + 0);
        }
      }),
      runs,
    );
  });
});

describe('normal form', () => {
  const axes = [axisIndex(0, 4), axisIndex(1, 6), axisIndex(2, 10)];
  const keys = (exprs: readonly IndexExpr[]): string[] => exprs.map(({ key }) => key);

  it('flattening and unflattening cancel', () => {
    expect(keys(unflattenIndex(flattenIndex(axes, [4, 6, 10]), [4, 6, 10]))).toEqual(['i0', 'i1', 'i2']);
  });
  it('a reshape there and back cancels', () => {
    for (const shape of [[24, 10], [4, 60], [240], [2, 2, 60], [8, 3, 10], [3, 80], [16, 15]]) {
      const there = reshapeIndices(axes, [4, 6, 10], shape);
      expect(keys(reshapeIndices(there, shape, [4, 6, 10]))).toEqual(['i0', 'i1', 'i2']);
    }
  });
  it('a quotient and its remainder make the whole again', () => {
    const whole = flattenIndex(axes, [4, 6, 10]);
    for (const by of [2, 7, 10, 60, 100]) {
      expect(addIndex(scaleIndex(divIndex(whole, by), by), modIndex(whole, by)).key).toBe(whole.key);
    }
  });
  it('axes of one element vanish, and terms that cancel', () => {
    expect(axisIndex(7, 1).key).toBe('0');
    expect(addIndex(axes[0]!, scaleIndex(axes[0]!, -1)).key).toBe('0');
  });
});
