/** Expressions of one element each, run over arrays: operands as they lie in memory in, results out. */
import type { DType } from '../../../src/core/index.js';
import { decode, encode } from '../../../src/backends/webgpu/wgsl/convert.js';
import { librarySource, type HelperName } from '../../../src/backends/webgpu/wgsl/library.js';
import { wordOf, type Use, type Value } from '../../../src/backends/webgpu/wgsl/value.js';

export interface Operand {
  readonly dtype: DType;
  /** Numbers; bool as 0 or 1. */
  readonly values: readonly number[];
}

/** Node has no globals for these. */
const [mapRead, copySource, copyTarget, storage] = [1, 4, 8, 128];

const words = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** The shader that writes `expression` of its operands at every position. */
export function shaderOf(
  operands: readonly DType[],
  result: DType,
  expression: (args: readonly Value[], use: Use) => string,
): string {
  const used = new Set<HelperName>();
  const use: Use = (name) => {
    used.add(name);
    return name;
  };
  const names = operands.map((dtype, i): Value => ({ text: `x_${i}`, dtype }));
  const value = expression(names, use);
  const encoded = encode({ text: 'y_0', dtype: result });
  return `${librarySource(used)}
${operands.map((dtype, i) => `@group(0) @binding(${i}) var<storage, read> in_${i}: array<${wordOf(dtype)}>;`).join('\n')}
@group(0) @binding(${operands.length}) var<storage, read_write> out_0: array<${wordOf(result)}>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&out_0)) { return; }
${operands.map((dtype, i) => `  let x_${i} = ${decode(`in_${i}[id.x]`, dtype)};`).join('\n')}
  let y_0 = ${value};
  out_0[id.x] = ${encoded};
}
`;
}

/** What the expression is at every position. */
export async function evaluate(
  device: GPUDevice,
  operands: readonly Operand[],
  result: DType,
  expression: (args: readonly Value[], use: Use) => string,
): Promise<number[]> {
  const code = shaderOf(
    operands.map(({ dtype }) => dtype),
    result,
    expression,
  );
  const count = operands[0]!.values.length;
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const error = await device.popErrorScope();
  if (error) throw new Error(`${error.message}\n${code}`);
  const usage = storage! | copyTarget! | copySource!;
  const buffers = operands.map(({ dtype, values }) => {
    const buffer = device.createBuffer({ size: 4 * count, usage });
    device.queue.writeBuffer(buffer, 0, words[wordOf(dtype)].from(values));
    return buffer;
  });
  const out = device.createBuffer({ size: 4 * count, usage });
  const readable = device.createBuffer({
    size: 4 * count,
    usage: mapRead! | copyTarget!,
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [...buffers, out].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(count / 64));
  pass.end();
  encoder.copyBufferToBuffer(out, 0, readable, 0, 4 * count);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(mapRead!);
  const values = [...new words[wordOf(result)](readable.getMappedRange())];
  for (const buffer of [...buffers, out, readable]) buffer.destroy();
  return values;
}
