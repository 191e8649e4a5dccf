/** Running without compile(): one program a step, from a cache keyed by structure. */
import { describe, expect, test } from 'vitest';
import {
  F,
  Parameter,
  compilationCount,
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  tensor,
  type Tensor,
} from 'fusegrad';

function regression() {
  manualSeed(3);
  const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 1));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const x = tensor(rand(16, 4).dataSync() as Float32Array, { shape: [16, 4] });
  const y = tensor(rand(16, 1).dataSync() as Float32Array, { shape: [16, 1] });
  const step = (): Tensor => {
    optimizer.zeroGrad();
    const loss = F.mseLoss(model(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { model, step };
}

describe('a training loop', { timeout: 120_000 }, () => {
  test('compiles at most two programs over 1,000 steps, read at irregular steps', () => {
    const { step } = regression();
    const before = compilationCount();
    const read: number[] = [];
    const kept: Tensor[] = [];
    for (let i = 0; i < 1000; i++) {
      const loss = step();
      // A fixed sequence without a period shorter than the loop.
      if ((i * i + i) % 7 === 0 || i % 11 === 3) read.push(loss.itemSync());
      if (i % 100 === 50) kept.push(loss);
    }
    expect(compilationCount() - before).toBeLessThanOrEqual(2);
    expect(read.at(-1)!).toBeLessThan(read[0]!);
    const keptValues = kept.map((loss) => loss.itemSync());
    expect(keptValues.every((value, i) => i === 0 || value <= keptValues[i - 1]! * 1.05)).toBe(true);
  });

  test('whose loss is read before the update compiles no more than three', () => {
    manualSeed(3);
    const w = new Parameter(tensor([2]));
    const optimizer = new optim.SGD([w], { lr: 0.1 });
    const before = compilationCount();
    for (let i = 0; i < 50; i++) {
      optimizer.zeroGrad();
      const loss = w.square().sum();
      // w is multiplied by 1 - 2 * 0.1 at every step
      expect(loss.itemSync()).toBeCloseTo(4 * 0.8 ** (2 * i), 4);
      loss.backward();
      optimizer.step();
    }
    expect(compilationCount() - before).toBeLessThanOrEqual(3);
  });
});

describe('programs that differ in numbers only', () => {
  test('are compiled twice, not once for each number', () => {
    const x = tensor([1, 2]);
    const before = compilationCount();
    for (let i = 1; i <= 20; i++) {
      const y = x.mul(i + 0.5).add(i * 0.25);
      expect(Array.from(y.dataSync(), Number)).toEqual([i + 0.5 + i * 0.25, 2 * i + 1 + i * 0.25]);
    }
    expect(compilationCount() - before).toBeLessThanOrEqual(2);
  });

  test('keep -0 and NaN apart from 0', () => {
    const x = tensor([1]);
    const quotients = [0, -0, NaN].map((zero) => x.div(x.mul(zero)).itemSync());
    expect(quotients).toEqual([Infinity, -Infinity, NaN]);
  });
});

describe('values', () => {
  test('are computed once, together when asked together, and keep their gradients', () => {
    const w = new Parameter(tensor([2]));
    const y = w.square();
    expect(y.itemSync()).toBe(4);
    y.mul(3).sum().backward();
    expect(w.grad!.itemSync()).toBe(12);
  });

  test('are not computed by looking at them', () => {
    const before = compilationCount();
    const y = tensor([1, 2]).exp();
    expect(String(y)).toMatch(/^Tensor\(float32\[2\], lazy, runtime\/lazy\.test\.ts:\d+:\d+\)$/);
    expect(compilationCount()).toBe(before);
    y.dataSync();
    expect(String(y)).toBe('tensor([2.7183, 7.3891])');
  });

  test('that nothing reads do not pile up', () => {
    const x = tensor([1]);
    let last = x;
    for (let i = 0; i < 3000; i++) last = x.add(i);
    expect(last.itemSync()).toBe(3000);
  });

  test('deeply chained neither overflow the stack nor take long', () => {
    let x = tensor([0]);
    for (let i = 0; i < 5000; i++) x = x.add(1);
    expect(noGrad(() => x.itemSync())).toBe(5000);
  });
});
