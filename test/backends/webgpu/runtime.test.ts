/** What runs shaders on a device: memory, order, reads, errors. The shaders are written by hand. */
import { afterEach, describe, expect, test } from 'vitest';
import { Storage } from '../../../src/backends/storage.js';
import { Device } from '../../../src/backends/webgpu/device.js';
import { load, loadAsync } from '../../../src/backends/webgpu/executable.js';
import { Block } from '../../../src/backends/webgpu/runtime/block.js';
import { deviceBytes } from '../../../src/backends/webgpu/runtime/words.js';
import { sizeClass } from '../../../src/backends/webgpu/runtime/pool.js';
import { planWorkspace } from '../../../src/backends/webgpu/runtime/workspace.js';
import { DevicePlace, moveIn } from '../../../src/backends/webgpu/runtime/place.js';
import { BackendError, IndexError, type DType, type TypedArray } from '../../../src/core/index.js';
import type { Program } from '../../../src/plan/program.js';
import { findGPU } from '../../../src/webgpu/gpu.js';
import { adapter, requestDevice } from './adapter.js';
import {
  allocation,
  arena,
  check,
  dispatch,
  emitted,
  input,
  mapProgram,
  output,
  programOf,
  shader,
  slot,
  state,
} from './programs.js';

test('Node without the package is told to install it', async () => {
  const gpu = Object.getOwnPropertyDescriptor(globalThis, Symbol.for('fusegrad.webgpu'));
  Reflect.deleteProperty(globalThis, Symbol.for('fusegrad.webgpu'));
  try {
    const missing = findGPU(() => Promise.reject(new Error("Cannot find package 'webgpu'")));
    await expect(missing).rejects.toThrow(BackendError);
    await expect(missing).rejects.toThrow(/Cannot find package 'webgpu'[^]*npm install webgpu/);
  } finally {
    if (gpu) Object.defineProperty(globalThis, Symbol.for('fusegrad.webgpu'), gpu);
  }
});

test('sizes of buffers waste little and never pass the largest', () => {
  for (const bytes of [0, 1, 256, 257, 2049, 5000, 1e6 + 1, 2 ** 27, 2 ** 31 - 5]) {
    const size = sizeClass(bytes, 2 ** 31 - 4);
    expect(size).toBeGreaterThanOrEqual(bytes);
    expect(size).toBeLessThanOrEqual(Math.min(2 ** 31 - 4, Math.max(bytes * 1.25, bytes + 256)));
    expect(size % 4).toBe(0);
  }
  expect(sizeClass(2 ** 27)).toBe(2 ** 27);
});

test('values alive together lie in buffers of their own, others take turns', () => {
  const { places, bytes } = planWorkspace(
    [allocation(4, [0, 1]), allocation(8, [1, 2]), allocation(4, [2, 3]), allocation(2, [3, 3])],
    [],
  );
  expect(places.map(({ buffer }) => buffer)).toEqual([1, 0, 1, 0]);
  // A turn in a longer buffer takes what it needs of it.
  expect(places.map(({ extent }) => extent)).toEqual([undefined, undefined, undefined, 16]);
  expect(bytes).toEqual([32, 16]);
});

