/**
 * Builds dist/: every module with its declarations, which bundlers for browsers read and trim, and dist/node/, the same
 * entries in a few files. Node loads hundreds of small modules in a quarter of a second, and these in a third of that.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: ['ignore', 2, 2] });

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const entryPoints = Object.values(exports)
  .filter((entry) => entry.node !== undefined)
  .map((entry) => ({
    in: entry.default,
    out: entry.node.replace('./dist/node/', '').replace(/\.js$/, ''),
  }));

await build({
  absWorkingDir: root,
  entryPoints,
  outdir: 'dist/node',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  chunkNames: 'shared-[hash]',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});
