/** Offsets in one arena for values that live over intervals of steps: those alive together do not overlap. */

export interface Interval {
  readonly value: number;
  readonly bytes: number;
  /** First and last step, inclusive. */
  readonly first: number;
  readonly last: number;
}

/** The largest of several byte counts. */
export const peakOf = (bytes: readonly number[]): number =>
  bytes.reduce((most, each) => Math.max(most, each), 0);

/** Bytes alive at each step. */
export function liveBytes(intervals: readonly Interval[], steps: number): number[] {
  const change = new Array<number>(steps + 1).fill(0);
  for (const { bytes, first, last } of intervals) {
    change[first]! += bytes;
    change[last + 1]! -= bytes;
  }
  let live = 0;
  return change.slice(0, steps).map((delta) => (live += delta));
}

interface Placement {
  readonly offsets: Map<number, number>;
  /** Size of the arena. */
  readonly bytes: number;
}

/** Each value at the lowest gap that holds it, in the order given. */
function place(order: readonly Interval[]): Placement {
  const offsets = new Map<number, number>();
  // What is placed already, by offset: numbers side by side, since every value is compared with all of them.
  const starts: number[] = [];
  const ends: number[] = [];
  const firsts: number[] = [];
  const lasts: number[] = [];
  let bytes = 0;
  for (const { value, bytes: size, first, last } of order) {
    let offset = 0;
    let at = 0;
    for (; at < starts.length; at++) {
      if (lasts[at]! < first || firsts[at]! > last) continue;
      if (starts[at]! - offset >= size) break;
      offset = Math.max(offset, ends[at]!);
    }
    while (at > 0 && starts[at - 1]! > offset) at--;
    starts.splice(at, 0, offset);
    ends.splice(at, 0, offset + size);
    firsts.splice(at, 0, first);
    lasts.splice(at, 0, last);
    offsets.set(value, offset);
    bytes = Math.max(bytes, offset + size);
  }
  return { offsets, bytes };
}

/** The smallest arena several orders of placement find. */
export function allocate(intervals: readonly Interval[], steps: number): Placement {
  const bound = peakOf(liveBytes(intervals, steps));
  const life = (i: Interval): number => i.last - i.first + 1;
  const orders: ((a: Interval, b: Interval) => number)[] = [
    (a, b) => b.bytes - a.bytes || a.first - b.first,
    (a, b) => b.bytes * life(b) - a.bytes * life(a) || a.first - b.first,
    (a, b) => life(b) - life(a) || b.bytes - a.bytes,
    (a, b) => a.first - b.first || b.bytes - a.bytes,
    (a, b) => b.last - a.last || b.bytes - a.bytes,
  ];
  let best: Placement | undefined;
  let bestOrder: Interval[] = [];
  for (const order of orders) {
    const sorted = [...intervals].sort(order);
    const tried = place(sorted);
    if (!best || tried.bytes < best.bytes) [best, bestOrder] = [tried, sorted];
    if (best.bytes <= bound) break;
  }
  return best!.bytes > bound ? improve(bestOrder, best!, bound) : best!;
}

/** Work spent on a better order: placements tried, times the values each places. */
const effort = 20_000;

/**
 * Exchanges two values of the order at a time and keeps what is no worse. The choices are the same in every run: a
 * program has one plan.
 */
function improve(start: readonly Interval[], found: Placement, bound: number): Placement {
  const order = [...start];
  const count = order.length;
  let best = found;
  let state = 1;
  const pick = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  for (let tries = Math.floor(effort / count); tries > 0 && best.bytes > bound; tries--) {
    const [i, j] = [pick(), pick()];
    [order[i], order[j]] = [order[j]!, order[i]!];
    const tried = place(order);
    if (tried.bytes <= best.bytes) best = tried;
    else [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return best;
}
