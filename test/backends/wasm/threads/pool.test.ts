/** Workers that come late, never, or die: programs run all the same. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  ArgumentError,
  Parameter,
  compile,
  getBackend,
  getNumThreads,
  optim,
  randn,
  setBackend,
  setNumThreads,
  manualSeed,
  type Tensor,
} from 'fusegrad';
import { device } from '../../../../src/backends/wasm/memory.js';
import { residentOf } from '../../../../src/backends/wasm/resident.js';
import { control } from '../../../../src/backends/wasm/threads/control.js';
import { workerSource } from '../../../../src/backends/wasm/threads/worker.js';
import { Team, withTeam } from './team.js';

const before = getBackend();
beforeEach(() => setBackend('wasm'));
afterEach(() => setBackend(before, { threads: 1 }));

const turn = (ms = 1): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Descends on the square of a matrix's product with itself; gives a step. */
function square(n: number): () => number {
  manualSeed(5);
  const weight = new Parameter(randn(n, n).mul(1 / n));
  const optimizer = new optim.SGD([weight], { lr: 0.1 });
  const step = compile(() => {
    optimizer.zeroGrad();
    const loss = weight.matmul(weight).square().sum();
    loss.backward();
    optimizer.step();
    return loss;
  });
  return () => step().itemSync();
}

const steps = 30;

/** Losses with time for workers between the steps. */
async function train(team: Team): Promise<number[]> {
  const step = square(40);
  const losses = [withTeam(team, step)];
  while (losses.length < steps) {
    await turn();
    losses.push(withTeam(team, step));
  }
  return losses;
}

const without = async (): Promise<number[]> => {
  const team = new Team(1);
  return train(team);
};

test('workers that never come are not waited for', async () => {
  const team = new Team(4, 'setTimeout(() => {}, 1e6)');
  expect(await train(team)).toEqual(await without());
  expect(team.notices).toEqual([]);
  team.pool.stop();
});

test('workers that come late take part from then on', async () => {
  const late = workerSource.replace(
    "port.on('message', receive)",
    "setTimeout(() => port.on('message', receive), 300)",
  );
  expect(late).not.toBe(workerSource);
  const team = new Team(2, late);
  const step = square(40);
  withTeam(team, step);
  team.mark();
  for (const until = performance.now() + 20_000; team.helped === 0 && performance.now() < until; await turn())
    withTeam(team, step);
  expect(team.helped).toBe(1);
  team.pool.stop();
});

test.each([
  ['cannot be read', 'this is no script', /Unexpected|missing/],
  ['fail at once', 'throw new Error("no luck")', /no luck/],
  ['end at once', 'process.exit(3)', /it ended with code 3/],
])('workers that %s: one notice, and one thread', async (_, source, reason) => {
  const team = new Team(3, source);
  expect(await train(team)).toEqual(await without());
  for (let i = 0; i < 200 && team.notices.length === 0; i++) await turn(20);
  await turn(100);
  expect(team.notices.length).toBe(1);
  expect(team.notices[0]).toMatch(reason);
});

test('a worker that fails within a kernel: the call throws, and the next has one thread', async () => {
  const broken = workerSource.replace(
    'help(thread, number);',
    'help(thread, number); if (words[79]) throw new Error("broken");',
  );
  const team = new Team(2, broken);
  const step = square(40);
  withTeam(team, step);
  const { words } = team.device;
  team.mark();
  for (const until = performance.now() + 20_000; team.helped === 0 && performance.now() < until; await turn())
    withTeam(team, step);
  // Unused by the threads themselves: it tells the changed source to fail from now on.
  expect(Object.values(control)).not.toContain(79 * 4);
  words[79] = 1;
  await expect(
    (async () => {
      for (let i = 0; i < 2000; i++) {
        withTeam(team, step);
        await turn();
      }
    })(),
  ).rejects.toThrow(/a worker failed/);
  for (let i = 0; i < 200 && team.notices.length === 0; i++) await turn(20);
  expect(team.notices).toEqual(['broken']);
  expect(Number.isFinite(step())).toBe(true);
});

test('programs that nobody holds are forgotten by the workers too', async () => {
  const team = new Team(2);
  withTeam(team, () => {
    for (let i = 0; i < 20; i++) square(20 + i)();
  });
  for (let i = 0; i < 50; i++) await turn();
  expect(Number.isFinite(withTeam(team, square(20)))).toBe(true);
  team.pool.stop();
});

test('the number of threads changes: state moves, values do not', async () => {
  const storageOf = (tensor: Tensor) => tensor.materialise().storage;
  const run = (changes: boolean): [number[], Parameter] => {
    manualSeed(7);
    const weight = new Parameter(randn(300, 300).mul(0.01));
    const optimizer = new optim.Adam([weight], { lr: 1e-3 });
    const step = compile(() => {
      optimizer.zeroGrad();
      const loss = weight.matmul(weight).square().sum();
      loss.backward();
      optimizer.step();
      return loss;
    });
    const losses = Array.from({ length: 12 }, (_, i) => {
      if (changes) setNumThreads([1, 2, 3, 1][i % 4]!);
      return step().itemSync();
    });
    return [losses, weight];
  };
  const [plain, still] = run(false);
  expect(residentOf(storageOf(still), device(false))).toBeDefined();
  const [changed, moved] = run(true);
  expect(changed).toEqual(plain);
  expect(residentOf(storageOf(moved), device(false))).toBeDefined();
  setNumThreads(2);
  compile((x: Tensor) => x.add(moved))(still);
  expect(residentOf(storageOf(moved), device(true))).toBeDefined();
  expect(moved.dataSync()).toEqual(still.dataSync());
  await turn();
});

test('a function may have a number of threads of its own', () => {
  const x = randn(200, 200);
  const own = compile((x: Tensor) => x.matmul(x), { threads: 2 });
  const { emitted, threads } = own.compilation(x);
  expect([threads, emitted.source.includes('$help')]).toEqual([2, true]);
  expect(getNumThreads()).toBe(1);
  expect(own(x).dataSync()).toEqual(compile((x: Tensor) => x.matmul(x))(x).dataSync());
});

test('small programs have no jobs', () => {
  const small = compile((x: Tensor) => x.matmul(x).softmax(-1), { threads: 2 });
  expect(small.compilation(randn(20, 20)).emitted.source).not.toContain('$help');
});

test('what is no number of threads is refused', () => {
  for (const count of [0, -1, 1.5, NaN, 65]) expect(() => setNumThreads(count)).toThrow(ArgumentError);
  expect(() => compile((x: Tensor) => x.neg(), { threads: 0 })(randn(2))).toThrow(ArgumentError);
  setBackend('js', { threads: 3 });
  expect(getNumThreads()).toBe(3);
});

test('memory that cannot be shared: one notice, and one thread', async () => {
  vi.resetModules();
  vi.stubGlobal('crossOriginIsolated', false);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    const { threadsAvailable } = await import('../../../../src/backends/wasm/threads/threads.js');
    expect([threadsAvailable(4), threadsAvailable(2), threadsAvailable(1)]).toEqual([1, 1, 1]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/one thread: the page is not cross-origin isolated/)],
    ]);
  } finally {
    vi.unstubAllGlobals();
    warn.mockRestore();
  }
});
