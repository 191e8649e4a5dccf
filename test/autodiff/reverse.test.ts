import { describe, expect, it } from 'vitest';
import { Site, inModule, withSite } from '../../src/core/index.js';
import { g, node, topological, type Node } from '../../src/graph/index.js';
import { ops, type OpName } from '../../src/ops/index.js';
import { grad, gradientRules, gradients, unitCotangent } from '../../src/autodiff/index.js';
import { evaluate, indices, leaf } from './check.js';

const total = (x: Node): Node =>
  g.sum(
    x,
    x.shape.map((_, i) => i),
  );
const gradient = (loss: Node, ...wrt: Node[]): number[][] => evaluate(...grad(loss, wrt));

describe('identity of values', () => {
  it('a value shared between stopGradient and a normal use', () => {
    const x = leaf([2], [2, 3]);
    const square = g.mul(x, x);
    expect(gradient(total(g.mul(square, g.stopGradient(square))), x)).toEqual([[16, 54]]);
    expect(gradient(total(g.add(square, g.stopGradient(square))), x)).toEqual([[4, 6]]);
  });
  it('an intermediate with an equal twin', () => {
    const x = leaf([2], [2, 3]);
    const [a, b] = [g.mul(x, x), g.mul(x, x)];
    expect(gradient(total(g.mul(a, b)), a, b, x)).toEqual([
      [4, 9],
      [4, 9],
      [32, 108],
    ]);
    expect(() => grad(total(a), [b])).toThrow(/does not depend on value 0/);
  });
  it('two equal leaves', () => {
    const [a, b] = [leaf([2], [2, 3]), leaf([2], [2, 3])];
    expect(gradient(total(g.mul(a, g.mul(b, b))), a, b)).toEqual([
      [4, 9],
      [8, 18],
    ]);
  });
  it('a value and what was made from it, both asked for', () => {
    const x = leaf([2], [2, 3]);
    const y = g.mul(x, x);
    expect(gradient(total(g.mul(y, y)), x, y)).toEqual([
      [32, 108],
      [8, 18],
    ]);
    const [own] = gradients([total(g.mul(y, x))], [g.constant(1, 'float64')], [x, y], { independent: true });
    expect(evaluate(own!)).toEqual([[4, 9]]);
  });
  it('an output asked for itself', () => {
    const x = leaf([], [2]);
    expect(gradient(x, x)).toEqual([[1]]);
  });
  it('the same output twice', () => {
    const x = leaf([], [2]);
    const y = g.mul(x, x);
    const one = g.constant(1, 'float64');
    expect(evaluate(gradients([y, y], [one, one], [x])[0]!)).toEqual([[8]]);
  });
});

describe('the driver', () => {
  it('is linear: 100,000 chained nodes', () => {
    const x = leaf([], [0.5]);
    let y = x;
    for (let i = 0; i < 100_000; i++) y = g.add(y, x);
    const start = performance.now();
    const [found] = grad(y, [x]);
    expect(topological([found!]).length).toBeGreaterThan(100_000 - 1);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(evaluate(found!)[0]).toEqual([100_001]);
  });
  it('differentiates nothing off the path', () => {
    const [x, w] = [leaf([2]), leaf([2])];
    const side = node('bitcast', [g.cast(w, 'float16')], { dtype: 'bfloat16' });
    const y = total(g.mul(x, g.cast(side, 'float64')));
    expect(grad(y, [x])).toHaveLength(1);
    expect(() => grad(y, [w])).toThrow(/bitcast has no gradient/);
  });
  it('looks at nothing behind stopGradient', () => {
    const x = leaf([2]);
    const cut = node('bitcast', [g.cast(g.stopGradient(x), 'float16')], { dtype: 'bfloat16' });
    expect(grad(total(g.mul(x, g.cast(cut, 'float64'))), [x])).toHaveLength(1);
  });
  it('attributes what it makes to the forward node', () => {
    const x = leaf([2]);
    const site = new Site('model.ts:3:7');
    const y = withSite(site, () => inModule('Net.fc', () => g.mul(x, g.exp(x))));
    const [found] = grad(total(y), [x]);
    const made = topological([found!]).filter((at) => at.op === 'mul' && at.id > y.id);
    expect(made.length).toBeGreaterThan(0);
    for (const at of made) {
      expect(at.sources).toEqual([{ origin: 'backward', site, module: 'Net.fc' }]);
    }
  });
  it('has a rule or a reason for every op', () => {
    for (const op of Object.keys(ops) as OpName[]) {
      const entry = gradientRules[op];
      const reason = 'reason' in entry ? entry.reason : '';
      expect(typeof entry === 'function' || 'through' in entry || reason.length > 0, op).toBe(true);
    }
  });
});

describe('errors', () => {
  it('a gradient starts from one number', () => {
    expect(() => unitCotangent(leaf([2, 3]), 'backward')).toThrow(
      'backward: a gradient starts from a single number, not from float64[2, 3]',
    );
    expect(evaluate(unitCotangent(leaf([1, 1]))).flat()).toEqual([1]);
  });
  it('integers have none', () => {
    expect(() => grad(indices([], [1]), [leaf([])])).toThrow('grad: a int32 value has no gradient');
    expect(() => grad(leaf([]), [indices([2], [1, 2])])).toThrow(
      'value 0 is int32[2], which has no gradient',
    );
  });
  it('the output does not depend on the value', () => {
    const [x, y] = [leaf([]), leaf([3])];
    expect(() => grad(x, [x, y])).toThrow('the output does not depend on value 1, which is float64[3]');
    expect(evaluate(grad(x, [y], { unused: 'zeros' })[0]!)).toEqual([[0, 0, 0]]);
  });
  it('a cotangent that does not fit', () => {
    const x = leaf([2]);
    expect(() => grad(g.exp(x), [x], { cotangent: leaf([3]) })).toThrow(
      'the cotangent of output 0 is float64[3], the output itself float64[2]',
    );
  });
});
