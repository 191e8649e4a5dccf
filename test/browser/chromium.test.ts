/** A browser that is missing is a failure where it is asked for, and said elsewhere. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
  for (const name of ['PATH', 'CHROMIUM', 'CI', 'FUSEGRAD_CHROMIUM']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test.each(['FUSEGRAD_CHROMIUM', 'CI'])('%s', async (name) => {
  const { lacksChromium } = await import('./chromium.js');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(lacksChromium('a page')).toBe(true);
  expect(warn.mock.lastCall![0]).toMatch(/^left out: a page in Chromium, which is not installed/);
  vi.stubEnv(name, 'required');
  expect(() => lacksChromium('a page')).toThrow(/^cannot run: a page in Chromium/);
});
