/**
 * WebAssembly in every Node that is supported: the same bits where they are promised, nothing printed beside. The npm package
 * `node` brings the versions, in CI only: each is a large download.
 */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from './bundle.js';
import { expectAgrees, expectClose, printed } from './expected.js';
import type { Report } from './workload.js';

const [current] = process.versions.node.split('.');
const others = ['20', '22', '24', '26'].filter((version) => version !== current);
const inCI = Boolean(process.env['CI']);
if (!inCI) {
  console.warn(
    `left out: WebAssembly in Node ${others.join(', ')}. To run it: CI=true npx vitest run test/hosts (npm downloads them)`,
  );
}

let folder = '';
let script = '';
let here: Report;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fusegrad-nodes-'));
  await bundle(['test/hosts/print.ts'], folder);
  script = join(folder, 'print.mjs');
  await rename(join(folder, 'print.js'), script);
  here = JSON.parse(await printed(process.execPath, [script], folder)) as Report;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('in this Node, as the js backend computes it', async () => {
  const js = JSON.parse(await printed(process.execPath, [script, 'js'], folder)) as Report;
  expectClose(here, js, 1e-3);
  expect(here.losses.fast.at(-1)).toBeLessThan(here.losses.deterministic[0]!);
});

test.skipIf(!inCI).each(others)('in Node %s', { timeout: 180_000 }, async (version) => {
  const node = ['exec', '--yes', '--loglevel=error', `--package=node@${version}`, '--', 'node'];
  expect(await printed('npm', [...node, '--version'], folder)).toMatch(new RegExp(`^v${version}\\.`));
  expectAgrees(JSON.parse(await printed('npm', [...node, script], folder)) as Report, here);
});
