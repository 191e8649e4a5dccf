/** `npm run conformance`: compares the library with recorded PyTorch results. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasPack } from './archive.js';
import { backends, modes } from './library.js';
import { summary, toJSON, toMarkdown, type Run } from './results.js';
import { initWebGPU } from '../../src/webgpu/index.js';
import { webgpuEnvironment } from '../webgpu-environment.js';
import { runPacks } from './runner.js';

const usage = `usage: npm run conformance -- [options]
  --packs DIR      folder of packs (default: ../shared/conformance, else the repository's own)
  --backend NAME   ${backends.join(' | ')} (default: wasm)
  --mode MODE      ${modes.join(' | ')} (default: fused; may be given several times)
  --only PATTERN   regular expression on pack/id, such as torch-ops/conv2d
  --json FILE      counts by pack and name`;

const root = join(import.meta.dirname, '..', '..');
const given = [join(root, '..', 'shared', 'conformance'), join(import.meta.dirname, 'packs')];

const { values } = parseArgs({
  options: {
    packs: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
    mode: { type: 'string', multiple: true, default: ['fused'] },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const oneOf = <T extends string>(names: readonly T[], text: string): T | undefined =>
  names.find((name) => name === text);

async function main(): Promise<number> {
  const { only } = values;
  const backend = oneOf(backends, values.backend);
  const chosen = values.mode.map((mode) => oneOf(modes, mode)).filter((mode) => mode !== undefined);
  if (values.help || chosen.length < values.mode.length || !backend) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const folder = values.packs ?? given.find((path) => hasPack(path, 'torch-ops'));
  if (folder === undefined || !hasPack(folder, 'torch-ops')) {
    console.error(`there are no packs in ${folder ?? given.join(' or ')}`);
    return 2;
  }
  if (backend === 'webgpu') {
    Object.assign(process.env, webgpuEnvironment());
    await initWebGPU();
  }
  const runs: Run[] = [];
  for (const mode of chosen) {
    const results = await runPacks({
      folder,
      mode,
      backend,
      only: only === undefined ? undefined : new RegExp(only),
    });
    console.log(`${backend}, ${mode}\n${summary(results)}\n`);
    runs.push({ mode, results });
  }
  if (values.json !== undefined) writeFileSync(values.json, `${toJSON(runs)}\n`);
  // The pages tell what the library does, so only whole runs in the default way, or in all, may write them.
  const page = pages[`${backend} ${chosen.join(' ')}`];
  if (only === undefined && page !== undefined)
    writeFileSync(join(root, 'docs', page), toMarkdown(runs, backend));
  return runs.every(({ results }) => results.unexpected.length === 0) ? 0 : 1;
}

/** Pages of the docs by the runs that write them. */
const pages: Readonly<Record<string, string>> = {
  'wasm fused': 'conformance.md',
  'webgpu fused unfused': 'conformance-webgpu.md',
};

process.exitCode = await main();
