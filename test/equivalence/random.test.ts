/** Fused = unfused = the reference interpreter, on random graphs, on every backend. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { print } from '../../src/graph/index.js';
import { Instance, compileGraph } from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';
import { randomGraph } from '../oracle/random-graph.js';
import { storagesOf } from './storages.js';
import { ways } from './ways.js';

const runs = Number(process.env['FUSEGRAD_RUNS'] ?? 150);

function close(actual: number, expected: number, tolerance: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  return actual === expected || Math.abs(actual - expected) <= tolerance;
}

it.each(ways)('gives what the interpreter gives (%s, fusion: %s)', (backend, fusion) => {
  fc.assert(
    fc.property(randomGraph(), ({ graph, data, tolerances }) => {
      const expected = interpret(graph, (leaf) => data.get(leaf)!);
      const compilation = compileGraph(graph, { fusion, backend });
      const storages = storagesOf(graph, data);
      const results = new Instance(compilation).run(compilation.leaves, (leaf) => storages.get(leaf)!, []);
      results.forEach(({ array: result }, i) => {
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
    { numRuns: runs },
  );
});
