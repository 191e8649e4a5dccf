import { describe, expect, it } from 'vitest';
import { g, type Node } from '../../src/graph/index.js';
import { gradients } from '../../src/autodiff/index.js';
import { reduceOps, scanOps } from '../../src/ops/index.js';
import { checkGradients, distinct, evaluate, leaf } from './check.js';

describe('reductions and scans equal finite differences to second order', () => {
  for (const op of reduceOps) {
    for (const axes of [[0], [1], [2], [0, 2], [0, 1, 2]]) {
      it(`${op} over ${axes}`, () =>
        checkGradients((x) => g.reduce(op, g.mul(x, x), axes), [distinct([2, 3, 2])]));
    }
  }
  for (const op of scanOps) {
    for (const reverse of [false, true]) {
      for (const axis of [0, 1]) {
        it(`${op} along ${axis}${reverse ? ', reversed' : ''}`, () =>
          checkGradients((x) => g.scan(op, g.mul(x, x), axis, reverse), [distinct([3, 5])]));
      }
    }
  }
  it('prod with zeros', () =>
    checkGradients((x) => g.reduce('prod', x, [1]), [leaf([3, 4], [1, 0, 2, 3, 0, 0, 5, 2, 0, 0, 0, 1])]));
  it('cumprod with zeros', () => {
    for (const reverse of [false, true]) {
      checkGradients(
        (x) => g.scan('cumprod', x, 1, reverse),
        [leaf([3, 4], [1, 0, 2, 3, 0, 0, 5, 2, 0, 0, 0, 1])],
      );
    }
  });
  it('one element', () => {
    checkGradients((x) => g.reduce('prod', x, [1]), [leaf([2, 1])]);
    checkGradients((x) => g.scan('cumprod', x, 1), [leaf([2, 1])]);
  });
});

const gradientOf = (build: (x: Node) => Node, shape: number[], data: number[]): number[] => {
  const x = leaf(shape, data);
  const y = build(x);
  return evaluate(gradients([y], [g.fullLike(y, 1)], [x])[0]!)[0]!;
};

describe('ties and empty dimensions', () => {
  it('equal extrema share the gradient evenly', () => {
    expect(gradientOf((x) => g.reduce('amax', x, [0]), [4], [3, 1, 3, 3])).toEqual([1 / 3, 0, 1 / 3, 1 / 3]);
    expect(gradientOf((x) => g.reduce('amin', x, [0]), [4], [3, 1, 3, 1])).toEqual([0, 0.5, 0, 0.5]);
  });
  it('a running maximum belongs to the latest of equal elements', () => {
    expect(gradientOf((x) => g.scan('cummax', x, 0), [5], [1, 3, 2, 3, 1])).toEqual([1, 2, 0, 2, 0]);
    expect(gradientOf((x) => g.scan('cummax', x, 0, true), [5], [1, 3, 2, 3, 1])).toEqual([0, 2, 0, 2, 1]);
  });
  it('empty dimensions have empty gradients', () => {
    for (const op of ['sum', 'prod'] as const)
      expect(gradientOf((x) => g.reduce(op, x, [0]), [0, 2], [])).toEqual([]);
  });
});
