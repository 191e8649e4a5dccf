/** The device that `initWebGPU()` takes: one that the user has, or one that it requests. */
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import {
  ArgumentError,
  BackendError,
  Parameter,
  compile,
  nn,
  noGrad,
  setBackend,
  tensor,
  type Tensor,
} from 'fusegrad';
import { initWebGPU, webgpuCounters } from 'fusegrad/webgpu';
import { backendOf } from '../../../src/runtime/index.js';
import { findGPU } from '../../../src/webgpu/gpu.js';
import { adapter, requestDevice } from './adapter.js';

const double = compile((x: Tensor) => x.mul(2), { backend: 'webgpu' });

/** An adapter of its own, since each gives one device; `opened` sees that. */
async function requestAdapter(opened: (device: GPUDevice) => void = () => undefined): Promise<GPUAdapter> {
  const one = (await (await findGPU()).requestAdapter())!;
  const request = one.requestDevice.bind(one);
  one.requestDevice = async (descriptor) => {
    const device = await request(descriptor);
    opened(device);
    return device;
  };
  return one;
}

/** As if a getter of the host said something else. */
const pretend = <T extends object>(host: T, name: keyof T, value: unknown): void =>
  void Object.defineProperty(host, name, { value });

/** Does something that the device refuses, and waits until that is known. */
async function mistake(device: GPUDevice): Promise<void> {
  const known = new Promise((resolve) =>
    device.addEventListener('uncapturederror', resolve, { once: true } as never),
  );
  device.createBuffer({ label: 'wrong', size: 4, usage: 0 });
  await device.queue.onSubmittedWorkDone();
  await known;
}

describe.skipIf(!adapter)('a device of the user', () => {
  const opened: GPUDevice[] = [];
  const open = async (): Promise<GPUDevice> => {
    const device = await requestDevice();
    opened.push(device);
    return device;
  };
  afterEach(() => {
    for (const device of opened.splice(0)) device.destroy();
  });
  afterAll(() => setBackend('wasm'));

  test('is known when it is given again, with what lies there', async () => {
    const [one, other] = [await open(), await open()];
    const w = new Parameter(tensor([1, 2]));
    const step = compile(() => void w.assign(w.mul(3)), { backend: 'webgpu' });
    await initWebGPU({ device: one });
    step();
    await Promise.all([initWebGPU({ device: one }), initWebGPU({ device: one })]);
    step();
    expect(webgpuCounters().runs).toBe(2);
    await initWebGPU({ device: other });
    expect(await double(tensor([1])).item()).toBe(2);
    expect(webgpuCounters().runs).toBe(1);
    await initWebGPU({ device: one });
    step();
    expect(webgpuCounters().runs).toBe(3);
    expect(await w.tolist()).toEqual([27, 54]);
  });

  test('takes over what lies on another one', async () => {
    const [one, other] = [await open(), await open()];
    const model = new nn.Linear(2, 1, { bias: false });
    const step = compile(() => void noGrad(() => model.weight.mul_(0).add_(3)), { backend: 'webgpu' });
    await initWebGPU({ device: one });
    step();
    await initWebGPU({ device: other });
    const double = compile((x: Tensor) => model(x).mul(2), { backend: 'webgpu' });
    expect(() => double(tensor([[1, 2]]))).toThrow(/lies in the memory of the WebGPU device/);
    await model.to('webgpu');
    expect(await double(tensor([[1, 2]])).tolist()).toEqual([[18]]);
    expect(webgpuCounters().runs).toBe(1);
  });

  test('is refused when it is lost', async () => {
    const [known, unknown] = [await open(), await open()];
    await initWebGPU({ device: known });
    for (const device of [known, unknown]) {
      device.destroy();
      await device.lost;
      await expect(initWebGPU({ device })).rejects.toThrow(
        /^the WebGPU device that initWebGPU\(\) is given is lost: /,
      );
    }
  });

  test("keeps the user's errors to the user", async () => {
    const device = await open();
    const [heard, prevented] = [vi.fn(), vi.fn()];
    // Comes before any listener of fusegrad's.
    device.addEventListener('uncapturederror', (event) => {
      heard();
      event.preventDefault = prevented;
    });
    await initWebGPU({ device });
    await mistake(device);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(prevented).not.toHaveBeenCalled();
    expect(await double(tensor([1, 2])).tolist()).toEqual([2, 4]);
  });

  test("tells what it refuses of fusegrad's, and nobody else hears of it", async () => {
    const device = await open();
    await initWebGPU({ device });
    const heard = vi.fn();
    device.addEventListener('uncapturederror', heard);
    const write = device.queue.writeBuffer.bind(device.queue);
    device.queue.writeBuffer = (buffer, offset, ...rest) => write(buffer, offset + 2, ...rest);
    const y = double(tensor([1, 2]));
    device.queue.writeBuffer = write;
    await expect(y.tolist()).rejects.toThrow(/^an upload is refused: /);
    await device.queue.onSubmittedWorkDone();
    expect(heard).not.toHaveBeenCalled();
    expect(await double(tensor([1, 2])).tolist()).toEqual([2, 4]);
  });

  test('need not say what it is', async () => {
    const device = await open();
    pretend(device, 'adapterInfo', undefined);
    await initWebGPU({ device });
    expect(await double(tensor([1, 2])).tolist()).toEqual([2, 4]);
  });
});

test.each(['device', 'adapter'] as const)('what is no %s is refused by name', async (option) => {
  const wrong = initWebGPU({ [option]: {} });
  await expect(wrong).rejects.toThrow(ArgumentError);
  await expect(wrong).rejects.toThrow(
    new RegExp(
      `^initWebGPU: the option '${option}' is an object without 'limits', and should be a GPU${option}`,
      'i',
    ),
  );
});

describe.skipIf(!adapter)('a device that fusegrad requests', () => {
  test('has any error on it thrown by the next read, and nothing printed', async () => {
    let device: GPUDevice | undefined;
    await initWebGPU({ adapter: await requestAdapter((made) => (device = made)) });
    await mistake(device!);
    await expect(double(tensor([1])).item()).rejects.toThrow(
      /^the WebGPU device reports an error: [^]*wrong/,
    );
    expect(await double(tensor([1])).item()).toBe(2);
  });

  test("has its adapter's names where it has none", async () => {
    const named = await requestAdapter((device) => pretend(device, 'adapterInfo', undefined));
    pretend(named, 'info', { vendor: 'mesa', architecture: 'software' });
    await initWebGPU({ adapter: named });
    expect(backendOf('webgpu').target.attention).toBeUndefined();
    const unnamed = await requestAdapter((device) => pretend(device, 'adapterInfo', undefined));
    pretend(unnamed, 'info', undefined);
    await initWebGPU({ adapter: unnamed });
    expect(backendOf('webgpu').target.attention).toBeDefined();
    expect(await double(tensor([1])).item()).toBe(2);
  });

  test('says why an adapter does not give it', async () => {
    const used = await requestAdapter();
    await initWebGPU({ adapter: used });
    const again = initWebGPU({ adapter: used });
    await expect(again).rejects.toThrow(BackendError);
    await expect(again).rejects.toThrow(
      /^the WebGPU adapter gives no device: [^]*consumed[^]*`navigator\.gpu\.requestAdapter\(\)`/,
    );
    // What there was goes on.
    expect(await double(tensor([1])).item()).toBe(2);
  });
});
