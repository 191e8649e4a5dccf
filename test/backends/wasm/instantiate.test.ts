/** Programs over one linear memory: what lies where, what moves, and that no content is lost on the way. */
import { expect, test } from 'vitest';
import { Storage } from '../../../src/backends/storage.js';
import { Device } from '../../../src/backends/wasm/memory.js';
import { residentOf } from '../../../src/backends/wasm/resident.js';
import { BackendError } from '../../../src/core/index.js';
import { accumulate, base, bind, increment, loop, store, tiny } from './programs.js';

const MiB = 2 ** 20;
const filled = (length: number, value: number): Storage => new Storage(new Float32Array(length).fill(value));
const every = ({ array }: Storage): unknown => {
  const [first] = array;
  return array.every((value) => value === first) ? first : [...array];
};

/** Runs `body` for values that are copied and for values that have a region of their own. */
const sizes = [3, 10_000];

test.each(sizes)('inputs are read, states written where they lie, results made (%i elements)', async (n) => {
  const device = new Device();
  const executable = bind(await accumulate(n), device);
  const state = filled(n, 10);
  expect(every(executable.run([filled(n, 1)], [state])[0]!)).toBe(22);
  expect(residentOf(state, device)).toBeDefined();
  expect(every(executable.run([filled(n, 2)], [state])[0]!)).toBe(26);
  expect(every(state)).toBe(13);
});

test.each(sizes)('a state that the host wrote is read as it is now (%i elements)', async (n) => {
  const executable = bind(await accumulate(n), new Device());
  const state = filled(n, 0);
  executable.run([filled(n, 1)], [state]);
  (state.array as Float32Array).fill(5);
  expect(every(executable.run([filled(n, 1)], [state])[0]!)).toBe(12);
});

