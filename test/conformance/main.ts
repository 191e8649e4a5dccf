/** `npm run conformance`: compares the library with recorded PyTorch results. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasPack } from './archive.js';
import { backends, modes } from './library.js';
import { summary, toJSON, toMarkdown } from './results.js';
import { initWebGPU } from '../../src/webgpu/index.js';
import { webgpuEnvironment } from '../webgpu-environment.js';
import { runPacks } from './runner.js';

const usage = `usage: npm run conformance -- [options]
  --packs DIR      folder of packs (default: ../shared/conformance, else the repository's own)
  --backend NAME   ${backends.join(' | ')} (default: wasm)
  --mode MODE      ${modes.join(' | ')} (default: fused)
  --only PATTERN   regular expression on pack/id, such as torch-ops/conv2d
  --json FILE      counts by pack and name`;

const root = join(import.meta.dirname, '..', '..');
const given = [join(root, '..', 'shared', 'conformance'), join(import.meta.dirname, 'packs')];

const { values } = parseArgs({
  options: {
    packs: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
    mode: { type: 'string', default: 'fused' },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const oneOf = <T extends string>(names: readonly T[], text: string): T | undefined =>
  names.find((name) => name === text);

async function main(): Promise<number> {
  const { only } = values;
  const [mode, backend] = [oneOf(modes, values.mode), oneOf(backends, values.backend)];
  if (values.help || !mode || !backend) {
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
  const results = await runPacks({
    folder,
    mode,
    backend,
    only: only === undefined ? undefined : new RegExp(only),
  });
  console.log(summary(results));
  if (values.json !== undefined) writeFileSync(values.json, `${toJSON(results)}\n`);
  // The page tells what the library does, so only a whole run in its default way may write it.
  if (only === undefined && mode === 'fused' && backend === 'wasm') {
    writeFileSync(join(root, 'docs', 'conformance.md'), toMarkdown(results, backend, mode));
  }
  return results.unexpected.length > 0 ? 1 : 0;
}

process.exitCode = await main();
