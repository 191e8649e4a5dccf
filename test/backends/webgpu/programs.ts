/** Programs with shaders written by hand, for tests of what runs them. */
import { numel, type DType, type Shape } from '../../../src/core/index.js';
import type { Check } from '../../../src/lower/index.js';
import type { Allocation, Program, Slot } from '../../../src/plan/program.js';
import type {
  Copy,
  DeviceRef,
  Dispatch,
  Shader,
  ShaderProgram,
} from '../../../src/backends/webgpu/shader.js';
import type { Slab } from '../../../src/backends/webgpu/slabs.js';

export const slot = (name: string, shape: Shape, dtype: DType = 'float32'): Slot => ({ name, shape, dtype });

export const programOf = (parts: Partial<Program> = {}): Program => ({
  name: 'test',
  arenaBytes: 0,
  allocations: [],
  liveBytes: [],
  inputs: [],
  states: [],
  outputs: [],
  steps: [],
  checks: [],
  ...parts,
});

export const allocation = (elements: number, live: readonly [number, number]): Allocation => ({
  name: 'value',
  dtype: 'float32',
  elements,
  offset: 0,
  bytes: 4 * elements,
  live,
});

export const check = (bound: number): Check => ({
  op: 'embedding',
  bound,
  site: 'train.ts:12',
  module: 'embed',
});

/** A shader that runs `body` for every `i` below `elements`, over bindings of these types. */
export function shader(
  name: string,
  elements: number,
  bindings: readonly (readonly ['read' | 'read_write', string])[],
  body: string,
  reports = false,
): Shader {
  const declared = bindings.map(
    ([access, type], i) => `@group(0) @binding(${i}) var<storage, ${access}> b${i}: array<${type}>;`,
  );
  if (reports) {
    declared.push(
      `@group(0) @binding(${bindings.length}) var<storage, read_write> report: array<atomic<i32>, 4>;`,
    );
  }
  return {
    name,
    bindings: bindings.map(([access]) => access),
    reports,
    code: `${declared.join('\n')}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= ${elements}u) { return; }
  ${body}
}`,
  };
}

export const dispatch = (
  number: number,
  elements: number,
  buffers: readonly DeviceRef[],
  step = 0,
): Dispatch => ({
  kind: 'dispatch',
  shader: number,
  buffers,
  workgroups: [Math.ceil(elements / 64), 1, 1],
  step,
});

export const emitted = (
  shaders: readonly Shader[],
  commands: readonly (Dispatch | Copy)[],
  scratch: readonly number[] = [],
  slabs: readonly Slab[] = [],
): ShaderProgram => ({
  source: shaders.map(({ code }) => code).join('\n'),
  shaders,
  commands,
  scratch,
  slabs,
});

export const input = (index: number): DeviceRef => ({ space: 'input', index });
export const state = (index: number): DeviceRef => ({ space: 'state', index });
export const output = (index: number): DeviceRef => ({ space: 'output', index });
export const arena = (number: number): DeviceRef => ({ space: 'arena', allocation: number });

/** One kernel from one input to one output of the same shape. */
export function mapProgram(
  shape: Shape,
  body: string,
  [from, fromWord]: readonly [DType, string] = ['float32', 'f32'],
  [to, toWord]: readonly [DType, string] = ['float32', 'f32'],
): { readonly program: Program; readonly shaders: ShaderProgram } {
  const elements = numel(shape);
  return {
    program: programOf({ inputs: [slot('x', shape, from)], outputs: [slot('y', shape, to)] }),
    shaders: emitted(
      [
        shader(
          'map',
          elements,
          [
            ['read', fromWord],
            ['read_write', toWord],
          ],
          body,
        ),
      ],
      [dispatch(0, elements, [input(0), output(0)])],
    ),
  };
}
