/**
 * Where the time of a workload goes, kernel by kernel, the longest first:
 *
 *     npx tsx examples/bench/profile.ts W4 [--backend wasm] [--threads 2] [--fusion on|off] [--seconds 2] [--top 40] [--dump loops] [--trace FILE]
 *
 * FILE is for chrome://tracing and Perfetto, with every call. GFLOP/s of contractions and GB/s of all kernels follow from what explain() counts: a multiply-add as two operations, each
 * element a kernel touches once.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setBackend, setNumThreads, type BackendName } from 'fusegrad';
import { exportChromeTrace, type Stage, type Traced, type TracedKernel } from 'fusegrad/inspect';
import { workloads, type PeerWorkload } from './peer-workloads.mjs';
import { markdownTable } from './result.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    threads: { type: 'string' },
    fusion: { type: 'string', default: 'on' },
    seconds: { type: 'string', default: '2' },
    top: { type: 'string', default: '40' },
    dump: { type: 'string' },
    trace: { type: 'string' },
  },
});

if (flags.backend !== undefined) setBackend(flags.backend as BackendName);
if (flags.threads !== undefined) setNumThreads(Number(flags.threads));
const harness: unknown = await import(new URL('peers/common.mjs', import.meta.url).href);
const fusion = flags.fusion !== 'off';
const plain = workloads(harness, { fusion });
const names = Object.keys(plain).filter((name) => name.startsWith(positionals[0] ?? 'W'));
if (positionals.length === 0 || names.length === 0) {
  console.log(`which workload?\n  ${Object.keys(plain).join('\n  ')}`);
  process.exit(1);
}
const instrumented = workloads(harness, { fusion, profile: true });
for (const name of names) report(name, plain[name]!(), instrumented[name]!());

/** Runs `step` for a while. @returns Its median time in ms. */
function timed(step: () => unknown, seconds: number): number {
  const end = performance.now() + seconds * 1000;
  const times: number[] = [];
  for (let last = 0; times.length < 3 || last < end;) {
    const start = performance.now();
    step();
    last = performance.now();
    times.push(last - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

interface Row {
  readonly kernel: TracedKernel;
  /** Time of one call. */
  readonly ms: number;
}

/** Kernels with what they took since the counts were `before`. The profile is in the order of the program's steps. */
function rowsOf(
  traced: Traced,
  workload: PeerWorkload,
  before: readonly { calls: number; ms: number }[],
): Row[] {
  const { steps } = traced.compilation.plan.program;
  const launches = traced.kernels.filter(({ kind }) => kind !== 'copy').values();
  const copies = traced.kernels.filter(({ kind }) => kind === 'copy').values();
  return workload.compiled.profile().map((time, i) => {
    const kernel = (steps[i]!.kind === 'launch' ? launches : copies).next().value!;
    const { calls, ms } = before[i]!;
    return { kernel, ms: (time.ms - ms) / Math.max(1, time.calls - calls) };
  });
}

function report(name: string, bare: PeerWorkload, watched: PeerWorkload): void {
  const seconds = Number(flags.seconds);
  const start = performance.now();
  bare.step();
  const first = performance.now() - start;
  timed(bare.step, seconds / 2); // warms up
  const whole = timed(bare.step, seconds);

  timed(watched.step, seconds / 2);
  const before = watched.compiled.profile().map(({ calls, ms }) => ({ calls, ms }));
  timed(watched.step, seconds);
  const traced = watched.compiled.trace(...watched.args);
  const rows = rowsOf(traced, watched, before).sort((a, b) => b.ms - a.ms);
  const sum = rows.reduce((total, { ms }) => total + ms, 0);

  const { totals } = traced.explain();
  console.log(
    `\n${name} on ${traced.compilation.backend}, fusion ${fusion ? 'on' : 'off'}: ${digits(whole)} ms a step, ` +
      `${digits(sum)} in ${totals.kernels} kernels (timed one by one), ${digits(first)} ms the first`,
  );
  const lines = rows
    .slice(0, Number(flags.top))
    .map(({ kernel, ms }) => [
      kernel.name,
      digits(ms),
      `${((100 * ms) / sum).toFixed(1)} %`,
      isContraction(kernel) ? digits(kernel.flops / ms / 1e6) : '',
      digits((kernel.bytesRead + kernel.bytesWritten) / ms / 1e6),
      kernel.kind,
      extentsOf(kernel),
      opsOf(kernel),
    ]);
  const head = ['kernel', 'ms', 'share', 'GFLOP/s', 'GB/s', 'kind', 'extents', 'operations'];
  console.log(`\n${markdownTable(head, lines)}`);
  if (flags.trace !== undefined) writeFileSync(flags.trace, exportChromeTrace(watched.compiled));
  if (flags.dump !== undefined) console.log(traced.dump(flags.dump as Stage));
}

function isContraction({ ops }: TracedKernel): boolean {
  return ops.includes('dot') || ops.includes('conv');
}

function digits(x: number): string {
  return x === 0 ? '0' : x >= 100 ? x.toFixed(0) : x.toPrecision(3);
}

/** How often each operation occurs, the most frequent first. */
function opsOf({ ops }: TracedKernel): string {
  const counts = new Map<string, number>();
  for (const op of ops) counts.set(op, (counts.get(op) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const shown = sorted.slice(0, 5).map(([op, count]) => (count > 1 ? `${op} ${count}` : op));
  return [...shown, ...(sorted.length > 5 ? ['...'] : [])].join(', ');
}

/** The loops of a kernel: batch; m x n x k of a contraction, rows; inner of a row nest. */
function extentsOf({ nest }: TracedKernel): string {
  const sizes = (axes: readonly { extent: number }[]): string =>
    axes.map(({ extent }) => extent).join(',') || '1';
  switch (nest?.kind) {
    case 'map':
    case 'scatter':
      return sizes(nest.axes);
    case 'row':
      return `${sizes(nest.rows)}; ${sizes(nest.inner)} (${nest.stages.length} stages)`;
    case 'contract':
      return `${sizes(nest.batch)}; ${[nest.m, nest.n, nest.k].map(sizes).join(' x ')}`;
    case 'attention':
      return sizes([nest.batch, nest.queries, nest.keys, nest.width, nest.valueWidth]);
    case 'segmented':
      return `${nest.counts.length} segments, ${nest.counts.reduce((a, b) => a + b, 0)}`;
    case 'opaque':
      return `${nest.outer},${nest.size},${nest.inner}`;
    case undefined:
      return '';
  }
}
