/** Lazy values, compiled functions, gradients and writes from the host, one between the other. */
import { describe, expect, test } from 'vitest';
import {
  Buffer,
  Parameter,
  assignAll,
  cat,
  compilationCount,
  compile,
  grad,
  manualSeed,
  noGrad,
  optim,
  rand,
  tensor,
  zeros,
  type Tensor,
} from 'fusegrad';

const v = (x: Tensor) => Array.from(x.dataSync(), Number);

describe('lazy and compiled', () => {
  test('gradients accumulate across both', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile(() => {
      w.mul(2).sum().backward();
    });
    w.sum().backward();
    f();
    expect(v(w.grad!)).toEqual([3, 3]);
    w.sum().backward();
    expect(v(w.grad!)).toEqual([4, 4]);
    const norm = w.grad!.mul(1);
    f();
    expect(v(w.grad!)).toEqual([6, 6]);
    expect(v(norm)).toEqual([4, 4]);
    f();
    w.grad = null;
    f();
    expect(v(w.grad!)).toEqual([2, 2]);
    const o = new optim.SGD([w], { lr: 0.5 });
    o.step();
    expect(v(w)).toEqual([0, 1]);
    const step = compile(() => {
      o.step();
      o.zeroGrad();
    });
    step();
    expect(v(w)).toEqual([-1, 0]);
    expect(w.grad).toBe(null);
    step();
    expect(v(w)).toEqual([-1, 0]);
    f();
    step();
    expect(v(w)).toEqual([-2, -1]);
  });
  test('grad kept from before a step', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile(() => {
      w.grad = null;
      w.square().sum().backward();
      noGrad(() => w.sub_(w.grad!));
    });
    f();
    const kept = w.grad!.mul(1);
    f();
    expect(v(kept)).toEqual([2, 4]);
    expect(v(w.grad!)).toEqual([-2, -4]);
  });
  test('a write between a lazy value and a compiled call', () => {
    const w = new Parameter(tensor([1, 2]));
    const y = w.mul(2);
    const bump = compile(() => {
      noGrad(() => w.add_(1));
    });
    bump();
    expect(v(y)).toEqual([2, 4]);
    const z = w.mul(2);
    w.set([7, 8]);
    expect(v(z)).toEqual([4, 6]);
    const lazyArg = w.mul(3);
    const both = compile((x: Tensor) => {
      noGrad(() => w.add_(1));
      return x.add(w);
    });
    expect(v(both(lazyArg))).toEqual([29, 33]);
    expect(v(lazyArg)).toEqual([21, 24]);
  });
  test('captured values and guards', () => {
    const w = new Parameter(tensor([1, 2]));
    const c = w.mul(2);
    const f = compile((x: Tensor) => x.add(c));
    expect(v(f(zeros(2)))).toEqual([2, 4]);
    noGrad(() => w.add_(1));
    expect(v(f(zeros(2)))).toEqual([2, 4]);
    const h = compile(() => {
      const l = w.square().sum();
      return grad(l, [w])[0]!;
    });
    expect(v(h())).toEqual([4, 6]);
    w.requiresGrad_(false);
    const before = compilationCount();
    expect(v(h())).toEqual([4, 6]);
    h();
    expect(compilationCount() - before).toBeLessThan(2);
  });
  test('dtype of a gradient', () => {
    const w = new Parameter({ data: [1, 2], shape: [2], dtype: 'float16' });
    w.grad = tensor([0.5, 0.25], { dtype: 'float16' });
    const r = compile(() => w.grad!.mul(1));
    expect(v(r())).toEqual([0.5, 0.25]);
    expect(() => {
      w.grad = tensor([0.5, 0.25]);
      r();
      return v(w.grad!);
    }).toThrow();
  });
  test('assignAll swaps', () => {
    const a = new Buffer(tensor([1, 2]));
    const b = new Buffer(tensor([3, 4]));
    assignAll([
      [a, b],
      [b, a],
    ]);
    expect([v(a), v(b)]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    const s = compile(() => {
      assignAll([
        [a, b],
        [b, a],
      ]);
      return [a, b];
    });
    expect(s().map(v)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const t = compile(() => {
      const x = a.mul(1);
      a.assign(b);
      b.assign(x);
      b.assign(cat([b.at([1]), b.at([0])]));
      return [a, b];
    });
    expect(t().map(v)).toEqual([
      [3, 4],
      [2, 1],
    ]);
    assignAll([
      [a, a],
      [a, 5],
    ]);
    expect(v(a)).toEqual([5, 5]);
    const w = new Buffer(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const tr = compile(() => {
      w.assign(w.t());
    });
    tr();
    expect(v(w)).toEqual([1, 3, 2, 4]);
    w.assign(w.t());
    expect(v(w)).toEqual([1, 2, 3, 4]);
  });
  test('random draws go on', () => {
    manualSeed(3);
    const f = compile(() => rand([3]));
    const a = v(f());
    const b = v(rand([3]));
    const c = v(f());
    manualSeed(3);
    expect([v(rand([3])), v(rand([3])), v(f())]).toEqual([a, b, c]);
    expect(a).not.toEqual(c);
  });
});
