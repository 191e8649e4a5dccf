import { describe, expect, it } from 'vitest';
import { compilationCount, compile, nn, tensor, type Tensor } from 'fusegrad';

const x = tensor([[1, 2]]);

describe('what a compiled function depends on', () => {
  it('is train or eval mode: each is traced once', () => {
    const net = new nn.Sequential(new nn.Identity(), new nn.Dropout(1));
    const run = compile((input: Tensor) => net(input));
    expect(run(x).tolistSync()).toEqual([[0, 0]]);
    net.eval();
    expect(run(x).tolistSync()).toEqual([[1, 2]]);
    const before = compilationCount();
    net.train();
    expect(run(x).tolistSync()).toEqual([[0, 0]]);
    net.eval();
    expect(run(x).tolistSync()).toEqual([[1, 2]]);
    expect(compilationCount()).toBe(before);
  });

  it('is options, submodules, hooks, and any field a forward reads', () => {
    class Scaled extends nn.Module {
      factor = 2;
      inner = new nn.Linear(2, 1);
      forward(input: Tensor): Tensor {
        return this.inner(input).mul(this.factor);
      }
    }
    const module = new Scaled();
    const give = (weight: readonly number[]): nn.Linear => {
      const linear = new nn.Linear(2, 1, { bias: false });
      linear.weight.set(weight);
      return linear;
    };
    module.inner = give([1, 1]);
    const run = compile((input: Tensor) => module(input));
    expect(run(x).itemSync()).toBe(6);
    module.factor = 3;
    expect(run(x).itemSync()).toBe(9);
    module.inner = give([0, 1]);
    expect(run(x).itemSync()).toBe(6);
  });

  it('is forward hooks', () => {
    const module = new nn.Linear(2, 1, { bias: false });
    module.weight.set([0, 3]);
    const run = compile((input: Tensor) => module(input));
    const hook = module.registerForwardHook((_, __, output) => (output as Tensor).add(1));
    expect(run(x).itemSync()).toBe(7);
    hook.remove();
    expect(run(x).itemSync()).toBe(6);
  });

  it('is not the content of parameters', () => {
    const linear = new nn.Linear(2, 1, { bias: false });
    const run = compile((input: Tensor) => linear(input));
    run(x);
    const before = compilationCount();
    linear.weight.set([3, 4]);
    expect(run(x).itemSync()).toBe(11);
    expect(compilationCount()).toBe(before);
  });

  it('moves running statistics at each call', () => {
    const norm = new nn.BatchNorm1d(1, { momentum: 0.5 });
    const run = compile((input: Tensor) => norm(input));
    const batch = tensor([[1], [3]]);
    run(batch);
    run(batch);
    expect(norm.runningMean!.tolistSync()).toEqual([1.5]);
    expect(norm.numBatchesTracked!.itemSync()).toBe(2);
  });
});
