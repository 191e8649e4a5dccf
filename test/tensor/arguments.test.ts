/** Arguments of the wrong kind or size: refused before anything is computed, naming the operation and the user's line. */
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import {
  F,
  Parameter,
  cartesianProd,
  cat,
  fromTypedArray,
  nn,
  ones,
  optim,
  rand,
  randint,
  randn,
  randperm,
  stack,
  tensor,
  zeros,
} from '../../src/index.js';
import { expectRefusal } from './refusal.js';

/** What a program without types may pass. */
const wrong = (x: unknown): never => x as never;
const integers = (): never => wrong(tensor([1, 2], { dtype: 'int32' }));

test.each<[string, () => unknown, RegExp]>([
  ['null as operand', () => ones(2, 2).matmul(wrong(null)), /^matmul: expected a tensor as y, not null/],
  [
    'a number as weight',
    () => F.linear(ones(2), wrong(3)),
    /^linear: expected a tensor as weight, not a number/,
  ],
  [
    'tensors side by side',
    () => cat(wrong(ones(2)), wrong(ones(2))),
    /^cat: expected a list of tensors as tensors/,
  ],
  ['a number in a list', () => cat([ones(2), wrong(1)]), /^cat: expected a tensor as tensors, not a number/],
  ['no tensors', () => cartesianProd(), /^cartesianProd: takes one tensor or more/],
  [
    'a tensor as dim',
    () => ones(2).sum(wrong(ones(1))),
    /^sum: dim is a number or a list of numbers, not a Tensor/,
  ],
  [
    'a tensor as shape',
    () => ones(2).reshape(wrong(ones(1))),
    /^reshape: a shape is a list of numbers, not a Tensor/,
  ],
  [
    'a tensor as sizes',
    () => ones(2).expand(wrong(ones(1))),
    /^expand: a shape is a list of numbers, not a Tensor/,
  ],
  [
    'a word as kernel',
    () => F.avgPool2d(ones(1, 1, 4, 4), wrong('x')),
    /^avgPool2d: .* is a number or a list of numbers, not the string 'x'/,
  ],
  ['a negative size of uniform numbers', () => rand([-1]), /^rand: -1 is not a size/],
  ['half a size of normal numbers', () => randn(2.5), /^randn: 2\.5 is not a size/],
  ['a negative size of integers', () => randint(3, [-1]), /^randint: -1 is not a size/],
  [
    'bounds too far apart',
    () => randint(0, 2 ** 32, [1]),
    /^randint: draws int32, which \[0, 4294967296\) goes beyond/,
  ],
  ['broken bounds', () => randint(0.5, 3, [1]), /^randint: draws int32/],
  ['fewer than no positions', () => randperm(-1), /^randperm: -1 is not a size/],
  ['sizes whose product fits', () => tensor([1, 2, 3, 4], { shape: [-2, -2] }), /^tensor: -2 is not a size/],
  [
    'a number as shape',
    () => tensor([1], { shape: wrong(1) }),
    /^tensor: a shape is a list of numbers, not a number/,
  ],
  [
    'no typed array',
    () => fromTypedArray(wrong(ones(2)), [2], 'float32'),
    /^fromTypedArray: .*a Float32Array, not a Tensor/,
  ],
  [
    'an array of another dtype',
    () => fromTypedArray(new Int32Array(2), [2], 'float32'),
    /^fromTypedArray: .*a Float32Array, not Int32Array/,
  ],
  [
    'an array too short',
    () => fromTypedArray(new Float32Array(2), [3], 'float32'),
    /^fromTypedArray: 2 values do not fill/,
  ],
  ['integers that shrink', () => F.softshrink(integers()), /^softshrink: takes floating dtypes, not int32/],
  ['a negative number of features', () => new nn.BatchNorm1d(-1), /-1 is not a size/],
  ['half a normalised size', () => new nn.LayerNorm(2.5), /2\.5 is not a size/],
  ['a negative number of slopes', () => new nn.PReLU(-1), /-1 is not a size/],
  [
    'an array into Flatten',
    () => new nn.Flatten()(wrong(new Float32Array(2))),
    /^flatten: .*not a Float32Array[^]*in Flatten/,
  ],
  ['nothing into Dropout', () => new nn.Dropout()(wrong(undefined)), /^Dropout: expected a tensor as input/],
  ['a number into LSTM', () => new nn.LSTM(2, 2)(wrong(3)), /^LSTM: expected a tensor as input/],
  [
    'a number into BatchNorm2d',
    () => new nn.BatchNorm2d(2)(wrong(3)),
    /^BatchNorm2d: expected a tensor as input/,
  ],
  ['null as a parameter', () => new Parameter(wrong(null)), /^Parameter: expected a tensor, not null/],
  [
    'more values than the shape has',
    () => new Parameter({ data: [1, 2, 3], shape: [2] }),
    /^Parameter: 3 values do not fill shape \[2\]/,
  ],
  [
    'a number as data',
    () => new Parameter({ data: wrong(3), shape: [1] }),
    /^Parameter: data is an array of numbers, not a number/,
  ],
  [
    'an unknown dtype',
    () => new Parameter({ data: [1], shape: [1], dtype: wrong('x') }),
    /^Parameter: x is not a dtype/,
  ],
  ['fewer than no copies', () => ones(2).repeatInterleave(-1), /^repeatInterleave: -1 is not a size/],
  ['null as sizes', () => ones(2).expand(wrong(null)), /^expand: a shape is a list of numbers, not null/],
  ['null among sizes', () => ones(2).repeat(wrong([null])), /^repeat: sizes are numbers, not null/],
  ['a word as size', () => zeros(wrong('2')), /^zeros: a shape is a list of numbers, not the string '2'/],
  ['a bigint as size', () => ones(2, wrong(2n)), /^ones: sizes are numbers, not a bigint/],
  ['null as size', () => rand(wrong(null)), /^rand: a shape is a list of numbers, not null/],
  [
    'an array as parameter',
    () => new Parameter(wrong(new Float32Array(3))),
    /^Parameter: expected a tensor, not a Float32Array/,
  ],
  [
    'a list as query',
    () => new nn.MultiheadAttention(2, 1)(wrong([1]), ones(2, 2), ones(2, 2)),
    /^MultiheadAttention: expected a tensor as query/,
  ],
  ['no parameters', () => new optim.Adam(wrong(undefined)), /^Optimizer: takes a list, not undefined/],
  [
    'a number as parameters',
    () => new optim.SGD(wrong(3), { lr: 1 }),
    /^Optimizer: takes a list, not a number/,
  ],
])('%s', (_, run, message) => {
  expectRefusal(run, message, 'arguments.test.ts');
  // What was refused has left nothing behind.
  expect(ones(2).add_(1).sum().itemSync()).toBe(4);
});

