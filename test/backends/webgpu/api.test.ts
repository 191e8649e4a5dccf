/** WebGPU as a user meets it: a device, tensors on it, the way back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Buffer,
  DTypeError,
  Parameter,
  compile,
  compileAsync,
  getBackend,
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  setBackend,
  tensor,
  zeros,
  type Tensor,
} from 'fusegrad';
import { DataLoader, TensorDataset } from 'fusegrad/data';
import { initWebGPU, webgpuCounters } from 'fusegrad/webgpu';
import { adapter, requestDevice } from './adapter.js';
import { smallTraining } from './training.js';

test('before there is a device', () => {
  const inThree = /webgpu backend has no device yet[^]*await initWebGPU\(\) from 'fusegrad\/webgpu'/;
  expect(() => setBackend('webgpu')).toThrow(inThree);
  expect(() => compile((x: Tensor) => x.add(1), { backend: 'webgpu' })(tensor([1]))).toThrow(inThree);
  expect(() => webgpuCounters()).toThrow(/await initWebGPU/);
  setBackend('auto');
  // Until there is a device.
  expect(getBackend()).toBe('wasm');
});

describe.skipIf(!adapter)('with a device', () => {
  beforeAll(async () => {
    await initWebGPU();
  });
  afterAll(() => setBackend('wasm'));

  test("'auto' is webgpu, and kernels run there", async () => {
    expect(getBackend()).toBe('webgpu');
    const before = webgpuCounters().dispatches;
    const f = compile((x: Tensor) => x.mul(2).add(1));
    expect(await f(tensor([1, 2, 3])).tolist()).toEqual([3, 5, 7]);
    expect(await tensor([1, 2, 3]).mul(3).tolist()).toEqual([3, 6, 9]);
    expect(webgpuCounters().dispatches).toBeGreaterThanOrEqual(before + 2);
    await initWebGPU();
    expect(await f(tensor([1])).item()).toBe(3);
  });

  test('reads wait; the forms that do not wait name the one that does', async () => {
    const y = tensor([1, 2]).mul(2);
    expect(() => y.dataSync()).toThrow(/await x\.data\(\)/);
    expect(() => y.tolistSync()).toThrow(/await x\.tolist\(\)/);
    expect(() => tensor([1]).add(1).itemSync()).toThrow(/await x\.item\(\)/);
    await expect(y.item()).rejects.toThrow(/shape \[2\] has no single value/);
    expect(String(y)).toBe('Tensor(float32[2], on a device: await t.print())');
    expect(await y.data()).toEqual(Float32Array.of(2, 4));
    expect(await y.gt(3).tolist()).toEqual([false, true]);
    // What was made on the host is still there.
    expect(tensor([1, 2]).tolistSync()).toEqual([1, 2]);
  });

  test('what no binding reaches as a whole', async () => {
    // 144 MB, where a binding of lavapipe, and any that browsers promise, reaches 128 MiB.
    const size = 36_000_001;
    const f = compile((x: Tensor) => {
      const y = x.mul(0.5).add(1);
      return [y, y.max(), y.narrow(0, size - 5, 5), y.reshape(size).narrow(0, 2 ** 25 - 2, 4)] as const;
    });
    const [y, most, tail, seam] = f(tensor(Float32Array.from({ length: size }, (_, i) => i % 1000)));
    expect(await most.item()).toBe(500.5);
    const expected = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => ((first + i) % 1000) / 2 + 1);
    expect(await tail.tolist()).toEqual(expected(size - 5, 5));
    expect(await seam.tolist()).toEqual(expected(2 ** 25 - 2, 4));
    expect(await y.narrow(0, 2 ** 25 - 1, 3).tolist()).toEqual(expected(2 ** 25 - 1, 3));
  });

  test('many results kept and read later', async () => {
    const count = new Buffer(tensor([0]));
    const step = compile(() => {
      count.assign(count.add(1));
      return count.mul(10);
    });
    const results = Array.from({ length: 100 }, () => step());
    expect(await Promise.all(results.map((each) => each.item()))).toEqual(
      results.map((_, i) => 10 * (i + 1)),
    );
    expect(await count.item()).toBe(100);
  });

  test('writes from the host and from the device', async () => {
    const x = new Buffer(zeros(3));
    const step = compile(() => x.assign(x.add(1)) && x.mul(1));
    step();
    x.set([5, 6, 7]);
    expect(await x.tolist()).toEqual([5, 6, 7]);
    step();
    expect(await x.tolist()).toEqual([6, 7, 8]);
    x.add_(tensor([1, 1, 1]));
    const copy = new Buffer(x);
    x.zero_();
    expect(await copy.tolist()).toEqual([7, 8, 9]);
    expect(await x.tolist()).toEqual([0, 0, 0]);
  });

  test('a state that is an argument of the call that writes it', async () => {
    const x = new Buffer(tensor([1, 2]));
    const step = compile((by: Tensor) => {
      x.assign(x.mul(2));
      return x.add(by);
    });
    step(tensor([0, 0]));
    expect(await step(x).tolist()).toEqual([6, 12]);
  });

  test('an argument that lies side by side with what the call writes', async () => {
    const after = async (backend: 'wasm' | 'webgpu'): Promise<unknown[]> => {
      setBackend(backend);
      manualSeed(1);
      const { model, step } = smallTraining();
      await step().item();
      const [first, second] = [...model.parameters()].filter(({ shape }) => shape.length === 1);
      const mix = compile((by: Tensor) =>
        noGrad(() => {
          first!.mul_(0.5).add_(by.sum());
          return by.mul(2);
        }),
      );
      const doubled = await mix(second!).tolist();
      return [doubled, await first!.tolist(), await second!.tolist()].flat(2);
    };
    const [there, here] = [await after('webgpu'), await after('wasm')];
    setBackend('auto');
    there.forEach((value, i) => expect(value).toBeCloseTo(here[i] as number, 4));
  });

  test('gradients computed outside of compile()', async () => {
    const w = new Parameter(tensor([1, 2]));
    w.mul(w).sum().backward();
    expect(await w.grad!.tolist()).toEqual([2, 4]);
    const more = compile((x: Tensor) => {
      w.mul(x).sum().backward();
    });
    more(tensor([10, 20]));
    expect(await w.grad!.tolist()).toEqual([12, 24]);
  });

  test('random numbers go on where a program on the device left off', async () => {
    const noise = compile(() => rand(4).mul(1));
    const drawn = async (backend: 'wasm' | 'webgpu'): Promise<unknown[]> => {
      setBackend(backend);
      manualSeed(3);
      const made = [noise(), rand(4), noise(), rand(4).mul(1), noise()];
      return Promise.all(made.map((each) => each.tolist()));
    };
    const there = await drawn('webgpu');
    expect(there).toEqual(await drawn('wasm'));
    setBackend('auto');
  });

  test('a model moves', async () => {
    class Scale extends nn.Module {
      weight = new Parameter(tensor([1, 2]));
      steps = new Buffer(tensor([0]));
      forward(x: Tensor): Tensor {
        return x.mul(this.weight);
      }
    }
    const model = new Scale();
    const step = (backend: 'wasm' | 'webgpu') =>
      compile(
        () => {
          noGrad(() => {
            model.weight.assign(model.weight.add(1));
            model.steps.assign(model.steps.add(1));
          });
        },
        { backend },
      );
    const [there, here] = [step('webgpu'), step('wasm')];
    there();
    expect(() => here()).toThrow(/await model\.to\('wasm'\)/);
    expect(await model.to('wasm')).toBe(model);
    here();
    expect(model.weight.tolistSync()).toEqual([3, 4]);
    await model.to('webgpu');
    expect(() => model.weight.tolistSync()).toThrow(/await x\.tolist/);
    there();
    expect(await model.weight.tolist()).toEqual([4, 5]);
    await model.to('js');
    expect(model.steps.tolistSync()).toEqual([3]);
  });

  test('training goes on on another backend', async () => {
    const trained = async (backends: readonly ('wasm' | 'webgpu')[]): Promise<number[]> => {
      manualSeed(5);
      const { model, optimizer, step } = smallTraining();
      const losses: number[] = [];
      for (const backend of backends) {
        setBackend(backend);
        await model.to(backend);
        await optimizer.to(backend);
        for (let i = 0; i < 3; i++) losses.push(await step().item());
      }
      setBackend('auto');
      return losses;
    };
    const there = await trained(['webgpu', 'wasm', 'webgpu']);
    const here = await trained(['wasm', 'wasm', 'wasm']);
    there.forEach((loss, i) => expect(loss).toBeCloseTo(here[i]!, 5));
  });

  test('an optimizer takes over state that lies on the device', async () => {
    const run = async (resume: boolean): Promise<unknown> => {
      const [p, q] = [new Parameter(tensor([1, 2])), new Parameter(tensor([3]))];
      let optimizer = new optim.AdamW([p, q], { lr: 0.1 });
      for (let i = 0; i < 6; i++) {
        if (resume && i === 3) {
          const saved = optimizer.stateDict();
          expect(() => saved.state['0']!['step']!.itemSync()).toThrow(/await x\.item/);
          optimizer = new optim.AdamW([p, q]);
          optimizer.loadStateDict(saved);
          const { state } = optimizer.stateDict();
          expect(await state['0']!['step']!.item()).toBe(3);
          // Counters that were shared still are.
          expect(state['0']!['step']).toBe(state['1']!['step']);
        }
        p.grad = tensor([i - 2, 1 / (i + 1)]);
        q.grad = tensor([i]);
        optimizer.step();
      }
      return [await p.tolist(), await q.tolist()];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test('a dataset takes rows where its tensors lie', async () => {
    const there = compile((x: Tensor) => x.mul(10))(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    const dataset = new TensorDataset(there, tensor([7, 8, 9]));
    const reads = webgpuCounters().reads;
    const batches = [...new DataLoader(dataset, { batchSize: 2 })];
    const double = compile((x: Tensor) => x.mul(2));
    const doubled = batches.map(([x]) => double(x));
    expect(webgpuCounters().reads).toBe(reads);
    expect(await Promise.all(doubled.map((each) => each.tolist()))).toEqual([
      [
        [20, 40],
        [60, 80],
      ],
      [[100, 120]],
    ]);
    expect(batches.map(([, y]) => y.tolistSync())).toEqual([[7, 8], [9]]);
    expect(await dataset.at(-1)![0].tolist()).toEqual([50, 60]);
    await there.data();
    expect(await dataset.gather(Int32Array.of(2, 0))[0].tolist()).toEqual([
      [50, 60],
      [10, 20],
    ]);
  });

  test('clipGradNorm says what to do instead of reading at once', async () => {
    const p = new Parameter(tensor([1, 2]));
    p.grad = tensor([3, 4]).mul(1);
    expect(() => nn.utils.clipGradNorm([p], 1, { errorIfNonfinite: true })).toThrow(
      /errorIfNonfinite needs the norm at once[^]*Number\.isFinite\(await norm\.item\(\)\)/,
    );
    expect(await nn.utils.clipGradNorm([p], 1).item()).toBe(5);
    expect(await p.grad!.norm().item()).toBeCloseTo(1, 5);
  });

  test('dtypes it does not have are refused by name', () => {
    const wide = tensor([1, 2], { dtype: 'float64' });
    expect(() => compile((x: Tensor) => x.exp())(wide)).toThrow(DTypeError);
    expect(() => compile((x: Tensor) => x.exp())(wide)).toThrow(
      /exp: float64 is no dtype of the webgpu backend[^]*api\.test\.ts:\d+[^]*x\.to\('float32'\)/,
    );
    const long = tensor([1, 2], { dtype: 'int64' });
    expect(() => compile((x: Tensor) => x.add(1))(long)).toThrow(
      /add: int64 is no dtype[^]*x\.to\('int32'\)/,
    );
  });

  test('an index out of range throws at the next read', async () => {
    const table = tensor([10, 20, 30]);
    const pick = compile((i: Tensor) => table.indexSelect(0, i.mul(2)));
    expect(await pick(tensor([0, 1], { dtype: 'int32' })).tolist()).toEqual([10, 30]);
    const wrong = pick(tensor([0, 5], { dtype: 'int32' }));
    await expect(wrong.tolist()).rejects.toThrow(/index 10 at position 1 is out of range for 3 entries/);
  });

  test('compileAsync', async () => {
    const f = await compileAsync((x: Tensor) => x.mul(4).sum(), [tensor([1, 2])]);
    expect(await f(tensor([1, 2])).item()).toBe(12);
  });

  test('a device of the user, and another one after it is lost', async () => {
    const device = await requestDevice();
    await initWebGPU({ device });
    const f = compile((x: Tensor) => x.mul(2));
    expect(await f(tensor([1, 2])).tolist()).toEqual([2, 4]);
    expect(webgpuCounters().runs).toBe(1);
    device.destroy();
    await device.lost;
    expect(() => f(tensor([1, 2]))).toThrow(/the WebGPU device is lost[^]*await initWebGPU/);
    await initWebGPU();
    expect(await f(tensor([1, 2])).tolist()).toEqual([2, 4]);
    expect(await tensor([1, 2]).mul(5).tolist()).toEqual([5, 10]);
  });
});
