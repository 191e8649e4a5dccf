/**
 * Writes what is generated: Tensor and the function forms from the composites, and the reference.
 * `npm run codegen`; a test calls `check()`.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as prettier from 'prettier';
import { compositesSource, functionsSource, namespaceSource, tensorSource } from './emit.js';
import { namespaces, readComposites, readTypes } from './read.js';
import { opsReference, primitivesReference, type Support } from './reference.js';

const root = fileURLToPath(new URL('..', import.meta.url));

async function support(): Promise<Support> {
  const folder = `${root}src/backends`;
  const backends = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : [];
  const { gradientRules } = await import('../src/autodiff/index.js');
  return { backends, gradient: (op) => !('none' in gradientRules[op]) };
}

/** Every generated file, by its path from the repository's root. */
export async function generate(): Promise<Map<string, string>> {
  const composites = readComposites(`${root}src/functional`);
  const types = readTypes(`${root}src/functional`);
  const sources: [string, string][] = [
    ['src/functional/composites.generated.ts', compositesSource(composites, types)],
    ['src/tensor/tensor.generated.ts', tensorSource(composites, types)],
    ['src/tensor/functions.generated.ts', functionsSource(composites, types)],
    ...namespaces.map((space): [string, string] => [
      `src/tensor/${space}.generated.ts`,
      namespaceSource(space, composites, types),
    ]),
  ];
  const options = await prettier.resolveConfig(`${root}src/index.ts`);
  const files = new Map<string, string>();
  for (const [path, text] of sources) {
    files.set(path, await prettier.format(text, { ...options, filepath: root + path }));
  }
  files.set('docs/ops.md', opsReference(composites));
  files.set('docs/primitives.md', primitivesReference(await support()));
  return files;
}

/** Paths whose content is not what would be written now. */
export async function check(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of await generate()) {
    const file = root + path;
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) stale.push(path);
  }
  return stale;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [path, text] of await generate()) writeFileSync(root + path, text);
}
