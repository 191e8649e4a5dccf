/** What the rest of the library sees of tensors whose content lies in linear memory: nothing. */
import { expect, test } from 'vitest';
import { Parameter, compile, optim, tensor, type Tensor } from 'fusegrad';
import { Device } from '../../../src/backends/wasm/memory.js';
import { moveIn, residentOf } from '../../../src/backends/wasm/resident.js';
import type { Storage } from '../../../src/backends/storage.js';

const storageOf = (of: Tensor): Storage => of.materialise().storage;

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
  moveIn(storageOf(weight), device, 'weight');
  moveIn(storageOf(x), device, 'x');
  expect(step(x).itemSync()).toBe(4.5);
  const before = device.buffer;
  device.begin();
  device.free(device.allocate(18 * MiB, 'a test'));
  expect(device.buffer).not.toBe(before);
  moveIn(storageOf(weight), device, 'weight');
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
  moveIn(storageOf(weight), device, 'weight');
  const data = weight.dataSync();
  expect(data.buffer).not.toBe(device.buffer);
  weight.set([4, 5, 6]);
  expect([...data]).toEqual([1, 2, 3]);
  expect(residentOf(storageOf(weight), device)).toBeDefined();
  expect([...weight.dataSync()]).toEqual([4, 5, 6]);
});
