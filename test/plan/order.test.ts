/** Orders: what a kernel reads is written before, and no order the planner takes needs more than the user's. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { thriftyOrder, traceOrder, type Task } from '../../src/plan/order.js';
import type { Program } from '../../src/plan/index.js';
import { randomGraph } from '../oracle/random-graph.js';
import { compile } from '../loops/cases.js';

/** Task i writes value i and reads some earlier ones. */
const tasks = fc.array(fc.array(fc.nat(50), { maxLength: 3 }), { maxLength: 30 }).map((list) =>
  list.map((reads, i): Task => ({
    reads: i === 0 ? [] : [...new Set(reads.map((r) => r % i))],
    writes: [i],
    after: new Set(),
    priority: (i * 7) % 30,
  })),
);

it.each([
  ['the order of the trace', traceOrder],
  ['the thrifty order', (list: readonly Task[]): number[] => thriftyOrder(list, (value) => 8 * (value % 5))],
] as const)('%s has every task once, after what it reads', (_, orderOf) => {
  fc.assert(
    fc.property(tasks, (list) => {
      const order = orderOf(list);
      expect([...order].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      const done = new Set<number>();
      for (const task of order) {
        for (const read of list[task]!.reads) expect(done.has(read)).toBe(true);
        done.add(task);
      }
    }),
  );
});

/** Values in the arena are written before they are read. */
function expectWrittenFirst({ steps }: Program): void {
  const written = new Set<number>();
  for (const step of steps) {
    const accesses =
      step.kind === 'launch'
        ? step.buffers.map((ref, i) => ({ ref, access: step.nest.buffers[i]!.access }))
        : [{ ref: step.from, access: 'read' }];
    for (const { ref, access } of accesses)
      if (ref.space === 'arena' && access === 'read') expect(written.has(ref.allocation)).toBe(true);
    for (const { ref, access } of accesses)
      if (ref.space === 'arena' && access !== 'read') written.add(ref.allocation);
  }
}

it('random programs read nothing before it is written', () => {
  fc.assert(
    fc.property(randomGraph(), ({ graph }) => expectWrittenFirst(compile(graph).plan.program)),
    { numRuns: 100 },
  );
});
