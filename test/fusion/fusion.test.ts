/** What fusion says about itself, and how it bears large graphs. */
import { describe, expect, it } from 'vitest';
import { fuse, type Fusion } from '../../src/fusion/index.js';
import { g, type Graph, type Node } from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { adam, attention, compile, crossEntropy, input, layerNorm, mlpStep, results, sgd, softmax, target } from '../loops/cases.js';

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
  return regions.flatMap(({ results: stored }) => stored.map(({ value }) => value).filter((value) => !flow.demanded.has(value)));
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
    for (const value of boundaries(fusion)) expect(explained.has(value) || value.op === 'dot', `${value.op} is stored`).toBe(true);
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

describe('100,000 nodes in a row', () => {
  /** Sines, which no pass and no reader takes for cheap. */
  function chain(length: number): Graph {
    let x = input('x', [4]);
    for (let i = 0; i < length; i++) x = i % 2 === 0 ? g.unary('sin', x) : g.withScalar('add', x, 1);
    return results(x);
  }

  it('fuse and lower in kernels as large as the target takes', () => {
    const fusion = fuse(chain(100_000), target);
    const { kernels } = lower(fusion);
    expect(kernels.length).toBeGreaterThanOrEqual(100_000 / target.maxBodyOps);
    expect(kernels.length).toBeLessThanOrEqual(100_000 / target.maxBodyOps + 1);
  });

  it('fuse and lower in one kernel where the target has no limit', () => {
    const fusion = fuse(chain(100_000), { ...target, maxBodyOps: Infinity });
    const { kernels } = lower(fusion);
    expect(kernels).toHaveLength(1);
  });

  it('fuse and lower when nothing fuses', () => {
    const { kernels } = lower(fuse(chain(100_000), target, { fusion: false }));
    expect(kernels).toHaveLength(100_000);
  });
});
