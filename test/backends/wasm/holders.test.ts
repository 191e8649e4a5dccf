/** What the rest of the library sees of tensors whose content lies in linear memory: nothing. */
import { expect, test, vi } from 'vitest';
import { Parameter, compile, dtypes, optim, tensor, type Tensor } from 'fusegrad';
import { Device } from '../../../src/backends/wasm/memory.js';
import { moveIn, residentOf, type Content } from '../../../src/backends/wasm/resident.js';
import { Storage, Zeros } from '../../../src/backends/storage.js';

const storageOf = (of: Tensor): Storage => of.materialise().storage;
const three = (what: string): Content => ({ what, type: Float32Array, length: 3, bytes: 12 });

test('the js backend trains a parameter that lies in linear memory, before and after growth and eviction', () => {
  const MiB = 2 ** 20;
  const device = new Device({ softLimit: 20 * MiB });
  const weight = new Parameter(tensor([1, 2, 3]));
  const x = tensor([1, 1, 1]);
  const optimizer = new optim.SGD([weight], { lr: 0.5 });
  const step = compile((x: Tensor) => {
    optimizer.zeroGrad();
    const loss = weight.mul(x).sum();
    loss.backward();
    optimizer.step();
    return loss;
  });
  expect(step(x).itemSync()).toBe(6);
  moveIn(storageOf(weight), device, three('weight'));
  moveIn(storageOf(x), device, three('x'));
  expect(step(x).itemSync()).toBe(4.5);
  const before = device.buffer;
  device.begin();
  device.free(device.allocate(18 * MiB, 'a test'));
  expect(device.buffer).not.toBe(before);
  moveIn(storageOf(weight), device, three('weight'));
  expect(step(x).itemSync()).toBe(3);
  device.begin();
  // All there is between the null page and the last line.
  device.free(device.allocate(20 * MiB - 1088, 'a test'));
  expect(residentOf(storageOf(weight), device)).toBeUndefined();
  expect(step(x).itemSync()).toBe(1.5);
  expect(weight.tolistSync()).toEqual([-1, 0, 1]);
});

test('what a user reads is a copy', () => {
  const device = new Device();
  const weight = new Parameter(tensor([1, 2, 3]));
  moveIn(storageOf(weight), device, three('weight'));
  const data = weight.dataSync();
  expect(data.buffer).not.toBe(device.buffer);
  weight.set([4, 5, 6]);
  expect([...data]).toEqual([1, 2, 3]);
  expect(residentOf(storageOf(weight), device)).toBeDefined();
  expect([...weight.dataSync()]).toEqual([4, 5, 6]);
});

test('zeros that nobody has looked at take no array of the host, and are zero where others have written', () => {
  const device = new Device();
  const place = (what: string): Content => ({ what, type: Float32Array, length: 64, bytes: 256 });
  const used = moveIn(new Storage(new Float32Array(64).fill(7)), device, place('used'));
  const { address } = used;
  used.release();

  const zeros = new Zeros('float32', [64]);
  const array = vi.spyOn(zeros, 'array', 'get');
  const storage = new Storage(zeros);
  const copy = storage.copy();
  const resident = moveIn(storage, device, place('zeros'));
  expect(resident.address).toBe(address);
  expect(array).not.toHaveBeenCalled();
  expect([...storage.array]).toEqual(new Array(64).fill(0));

  // A copy is apart from what it was made of, and what was written over it moves.
  storage.write(new Float32Array(64).fill(1));
  expect([...copy.array]).toEqual(new Array(64).fill(0));
  copy.array[3] = 5;
  const again = copy.copy();
  copy.write(new Float32Array(64).fill(2));
  expect(again.array[3]).toBe(5);
  expect([...moveIn(copy, device, place('copy')).array]).toEqual(new Array(64).fill(2));
  const written = new Storage(new Zeros('float32', [64]));
  written.write(new Float32Array(64).fill(3));
  expect([...moveIn(written, device, place('written')).array]).toEqual(new Array(64).fill(3));
});

test('zeros of every kind of element, and a move that fails leaves nothing behind', () => {
  const device = new Device();
  for (const dtype of ['int64', 'float64', 'bool', 'float16'] as const) {
    const { array: type } = dtypes[dtype];
    const bytes = 8 * dtypes[dtype].bytes;
    const content: Content = { what: 'zeros', type, length: 8, bytes };
    const dirty = moveIn(new Storage(new Uint8Array(bytes).fill(255)), device, {
      ...content,
      type: Uint8Array,
      length: bytes,
    });
    dirty.release();
    const { array } = moveIn(new Storage(new Zeros(dtype, [8])), device, content);
    expect(array.every((value) => Number(value) === 0)).toBe(true);
  }
  const before = device.regions.size;
  const lost = new Storage({
    get array(): Float32Array {
      throw new Error('read by waiting');
    },
  });
  expect(() => moveIn(lost, device, three('lost'))).toThrow('read by waiting');
  expect(device.regions.size).toBe(before);
});
