/** Loops over axes: one element after another, or four at a time with the rest peeled off. */
import { BackendError } from '../../../core/index.js';
import type { Axis, IndexExpr } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Valid } from './access.js';
import type { KernelCode } from './kernel-code.js';

export const sizeOf = (axes: readonly Axis[]): number => axes.reduce((n, { extent }) => n * extent, 1);

/** Nested loops over axes, one element at a time. */
export function overAxes(k: KernelCode, axes: readonly Axis[], body: () => void, reverse = false): void {
  const [first, ...rest] = axes;
  if (!first) {
    body();
    return;
  }
  overAxis(k, first, 0, first.extent, () => overAxes(k, rest, body, reverse), reverse);
}

/** Counters are int32. */
function checkExtent({ extent }: Axis): void {
  if (extent < 2 ** 31) return;
  throw new BackendError(`the wasm backend cannot loop over ${extent} elements`, 'the most are 2147483647');
}

/** A loop over part of an axis. */
export function overAxis(
  k: KernelCode,
  { axis, extent }: Axis,
  from: number | Local,
  to: number | Local,
  body: () => void,
  reverse = false,
): void {
  checkExtent({ axis, extent });
  if (from === 0 && to === 1) {
    k.bindFixed(axis, 0);
    body();
    return;
  }
  const each = (counter: Local): void => {
    const first = typeof from === 'number' ? from : 0;
    const last = typeof to === 'number' ? to : extent;
    k.bindCounter(axis, counter, [first, last - 1]);
    body();
  };
  if (reverse) k.count((to as number) - 1, from, -1, each);
  else k.count(from, to, 1, each);
}

export interface LaneLoop {
  /** Vectors of one iteration: `body` is written that many times. */
  readonly unroll?: number;
  /** Part of the axis: `from` is a multiple of four, `to` too unless it is the axis' end. */
  readonly from?: number | Local;
  readonly to?: number | Local;
  /** Whether the part's length is a multiple of an iteration's. */
  readonly multiple?: boolean;
  /** From the last element to the first. */
  readonly reverse?: boolean;
  /** Lengths of the last vector, when the loop ends where the code is told: by default that of the axis. */
  readonly tails?: ReadonlySet<number>;
  /** Positions at which the loop is cut, because masks are known between them. */
  readonly cuts?: readonly number[];
}

/** One iteration: so many vectors, each of which can be made the present one. */
type Iteration = (vectors: number, select: (vector: number) => void) => void;

/** A loop along an axis, four elements at a time. `body` gets the number of the vector in its iteration. */
export const alongLanes = (
  k: KernelCode,
  axis: Axis,
  body: (vector: number) => void,
  how: LaneLoop = {},
): void =>
  alongLaneGroups(
    k,
    axis,
    (vectors, select) => {
      for (let vector = 0; vector < vectors; vector++) {
        select(vector);
        body(vector);
      }
    },
    how,
  );

