/** Differentiation as functions of tensors: what they take, and what they refuse, by name and with the user's line. */
import { expect, test } from 'vitest';
import {
  checkpoint,
  compile,
  customGradient,
  grad,
  jvp,
  noGrad,
  ones,
  tensor,
  valueAndGrad,
  vjp,
  type Tensor,
} from '../../src/index.js';
import { expectRefusal } from './refusal.js';

const leaf = (): Tensor => tensor([1, 2, 3]).requiresGrad_();
const square = (x: Tensor): Tensor => x.square();
/** What a program without types may pass. */
const wrong = (x: unknown): never => x as never;

test('backward takes the gradient alone, as PyTorch does, or among options', () => {
  for (const given of [tensor([1, 10, 100]), { gradient: tensor([1, 10, 100]) }]) {
    const x = leaf();
    x.square().backward(given);
    expect(x.grad!.tolistSync()).toEqual([2, 40, 600]);
  }
});

test('null stands for the gradient of one number, in backward and among gradOutputs', () => {
  for (const given of [null, { gradient: null }, undefined]) {
    const x = leaf();
    x.square().sum().backward(given);
    expect(x.grad!.tolistSync()).toEqual([2, 4, 6]);
  }
  const x = leaf();
  const [dx] = grad([x.sum(), x.square()], x, { gradOutputs: [null, ones(3)] });
  expect(dx!.tolistSync()).toEqual([3, 5, 7]);
});

test('one tensor stands for a list of one', () => {
  const x = leaf();
  expect(vjp(square, x).pullback(ones(3))[0]!.tolistSync()).toEqual([2, 4, 6]);
  expect(jvp(square, x, ones(3)).tangents[0]!.tolistSync()).toEqual([2, 4, 6]);
});

test.each<[string, () => unknown, RegExp]>([
  [
    'grad of a function',
    () => grad(wrong(square), leaf()),
    /^grad: .*outputs, not a function[^]*valueAndGrad/,
  ],
  ['grad of a number', () => grad([leaf().sum(), wrong(4)], leaf()), /^grad: .*outputs, not a number/],
  ['grad by nothing', () => grad(leaf().sum(), wrong(undefined)), /^grad: .*inputs, not undefined/],
  [
    'more cotangents than outputs',
    () => grad(square(leaf()), leaf(), { gradOutputs: [ones(3), ones(3)] }),
    /^grad: 1 outputs need as many gradOutputs, not 2/,
  ],
  [
    'a number as cotangent',
    () => grad(square(leaf()), leaf(), { gradOutputs: wrong(3) }),
    /^grad: .*gradOutputs, not a number/,
  ],
  ['no function', () => valueAndGrad(wrong(3)), /^valueAndGrad: expected a function, not a number/],
  [
    'a number as argument',
    () => valueAndGrad(square)(wrong(3)),
    /^valueAndGrad: .*an argument, not a number/,
  ],
  [
    'a function without result',
    () => valueAndGrad(wrong(() => undefined))(leaf()),
    /^valueAndGrad: .*the result of the function, not undefined/,
  ],
  [
    'a function with two results',
    () => valueAndGrad(wrong((x: Tensor) => [x, x]))(leaf()),
    /^valueAndGrad: .*not an array/,
  ],
  [
    'more tangents than inputs',
    () => jvp(square, leaf(), [ones(3), ones(3)]),
    /^jvp: 1 inputs need as many tangents, not 2/,
  ],
  [
    'backward from a number alone',
    () => leaf().sum().backward(wrong(5)),
    /^backward: .*gradient, not a number/,
  ],
  [
    'backward from a list',
    () =>
      leaf()
        .sum()
        .backward(wrong([5])),
    /^backward: .*gradient, not an array/,
  ],
  [
    'backward from 0',
    () =>
      leaf()
        .sum()
        .backward({ gradient: wrong(0) }),
    /^backward: .*gradient, not a number/,
  ],
  ['vjp of no function', () => vjp(wrong('x'), leaf()), /^vjp: expected a function/],
  [
    'a number as pulled back',
    () => vjp(square, leaf()).pullback(wrong(2)),
    /^vjp: .*a cotangent, not a number/,
  ],
  ['a number as tangent', () => jvp(square, [leaf()], [wrong(2)]), /^jvp: .*tangents, not a number/],
  [
    'checkpoint of no function',
    () => checkpoint(wrong(leaf())),
    /^checkpoint: expected a function, not a Tensor/,
  ],
  ['checkpoint of a number', () => checkpoint(square, wrong(2)), /^checkpoint: .*an input, not a number/],
  ['noGrad of a value', () => noGrad(wrong(1)), /^noGrad: expected a function/],
  ['compile of a value', () => compile(wrong(leaf())), /^compile: expected a function, not a Tensor/],
  [
    'a rule without backward',
    () => customGradient(wrong({ forward: square })),
    /^customGradient: expected a function/,
  ],
  [
    'backward from a number',
    () => square(leaf()).backward({ gradient: wrong(3) }),
    /^backward: .*gradient, not a number/,
  ],
  [
    'backward from another shape',
    () => square(leaf()).backward(ones(4)),
    /^backward: gradient \[4\] for a value \[3\]/,
  ],
])('%s', (_, run, message) => {
  expectRefusal(run, message, 'autograd.test.ts');
});
