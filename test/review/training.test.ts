/** Training steps written in unusual ways: lazy, fused and unfused forms agree. */
import { expect, test } from 'vitest';
import {
  Buffer,
  Parameter,
  compile,
  grad,
  nn,
  noGrad,
  optim,
  tensor,
  zeros,
  ones,
  F,
  checkpoint,
  customGradient,
  compilationCount,
  valueAndGrad,
  type Tensor,
  manualSeed,
  linspace,
} from 'fusegrad';
const v = (x: Tensor) => Array.from(x.dataSync(), Number);

test('gradient through a written parameter', () => {
  const w = new Parameter(tensor([2, 3]));
  const f = compile(() => {
    w.grad = null;
    noGrad(() => w.mul_(2));
    const l = w.square().sum();
    l.backward();
    return l;
  });
  expect(v(f())).toEqual([16 + 36]);
  expect(v(w.grad!)).toEqual([8, 12]);
  expect(v(f())).toEqual([64 + 144]);
  expect(v(w.grad!)).toEqual([16, 24]);
});
test('backward twice, and accumulation over several calls', () => {
  const w = new Parameter(tensor([2, 3]));
  const f = compile(() => {
    const l = w.square().sum();
    l.backward();
    l.backward();
    return l;
  });
  f();
  expect(v(w.grad!)).toEqual([8, 12]);
  f();
  expect(v(w.grad!)).toEqual([16, 24]);
  const g = compile(() => {
    w.grad = w.grad ? w.grad.mul(0.5) : null;
    return w.grad;
  });
  const r = g()!;
  expect(v(r)).toEqual([8, 12]);
  f();
  expect(v(r)).toEqual([8, 12]);
  expect(v(w.grad!)).toEqual([16, 24]);
});
test('backward of an older value after the parameter was written, inside a trace', () => {
  const w = new Parameter(tensor([2, 3]));
  const f = compile(() => {
    w.grad = null;
    const l = w.square().sum();
    noGrad(() => w.add_(10));
    l.backward();
    return [l, w];
  });
  let r: Tensor[] | undefined;
  let message = '';
  try {
    r = f() as Tensor[];
  } catch (e) {
    message = String(e);
  }
  if (r) {
    expect(v(r[0]!)).toEqual([13]);
    expect(w.grad && v(w.grad)).toEqual([4, 6]);
  } else expect(message).toMatch(/Stale|Gradient|overwritten/);
});
test('lazily: backward of an older value after the write', () => {
  const w = new Parameter(tensor([2, 3]));
  const l = w.square().sum();
  noGrad(() => w.add_(10));
  expect(v(l)).toEqual([13]);
  let message: string;
  try {
    l.backward();
    message = JSON.stringify(w.grad && v(w.grad));
  } catch (e) {
    message = String(e);
  }
  expect(message).toMatch(/Stale|overwritten|\[4,6\]|depends on nothing/);
});
test('optimizers: lazy, compiled, unfused agree', () => {
  const make = [
    (p: Parameter[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    (p: Parameter[]) => new optim.Adam(p, { lr: 0.1, amsgrad: true }),
    (p: Parameter[]) => new optim.AdamW(p, { lr: 0.1 }),
    (p: Parameter[]) => new optim.RMSprop(p, { lr: 0.1, momentum: 0.5, centered: true }),
    (p: Parameter[]) => new optim.Adagrad(p, { lr: 0.1 }),
  ];
  for (const opt of make) {
    const results = ['lazy', 'fused', 'unfused', 'read'].map((mode) => {
      const a = new Parameter(
        tensor([
          [1, -2],
          [3, 0.5],
        ]),
      );
      const b = new Parameter(tensor([0.3, 0.2]));
      const c = new Parameter(tensor(0.7));
      const o = opt([a, b, c]);
      const body = () => {
        o.zeroGrad();
        const l = a.matmul(b).mul(c).tanh().sum().add(a.square().mean());
        l.backward();
        o.step();
        return l;
      };
      const step = mode === 'lazy' || mode === 'read' ? body : compile(body, { fusion: mode === 'fused' });
      const losses: number[] = [];
      const kept: Tensor[] = [];
      for (let i = 0; i < 5; i++) {
        const l = step();
        kept.push(l);
        if (mode === 'read') {
          l.itemSync();
          a.grad!.dataSync();
        }
        if (i === 2) o.paramGroups[0]!.lr = 0.05;
      }
      for (const l of kept) losses.push(l.itemSync());
      return [...losses, ...v(a), ...v(b), ...v(c)];
    });
    for (const r of results.slice(1)) r.forEach((x, i) => expect(x).toBeCloseTo(results[0]![i]!, 4));
  }
});
test('eval and train, dropout, batch norm: buffers follow in both forms', () => {
  const run = (mode: string) => {
    manualSeed(4);
    const m = new nn.Sequential(
      new nn.Linear(3, 4),
      new nn.BatchNorm1d(4),
      new nn.ReLU(),
      new nn.Dropout(0.5),
      new nn.Linear(4, 1),
    );
    const o = new optim.SGD(m.parameters(), { lr: 0.05 });
    const body = (x: Tensor) => {
      o.zeroGrad();
      const l = (m(x) as Tensor).square().mean();
      l.backward();
      o.step();
      return l;
    };
    const step = mode === 'lazy' ? body : compile(body, { fusion: mode === 'fused' });
    const x = linspace(-1, 1, 12).reshape(4, 3);
    const out: number[] = [];
    for (let i = 0; i < 4; i++) {
      m.train(i !== 2);
      out.push(step(x).itemSync());
    }
    m.eval();
    out.push(...v(m(x) as Tensor));
    for (const [, t] of Object.entries(m.stateDict())) out.push(...v(t as Tensor));
    return out;
  };
  const [a, b, c] = ['lazy', 'fused', 'unfused'].map(run) as [number[], number[], number[]];
  a.forEach((x, i) => {
    expect(b[i]!).toBeCloseTo(x, 4);
    expect(c[i]!).toBeCloseTo(x, 4);
  });
});
test('warm calls compile nothing, whatever is read between', () => {
  const w = new Parameter(tensor([1, 2]));
  const f = compile((x: Tensor, cfg: { n: number }) => {
    w.grad = null;
    const l = w.mul(x).sum().mul(cfg.n);
    l.backward();
    return { l, g: w.grad };
  });
  const x = tensor([1, 1]);
  f(x, { n: 2 });
  f(x, { n: 2 });
  const before = compilationCount();
  for (let i = 0; i < 5; i++) {
    const r = f(x, { n: 2 });
    r.l.itemSync();
    v(r.g!);
    v(w.grad!);
    v(w);
  }
  expect(compilationCount()).toBe(before);
});
test('checkpoint, custom gradients and higher order in compiled functions', () => {
  const w = new Parameter(tensor([0.5, -0.25]));
  const h = (x: Tensor) => checkpoint((y: Tensor) => y.sin().mul(w).tanh(), x);
  const clip = customGradient({ forward: (x) => x.clamp(0), backward: (ct) => [ct.mul(3)] });
  const body = () => {
    const y = h(h(w));
    const [g] = grad(y.sum(), [w]);
    const l = g!.square().sum().add(clip(w).sum());
    w.grad = null;
    l.backward();
    return [l, w.grad!];
  };
  const lazy = body().map(v);
  for (const fusion of [true, false])
    compile(body, { fusion })()
      .map(v)
      .forEach((r, i) => r.forEach((x, j) => expect(x).toBeCloseTo(lazy[i]![j]!, 5)));
  expect(valueAndGrad((x: Tensor) => x.square().sum())(tensor([3])).gradients.map(v)).toEqual([[6]]);
});
test('a failed index leaves later calls right', () => {
  const e = new nn.Embedding(3, 2);
  const b = new Buffer(tensor([0]));
  const f = compile((i: Tensor) => {
    b.assign(b.add(1));
    return (e(i) as Tensor).sum();
  });
  f(tensor([0, 1], { dtype: 'int32' }));
  expect(() => f(tensor([0, 7], { dtype: 'int32' }))).toThrow();
  expect(v(b)).toEqual([1]);
  const ok = f(tensor([0, 2], { dtype: 'int32' })).itemSync();
  expect(Number.isFinite(ok)).toBe(true);
  expect(v(b)).toEqual([2]);
});
test('a tensor of a trace used later is refused; a captured lazy value is computed once', () => {
  let leaked: Tensor | undefined;
  const f = compile((x: Tensor) => {
    leaked = x.mul(2);
    return x;
  });
  f(ones(2));
  expect(() => v(leaked!)).toThrow();
  expect(() => leaked!.add(1).dataSync()).toThrow();
  const g = compile((x: Tensor) => x.add(leaked!));
  expect(() => g(ones(2))).toThrow();
  expect(v(zeros(2).add(1))).toEqual([1, 1]);
  void F;
});