/** The same, where one iteration's vectors may be worked on together. */
export function alongLaneGroups(k: KernelCode, axis: Axis, body: Iteration, how: LaneLoop = {}): void {
  checkExtent(axis);
  const { unroll = 1, from = 0, to = axis.extent, reverse = false, cuts = [], multiple = false } = how;
  const { tails = new Set([axis.extent % 4]) } = how;
  const { c } = k;
  const before = k.lanes;
  const lanes = (valid: Valid, aligned: boolean): void => {
    k.lanes = { axis: axis.axis, valid, aligned };
  };
  /** `valid` elements from `start` on, in a level of its own: what is computed there holds there only. */
  const rest = (start: number | Local, valid: Valid): void =>
    k.scoped(() => {
      const range =
        typeof start === 'number' ? ([start, start] as const) : ([0, axis.extent - valid] as const);
      const place = typeof start === 'number' ? { offset: start } : { local: start, offset: 0 };
      k.bind(axis.axis, { ...place, level: c.level, range });
      lanes(valid, typeof start !== 'number' || start % 4 === 0);
      body(1, () => undefined);
    });
  /** Whole vectors from `start` to `end`, so many an iteration. */
  const whole = (start: number | Local, end: number | Local, vectors: number): void => {
    const step = 4 * vectors;
    const first = typeof start === 'number' ? start : 0;
    const last = (typeof end === 'number' ? end : axis.extent) - step;
    const aligned = typeof start !== 'number' || start % 4 === 0;
    const each = (counter: Local): void => {
      const { level } = c;
      const select = (vector: number): void => {
        const offset = 4 * vector;
        k.bind(axis.axis, { local: counter, offset, level, range: [first + offset, last + offset] });
      };
      lanes(4, aligned);
      select(0);
      body(vectors, select);
    };
    if (reverse) k.count((end as number) - step, start, -step, each);
    else k.count(start, end, step, each);
  };

  if (typeof from !== 'number' || typeof to !== 'number') {
    if (multiple) whole(from, to, unroll);
    else {
      const end = c.value(to).i32(-4).op('i32.and').keep();
      let next = from;
      if (unroll > 1) {
        // As many whole iterations as there are, then single vectors.
        const unrolled = c
          .value(to)
          .value(from)
          .op('i32.sub')
          .i32(-4 * unroll)
          .op('i32.and')
          .value(from)
          .op('i32.add');
        next = unrolled.keep();
        whole(from, next, unroll);
      }
      whole(next, end, 1);
      for (const valid of tails) {
        if (valid === 0) continue;
        k.when(
          () => c.value(to).i32(3).op('i32.and').i32(valid).op('i32.eq'),
          () => rest(end, valid as Valid),
        );
      }
    }
    k.lanes = before;
    return;
  }

  const bounds = [from, ...cuts.filter((cut) => cut > from && cut < to), to];
  const parts = bounds.slice(1).map((end, i) => [bounds[i]!, end] as const);
  for (const [start, end] of reverse ? parts.toReversed() : parts) {
    const count = end - start;
    const valid = count % 4;
    const full = count - valid;
    const unrolled = full - (full % (4 * unroll));
    const tail = (): void => {
      if (valid > 0) rest(end - valid, valid as Valid);
    };
    if (reverse) tail();
    if (unrolled > 0) whole(start, start + unrolled, unroll);
    if (full > unrolled) whole(start + unrolled, start + full, 1);
    if (!reverse) tail();
  }
  k.lanes = before;
}

/** How far neighbours along an axis lie apart; undefined: not by one amount. */
export function strideAlong(expr: IndexExpr, axis: number): number | undefined {
  let total = 0;
  for (const { coeff, atom } of expr.terms) {
    if (atom.kind === 'axis') {
      if (atom.axis === axis) total += coeff;
      continue;
    }
    const inner = strideAlong(atom.of, axis);
    if (inner === 0) continue;
    if (inner !== 1 || atom.by % 4 !== 0) return undefined;
    if (atom.kind === 'mod') total += coeff;
  }
  return total;
}

/** What an access costs, in loads of a vector, when four neighbours along the axis are taken together. */
function accessCost(expr: IndexExpr, axis: number): number {
  const step = strideAlong(expr, axis);
  if (step === undefined) return 12;
  if (step === 0) return 0.3;
  const size = Math.abs(step);
  return size === 1 ? (step === 1 ? 1 : 1.5) : size === 2 ? 2.5 : 5;
}

/** What it costs to walk along an axis in vectors: accesses, arithmetic, and lanes that stay empty. */
export function laneCost(axis: Axis, accesses: readonly IndexExpr[], operations: number): number {
  const cost = accesses.reduce((sum, expr) => sum + accessCost(expr, axis.axis), 0) + operations / 2;
  return (cost * 4 * Math.ceil(axis.extent / 4)) / axis.extent + 2 / axis.extent;
}
