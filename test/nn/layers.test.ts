import { describe, expect, it } from 'vitest';
import { manualSeed, nn, tensor } from 'fusegrad';

const close = (expected: number): unknown => expect.closeTo(expected, 5) as unknown;

describe('layers', () => {
  it('drops whole channels', () => {
    manualSeed(1);
    const x = tensor(new Float32Array(8 * 4).fill(1), { shape: [8, 1, 2, 2] });
    for (const channel of new nn.Dropout2d(0.5)(x).reshape([8, 4]).tolistSync() as number[][]) {
      expect(new Set(channel).size).toBe(1);
      expect([0, 2]).toContain(channel[0]);
    }
  });

  it('leaves the mean and variance of what alpha dropout meets', () => {
    manualSeed(1);
    const n = 20000;
    const x = tensor(Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1)));
    const y = new nn.AlphaDropout(0.2)(x);
    expect(y.mean().itemSync()).toBeCloseTo(0, 1);
    expect(y.square().mean().itemSync()).toBeCloseTo(1, 1);
  });

  it('takes p = 0 and p = 1, and nothing beyond', () => {
    const x = tensor([1, -2]);
    for (const Dropout of [nn.Dropout, nn.AlphaDropout]) {
      expect(new Dropout(0)(x).tolistSync()).toEqual([1, -2]);
      expect(new Dropout(1)(x).tolistSync()).toEqual([close(0), close(0)]);
      expect(() => new Dropout(1.5)).toThrow(/between 0 and 1/);
    }
  });

  it('averages all batches alike without momentum', () => {
    const norm = new nn.BatchNorm1d(1, { momentum: null });
    norm(tensor([[0], [2]]));
    norm(tensor([[4], [6]]));
    expect(norm.runningMean!.tolistSync()).toEqual([close(3)]);
    norm.resetRunningStats();
    expect([norm.runningMean!.itemSync(), norm.runningVar!.itemSync()]).toEqual([0, 1]);
  });

  it('says what a layer takes', () => {
    expect(() => new nn.BatchNorm2d(3)(tensor([[1]]))).toThrow(
      /BatchNorm2d: expected a 4-d input, but got \[1, 1\]/,
    );
    expect(() => new nn.Conv1d(3, 4, 1, { groups: 2 })).toThrow(/do not divide into 2 groups/);
    expect(() => new nn.MultiheadAttention(5, 2)).toThrow(/not divisible/);
  });

  it('holds modules in lists and dicts', () => {
    const list = new nn.ModuleList([new nn.ReLU()]).append(new nn.Tanh());
    expect([list.length, list[1]!.constructor.name, list.at(-1) === list[1]]).toEqual([2, 'Tanh', true]);
    expect([...list].map((m) => m.constructor.name)).toEqual(['ReLU', 'Tanh']);
    const dict = new nn.ModuleDict({ convA: new nn.Conv1d(1, 1, 1) });
    expect(Object.keys(dict.stateDict())).toEqual(['convA.weight', 'convA.bias']);
    expect(() => dict.set('train', new nn.Conv1d(1, 1, 1))).toThrow(/is a method/);
  });

  it('clips gradients by norm and by value', () => {
    const parameters = [3, 4].map((value) => {
      const parameter = new nn.Parameter(tensor([0]));
      parameter.grad = tensor([value]);
      return parameter;
    });
    const norm = nn.utils.clipGradNorm(parameters, 1);
    expect(norm.itemSync()).toBeCloseTo(5, 5);
    expect(parameters.map(({ grad }) => grad!.itemSync())).toEqual([close(0.6), close(0.8)]);
    nn.utils.clipGradValue(parameters, 0.7);
    expect(parameters.map(({ grad }) => grad!.itemSync())).toEqual([close(0.6), close(0.7)]);
    parameters[0]!.grad = tensor([NaN]);
    expect(() => nn.utils.clipGradNorm(parameters, 1, { errorIfNonfinite: true })).toThrow(/NaN/);
  });

  it('puts parameters into a vector and back', () => {
    const linear = new nn.Linear(2, 1);
    const vector = nn.utils.parametersToVector(linear.parameters());
    expect(vector.shape).toEqual([3]);
    nn.utils.vectorToParameters(tensor([1, 2, 3]), linear.parameters());
    expect([linear.weight.tolistSync(), linear.bias!.tolistSync()]).toEqual([[[1, 2]], [3]]);
  });
});
