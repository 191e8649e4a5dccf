/** The backends, fused and unfused, on which random graphs run: WebGPU where there is an adapter. */
import type { DType } from '../../src/core/index.js';
import { backendOf, type BackendName } from '../../src/runtime/index.js';
import { initWebGPU } from '../../src/webgpu/index.js';
import { adapter } from '../backends/webgpu/adapter.js';

if (adapter) await initWebGPU();

export interface Way {
  readonly backend: BackendName;
  readonly fusion: boolean;
  /** What graphs may hold. */
  readonly dtypes: ReadonlySet<DType>;
}

const backends: readonly BackendName[] = ['js', 'wasm', ...(adapter ? (['webgpu'] as const) : [])];

/** Each backend, fused and unfused. */
export const ways: readonly Way[] = backends.flatMap((backend) =>
  [true, false].map((fusion) => ({ backend, fusion, dtypes: backendOf(backend).target.dtypes })),
);

const asked = process.env['FUSEGRAD_RUNS'];

/** Milliseconds for a test of all its cases. */
export const timeout = asked === undefined ? 180_000 : 3_600_000;

interface Settings {
  readonly numRuns: number;
  readonly interruptAfterTimeLimit: number;
  readonly markInterruptAsFailure: true;
}

/**
 * How many cases there are on a backend: on WebGPU each makes new shaders, which a software driver takes long to compile. A
 * failure that takes long to shrink is told before the test is ended.
 */
export const settingsOf = (
  { backend }: Way,
  runs: { readonly host: number; readonly webgpu: number },
): Settings => ({
  numRuns: Number(asked ?? runs[backend === 'webgpu' ? 'webgpu' : 'host']),
  interruptAfterTimeLimit: timeout - 20_000,
  markInterruptAsFailure: true,
});
