/** Files written to the published format, good and broken. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FormatError, deserialize } from 'fusegrad/io';
import { type TensorData, openPack, type PackRecord } from '../conformance/packs.js';

interface FileRecord extends PackRecord {
  readonly format: string;
  readonly file: string;
  readonly expect: 'ok' | 'reject' | 'optional';
  readonly value?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

const pack = openPack<FileRecord>(join(import.meta.dirname, '..', 'conformance', 'packs'), 'torch-files');
const records = pack.records.filter(({ format }) => format === 'safetensors');
const bytesOf = ({ file }: FileRecord): Uint8Array => pack.files.get(file)!;

const listOf = (values: ArrayLike<number | bigint>): (number | bigint)[] => Array.from(values);

const chosen = (kind: FileRecord['expect']): [string, FileRecord][] =>
  records.filter((record) => record.expect === kind).map((record) => [record.id, record]);

describe('recorded files', () => {
  it.each(chosen('ok'))('%s is read', (_, record) => {
    const { tensors, metadata } = deserialize(bytesOf(record));
    expect({ ...metadata }).toEqual(record.metadata ?? {});
    expect(Object.keys(tensors).toSorted()).toEqual(Object.keys(record.value!).toSorted());
    for (const [name, json] of Object.entries(record.value!)) {
      const recorded = pack.decode(json) as TensorData;
      const tensor = tensors[name]!;
      expect([name, tensor.shape, tensor.dtype]).toEqual([name, recorded.shape, recorded.dtype]);
      expect(listOf(tensor.dataSync())).toEqual(listOf(recorded.values()));
    }
  });

  it.each(chosen('reject'))('%s is refused', (_, record) => {
    expect(() => deserialize(bytesOf(record))).toThrow(FormatError);
  });
});
