import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DTypeError } from 'fusegrad';
import { pack, packNames, readFiles, unpack } from './archive.js';
import { compare } from './compare.js';
import { isNotHeld } from './library.js';
import { TensorData, openPack, withInt32, type PackRecord } from './packs.js';

const folder = join(import.meta.dirname, 'packs');

describe('archives', () => {
  it.each(packNames)('%s opens, with records of distinct ids', (name) => {
    const { records } = openPack<PackRecord>(folder, name);
    expect(records.length).toBeGreaterThan(0);
    expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  });

  it('keep their files byte by byte', () => {
    const files = readFiles(folder, 'torch-lr');
    expect(unpack(pack(files))).toEqual(files);
  });
});

describe('values', () => {
  const { decode, records } = openPack<PackRecord & { out: unknown[] }>(folder, 'torch-ops');

  it('decode to what they mean', () => {
    expect(decode([{ float: '-inf' }, { int: '9223372036854775807' }, { dtype: 'float16' }])).toEqual([
      -Infinity,
      9223372036854775807n,
      'float16',
    ]);
    expect(decode([{ slice: [0, 3, null] }, { slice: [null, null, 2] }, { ellipsis: true }, null])).toEqual([
      '0:3',
      '::2',
      '...',
      null,
    ]);
    expect(decode({ keepdim: true, dim: [0, 1] })).toEqual({ keepdim: true, dim: [0, 1] });
  });

  it('are int32 for a device without int64, where they fit', () => {
    const longs = (...values: bigint[]): TensorData =>
      new TensorData([values.length], 'int64', BigInt64Array.from(values));
    const [small, large, float] = [
      longs(-(2n ** 31n), 7n),
      longs(2n ** 31n),
      new TensorData([], 'float32', Float32Array.of(1)),
    ];
    const pack = withInt32({
      records: [],
      files: new Map(),
      decode: () => [small, { large }, float, 'int64', null],
    });
    expect(pack.decode(null)).toEqual([
      new TensorData([2], 'int32', Int32Array.of(-(2 ** 31), 7)),
      { large },
      float,
      'int64',
      null,
    ]);
  });

  it('agree with themselves, all of them', () => {
    const tensors = records
      .flatMap(({ out }) => out.map(decode))
      .filter((value) => value instanceof TensorData);
    expect(tensors.length).toBeGreaterThan(4000);
    expect(tensors.filter((data) => compare(data, data, 'out').worst > 0)).toEqual([]);
  });
});

describe('a record that a backend lacks a dtype for', () => {
  const lacks = (dtype: string): DTypeError =>
    new DTypeError('add', `${dtype} is no dtype of the webgpu backend, which has float32`);
  const record = (input: string, out: string): PackRecord & Record<string, unknown> => ({
    id: 'add/0',
    input: { tensor: { dtype: input } },
    out: [{ tensor: { dtype: out } }],
  });

  it('names that dtype', () => {
    expect(isNotHeld(record('float64', 'bool'), lacks('float64'))).toBe(true);
    expect(isNotHeld(record('float32', 'float32'), lacks('float64'))).toBe(false);
    expect(isNotHeld(record('float64', 'float64'), new DTypeError('add', 'takes no float64'))).toBe(false);
  });

  it('has it as the result where it is int64: as an argument, int32 stands for it', () => {
    expect(isNotHeld(record('float32', 'int64'), lacks('int64'))).toBe(true);
    expect(isNotHeld(record('int64', 'float32'), lacks('int64'))).toBe(false);
  });
});

describe('compare', () => {
  const floats = (...values: number[]): TensorData =>
    new TensorData([values.length], 'float32', Float32Array.from(values));
  const ints = (...values: number[]): TensorData =>
    new TensorData([values.length], 'int32', Int32Array.from(values));
  const longs = (...values: bigint[]): TensorData =>
    new TensorData([values.length], 'int64', BigInt64Array.from(values));

  it('measures errors in units of the bound', () => {
    expect(compare(floats(1.00001), floats(1), 'out').worst).toBeCloseTo(0.5, 1);
    expect(compare(floats(1.0001), floats(1), 'out').reason).toContain('element 0');
    expect(compare(floats(1.0001), floats(1), 'grad').reason).toBeUndefined();
    expect(compare(floats(1.0001), floats(1), 'out', 1e-4).reason).toBeUndefined();
  });

  it('takes NaN for NaN, an infinity for itself only, and either zero', () => {
    expect(compare(floats(NaN, Infinity, -0), floats(NaN, Infinity, 0), 'out')).toEqual({ worst: 0 });
    expect(compare(floats(-Infinity), floats(Infinity), 'out').reason).toBeDefined();
    expect(compare(floats(NaN), floats(1), 'out').reason).toBeDefined();
    expect(compare(floats(1), floats(NaN), 'out').reason).toBeDefined();
    expect(compare(floats(Infinity), floats(1), 'out').reason).toBeDefined();
  });

  it('wants integers equal, and takes int32 for int64', () => {
    expect(compare(ints(1, -2), longs(1n, -2n), 'out')).toEqual({ worst: 0 });
    expect(compare(ints(1), longs(2n), 'out').reason).toBeDefined();
    expect(compare(longs(1n), ints(1), 'out').reason).toContain('dtype');
  });

  it('wants equal shapes', () => {
    expect(compare(floats(1, 2), floats(1), 'out').reason).toContain('shape');
  });
});
