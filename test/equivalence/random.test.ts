/** Fused = unfused = the reference interpreter, on random graphs, on every backend. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { print } from '../../src/graph/index.js';
import { compileGraph } from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';
import { randomGraph } from '../oracle/random-graph.js';
import { resultsOf } from './results.js';
import { settingsOf, timeout, ways } from './ways.js';

function close(actual: number, expected: number, tolerance: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  return actual === expected || Math.abs(actual - expected) <= tolerance;
}

it.each(ways)('gives what the interpreter gives ($backend, fusion: $fusion)', { timeout }, async (way) => {
  await fc.assert(
    fc.asyncProperty(randomGraph(way), async ({ graph, data, tolerances }) => {
      const expected = interpret(graph, (leaf) => data.get(leaf)!);
      const compilation = compileGraph(graph, way);
      const results = await resultsOf(compilation, graph, data);
      results.forEach((result, i) => {
        const reference = expected[i]!.data;
        expect(result.length).toBe(reference.length);
        for (let j = 0; j < result.length; j++) {
          if (!close(Number(result[j]), Number(reference[j]), tolerances[i]!)) {
            const at = `output ${i}, element ${j}: ${result[j]} instead of ${reference[j]} (within ${tolerances[i]})`;
            throw new Error(`${at}\n${print(graph)}\n${compilation.source}`);
          }
        }
      });
    }),
    settingsOf(way, { host: 150, webgpu: 25 }),
  );
});
