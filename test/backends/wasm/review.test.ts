/** Faults that a review of the wasm backend found, each against the js backend or by definition. */
import { describe, expect, it } from 'vitest';
import { cat, compile, manualSeed, randn, tensor, type Tensor } from '../../../src/index.js';

const run = (
  fn: (...args: Tensor[]) => Tensor,
  args: readonly Tensor[],
  backend: 'js' | 'wasm',
  fusion = true,
): number[] => [...compile(fn, { backend, fusion })(...args).dataSync()].map(Number);

describe('half types', () => {
  it.each(['float16', 'bfloat16'] as const)('an extreme of fused %s products is one of them', (dtype) => {
    manualSeed(1);
    const [x, y] = [randn(7, 19).to(dtype), randn(7, 19).to(dtype)];
    const holds = (a: Tensor, b: Tensor): Tensor => {
      const p = a.mul(b);
      return p.eq(p.amax(-1, { keepdim: true })).sum(-1);
    };
    const columns = (a: Tensor, b: Tensor): Tensor => {
      const p = a.mul(b);
      return p.ge(p.amax(0, { keepdim: true })).sum(0);
    };
    for (const count of run(holds, [x, y], 'wasm')) expect(count).toBeGreaterThan(0);
    for (const count of run(columns, [x, y], 'wasm')) expect(count).toBeGreaterThan(0);
  });
});

describe('multiply-add', () => {
  it('leaves a difference of equal products 0', () => {
    manualSeed(2);
    const x = randn(64);
    const y = x.mul(1);
    const zeros = new Array<number>(64).fill(0);
    expect(run((a, b) => a.mul(b).sub(b.mul(a)), [x, y], 'wasm')).toEqual(zeros);
    expect(run((a, b) => a.mul(a).sub(b.mul(b)).sqrt(), [x, y], 'wasm')).toEqual(zeros);
  });

  it('leaves the variance of equal numbers 0', () => {
    const x = tensor([1.1, 2.3, 0.7]).reshape(3, 1).expand(3, 64).mul(1);
    const deviation = (a: Tensor): Tensor =>
      a
        .mul(a)
        .mean(-1)
        .sub(a.mean(-1).mul(a.mean(-1)))
        .sqrt();
    for (const value of run(deviation, [x], 'wasm')) expect(value).not.toBeNaN();
  });
});

describe('scans', () => {
  it.each([true, false])('overflow only where the running value does (fusion: %s)', (fusion) => {
    const sums = tensor([-3e38, 0, 0, 0, 2e38, 2e38, 0, 0]);
    expect(run((x) => x.cumsum(0), [sums], 'wasm', fusion)[5]).toBeCloseTo(1e38, -32);
    const products = tensor([1e-30, 1, 1, 1, 1e20, 1e20, 1, 1]);
    expect(run((x) => x.cumprod(0), [products], 'wasm', fusion)[5]! / 1e10).toBeCloseTo(1, 5);
  });
});

describe('many buffers', () => {
  it.each([true, false])('more than a function has parameters (fusion: %s)', (fusion) => {
    const parts = Array.from({ length: 1100 }, (_, i) => tensor([i, -i]));
    const joined = run((...xs) => cat(xs, 0), parts, 'wasm', fusion);
    expect(joined).toEqual(parts.flatMap((_, i) => [i, -i]));
  });
});
