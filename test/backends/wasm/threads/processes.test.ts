/** However a process ends, its workers do not keep it: not when it is through, throws, is told to exit, or is killed. */
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';

const script = (end: string, options = '{ threads: 3 }'): string => `
import { Parameter, compile, optim, randn, setBackend } from 'fusegrad';
setBackend('wasm', ${options});
const weight = new Parameter(randn(200, 200));
const optimizer = new optim.SGD([weight], { lr: 1e-9 });
const step = compile(() => {
  optimizer.zeroGrad();
  const loss = weight.matmul(weight).square().sum();
  loss.backward();
  optimizer.step();
  return loss;
});
for (let i = 0; i < 3; i++) {
  console.log(Number.isFinite(step().itemSync()));
  ${end}
}
`;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

function run(source: string, kill?: NodeJS.Signals): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const since = performance.now();
    const args = ['--import', 'tsx', '--input-type=module', '--eval', source];
    const child = spawn(process.execPath, args, { cwd: process.cwd() });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => {
      out += String(text);
      if (kill) child.kill(kill);
    });
    child.stderr.on('data', (text) => (err += String(text)));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, out, err, seconds: (performance.now() - since) / 1000 }),
    );
  });
}

/** With time for the workers to start and fall asleep. */
const pause = 'await new Promise((done) => setTimeout(done, 300));';

test.each([
  ['is through at once', '', 0, 3],
  ['is through later', pause, 0, 3],
  ['throws', `${pause} if (i === 1) throw new Error('on purpose');`, 1, 2],
  ['exits', `${pause} if (i === 1) process.exit(7);`, 7, 2],
  ['exits while workers start', 'if (i === 1) process.exit(7);', 7, 2],
  [
    'exits with work in progress',
    'for (let j = 0; j < 200; j++) step(); setImmediate(() => process.exit(7)); await 0; for (let j = 0; j < 50; j++) step();',
    7,
    3,
  ],
] as const)('a process that %s', async (_, end, code, lines) => {
  const { code: actual, signal, out, err } = await run(script(end));
  expect({ code: actual, signal, out }).toEqual({ code, signal: null, out: 'true\n'.repeat(lines) });
  if (code !== 1) expect(err).toBe('');
});

test('a process that is killed', async () => {
  const { signal } = await run(script(`${pause} i = 0;`), 'SIGTERM');
  expect(signal).toBe('SIGTERM');
});
