/** One long row, which becomes many: the same results as on the JS backend, and the same bits for any number of threads. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, manualSeed, randn, setBackend, setNumThreads, tensor, type Tensor } from 'fusegrad';
import { splitRow } from '../../../src/backends/wasm/kernels/split.js';
import { collapse } from '../../../src/loops/index.js';

type Fn = (x: Tensor) => Tensor[];
/** The last takes one pass more, and stays one row. */
const functions: Record<string, Fn> = {
  'a sum and what is made of it': (x) => [x.mul(x).sum().sqrt().add(1)],
  'a mean and its elements': (x) => [x.mean(), x.mul(2)],
  extremes: (x) => [x.amax(), x.amin().neg(), x.abs().sum()],
  'a product': (x) => [x.sign().prod()],
  'a sum in float16': (x) => [x.to('float16').sum().to('float32')],
  'a sum of integers': (x) => [x.mul(100).to('int32').sum()],
  'all and any': (x) => [x.gt(-9).all().to('float32'), x.gt(9).any().to('float32')],
  'a loss': (x) => [x.sub(1).square().mean()],
  'an offset from both ends': (x) => [x.flip(0).mul(x).abs().sum(), x.roll(3, 0).mul(x).abs().sum()],
  'a variance': (x) => [x.var()],
};

const readAll = (results: Tensor[]): number[][] => results.map((each) => Array.from(each.dataSync(), Number));

beforeAll(() => setBackend('wasm'));
afterAll(() => setNumThreads(1));

// 65,537 is a prime; rows of 1,000,000 are 4,000 long.
describe.each([65_536, 65_537, 70_000, 1_000_000])('a row of %i', (length) => {
  manualSeed(length);
  const x = randn(length);

  it.each(Object.entries(functions))('%s', (_, fn) => {
    const expected = readAll(compile(fn, { backend: 'js' })(x));
    const got = readAll(compile(fn)(x));
    got.forEach((values, i) => {
      const want = expected[i]!;
      expect(values.length).toBe(want.length);
      const size = want.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      const apart = values.reduce((most, value, j) => Math.max(most, Math.abs(value - want[j]!)), 0);
      expect(apart / size).toBeLessThan(1e-5);
    });
    const two = compile(fn, { threads: 2 });
    for (let run = 0; run < 3; run++) expect(readAll(two(x))).toEqual(got);
  });
});

it('NaN anywhere reaches the extremes and sums of a long row', () => {
  for (const at of [0, 40_000, 65_535]) {
    const values = new Float32Array(65_536);
    values[at] = NaN;
    const [high, low, sum] = compile((x: Tensor) => [x.amax(), x.amin(), x.sum()])(tensor(values));
    for (const result of [high!, low!, sum!]) expect(result.itemSync()).toBeNaN();
  }
});

it.each<[string, number, Fn, number[]]>([
  ['a sum', 65_536, (x) => [x.sum()], [16]],
  ['a sum and an extreme', 70_000, (x) => [x.sum(), x.amax()], [20]],
  ['a sum of a prime number of elements', 65_537, (x) => [x.sum()], []],
  ['a shorter sum', 32_768, (x) => [x.sum()], []],
  ['a variance, which takes two passes', 65_536, (x) => [x.var()], []],
  ['a running sum', 65_536, (x) => [x.cumsum(0)], []],
  ['a place', 65_536, (x) => [x.argmax()], []],
])('%s becomes the rows it can', (_, length, fn, rows) => {
  const { kernels } = compile(fn).trace(randn(length)).compilation.lowered;
  const [nest] = kernels.map((kernel) => kernel.nest);
  if (nest?.kind !== 'row') throw new Error(`a row is expected, not ${nest?.kind}`);
  expect(splitRow(collapse(nest)).rows.map(({ extent }) => extent)).toEqual(rows);
});
