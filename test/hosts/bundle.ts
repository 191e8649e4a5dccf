/** The workload as a page or a Node without this repository gets it: one file, minified. */
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles entries, named from the root of the repository, into `outdir`. */
export async function bundle(entryPoints: readonly string[], outdir: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    outdir,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    plugins: [
      {
        name: 'browser-entry',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^fusegrad$/ }, () => ({ path: `${root}/src/browser.ts`, sideEffects: false })),
      },
    ],
  });
}
