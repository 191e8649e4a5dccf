/** Makes the repository's compressed packs again: `tsx test/conformance/compress.ts DIR`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack, packNames, readFolder } from './archive.js';

const source = process.argv[2];
if (source === undefined) throw new Error('usage: tsx test/conformance/compress.ts DIR');
const target = join(import.meta.dirname, 'packs');
mkdirSync(target, { recursive: true });
for (const name of packNames) {
  const archive = pack(readFolder(join(source, name)));
  writeFileSync(join(target, `${name}.br`), archive);
  console.log(`${name.padEnd(16)}${(archive.length / 1024).toFixed(0).padStart(6)} KB`);
}
