import { describe, expect, it, vi } from 'vitest';
import { compilationCount, compile, nn, optim, randn, tensor, type Tensor } from 'fusegrad';
import { orderOf } from '../../src/graph/index.js';

const parameter = (...values: number[]): nn.Parameter => new nn.Parameter(tensor(values));
const close = (expected: number): unknown => expect.closeTo(expected, 5) as unknown;

describe('an optimizer', () => {
  it('changes its rate without compiling', () => {
    const p = parameter(1);
    const optimizer = new optim.SGD([p], { lr: 0.5 });
    const step = compile((scale: Tensor) => {
      optimizer.zeroGrad();
      const loss = p.mul(scale).sum();
      loss.backward();
      optimizer.step();
      return loss;
    });
    step(tensor(1));
    expect(p.itemSync()).toBe(0.5);
    const before = compilationCount();
    optimizer.paramGroups[0]!.lr = 0.25;
    step(tensor(1));
    expect(p.itemSync()).toBe(0.25);
    expect(optimizer.paramGroups[0]!.lr).toBe(0.25);
    expect(compilationCount()).toBe(before);
    optimizer.paramGroups[0]!.weightDecay = 1;
    step(tensor(1));
    expect(p.itemSync()).toBe(0.25 - 0.25 * (1 + 0.25));
  });

  it('makes the scalars of a step once, and stretches each once to a shape', () => {
    const parameters = Array.from({ length: 9 }, (_, i) => new nn.Parameter(randn(2 + (i % 3), 3)));
    const optimizer = new optim.AdamW(parameters);
    const step = compile(() => {
      optimizer.zeroGrad();
      parameters
        .map((p) => p.square().sum())
        .reduce((a, b) => a.add(b))
        .backward();
      optimizer.step();
    });
    const { graph } = step.trace().compilation;
    const made = orderOf(graph).filter(({ sources }) => sources[0]!.origin === 'optimizer');
    const count = (op: string): number => made.filter((node) => node.op === op).length;
    const values = made.flatMap((node) => (node.op === 'constant' ? [String(node.attrs.value)] : []));
    expect(values.length).toBe(new Set(values).size);
    // Two rates of either average, eps, the step size, a root, and what decay leaves, for three shapes.
    expect(count('expand')).toBe(8 * 3);
    expect(count('state')).toBe(2 * 9 + 2);
  });

  it.each([
    ['Adam', optim.Adam],
    ['AdamW without decay', optim.AdamW],
  ] as const)('%s computes no decay that nobody asked for', (_, kind) => {
    const p = parameter(1);
    const optimizer = new kind([p], { weightDecay: 0, lr: 0.5 });
    const step = compile(() => {
      optimizer.zeroGrad();
      p.square().sum().backward();
      optimizer.step();
    });
    const { graph } = step.trace().compilation;
    const made = orderOf(graph).filter(({ sources }) => sources[0]!.origin === 'optimizer');
    const rate = made.filter(({ op, inputs }) => op === 'mul' && inputs.some((x) => x.op === 'constant'));
    expect(rate.filter(({ shape }) => shape.length === 0)).toHaveLength(2);
  });

  it('takes groups with options of their own', () => {
    const [a, b] = [parameter(1), parameter(1)];
    const optimizer = new optim.SGD([{ params: [a] }, { params: b, lr: 0.5 }], { lr: 0.1 });
    a.grad = tensor([1]);
    b.grad = tensor([1]);
    optimizer.step();
    expect([a.itemSync(), b.itemSync()]).toEqual([close(0.9), close(0.5)]);
    expect(() => optimizer.addParamGroup({ params: [a] })).toThrow(/twice/);
    expect(() => new optim.Adam([])).toThrow(/empty/);
    expect(() => new optim.Adam([a], { betas: [1, 0.9] })).toThrow(/betas\[0\]/);
    expect(() => new optim.SGD([a], { lr: -1 })).toThrow(/lr/);
  });

  it('leaves parameters without gradients alone, and counts their steps apart', () => {
    const updates = (absent: boolean): [number, number] => {
      const [a, b] = [parameter(1), parameter(1)];
      const optimizer = new optim.Adam([a, b], { lr: 0.1 });
      const gradients = [
        [1, 1],
        [2, 2],
        [0.5, absent ? null : 0.5],
        [1, 1],
      ] as const;
      for (const [ofA, ofB] of gradients) {
        a.grad = tensor([ofA]);
        b.grad = ofB === null ? null : tensor([ofB]);
        optimizer.step();
      }
      return [a.itemSync(), b.itemSync()];
    };
    const alone = (...gradients: number[]): number => {
      const p = parameter(1);
      const optimizer = new optim.Adam([p], { lr: 0.1 });
      for (const gradient of gradients) {
        p.grad = tensor([gradient]);
        optimizer.step();
      }
      return p.itemSync();
    };
    expect(updates(false)).toEqual([close(alone(1, 2, 0.5, 1)), close(alone(1, 2, 0.5, 1))]);
    expect(updates(true)).toEqual([close(alone(1, 2, 0.5, 1)), close(alone(1, 2, 1))]);
  });

  it('goes on from a saved state as if nothing had happened', () => {
    const run = (resume: boolean): number[] => {
      const p = parameter(1, 2);
      let optimizer = new optim.AdamW([p], { lr: 0.1, amsgrad: true });
      for (let i = 0; i < 6; i++) {
        if (resume && i === 3) {
          const saved = optimizer.stateDict();
          expect(Object.keys(saved.state['0']!)).toEqual(['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
          expect(saved.param_groups[0]).toMatchObject({
            lr: 0.1,
            weight_decay: 0.01,
            amsgrad: true,
            params: [0],
          });
          optimizer = new optim.AdamW([p]);
          optimizer.loadStateDict(saved);
        }
        p.grad = tensor([i - 2, 1 / (i + 1)]);
        optimizer.step();
      }
      return Array.from(p.dataSync(), Number);
    };
    expect(run(true)).toEqual(run(false));
    expect(() => new optim.Adam([parameter(1)]).loadStateDict({ state: {}, param_groups: [] })).toThrow(
      /groups/,
    );
  });

  it('agrees between the lazy and the compiled form', () => {
    const train = (compiled: boolean): number => {
      const p = parameter(3);
      const optimizer = new optim.Adam([p], { lr: 0.1 });
      const body = (): Tensor => {
        optimizer.zeroGrad();
        const loss = p.square().sum();
        loss.backward();
        optimizer.step();
        return loss;
      };
      const step = compiled ? compile(body) : body;
      for (let i = 0; i < 5; i++) step();
      return p.itemSync();
    };
    expect(train(true)).toBeCloseTo(train(false), 6);
  });

  it('makes state that does not start at zero inside a compiled step', () => {
    for (const Optimizer of [optim.Rprop, optim.Adagrad, optim.NAdam]) {
      const [p, q] = [parameter(1, -2), parameter(1, -2)];
      const [compiled, lazy] = [p, q].map((each) => {
        const optimizer = new Optimizer([each], { lr: 0.1 });
        return () => {
          optimizer.zeroGrad();
          each.pow(4).sum().backward();
          optimizer.step();
        };
      });
      const step = compile(compiled!);
      for (let i = 0; i < 3; i++) {
        step();
        lazy!();
      }
      expect(p.tolistSync()).toEqual((q.tolistSync() as number[]).map(close));
    }
  });

  it('traces a step anew when parameters come to differ in their steps', () => {
    const train = (compiled: boolean): number[] => {
      const [a, b] = [parameter(1), parameter(1)];
      const optimizer = new optim.Adam([a, b], { lr: 0.1 });
      const body = (both: boolean): void => {
        optimizer.zeroGrad();
        const loss = both ? a.square().add(b.square()) : a.square();
        loss.sum().backward();
        optimizer.step();
      };
      const step = compiled ? compile(body) : body;
      for (const both of [true, true, false, true, false, true]) step(both);
      return [a.itemSync(), b.itemSync()];
    };
    expect(train(true)).toEqual(train(false).map(close));
  });

  it('says once which gradients nobody uses', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    class Pair extends nn.Module {
      used = new nn.Linear(1, 1);
      forgotten = new nn.Linear(1, 1);
      forward(x: Tensor): Tensor {
        return this.forgotten(this.used(x));
      }
    }
    const model = new Pair();
    const optimizer = new optim.SGD(model.used.parameters(), { lr: 0.1 });
    for (let i = 0; i < 2; i++) {
      model(tensor([[1]]))
        .sum()
        .backward();
      optimizer.step();
    }
    expect(warn.mock.calls.map(([text]) => String(text).split(' has ')[0])).toEqual([
      'fusegrad: forgotten.weight',
      'fusegrad: forgotten.bias',
    ]);
    warn.mockRestore();
  });
});
