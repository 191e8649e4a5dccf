/** Profiles as Chrome traces: what chrome://tracing and Perfetto ask of a file, and that the times are true. */
import { describe, expect, test } from 'vitest';
import { F, compile, nn, optim, randint, randn, type Tensor } from '../../src/index.js';
import { exportChromeTrace, formatProfile, type Profiled } from '../../src/inspect/index.js';
import type { BackendName } from '../../src/runtime/index.js';
import { initWebGPU } from '../../src/webgpu/index.js';
import { adapter, requestDevice } from '../backends/webgpu/adapter.js';

interface Complete {
  readonly ph: 'X';
  readonly name: string;
  readonly cat: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}
interface Metadata {
  readonly ph: 'M';
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string };
}

/** The events of a trace, each checked against the Trace Event Format. */
function eventsOf(json: string): { complete: Complete[]; metadata: Metadata[] } {
  const trace = JSON.parse(json) as { traceEvents: (Complete | Metadata)[]; displayTimeUnit: string };
  expect(['ms', 'ns']).toContain(trace.displayTimeUnit);
  const integer = expect.toSatisfy(Number.isInteger) as number;
  const time = expect.toSatisfy((value) => Number.isFinite(value) && Number(value) >= 0) as number;
  const text = expect.any(String) as string;
  for (const event of trace.traceEvents) {
    const args = expect.any(Object) as object;
    expect(event).toEqual(
      event.ph === 'X'
        ? { ph: 'X', name: text, cat: text, ts: time, dur: time, pid: integer, tid: integer, args }
        : { ph: 'M', name: text, pid: integer, tid: integer, args: { name: text } },
    );
  }
  return {
    complete: trace.traceEvents.filter((event) => event.ph === 'X'),
    metadata: trace.traceEvents.filter((event) => event.ph === 'M'),
  };
}

function training(backend: BackendName) {
  const model = new nn.Sequential(new nn.Linear(8, 16), new nn.ReLU(), new nn.Linear(16, 3));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  return compile(
    function train(x: Tensor, y: Tensor) {
      optimizer.zeroGrad();
      const loss = F.crossEntropy(model(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    },
    { backend, profile: true },
  );
}
const batch = (rows: number): [Tensor, Tensor] => [randn(rows, 8), randint(0, 3, [rows])];

interface Case {
  readonly title: string;
  readonly backend: BackendName;
  readonly clock: string;
  readonly features?: readonly GPUFeatureName[];
}
const cases: readonly Case[] = [
  { title: 'js', backend: 'js', clock: 'wall time' },
  { title: 'wasm', backend: 'wasm', clock: 'wall time' },
  {
    title: 'webgpu',
    backend: 'webgpu',
    clock: 'time on the device, by its timestamps',
    features: ['timestamp-query'],
  },
  {
    title: 'webgpu without timestamps',
    backend: 'webgpu',
    clock: 'wall time until the device was seen to be done: it has no timestamps',
    features: [],
  },
];

describe.each(cases)('on $title', ({ backend, clock, features }) => {
  test.skipIf(features && !adapter)(
    'every call of every kernel is an event',
    { timeout: 60_000 },
    async () => {
      if (features) await initWebGPU({ device: await requestDevice(features) });
      const step = training(backend);
      const since = performance.now();
      for (let i = 0; i < 3; i++) await step(...batch(4)).item();
      const elapsed = performance.now() - since;
      const { complete, metadata } = eventsOf(exportChromeTrace(step));
      const names = (kind: string): string[] =>
        metadata.filter(({ name }) => name === kind).map(({ args }) => args.name);
      expect(names('process_name')).toEqual([`fusegrad on ${backend}`]);
      expect(names('thread_name')).toEqual(['train']);

      const stages = complete.filter(({ cat }) => cat === 'compile');
      expect(stages.map(({ name }) => name)).toEqual(['leaves', 'simplify', 'fuse', 'lower', 'plan', 'emit']);
      const kernels = complete.filter(({ cat }) => cat === 'kernel');
      const { kernels: explained } = step.trace(...batch(4)).explain();
      expect(kernels.map(({ name }) => name)).toEqual(
        [1, 2, 3].flatMap(() => explained.map(({ name }) => name)),
      );
      kernels.forEach(({ args }, i) => {
        const { kind, ops, lines, results, bytesRead, bytesWritten, flops } =
          explained[i % explained.length]!;
        expect(args).toEqual({ kind, ops, lines, results, bytesRead, bytesWritten, flops, clock });
      });
      const dot = kernels.find(({ name }) => name === 'dot_add')!;
      expect(dot.args['ops']).toContain('dot');
      expect(String(dot.args['results'])).toContain('float32[4, 16]');
      expect(String(dot.args['lines'])).toMatch(/chrome-trace\.test\.ts:\d+/);

      // One after the other, since the first was compiled and before the last was read.
      for (const events of [stages, kernels]) {
        events.forEach(({ ts }, i) => {
          const before = events[i - 1];
          expect(ts).toBeGreaterThanOrEqual(before ? before.ts + before.dur - 0.01 : 1000 * since - 1);
        });
      }
      const last = kernels.at(-1)!;
      expect(last.ts + last.dur).toBeLessThanOrEqual(1000 * performance.now());
      const total = kernels.reduce((sum, { dur }) => sum + dur, 0);
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThanOrEqual(1000 * elapsed);
      const table = step.profile().reduce((sum, { ms }) => sum + ms, 0);
      // A kernel of several dispatches lasts from the first to the last of them.
      expect(total / 1000).toBeGreaterThan(0.99 * table);
      expect(total / 1000).toBeLessThan(1.1 * table + 1);
      expect(formatProfile(step.profile()).includes('no timestamps')).toBe(clock.includes('no timestamps'));
    },
  );
});

test('programs and functions are threads, backends processes', () => {
  const [a, b] = [training('js'), training('wasm')];
  a(...batch(2));
  a(...batch(3));
  b(...batch(2));
  const { complete, metadata } = eventsOf(exportChromeTrace(a, b));
  const places = new Set(complete.map(({ pid, tid }) => `${pid}.${tid}`));
  expect(places).toEqual(new Set(['1.1', '1.2', '2.3']));
  expect(metadata.map(({ args }) => args.name).sort()).toEqual([
    'fusegrad on js',
    'fusegrad on wasm',
    'train',
    'train',
    'train',
  ]);
});

test('only the latest calls are kept one by one, all are counted', () => {
  const double = compile((x: Tensor) => x.mul(2), { backend: 'js', profile: true });
  const x = randn(1);
  for (let i = 0; i < 41_000; i++) double(x);
  expect(double.profile().map(({ calls }) => calls)).toEqual([41_000]);
  const calls = eventsOf(exportChromeTrace(double)).complete.filter(({ cat }) => cat === 'kernel');
  expect(calls).toHaveLength(20_000);
});

test('what was not measured is refused', () => {
  const double = compile((x: Tensor) => x.mul(2), { name: 'double' });
  double(randn(2));
  const refused = (step: Profiled) => () => exportChromeTrace(step);
  expect(refused(double)).toThrow(/double was not measured\n[^]*profile: true/);
});