test.each(sizes)('results not read survive all later runs, whatever the budget (%i elements)', async (n) => {
  for (const resultLimit of [0, 100_000, 256 * MiB]) {
    const executable = bind(await increment(n), new Device({ resultLimit }));
    const results = Array.from({ length: 20 }, (_, i) => executable.run([filled(n, i)], [])[0]!);
    expect(results.map(every)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  }
});

test.each(sizes)('a result may be the argument of the program it came from (%i elements)', async (n) => {
  for (const resultLimit of [0, 100_000, 256 * MiB]) {
    const executable = bind(await increment(n), new Device({ resultLimit }));
    const chain = [filled(n, 0)];
    for (let i = 0; i < 10; i++) chain.push(executable.run([chain.at(-1)!], [])[0]!);
    expect(chain.map(every)).toEqual(chain.map((_, i) => i));
  }
});

test('an argument is copied, and what comes again moves in', async () => {
  const n = 10_000;
  const device = new Device();
  const executable = bind(await increment(n), device);
  const [once, again] = [filled(n, 1), filled(n, 2)];
  const { array } = once;
  executable.run([once], []);
  expect(once.array).toBe(array);
  for (let i = 0; i < 3; i++) expect(every(executable.run([again], [])[0]!)).toBe(3);
  expect(residentOf(again, device)).toBeDefined();
  expect(every(executable.run([once], [])[0]!)).toBe(2);
  expect([every(once), every(again)]).toEqual([1, 2]);
});

test('a mutable argument that was written between two calls is copied again', async () => {
  const n = 10_000;
  const executable = bind(await increment(n), new Device());
  const storage = filled(n, 1);
  executable.run([storage], []);
  (storage.array as Float32Array).fill(7);
  storage.version++;
  expect(every(executable.run([storage], [])[0]!)).toBe(8);
});

test('two programs share a state without copies', async () => {
  const n = 10_000;
  const device = new Device();
  const code = await accumulate(n);
  const [train, evaluate] = [bind(code, device), bind(code, device)];
  const state = filled(n, 0);
  train.run([filled(n, 1)], [state]);
  const { address } = residentOf(state, device)!;
  expect(every(evaluate.run([filled(n, 1)], [state])[0]!)).toBe(4);
  expect(residentOf(state, device)!.address).toBe(address);
});

test('views are made anew after growth', async () => {
  const n = MiB / 2;
  const device = new Device();
  const executable = bind(await accumulate(n), device);
  const states = Array.from({ length: 12 }, (_, i) => filled(n, i));
  const { array } = (executable.run([filled(n, 1)], [states[0]!]), states[0]!);
  for (const state of states) executable.run([filled(n, 1)], [state]);
  expect(array.byteLength).toBe(0);
  expect(states.map(every)).toEqual(states.map((_, i) => (i === 0 ? 2 : i + 1)));
});

test('past the soft limit the least recently used moves to the host and back, its content intact', async () => {
  const n = MiB / 4;
  const device = new Device({ softLimit: 8 * MiB });
  const executable = bind(await accumulate(n), device);
  const states = Array.from({ length: 20 }, (_, i) => filled(n, i));
  for (let round = 1; round <= 3; round++) {
    for (const state of states) executable.run([filled(n, 1)], [state]);
    expect(device.buffer.byteLength).toBeLessThanOrEqual(8 * MiB);
  }
  expect(states.filter((state) => residentOf(state, device)).length).toBeLessThan(20);
  expect(residentOf(states.at(-1)!, device)).toBeDefined();
  expect(states.map(every)).toEqual(states.map((_, i) => i + 3));
});

test('what one run needs may exceed the soft limit', async () => {
  const n = MiB;
  const device = new Device({ softLimit: MiB });
  const executable = bind(await accumulate(n), device);
  const state = filled(n, 1);
  expect(every(executable.run([filled(n, 1)], [state])[0]!)).toBe(4);
  expect(device.buffer.byteLength).toBeGreaterThan(12 * MiB);
});

test('programs that nobody released, and their states, stay within the soft limit', async () => {
  const n = 5000;
  const device = new Device({ softLimit: 4 * MiB });
  const code = await accumulate(n);
  const first = filled(n, 0);
  const input = new Float32Array(n).fill(1);
  for (let i = 0; i < 2000; i++) {
    bind(code, device).run([new Storage(input)], [i % 100 === 0 ? first : filled(n, 0)]);
  }
  expect(device.buffer.byteLength).toBeLessThanOrEqual(4 * MiB);
  expect(every(first)).toBe(20);
});

test('a program that can never fit says so before it runs', async () => {
  const code = await tiny('', { arenaBytes: 5 * 2 ** 30, states: [2 ** 28] });
  const device = new Device();
  expect(() => bind(code, device)).toThrow(BackendError);
  expect(() => bind(code, device)).toThrow(
    /tiny needs 6\.00 GiB of memory, and the wasm backend has 4\.00 GiB[^]*the arena of tiny \(5\.00 GiB\), state state0 \(1\.00 GiB\)/,
  );
});

test('what finds no room says what it needs, and nothing is lost', async () => {
  const n = MiB / 4;
  const device = new Device({ softLimit: 4 * MiB, hardLimit: 4 * MiB });
  const executable = bind(await accumulate(n), device);
  const state = filled(n, 1);
  executable.run([filled(n, 1)], [state]);
  // Taken by something that cannot be moved: no program does so.
  device.begin();
  const address = device.allocate(MiB, 'a test');
  const large = bind(await accumulate(n), device);
  expect(() => large.run([filled(n, 1)], [state])).toThrow(
    /no room for result output0: 1\.0 MiB needed, [^]*of 4\.0 MiB available[^]*the largest held by this run are/,
  );
  expect(every(state)).toBe(2);
  device.free(address);
  expect(every(large.run([filled(n, 1)], [state])[0]!)).toBe(6);
});

test('a failure is reported, once', async () => {
  const fail = (value: number): string => `(i32.store offset=${value} ${base(2)} (i32.const ${value + 3}))`;
  const when = `(if (f32.gt (f32.load ${base(3)}) (f32.const 0)) (then ${[0, 4, 8].map(fail).join(' ')}))`;
  const executable = bind(await tiny(when, { inputs: [1] }), new Device());
  executable.run([filled(1, 1)], []);
  expect([...executable.failure]).toEqual([3, 7, 11]);
  executable.failure.fill(0);
  executable.run([filled(1, 0)], []);
  expect([...executable.failure]).toEqual([0, 0, 0]);
});

test('arena and scratch lie apart from all else', async () => {
  const n = 10_000;
  const body = [0, 1].map((word) => loop(n, store(word, '(f32.const 9)'))).join('');
  const device = new Device();
  const wipe = bind(
    await tiny(body, { arenaBytes: 4 * n, scratchBytes: 4 * n, inputs: [n], states: [n], outputs: [n] }),
    device,
  );
  const executable = bind(await accumulate(n), device);
  const [input, state] = [filled(n, 1), filled(n, 1)];
  const [result] = executable.run([input], [state]);
  for (let i = 0; i < 3; i++) wipe.run([input], [state]);
  expect([input, state, result!].map(every)).toEqual([1, 2, 4]);
});

test('times are taken where the module says', async () => {
  const code = await tiny('(call $start) (call $stop (i32.const 0))', { inputs: [1] });
  const executable = bind(code, new Device(), { instrument: true });
  executable.run([filled(1, 0)], []);
  executable.run([filled(1, 0)], []);
  expect(executable.profile!.times.map(({ name, calls }) => [name, calls])).toEqual([['copy', 2]]);
  expect(bind(code, new Device()).profile).toBeUndefined();
});

test('state moves between a device whose memory is shared and one whose is not', async () => {
  const n = 10_000;
  const [own, shared] = [new Device(), new Device({ shared: true })];
  const [first, second] = [bind(await accumulate(n), own), bind(await accumulate(n, true), shared)];
  const state = filled(n, 0);
  first.run([filled(n, 1)], [state]);
  const [result] = second.run([filled(n, 1)], [state]);
  expect(every(result!)).toBe(4);
  expect(state.array.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(result!.array.slice().buffer).toBeInstanceOf(ArrayBuffer);
  first.run([filled(n, 1)], [state]);
  expect(every(state)).toBe(3);
});
