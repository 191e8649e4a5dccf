/** The small examples run, and come to the results that mathematics gives. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

function run(file: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

test('functional: a curve is fitted, and Newton finds the lowest point of the valley', () => {
  const text = run('examples/functional/main.ts');
  const errors = [...text.matchAll(/mean squared error ([\d.]+)/g)].map(([, value]) => Number(value));
  expect(errors.at(-1)).toBeLessThan(0.01);
  // Newton's method from (-1.2, 1): its second iterate is known (Dennis and Schnabel 1983).
  expect(text).toContain('(-1.1753, 1.3807)');
  expect(text).toMatch(
    /\(1\.0000, 1\.0000\) {2}f = \d\.\d\de-\d\d?\n$|\(1\.0000, 1\.0000\) {2}f = 0\.00e\+0\n$/,
  );
});

test('lazy: a loop compiles few programs and learns', () => {
  const text = run('examples/lazy/main.ts');
  const losses = [...text.matchAll(/loss ([\d.]+)/g)].map(([, value]) => Number(value));
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 20);
  expect(text).toContain('not computed yet: Tensor(float32[128, 1], lazy, lazy/main.ts:');
  const compiled = [...text.matchAll(/so far: (\d+)/g)].map(([, count]) => Number(count));
  expect(compiled.at(-1)! - compiled[0]!).toBeLessThanOrEqual(1);
});

test('dot: every stage is drawn, and nothing is run', () => {
  const text = run('examples/dot/main.ts');
  for (const stage of ['forward', 'graph', 'optimized', 'fused']) {
    const file = `out/dot/${stage}.dot`;
    expect(text).toContain(file);
    expect(existsSync(file) && readFileSync(file, 'utf8')).toMatch(/^digraph/m);
  }
});

test('mlp: digits are told apart, and graph and kernels are shown', () => {
  const text = run('examples/mlp/main.ts');
  const accuracies = [...text.matchAll(/accuracy ([\d.]+) %/g)].map(([, value]) => Number(value));
  // A linear classifier stays below 90 % on so few digits.
  expect(accuracies.at(-1)).toBeGreaterThan(91);
  expect(text).toContain('(0): Linear(in_features=784, out_features=128, bias=True)');
  expect(text).toMatch(/step: \d+ kernels/);
});
