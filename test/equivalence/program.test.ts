/** Fused and unfused programs mean what their graph means, before any backend has a say. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuse } from '../../src/fusion/index.js';
import { print, structuralKey } from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { simplify } from '../../src/passes/index.js';
import { plan, type Target } from '../../src/plan/index.js';
import { interpret } from '../oracle/interpreter.js';
import { randomGraph } from '../oracle/random-graph.js';
import { runProgram } from '../oracle/run-program.js';

const runs = Number(process.env['FUSEGRAD_RUNS'] ?? 100);
const target = { alignment: 8, maxBodyOps: 400, buffersPerKernel: Infinity } as Target;

it.each([true, false])('programs of random graphs (fusion: %s)', (fusion) => {
  fc.assert(
    fc.property(randomGraph(), ({ graph, data, tolerances }) => {
      const expected = interpret(graph, (leaf) => data.get(leaf)!);
      const fused = fuse(simplify(graph).graph, target, { fusion });
      const planned = plan(lower(fused, { segments: fusion }), fused, target);
      const results = runProgram(
        planned.program,
        planned.inputs.map((leaf) => [...data.get(leaf)!]),
      );
      results.forEach((result, i) => {
        const reference = expected[i]!.data;
        expect(result.length).toBe(reference.length);
        result.forEach((value, j) => {
          const [a, b] = [Number(value), Number(reference[j])];
          const equal = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerances[i]!;
          if (!equal) throw new Error(`output ${i}, element ${j}: ${a} instead of ${b}\n${print(graph)}`);
        });
      });
      expect(structuralKey(graph).key.length).toBeGreaterThan(0);
    }),
    { numRuns: runs },
  );
});
