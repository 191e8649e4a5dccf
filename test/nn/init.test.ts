import { describe, expect, it } from 'vitest';
import { compilationCount, manualSeed, nn, tensor } from 'fusegrad';

const { init } = nn;
const zeros = (...shape: number[]): nn.Parameter =>
  new nn.Parameter({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });
const values = (tensor: nn.Parameter): number[] => Array.from(tensor.dataSync(), Number);
const extent = (tensor: nn.Parameter): number => Math.max(...values(tensor).map(Math.abs));
const deviation = (tensor: nn.Parameter): number =>
  Math.sqrt(values(tensor).reduce((sum, v) => sum + v * v, 0) / tensor.numel);

describe('nn.init', () => {
  it('keeps to the bounds and spreads of its schemes', () => {
    manualSeed(0);
    const weight = zeros(64, 100);
    expect(extent(init.xavierUniform_(weight))).toBeLessThanOrEqual(Math.sqrt(6 / 164));
    expect(extent(weight)).toBeGreaterThan(0.99 * Math.sqrt(6 / 164));
    expect(deviation(init.xavierNormal_(weight))).toBeCloseTo(Math.sqrt(2 / 164), 2);
    expect(extent(init.kaimingUniform_(weight, { a: Math.sqrt(5) }))).toBeLessThanOrEqual(0.1);
    expect(deviation(init.kaimingNormal_(weight, { mode: 'fan_out', nonlinearity: 'relu' }))).toBeCloseTo(
      Math.sqrt(2 / 64),
      2,
    );
    expect(extent(new nn.Linear(16, 100).weight)).toBeLessThanOrEqual(0.25);
    expect(extent(new nn.Conv2d(4, 100, 2).weight)).toBeLessThanOrEqual(0.25);
  });

  it('makes orthogonal rows', () => {
    const [rows, columns] = [4, 6];
    const w = values(init.orthogonal_(zeros(rows, columns), { gain: 2 }));
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < rows; j++) {
        const product = Array.from({ length: columns }, (_, k) => w[i * columns + k]! * w[j * columns + k]!);
        expect(product.reduce((a, b) => a + b)).toBeCloseTo(i === j ? 4 : 0, 5);
      }
    }
  });

  it('makes identities', () => {
    expect(init.eye_(zeros(2, 3)).tolistSync()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(init.dirac_(zeros(2, 2, 3)).tolistSync()).toEqual([
      [
        [0, 1, 0],
        [0, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 1, 0],
      ],
    ]);
  });

  it('draws when it is called, and computes when the values are needed', () => {
    const [shape, half] = [[3, 5], new nn.Parameter(zeros(3, 5).to('float16'))] as const;
    const draw = (tensor: nn.Parameter): nn.Parameter => init.normal_(tensor, { mean: 1 });
    const inOrder = (): number[][] => {
      manualSeed(3);
      return [values(draw(zeros(...shape))), values(init.uniform_(zeros(...shape)))];
    };
    const expected = inOrder();
    manualSeed(3);
    const first = draw(zeros(...shape));
    const second = init.uniform_(zeros(...shape));
    expect(values(second)).toEqual(expected[1]);
    expect(values(first)).toEqual(expected[0]);

    manualSeed(3);
    expect(values(draw(half))).toEqual(
      values(
        zeros(...shape)
          .set(expected[0]!)
          .to('float16') as nn.Parameter,
      ),
    );
    const overwritten = draw(zeros(...shape)).set(2);
    expect(values(overwritten)).toEqual(Array(15).fill(2));
    overwritten.set(Array.from({ length: 15 }, (_, i) => i));
    expect(values(overwritten)).toEqual([...Array(15).keys()]);

    manualSeed(3);
    draw(zeros(...shape)).set(0);
    expect(values(init.uniform_(zeros(...shape)))).toEqual(expected[1]);
  });

  it('refuses what no random number fits in, and leaves it as it was', () => {
    const count = new nn.Buffer(tensor([1n, 2n]));
    expect(() => init.uniform_(count)).toThrow();
    expect(count.tolistSync()).toEqual([1n, 2n]);
  });

  it('is reproducible and compiles nothing', () => {
    const before = compilationCount();
    const make = (): number[] => {
      manualSeed(7);
      return values(new nn.Linear(3, 2).weight);
    };
    expect(make()).toEqual(make());
    const table = new nn.Embedding(5, 2, { paddingIdx: -1 });
    expect(values(table.weight).slice(8)).toEqual([0, 0]);
    expect(compilationCount()).toBe(before);
  });
});
