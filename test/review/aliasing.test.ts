/** Values, state and gradients that share memory or names: nobody sees the change of another. */
import { describe, expect, test } from 'vitest';
import {
  Buffer,
  Parameter,
  compile,
  isGradEnabled,
  nn,
  noGrad,
  ones,
  tensor,
  zeros,
  type Tensor,
} from 'fusegrad';

const v = (x: Tensor) => Array.from(x.dataSync(), Number);

describe('aliasing', () => {
  test('a lazy value of a tensor that becomes a leaf and is changed', () => {
    const x = tensor([1, 2, 3]);
    const y = x.mul(2);
    const f = compile((z: Tensor) => z.add(x));
    expect(v(f(zeros(3)))).toEqual([1, 2, 3]);
    const w = x.requiresGrad_();
    noGrad(() => w.add_(10));
    expect(v(y)).toEqual([2, 4, 6]);
    // It is state now, which a compiled function reads at every call.
    expect(v(f(zeros(3)))).toEqual([11, 12, 13]);
  });
  test('typed arrays handed in are copied', () => {
    const a = new Float32Array([1, 2]);
    const x = tensor(a);
    const y = x.mul(2);
    a[0] = 99;
    expect(v(y)).toEqual([2, 4]);
    const q = x.requiresGrad_();
    noGrad(() => q.add_(1));
    expect(a[1]).toBe(2);
  });
  test('result of a compiled function made a leaf', () => {
    const f = compile((x: Tensor) => {
      const y = x.mul(2);
      return [y, y, x, x];
    });
    const [a, b, c, d] = f(tensor([1, 2])) as [Tensor, Tensor, Tensor, Tensor];
    a.requiresGrad_();
    noGrad(() => a.add_(1));
    c.requiresGrad_();
    noGrad(() => c.add_(1));
    expect(v(a)).toEqual([3, 5]);
    expect(v(b)).toEqual([2, 4]);
    expect(v(c)).toEqual([2, 3]);
    expect(v(d)).toEqual([1, 2]);
  });
});