describe.skipIf(!adapter)('on a device', () => {
  const devices: GPUDevice[] = [];
  const open = async (features?: GPUFeatureName[]): Promise<Device> => {
    const gpu = await requestDevice(features);
    devices.push(gpu);
    return new Device(gpu);
  };
  afterEach(() => {
    for (const gpu of devices.splice(0)) gpu.destroy();
  });
  const storage = (...values: number[]): Storage => new Storage(Float32Array.from(values));
  const valuesOf = async (one: Storage | undefined): Promise<number[]> =>
    Array.from((await one!.read()) as Float32Array);

  test('uploads, dispatches and reads back', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([3], 'b1[i] = b0[i] * 2.0;');
    const executable = load(device, program, shaders);
    const [y] = executable.run([storage(1, -2, 0.5)], []);
    expect(await valuesOf(y)).toEqual([2, -4, 1]);
    expect(device.counters).toMatchObject({ runs: 1, dispatches: 1, submits: 2, uploads: 1, reads: 1 });
  });

  test('loads without blocking, and compiles the same code once', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([3], 'b1[i] = b0[i] + 1.0;');
    const both = await Promise.all([
      loadAsync(device, program, shaders),
      loadAsync(device, program, shaders),
    ]);
    for (const executable of both)
      expect(await valuesOf(executable.run([storage(1, 2, 3)], [])[0])).toEqual([2, 3, 4]);
    expect(device.counters.pipelinesCreated).toBe(1);
  });

  test('a result is read late, and is another one than the next', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([2], 'b1[i] = b0[i] * 10.0;');
    const executable = load(device, program, shaders);
    const results = [1, 2, 3].map((n) => executable.run([storage(n, -n)], [])[0]);
    expect(await Promise.all(results.map(valuesOf))).toEqual([
      [10, -10],
      [20, -20],
      [30, -30],
    ]);
  });

  test('a result is the input of another program without a detour', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([2], 'b1[i] = b0[i] * 3.0;');
    const executable = load(device, program, shaders);
    const [once] = executable.run([storage(1, 2)], []);
    const [twice] = executable.run([once!], []);
    expect(await valuesOf(twice)).toEqual([9, 18]);
    expect(device.counters.uploads).toBe(1);
  });

  test('content that is used again is sent once; changed content is sent again', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([2], 'b1[i] = b0[i];');
    const [first, second] = [load(device, program, shaders), load(device, program, shaders)];
    const kept = storage(1, 2);
    for (let i = 0; i < 4; i++) first.run([kept], []);
    second.run([kept], []);
    first.run([storage(3, 4)], []);
    expect(device.counters.uploads).toBe(2);
    expect(await valuesOf(first.run([kept], [])[0])).toEqual([1, 2]);
    kept.write(Float32Array.of(5, 6));
    kept.version++;
    expect(await valuesOf(first.run([kept], [])[0])).toEqual([5, 6]);
    expect(device.counters.uploads).toBe(3);
  });

  const counting = () => ({
    program: programOf({ states: [slot('count', [2])], outputs: [slot('seen', [2])] }),
    shaders: emitted(
      [
        shader(
          'count',
          2,
          [
            ['read_write', 'f32'],
            ['read_write', 'f32'],
          ],
          'b1[i] = b0[i]; b0[i] = b0[i] + 1.0;',
        ),
      ],
      [dispatch(0, 2, [state(0), output(0)])],
    ),
  });

  test('state moves to the device and stays there', async () => {
    const device = await open();
    const { program, shaders } = counting();
    const executable = load(device, program, shaders);
    const cell = storage(5, 7);
    const seen = [0, 1, 2].map(() => executable.run([], [cell])[0]);
    expect(device.counters.uploads).toBe(1);
    expect(cell.onHost).toBe(false);
    expect(() => cell.array).toThrow(/await x\.data\(\)[^]*await model\.to\('wasm'\)/);
    expect(await valuesOf(seen[2])).toEqual([7, 9]);
    expect(await valuesOf(cell)).toEqual([8, 10]);
  });

  test('a read shows the content at the call, a write comes in its turn', async () => {
    const device = await open();
    const { program, shaders } = counting();
    const executable = load(device, program, shaders);
    const cell = storage(0, 0);
    executable.run([], [cell]);
    const read = valuesOf(cell);
    const copy = cell.copy();
    executable.run([], [cell]);
    cell.write(Float32Array.of(40, 50));
    executable.run([], [cell]);
    expect(await read).toEqual([1, 1]);
    expect(await valuesOf(copy)).toEqual([1, 1]);
    expect(await valuesOf(cell)).toEqual([41, 51]);
  });

  test('values between kernels, scratch and copies', async () => {
    const device = await open();
    const pair = [
      ['read', 'f32'],
      ['read_write', 'f32'],
    ] as const;
    const add = shader('add', 2, pair, 'b1[i] = b0[i] + 1.0;');
    const double = shader('double', 2, pair, 'b1[i] = b0[i] * 2.0;');
    const program = programOf({
      inputs: [slot('x', [2])],
      outputs: [slot('y', [2]), slot('z', [2])],
      allocations: [allocation(2, [0, 1]), allocation(2, [1, 2])],
    });
    const commands = [
      dispatch(0, 2, [input(0), arena(0)], 0),
      dispatch(1, 2, [arena(0), { space: 'scratch', index: 0, words: 1 }], 1),
      dispatch(0, 2, [{ space: 'scratch', index: 0, words: 1 }, arena(1)], 1),
      {
        kind: 'copy',
        from: { space: 'arena', allocation: 1 },
        to: { space: 'output', index: 0 },
        elements: 2,
        dtype: 'float32',
        step: 2,
      },
      dispatch(1, 2, [arena(1), output(1)], 3),
    ] as const;
    const executable = load(device, program, emitted([add, double], commands, [8]));
    const [y, z] = executable.run([storage(1, 2)], []);
    expect(await valuesOf(y)).toEqual([5, 7]);
    expect(await valuesOf(z)).toEqual([10, 14]);
    expect(device.counters).toMatchObject({ dispatches: 4, copies: 1 });
  });

  test('programs share the memory between kernels', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([2], 'b1[i] = b0[i];');
    const large = programOf({ ...program, allocations: [allocation(10_000, [0, 0])] });
    const executables = [0, 1, 2].map(() => load(device, large, shaders));
    for (let round = 0; round < 3; round++)
      for (const executable of executables) executable.run([storage(1, 2)], []);
    expect(device.workspace.bytes).toBeLessThan(2 * 40_000);
  });

  test('memory stays flat over many steps', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([1000], 'b1[i] = b0[i];');
    const executable = load(device, program, shaders);
    const place = moveIn(device, new Storage(new Float32Array(1000)), 'float32', 'x');
    for (let i = 0; i < 500; i++) {
      const [y] = executable.run([new Storage(place)], []);
      y!.place.release!();
    }
    await device.settle();
    expect(device.counters.buffersCreated).toBeLessThan(10);
  });

  test.each<[DType, string, TypedArray]>([
    ['bool', 'u32', Uint8Array.of(1, 0, 1)],
    ['uint8', 'i32', Uint8Array.of(255, 0, 7)],
    ['int8', 'i32', Int8Array.of(-128, 127, -1)],
    ['int16', 'i32', Int16Array.of(-32768, 32767, -1)],
    ['int32', 'i32', Int32Array.of(-2147483648, 3, -1)],
    ['uint32', 'u32', Uint32Array.of(4294967295, 3, 1)],
    ['float16', 'f32', Uint16Array.of(0x3c00, 0xfbff, 0x0001)],
    ['bfloat16', 'f32', Uint16Array.of(0x3f80, 0xc2f7, 0x0080)],
  ])('%s goes there and comes back', async (dtype, word, values) => {
    const device = await open();
    const { program, shaders } = mapProgram([3], 'b1[i] = b0[i];', [dtype, word], [dtype, word]);
    const [y] = load(device, program, shaders).run([new Storage(values)], []);
    expect(await y!.read()).toEqual(values);
  });

  test('narrow elements lie packed, and fill their last word', async () => {
    const device = await open();
    const arrays = [
      ['int8', Int8Array.of(-128, 3, 7)],
      ['bool', Uint8Array.of(1, 0, 1, 1, 1)],
      ['float16', Uint16Array.of(0x3c00, 0xc000, 0x7e00)],
    ] as const;
    for (const [dtype, array] of arrays) {
      const { whole } = Block.take(device.content, deviceBytes(dtype, array.length), dtype);
      const place = DevicePlace.from(device, whole, array, dtype, dtype);
      expect(place.bytes).toBe(Math.ceil(array.byteLength / 4) * 4);
      expect(await place.read()).toEqual(array);
    }
  });

  test('empty tensors', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([0, 3], 'b1[i] = b0[i];');
    const [y] = load(device, program, shaders).run([storage()], []);
    expect(await y!.read()).toEqual(new Float32Array(0));
    expect(device.counters.dispatches).toBe(0);
  });

  test('an index out of range is reported by the next read, once', async () => {
    const device = await open();
    const program = programOf({
      inputs: [slot('indices', [3], 'int32')],
      outputs: [slot('y', [3], 'int32')],
      checks: [check(5)],
    });
    const gather = shader(
      'gather',
      3,
      [
        ['read', 'i32'],
        ['read_write', 'i32'],
      ],
      `b1[i] = b0[i];
       if (b0[i] >= 5 && atomicCompareExchangeWeak(&report[0], 0, 1).exchanged) {
         atomicStore(&report[1], b0[i]);
         atomicStore(&report[2], i32(i));
       }`,
      true,
    );
    const executable = load(device, program, emitted([gather], [dispatch(0, 3, [input(0), output(0)])]));
    const indices = (...values: number[]): Storage => new Storage(Int32Array.from(values));
    executable.run([indices(1, 9, 2)], []);
    const [fine] = executable.run([indices(0, 1, 2)], []);
    const first = fine!.read();
    await expect(first).rejects.toThrow(IndexError);
    await expect(first).rejects.toThrow(
      /embedding: index 9 at position 1 is out of range for 5 entries in embed[^]*train\.ts:12/,
    );
    expect(await fine!.read()).toEqual(Int32Array.of(0, 1, 2));
    executable.run([indices(4, 4, 4)], []);
    expect(await fine!.read()).toEqual(Int32Array.of(0, 1, 2));
  });

  test('a shader that does not compile is named by the next read', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([2], 'b1[i] = nonsense;');
    const executable = load(device, program, shaders);
    const [y] = executable.run([storage(1, 2)], []);
    await expect(y!.read()).rejects.toThrow(/the shader map of test is refused: [^]*nonsense/);
    await expect(loadAsync(device, program, mapProgram([2], 'b1[i] = rubbish;').shaders)).rejects.toThrow(
      /the shader map of test is refused: [^]*rubbish/,
    );
  });

  test('a value too large for any buffer is refused by its name', async () => {
    const device = await open();
    const elements = Math.floor(device.gpu.limits.maxBufferSize / 4) + 1;
    const { program, shaders } = mapProgram([1], 'b1[i] = b0[i];');
    const large = programOf({ ...program, outputs: [slot('y', [elements])] });
    expect(() => load(device, large, shaders).run([storage(1)], [])).toThrow(
      /the result float32\[\d+\] of test takes [\d.]+ MiB, and this WebGPU device has no buffer beyond/,
    );
  });

  test('a lost device says so', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([2], 'b1[i] = b0[i];');
    const executable = load(device, program, shaders);
    const [y] = executable.run([storage(1, 2)], []);
    device.gpu.destroy();
    await device.gpu.lost;
    expect(() => executable.run([storage(1, 2)], [])).toThrow(/the WebGPU device is lost[^]*initWebGPU/);
    await expect(y!.read()).rejects.toThrow(/the WebGPU device that held it is lost/);
    expect(() => load(device, program, shaders)).toThrow(/the WebGPU device is lost/);
  });

  test('a device lost while it is read says so', async () => {
    const device = await open();
    const { program, shaders } = mapProgram([2], 'b1[i] = b0[i];');
    const read = load(device, program, shaders)
      .run([storage(1, 2)], [])[0]!
      .read();
    device.gpu.destroy();
    await expect(read).rejects.toThrow(/the WebGPU device is lost/);
  });

  describe.each(['timestamps', 'completion'] as const)('the time of each step by %s', (clock) => {
    test('is measured: copies, several dispatches of one step, none of what is empty', async () => {
      const device = await open(clock === 'timestamps' ? ['timestamp-query'] : []);
      const { shaders: one, program } = mapProgram([2], 'b1[i] = b0[i];');
      const copy = { from: input(0), to: output(0), dtype: 'float32' } as const;
      const step = { kind: 'copy', ...copy } as Program['steps'][number] & { kind: 'copy' };
      const timed = programOf({
        ...program,
        outputs: [slot('y', [2]), slot('z', [2])],
        steps: [step, step, step],
      });
      const dispatched = dispatch(0, 2, [input(0), output(1)], 1);
      const commands = [
        { ...step, elements: 2, step: 0 },
        dispatched,
        dispatched,
        { ...step, elements: 0, step: 2 },
      ];
      const executable = load(device, timed, emitted(one.shaders, commands), { instrument: true });
      const since = performance.now();
      for (let i = 0; i < 3; i++)
        expect(await valuesOf(executable.run([storage(i, 2)], [])[0])).toEqual([i, 2]);
      const { times, calls } = executable.profile!;
      await expect.poll(() => times.map((time) => time.calls)).toEqual([3, 3, 0]);
      const elapsed = performance.now() - since;
      expect(times.every((time) => time.clock === clock && time.ms >= 0)).toBe(true);
      const total = times.reduce((sum, { ms }) => sum + ms, 0);
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThanOrEqual(elapsed);
      expect(calls).toHaveLength(6);
      calls.forEach((call, i) => {
        expect(call.step).toBe(i % 2);
        expect(call.start).toBeGreaterThanOrEqual(since);
        // They follow each other; the clocks of the two may differ in their last digits.
        if (i > 0) expect(call.start).toBeGreaterThanOrEqual(calls[i - 1]!.start + calls[i - 1]!.ms - 1e-3);
      });
      executable.release();
      expect(await valuesOf(executable.run([storage(7, 8)], [])[1])).toEqual([7, 8]);
    });
  });

  test('more commands than one set of timestamps holds', async () => {
    const device = await open(['timestamp-query']);
    const { program, shaders } = mapProgram([1], 'b1[i] = b0[i];');
    const count = 2500;
    const step = { kind: 'copy', from: input(0), to: output(0), elements: 1, dtype: 'float32' } as const;
    const many = programOf({ ...program, steps: Array.from({ length: count }, () => step) as never });
    const commands = Array.from({ length: count }, (_, i) => dispatch(0, 1, [input(0), output(0)], i));
    const executable = load(device, many, emitted(shaders.shaders, commands), { instrument: true });
    expect(await valuesOf(executable.run([storage(5)], [])[0])).toEqual([5]);
    const { times } = executable.profile!;
    await expect.poll(() => times.filter(({ calls }) => calls === 1)).toHaveLength(count);
    expect(times[count - 1]!.ms).toBeLessThan(1000);
  });
});
