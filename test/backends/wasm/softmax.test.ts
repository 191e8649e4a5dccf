/** What kernels take for granted in a softmax, and that results do not show it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, manualSeed, randn, setBackend, tensor, type Tensor } from 'fusegrad';
import type { LoopNest, Reduce } from '../../../src/loops/index.js';

beforeAll(() => setBackend('wasm'));

type Fn = (x: Tensor) => Tensor | Tensor[];
const nestsOf = (fn: Fn, x: Tensor): LoopNest[] =>
  compile(fn)
    .trace(x)
    .compilation.lowered.kernels.map(({ nest }) => nest);
const largest = (fn: Fn, x: Tensor): Reduce[] =>
  nestsOf(fn, x).flatMap((nest) =>
    nest.kind === 'row'
      ? nest.stages.flatMap(({ reduces }) => reduces.filter(({ combine }) => combine === 'max'))
      : [],
  );

const weights = (x: Tensor): Tensor => x.sub(x.amax(-1, { keepdim: true })).exp();
const shares = (x: Tensor): Tensor => {
  const e = weights(x);
  return e.div(e.sum(-1, { keepdim: true }));
};

describe('softmax', () => {
  const x = randn(6, 40);

  it.each<[string, Fn]>([
    ['of the last axis', (x) => x.softmax(-1)],
    ['of the first', (x) => x.softmax(0)],
    ['written out', shares],
    ['with a prologue', (x) => x.mul(3).add(1).softmax(-1)],
    ['whose result is used twice', (x) => [x.softmax(-1).mul(2), x.softmax(-1).sum(-1)]],
  ])('%s needs no NaN from its largest', (_, fn) => {
    expect(largest(fn, x).map(({ missesNaN }) => missesNaN)).toEqual([true]);
  });

  it.each<[string, Fn]>([
    ['is a result', (x) => [x.softmax(-1), x.amax(-1)]],
    ['is used elsewhere', (x) => x.softmax(-1).add(x.amax(-1, { keepdim: true }))],
    ['shifts what is a result', (x) => [x.softmax(-1), x.sub(x.amax(-1, { keepdim: true }))]],
    ['is behind weights that are a result', (x) => [shares(x), weights(x)]],
    ['is behind weights that are used as they are', (x) => weights(x).mul(x)],
    ['is behind a sum that is a result', (x) => [shares(x), weights(x).sum(-1)]],
    ['is a result through a view', (x) => [x.softmax(-1), x.amax(-1).unsqueeze(0).expand(3, 6)]],
    ['is a result in part', (x) => [x.softmax(-1), x.amax(-1).narrow(0, 0, 1)]],
    ['shifts what is a result, transposed', (x) => [x.softmax(-1), x.sub(x.amax(-1, { keepdim: true })).t()]],
    ['is behind weights that are a result, transposed', (x) => [shares(x), weights(x).t()]],
    ['is of something else', (x) => x.sub(x.abs().amax(-1, { keepdim: true })).exp()],
  ])('needs it where the largest %s', (_, fn) => {
    const found = largest(fn, x);
    expect(found.length).toBeGreaterThan(0);
    expect(found.some(({ missesNaN }) => missesNaN)).toBe(false);
  });

  it.each<[string, boolean, Fn]>([
    ['for shares alone', true, (x) => [x.softmax(-1)]],
    ['whose largest is a result', true, (x) => [x.softmax(-1), x.amax(-1)]],
    ['that are a result', false, (x) => [shares(x), weights(x)]],
    ['that are a result, transposed', false, (x) => [shares(x), weights(x).t()]],
    ['whose sum is a result', false, (x) => [shares(x), weights(x).sum(-1)]],
    ['of a logarithm of their sum', false, (x) => [x.logSoftmax(-1)]],
    ['that are used as they are', false, (x) => [shares(x).add(weights(x))]],
  ])('weights %s have a scale of their own: %s', (_, free, fn) => {
    const bodies = nestsOf(fn, x).flatMap((nest) => (nest.kind === 'row' ? nest.stages : []));
    const exps = bodies.flatMap(({ body }) =>
      body.filter((instr) => instr.kind === 'compute' && instr.op === 'exp'),
    );
    expect(exps.length).toBeGreaterThan(0);
    for (const exp of exps) expect(exp).toMatchObject({ nonPositive: true });
    expect(exps.every((exp) => 'scaleFree' in exp)).toBe(free);
  });

  it('has exact zeros where nothing is left, and tails down to the denormals', () => {
    const row = [0, -Infinity, -200, -88, -100, ...Array<number>(16).fill(-Infinity)];
    const [got] = tensor([row]).softmax(-1).tolistSync() as number[][];
    expect(got!.slice(0, 3)).toEqual([1, 0, 0]);
    [-88, -100].forEach((x, i) => {
      // Half a denormal's step, and what exp may be off.
      expect(Math.abs(got![3 + i]! - Math.exp(x))).toBeLessThan(1e-45 + 3e-7 * Math.exp(x));
    });
    expect(got!.slice(5).every((share) => share === 0)).toBe(true);
  });

  it('gives the exact quotients of its weights, up to a unit in the last place', () => {
    manualSeed(1);
    const parts = compile((x: Tensor) => {
      const e = weights(x);
      const s = e.sum(-1, { keepdim: true });
      return [e.div(s), e, s];
    })(randn(64, 500).mul(10));
    const [p, e, s] = parts.map((each) => each.dataSync()) as Float32Array[];
    const bits = new Int32Array(1);
    const float = new Float32Array(bits.buffer);
    const rank = (value: number): number => {
      float[0] = value;
      return bits[0]!;
    };
    const apart = Array.from(p!, (share, i) =>
      Math.abs(rank(share) - rank(e![i]! / s![Math.floor(i / 500)]!)),
    );
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
    // What is divided by itself is 1.
    const row = Array.from({ length: 32 }, (_, i) => (i === 3 ? 200 : 0));
    expect(shares(tensor([row])).tolistSync()).toEqual([row.map((x) => x / 200)]);
  });

  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  it.each([
    ['NaN', [nan, 1, 2]],
    ['only NaN', Array<number>(20).fill(nan)],
    ['infinity', [inf, 1, 2]],
    ['minus infinity', [-inf, 1, 2]],
    ['only minus infinity', Array<number>(20).fill(-inf)],
    ['both and NaN', [inf, -inf, nan]],
    ['numbers of any size', [3e38, -3e38, 1e-45, 7]],
  ])('of a row with %s is as the definition has it', (_, some) => {
    for (const width of [20, 37]) {
      for (const start of [0, 5, width - some.length]) {
        const row = Array.from({ length: width }, (_, i) => some[i - start] ?? i / 100);
        const top = row.some(Number.isNaN) ? nan : Math.max(...row);
        const terms = row.map((value) => Math.exp(value - top));
        const total = terms.reduce((a, b) => a + b);
        const input = tensor([row, row.map(() => 1)]);
        for (const fn of [(x: Tensor) => x.softmax(-1), (x: Tensor) => x.t().softmax(0).t()]) {
          const [got, other] = compile(fn)(input).tolistSync() as number[][];
          got!.forEach((share, i) => {
            const want = terms[i]! / total;
            if (Number.isNaN(want)) expect(share).toBeNaN();
            else expect(share).toBeCloseTo(want, 6);
          });
          expect(other!.every((share) => Math.abs(share * width - 1) < 1e-6)).toBe(true);
        }
      }
    }
  });
});
