/** The page `examples/page`, built by Vite, in headless Chromium. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksChromium, launchChromium, withWebGPU } from './chromium.js';

const configFile = fileURLToPath(new URL('../../examples/page/vite.config.ts', import.meta.url));
const names = { js: 'JavaScript', wasm: 'WebAssembly', webgpu: 'WebGPU' } as const;
type Backend = keyof typeof names;

describe.skipIf(lacksChromium('the page that trains digits'))('a page that trains digits', () => {
  let folder = '';
  let server: PreviewServer;
  let browser: Browser;
  let pictures = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fusegrad-page-'));
    const options = { configFile, logLevel: 'error', build: { outDir: folder } } as const;
    await build(options);
    server = await preview({ ...options, preview: { host: '127.0.0.1', port: 0 } });
    browser = await launchChromium(withWebGPU);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the page, and expects at the end that the browser had nothing to complain of and asked nobody else. */
  async function visit(look: (page: Page) => Promise<void>): Promise<void> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    const asked = new Set<string>();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('request', (request) => asked.add(new URL(request.url()).host));
    try {
      const [url] = server.resolvedUrls!.local;
      await page.goto(url!);
      await look(page);
      const { FUSEGRAD_SCREENSHOT: path } = process.env;
      if (path) await page.screenshot({ path: `${path}-digits-${++pictures}.png`, fullPage: true });
      expect(complaints).toEqual([]);
      expect([...asked].filter((host) => host !== new URL(url!).host && host !== '')).toEqual([]);
    } finally {
      await page.close();
    }
  }

  /** Waits until a figure on the page is such. */
  async function wait(page: Page, id: string, holds: (figure: number) => boolean): Promise<number> {
    let figure = NaN;
    await expect
      .poll(
        async () => {
          figure = Number.parseFloat((await page.textContent(`#${id}`))!.replaceAll(',', ''));
          return holds(figure);
        },
        { timeout: 25_000 },
      )
      .toBe(true);
    return figure;
  }

  const choose = (page: Page, value: string): Promise<void> => page.click(`label:has([value=${value}])`);
  const compiled = (page: Page, backend: Backend): Promise<void> =>
    page.locator('#status', { hasText: `compiled for ${names[backend]}` }).waitFor();

  /** Draws a line through points of the pad, from 0 to 1. */
  async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
    const { x, y, width, height } = (await page.locator('#pad').boundingBox())!;
    for (const [i, [u, v]] of points.entries()) {
      await page.mouse.move(x + u * width, y + v * height);
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }

  async function probabilities(page: Page): Promise<number[]> {
    const meters = await page.getByRole('meter').all();
    return Promise.all(meters.map(async (meter) => Number(await meter.getAttribute('aria-valuenow'))));
  }

  const runs = [
    ['mlp', 'js'],
    ['mlp', 'webgpu'],
    ['cnn', 'wasm'],
    ['cnn', 'webgpu'],
  ] as const;
  test.each(runs)(
    '%s on %s: the loss falls and the page stays awake',
    { timeout: 60_000 },
    async (model, backend) => {
      await visit(async (page) => {
        if (backend === 'webgpu') await page.locator('[value=webgpu]:enabled').waitFor({ state: 'attached' });
        if (backend !== 'wasm') await choose(page, backend);
        if (model !== 'mlp') await choose(page, model);
        await compiled(page, backend);
        await page.evaluate(() => {
          let last = performance.now();
          let longest = 0;
          setInterval(() => {
            longest = Math.max(longest, performance.now() - last);
            last = performance.now();
            Object.assign(globalThis, { longest });
          });
        });
        await page.click('text=Start');
        const first = await wait(page, 'loss', Number.isFinite);
        await wait(page, 'loss', (loss) => loss < 0.98 * first);
        await wait(page, 'speed', (speed) => speed > 0);
        expect(await page.evaluate('longest')).toBeLessThan(1000);
        expect(await page.locator('#curve .loss').getAttribute('d')).toMatch(
          /^M[\d.]+,[\d.]+(L[\d.]+,[\d.]+)+$/,
        );
        if (backend !== 'webgpu') return;
        const said = await page.textContent('#adapter');
        const [, adapter, kernels] = /^(.*) has run ([\d,]+) kernels\.$/.exec(said!) ?? [];
        expect(adapter).toBe('google swiftshader');
        expect(Number(kernels!.replaceAll(',', ''))).toBeGreaterThan(20);
      });
    },
  );

  test('the kernels are drawn, and what a visitor draws is classified', { timeout: 60_000 }, async () => {
    await visit(async (page) => {
      const frames = page.locator('#graph svg .cluster');
      await frames.first().waitFor();
      const kernels = Number(/(\d+) kernels/.exec((await page.textContent('#program'))!)![1]);
      // Kernels of the optimizer share a frame.
      expect(await frames.count()).toBeGreaterThan(kernels / 2);
      expect(await frames.count()).toBeLessThanOrEqual(kernels);
      const text = await page.locator('#graph svg').innerHTML();
      for (const word of ['images', 'labels', 'hidden.weight', 'CrossEntropyLoss', 'gradient of MLP'])
        expect(text).toContain(word);

      expect(await probabilities(page)).toEqual(Array<number>(10).fill(0));
      await page.click('text=Start');
      await wait(page, 'accuracy', (accuracy) => accuracy > 90);
      await page.click('text=Pause');
      const ring = Array.from({ length: 25 }, (_, i) => (2 * Math.PI * i) / 24);
      const digits = [
        [0, ring.map((angle) => [0.55 + 0.22 * Math.sin(angle), 0.4 - 0.3 * Math.cos(angle)] as const)],
        // Small and in a corner: it is centred and scaled.
        [1, [0.1, 0.2, 0.3].map((v) => [0.86 - 0.1 * v, v] as const)],
      ] as const;
      for (const [digit, points] of digits) {
        await draw(page, points);
        await page.getByText(`It looks like a ${digit}.`).waitFor();
        const found = await probabilities(page);
        expect(found.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
        expect(found.indexOf(Math.max(...found))).toBe(digit);
        await page.click('text=Clear');
        expect(await probabilities(page)).toEqual(Array<number>(10).fill(0));
      }
      await page.click('text=Pick one');
      await page.getByText(/^It looks like a \d; it is a \d\.$/).waitFor();
    });
  });

  test('it pauses, moves weights to another backend, and starts anew', { timeout: 60_000 }, async () => {
    await visit(async (page) => {
      await page.click('text=Start');
      await wait(page, 'loss', (loss) => loss < 0.3);
      await page.click('text=Pause');
      await page.locator('[value=webgpu]:enabled').waitFor({ state: 'attached' });
      for (const backend of ['webgpu', 'js'] as const) {
        await choose(page, backend);
        await compiled(page, backend);
        const epochs = await page.textContent('#epochs');
        await page.click('text=Start');
        await expect.poll(() => page.textContent('#epochs'), { timeout: 25_000 }).not.toBe(epochs);
        // A network that knows nothing has a loss of 2.3.
        expect(await wait(page, 'loss', Number.isFinite)).toBeLessThan(1);
        await page.click('text=Pause');
      }
      await page.waitForTimeout(500);
      const epochs = await page.textContent('#epochs');
      await page.waitForTimeout(500);
      expect(await page.textContent('#epochs')).toBe(epochs);
      await page.click('text=Reset');
      expect(await page.textContent('#epochs')).toBe('–');
      await page.click('text=Start');
      expect(await wait(page, 'loss', Number.isFinite)).toBeGreaterThan(1);
    });
  });

  const failed = (page: Page, why: string): Promise<void> =>
    page.getByText(new RegExp(`^It failed: ${why}[^]*Reset starts again`)).waitFor();

  test('digits that do not load are the reason that is given, whatever is clicked', async () => {
    const page = await browser.newPage();
    try {
      await page.route('**/digits.bin', (route) => route.fulfill({ status: 404 }));
      await page.goto(server.resolvedUrls!.local[0]!);
      await failed(page, 'the digits do not load');
      const said = await page.textContent('#status');
      for (const click of [
        () => page.click('text=Start'),
        () => choose(page, 'js'),
        () => page.click('text=Pick one'),
      ]) {
        await page.evaluate("document.querySelector('#status').textContent = ''");
        await click();
        await failed(page, '');
        expect(await page.textContent('#status')).toBe(said);
      }
      await page.unroute('**/digits.bin');
      await page.click('text=Reset');
      await compiled(page, 'js');
    } finally {
      await page.close();
    }
  });

  test('a request that fails takes none with it', async () => {
    await visit(async (page) => {
      await compiled(page, 'wasm');
      await page.workers()[0]!.evaluate(() => {
        const { dispatchEvent } = globalThis as unknown as EventTarget;
        for (const data of [{ kind: 'draw', image: new Float32Array(3) }, { kind: 'pick' }])
          dispatchEvent(new MessageEvent('message', { data }));
      });
      await failed(page, '');
      await page.getByText(/^It looks like a \d; it is a \d\.$/).waitFor();
    });
  });

  test('a device that is lost is said, and Reset gets another', { timeout: 60_000 }, async () => {
    await visit(async (page) => {
      await compiled(page, 'wasm');
      await page.workers()[0]!.evaluate(() => {
        const { prototype } = GPUAdapter;
        const request = Object.getOwnPropertyDescriptor(prototype, 'requestDevice')!
          .value as GPUAdapter['requestDevice'];
        prototype.requestDevice = async function (descriptor) {
          const device = await request.call(this, descriptor);
          return Object.assign(globalThis, { device }).device;
        };
      });
      await page.locator('[value=webgpu]:enabled').waitFor({ state: 'attached' });
      await choose(page, 'webgpu');
      await compiled(page, 'webgpu');
      await page.click('text=Start');
      await wait(page, 'loss', Number.isFinite);
      await page.workers()[0]!.evaluate('device.destroy()');
      await failed(page, '[^]*lost');
      await page.click('text=Reset');
      await compiled(page, 'webgpu');
      await page.click('text=Start');
      await wait(page, 'loss', Number.isFinite);
    });
  });

  test('without an adapter WebGPU is not to be chosen, and the page says why', async () => {
    const plain = await launchChromium();
    try {
      const page = await plain.newPage();
      await page.goto(server.resolvedUrls!.local[0]!);
      await page.getByText('this browser finds no adapter for WebGPU').waitFor();
      expect(await page.isDisabled('[value=webgpu]')).toBe(true);
    } finally {
      await plain.close();
    }
  });

  test('the page itself loads neither compiler nor backends: these are in the worker', async () => {
    const files = (await readdir(join(folder, 'assets'))).filter((name) => name.endsWith('.js'));
    const sizes = await Promise.all(
      files.map(async (name) => [name, (await readFile(join(folder, 'assets', name))).length] as const),
    );
    const [, page] = sizes.find(([name]) => name.startsWith('index-'))!;
    const [, worker] = sizes.find(([name]) => name.startsWith('worker-'))!;
    expect(page).toBeLessThan(20_000);
    expect(worker).toBeGreaterThan(100_000);
  });
});
