/** What a reshape keeps together. */
import type { Shape } from '../../core/index.js';

export interface DimensionGroup {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/**
 * The finest runs of dimensions of two shapes of equal size whose elements correspond: [6, 4, 5] and [2, 3, 20] fall
 * into {0 | 0, 1} and {1, 2 | 2}. Dimensions of size 1 belong to no run. For shapes that hold elements.
 */
export function dimensionGroups(left: Shape, right: Shape): DimensionGroup[] {
  const groups: DimensionGroup[] = [];
  const next = (shape: Shape, from: number): number => {
    let dim = from;
    while (shape[dim] === 1) dim++;
    return dim;
  };
  let l = next(left, 0);
  let r = next(right, 0);
  while (l < left.length) {
    const group = { left: [l], right: [r] };
    let [a, b] = [left[l]!, right[r]!];
    while (a !== b) {
      if (a < b) {
        l = next(left, l + 1);
        group.left.push(l);
        a *= left[l]!;
      } else {
        r = next(right, r + 1);
        group.right.push(r);
        b *= right[r]!;
      }
    }
    groups.push(group);
    l = next(left, l + 1);
    r = next(right, r + 1);
  }
  return groups;
}
