/** Runs single nests on every backend over given arrays. */
import type { Backend, BackendName as AnyBackend } from '../../src/backends/backend.js';
import { jsBackend } from '../../src/backends/js/index.js';
import { Storage } from '../../src/backends/storage.js';
import { wasmBackend } from '../../src/backends/wasm/index.js';
import { dtypes, type DType, type TypedArray } from '../../src/core/index.js';
import {
  axisIndex,
  constantIndex,
  flattenIndex,
  type Axis,
  type IndexExpr,
  type Indirect,
  type Instr,
  type LoopNest,
  type NestBuffer,
  type Predicate,
} from '../../src/loops/index.js';
import type { BufferRef, Program } from '../../src/plan/program.js';

/** The backends that answer at once. */
export type BackendName = Exclude<AnyBackend, 'webgpu'>;

export const array = (dtype: DType, values: readonly (number | bigint)[]): TypedArray => {
  const result = new dtypes[dtype].array(values.length);
  result.set(values as number[] & bigint[]);
  return result;
};

export const backends: Readonly<Record<BackendName, Backend>> = { js: jsBackend, wasm: wasmBackend };

export interface Ran {
  readonly outputs: TypedArray[];
  /** [check + 1, index, position] of the first index out of range. */
  readonly failure: readonly number[];
  readonly source: string;
}

/** What a program makes of inputs and states. The states are overwritten. */
export function runProgram(
  backend: BackendName,
  program: Program,
  inputs: readonly TypedArray[],
  states: readonly TypedArray[] = [],
): Ran {
  const emitted = backends[backend].emit(program);
  const executable = backends[backend].load(program, emitted);
  const storages = (arrays: readonly TypedArray[]): Storage[] => arrays.map((each) => new Storage(each));
  const cells = storages(states);
  // Content is valid until the next run: what is kept is copied.
  const outputs = executable.run(storages(inputs), cells).map(({ array }) => array.slice());
  states.forEach((state, i) => state.set(cells[i]!.array as never));
  const ran = { outputs, failure: [...executable.failure], source: emitted.source };
  executable.release();
  return ran;
}

/** A program of one kernel: buffers it only reads are inputs, the others outputs; those of one cell are a state. */
export function programOf(nest: LoopNest, cell: readonly number[]): Program {
  const given = (i: number): boolean => nest.buffers[i]!.access === 'read';
  const numbers = nest.buffers.map((_, i) => i).filter((i) => !cell.includes(i));
  const inputs = numbers.filter(given);
  const outputs = numbers.filter((i) => !given(i));
  const slot = (i: number) => {
    const { name, dtype, elements } = nest.buffers[i]!;
    return { name, dtype, shape: [elements] };
  };
  const buffers = nest.buffers.map((_, i): BufferRef => {
    if (cell.includes(i)) return { space: 'state', index: 0 };
    return given(i)
      ? { space: 'input', index: inputs.indexOf(i) }
      : { space: 'output', index: outputs.indexOf(i) };
  });
  return {
    name: 'test',
    arenaBytes: 0,
    allocations: [],
    liveBytes: [],
    inputs: inputs.map(slot),
    states: cell.slice(0, 1).map(slot),
    outputs: outputs.map(slot),
    steps: [{ kind: 'launch', nest, buffers }],
    checks: [],
  };
}

/** Runs a nest over its inputs. `cell`: buffers that are one state, with its content. */
type RunNow = (
  nest: LoopNest,
  inputs: readonly TypedArray[],
  cell?: { readonly buffers: readonly number[]; readonly content: TypedArray },
) => Ran;

export const runOn =
  (backend: BackendName): RunNow =>
  (nest, inputs, cell) =>
    runProgram(backend, programOf(nest, cell?.buffers ?? []), inputs, cell ? [cell.content] : []);

export const buffer = (
  name: string,
  dtype: DType,
  elements: number,
  access: NestBuffer['access'] = 'read',
): NestBuffer => ({
  name,
  dtype,
  elements,
  access,
});
export const axes = (...extents: readonly number[]): Axis[] =>
  extents.map((extent, axis) => ({ axis, extent }));
export const at = (axis: Axis): IndexExpr => axisIndex(axis.axis, axis.extent);
export const flat = (over: readonly Axis[]): IndexExpr =>
  flattenIndex(
    over.map(at),
    over.map(({ extent }) => extent),
  );
export const load = (
  id: number,
  from: number,
  index: IndexExpr = constantIndex(0),
  more: { dtype?: DType; masks?: readonly Predicate[]; indirect?: readonly Indirect[]; fill?: number } = {},
): Instr => ({
  id,
  kind: 'load',
  buffer: from,
  index,
  dtype: 'float32',
  indirect: [],
  masks: [],
  fill: 0,
  ...more,
});
type Compute = Extract<Instr, { kind: 'compute' }>;
export const compute = (
  id: number,
  op: Compute['op'],
  args: readonly number[],
  more: Partial<Compute> = {},
): Instr => ({
  id,
  kind: 'compute',
  op,
  args,
  of: 'float32',
  dtype: 'float32',
  ...more,
});
export const constant = (id: number, value: number | bigint, dtype: DType = 'float32'): Instr => ({
  id,
  kind: 'const',
  value,
  dtype,
});
export const random = (n: number, scale = 1): Float32Array =>
  Float32Array.from({ length: n }, () => (Math.random() * 2 - 1) * scale);
export const emptyStage = {
  rowBody: [],
  rowStores: [],
  body: [],
  reduces: [],
  scans: [],
  reverse: false,
  keeps: [],
  stores: [],
};
export const nothing = { body: [], stores: [] };
