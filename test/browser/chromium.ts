/** The Chromium of this machine, without a window. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function onPath(name: string): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Where Chromium is, or undefined: `CHROMIUM` names one that is not on the path. */
export const chromiumPath: string | undefined =
  process.env['CHROMIUM'] ?? names.map(onPath).find((path) => path !== undefined);

/** How to get it. */
export const install = 'apt-get update && apt-get install --yes chromium';

/**
 * Whether there is no Chromium, which is then said.
 * @throws Error in CI, which runs everything.
 */
export function lacksChromium(what: string): boolean {
  if (chromiumPath !== undefined) return false;
  const message = `${what} in Chromium, which is not installed. To run it: ${install}`;
  if (process.env['CI']) throw new Error(`cannot run: ${message}`);
  console.warn(`left out: ${message} (or CHROMIUM=/path/to/chrome)`);
  return true;
}

/** WebGPU on the software driver that Chromium brings, whatever else the machine has. */
export const withWebGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] as const;

export const launchChromium = (flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath!,
    // Pages come from this machine, and root, as whom containers run, has no sandbox.
    chromiumSandbox: false,
    // What it would otherwise ask of the network.
    args: [
      ...['--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...flags,
    ],
  });
