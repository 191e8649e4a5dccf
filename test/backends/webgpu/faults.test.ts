/** What goes wrong on a device as a user hears of it: shaders, memory, validation, loss. Faults are injected. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { F, Parameter, compile, ones, rand, setBackend, tensor, zeros, type Tensor } from 'fusegrad';
import { initWebGPU, webgpuCounters } from 'fusegrad/webgpu';
import { adapter, requestDevice } from './adapter.js';
import { smallTraining } from './training.js';

describe.skipIf(!adapter)('a device', () => {
  let device: GPUDevice;
  const opened: GPUDevice[] = [];
  const open = async (): Promise<void> => {
    device = await requestDevice();
    opened.push(device);
    await initWebGPU({ device });
  };
  const lose = async (): Promise<void> => {
    device.destroy();
    await device.lost;
  };
  beforeEach(async () => {
    await open();
    setBackend('webgpu');
  });
  afterEach(() => {
    for (const one of opened.splice(0)) one.destroy();
  });
  afterAll(() => setBackend('wasm'));

  /** From now on shaders whose code matches are broken. */
  function breakShaders(pattern: RegExp): void {
    const create = device.createShaderModule.bind(device);
    const fault = '\nfn fault() { nonsense(); }\n';
    device.createShaderModule = ({ code, ...descriptor }) =>
      create({ ...descriptor, code: pattern.test(code) ? code + fault : code });
  }

  /** From now on buffers whose label matches get no memory, until it is ended. */
  function takeMemory(label: RegExp): () => void {
    const [create, pop] = [device.createBuffer.bind(device), device.popErrorScope.bind(device)];
    let refused = false;
    device.createBuffer = (descriptor) => {
      if (!label.test(descriptor.label ?? '')) return create(descriptor);
      refused = true;
      device.pushErrorScope('validation');
      const buffer = create({ ...descriptor, usage: 0 });
      void pop();
      return buffer;
    };
    device.popErrorScope = async () => {
      const injected = refused;
      refused = false;
      const error = await pop();
      return injected ? ({ message: 'no memory is left' } as GPUError) : error;
    };
    return () => Object.assign(device, { createBuffer: create, popErrorScope: pop });
  }

  test('a shader that is refused is named with its operations and lines, whenever it is used', async () => {
    breakShaders(/tanh/);
    const f = compile(function squash(x: Tensor) {
      return x.exp().tanh();
    });
    const refused =
      /^the shader \w+ of \w*tanh in squash is refused: [^]*nonsense[^]*\n {4}[\w, ]*tanh {2}webgpu\/faults\.test\.ts:\d+:\d+/;
    const [first, second] = [f(rand(300)), f(rand(300))];
    await expect(first.data()).rejects.toThrow(refused);
    await expect(second.data()).rejects.toThrow(refused);
    expect(() => f(rand(300))).toThrow(refused);
    // What is right goes on, and hears nothing of it any more.
    const g = compile((x: Tensor) => x.mul(2));
    expect(await g(tensor([1, 2])).tolist()).toEqual([2, 4]);
  });

  test('memory that ran out is named with its bytes, what it is for and the lines; then it goes on', async () => {
    const f = compile(function double(x: Tensor) {
      return x.mul(2);
    });
    const x = rand(1000);
    const given = Array.from(await x.data(), Number);
    const end = takeMemory(/^the result/);
    const y = f(x);
    const refused =
      /^the WebGPU device is out of memory: it has no 4096 bytes for the result float32\[1000\] of double: no memory is left\n {4}mul {2}webgpu\/faults\.test\.ts:\d+:\d+/;
    await expect(y.data()).rejects.toThrow(refused);
    await expect(y.data()).rejects.toThrow(refused);
    expect(() => compile((a: Tensor) => a.add(1))(y)).toThrow(refused);
    end();
    expect(await f(x).tolist()).toEqual(given.map((value) => 2 * value));
  });

  test('a step that finds no memory leaves state as it was', async () => {
    const w = new Parameter(tensor([1, 2, 3]), { name: 'w' });
    const step = compile(function step(x: Tensor) {
      w.assign(w.add(1));
      return x.mul(w);
    });
    const end = takeMemory(/^(the result|w$)/);
    await expect(step(tensor([1, 1, 1])).data()).rejects.toThrow(/12 bytes|256 bytes for w: no memory/);
    end();
    expect(await step(tensor([1, 1, 1])).tolist()).toEqual([2, 3, 4]);
    expect(await w.tolist()).toEqual([2, 3, 4]);
    const again = takeMemory(/^the result/);
    const failed = [step(tensor([1, 1, 1])), step(tensor([1, 1, 1]))];
    for (const each of failed) await expect(each.data()).rejects.toThrow(/no memory is left/);
    again();
    expect(await w.tolist()).toEqual([2, 3, 4]);
  });

  test('states that find no memory side by side stay where they were', async () => {
    const { step, model, x } = smallTraining();
    const predict = compile((input: Tensor) => model(input));
    const before = await predict(x).tolist();
    const end = takeMemory(/ states side by side/);
    await expect(step().item()).rejects.toThrow(
      /no \d+ bytes for \d states side by side, 0\.weight first: no memory/,
    );
    expect(await predict(x).tolist()).toEqual(before);
    end();
    expect(await step().item()).toBeGreaterThan(0);
    expect(await predict(x).tolist()).not.toEqual(before);
  });

  test('no step goes on with what a refused run was to compute', async () => {
    const w = new Parameter(tensor([1, 2, 3]), { name: 'w' });
    const features = compile((x: Tensor) => x.exp().cumsum(0).add(x.sum().exp()));
    const step = compile((x: Tensor) => {
      w.assign(x.mul(2));
    });
    const x = tensor([1, 1, 1]);
    step(features(x));
    const before = await w.tolist();
    const end = takeMemory(/between the kernels|working memory/);
    // Nothing waits in between: that the first run is refused is not known when the second one is submitted.
    const larger = compile((big: Tensor) => big.exp().cumsum(0).add(big.sum().exp()).narrow(0, 0, 3));
    step(larger(rand(70_000)));
    await expect(w.data()).rejects.toThrow(/no memory is left/);
    expect(await w.tolist()).toEqual(before);
    end();
    breakShaders(/sin/);
    step(compile((y: Tensor) => y.sin())(x));
    await expect(w.data()).rejects.toThrow(/nonsense/);
    expect(await w.tolist()).toEqual(before);
  });

  describe('an index out of range', () => {
    const table = tensor([
      [1, 2],
      [3, 4],
    ]);
    // Indices that the host does not see.
    const lookUp = compile((indices: Tensor) => F.embedding(indices.mul(3), table));
    const [bad, good] = [tensor([0, 1], { dtype: 'int32' }), tensor([0, 0], { dtype: 'int32' })];
    const refused = /^gather: index 3 at position 1 is out of range for 2 entries/;

    test('is thrown by every read of the result', async () => {
      const y = lookUp(bad);
      const z = lookUp(good);
      await expect(y.tolist()).rejects.toThrow(refused);
      await expect(y.tolist()).rejects.toThrow(refused);
      expect(await z.tolist()).toEqual([
        [1, 2],
        [1, 2],
      ]);
    });

    test('is told by the next read, whatever is read, and each of several', async () => {
      const [first, second] = [lookUp(bad), compile((i: Tensor) => F.embedding(i.mul(5), table))(bad)];
      const z = lookUp(good);
      await expect(z.tolist()).rejects.toThrow(/index [35] at/);
      await expect(z.tolist()).rejects.toThrow(/index [35] at/);
      expect(await z.sum().item()).toBe(6);
      await expect(first.tolist()).rejects.toThrow(/index 3 at/);
      await expect(second.tolist()).rejects.toThrow(/index 5 at/);
    });

    test('spoils what is computed from its result', async () => {
      const double = compile((x: Tensor) => x.mul(2));
      const y = double(double(lookUp(bad)));
      await expect(y.tolist()).rejects.toThrow(refused);
      await expect(y.tolist()).rejects.toThrow(refused);
      expect(await double(table).tolist()).toEqual([
        [2, 4],
        [6, 8],
      ]);
    });

    test('is not lost among many runs or with its program', async () => {
      const once = compile((i: Tensor) => F.embedding(i.mul(7), table));
      const y = once(bad);
      for (let i = 0; i < 1100; i++) lookUp(good);
      await expect(y.tolist()).rejects.toThrow(/index 7 at/);
    });
  });

  test('a result too large for the device takes nothing with it', async () => {
    const { maxBufferSize } = device.limits;
    const f = compile((x: Tensor) =>
      x
        .exp()
        .cumsum(0)
        .expand(Math.ceil(maxBufferSize / 4 / 1000) + 1, 1000)
        .mul(2),
    );
    const x = rand(1000);
    for (let i = 0; i < 3; i++)
      expect(() => f(x)).toThrow(/takes [\d.]+ MiB, and this WebGPU device has no buffer/);
    const { buffersCreated } = webgpuCounters();
    for (let i = 0; i < 10; i++) expect(() => f(x)).toThrow(/no buffer beyond/);
    expect(webgpuCounters().buffersCreated).toBe(buffersCreated);
  });

  test('memory that goes while nobody waits spoils nothing that is submitted', async () => {
    // Between the kernels lies more than is kept for others, which is let go when smaller programs run.
    const big = compile((x: Tensor) => {
      const rows = x.expand(6000, 5000);
      const [a, b] = [rows.cumsum(1), rows.cumsum(0)];
      return a.add(b).cumsum(1).amax();
    });
    const small = compile((x: Tensor) => x.cumsum(1).cumsum(0).amax());
    const w = new Parameter(zeros(3));
    const step = compile(() => void w.assign(w.add(1)));
    const largest = big(zeros([1, 1]));
    const other = small(ones([8, 8]));
    step();
    expect(await other.item()).toBe(64);
    expect(await w.tolist()).toEqual([1, 1, 1]);
    expect(await largest.item()).toBe(0);
  });

  test('a loop that never lets the event loop turn is stopped before it fills the device', async () => {
    await initWebGPU({ device, turnBytes: 100 * 2 ** 20 });
    const f = compile((x: Tensor) => x.mul(2));
    const x = zeros(2 ** 22);
    const loop = async (): Promise<number> => {
      for (let runs = 0; runs < 30; runs++) {
        f(x);
        // Turns nothing: what is dropped does not come back.
        await Promise.resolve();
      }
      return 0;
    };
    await expect(loop()).rejects.toThrow(
      /^results of 112\.0 MiB are made in one turn of the event loop[^]*await loss\.item\(\)[^]*turnBytes/,
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await f(tensor([1])).item()).toBe(2);
  });

  test('what a device refuses when it runs is named by its program and kernels, once', async () => {
    const f = compile(function outer(x: Tensor) {
      return x.mul(2);
    });
    await f(tensor([1])).item();
    const create = device.createBindGroup.bind(device);
    device.createBindGroup = (descriptor) =>
      create({ ...descriptor, entries: [...descriptor.entries].slice(1) });
    const y = f(tensor([3]));
    const z = f(tensor([4]));
    device.createBindGroup = create;
    const refused = /^a run of outer is refused: [^]*\n {4}mul {2}webgpu\/faults\.test\.ts:\d+:\d+/;
    await expect(y.item()).rejects.toThrow(refused);
    await expect(z.item()).rejects.toThrow(refused);
    expect(await tensor([1]).add(1).item()).toBe(2);
  });

  describe('that is lost', () => {
    const make = () => {
      const training = smallTraining();
      return { ...training, predict: compile((input: Tensor) => training.model(input)) };
    };

    test('keeps what was given and what has not been written', async () => {
      const { predict, x } = make();
      const before = await predict(x).tolist();
      await lose();
      expect(() => predict(x)).toThrow(/the WebGPU device is lost[^]*await initWebGPU\(\)[^]*loadStateDict/);
      await open();
      expect(await predict(x).tolist()).toEqual(before);
      await lose();
      setBackend('wasm');
      expect(await predict(x).tolist()).toHaveLength(2);
    });

    test('keeps what was read back, and names what is gone', async () => {
      const [read, unread] = ['read', 'unread'].map((name) => new Parameter(tensor([1, 2]), { name }));
      const step = compile(() => {
        for (const w of [read!, unread!]) w.assign(w.mul(3));
        return read!.sum();
      });
      const loss = step();
      expect([await loss.item(), await read!.tolist()]).toEqual([9, [3, 6]]);
      await lose();
      expect([await loss.item(), read!.tolistSync(), await read!.tolist()]).toEqual([9, [3, 6], [3, 6]]);
      const gone =
        /^the content of unread is gone: the WebGPU device that held it is lost[^]*model\.loadStateDict\(saved\)/;
      await expect(unread!.tolist()).rejects.toThrow(gone);
      await open();
      expect(() => step()).toThrow(gone);
      unread!.set([5, 5]);
      expect(await step().item()).toBe(27);
      expect(await unread!.tolist()).toEqual([15, 15]);
    });

    test.each(['webgpu', 'wasm'] as const)('is followed by training from saved state on %s', async (next) => {
      const { model, optimizer, step } = make();
      for (let i = 0; i < 3; i++) step();
      const copied = async (tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> => {
        const copy = async ([name, value]: [string, Tensor]) =>
          [name, tensor(await value.data(), { shape: [...value.shape] })] as const;
        return Object.fromEntries(await Promise.all(Object.entries(tensors).map(copy)));
      };
      const weights = await copied(model.stateDict());
      const { state, ...groups } = optimizer.stateDict();
      const moments: Record<string, Record<string, Tensor>> = {};
      for (const [number, slots] of Object.entries(state)) moments[number] = await copied(slots);
      const expected = [await step().item(), await step().item()];
      await lose();
      if (next === 'webgpu') await open();
      setBackend(next);
      expect(() => step()).toThrow(/is gone/);
      model.loadStateDict(weights);
      optimizer.loadStateDict({ ...groups, state: moments });
      const losses = [await step().item(), await step().item()];
      losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 5));
    });
  });
});
