import { expect, test } from 'vitest';
import { tensor } from '../../src/index.js';

/** What PyTorch prints, apart from the names of dtypes. */
const printed: [string, () => unknown, string][] = [
  ['ties go to even', () => tensor([0.03125, 0.09375, -0.15625]), 'tensor([ 0.0312,  0.0938, -0.1562])'],
  ['large integers', () => tensor([1, 10000]), 'tensor([1.0000e+00, 1.0000e+04])'],
  ['minus zero', () => tensor([-0, 1]), 'tensor([-0., 1.])'],
  ['nan leaves the width alone', () => tensor([NaN, 1, -Infinity]), 'tensor([nan, 1., -inf])'],
  ['empty', () => tensor([[], []]), 'tensor([], size=(2, 0))'],
  ['bools', () => tensor([true, false]), 'tensor([ True, False])'],
  ['many', () => tensor(new Float32Array(2000)), 'tensor([0., 0., 0.,  ..., 0., 0., 0.])'],
  ['exponents', () => tensor([1e-5, 13.6875]), 'tensor([1.0000e-05, 1.3688e+01])'],
  ['one number', () => tensor(1e9), 'tensor(1.0000e+09)'],
];

test.each(printed)('%s', (_, make, expected) => {
  expect(String(make())).toBe(expected);
});

test('lines are filled to the width, less their indent', () => {
  const rows = String(tensor(new Float32Array(40), { shape: [2, 20] })).split('\n');
  expect(rows[0]).toBe(
    'tensor([[0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.],',
  );
});
