/** Targets whose kernels touch few buffers: fusion stops in time, and wide concatenations become trees. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from '../../src/fusion/index.js';
import { g, type Graph } from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { simplify } from '../../src/passes/index.js';
import { plan, type Program } from '../../src/plan/index.js';
import { input, results, target as wide } from '../loops/cases.js';
import { interpret } from '../oracle/interpreter.js';
import { randomGraph } from '../oracle/random-graph.js';
import { runProgram } from '../oracle/run-program.js';

const target = { ...wide, buffersPerKernel: 7 };

function compile(graph: Graph, fusion = true) {
  const fused = fuse(simplify(graph).graph, target, { fusion });
  return plan(lower(fused, { segments: false }), fused, target);
}

const mostBuffers = ({ steps }: Program): number =>
  Math.max(
    0,
    ...steps.map((step) =>
      step.kind === 'launch' ? new Set(step.buffers.map((ref) => JSON.stringify(ref))).size : 2,
    ),
  );

describe('with seven buffers a kernel', () => {
  it('a sum of thirty tensors takes several kernels', () => {
    const parts = Array.from({ length: 30 }, (_, i) => input(`x${i}`, [4, 3000]));
    const sum = parts.slice(1).reduce((total, part) => g.add(total, g.unary('sin', part)), parts[0]!);
    expect(mostBuffers(compile(results(sum)).program)).toBeLessThanOrEqual(7);
  });

  it.each([4, 7, 8, 50])('%i parts are joined, and read in one place', (count) => {
    const parts = Array.from({ length: count }, (_, i) => input(`x${i}`, [2, i + 1]));
    const joined = g.concat(parts, 1);
    const graph = results(g.add(joined, g.unary('sin', joined)));
    const { program, inputs } = compile(graph);
    expect(mostBuffers(program)).toBeLessThanOrEqual(7);
    const data = new Map(
      parts.map((part, i) => [
        (part.attrs as { leaf: object }).leaf,
        Array.from({ length: 2 * (i + 1) }, (_, k) => i + k / 8),
      ]),
    );
    const expected = interpret(graph, (leaf) => data.get(leaf)!)[0]!.data;
    const got = runProgram(
      program,
      inputs.map((leaf) => data.get(leaf)!),
    )[0]!;
    expect(got.length).toBe(expected.length);
    got.forEach((value, i) => expect(Number(value)).toBeCloseTo(Number(expected[i]), 5));
  });

  it.each([true, false])('random graphs stay within them, fusion: %s', (fusion) => {
    fc.assert(
      fc.property(randomGraph({ steps: 25 }), ({ graph }) => {
        expect(mostBuffers(compile(graph, fusion).program)).toBeLessThanOrEqual(7);
      }),
      { numRuns: 100 },
    );
  });
});
