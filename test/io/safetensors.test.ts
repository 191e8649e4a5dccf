import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nn, tensor, type DType } from 'fusegrad';
import { FormatError, deserialize, load, loadMetadata, save, serialize } from 'fusegrad/io';

const folder = await mkdtemp(join(tmpdir(), 'fusegrad-io-'));
afterAll(() => rm(folder, { recursive: true }));

const file = (header: string, data: readonly number[] = []): Uint8Array => {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
};
const entry = (shape: string, start: number, end: number, dtype = 'U8'): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;

describe('safetensors', () => {
  it('gives back what was saved, for every dtype', async () => {
    const values: [DType, readonly (number | bigint | boolean)[]][] = [
      ['bool', [true, false]],
      ['uint8', [0, 255]],
      ['int8', [-128, 127]],
      ['int16', [-32768, 32767]],
      ['int32', [-(2 ** 31), 2 ** 31 - 1]],
      ['uint32', [0, 2 ** 32 - 1]],
      ['int64', [-(2n ** 63n), 2n ** 63n - 1n]],
      ['float16', [-0.5, 65504]],
      ['bfloat16', [1, -(2 ** 127)]],
      ['float32', [-0, NaN]],
      ['float64', [Number.MIN_VALUE, Infinity]],
    ];
    const saved = Object.fromEntries(values.map(([dtype, list]) => [dtype, tensor(list, { dtype })]));
    const { tensors, metadata } = deserialize(await serialize(saved, { metadata: { by: 'test' } }));
    expect({ ...metadata }).toEqual({ by: 'test' });
    expect(Object.keys(tensors).toSorted()).toEqual(Object.keys(saved).toSorted());
    for (const [dtype] of values) {
      expect(tensors[dtype]!.dtype).toBe(dtype);
      expect(tensors[dtype]!.dataSync()).toEqual(saved[dtype]!.dataSync());
    }
  });

  it('writes aligned data and an aligned header', async () => {
    const bytes = await serialize({ a: tensor([1], { dtype: 'uint8' }), b: tensor([2]) });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
      string,
      unknown
    >;
    expect(header).toEqual({
      b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      a: { dtype: 'U8', shape: [1], data_offsets: [4, 5] },
    });
  });

  it('keeps a model in a file', async () => {
    const path = join(folder, 'model.safetensors');
    const [from, to] = [new nn.BatchNorm1d(2), new nn.BatchNorm1d(2)];
    from.runningMean!.set([1, 2]);
    await save(from.stateDict(), path, { metadata: { epoch: '3' } });
    to.loadStateDict(await load(path));
    expect(to.runningMean!.tolistSync()).toEqual([1, 2]);
    expect({ ...(await loadMetadata(path)) }).toEqual({ epoch: '3' });
    const bytes = await serialize(from.stateDict(), { metadata: { epoch: '3' } });
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  });

  it('leaves the old file when a write fails', async () => {
    const path = join(folder, 'kept.safetensors');
    await writeFile(path, 'old');
    const broken = { x: { dtype: 'float32', shape: [1], data: () => Promise.reject(new Error('lost')) } };
    await expect(save(broken as never, path)).rejects.toThrow('lost');
    await expect(save({}, join(folder, 'absent', 'x'))).rejects.toThrow(/ENOENT/);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('takes names as data', () => {
    const { tensors } = deserialize(
      file(`{"__proto__":${entry('[1]', 0, 1)},"a\\"b":${entry('[]', 1, 2)}}`, [7, 8]),
    );
    expect(Object.keys(tensors)).toEqual(['__proto__', 'a"b']);
    expect(tensors['__proto__']!.dataSync()).toEqual(Uint8Array.of(7));
  });

  const broken: [string, Uint8Array, RegExp][] = [
    ['too short', new Uint8Array(4), /4 bytes hold no header/],
    ['cut off', file('{}').subarray(0, 9), /cut off/],
    ['a huge header', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0), /is over 100000000/],
    ['no header', file(''), /begin with \{/],
    ['a space before the header', file(' {}'), /begin with \{/],
    ['no JSON', file('{'), /no JSON/],
    ['text after the JSON', file('{} x'), /no JSON/],
    [
      'a name twice',
      file(`{"a":${entry('[1]', 0, 1)},"\\u0061":${entry('[1]', 0, 1)}}`, [1]),
      /appears twice/,
    ],
    [
      'a field twice',
      file('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      /appears twice/,
    ],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}'), /no string/],
    ['a hole', file(`{"a":${entry('[1]', 1, 2)}}`, [1, 2]), /starts at byte 1, expected 0/],
    [
      'an overlap',
      file(`{"a":${entry('[2]', 0, 2)},"b":${entry('[1]', 1, 2)}}`, [1, 2]),
      /starts at byte 1, expected 2/,
    ],
    ['bytes at the end', file(`{"a":${entry('[1]', 0, 1)}}`, [1, 2]), /cover 1 bytes of 2/],
    ['offsets past the end', file(`{"a":${entry('[3]', 0, 3)}}`, [1]), /cover 3 bytes of 1/],
    ['a negative size', file(`{"a":${entry('[-1, -1]', 0, 1)}}`, [1]), /at least 0/],
    [
      'a size too large',
      file(`{"a":${entry('[4294967296, 4294967296]', 0, 0)}}`),
      /needs 18446744073709551616 bytes/,
    ],
    ['an unknown dtype', file(`{"a":${entry('[1]', 0, 1, 'F4')}}`, [1]), /not supported/],
  ];
  it.each(broken)('refuses %s', (_, bytes, reason) => {
    expect(() => deserialize(bytes)).toThrow(FormatError);
    expect(() => deserialize(bytes)).toThrow(reason);
  });
});
