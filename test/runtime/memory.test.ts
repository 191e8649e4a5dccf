/** Memory stays flat, however a loop awaits, and a warm step leaves next to nothing for the collector. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { F, compilationCount, compile, manualSeed, nn, optim, rand, randint, type Tensor } from 'fusegrad';
import { GPTBlock } from '../../examples/bench/gpt-block.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that live on after a collection, off the heap too. */
function alive(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A training step of a small MLP. */
function mlpStep(): () => Tensor {
  manualSeed(0);
  const model = new nn.Sequential(new nn.Linear(16, 32), new nn.ReLU(), new nn.Linear(32, 4));
  const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3, momentum: 0.9 });
  const x = rand(16, 16);
  const labels = randint(0, 4, [16]);
  x.dataSync();
  labels.dataSync();
  return () => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(x), labels);
    loss.backward();
    optimizer.step();
    return loss;
  };
}

const loops: Record<string, (step: () => Tensor, steps: number) => void | Promise<void>> = {
  'runs synchronously': (step, steps) => {
    for (let i = 0; i < steps; i++) if (step() && i % 10 === 0) step().itemSync();
  },
  'only awaits': async (step, steps) => {
    for (let i = 0; i < steps; i++) await step().item();
  },
  'yields to the event loop': async (step, steps) => {
    for (let i = 0; i < steps; i++) {
      step();
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
};

/** A lazy step costs more than ten compiled ones. */
for (const [form, steps] of [
  ['compiled', 10_000],
  ['lazy', 2000],
] as const) {
  describe(`a ${form} loop`, { timeout: 240_000 }, () => {
    for (const [name, loop] of Object.entries(loops)) {
      test(`that ${name} keeps memory flat over ${steps} steps`, async () => {
        const step = form === 'compiled' ? compile(mlpStep()) : mlpStep();
        await loop(step, 500);
        const programs = compilationCount();
        // Type feedback and optimised code grow for a while; a leak grows in every round.
        let growth = Infinity;
        for (let round = 0; round < 3 && growth > 50_000; round++) {
          const before = alive();
          await loop(step, steps);
          growth = alive() - before;
        }
        expect(growth).toBeLessThanOrEqual(50_000);
        expect(compilationCount()).toBe(programs);
      });
    }
  });
}

/** Bytes a warm call takes on the heap: the least of several rounds, since the engine itself allocates in some. */
function allocated(step: () => unknown): number {
  for (let i = 0; i < 1000; i++) step();
  const rounds = Array.from({ length: 8 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100; i++) step();
    return (process.memoryUsage().heapUsed - before) / 100;
  });
  // A collection in between would make a round negative.
  return Math.min(...rounds.filter((bytes) => bytes > 0));
}

describe('a warm step allocates under 2 KB', () => {
  test('for an MLP', () => {
    expect(allocated(compile(mlpStep()))).toBeLessThan(2048);
  });

  test('for a GPT block', () => {
    manualSeed(0);
    const model = new GPTBlock(16, 2);
    const optimizer = new optim.Adam(model.parameters());
    const x = rand(2, 8, 16);
    const y = rand(2, 8, 16);
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const loss = F.mseLoss(model(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    });
    expect(allocated(() => step(x, y))).toBeLessThan(2048);
  });
});
