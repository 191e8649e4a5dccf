/** States that are updated alike lie side by side: one dispatch updates them all, and no one else notices. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Parameter,
  compile,
  F,
  manualSeed,
  nn,
  optim,
  randn,
  setBackend,
  tensor,
  type Tensor,
} from 'fusegrad';
import { initWebGPU, webgpuCounters } from 'fusegrad/webgpu';
import type { Program } from '../../../src/plan/program.js';
import type { ShaderProgram } from '../../../src/backends/webgpu/shader.js';
import { planSlabs } from '../../../src/backends/webgpu/slabs.js';
import { adapter } from './adapter.js';
import { slot, programOf } from './programs.js';

type Step = Program['steps'][number];

/** The update of states 2i by states 2i + 1, with these numbers of elements. */
function updateOf(counts: readonly number[]): Program {
  const states = counts.flatMap((count, i) => [slot(`p${i}`, [count]), slot(`m${i}`, [count])]);
  const buffers = states.map(({ name, shape, dtype }, i) => ({
    name,
    dtype,
    elements: shape[0]!,
    access: i % 2 === 0 ? ('readWrite' as const) : ('read' as const),
  }));
  const nest: Extract<Step, { kind: 'launch' }>['nest'] = {
    kind: 'segmented',
    name: 'update',
    comment: [],
    buffers,
    counts,
    streams: [0, 1].map((stream) => counts.map((_, i) => 2 * i + stream)),
    setup: [],
    body: [],
    stores: [],
  };
  const refs = states.map((_, index) => ({ space: 'state', index }) as const);
  return programOf({ states, steps: [{ kind: 'launch', nest, buffers: refs }] });
}

describe('the plan', () => {
  const limits = { alignment: 256, bindingBytes: 4096 };

  test('streams have the same offsets, which a binding can begin at', () => {
    const { slabs, runs } = planSlabs(updateOf([3, 257, 5]), limits);
    expect(runs.get(0)).toEqual([
      {
        elements: 1024,
        streams: [
          { space: 'slab', index: 0 },
          { space: 'slab', index: 1 },
        ],
      },
    ]);
    expect(slabs.map(({ members }) => members.map(({ ref }) => ref))).toEqual(
      [0, 1].map((stream) => [0, 1, 2].map((i) => ({ space: 'state', index: 2 * i + stream }))),
    );
    for (const { members } of slabs)
      expect(members.map(({ offset, extent }) => [offset, extent])).toEqual([
        [0, 256],
        [256, 512],
        [768, 256],
      ]);
  });

  test('a slab is no longer than a binding reaches', () => {
    const { slabs, runs } = planSlabs(updateOf([300, 400, 100, 5, 5000, 7]), limits);
    expect(runs.get(0)!.map(({ elements }) => elements)).toEqual([1024, 512, 5000, 7]);
    expect(slabs.map(({ members }) => members.length)).toEqual([2, 2, 2, 2]);
  });
});

