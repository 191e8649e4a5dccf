/** Any number of threads gives the same bits, however finely launches are cut. */
import fc from 'fast-check';
import { afterAll, describe, expect, it, test } from 'vitest';
import {
  F,
  compile,
  getBackend,
  manualSeed,
  nn,
  optim,
  randn,
  setBackend,
  tensor,
  type Tensor,
} from 'fusegrad';
import { GPTBlock } from '../../../../examples/bench/gpt-block.js';
import type { Storage } from '../../../../src/backends/storage.js';
import { print } from '../../../../src/graph/index.js';
import { Instance, compileGraph } from '../../../../src/runtime/index.js';
import { storagesOf } from '../../../equivalence/storages.js';
import { randomGraph } from '../../../oracle/random-graph.js';
import { Team, bytesOf, withTeam } from './team.js';

const counts = [1, 2, 3, 4];
const runs = Number(process.env['FUSEGRAD_RUNS'] ?? 100);

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Runs `step` until a worker has taken part. */
async function untilHelped(team: Team, step: () => void): Promise<void> {
  const until = performance.now() + 20_000;
  do {
    team.mark();
    withTeam(team, step);
    await turn();
  } while (team.helped === 0 && performance.now() < until);
  expect(team.helped).toBeGreaterThan(0);
}

it('random graphs', async () => {
  const teams = counts.map((count) => new Team(count));
  await fc.assert(
    fc.asyncProperty(randomGraph(), async ({ graph, data }) => {
      const all = teams.map((team) =>
        withTeam(team, () => {
          const compilation = compileGraph(graph, { backend: 'wasm' });
          const instance = new Instance(compilation);
          const storages = storagesOf(graph, data);
          const results = instance.run(compilation.leaves, (leaf) => storages.get(leaf) as Storage, []);
          return results.map(bytesOf);
        }),
      );
      all.forEach((results, i) => {
        results.forEach((bytes, j) => {
          const at = bytes.findIndex((byte, k) => byte !== all[0]![j]![k]);
          if (at >= 0)
            throw new Error(`output ${j}, byte ${at} differs with ${counts[i]} threads\n${print(graph)}`);
        });
      });
      await Promise.resolve();
    }),
    { numRuns: runs },
  );
  expect(teams[1]!.split).toBeGreaterThan(runs / 4);
  for (const { pool, notices } of teams) {
    expect(notices).toEqual([]);
    pool.stop();
  }
}, 120_000);

