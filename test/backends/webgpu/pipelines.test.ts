/** Which shaders share a pipeline, and how many pipelines are kept. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Storage } from '../../../src/backends/storage.js';
import { Device } from '../../../src/backends/webgpu/device.js';
import { load } from '../../../src/backends/webgpu/executable.js';
import { PipelineCache } from '../../../src/backends/webgpu/runtime/pipelines.js';
import type { Shader } from '../../../src/backends/webgpu/shader.js';
import { adapter, requestDevice } from './adapter.js';
import { dispatch, emitted, input, output, programOf, shader, slot } from './programs.js';

const map = (name: string, body: string): Shader =>
  shader(
    name,
    3,
    [
      ['read', 'f32'],
      ['read_write', 'f32'],
    ],
    body,
  );

describe.skipIf(!adapter)('pipelines', () => {
  let gpu: GPUDevice;
  let device: Device;
  beforeAll(async () => {
    gpu = await requestDevice();
    device = new Device(gpu);
  });
  afterAll(() => gpu.destroy());

  /** How many pipelines something makes. */
  const madeBy = (body: () => void): number => {
    const before = device.counters.pipelinesCreated;
    body();
    return device.counters.pipelinesCreated - before;
  };

  const run = async (one: Shader): Promise<number[]> => {
    const program = programOf({ inputs: [slot('x', [3])], outputs: [slot('y', [3])] });
    const shaders = emitted([one], [dispatch(0, 3, [input(0), output(0)])]);
    const [y] = load(device, program, shaders).run([new Storage(Float32Array.of(1, 2, 3))], []);
    return [...((await y!.read()) as Float32Array)];
  };

  test('names and comments make no other one', async () => {
    const first = map('first', 'let a_0 = b0[i]; let a_1 = a_0 * 2.0;\n// layer 1\n  b1[i] = a_1 - a_0;');
    const second = map(
      'second',
      'let x_4 = b0[i]; let y_0 = x_4 * 2.0;\n// layer 2\n// again\n  b1[i] = y_0 - x_4;',
    );
    const different = map('third', 'let x_4 = b0[i]; let y_0 = x_4 * 2.0;\n// layer 2\n  b1[i] = x_4 - y_0;');
    const before = device.counters.pipelinesCreated;
    expect(await run(first)).toEqual([1, 2, 3]);
    expect(await run(second)).toEqual([1, 2, 3]);
    expect(device.counters.pipelinesCreated - before).toBe(1);
    expect(await run(different)).toEqual([-1, -2, -3]);
    expect(device.counters.pipelinesCreated - before).toBe(2);
  });

  test('other bindings do', () => {
    const code = 'b1[i] = 0.25;';
    const [f32, i32] = (['f32', 'i32'] as const).map((type) =>
      shader(
        'map',
        3,
        [
          ['read', type],
          ['read_write', 'f32'],
        ],
        code,
      ),
    );
    const cache = new PipelineCache(device);
    expect(madeBy(() => cache.get(f32!, 'test'))).toBe(1);
    expect(madeBy(() => cache.get(i32!, 'test'))).toBe(1);
    expect(madeBy(() => cache.get({ ...f32!, bindings: ['read_write', 'read_write'] }, 'test'))).toBe(1);
  });

  test('those asked for last are kept', async () => {
    const cache = new PipelineCache(device, 2);
    const [a, b, c] = [1, 2, 3].map((n) => map('map', `b1[i] = b0[i] + ${n}.0;`)) as [Shader, Shader, Shader];
    expect(madeBy(() => [a, b, a, c].forEach((each) => cache.get(each, 'test')))).toBe(3);
    expect(madeBy(() => [a, c].forEach((each) => cache.get(each, 'test')))).toBe(0);
    expect(await cache.getAsync(a, 'test')).toBe(cache.get(a, 'test'));
    expect(madeBy(() => cache.get(b, 'test'))).toBe(1);
    expect(madeBy(() => cache.get(c, 'test'))).toBe(1);
  });
});
