/** Says what a page that trains `examples/mlp` weighs, and which folders and files it is made of: `npm run size`. */
import { fileURLToPath } from 'node:url';
import { BUDGET, allBackends, bundleWithEsbuild, bundleWithVite, otherBackends } from './bundle.js';

// Inside the package `fusegrad` is the package itself: the dist that was built last.
const root = fileURLToPath(new URL('../..', import.meta.url));
const page = process.argv[2] ?? 'test/package/page.ts';
const { modules } = await bundleWithEsbuild(root, page, otherBackends);

const folders = new Map<string, number>();
for (const [module, bytes] of modules) {
  const folder = module.split('/').slice(0, -1).join('/');
  folders.set(folder, (folders.get(folder) ?? 0) + bytes);
}
const table = (sizes: ReadonlyMap<string, number>): string =>
  [...sizes]
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, bytes]) => `${String(bytes).padStart(8)}  ${name}`)
    .join('\n');

console.log(`bytes by file, minified:\n${table(modules)}\n\nby folder:\n${table(folders)}\n`);
console.log(`${page}, gzipped (the budget is ${BUDGET}):`);
for (const [what, left] of [
  ['without a backend', allBackends],
  ['with WebAssembly', otherBackends],
] as const) {
  const { gzipped } = await bundleWithEsbuild(root, page, left);
  const vite = await bundleWithVite(root, page, left);
  console.log(`${what}: esbuild ${gzipped}, Vite ${vite.gzipped}`);
}
