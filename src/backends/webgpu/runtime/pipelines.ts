/** Pipelines of a device, each made once for shaders that do the same. */
import { BackendError } from '../../../core/index.js';
import type { Device } from '../device.js';
import { bindingsOf, type Shader } from '../shader.js';
import { shaderKey } from '../shader-key.js';
import { headed } from './describe.js';

/** GPUShaderStage.COMPUTE, which a host need not have as a global. */
const compute = 0x4;

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Why the device does not take it, once that is known. */
  refused?: BackendError;
}

/** Pipelines that are kept for programs to come. */
const mostKept = 512;

export class PipelineCache {
  readonly #layouts = new Map<string, { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();
  /** The one asked for last at the end. Programs hold theirs themselves. */
  readonly #made = new Map<string, Pipeline>();
  readonly #underway = new Map<string, Promise<Pipeline>>();

  constructor(
    readonly device: Device,
    readonly most = mostKept,
  ) {}

  /** The pipeline, made now if need be. Errors of the code come with the next read, and say what it is `of`. */
  get(shader: Shader, of: string): Pipeline {
    const key = shaderKey(shader);
    const known = this.#find(key);
    if (known) return known;
    const { gpu, counters } = this.device;
    counters.pipelinesCreated++;
    const pipeline = this.device.guarded(
      'validation',
      describe(shader, of),
      () => gpu.createComputePipeline(descriptor(gpu, shader, this.#layout(shader).pipeline)),
      (error) => {
        if (error) made.refused = error;
      },
      (one) => (encoder) => {
        const pass = encoder.beginComputePass();
        pass.setPipeline(one);
        pass.end();
      },
    );
    const made: Pipeline = { pipeline, layout: this.#layout(shader).group };
    this.#keep(key, made);
    return made;
  }

  /** The same without blocking; several at a time are compiled side by side. */
  async getAsync(shader: Shader, of: string): Promise<Pipeline> {
    const key = shaderKey(shader);
    const known = this.#find(key) ?? this.#underway.get(key);
    if (known) return known;
    const making = this.#makeAsync(shader, of, key);
    this.#underway.set(key, making);
    try {
      return await making;
    } finally {
      this.#underway.delete(key);
    }
  }

  async #makeAsync(shader: Shader, of: string, key: string): Promise<Pipeline> {
    const { gpu, counters } = this.device;
    counters.pipelinesCreated++;
    const made = await this.device
      .guarded('validation', describe(shader, of), () =>
        gpu.createComputePipelineAsync(descriptor(gpu, shader, this.#layout(shader).pipeline)),
      )
      .catch(async (error: Error) => {
        // What the scope says of the code is the cause; the pipeline's own error only follows from it.
        await this.device.settle();
        throw new BackendError(headed(describe(shader, of), (name) => `${name}: ${error.message}`));
      });
    const pipeline = { pipeline: made, layout: this.#layout(shader).group };
    this.#keep(key, pipeline);
    return pipeline;
  }

  #find(key: string): Pipeline | undefined {
    const known = this.#made.get(key);
    if (known) this.#keep(key, known);
    return known;
  }

  /** Keeps it as the last, and forgets the one that was asked for longest ago. */
  #keep(key: string, pipeline: Pipeline): void {
    this.#made.delete(key);
    this.#made.set(key, pipeline);
    if (this.#made.size <= this.most) return;
    const [oldest] = this.#made.keys();
    this.#made.delete(oldest!);
  }

  #layout(shader: Shader): { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const bindings = bindingsOf(shader);
    const key = bindings.join();
    const known = this.#layouts.get(key);
    if (known) return known;
    const { gpu } = this.device;
    const group = gpu.createBindGroupLayout({
      entries: bindings.map((access, binding) => ({
        binding,
        visibility: compute,
        buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
      })),
    });
    const made = { group, pipeline: gpu.createPipelineLayout({ bindGroupLayouts: [group] }) };
    this.#layouts.set(key, made);
    return made;
  }
}

const describe = ({ name }: Shader, of: string): string =>
  headed(of, (kernels) => `the shader ${name} of ${kernels} is refused`);

const descriptor = (
  gpu: GPUDevice,
  { name, code }: Shader,
  layout: GPUPipelineLayout,
): GPUComputePipelineDescriptor => ({
  label: name,
  layout,
  compute: { module: gpu.createShaderModule({ label: name, code }), entryPoint: 'main' },
});
