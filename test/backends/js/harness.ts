/** Runs single nests on the js backend over given arrays. */
import { dtypes, type DType, type TypedArray } from '../../../src/core/index.js';
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
} from '../../../src/loops/index.js';
import { emit, instantiate, type Executable } from '../../../src/backends/js/index.js';
import type { BufferRef, Program } from '../../../src/plan/program.js';

export const array = (dtype: DType, values: readonly (number | bigint)[]): TypedArray => {
  const result = new dtypes[dtype].array(values.length);
  result.set(values as number[] & bigint[]);
  return result;
};

/** A program of one kernel: buffers it only reads are inputs, the others outputs. */
export function programOf(nest: LoopNest): Program {
  const inputs = nest.buffers.filter(({ access }) => access === 'read');
  const outputs = nest.buffers.filter(({ access }) => access !== 'read');
  const slot = ({ name, dtype, elements }: NestBuffer) => ({ name, dtype, shape: [elements] });
  const buffers = nest.buffers.map((buffer): BufferRef =>
    buffer.access === 'read'
      ? { space: 'input', index: inputs.indexOf(buffer) }
      : { space: 'output', index: outputs.indexOf(buffer) },
  );
  return {
    name: 'test',
    arenaBytes: 0,
    allocations: [],
    liveBytes: [],
    inputs: inputs.map(slot),
    states: [],
    outputs: outputs.map(slot),
    steps: [{ kind: 'launch', nest, buffers }],
    checks: [],
  };
}

export interface Ran {
  readonly outputs: TypedArray[];
  readonly executable: Executable;
}

export function run(nest: LoopNest, inputs: readonly TypedArray[], outputs?: TypedArray[]): Ran {
  const program = programOf(nest);
  const made = outputs ?? program.outputs.map(({ dtype, shape }) => new dtypes[dtype].array(shape[0]!));
  const source = emit(program);
  const executable = instantiate(program, source, {
    arena: new ArrayBuffer(0),
    inputs: [...inputs],
    states: [],
    outputs: made,
  });
  executable.step();
  return { outputs: made, executable };
}

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
