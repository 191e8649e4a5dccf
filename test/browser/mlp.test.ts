/** The workload with `examples/mlp` in headless Chromium, compared with what this Node computes on WebAssembly. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendName } from 'fusegrad';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../hosts/bundle.js';
import { expectAgrees, expectClose } from '../hosts/expected.js';
import { report, type Report } from '../hosts/workload.js';
import { lacksChromium, launchChromium, withWebGPU } from './chromium.js';
import type { Outcome } from './run.js';
import { serve, type Server, type Site } from './server.js';

describe.skipIf(lacksChromium('wasm and webgpu on a page and in a Worker'))('in Chromium', () => {
  let folder = '';
  let server: Server;
  let browser: Browser;
  let here: Report;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fusegrad-browser-'));
    await bundle(['test/browser/page.ts', 'test/browser/worker.ts'], folder);
    await copyFile(new URL('page.html', import.meta.url), join(folder, 'page.html'));
    server = await serve(folder);
    browser = await launchChromium(withWebGPU);
    here = await report();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a page says in the end, and what the browser complained about. */
  async function visit(
    site: Site,
    where: string,
    backend: BackendName = 'wasm',
  ): Promise<{ outcome: Outcome; complaints: string[] }> {
    const page = await browser.newPage();
    try {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      await page.goto(server.url(site, `page.html#${where}-${backend}`));
      const said = page.locator('body[data-outcome]');
      const outcome = JSON.parse((await said.getAttribute('data-outcome'))!) as Outcome;
      const { FUSEGRAD_SCREENSHOT: path } = process.env;
      if (path) await page.screenshot({ path: `${path}-${site}-${where}-${backend}.png` });
      return { outcome, complaints };
    } finally {
      await page.close();
    }
  }

  const hosts = (['plain', 'isolated', 'strict'] as const).flatMap((site) =>
    (['page', 'Worker'] as const).map((where) => [where, site] as const),
  );
  test.each(hosts)('%s, headers: %s', async (where, site) => {
    const { outcome, complaints } = await visit(site, where);
    if (!('report' in outcome)) throw new Error(outcome.error.message);
    expect(outcome.isolated).toBe(site === 'isolated');
    expectAgrees(outcome.report, here);
    if (site === 'isolated')
      expect(outcome.threads).toMatchObject({ helped: true, equal: true, notices: [] });
    expect(complaints).toEqual([]);
  });

  test('page, webgpu', async () => {
    const { outcome, complaints } = await visit('plain', 'page', 'webgpu');
    if (!('report' in outcome)) throw new Error(outcome.error.message);
    const { report, device } = outcome;
    expect(report.backend).toBe('webgpu');
    expect(device!.adapter).toBe('google swiftshader');
    // Ten steps of training, each of several kernels, and what else there is.
    expect(device!.counters.dispatches).toBeGreaterThan(50);
    expectClose(report, here, 1e-5);
    expect(report.correct).toBe(here.correct);
    expect(complaints).toEqual([]);
  });

  test.each(['page', 'Worker'])('%s, headers: a policy without wasm-unsafe-eval', async (where) => {
    const { outcome } = await visit('forbidding', where);
    if (!('error' in outcome)) throw new Error('it computed');
    expect(outcome.error.name).toBe('BackendError');
    expect(outcome.error.message).toContain("script-src 'wasm-unsafe-eval'");
  });
});
