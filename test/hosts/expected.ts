/** What a host's report is compared with: that of this Node, and how close it must come. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Report } from './workload.js';

// npm tells its scripts where they run through variables, which would send an inner npm to this project.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

/** What a command prints. It must print no warning beside. */
export async function printed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const shell = process.platform === 'win32' && command === 'npm';
  const { stdout, stderr } = await promisify(execFile)(command, args, {
    ...{ cwd, env, shell, maxBuffer: 2 ** 26 },
  });
  expect(stderr).toBe('');
  return stdout;
}

const largest = (a: readonly number[], b: readonly number[]): number => {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
};

/** Deterministic results have the same bits; of the others relaxed SIMD decides the last ones. */
export function expectAgrees(found: Report, expected: Report): void {
  expect([found.backend, found.relaxed]).toEqual(['wasm', true]);
  expect(found.correct).toBe(expected.correct);
  expect(found.losses.deterministic).toEqual(expected.losses.deterministic);
  expect(found.deterministic).toEqual(expected.deterministic);
  expectClose(found, expected, 1e-5);
}

export function expectClose(found: Report, expected: Report, bound: number): void {
  expect(largest(found.losses.fast, expected.losses.fast)).toBeLessThan(bound);
  expect(Object.keys(found.fast)).toEqual(Object.keys(expected.fast));
  for (const [name, values] of Object.entries(found.fast)) {
    expect(largest(values, expected.fast[name]!), name).toBeLessThan(bound);
  }
}
