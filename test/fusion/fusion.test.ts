/** What fusion says about itself, and how it bears large graphs. */
import { describe, expect, it } from 'vitest';
import { Site, withSite } from '../../src/core/index.js';
import { fuse, type Fusion } from '../../src/fusion/index.js';
import { g, type Graph, type Node } from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { interpret } from '../oracle/interpreter.js';
import { runProgram } from '../oracle/run-program.js';
import {
  adam,
  attention,
  compile,
  crossEntropy,
  input,
  layerNorm,
  mlpStep,
  results,
  sgd,
  softmax,
  target,
} from '../loops/cases.js';

const graphs: Readonly<Record<string, Graph>> = {
  'gradient of layer norm': layerNorm().gradient,
  'cross-entropy': crossEntropy(),
  attention: attention().forward,
  'gradients of attention': attention().backward,
  'SGD step': mlpStep(sgd),
  'Adam step': mlpStep(adam),
};

/** Values that one kernel stores for another, though the user did not ask for them. */
function boundaries({ flow, regions }: Fusion): Node[] {
  return regions.flatMap(({ results: stored }) =>
    stored.map(({ value }) => value).filter((value) => !flow.demanded.has(value)),
  );
}

describe('refusals', () => {
  it.each(Object.entries(graphs))('%s: every boundary has a reason', (_, graph) => {
    const { fusion } = compile(graph);
    for (const { producer, consumer, reason } of fusion.refusals) {
      expect(reason).toMatch(/\w+ \w+/);
      expect(fusion.flow.sources.get(consumer)!.length).toBeGreaterThan(0);
      expect(fusion.flow.position.get(producer)!).toBeLessThan(fusion.flow.position.get(consumer)!);
    }
    const explained = new Set(fusion.refusals.map(({ producer }) => producer));
    for (const value of boundaries(fusion)) expect(explained.has(value), `${value.op} is stored`).toBe(true);
  });

  it('a softmax in one kernel has none', () => {
    expect(compile(softmax()).fusion.refusals).toEqual([]);
  });
});

describe('without fusion', () => {
  it('every operation has a kernel of its own', () => {
    const fusion = fuse(softmax(), target, { fusion: false });
    const { kernels } = lower(fusion, { segments: false });
    expect(kernels.map(({ nest }) => nest.name)).toEqual(['amax', 'sub', 'exp', 'sum', 'div']);
  });
});

describe('long chains', () => {
  /** Sines, which no pass and no reader takes for cheap. */
  function chain(length: number): Graph {
    let x = input('x', [4]);
    // One site for all: finding 100,000 places in the source is another matter.
    return withSite(new Site('chain.ts:1:1'), () => {
      for (let i = 0; i < length; i++) x = i % 2 === 0 ? g.unary('sin', x) : g.withScalar('add', x, 1);
      return results(x);
    });
  }
  /** Each step doubles the index expression of what it reads through. */
  function tangle(length: number): Graph {
    let x = input('x', [5, 7]);
    for (let i = 0; i < length; i++) x = g.neg(g.reshape(g.permute(x, [1, 0]), [5, 7]));
    return results(x);
  }
  const kernels = (graph: Graph, fusion = true): number =>
    lower(fuse(graph, target, { fusion })).kernels.length;

  it('100,000 elementwise nodes become kernels as large as the target takes', () => {
    expect(kernels(chain(100_000))).toBe(100_000 / target.maxBodyOps);
  });

  it('nothing fused, each node is a kernel', () => {
    expect(kernels(chain(20_000), false)).toBe(20_000);
  });

  it('views upon views are put into memory before their index expressions explode', () => {
    for (const fusion of [true, false]) {
      const { lowered } = compile(tangle(40), fusion);
      for (const { nest } of lowered.kernels) expect(JSON.stringify(nest).length).toBeLessThan(50_000);
    }
    expect(kernels(tangle(10_000))).toBeLessThanOrEqual(10_000);
  });

  it('and mean what they did', () => {
    const graph = tangle(25);
    const data = Array.from({ length: 35 }, (_, i) => i + 0.5);
    const { program } = compile(graph).plan;
    expect(runProgram(program, [data])[0]).toEqual(interpret(graph, () => data)[0]!.data);
  });
});
