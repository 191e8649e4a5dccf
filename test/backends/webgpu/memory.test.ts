/** Memory stays flat on a device: what is dropped comes back, in time. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { F, compile, manualSeed, nn, optim, rand, randint, setBackend, type Tensor } from 'fusegrad';
import { initWebGPU, webgpuCounters } from 'fusegrad/webgpu';
import { adapter } from './adapter.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes on the heap and the buffers that the device ever had, once what was dropped has come back. */
async function settled(): Promise<{ readonly heap: number; readonly buffers: number }> {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 20));
  collect();
  return { heap: process.memoryUsage().heapUsed, buffers: webgpuCounters().buffersCreated };
}

describe.skipIf(!adapter)('on a device', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    await initWebGPU();
    setBackend('webgpu');
  });
  afterAll(() => setBackend('wasm'));

  test('10,000 steps', async () => {
    manualSeed(0);
    const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 3));
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3, momentum: 0.9 });
    const step = compile((x: Tensor, labels: Tensor) => {
      optimizer.zeroGrad();
      const loss = F.crossEntropy(model(x), labels);
      loss.backward();
      optimizer.step();
      return loss;
    });
    const batches = Array.from({ length: 5 }, () => [rand(4, 4), randint(0, 3, [4])] as const);
    const run = async (steps: number): Promise<void> => {
      for (let i = 0; i < steps; i++) {
        const loss = step(...batches[i % 5]!);
        // Some are read, some wait, some are dropped.
        if (i % 3 === 0) await loss.item();
      }
    };
    await run(2000);
    const before = await settled();
    // Dropped losses wait for the collector: some thousand buffers if they had no weight on the host.
    await run(10_000);
    const after = await settled();
    expect(after.buffers - before.buffers).toBeLessThan(600);
    expect(after.heap - before.heap).toBeLessThan(500_000);
  });

  test('results of megabytes are given back before they are many', async () => {
    const double = compile((x: Tensor) => [x.mul(2), x.sum()] as const);
    const x = rand(2 ** 21);
    const run = async (steps: number): Promise<void> => {
      for (let i = 0; i < steps; i++) await double(x)[1].item();
    };
    await run(20);
    const before = webgpuCounters().buffersCreated;
    await run(200);
    // 8 MiB each: without its weight on the host hardly any would have come back by now.
    expect(webgpuCounters().buffersCreated - before).toBeLessThan(60);
  });
});