describe('training', () => {
  const before = getBackend();
  setBackend('wasm');
  afterAll(() => setBackend(before));

  class CNN extends nn.Module {
    readonly conv1 = new nn.Conv2d(1, 8, 3, { padding: 1 });
    readonly norm = new nn.BatchNorm2d(8);
    readonly conv2 = new nn.Conv2d(8, 16, 3, { stride: 2 });
    readonly dropout = new nn.Dropout(0.2);
    readonly fc = new nn.Linear(16 * 6 * 6, 10);
    forward(x: Tensor): Tensor {
      const h = this.conv2(this.norm(this.conv1(x)).relu()).relu();
      return this.fc(this.dropout(h).flatten(1));
    }
  }

  /** Wide enough for minimal filtering, by tiles, by lines and of gradients. */
  class Filtered extends nn.Module {
    readonly conv1 = new nn.Conv2d(16, 16, 3, { padding: 1 });
    readonly conv2 = new nn.Conv2d(16, 16, 5, { padding: 2 });
    forward(x: Tensor): Tensor {
      return this.conv2(this.conv1(x).relu());
    }
  }

  class GPT extends nn.Module {
    readonly embed = new nn.Embedding(50, 32);
    readonly block = new GPTBlock(32, 4);
    readonly head = new nn.Linear(32, 50);
    forward(tokens: Tensor): Tensor {
      return this.head(this.block(this.embed(tokens))).flatten(0, 1);
    }
  }

  const ints = (shape: readonly [number, number], below: number): Tensor => {
    const [rows, columns] = shape;
    const row = (i: number): number[] => Array.from({ length: columns }, (_, j) => (i * 31 + j * 17) % below);
    return tensor(
      Array.from({ length: rows }, (_, i) => row(i)),
      { dtype: 'int32' },
    );
  };

  const models = {
    cnn: (): [() => Tensor, nn.Module] => {
      const model = new CNN();
      const [x, y] = [randn(8, 1, 14, 14), ints([1, 8], 10).flatten()];
      return [() => F.crossEntropy(model(x), y), model];
    },
    filtered: (): [() => Tensor, nn.Module] => {
      const model = new Filtered();
      const x = randn(2, 16, 16, 32);
      return [() => F.mseLoss(model(x), x), model];
    },
    gpt: (): [() => Tensor, nn.Module] => {
      const model = new GPT();
      const [x, y] = [ints([4, 24], 50), ints([4, 24], 50).flatten()];
      return [() => F.crossEntropy(model(x), y), model];
    },
  };

  async function train(team: Team, make: () => [() => Tensor, nn.Module], steps: number): Promise<unknown> {
    return withTeam(team, () => {
      manualSeed(3);
      const [loss, model] = make();
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
      const step = compile(() => {
        optimizer.zeroGrad();
        const value = loss();
        value.backward();
        optimizer.step();
        return value;
      });
      const losses = Array.from({ length: steps }, () => step().itemSync());
      const state = Object.values(model.stateDict()).map((each) => [...(each as Tensor).dataSync()]);
      return { losses, state, step };
    });
  }

  test.each(Object.entries(models))('%s', async (_, make) => {
    const results: unknown[] = [];
    for (const count of counts) {
      const team = new Team(count);
      const { step, ...result } = (await train(team, make, 20)) as { step: () => Tensor };
      results.push(result);
      if (count > 1) await untilHelped(team, () => void step());
      expect(team.notices).toEqual([]);
      team.pool.stop();
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test('attention without a matrix of scores', async () => {
    const attend = (): [() => Tensor, nn.Module] => {
      const model = new nn.Linear(8, 24);
      const x = randn(1, 1500, 8);
      const loss = (): Tensor => {
        const [q, k, v] = model(x).reshape(1, 1500, 1, 24).transpose(1, 2).chunk(3, -1) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        return F.scaledDotProductAttention(q, k, v, { isCausal: true }).square().sum();
      };
      return [loss, model];
    };
    const results: unknown[] = [];
    for (const count of counts) {
      const team = new Team(count);
      const { step: _, ...result } = (await train(team, attend, 3)) as { step: () => Tensor };
      results.push(result);
      team.pool.stop();
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test('2,000 steps', async () => {
    const small = (): [() => Tensor, nn.Module] => {
      const model = new nn.Sequential(new nn.Linear(20, 33), new nn.Tanh(), new nn.Linear(33, 7));
      const [x, y] = [randn(40, 20), ints([1, 40], 7).flatten()];
      return [() => F.crossEntropy(model(x), y), model];
    };
    const results: unknown[] = [];
    for (const count of [1, 3]) {
      const team = new Team(count);
      const { step, ...result } = (await train(team, small, 2000)) as { step: () => Tensor };
      results.push(result);
      if (count > 1) await untilHelped(team, () => void step());
      team.pool.stop();
    }
    expect(results[1]).toEqual(results[0]);
  }, 120_000);

  test('the first index out of range is named, whoever finds it', async () => {
    const x = randn(50, 8);
    const index = Array.from({ length: 4000 }, (_, i) => i % 50);
    for (const at of [3999, 2718, 1234]) index[at] = 50 + at;
    const rows = tensor(index, { dtype: 'int32' });
    for (const count of counts) {
      const team = new Team(count);
      await withTeam(team, async () => {
        const pick = compile((x: Tensor, rows: Tensor) => F.embedding(rows.add(0), x).mul(2));
        for (let i = 0; i < 20; i++) {
          expect(() => pick(x, rows)).toThrow(/index 1284 at position 1234 is out of range for 50/);
          await turn();
        }
      });
      team.pool.stop();
    }
  });
});
