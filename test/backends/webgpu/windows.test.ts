/** Arrays of many times what a binding reaches: each dispatch binds the windows that it touches. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  Buffer,
  F,
  cat,
  compile,
  manualSeed,
  randn,
  setBackend,
  where,
  type DType,
  type Tensor,
} from 'fusegrad';
import { emitProgram } from '../../../src/backends/webgpu/emit.js';
import {
  createBackend,
  plainGPU,
  type DeviceTraits,
  type WebGPUBackend,
} from '../../../src/backends/webgpu/index.js';
import { registerBackend } from '../../../src/runtime/index.js';
import { adapter, requestDevice } from './adapter.js';

const software: DeviceTraits = { ...plainGPU, sharesMemory: false };

describe.skipIf(!adapter)('bindings of 4096 bytes', () => {
  let device: GPUDevice;
  /** The most bytes that a binding has had. */
  let longest = 0;
  let backends: WebGPUBackend[] = [];
  const made = (traits: DeviceTraits, bindingBytes: number): WebGPUBackend => {
    const backend = createBackend(device, { traits });
    const target = { ...backend.target, bindingBytes, buffersPerKernel: 7 };
    return { ...backend, target, emit: (program) => emitProgram(program, target, traits) };
  };
  beforeAll(async () => {
    device = await requestDevice();
    const create = device.createBindGroup.bind(device);
    device.createBindGroup = (descriptor) => {
      for (const { resource } of descriptor.entries) {
        const { buffer, offset = 0, size } = resource as GPUBufferBinding;
        longest = Math.max(longest, size ?? buffer.size - offset);
      }
      return create(descriptor);
    };
    backends = [software, plainGPU].map((traits) => made(traits, 4096));
  });
  beforeEach(() => {
    longest = 0;
    // Sums near 0 of other numbers may lie beyond the bound.
    manualSeed(0);
  });
  afterAll(() => setBackend('wasm'));

  /** What a function gives on wasm and on each of the backends, and the most dispatches of one call. */
  async function compare(
    fn: (...args: Tensor[]) => Tensor,
    args: readonly Tensor[],
    those = backends,
  ): Promise<number> {
    const right = Array.from(await compile(fn, { backend: 'wasm' })(...args).data(), Number);
    let most = 0;
    for (const backend of those) {
      registerBackend(backend);
      const before = backend.device.counters.dispatches;
      const found = Array.from(await compile(fn, { backend: 'webgpu' })(...args).data(), Number);
      most = Math.max(most, backend.device.counters.dispatches - before);
      expect(found.length).toBe(right.length);
      const wrong = found.findIndex(
        (value, i) => Math.abs(value - right[i]!) > 2e-5 * Math.max(1, Math.abs(right[i]!)),
      );
      expect([wrong, found[wrong]]).toEqual([-1, right[wrong]]);
    }
    return most;
  }

  const size = 30_011;
  manualSeed(1);
  const [a, b] = [randn(size), randn(size)];
  const [x, y] = [randn(101, 301), randn(101, 301)];
  const to =
    (dtype: DType) =>
    (...args: Tensor[]): Tensor =>
      args
        .map((arg) => arg.to(dtype))
        .reduce((p, q) => p.add(q))
        .to('float32');

  test.each<[string, (...args: Tensor[]) => Tensor, Tensor[]]>([
    ['two arrays', (p, q) => p!.add(q!), [a, b]],
    ['a choice', (p, q) => where(p!.gt(0), p!, q!), [a, b]],
    ['neighbours', (p, q) => p!.narrow(0, 1, size - 1).mul(q!.narrow(0, 0, size - 1)), [a, b]],
    ['reversed', (p, q) => p!.flip(0).add(q!), [a, b]],
    ['padded', (p, q) => F.pad(p!, [3, 5]).add(F.pad(q!, [8, 0])), [a, b]],
    ['a row and a column', (p, q) => p!.mul(q!.narrow(0, 7, 1)).add(q!.narrow(1, 3, 1)), [x, y]],
    ['bytes', to('int8'), [a.mul(20), b.mul(20)]],
    ['halves', to('bfloat16'), [a, b]],
    ['rows', (p) => p!.softmax(1), [x]],
    ['rows with weights', (p, q) => F.layerNorm(p!, [301], q!.at(3), q!.at(4)), [x, y]],
    ['running sums', (p) => p!.cumsum(1), [x]],
    ['rows to single values', (p, q) => p!.mul(q!).amax(1), [x, y]],
  ])('%s', async (_, fn, args) => {
    expect(await compare(fn, args)).toBeGreaterThan(4);
    expect(longest).toBeLessThanOrEqual(4096);
  });

  test('a state in place', async () => {
    for (const backend of backends) {
      registerBackend(backend);
      const state = new Buffer(a);
      const step = compile((by: Tensor) => void state.assign(state.mul(2).add(by)), { backend: 'webgpu' });
      step(b);
      const found = await state.data();
      const right = a.mul(2).add(b).dataSync();
      expect(Array.from(found, Number).every((value, i) => Math.abs(value - Number(right[i])) < 1e-5)).toBe(
        true,
      );
    }
  });

  test('few long rows whose sums of columns take several bindings', async () => {
    const rows = randn(8, 8192);
    const all = (p: Tensor): Tensor => cat([p.sum(0), p.mul(2).amin(0), p.sum(1), p.argmax(1).to('float32')]);
    await compare((p) => all(p!), [rows], [made(plainGPU, 2 ** 17)]);
    expect(longest).toBeLessThanOrEqual(2 ** 17);
  });

  test('working memory of one step that is longer than a binding, and of another that is not', async () => {
    const share = (p: Tensor): Tensor => {
      const sums = p.cumsum(1);
      return sums.div(sums.abs().sum(1, { keepdim: true })).reshape(-1);
    };
    const [long, short] = [randn(1, 9000), randn(1, 1000)];
    for (const traits of [software, plainGPU])
      await compare((p, q) => cat([share(p!), share(q!)]), [long, short], [made(traits, 2 ** 15)]);
    expect(longest).toBeLessThanOrEqual(2 ** 15);
  });

  test('a state of long rows that is overwritten from itself', async () => {
    const rows = randn(3, 5000);
    const after = async (backend: 'wasm' | 'webgpu'): Promise<number[]> => {
      const scale = new Buffer(randn(3, 1).mul(0).add(2));
      const step = compile(
        (p: Tensor) => {
          const next = scale.mul(0.5).add(1.5);
          const y = p.mul(next).softmax(1);
          scale.assign(next);
          return y;
        },
        { backend },
      );
      const [first, second] = [step(rows), step(rows)];
      return [...(await first.data()), ...(await second.data()), ...(await scale.data())].map(Number);
    };
    registerBackend(made(plainGPU, 2 ** 27));
    const [found, right] = [await after('webgpu'), await after('wasm')];
    expect(found.findIndex((value, i) => !(Math.abs(value - right[i]!) < 1e-5))).toBe(-1);
  });

  test('what reaches everywhere is refused with what it binds', () => {
    registerBackend(backends[0]!);
    expect(() =>
      compile((p: Tensor, q: Tensor) => p.add(q.T), { backend: 'webgpu' })(x, randn(301, 101)),
    ).toThrow(/touches \d+ buffers, and this device binds 8: one reaches 4096 bytes/);
  });
});