describe.skipIf(!adapter)('on a device', () => {
  beforeAll(() => initWebGPU());
  afterAll(() => setBackend('wasm'));

  /** What a body gives on wasm and on webgpu. */
  async function onBoth<T>(body: () => Promise<T>): Promise<[T, T]> {
    const results: T[] = [];
    for (const backend of ['wasm', 'webgpu'] as const) {
      setBackend(backend);
      manualSeed(3);
      results.push(await body());
    }
    return results as [T, T];
  }

  const makeModel = () => new nn.Sequential(new nn.Linear(5, 33), new nn.Tanh(), new nn.Linear(33, 3));

  function training(model = makeModel()) {
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.02 });
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const loss = F.mseLoss(model(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    });
    return { model, optimizer, step };
  }

  const valuesOf = (tensors: Iterable<Tensor>): Promise<number[][]> =>
    Promise.all(Array.from(tensors, async (each) => Array.from(await each.data(), Number)));

  function expectClose(a: number[][], b: number[][]): void {
    expect(a.map((each) => each.length)).toEqual(b.map((each) => each.length));
    a.forEach((each, i) => each.forEach((value, j) => expect(value).toBeCloseTo(b[i]![j]!, 4)));
  }

  test('an optimizer is one dispatch, and does what it does on wasm', async () => {
    const [wasm, webgpu] = await onBoth(async () => {
      const { model, step } = training();
      const [x, y] = [randn(7, 5), randn(7, 3)];
      for (let i = 0; i < 5; i++) await step(x, y).item();
      return { values: await valuesOf(model.parameters()), traced: step.trace(x, y) };
    });
    expectClose(webgpu.values, wasm.values);
    const { plan, emitted } = webgpu.traced.compilation;
    const { commands, slabs } = emitted as ShaderProgram;
    const updates = plan.program.steps.flatMap((each, number) =>
      each.kind === 'launch' && each.nest.kind === 'segmented' && each.nest.counts.length === 4
        ? [number]
        : [],
    );
    expect(updates).toHaveLength(1);
    expect(commands.filter(({ step }) => step === updates[0])).toHaveLength(1);
    // Parameters, both averages and gradients.
    expect(slabs.filter(({ members }) => members.length === 4)).toHaveLength(4);
  });

  test('states are moved once, wherever they were, and read and written there', async () => {
    const [wasm, webgpu] = await onBoth(async () => {
      const { model, step } = training();
      const predict = compile((input: Tensor) => model(input));
      const [x, y] = [randn(7, 5), randn(7, 3)];
      // By now every parameter has a buffer of its own.
      const before = await valuesOf([predict(x)]);
      await step(x, y).item();
      const saved = model.stateDict();
      await step(x, y).item();
      const trained = await valuesOf([predict(x), ...model.parameters()]);
      model.loadStateDict(saved);
      const restored = await valuesOf([predict(x)]);
      // Another program for another batch finds them where they are: there is a run and a read of each.
      const part = [randn(3, 5), randn(3, 3)] as const;
      await step(...part).item();
      const { submits } = webgpuCounters();
      await step(x, y).item();
      await step(...part).item();
      const submitted = webgpuCounters().submits - submits;
      return { values: [...before, ...trained, ...restored, ...(await valuesOf([predict(x)]))], submitted };
    });
    expectClose(webgpu.values, wasm.values);
    expect(webgpu.submitted).toBe(4);
  });

  test('two optimizers that want them in another order take turns', async () => {
    const [wasm, webgpu] = await onBoth(async () => {
      const model = makeModel();
      const parameters = [...model.parameters()];
      const [first, second] = [
        new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 }),
        new optim.SGD([...parameters].reverse().slice(0, 3), { lr: 0.05 }),
      ];
      const steps = [first, second].map((optimizer) =>
        compile((x: Tensor, y: Tensor) => {
          optimizer.zeroGrad();
          const loss = F.mseLoss(model(x), y);
          loss.backward();
          optimizer.step();
          return loss;
        }),
      );
      const [x, y] = [randn(7, 5), randn(7, 3)];
      for (let i = 0; i < 3; i++) for (const step of steps) await step(x, y).item();
      return valuesOf(parameters);
    });
    expectClose(webgpu, wasm);
  });

  class Pair extends nn.Module {
    readonly a = new Parameter(tensor([1, 2, 3]));
    readonly b = new Parameter(tensor([4, 5, 6]));
    forward(): Tensor {
      return this.a.square().sum().add(this.b.sum());
    }
  }

  test('what lies side by side is exchanged, and moves to another backend', async () => {
    const [wasm, webgpu] = await onBoth(async () => {
      const pair = new Pair();
      const { a, b } = pair;
      const optimizer = new optim.SGD(pair.parameters(), { lr: 0.5 });
      const step = compile(() => {
        optimizer.zeroGrad();
        pair().backward();
        optimizer.step();
      });
      const exchange = compile(() => {
        const [was, next] = [a.mul(1), b.mul(1)];
        a.assign(next);
        b.assign(was);
      });
      const values: number[][] = [];
      // A kernel that reads one and writes the other: a device has one use of a buffer in a dispatch.
      const double = compile(() => {
        a.assign(b.mul(2));
      });
      step();
      exchange();
      values.push(...(await valuesOf([a, b])));
      double();
      values.push(...(await valuesOf([a, b])));
      step();
      values.push(...(await valuesOf([a, b])));
      setBackend('wasm');
      await pair.to('wasm');
      await optimizer.to('wasm');
      step();
      values.push(...(await valuesOf([a, b])));
      return values;
    });
    expect(webgpu).toEqual(wasm);
    expect(webgpu[0]).toEqual([3.5, 4.5, 5.5]);
  });

  test('narrow types have the same places as wide ones', async () => {
    const [wasm, webgpu] = await onBoth(async () => {
      const parameters = [7, 300, 1].map(
        (size) => new Parameter(randn(size).to('float16'), { name: `p${size}` }),
      );
      const optimizer = new optim.SGD(parameters, { lr: 0.25, momentum: 0.5 });
      const step = compile(() => {
        optimizer.zeroGrad();
        let loss = parameters[0]!.square().sum();
        for (const each of parameters.slice(1)) loss = loss.add(each.square().sum());
        loss.backward();
        optimizer.step();
      });
      for (let i = 0; i < 3; i++) step();
      return valuesOf(parameters.map((each) => each.to('float32')));
    });
    expect(webgpu.flat().every(Number.isFinite)).toBe(true);
    expectClose(webgpu, wasm);
  });
});