describe('gradients shared', () => {
  test('one gradient for two parameters', () => {
    const p = new Parameter(tensor([1, 1]));
    const q = new Parameter(tensor([1, 1]));
    const g0 = tensor([1, 2]);
    p.grad = g0;
    q.grad = g0;
    const read = compile(() => [p.grad!.mul(1), q.grad!.mul(1)]);
    expect(read().map(v)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    const acc = compile(() => {
      p.mul(10).sum().backward();
    });
    acc();
    expect(v(p.grad!)).toEqual([11, 12]);
    expect(read().map(v)).toEqual([
      [11, 12],
      [1, 2],
    ]);
    expect(read().map(v)).toEqual([
      [11, 12],
      [1, 2],
    ]);
  });
  test('a gradient handed from parameter to parameter', () => {
    const p = new Parameter(tensor([1, 1]));
    const q = new Parameter(tensor([1, 1]));
    const acc = compile(() => {
      p.mul(10).sum().backward();
    });
    acc();
    q.grad = p.grad;
    const read = compile(() => [p.grad!.mul(1), q.grad!.mul(1)]);
    expect(read().map(v)).toEqual([
      [10, 10],
      [10, 10],
    ]);
    const accq = compile(() => {
      q.mul(5).sum().backward();
    });
    accq();
    expect(v(q.grad!)).toEqual([15, 15]);
    expect(read().map(v)).toEqual([
      [10, 10],
      [15, 15],
    ]);
    expect(v(p.grad!)).toEqual([10, 10]);
  });
  test('a buffer as gradient stays a buffer', () => {
    const p = new Parameter(tensor([1, 1]));
    const b = new Buffer(tensor([3, 4]));
    const bump = compile(() => {
      b.assign(b.add(1));
      return b.mul(1);
    });
    expect(v(bump())).toEqual([4, 5]);
    p.grad = b;
    const read = compile(() => p.grad!.mul(1));
    expect(v(read())).toEqual([4, 5]);
    expect(v(bump())).toEqual([5, 6]);
    expect(v(b)).toEqual([5, 6]);
  });
});

describe('state', () => {
  test('lazy loop in halves with changing numbers', () => {
    const x = tensor([1, 2], { dtype: 'float16' });
    for (let i = 0; i < 5; i++) expect(v(x.mul(0.5 + i))).toEqual([0.5 + i, 1 + 2 * i]);
    const z = tensor([1, 2], { dtype: 'bfloat16' });
    for (let i = 0; i < 5; i++) expect(v(z.mul(0.5 + i))).toEqual([0.5 + i, 1 + 2 * i]);
    const l = tensor([1, 2], { dtype: 'int64' });
    for (let i = 0; i < 5; i++) expect(v(l.mul(3 + i))).toEqual([3 + i, 6 + 2 * i]);
    const u = tensor([true, false]);
    for (let i = 0; i < 5; i++) expect(v(u.eq(i % 2 === 0))).toEqual(i % 2 === 0 ? [1, 0] : [0, 1]);
  });
  test('returned state is a copy of that time', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile(() => {
      const before = w.mul(1);
      const raw = w;
      const kept = w.detach();
      noGrad(() => w.add_(1));
      return { before, after: w, raw, kept, sum: w.sum() };
    });
    const a = f();
    const b = f();
    expect([v(a.before), v(a.after), v(a.raw), v(a.kept), v(a.sum)]).toEqual([
      [1, 2],
      [2, 3],
      [2, 3],
      [1, 2],
      [5],
    ]);
    expect([v(b.before), v(b.after), v(b.kept)]).toEqual([
      [2, 3],
      [3, 4],
      [2, 3],
    ]);
    expect(v(a.after)).toEqual([2, 3]);
  });
  test('state among the arguments, written too', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile((x: Tensor) => {
      noGrad(() => w.copy_(w.add(x)));
      return x.mul(10);
    });
    expect(v(f(w))).toEqual([10, 20]);
    expect(v(w)).toEqual([2, 4]);
    expect(v(f(w))).toEqual([20, 40]);
    expect(v(w)).toEqual([4, 8]);
  });
  test('results kept', () => {
    const w = new Parameter(tensor([0]));
    const f = compile(() => {
      noGrad(() => w.add_(1));
      return w.mul(2).sum();
    });
    const kept = Array.from({ length: 100 }, () => f());
    expect(kept.map((x) => x.itemSync())).toEqual(Array.from({ length: 100 }, (_, i) => 2 * (i + 1)));
  });
  test('zero outputs, unused arguments, nested, same tensor twice', () => {
    const b = new Buffer(tensor([0]));
    const f = compile((_x: Tensor, _y: Tensor) => {
      b.assign(b.add(1));
    });
    expect(f(tensor([1]), tensor([2]))).toBe(undefined);
    f(tensor([1]), tensor([2]));
    expect(v(b)).toEqual([2]);
    const g = compile((x: Tensor) => {
      f(x, x);
      return [x, x, { a: x }, 3, 'k', null, b] as const;
    });
    const r = g(tensor([7]));
    expect([v(r[0]), v(r[1]), v(r[2].a), r[3], r[4], r[5], v(r[6])]).toEqual([
      [7],
      [7],
      [7],
      3,
      'k',
      null,
      [3],
    ]);
    expect(v(b)).toEqual([3]);
    const nothing = compile(() => undefined);
    expect(nothing()).toBe(undefined);
    const konst = compile(() => tensor([1, 2]));
    expect(v(konst())).toEqual([1, 2]);
    const one = compile(() => ones(2));
    expect(v(one())).toEqual([1, 1]);
    const x = tensor([5]);
    const same = compile((a: Tensor, c: Tensor) => [a.add(c), c, a]);
    expect(same(x, x).map(v)).toEqual([[10], [5], [5]]);
    expect(same(x, tensor([1])).map(v)).toEqual([[6], [1], [5]]);
  });
});

describe('failure in a trace', () => {
  test('restores everything', () => {
    const w = new Parameter(tensor([1, 2]));
    w.sum().backward();
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 2));
    const f = compile((x: Tensor, bad: boolean) => {
      w.grad = null;
      w.mul(3).sum().backward();
      const y = model(x);
      noGrad(() => {
        w.add_(1);
        if (bad) throw new Error('no');
      });
      return y;
    });
    expect(() => f(ones(1, 2), true)).toThrow('no');
    expect(isGradEnabled()).toBe(true);
    expect(v(w.grad!)).toEqual([1, 1]);
    expect(v(w)).toEqual([1, 2]);
    expect(v(w.mul(2))).toEqual([2, 4]);
    f(ones(1, 2), false);
    expect(v(w.grad!)).toEqual([3, 3]);
    expect(v(w)).toEqual([2, 3]);
    const inner = compile((x: Tensor) => {
      if (x.shape.length > 0) throw new Error('inner');
      return x;
    });
    const outer = compile((x: Tensor) => {
      try {
        inner(x);
      } catch {
        return x.mul(2);
      }
      return x;
    });
    expect(v(outer(tensor([4])))).toEqual([8]);
    expect(() => model(ones(1, 3))).toThrow();
    try {
      model(ones(1, 3));
    } catch (e) {
      expect(String(e)).not.toContain('0.0');
    }
  });
  test('an error of a lazy write loses no other value', () => {
    const w = new Parameter(tensor([1, 2]));
    const y = w.mul(2);
    const z = y.add(1);
    const b = new Buffer(tensor([0]));
    noGrad(() => w.add_(1));
    expect(v(z)).toEqual([3, 5]);
    const loss = w.sum();
    const q = y.mul(3);
    b.assign(1);
    noGrad(() => w.add_(1));
    expect(v(loss)).toEqual([5]);
    expect(() => v(q)).toThrow();
  });
});
