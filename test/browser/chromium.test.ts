/** A browser that is missing is a failure in CI, and said elsewhere. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
  for (const name of ['PATH', 'CHROMIUM', 'CI']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('a missing browser', async () => {
  const { lacksChromium } = await import('./chromium.js');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(lacksChromium('a page')).toBe(true);
  expect(warn.mock.lastCall![0]).toMatch(/^left out: a page in Chromium, which is not installed/);
  vi.stubEnv('CI', 'true');
  expect(() => lacksChromium('a page')).toThrow(/^cannot run: a page in Chromium/);
});
