/**
 * The package as a stranger gets it: packed, installed in an empty project, type-checked, bundled and run. Nothing in
 * that project comes from this repository's src, so it is `exports`, `files` and dist that are under test.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type BuildOptions } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CEILING, bundleWithEsbuild, bundleWithVite, allBackends } from './bundle.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const exec = promisify(execFile);

// npm tells its scripts where they run through variables, which would send the inner npm to the wrong project.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

let project = '';
let installed = '';

async function run(command: string, args: string[], cwd: string): Promise<string> {
  const shell = process.platform === 'win32' && command === 'npm';
  try {
    return (await exec(command, args, { cwd, env, shell })).stdout;
  } catch (error) {
    // A compiler reports on stdout, which the message of a failed exec leaves out.
    const { message, stdout } = error as Error & { stdout: string };
    throw new Error(`${message}\n${stdout}`, { cause: error });
  }
}

const writeJson = (name: string, value: unknown) => writeFile(join(project, name), JSON.stringify(value));

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'fusegrad-package-')));
  installed = join(project, 'node_modules/fusegrad');
  await run('npm', ['pack', '--pack-destination', project], root);
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz'));
  await writeJson('package.json', { name: 'consumer', private: true, type: 'module' });
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${String(tarball)}`], project);
  await copyFile(new URL('./consumer.ts', import.meta.url), join(project, 'consumer.ts'));
}, 180_000);

afterAll(() => rm(project, { recursive: true, force: true }));

test('brings no dependencies', async () => {
  expect(await readdir(join(project, 'node_modules'))).toEqual(['.package-lock.json', 'fusegrad']);
});

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'type-checks with module %s, moduleResolution %s',
  { timeout: 120_000 },
  async (module, moduleResolution) => {
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2023', lib: ['es2023', 'dom'], types: [] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true },
    };
    const config = `tsconfig.${moduleResolution}.json`;
    await writeJson(config, { compilerOptions, files: ['consumer.ts'] });
    expect(await run(process.execPath, [tsc, '-p', config], project)).toBe('');
  },
);

test('every subpath loads in Node', async () => {
  const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
  };
  const names = Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'));
  const script = names.map((subpath) => {
    const specifier = JSON.stringify(subpath.replace('.', 'fusegrad'));
    return `console.log(${specifier}, Object.keys(await import(${specifier})).length > 0);`;
  });
  await writeFile(join(project, 'subpaths.js'), script.join('\n'));
  const lines = (await run(process.execPath, ['subpaths.js'], project)).trim().split('\n');
  expect(lines).toEqual(names.map((subpath) => `${subpath.replace('.', 'fusegrad')} true`));
});

/** Compiles the consumer with esbuild, runs it in Node and expects two training losses, finite and falling. */
async function expectTrains(outfile: string, options: BuildOptions = {}): Promise<void> {
  const entry = { absWorkingDir: project, entryPoints: ['consumer.ts'], outfile } satisfies BuildOptions;
  const { metafile } = await build({ format: 'esm', target: 'es2023', ...entry, ...options, metafile: true });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  expect(imports.map(({ path }) => path)).toEqual(options.bundle ? [] : ['fusegrad']);

  const losses = JSON.parse(await run(process.execPath, [outfile], project)) as number[];
  expect(losses).toHaveLength(2);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(losses[1]).toBeLessThan(losses[0]!);
}

test('trains in Node', () => expectTrains('plain.js'));

test('trains when bundled with the namespaces of the main entry', async () => {
  // A static import of a node: module anywhere in the graph would fail this build.
  await expectTrains('bundle.js', { bundle: true, minify: true, platform: 'browser' });
});

describe.each([
  ['esbuild', bundleWithEsbuild],
  ['Vite', bundleWithVite],
] as const)('a page that trains an MLP, bundled by %s', (name, bundle) => {
  // Inside the repository `fusegrad` is the package itself, with the dist that was packed.
  const page = 'test/package/page.ts';

  test('trains', { timeout: 60_000 }, async () => {
    const { files } = await bundle(root, page);
    const folder = await mkdtemp(join(project, `${name}-`));
    for (const [file, code] of files) await writeFile(join(folder, file), code);
    const printed = await run(process.execPath, [[...files.keys()][0]!], folder);
    const { losses, correct } = JSON.parse(printed) as { losses: number[]; correct: number };
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(correct).toBeGreaterThan(13); // chance
  });

  test('loads what it uses', { timeout: 60_000 }, async () => {
    const { files, gzipped } = await bundle(root, page, allBackends);
    const code = [...files.values()].join('');
    // Words of the drawings, of a layer and of a function that the page does not use.
    expect(['digraph', 'MultiheadAttention', 'kthvalue'].filter((word) => code.includes(word))).toEqual([]);
    expect(gzipped).toBeLessThan(CEILING);
  });
});

test('every source map finds its source in the package', async () => {
  const files = (await readdir(installed, { recursive: true })).filter((name) => name.endsWith('.map'));
  expect(files.length).toBeGreaterThan(0);
  const missing: string[] = [];
  for (const file of files) {
    const map = JSON.parse(await readFile(join(installed, file), 'utf8')) as { sources: string[] };
    for (const source of map.sources) {
      const path = join(installed, dirname(file), source);
      const found = await readFile(path).then(
        () => true,
        () => false,
      );
      if (!found || relative(installed, path).startsWith('..')) missing.push(`${file} -> ${source}`);
    }
  }
  expect(missing).toEqual([]);
});
