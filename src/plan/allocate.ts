/** Offsets in one arena for values that live over intervals of steps: those alive together do not overlap. */

export interface Interval {
  readonly value: number;
  readonly bytes: number;
  /** First and last step, inclusive. */
  readonly first: number;
  readonly last: number;
}

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

interface Placed extends Interval {
  readonly offset: number;
}

/** Each value at the lowest gap that holds it, in the order given. */
function place(order: readonly Interval[]): { offsets: Map<number, number>; bytes: number } {
  const placed: Placed[] = [];
  let bytes = 0;
  for (const interval of order) {
    let offset = 0;
    for (const other of placed) {
      if (other.last < interval.first || other.first > interval.last) continue;
      if (other.offset - offset >= interval.bytes) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    const at = placed.findIndex((other) => other.offset > offset);
    placed.splice(at < 0 ? placed.length : at, 0, { ...interval, offset });
    bytes = Math.max(bytes, offset + interval.bytes);
  }
  return { offsets: new Map(placed.map((p) => [p.value, p.offset])), bytes };
}

/** The smallest arena several orders of placement find. */
export function allocate(
  intervals: readonly Interval[],
  steps: number,
): { offsets: Map<number, number>; bytes: number } {
  const bound = Math.max(0, ...liveBytes(intervals, steps));
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
