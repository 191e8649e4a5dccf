/** Offsets in the arena: values that are alive together never share a byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/index.js';
import type { Program } from '../../src/plan/index.js';
import { allocate, liveBytes, type Interval } from '../../src/plan/allocate.js';
import { randomGraph } from '../oracle/random-graph.js';
import { adam, attention, compile, crossEntropy, layerNorm, mlpStep, sgd } from '../loops/cases.js';

const steps = 20;
const intervals = fc
  .array(fc.record({ bytes: fc.nat(64).map((n) => 8 * n), first: fc.nat(steps - 1), length: fc.nat(8) }), {
    maxLength: 40,
  })
  .map((list) =>
    list.map(({ bytes, first, length }, value): Interval => ({
      value,
      bytes,
      first,
      last: Math.min(steps - 1, first + length),
    })),
  );

interface Placed {
  readonly offset: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}
function expectDisjoint(placed: readonly Placed[]): void {
  placed.forEach((a, i) => {
    for (const b of placed.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last;
      const overlap = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
      if (together && overlap && a.bytes > 0 && b.bytes > 0)
        throw new Error(`${JSON.stringify(a)} and ${JSON.stringify(b)} overlap`);
    }
  });
}
const placedIn = ({ allocations }: Program): Placed[] =>
  allocations.map(({ offset, bytes, live: [first, last] }) => ({ offset, bytes, first, last }));

describe('allocation', () => {
  it('never overlaps values that are alive together', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const { offsets, bytes } = allocate(list, steps);
        const placed = list.map((each) => ({ ...each, offset: offsets.get(each.value)! }));
        expectDisjoint(placed);
        for (const { offset, bytes: size } of placed)
          expect(offset >= 0 && offset + size <= bytes).toBe(true);
        expect(bytes).toBeGreaterThanOrEqual(Math.max(0, ...liveBytes(list, steps)));
      }),
      { numRuns: 1000 },
    );
  });

  it('counts the bytes alive at each step', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const expected = Array.from({ length: steps }, (_, step) =>
          list
            .filter(({ first, last }) => first <= step && step <= last)
            .reduce((sum, { bytes }) => sum + bytes, 0),
        );
        expect(liveBytes(list, steps)).toEqual(expected);
      }),
    );
  });
});

describe('programs', () => {
  const graphs: Readonly<Record<string, Graph>> = {
    'gradient of layer norm': layerNorm().gradient,
    'cross-entropy': crossEntropy(),
    'gradients of attention': attention().backward,
    'SGD step': mlpStep(sgd),
    'Adam step': mlpStep(adam),
  };
  const tight = ({ arenaBytes, liveBytes: live }: Program): boolean =>
    arenaBytes <= 1.1 * Math.max(0, ...live);

  it.each(Object.entries(graphs))('%s: the arena is within a tenth of the most bytes alive', (_, graph) => {
    const { program } = compile(graph).plan;
    expect(tight(program)).toBe(true);
    expectDisjoint(placedIn(program));
  });

  it('random programs: disjoint, aligned, and touched only while alive', () => {
    fc.assert(
      fc.property(randomGraph(), ({ graph }) => {
        const { program } = compile(graph).plan;
        expectDisjoint(placedIn(program));
        expect(tight(program)).toBe(true);
        program.steps.forEach((step, at) => {
          for (const ref of step.kind === 'launch' ? step.buffers : [step.from, step.to]) {
            if (ref.space !== 'arena') continue;
            const { offset, live } = program.allocations[ref.allocation]!;
            expect(offset % 8).toBe(0);
            expect(live[0] <= at && at <= live[1]).toBe(true);
          }
        });
      }),
      { numRuns: Number(process.env['FUSEGRAD_RUNS'] ?? 100) },
    );
  });
});
