/** Which attention is computed online: what a user sees of it in memory and in `explain()`. */
import { describe, expect, it } from 'vitest';
import { F, Parameter, compile, manualSeed, randn, type BackendName, type Tensor } from 'fusegrad';
import * as nn from 'fusegrad/nn';

const backend = 'wasm';
const step = (shape: readonly number[], on: BackendName = backend) => {
  const [q, k, v] = [0, 1, 2].map(() => new Parameter(randn(shape))) as [Parameter, Parameter, Parameter];
  return compile(
    () => {
      q.grad = k.grad = v.grad = null;
      const loss = F.scaledDotProductAttention(q, k, v, { isCausal: true }).square().mean();
      loss.backward();
      return loss;
    },
    { backend: on },
  );
};
const kinds = (of: { readonly kernels: readonly { readonly kind: string }[] }): string[] =>
  of.kernels.map(({ kind }) => kind);

describe('a training step over 4096 positions', () => {
  const traced = step([1, 4, 4096, 32]).trace();
  it('keeps no matrix of scores', () => {
    expect(traced.explain().totals.arenaBytes).toBeLessThan(4096 * 4096 * 4);
    expect(traced.explain().totals.arenaBytes).toBeLessThan(8 * 2 ** 20);
    expect(kinds(traced.explain()).filter((kind) => kind === 'attention').length).toBe(3);
  });
  it('says why', () => {
    expect(traced.explain().toString()).toContain(
      'How attention is computed:\n' +
        '  attention float32[1, 4, 4096, 32]: online, because the [4096, 4096] matrices of scores take 256 MB, more than',
    );
  });
});

it('64 positions are written out, and explain() says why', () => {
  const traced = step([12, 4, 64, 32]).trace();
  expect(kinds(traced.explain())).not.toContain('attention');
  expect(traced.explain().toString()).toMatch(
    /attention float32\[12, 4, 64, 32\]: written out, because the \[64, 64\] matrices of scores take 0\.750 MB, not more than/,
  );
});

it('a backend without an attention kernel writes it out whatever its size', () => {
  const explained = step([1, 1, 4096, 8], 'js').trace().explain();
  expect(kinds(explained)).not.toContain('attention');
  expect(explained.attention).toMatchObject([
    { online: false, reason: 'the backend has no attention kernel' },
  ]);
});

describe('dropout', () => {
  /** Long enough to be online. */
  const shape = [1, 1, 1500, 8];
  const attended = (on: BackendName): Float32Array => {
    const inputs = [0, 1, 2].map((i) =>
      randn(shape)
        .mul(0)
        .add(Math.sin(i))
        .add(position(shape).mul(0.001 * (i + 1))),
    ) as [Tensor, Tensor, Tensor];
    manualSeed(5);
    const call = compile(
      (...x: [Tensor, Tensor, Tensor]) => F.scaledDotProductAttention(...x, { dropoutP: 0.25 }),
      {
        backend: on,
      },
    );
    return call(...inputs).dataSync() as Float32Array;
  };
  const position = ([, heads, rows, width]: readonly number[]): Tensor =>
    randn([1, heads!, rows!, width!])
      .mul(0)
      .add(randn([rows!, 1]).mul(0))
      .cumsum(2)
      .add(1);

  it('draws the same numbers online and written out', () => {
    const [online, written] = [attended('wasm'), attended('js')];
    expect(online.length).toBe(written.length);
    online.forEach((value, i) => expect(value).toBeCloseTo(written[i]!, 4));
  });

  it('of a module is part of its attention where the weights are not asked for', () => {
    const module = new nn.MultiheadAttention(16, 2, { dropout: 0.1, batchFirst: true });
    const call = (needWeights: boolean) =>
      compile(
        (x: Tensor) => {
          const loss = module(x, x, x, { needWeights })[0].square().mean();
          loss.backward();
          return loss;
        },
        { backend },
      );
    const x = randn([2, 1300, 16]);
    for (const needWeights of [true, false]) {
      const explained = call(needWeights).trace(x).explain();
      expect(kinds(explained).filter((kind) => kind === 'attention').length).toBe(3);
    }
  });
});
