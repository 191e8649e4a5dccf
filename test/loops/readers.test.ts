/**
 * LoopNests have more readers than the JavaScript backend. Here a printer of WGSL and a listing of WebAssembly with SIMD read the
 * same nests: Dawn finds nothing wrong with the one, the other computes what the reference interpreter computes.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { numel } from '../../src/core/index.js';
import { roots, topological, type Graph } from '../../src/graph/index.js';
import type { Leaf } from '../../src/ops/index.js';
import { interpret } from '../oracle/interpreter.js';
import {
  adam,
  adamUpdate,
  attention,
  compile,
  convWeightGradient,
  crossEntropy,
  layerNorm,
  mlpStep,
  softmax,
} from './cases.js';
import type { Launch } from './readers/axes.js';
import { printShader } from './wgsl/index.js';
import { nullDevice, problemsOf } from './wgsl/validate.js';
import { assemble, execute } from './wat/execute.js';
import { listKernel } from './wat/index.js';

const cases: Readonly<Record<string, Graph>> = {
  softmax: softmax(),
  'softmax of odd rows': softmax([3, 5, 7]),
  'layer norm': layerNorm().forward,
  'gradient of layer norm': layerNorm().gradient,
  'gradient of layer norm, odd rows': layerNorm(7, 13).gradient,
  'cross-entropy and its gradient': crossEntropy(),
  "Adam's update of four parameters": adamUpdate(),
  "gradient of a convolution's weight": convWeightGradient(),
  'causal attention': attention().forward,
  'gradients of causal attention': attention().backward,
  'gradients of causal attention, odd sizes': attention([1, 3, 11, 5]).backward,
  'a training step of an MLP': mlpStep(adam, 3),
};
const plans = Object.entries(cases).map(([name, graph]) => ({ name, graph, plan: compile(graph).plan }));
const launchesOf = ({ plan }: (typeof plans)[number]): Launch[] =>
  plan.program.steps.filter((step): step is Launch => step.kind === 'launch');

describe('WGSL', () => {
  beforeAll(nullDevice);

  it.each(plans)('$name', async (each) => {
    const launches = launchesOf(each);
    expect(launches.length).toBeGreaterThan(0);
    for (const launch of launches) {
      const shader = printShader(launch);
      expect(await problemsOf(shader), shader.code).toEqual([]);
      // What every implementation of WebGPU offers.
      expect(shader.storageBuffers).toBeLessThanOrEqual(8);
    }
  });

  it('a broken shader is found out', async () => {
    const [launch] = launchesOf(plans[0]!);
    const shader = printShader(launch!);
    const broken = {
      ...shader,
      code: shader.code.replace('workgroupBarrier();', 'if (lane < 3) { workgroupBarrier(); }'),
    };
    expect(await problemsOf(broken)).not.toEqual([]);
  });

  it('reads well', async () => {
    await expect(printShader(launchesOf(plans[0]!)[0]!).code).toMatchFileSnapshot('listings/softmax.wgsl');
  });
});

/** Moderate numbers, the same in every run, different in every leaf. */
function dataOf(graph: Graph): (leaf: Leaf) => number[] {
  const leaves = new Map<Leaf, number[]>();
  const names: string[] = [];
  for (const node of topological(roots(graph))) {
    if (node.op !== 'input' && node.op !== 'state') continue;
    const { leaf } = node.attrs;
    const seed = names.push(leaf.name ?? '');
    const size = numel(node.shape);
    const noise = (i: number): number => Math.fround(Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 1.5);
    const element =
      { labels: (i: number) => (i * 7) % 10, step: () => 3, lr: () => 0.01 }[leaf.name ?? ''] ?? noise;
    leaves.set(
      leaf,
      Array.from({ length: size }, (_, i) => (leaf.name?.endsWith('_v') ? Math.abs(element(i)) : element(i))),
    );
  }
  return (leaf) => leaves.get(leaf)!;
}

describe('WebAssembly text', () => {
  it.each(plans)('$name', async ({ graph, plan }) => {
    const data = dataOf(graph);
    const expected = interpret(graph, data);
    const { outputs, states } = await execute(plan, data);
    const actual = [...outputs, ...graph.assigns.map(({ leaf }) => states.get(leaf)!)];
    expect(actual.length).toBe(expected.length);
    actual.forEach((values, i) => {
      expect(values.length).toBe(expected[i]!.data.length);
      values.forEach((value, j) => {
        const want = Number(expected[i]!.data[j]);
        if (!(Math.abs(value - want) <= 1e-4 * Math.max(1, Math.abs(want))))
          throw new Error(`result ${i}, element ${j}: ${value} instead of ${want}`);
      });
    });
  });

  it('a broken listing is found out', async () => {
    const listing = listKernel(launchesOf(plans[0]!)[0]!);
    await expect(
      assemble({ name: 'broken', text: listing.text.replace('f32x4.sub', 'f32.sub') }),
    ).rejects.toThrow();
  });

  it('reads well', async () => {
    await expect(listKernel(launchesOf(plans[0]!)[0]!).text).toMatchFileSnapshot('listings/softmax.wat');
  });
});
