/** What the backends make of random graphs: wasm's bits for integers, truths and whatever is only moved. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFloat, type TypedArray } from '../../src/core/index.js';
import { print, type Node } from '../../src/graph/index.js';
import { family } from '../../src/ops/index.js';
import { compileGraph, type BackendName } from '../../src/runtime/index.js';
import { randomGraph } from '../oracle/random-graph.js';
import { resultsOf } from './results.js';
import { settingsOf, timeout, ways } from './ways.js';

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

const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const others = ways.filter(({ backend }) => backend !== 'wasm');

it.each(others)(
  'exact values have the bits of wasm ($backend, fusion: $fusion)',
  { timeout },
  async (way) => {
    const settings = settingsOf(way, { host: 100, webgpu: 25 });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(randomGraph(way), async ({ graph, data, tolerances }) => {
        const on = (backend: BackendName): Promise<TypedArray[]> =>
          resultsOf(compileGraph(graph, { ...way, backend }), graph, data);
        const [wasm, other] = [await on('wasm'), await on(way.backend)];
        graph.outputs.forEach((node, i) => {
          const [expected, actual] = [wasm[i]!, other[i]!];
          // Equal bytes: -0 is not 0.
          if (isExact(node)) {
            compared++;
            expect(bytesOf(actual), print(graph)).toEqual(bytesOf(expected));
            return;
          }
          // Each is within the tolerance of what is right.
          expected.forEach((value: number | bigint, j: number) => {
            const [a, b] = [Number(value), Number(actual[j])];
            const equal = Object.is(a, b) || a === b || Math.abs(a - b) <= 2 * tolerances[i]!;
            if (!equal)
              throw new Error(`output ${i}, element ${j}: wasm ${a}, ${way.backend} ${b}\n${print(graph)}`);
          });
        });
      }),
      settings,
    );
    expect(compared).toBeGreaterThan(settings.numRuns / 2);
  },
);
