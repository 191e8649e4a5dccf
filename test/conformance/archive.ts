/**
 * A pack's files, from a plain folder or from the repository's compressed copy: one brotli stream a pack, holding a
 * line of JSON that lists names and sizes, then the files one after another.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** The packs recorded from PyTorch. */
export const packNames = [
  'torch-ops',
  'torch-errors',
  'torch-nn',
  'torch-optim',
  'torch-lr',
  'torch-training',
  'torch-files',
] as const;

export type PackName = (typeof packNames)[number];

/** A pack's files by their path inside it. */
export type Files = ReadonlyMap<string, Uint8Array>;

const archivePath = (folder: string, pack: PackName): string => join(folder, `${pack}.br`);

/** Whether `folder` holds `pack` in either form. */
export const hasPack = (folder: string, pack: PackName): boolean =>
  existsSync(archivePath(folder, pack)) || existsSync(join(folder, pack, 'records.jsonl'));

/** Reads all files of a pack. */
export function readFiles(folder: string, pack: PackName): Files {
  const archive = archivePath(folder, pack);
  return existsSync(archive) ? unpack(readFileSync(archive)) : readFolder(join(folder, pack));
}

export function readFolder(root: string): Files {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => join(root, path))
    .filter((path) => statSync(path).isFile())
    .sort();
  return new Map(paths.map((path) => [relative(root, path).replaceAll('\\', '/'), readFileSync(path)]));
}

/** The compressed form of a pack's files. The same files give the same bytes. */
export function pack(files: Files): Uint8Array {
  const listing = JSON.stringify([...files].map(([path, bytes]) => [path, bytes.length]));
  const plain = Buffer.concat([Buffer.from(`${listing}\n`), ...files.values()]);
  return brotliCompressSync(plain, {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  });
}

export function unpack(archive: Uint8Array): Files {
  const plain = brotliDecompressSync(archive);
  let offset = plain.indexOf('\n') + 1;
  const listing = JSON.parse(plain.toString('utf8', 0, offset)) as [string, number][];
  return new Map(
    listing.map(([path, size]) => {
      const bytes = plain.subarray(offset, offset + size);
      offset += size;
      return [path, bytes];
    }),
  );
}
