/** Buffers that timestamps go through are given back. */
import { expect, test, vi } from 'vitest';
import { Storage } from '../../../src/backends/storage.js';
import { Device, usage } from '../../../src/backends/webgpu/device.js';
import { load } from '../../../src/backends/webgpu/executable.js';
import { adapter, requestDevice } from './adapter.js';
import { mapProgram, programOf } from './programs.js';

interface Made {
  readonly flags: number;
  readonly destroyed: () => number;
}

test.skipIf(!adapter)(
  'runs share one buffer of timestamps, and those that are read go after each',
  async () => {
    const gpu = await requestDevice(['timestamp-query']);
    const made: Made[] = [];
    let unreadable = false;
    const create = gpu.createBuffer.bind(gpu);
    gpu.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const destroy = vi.spyOn(buffer, 'destroy');
      made.push({ flags: descriptor.usage, destroyed: () => destroy.mock.calls.length });
      if (unreadable && descriptor.label?.startsWith('timestamps'))
        buffer.mapAsync = () => Promise.reject(new Error());
      return buffer;
    };
    const { program, shaders } = mapProgram([2], 'b1[i] = b0[i] * 2.0;');
    const [from, to] = [{ space: 'input', index: 0 } as const, { space: 'output', index: 0 } as const];
    const step = { kind: 'copy', from, to, elements: 2, dtype: 'float32' } as const;
    const timed = programOf({ ...program, steps: [step] });
    const executable = load(new Device(gpu), timed, shaders, { instrument: true });
    for (unreadable of [false, false, true]) {
      const [y] = executable.run([new Storage(Float32Array.of(1, 2))], []);
      expect(await y!.read()).toEqual(Float32Array.of(2, 4));
    }
    const { times } = executable.profile!;
    await expect.poll(() => times[0]!.calls).toBe(2);
    const resolved = made.filter(({ flags }) => flags & usage.queryResolve);
    expect(resolved.map(({ destroyed }) => destroyed())).toEqual([0]);
    executable.release();
    expect(resolved.map(({ destroyed }) => destroyed())).toEqual([1]);
    // A read has one of its own besides, which is used again.
    const read = made.filter(({ flags }) => flags & usage.mapRead);
    expect(read.map(({ destroyed }) => destroyed()).sort()).toEqual([0, 1, 1, 1]);
    gpu.destroy();
  },
);
