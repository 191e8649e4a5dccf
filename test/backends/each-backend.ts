/** The same tests of single nests and programs on every backend; on WebGPU where there is an adapter. */
import { TestRunner, describe } from 'vitest';
import { Storage } from '../../src/backends/storage.js';
import { emitProgram } from '../../src/backends/webgpu/emit.js';
import { createBackend, defaultLimits, type WebGPUBackend } from '../../src/backends/webgpu/index.js';
import { dtypes, type DType, type TypedArray } from '../../src/core/index.js';
import { traitsOf } from '../../src/backends/webgpu/target.js';
import { DevicePlace } from '../../src/backends/webgpu/runtime/place.js';
import { fromWords } from '../../src/backends/webgpu/runtime/words.js';
import type { ShaderProgram } from '../../src/backends/webgpu/shader.js';
import type { LoopNest } from '../../src/loops/index.js';
import type { Target } from '../../src/plan/index.js';
import type { Program } from '../../src/plan/program.js';
import { backends, programOf, runProgram, type Ran } from './harness.js';
import { adapter, requestDevice } from './webgpu/adapter.js';

/** Runs a nest over its inputs. `cell`: buffers that are one state, with its content. */
export type Run = (
  nest: LoopNest,
  inputs: readonly TypedArray[],
  cell?: { readonly buffers: readonly number[]; readonly content: TypedArray },
) => Promise<Ran>;

/** What is known of a backend besides. */
export interface Runner {
  /** Whether buffers are cut into several bindings, which shows in few cases as well as in many. */
  readonly cut: boolean;
  /** Whether long rows are combined in subgroups. */
  readonly subgroups: boolean;
  readonly target: Target;
  readonly program: (program: Program, inputs: readonly TypedArray[]) => Promise<Ran>;
}

type Running = (
  program: Program,
  inputs: readonly TypedArray[],
  states: readonly TypedArray[],
) => Promise<Ran>;

/** Checks whose error says what a kernel reported. */
const checks = Array.from({ length: 16 }, (_, i) => ({
  op: `check ${i}`,
  bound: 1,
  site: '',
  module: undefined,
}));

/** What a read throws after a kernel met an index out of range, as [check + 1, index, position]. */
async function reported(results: readonly Storage[]): Promise<readonly number[]> {
  try {
    await results[0]?.read();
    return [0, 0, 0];
  } catch (error) {
    const found = /^check (\d+): index (-?\d+) at position (\d+)/.exec((error as Error).message);
    if (!found) throw error;
    const [check, index, position] = found.slice(1).map(Number);
    return [check! + 1, index!, position!];
  }
}

/** What kernels wrote, even if they met an index out of range, after which a result itself only throws. */
async function contentOf({ place }: Storage): Promise<TypedArray> {
  if (!(place instanceof DevicePlace)) throw new Error('results lie on the device');
  return fromWords(await place.device.read(place, place.bytes), place.dtype, place.elements);
}

async function onDevice(
  { device, emit, load }: WebGPUBackend,
  program: Program,
  inputs: readonly TypedArray[],
  states: readonly TypedArray[],
): Promise<Ran> {
  const emitted = emit(program);
  const executable = load({ ...program, checks }, emitted);
  const storages = (arrays: readonly TypedArray[]): Storage[] =>
    arrays.map((each) => new Storage(each.slice()));
  const cells = storages(states);
  const before = device.counters.dispatches;
  const results = executable.run(storages(inputs), cells);
  const ran = device.counters.dispatches - before;
  const expected = emitted.commands.filter(({ kind }) => kind === 'dispatch').length;
  if (ran !== expected) throw new Error(`${ran} of ${expected} kernels ran`);
  const failure = await reported(results);
  const outputs = await Promise.all(results.map(contentOf));
  for (const [i, state] of states.entries()) state.set((await cells[i]!.read()) as never);
  executable.release();
  return { outputs, failure, source: emitted.source };
}

/** dtypes that a program holds anywhere. */
const dtypesIn = (program: Program): Set<DType> =>
  new Set(
    [
      ...JSON.stringify(program, (_, value: unknown) => (typeof value === 'bigint' ? 0 : value)).matchAll(
        /"(float64|int64)"/g,
      ),
    ].map(([, dtype]) => dtype as DType),
  );

const device = adapter && (await requestDevice(['timestamp-query', 'shader-f16', 'subgroups']));
const webgpu = device && createBackend(device);

interface RunningOn {
  readonly target: Target;
  readonly run: Running;
}

const onWebGPU = (backend: WebGPUBackend): RunningOn => ({
  target: backend.target,
  run: (program, inputs, states) => {
    const refused = [...dtypesIn(program)].filter((dtype) => !backend.target.dtypes.has(dtype));
    if (refused.length > 0) TestRunner.getCurrentTest()!.context.skip(`webgpu has no ${refused.join(', ')}`);
    return onDevice(backend, program, inputs, states);
  },
});

const runners: Readonly<Record<string, RunningOn>> = {
  js: { target: backends.js.target, run: async (...program) => runProgram('js', ...program) },
  wasm: { target: backends.wasm.target, run: async (...program) => runProgram('wasm', ...program) },
  ...(webgpu && { webgpu: onWebGPU(webgpu) }),
};

/** Kernels made for a GPU, by the software driver that otherwise gets other ones. They use subgroups if it has them. */
const likeGPU: Readonly<Record<string, RunningOn>> = device
  ? {
      'webgpu, as on a GPU': onWebGPU(
        createBackend(device, { traits: { ...traitsOf(device), sharesMemory: true } }),
      ),
    }
  : {};

/** A program for a device whose bindings are too short for its buffers, which are cut into as many as it binds. */
function emitCut(program: Program, target: Target): ShaderProgram {
  const nests = program.steps.flatMap((step) => (step.kind === 'launch' ? [step.nest] : []));
  const most = Math.max(...nests.map(({ buffers }) => buffers.length));
  const parts = Math.max(2, Math.floor(defaultLimits.maxStorageBuffersPerShaderStage / most));
  const bytes = nests.flatMap(({ buffers }) =>
    buffers.map(({ dtype, elements }) => elements * dtypes[dtype].bytes),
  );
  const traits = { ...traitsOf(device!), halves: false };
  // What lies between the dispatches of a kernel may be the longest.
  const { scratch } = emitProgram(program, target, traits);
  const { alignment } = target;
  const bindingBytes = Math.ceil(Math.max(1, ...bytes, ...scratch) / parts / alignment) * alignment;
  return emitProgram(program, { ...target, bindingBytes }, traits);
}

const cutUp: Readonly<Record<string, RunningOn>> = webgpu
  ? {
      'webgpu, with short bindings': onWebGPU({
        ...webgpu,
        emit: (program) => emitCut(program, webgpu.target),
      }),
    }
  : {};

/** The same tests on each backend. `gpu`: and of kernels that only a GPU gets. `cut`: and with buffers in several bindings. */
export function onEachBackend(
  body: (run: Run, runner: Runner) => void,
  { gpu = false, cut = false } = {},
): void {
  const all = { ...runners, ...(gpu && likeGPU), ...(cut && cutUp) };
  describe.each(Object.entries(all))('on %s', (name, { target, run }) => {
    body(
      (nest, inputs, cell) => run(programOf(nest, cell?.buffers ?? []), inputs, cell ? [cell.content] : []),
      {
        target,
        cut: name in cutUp,
        subgroups: name in likeGPU && device!.features.has('subgroups'),
        program: (program, inputs) => run(program, inputs, []),
      },
    );
  });
}
