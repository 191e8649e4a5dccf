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

/** Each value at the lowest gap that holds it, in the order given. */
function place(order: readonly Interval[]): { offsets: Map<number, number>; bytes: number } {
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
export function allocate(
  intervals: readonly Interval[],
  steps: number,
): { offsets: Map<number, number>; bytes: number } {
  const bound = peakOf(liveBytes(intervals, steps));
  const life = (i: Interval): number => i.last - i.first + 1;
  const orders: ((a: Interval, b: Interval) => number)[] = [
    (a, b) => b.bytes - a.bytes || a.first - b.first,
    (a, b) => b.bytes * life(b) - a.bytes * life(a) || a.first - b.first,
    (a, b) => life(b) - life(a) || b.bytes - a.bytes,
    (a, b) => a.first - b.first || b.bytes - a.bytes,
    (a, b) => b.last - a.last || b.bytes - a.bytes,
  ];
  let best: { offsets: Map<number, number>; bytes: number } | undefined;
  for (const order of orders) {
    const tried = place([...intervals].sort(order));
    if (!best || tried.bytes < best.bytes) best = tried;
    if (best.bytes <= bound) break;
  }
  return best!;
}
