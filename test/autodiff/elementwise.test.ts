import { describe, expect, it } from 'vitest';
import { g, node } from '../../src/graph/index.js';
import { gradients } from '../../src/autodiff/index.js';
import type { BinaryOp, UnaryOp } from '../../src/ops/index.js';
import { between, checkGradients, distinct, evaluate, expectClose, leaf, weighted } from './check.js';

/** Where each function is smooth and finite. */
const unary: Record<Exclude<UnaryOp, 'not' | 'isnan'>, readonly [number, number]> = {
  neg: [-1, 1],
  abs: [0.2, 1],
  exp: [-1, 1],
  expm1: [-1, 1],
  log: [0.3, 2],
  log1p: [-0.5, 2],
  sin: [-2, 2],
  cos: [-2, 2],
  tan: [-1, 1],
  asin: [-0.8, 0.8],
  acos: [-0.8, 0.8],
  atan: [-2, 2],
  sinh: [-1, 1],
  cosh: [-1, 1],
  tanh: [-1, 1],
  sigmoid: [-2, 2],
  erf: [-1, 1],
  sqrt: [0.3, 2],
  rsqrt: [0.3, 2],
  sign: [0.1, 0.9],
  floor: [0.1, 0.9],
  ceil: [0.1, 0.9],
  round: [0.1, 0.4],
  trunc: [0.1, 0.9],
  lgamma: [0.8, 4],
  digamma: [0.8, 4],
};

const binary: Partial<Record<BinaryOp, readonly [number, number]>> = {
  add: [-1, 1],
  sub: [-1, 1],
  mul: [-1, 1],
  div: [0.5, 2],
  pow: [0.5, 2],
  atan2: [0.3, 1],
};

describe('elementwise gradients equal finite differences to second order', () => {
  for (const [op, [low, high]] of Object.entries(unary)) {
    it(op, () => checkGradients((x) => g.unary(op as UnaryOp, x), [between([5], low, high)]));
  }
  for (const op of ['lgamma', 'digamma'] as const) {
    it(`${op} below zero`, () => checkGradients((x) => g.unary(op, x), [leaf([4], [-0.4, -1.6, 0.3, -2.5])]));
  }
  for (const [op, [low, high]] of Object.entries(binary)) {
    it(op, () =>
      checkGradients(
        (x, y) => g.binary(op as BinaryOp, x, y),
        [between([5], low, high), between([5], low, high)],
      ),
    );
  }
  for (const op of ['max', 'min'] as const) {
    it(op, () =>
      checkGradients((x, y) => g.binary(op, g.mul(x, x), g.exp(y)), [distinct([6], 3), distinct([6], 9)]),
    );
  }
  it('fmod', () =>
    checkGradients(
      (x, y) => g.binary('fmod', x, y),
      [leaf([3], [5.3, -4.1, 2.2]), leaf([3], [2, 1.5, -0.7])],
    ));
  it('where', () =>
    checkGradients(
      (x, y) => g.where(g.lt(x, y), g.mul(x, y), g.exp(x)),
      [distinct([6], 3), distinct([6], 9)],
    ));
  it('cast', () => checkGradients((x) => g.cast(g.mul(x, x), 'float64'), [leaf([4])]));
  for (const exponent of [0, 1, 2, 3, 0.5, -1]) {
    it(`pow with the number ${exponent}`, () =>
      checkGradients((x) => g.withScalar('pow', x, exponent), [between([4], 0.5, 2)]));
  }
  it('pow of a negative base with an integral exponent', () =>
    checkGradients((x) => g.binary('pow', x, leaf([3], [2, 3, 0])), [leaf([3], [-0.5, -1.3, -0.7])]));
});

describe('kinks follow PyTorch', () => {
  const gradientsAt = (
    build: (...xs: ReturnType<typeof leaf>[]) => ReturnType<typeof leaf>,
    ...data: number[][]
  ) => {
    const xs = data.map((values) => leaf([values.length], values));
    const y = build(...xs);
    return evaluate(...gradients([y], [g.fullLike(y, 1)], xs).map((found) => found!));
  };
  it('abs has slope 0 at 0', () => {
    expect(gradientsAt((x) => g.unary('abs', x), [-2, 0, 3])).toEqual([[-1, 0, 1]]);
  });
  it('max and min share the gradient of equal operands', () => {
    expect(gradientsAt((x, y) => g.max(x, y), [1, 2, 3], [2, 2, 2])).toEqual([
      [0, 0.5, 1],
      [1, 0.5, 0],
    ]);
    expect(gradientsAt((x, y) => g.binary('min', x, y), [1, 2, 3], [2, 2, 2])).toEqual([
      [1, 0.5, 0],
      [0, 0.5, 1],
    ]);
  });
  it('pow at base 0 and exponent 0', () => {
    const [x, y] = gradientsAt((a, b) => g.binary('pow', a, b), [0, 0, 0, 2, 0], [0, 1, 2, 0, 3]);
    expect(x).toEqual([0, 1, 0, 0, 0]);
    expect(y).toEqual([0, 0, 0, Math.log(2), 0]);
  });
  it('pow of a non-positive base has no slope along the exponent', () => {
    const [x, y] = gradientsAt((a, b) => g.binary('pow', a, b), [-2], [2]);
    expect(x).toEqual([-4]);
    expect(y).toEqual([NaN]);
  });
  it('x^0 stays finite at 0 to second order', () => {
    const x = leaf([2], [0, 3]);
    const y = g.binary('pow', x, leaf([2], [0, 2]));
    const first = gradients([y], [g.fullLike(y, 1)], [x])[0]!;
    const second = gradients([first], [g.fullLike(first, 1)], [x])[0]!;
    expect(evaluate(first, second)).toEqual([
      [0, 6],
      [0, 2],
    ]);
  });
  it('the slope of a square stands where twice the cotangent would be too large', () => {
    const x = leaf([1], [0.01]);
    const square = g.mul(x, x);
    const [slope] = gradients([square], [g.fullLike(square, 1.5e308)], [x]);
    expect(evaluate(slope!)).toEqual([[expect.closeTo(3e306, -300)]]);
  });
  it('steps have gradient zero', () => {
    expect(gradientsAt((x) => g.unary('floor', x), [1.5, 2])).toEqual([[0, 0]]);
  });
  it('a gradient has the dtype of its value', () => {
    const x = leaf([3], [1, 2, 3], 'float32');
    const loss = weighted(g.mul(x, x));
    const found = gradients([loss], [g.constant(1, 'float64')], [x])[0]!;
    expect(found.dtype).toBe('float32');
    const half = g.cast(x, 'float16');
    const narrow = gradients([half], [g.fullLike(half, 1)], [x])[0]!;
    expect([narrow.dtype, narrow.op]).toEqual(['float32', 'cast']);
  });
  it('the slope of digamma is the trigamma function', () => {
    const [found] = gradientsAt((x) => g.unary('digamma', x), [1, 0.5, 2, -0.5]);
    const square = Math.PI ** 2;
    expectClose(found!, [square / 6, square / 2, square / 6 - 1, square / 2 + 4], 1e-10);
  });
  it('bits have none', () => {
    const x = leaf([2], [1, 2], 'float16');
    const y = node('bitcast', [x], { dtype: 'bfloat16' });
    expect(() => gradients([y], [g.fullLike(y, 1)], [x])).toThrow(
      /bitcast has no gradient: it reads the bits/,
    );
  });
});