test('typed arrays are lists of numbers, and what can be iterated over is a list of tensors', () => {
  const sizes = Int32Array.of(2, 3) as unknown as number[];
  expect(zeros(sizes).shape).toEqual([2, 3]);
  expect(rand(sizes).shape).toEqual([2, 3]);
  expect(randint(0, 3, sizes).shape).toEqual([2, 3]);
  expect(ones(1).expand(sizes).shape).toEqual([2, 3]);
  expect(ones(6).reshape(sizes).shape).toEqual([2, 3]);
  expect(
    ones(2, 3)
      .sum(Int32Array.of(0, 1) as unknown as number[])
      .itemSync(),
  ).toBe(6);
  expect(
    ones(2, 3)
      .sum(null as unknown as undefined)
      .itemSync(),
  ).toBe(6);
  expect(F.avgPool2d(ones(1, 1, 4, 4), Int32Array.of(2, 2) as unknown as [number, number]).shape).toEqual([
    1, 1, 2, 2,
  ]);
  const list = new nn.ParameterList([new Parameter(ones(2)), new Parameter(ones(2))]);
  expect(stack(list as unknown as Parameter[]).shape).toEqual([2, 2]);
  expect(new optim.SGD(list, { lr: 1 }).paramGroups[0]!.params).toHaveLength(2);
  expect(() => cat(ones(2, 2) as never)).toThrow('cat: expected a list of tensors as tensors, not a Tensor');
});

test('fromTypedArray looks at clamped bytes, and at arrays of another realm', () => {
  const clamped = Uint8ClampedArray.of(1, 300) as unknown as Uint8Array;
  expect(fromTypedArray(clamped, [2], 'uint8').tolistSync()).toEqual([1, 255]);
  const foreign = runInNewContext('Float32Array.of(1, 2)') as Float32Array;
  expect(foreign instanceof Float32Array).toBe(false);
  expect(fromTypedArray(foreign, [2], 'float32').add(1).tolistSync()).toEqual([2, 3]);
});

test('randint reaches both ends of int32', () => {
  const drawn = randint(-(2 ** 31), 2 ** 31, [4000]).dataSync() as Int32Array;
  expect(Math.min(...drawn)).toBeLessThan(-(2 ** 30));
  expect(Math.max(...drawn)).toBeGreaterThan(2 ** 30);
});
