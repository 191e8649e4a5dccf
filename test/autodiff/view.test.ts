import { describe, expect, it } from 'vitest';
import { g, node, topological, type Node } from '../../src/graph/index.js';
import { gradients } from '../../src/autodiff/index.js';
import { checkGradients, distinct, evaluate, indices, leaf } from './check.js';

/** Squares first, so that second derivatives are there to be wrong. */
const check = (build: (x: Node) => Node, x = leaf([3, 4])): void =>
  checkGradients((at) => build(g.mul(at, at)), [x]);

describe('views', () => {
  it('reshape', () => check((x) => g.reshape(x, [2, 6])));
  it('permute', () => check((x) => g.permute(x, [2, 0, 1]), leaf([2, 3, 2])));
  it('expand', () => check((x) => g.expand(x, [2, 3, 4]), leaf([2, 1, 4])));
  it('expand with new dimensions', () => check((x) => g.expandTo(x, [2, 3, 4])));
  it('slice', () => check((x) => g.slice(x, { starts: [1, 0], sizes: [2, 2], steps: [1, 3] })));
  it('slice in steps that leave a rest', () => check((x) => g.sliceAxis(x, 1, 1, 2, 3), leaf([2, 6])));
  it('slice backwards', () => check((x) => g.slice(x, { starts: [2, 3], sizes: [3, 2], steps: [-1, -2] })));
  it('slice backwards, one element', () =>
    check((x) => g.slice(x, { starts: [1, 3], sizes: [1, 1], steps: [-5, -2] })));
  it('empty slice', () => {
    const x = leaf([3, 4]);
    const y = g.sliceAxis(x, 1, 2, 0);
    expect(evaluate(gradients([y], [g.zerosLike(y)], [x])[0]!)[0]).toEqual(new Array(12).fill(0));
  });
  it('pad', () => check((x) => g.pad(x, { low: [1, 0], high: [0, 2], interior: [0, 2], value: 3 })));
  it('concat', () =>
    checkGradients(
      (x, y) => g.mul(g.concat([x, y, x], 1), g.concat([y, x, x], 1)),
      [leaf([2, 2]), leaf([2, 2])],
    ));
  for (const [size, step, dilation] of [
    [2, 1, 1],
    [2, 2, 1],
    [2, 3, 1],
    [3, 2, 2],
    [1, 2, 1],
    [7, 1, 1],
    [3, 3, 2],
  ] as const) {
    for (const axis of [0, 1]) {
      it(`window of ${size}, step ${step}, dilation ${dilation} along ${axis}`, () =>
        check((x) => g.window(x, axis, size, step, dilation), leaf(axis === 0 ? [8, 2] : [2, 8])));
    }
  }
  it('window larger than the sum of slices serves', () =>
    check((x) => g.sum(g.window(x, 1, 34, 3, 1), [2]), leaf([1, 41])));
});

describe('indexing', () => {
  const index = indices([2, 3], [1, 3, 1, 0, 0, 2]);
  it('gather', () => check((x) => g.gather(x, index, 1), leaf([2, 4])));
  it('scatterAdd', () =>
    checkGradients((x, y) => g.scatterAdd(g.mul(x, x), index, g.mul(y, y), 1), [leaf([2, 4]), leaf([2, 3])]));
  it('scatter, the last of equal indices staying', () =>
    checkGradients((x, y) => g.scatter(g.mul(x, x), index, g.mul(y, y), 1), [leaf([2, 4]), leaf([2, 3])]));
  for (const descending of [false, true]) {
    it(`sort${descending ? ', descending' : ''}`, () =>
      check((x) => node('sort', [x], { axis: 1, descending }), distinct([2, 5])));
  }
  it('positions carry no gradient', () => {
    const x = leaf([4]);
    const y = g.cast(node('argsort', [x], { axis: 0, descending: false }), 'float64');
    expect(gradients([y], [g.fullLike(y, 1)], [x])).toEqual([undefined]);
    expect(topological([y])).toHaveLength(3);
  });
});
