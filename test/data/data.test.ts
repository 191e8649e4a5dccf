import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Tensor, manualSeed, tensor } from 'fusegrad';
import { DataLoader, TensorDataset, randomSplit } from 'fusegrad/data';

const count = 10;
const labels = Int32Array.from({ length: count }, (_, i) => i);
const features = tensor(
  Float32Array.from({ length: 2 * count }, (_, i) => i),
  { shape: [count, 2] },
);
const dataset = new TensorDataset(features, { data: labels, shape: [count] });
const labelsOf = (loader: Iterable<[Tensor, Tensor]>): number[][] =>
  Array.from(loader, ([, y]) => Array.from(y.dataSync(), Number));

describe('TensorDataset', () => {
  it('gives rows of all tensors', () => {
    const [x, y] = dataset.at(-1)!;
    expect([x.tolistSync(), y.tolistSync(), y.dtype]).toEqual([[18, 19], 9, 'int32']);
    expect(dataset.at(10)).toBeUndefined();
    expect(() => new TensorDataset(features, tensor([1]))).toThrow(/10, 1 rows/);
  });
});

describe('DataLoader', () => {
  it('gives batches in order, the last one as it is', () => {
    const loader = new DataLoader(dataset, { batchSize: 4 });
    expect(loader.length).toBe(3);
    expect(labelsOf(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    for (const [i, [x, y]] of loader.entries()) {
      expectTypeOf(x).toEqualTypeOf<Tensor>();
      expect(x.shape).toEqual([i === 2 ? 2 : 4, 2]);
      expect((x.tolistSync() as number[][]).map(([even]) => even! / 2)).toEqual(y.tolistSync());
    }
    const dropping = new DataLoader(dataset, { batchSize: 4, dropLast: true });
    expect([dropping.length, labelsOf(dropping).length]).toEqual([2, 2]);
  });

  it('shuffles anew each epoch, the same way for the same seed', () => {
    const make = (seed?: number): DataLoader<[Tensor, Tensor]> =>
      new DataLoader(dataset, { batchSize: 5, shuffle: true, seed });
    const [a, b] = [make(3), make(3)];
    const first = labelsOf(a);
    expect(first.flat().toSorted((x, y) => x - y)).toEqual([...labels]);
    expect(first).not.toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
    ]);
    expect(labelsOf(b)).toEqual(first);
    const second = labelsOf(a);
    expect(second).not.toEqual(first);
    expect(labelsOf(b)).toEqual(second);
    expect(labelsOf(make(4))).not.toEqual(first);
    manualSeed(1);
    const drawn = labelsOf(make());
    manualSeed(1);
    expect(labelsOf(make())).toEqual(drawn);
  });

  it('puts samples of any form together', () => {
    const samples = [0, 1, 2].map((i) => ({
      x: Float32Array.of(i, i),
      name: `s${i}`,
      pair: [i, tensor([i])] as const,
    }));
    const [batch] = new DataLoader(samples, { batchSize: 3 });
    expectTypeOf(batch!.name).toEqualTypeOf<string[]>();
    expect(batch!.name).toEqual(['s0', 's1', 's2']);
    expect(batch!.x.shape).toEqual([3, 2]);
    expect(batch!.pair.map((part) => part.shape)).toEqual([[3], [3, 1]]);
    const own = new DataLoader([1, 2, 3], { batchSize: 2, collate: (values) => Math.max(...values) });
    expect([...own]).toEqual([2, 3]);
  });
});

describe('randomSplit', () => {
  it('gives parts without common samples', () => {
    const parts = randomSplit(dataset, [0.7, 0.3], { seed: 1 });
    expect(parts.map(({ length }) => length)).toEqual([7, 3]);
    const all = parts.flatMap((part) => labelsOf(new DataLoader(part, { batchSize: 2 })).flat());
    expect(all.toSorted((x, y) => x - y)).toEqual([...labels]);
    expect(() => randomSplit(dataset, [1, 2])).toThrow(/sum up/);
  });

  it('finds each order about equally often', () => {
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 1200; seed++) {
      const [part] = randomSplit([0, 1, 2], [3], { seed });
      const order = Array.from(part!.indices).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const times of seen.values()) expect(times).toBeGreaterThan(150);
  });
});
