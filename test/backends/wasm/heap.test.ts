/** The allocator against a model: a list of what is taken. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from '../../../src/backends/wasm/heap.js';

const [start, end] = [1024, 64 * 1024];
const size = (bytes: number): number => Math.max(64, Math.ceil(bytes / 64) * 64);

/** Lengths of the gaps between what is taken. */
function gaps(taken: ReadonlyMap<number, number>, to: number): number[] {
  const found: number[] = [];
  let from = start;
  for (const [address, bytes] of [...taken].toSorted(([a], [b]) => a - b)) {
    found.push(address - from);
    from = address + bytes;
  }
  return [...found, to - from];
}

test('10,000 operations give what a list of stretches allows, and nothing twice', () => {
  const operation = fc.record({ free: fc.nat(99), pick: fc.nat(2 ** 16), bytes: fc.nat(6000) });
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1000, maxLength: 1000, size: 'max' }), (operations) => {
      const heap = new Heap(1000);
      let to = end;
      heap.extend(to);
      const taken = new Map<number, number>();
      for (const { free, pick, bytes } of operations) {
        if (free < 45 && taken.size > 0) {
          const address = [...taken.keys()][pick % taken.size]!;
          heap.free(address);
          taken.delete(address);
          continue;
        }
        if (free === 99) heap.extend((to += 640));
        const fits = Math.max(...gaps(taken, to)) >= size(bytes);
        const address = heap.allocate(bytes);
        expect(address !== undefined).toBe(fits);
        const missing = Math.max(0, size(bytes) - gaps(taken, to).at(-1)!);
        if (address === undefined) {
          expect(heap.missing(bytes)).toBe(missing);
          continue;
        }
        expect(address % 64).toBe(0);
        taken.set(address, size(bytes));
        expect(Math.min(...gaps(taken, to))).toBeGreaterThanOrEqual(0);
      }
      for (const address of taken.keys()) heap.free(address);
      expect(heap.allocate(to - start)).toBe(start);
    }),
    { numRuns: 10 },
  );
});

test('what is not taken cannot be freed', () => {
  const heap = new Heap(0);
  heap.extend(1024);
  const address = heap.allocate(1)!;
  heap.free(address);
  expect(() => heap.free(address)).toThrow(/nothing is allocated/);
});
