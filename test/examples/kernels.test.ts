/** The kernel counts `npm run kernels` prints: no more than promised, and as many as the profiler sees launched. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { programNames, programs } from '../../examples/kernels/programs.js';

const atMost: Record<(typeof programNames)[number], number> = {
  softmax: 1,
  layerNorm: 1,
  layerNormGrad: 3,
  crossEntropyForwardAndGrad: 2,
  adamUpdate: 2,
  mlpSgdStep: 9,
  mlpAdamStep: 11,
  causalAttention: 4,
};

describe.each(programNames)('%s', (name) => {
  test('takes no more kernels than promised, all of which are launched', () => {
    const program = programs[name].make({ profile: true });
    const { kernels } = program.trace().explain().totals;
    expect(kernels).toBeLessThanOrEqual(atMost[name]);
    for (let i = 0; i < 3; i++) program.run();
    expect(program.launches()).toBe(3 * kernels);
  });

  test('moves less than without fusion, in an arena within 10 % of what must live at once', () => {
    const { bytesFused, bytesUnfused, arenaBytes, arenaLowerBound } = programs[name]
      .make()
      .trace()
      .explain().totals;
    expect(bytesFused).toBeLessThan(bytesUnfused);
    expect(arenaBytes).toBeGreaterThanOrEqual(arenaLowerBound);
    expect(arenaBytes).toBeLessThanOrEqual(1.1 * arenaLowerBound);
  });

  test('takes more kernels without fusion', () => {
    const unfused = programs[name].make({ fusion: false, profile: true });
    const { kernels } = unfused.trace().explain().totals;
    expect(kernels).toBeGreaterThan(programs[name].make().trace().explain().totals.kernels);
    unfused.run();
    expect(unfused.launches()).toBe(kernels);
  });
});

test('--json prints one object with these keys', () => {
  const run = spawnSync(process.execPath, ['--import', 'tsx', 'examples/kernels/main.ts', '--json'], {
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  const printed = JSON.parse(run.stdout) as Record<string, Record<string, number>>;
  expect(Object.keys(printed)).toEqual(Object.keys(atMost));
  for (const row of Object.values(printed)) {
    expect(Object.keys(row)).toEqual([
      'kernels',
      'bytesFused',
      'bytesUnfused',
      'arenaBytes',
      'arenaLowerBound',
    ]);
    expect(Object.values(row).every(Number.isInteger)).toBe(true);
  }
});
