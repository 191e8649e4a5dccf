/** Reductions of a row: accumulators, and what becomes of them at its end. */
import { isHalf } from '../../../core/index.js';
import { evaluateIndex, type Reduce, type RowNest, type Stage } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import { madd } from '../math/madd.js';
import { fold, identity, type Fold } from '../vector/arithmetic.js';
import { across, bestAcross, better, onlyValid, worst, type Extreme } from '../vector/combine.js';
import { cast } from '../vector/convert.js';
import type { KernelCode } from '../vector/kernel-code.js';
import { indexLanes } from '../vector/masks.js';
import type { Section } from '../vector/section.js';
import { assign, lanesOf, valueOf, variable, type Value } from '../vector/value.js';

/** A reduction of one row, in as many accumulators as vectors are taken at a time. */
export class Reduction {
  readonly #partial: Value[];
  readonly #extremes: Extreme[];
  /** float32 sums of long rows go on in float64. */
  readonly #total: Value | undefined;
  readonly #how: Fold;
  readonly #identity: Value;
  /** Whether it is an extreme in float32, taken by the instruction that drops NaN. */
  readonly #isExtreme: boolean = false;
  /**
   * Where lanes of such an extreme met a NaN: the instruction that spreads NaN takes as long as the two that note it
   * together with the one that drops it.
   */
  readonly #nan: Local | undefined;

  constructor(
    readonly k: KernelCode,
    readonly reduce: Reduce,
    readonly stage: Stage,
    nest: RowNest,
    readonly how: {
      /** Accumulators, one for each vector of an iteration. */
      readonly unroll: number;
      /** Whether the row is so long that float32 would lose digits. */
      readonly wide: boolean;
      /** Whether lanes are elements of one row. */
      readonly across: boolean;
    },
  ) {
    const { c } = k;
    const { unroll } = how;
    const { combine, dtype, position } = reduce;
    this.#how = combine === 'argmax' ? 'max' : combine === 'argmin' ? 'min' : combine;
    const start = (value: Value): Value => {
      const local = variable(c, value.dtype);
      assign(c, local, value);
      return local;
    };
    if (position) {
      const last = new Map(nest.inner.map(({ axis, extent }) => [axis, stage.reverse ? extent - 1 : 0]));
      const at = evaluateIndex(position, (axis) => last.get(axis) ?? 0);
      const first = worst(c, combine as 'argmax' | 'argmin', reduce.of!, at);
      this.#identity = first.best;
      this.#extremes = Array.from({ length: unroll }, () => ({
        best: start(first.best),
        at: start(first.at),
      }));
      this.#partial = [];
      return;
    }
    this.#identity = identity(c, this.#how, dtype);
    this.#extremes = [];
    this.#partial = Array.from({ length: unroll }, () => start(this.#identity));
    if ((combine === 'max' || combine === 'min') && lanesOf(dtype) === 'f32') {
      this.#isExtreme = true;
      if (!reduce.missesNaN) {
        this.#nan = c.local('v');
        c.get(c.vector('i32', 0)).set(this.#nan);
      }
    }
    const isSum = combine === 'sum' && (dtype === 'float32' || isHalf(dtype));
    if (isSum && how.wide) this.#total = start(identity(c, 'sum', 'float64'));
  }

  get wide(): boolean {
    return this.#total !== undefined;
  }

  /** Takes in the value of one vector. */
  step(section: Section, vector: number): void {
    const { k, reduce } = this;
    const given = section.value(reduce.value);
    const { c, library } = k;
    const valid = k.lanes?.valid ?? 4;
    const { combine, position } = reduce;
    if (position) {
      const value = onlyValid(c, given, valid, this.#identity);
      const extreme = this.#extremes[vector]!;
      const at = valueOf('int32', [indexLanes(k, position)]);
      const next = better(
        c,
        combine as 'argmax' | 'argmin',
        extreme,
        { best: value, at },
        undefined,
        library,
      );
      assign(c, extreme.best, next.best);
      assign(c, extreme.at, next.at);
      return;
    }
    const partial = this.#partial[vector]!;
    const value = onlyValid(c, given, valid, this.#identity);
    const product = valid === 4 && reduce.combine === 'sum' ? section.product(reduce.value) : undefined;
    if (product && reduce.dtype === product[0].dtype) {
      const shape = reduce.dtype === 'float64' ? 'f64x2' : 'f32x4';
      const parts = partial.parts.map((part, i) =>
        madd(c, product[0].parts[i]!, product[1].parts[i]!, part, shape),
      );
      assign(c, partial, { ...partial, parts });
      return;
    }
    if (this.#isExtreme) {
      const [x] = value.parts as [Local];
      const nan = this.#nan;
      assign(c, partial, { ...partial, parts: [c.v(`f32x4.p${this.#how}`, partial.parts[0]!, x)] });
      if (nan) {
        c.get(nan)
          .get(c.v('f32x4.ne', x, x))
          .op('v128.or')
          .set(nan);
      }
      return;
    }
    assign(c, partial, fold(c, this.#how, partial, { ...value, dtype: reduce.dtype }, library));
  }

  /** Moves float32 sums over to float64. */
  flush(): void {
    const total = this.#total;
    if (!total) return;
    const { c, library } = this.k;
    for (const partial of this.#partial) {
      assign(c, total, fold(c, 'sum', total, cast(c, valueOf('float32', partial.parts), 'float64'), library));
      assign(c, partial, this.#identity);
    }
  }

  finish(): Value {
    const { k, reduce, stage } = this;
    const { c, library } = k;
    if (reduce.position) {
      const how = reduce.combine as 'argmax' | 'argmin';
      const best = this.#extremes.reduce((a, b) => better(c, how, a, b, stage.reverse, library));
      const { at } = this.how.across ? bestAcross(c, how, best, stage.reverse, library) : best;
      return cast(c, at, reduce.dtype);
    }
    const lanes = (how: Fold, value: Value): Value =>
      this.how.across ? across(c, how, value, library) : value;
    if (this.#total) return valueOf(reduce.dtype, cast(c, lanes('sum', this.#total), 'float32').parts, false);
    // A lane that met a NaN is one: all bits are set.
    if (this.#nan) {
      const [first] = this.#partial as [Value];
      assign(c, first, { ...first, parts: [c.v('v128.or', first.parts[0]!, this.#nan)] });
    }
    const all = this.#partial.reduce((a, b) => fold(c, this.#how, a, b, library));
    // Half types come in unrounded.
    return valueOf(reduce.dtype, lanes(this.#how, all).parts, false);
  }
}
