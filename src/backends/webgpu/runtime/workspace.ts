/**
 * Whole buffers for the values between kernels. What two kernels of one dispatch read and write may not lie in one buffer,
 * so nothing is placed inside another: values that are never alive together take turns in one.
 */
import type { Allocation } from '../../../plan/program.js';
import { deviceBytes } from './words.js';

export interface Workspace {
  /** Bytes of each buffer. */
  readonly bytes: readonly number[];
  /** The allocation that each buffer is as large as. */
  readonly largest: readonly number[];
  /** The buffer that each allocation lies in. */
  readonly bufferOf: readonly number[];
}

/** The largest first, each in the first buffer that is free all its life. */
export function planWorkspace(allocations: readonly Allocation[]): Workspace {
  const sizes = allocations.map(({ dtype, elements }) => deviceBytes(dtype, elements));
  const order = allocations.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]!);
  const bytes: number[] = [];
  const largest: number[] = [];
  const held: (readonly [number, number])[][] = [];
  const bufferOf = new Array<number>(allocations.length).fill(0);
  for (const i of order) {
    const { live } = allocations[i]!;
    const isFree = (taken: (readonly [number, number])[]): boolean =>
      taken.every(([first, last]) => last < live[0] || first > live[1]);
    let at = held.findIndex(isFree);
    if (at < 0) {
      at = held.push([]) - 1;
      bytes.push(sizes[i]!);
      largest.push(i);
    }
    held[at]!.push(live);
    bufferOf[i] = at;
  }
  return { bytes, largest, bufferOf };
}
