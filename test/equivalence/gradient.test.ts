/** Gradients of random graphs: fused, unfused and the interpreter agree on value and gradients, also of a second order. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import * as F from '../../src/functional/index.js';
import { g, print, topological, type Graph, type Node } from '../../src/graph/index.js';
import type { Leaf, Value } from '../../src/ops/index.js';
import { compileGraph } from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';
import { randomGraph } from '../oracle/random-graph.js';
import { resultsOf } from './results.js';
import { settingsOf, timeout, ways } from './ways.js';

/** The graph's floating results made one bounded loss, with its gradients, and those of a function of the gradients. */
function withGradients(outputs: readonly Node[]): Graph | undefined {
  const floating = outputs.filter((x) => g.differentiable(x) && x.op !== 'input');
  const leaves = topological(floating).filter((x) => x.op === 'input' && g.differentiable(x));
  if (floating.length === 0 || leaves.length === 0) return undefined;
  const loss = floating.map((x) => F.sum(g.unary('tanh', x))).reduce((a, b) => g.add(a, b));
  const first = grad(loss, leaves, { unused: 'zeros' });
  const norm = first.map((x) => F.sum(g.unary('tanh', x))).reduce((a, b) => g.add(a, b));
  return { outputs: [...outputs, loss, ...first, ...grad(norm, leaves, { unused: 'zeros' })], assigns: [] };
}

/** How far results sway when what is handed in is off by a rounding: what float32 can be asked for. */
function swayed(graph: Graph, data: ReadonlyMap<Leaf, readonly Value[]>): number[][] {
  const noisy = (noise: number): number[][] =>
    interpret(graph, (leaf) =>
      data
        .get(leaf)!
        .map((x, i) =>
          typeof x === 'bigint' || Number.isInteger(x) ? x : x * (1 + noise * Math.sin(7 * i + noise * 1e7)),
        ),
    ).map((result) => Array.from<Value, number>(result.data, Number));
  const right = interpret(graph, (leaf) => data.get(leaf)!);
  const others = [1e-6, -2e-6, 3e-6].map(noisy);
  return right.map((result, o) =>
    Array.from<Value, number>(result.data, (x, i) =>
      Math.max(...others.map((other) => Math.abs(other[o]![i]! - Number(x)))),
    ),
  );
}

it.each(ways)('gradients of random graphs ($backend, fusion: $fusion)', { timeout }, async (way) => {
  const settings = settingsOf(way, { host: 60, webgpu: 15 });
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(randomGraph({ steps: 10, dtypes: way.dtypes }), async ({ graph: plain, data }) => {
      const graph = withGradients(plain.outputs);
      if (!graph) return;
      compared++;
      const expected = interpret(graph, (leaf) => data.get(leaf)!);
      const sway = swayed(graph, data);
      const compilation = compileGraph(graph, way);
      const results = await resultsOf(compilation, graph, data);
      results.forEach((result, o) => {
        const right = Array.from<Value, number>(expected[o]!.data, Number);
        const scale = Math.max(1, ...right.map(Math.abs));
        expect(result.length).toBe(right.length);
        right.forEach((value, i) => {
          const got = Number(result[i]);
          const tolerance = 1e-3 * scale + 50 * sway[o]![i]!;
          if (Object.is(got, value) || got === value || Math.abs(got - value) <= tolerance) return;
          if (!Number.isFinite(tolerance)) return;
          throw new Error(
            `output ${o} of ${results.length}, element ${i}: ${got} instead of ${value} (within ${tolerance})\n${print(graph)}\n${compilation.source}`,
          );
        });
      });
    }),
    settings,
  );
  expect(compared).toBeGreaterThan(settings.numRuns / 2);
});
