/** Every call of every kernel as a trace that chrome://tracing and https://ui.perfetto.dev open. */
import { ArgumentError } from '../core/index.js';
import type { Compilation, Profile } from '../runtime/index.js';
import { explain } from './explain.js';
import { clocks } from './profile.js';

/** What has been profiled: a compiled function. */
export interface Profiled {
  programs(): readonly { readonly compilation: Compilation; readonly profile: Profile | undefined }[];
}

/** An event of the Trace Event Format: something that lasted, or the name of a process or thread. */
type TraceEvent = { readonly pid: number; readonly tid: number; readonly args: object } & (
  | {
      readonly ph: 'X';
      readonly name: string;
      readonly cat: string;
      readonly ts: number;
      readonly dur: number;
    }
  | { readonly ph: 'M'; readonly name: 'process_name' | 'thread_name' }
);

const microseconds = (ms: number): number => Math.round(1e6 * ms) / 1000;

/**
 * The latest calls of kernels, one by one, and what compiling them took, as JSON in the Trace Event Format:
 * torch.profiler's `export_chrome_trace`. A backend is a process and a program a thread in it. Each kernel has its operations, your
 * lines, the values it stores, bytes, flops and what the time is (`clock`) as arguments. On a device that is read by waiting, await a
 * result first: the times of a run are there when its values are.
 * @param steps functions compiled with `{ profile: true }`
 * @throws ArgumentError for a function that was compiled without.
 * @example
 * const step = compile(trainStep, { profile: true });
 * for (const [images, labels] of loader) await step(images, labels).item();
 * writeFileSync('step.json', exportChromeTrace(step));
 */
export function exportChromeTrace(...steps: readonly Profiled[]): string {
  const traceEvents: TraceEvent[] = [];
  const processes = new Map<string, number>();
  let threads = 0;
  const name = (kind: 'process_name' | 'thread_name', pid: number, tid: number, text: string): void =>
    void traceEvents.push({ ph: 'M', name: kind, pid, tid, args: { name: text } });
  const processOf = (backend: string): number => {
    const known = processes.get(backend);
    if (known !== undefined) return known;
    const pid = processes.size + 1;
    processes.set(backend, pid);
    name('process_name', pid, 0, `fusegrad on ${backend}`);
    return pid;
  };
  for (const { compilation, profile } of steps.flatMap((step) => step.programs())) {
    if (!profile) {
      throw new ArgumentError(
        'exportChromeTrace',
        `${compilation.plan.program.name} was not measured`,
        'compile(fn, { profile: true })',
      );
    }
    const pid = processOf(compilation.backend);
    const tid = ++threads;
    name('thread_name', pid, tid, compilation.plan.program.name);
    traceEvents.push(...stagesOf(compilation, pid, tid), ...callsOf(compilation, profile, pid, tid));
  }
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents });
}

function stagesOf({ ms, since }: Compilation, pid: number, tid: number): TraceEvent[] {
  return Object.entries(since).map(([stage, start]) => ({
    ph: 'X',
    name: stage,
    cat: 'compile',
    ts: microseconds(start),
    dur: microseconds(ms[stage as keyof typeof ms]),
    pid,
    tid,
    args: {},
  }));
}

function callsOf(
  compilation: Compilation,
  { times, calls }: Profile,
  pid: number,
  tid: number,
): TraceEvent[] {
  const { kernels } = explain(compilation);
  // Both stand in the order of the program's steps.
  const args = kernels.map(({ kind, ops, lines, results, bytesRead, bytesWritten, flops }, step) => {
    const clock = clocks[times[step]!.clock];
    return { kind, ops, lines, results, bytesRead, bytesWritten, flops, clock };
  });
  return calls.map(({ step, start, ms }) => ({
    ph: 'X',
    name: times[step]!.name,
    cat: 'kernel',
    ts: microseconds(start),
    dur: microseconds(ms),
    pid,
    tid,
    args: args[step]!,
  }));
}
