/** What js and wasm make of random graphs: the same bits for integers, truths and whatever is only moved. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFloat } from '../../src/core/index.js';
import { print, type Node } from '../../src/graph/index.js';
import { family } from '../../src/ops/index.js';
import { Instance, compileGraph, type BackendName } from '../../src/runtime/index.js';
import { randomGraph } from '../oracle/random-graph.js';
import { storagesOf } from './storages.js';

const runs = Number(process.env['FUSEGRAD_RUNS'] ?? 100);

/** Families of operations that move elements and compute none. */
const moving = new Set(['leaf', 'view']);

/** Whether a value is made of exact operations alone: floats moved, integers computed. */
function isExact(node: Node, known = new Map<Node, boolean>()): boolean {
  const found = known.get(node);
  if (found !== undefined) return found;
  const own = !isFloat(node.dtype) || moving.has(family(node.op));
  const exact = own && node.inputs.every((input) => isExact(input, known));
  known.set(node, exact);
  return exact;
}

it.each([true, false])('exact values have the same bits (fusion: %s)', (fusion) => {
  let compared = 0;
  fc.assert(
    fc.property(randomGraph(), ({ graph, data, tolerances }) => {
      const [js, wasm] = (['js', 'wasm'] as const).map((backend: BackendName) => {
        const compilation = compileGraph(graph, { fusion, backend });
        const storages = storagesOf(graph, data);
        const results = new Instance(compilation).run(compilation.leaves, (leaf) => storages.get(leaf)!, []);
        return results.map(({ array }) => array.slice());
      });
      graph.outputs.forEach((node, i) => {
        const [one, other] = [js![i]!, wasm![i]!];
        // Equal bytes: -0 is not 0.
        if (isExact(node)) {
          compared++;
          expect(new Uint8Array(other.buffer), print(graph)).toEqual(new Uint8Array(one.buffer));
          return;
        }
        // Each is within the tolerance of what is right.
        one.forEach((value: number | bigint, j: number) => {
          const [a, b] = [Number(value), Number(other[j])];
          const equal = Object.is(a, b) || a === b || Math.abs(a - b) <= 2 * tolerances[i]!;
          if (!equal) throw new Error(`output ${i}, element ${j}: js ${a}, wasm ${b}\n${print(graph)}`);
        });
      });
    }),
    { numRuns: runs },
  );
  expect(compared).toBeGreaterThan(runs / 2);
});
