/** Bundles a page as esbuild and Vite do for browsers, minified, and weighs all that the page loads. */
import { build as esbuild, type Plugin } from 'esbuild';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as vite, type Rolldown } from 'vite';

/** What a page that trains `examples/mlp` may weigh, gzipped, with its backend: the goal. */
export const BUDGET = 60_000;
/** What it may weigh today without one, so that it grows only on purpose. */
export const CEILING = 77_500;

/**
 * Backends, which are left out of the weight until a page loads just one: then the whole is what BUDGET is about.
 */
export const allBackends = /backends\/(js|wasm)\/index\.js$/;
/** Those that no page needs once WebAssembly is the default. */
export const otherBackends = /backends\/js\/index\.js$/;

export interface Bundle {
  /** Code by file name, the page's own first. */
  readonly files: ReadonlyMap<string, string>;
  /** What all files together weigh. */
  readonly gzipped: number;
  /** Bytes by module of the library, minified but not compressed. */
  readonly modules: ReadonlyMap<string, number>;
}

const gzipped = (files: ReadonlyMap<string, string>): number =>
  [...files.values()].reduce((sum, code) => sum + gzipSync(code, { level: 9 }).byteLength, 0);
const moduleOf = (path: string): string => path.replace(/^.*(dist|src)\//, '');

const leavingOut = (left: RegExp): Plugin => ({
  name: 'leaving-out',
  setup({ onResolve }) {
    onResolve({ filter: left }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
});

/** The bundle of `entry`, a file of `directory`, which finds the package `fusegrad`; without modules that match. */
export async function bundleWithEsbuild(directory: string, entry: string, leftOut?: RegExp): Promise<Bundle> {
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: directory,
    entryPoints: [entry],
    outdir: 'out',
    bundle: true,
    minify: true,
    splitting: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    write: false,
    metafile: true,
    tsconfigRaw: {},
    plugins: leftOut ? [leavingOut(leftOut)] : [],
  });
  const files = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const modules = new Map(inputs.map(([path, { bytesInOutput }]) => [moduleOf(path), bytesInOutput]));
  return { files, gzipped: gzipped(files), modules };
}

export async function bundleWithVite(
  directory: string,
  entry: string,
  leftOut?: RegExp,
): Promise<Omit<Bundle, 'modules'>> {
  const built = (await vite({
    configFile: false,
    logLevel: 'error',
    root: directory,
    build: {
      write: false,
      minify: true,
      target: 'es2023',
      rollupOptions: { input: `${directory}/${entry}`, external: leftOut ?? [] },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = built.output.filter((chunk) => chunk.type === 'chunk');
  const files = new Map(chunks.map(({ fileName, code }) => [basename(fileName), code]));
  return { files, gzipped: gzipped(files) };
}
