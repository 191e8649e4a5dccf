/** A program bound to a device: one run is one command buffer, submitted once. */
import { numel } from '../../core/index.js';
import { writesTo, type Program, type Slot } from '../../plan/program.js';
import type { Executable, LoadOptions } from '../backend.js';
import type { Profile } from '../stopwatch.js';
import { Storage } from '../storage.js';
import type { Device } from './device.js';
import { Block, wholeOf, type Span } from './runtime/block.js';
import {
  describeAllocation,
  describeResult,
  describeScratch,
  describeShader,
  places as placesOf,
} from './runtime/describe.js';
import { gather, slabOf } from './runtime/gather.js';
import { InputSlot } from './runtime/input.js';
import type { Pipeline } from './runtime/pipelines.js';
import type { Run } from './runtime/outcomes.js';
import { DevicePlace, moveIn, placeOn } from './runtime/place.js';
import { Reports } from './runtime/reports.js';
import { Timing } from './runtime/timing.js';
import { deviceBytes } from './runtime/words.js';
import { planWorkspace, type Workspace } from './runtime/workspace.js';
import {
  scratchBytes,
  type Copy,
  type DeviceRef,
  type Dispatch,
  type RefPart,
  type Shader,
  type ShaderProgram,
} from './shader.js';

/** Compiles the shaders and binds the program to a device. Errors of the shaders come with the next read. */
export function load(
  device: Device,
  program: Program,
  emitted: ShaderProgram,
  options: LoadOptions = {},
): Executable {
  device.check();
  const pipelines = emitted.shaders.map((shader, i) =>
    device.pipelines.get(shader, describeShader(program, emitted, i)),
  );
  return new Bound(device, program, emitted, pipelines, options);
}

/** The same without blocking, with all pipelines compiled side by side. */
export async function loadAsync(
  device: Device,
  program: Program,
  emitted: ShaderProgram,
  options: LoadOptions = {},
): Promise<Executable> {
  device.check();
  const pipelines = await Promise.all(
    emitted.shaders.map((shader, i) =>
      device.pipelines.getAsync(shader, describeShader(program, emitted, i)),
    ),
  );
  return new Bound(device, program, emitted, pipelines, options);
}

/** Memory by where a reference points, for one run. */
type Bindings = Readonly<Record<DeviceRef['space'], Span[]>>;

/** A dispatch, with the bindings it had the last time. */
interface Bindable extends Dispatch {
  readonly pipeline: Pipeline;
  readonly reports: boolean;
  group: GPUBindGroup | undefined;
  readonly bound: GPUBufferBinding[];
}

class Bound implements Executable {
  readonly failure = new Int32Array(3);
  declare readonly profile?: Profile;
  readonly #inputs: readonly InputSlot[];
  readonly #workspace: Workspace;
  readonly #workspaceBytes: number;
  readonly #resultBytes: number;
  /** What its buffers are for. */
  readonly #results: readonly string[];
  readonly #values: readonly string[];
  readonly #scratch: readonly string[];
  /** Numbers of the states that a run overwrites. */
  readonly #written: readonly number[];
  readonly #reports: Reports | undefined;
  readonly #commands: readonly (Bindable | Exclude<ShaderProgram['commands'][number], Dispatch>)[];
  readonly #timing: Timing | undefined;
  /** The bind groups of the commands, as long as none is replaced. */
  #groups: readonly (GPUBindGroup | undefined)[] | undefined;
  readonly #bindings: Bindings = { arena: [], input: [], state: [], output: [], scratch: [], slab: [] };

  constructor(
    readonly device: Device,
    readonly program: Program,
    readonly emitted: ShaderProgram,
    readonly pipelines: readonly Pipeline[],
    { instrument = false }: LoadOptions,
  ) {
    const { shaders, commands, scratch, slabs } = emitted;
    this.#inputs = program.inputs.map(
      ({ name, dtype, shape }) => new InputSlot(device, dtype, numel(shape), `input ${name}`),
    );
    this.#workspace = planWorkspace(program.allocations, slabs);
    this.#resultBytes = program.outputs.reduce((sum, slot) => sum + bytesOf(slot), 0);
    this.#results = program.outputs.map((_, i) => describeResult(program, i));
    this.#values = this.#workspace.named.map((allocation) => describeAllocation(program, allocation));
    this.#scratch = scratch.map((_, i) => describeScratch(program, emitted, i));
    this.#written = [...program.states.keys()].filter((i) =>
      program.steps.some((step) => writesTo(step, (ref) => ref.space === 'state' && ref.index === i)),
    );
    this.#workspaceBytes = [...this.#workspace.bytes, ...scratch].reduce((sum, bytes) => sum + bytes, 0);
    if (shaders.some(({ reports }) => reports)) this.#reports = new Reports(device, program);
    const own = commands.filter(doesSomething);
    this.#commands = own.map((command) => {
      if (command.kind === 'copy') return command;
      const { reports }: Shader = shaders[command.shader]!;
      return { ...command, pipeline: pipelines[command.shader]!, reports, group: undefined, bound: [] };
    });
    if (instrument) {
      this.#timing = new Timing(device, program, own);
      this.profile = this.#timing.watch;
    }
  }

  run(inputs: readonly Storage[], states: readonly Storage[]): Storage[] {
    const { device, program, emitted } = this;
    device.check();
    for (const { refused } of this.pipelines) if (refused) throw refused;
    // What may throw because content lies elsewhere comes before anything is taken.
    for (let i = 0; i < this.#inputs.length; i++) this.#bindings.input[i] = this.#inputs[i]!.take(inputs[i]!);
    emitted.slabs.forEach((slab, i) => {
      if (slab.space !== 'state') return;
      const buffer = slabOf(device, slab, states) ?? gather(device, slab, states, program.states);
      this.#bindings.slab[i] = wholeOf(buffer);
    });
    const places: DevicePlace[] = [];
    for (let i = 0; i < program.states.length; i++) {
      const { name, dtype } = program.states[i]!;
      places.push(moveIn(device, states[i]!, dtype, name));
      this.#bindings.state[i] = places[i]!;
    }
    const blocks: Block[] = [];
    let apart: Block[] = [];
    try {
      apart = this.#setInputsApart(places);
      program.outputs.forEach((slot, i) =>
        blocks.push(Block.take(device.content, bytesOf(slot), this.#results[i]!)),
      );
      this.#placeWorkspace();
      device.countResults(this.#resultBytes);
    } catch (error) {
      for (const { buffer } of [...apart, ...blocks]) device.content.give(buffer);
      this.#giveWorkspaceBack();
      throw error;
    }
    blocks.forEach(({ buffer }, i) => (this.#bindings.output[i] = wholeOf(buffer)));
    const run = this.#guarded(places, inputs);
    this.#giveWorkspaceBack();
    for (const { buffer } of apart) device.content.give(buffer);
    // What content lies in lives as long as the content, not as long as this program.
    this.#bindings.input.length = this.#bindings.state.length = 0;
    device.counters.runs++;
    return program.outputs.map(({ dtype, shape }, i) => {
      const { whole } = blocks[i]!;
      return new Storage(new DevicePlace(device, whole, dtype, numel(shape), this.#results[i]!, run));
    });
  }

  /**
   * Copies of inputs that lie in one buffer with states: where those are written, a kernel would bind the buffer in two ways.
   * States of other programs lie side by side with some of this one.
   */
  #setInputsApart(states: readonly DevicePlace[]): Block[] {
    if (this.#written.length === 0) return [];
    const blocks: Block[] = [];
    this.#bindings.input.forEach((input, i) => {
      if (!states.some(({ buffer }) => buffer === input.buffer)) return;
      const { name, dtype, shape } = this.program.inputs[i]!;
      const copy = this.device.duplicate(input, deviceBytes(dtype, numel(shape)), `a copy of input ${name}`);
      blocks.push(copy);
      this.#bindings.input[i] = wholeOf(copy.buffer);
    });
    return blocks;
  }

  /** Submits the work. The device carries out all of it or, if it refuses anything, nothing: then states are as they were. */
  #guarded(places: readonly DevicePlace[], inputs: readonly Storage[]): Run {
    const run: Run = {};
    const used = inputs.flatMap((input) => placeOn(this.device, input)?.made ?? []);
    const slot = this.device.outcomes.add(run, used, this.#reports);
    let groups: readonly (GPUBindGroup | undefined)[] = [];
    const keeping = this.#written.filter((i) => places[i]!.overwrite(run)).map((i) => places[i]!);
    // Commands that are submitted one by one may be carried out in part.
    if (this.#timing?.alone) for (const place of keeping) place.forget();
    this.device.guarded(
      'validation',
      () => this.#describeRefusal(groups),
      () => {
        this.#submit(slot);
        // The next run may have other ones.
        groups = this.#groups ??= this.#commands.map((command) =>
          command.kind === 'dispatch' ? command.group : undefined,
        );
      },
      (refused) => {
        if (refused) run.refused = run.failure = refused;
        else for (const place of keeping) place.forget();
      },
    );
    return run;
  }

  /** Which kernels the device refuses, by asking again for each. */
  async #describeRefusal(groups: readonly (GPUBindGroup | undefined)[]): Promise<string> {
    const { device, program } = this;
    const refused = await Promise.all(
      this.#commands.map(async (command, i) => {
        const group = groups[i];
        if (command.kind === 'copy' || !group) return [];
        const isRefused = await device.refuses((encoder) => {
          const pass = encoder.beginComputePass();
          pass.setPipeline(command.pipeline.pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...command.workgroups);
          pass.end();
        });
        return isRefused ? (program.steps[command.step] ?? []) : [];
      }),
    );
    return `a run of ${program.name} is refused${placesOf(refused.flat())}`;
  }

  release(): void {
    for (const slot of this.#inputs) slot.release();
    this.#reports?.release();
    this.#timing?.release();
  }

  #placeWorkspace(): void {
    const { workspace } = this.device;
    const { bytes, places, slabs } = this.#workspace;
    const buffers = (this.#held = [] as GPUBuffer[]);
    bytes.forEach((each, i) => buffers.push(workspace.take(each, this.#values[i]!)));
    places.forEach(({ buffer, ...part }, i) => {
      if (this.#bindings.arena[i]?.buffer !== buffers[buffer])
        this.#bindings.arena[i] = { buffer: buffers[buffer]!, ...part };
    });
    slabs.forEach((buffer, i) => (this.#bindings.slab[i] = wholeOf(buffers[buffer]!)));
    this.emitted.scratch.forEach((each, i) => {
      const buffer = workspace.take(each, this.#scratch[i]!);
      this.#bindings.scratch[i] = wholeOf(buffer);
      buffers.push(buffer);
    });
  }

  /** Working memory of the run underway. */
  #held: GPUBuffer[] = [];

  /** The next run takes the same buffers again, and so keeps its bind groups: the last given is the first taken. */
  #giveWorkspaceBack(): void {
    const { workspace } = this.device;
    for (const buffer of this.#held.reverse()) workspace.give(buffer);
    this.#held = [];
    workspace.trim(Math.max(workspace.spare, 2 * this.#workspaceBytes));
  }

  /** @param slot where the reports of the run go */
  #submit(slot: number): void {
    const { device, program } = this;
    const { counters } = device;
    const timing = this.#timing;
    const begin = (): GPUCommandEncoder => device.gpu.createCommandEncoder({ label: program.name });
    let encoder = begin();
    let pass: GPUComputePassEncoder | undefined;
    let current: GPUComputePipeline | undefined;
    const endPass = (): void => {
      pass?.end();
      pass = current = undefined;
    };
    this.#commands.forEach((command, number) => {
      if (timing || command.kind === 'copy') endPass();
      if (command.kind === 'copy') {
        const { from, to, elements, dtype } = command;
        const bytes = deviceBytes(dtype, elements);
        const copy = (): void => this.#copy(encoder, this.#spanOf(from), this.#spanOf(to), bytes);
        if (timing) timing.around(encoder, number, copy);
        else copy();
        counters.copies++;
      } else {
        const timestampWrites = timing?.stamps(number);
        pass ??= encoder.beginComputePass({
          label: program.name,
          ...(timestampWrites && { timestampWrites }),
        });
        const { pipeline } = command.pipeline;
        if (current !== pipeline) pass.setPipeline((current = pipeline));
        pass.setBindGroup(0, this.#groupOf(command));
        pass.dispatchWorkgroups(...command.workgroups);
        counters.dispatches++;
      }
      if (!timing?.alone) return;
      endPass();
      device.submit(encoder);
      timing.submitted(number);
      encoder = begin();
    });
    endPass();
    this.#reports?.copyTo(encoder, device.outcomes.buffer, slot);
    timing?.resolve(encoder);
    device.submit(encoder);
    timing?.collect();
  }

  #copy(encoder: GPUCommandEncoder, from: Span, to: Span, bytes: number): void {
    const copy = (a: Span, b: Span): void =>
      encoder.copyBufferToBuffer(a.buffer, a.offset, b.buffer, b.offset, bytes);
    if (from.buffer !== to.buffer) return copy(from, to);
    // No command copies within a buffer.
    const { workspace } = this.device;
    const between = wholeOf(workspace.take(bytes, `a copy in ${this.program.name}`));
    copy(from, between);
    copy(between, to);
    workspace.give(between.buffer);
  }

  #spanOf(ref: DeviceRef | RefPart): Span {
    if (ref.space === 'part') {
      const { buffer, offset } = this.#spanOf(ref.of);
      return { buffer, offset: offset + ref.offset, extent: ref.extent };
    }
    if (ref.space === 'scratch') {
      // Other steps may need more of it than one binding reaches.
      const { buffer } = this.#bindings.scratch[ref.index]!;
      return { buffer, offset: 0, extent: scratchBytes(ref) };
    }
    return this.#bindings[ref.space][ref.space === 'arena' ? ref.allocation : ref.index]!;
  }

  /** The bind group of the last run, unless a buffer is another one now. */
  #groupOf(command: Bindable): GPUBindGroup {
    const { buffers, bound, reports } = command;
    let same = command.group !== undefined;
    for (let i = 0; i < buffers.length; i++) {
      if (!isBound(bound, i, this.#spanOf(buffers[i]!))) same = false;
    }
    if (reports && !isBound(bound, buffers.length, this.#reports!.span)) same = false;
    if (same) return command.group!;
    this.#groups = undefined;
    return (command.group = this.device.gpu.createBindGroup({
      layout: command.pipeline.layout,
      entries: bound.map((resource, binding) => ({ binding, resource })),
    }));
  }
}

/** Whether a binding was this before, which it is from now on. */
function isBound(bound: GPUBufferBinding[], i: number, { buffer, offset, extent }: Span): boolean {
  const known = bound[i];
  if (known?.buffer === buffer && known.offset === offset && known.size === extent) return true;
  bound[i] = { buffer, offset, ...(extent !== undefined && { size: extent }) };
  return false;
}

/** Empty tensors have commands with nothing to do. */
const doesSomething = (command: Dispatch | Copy): boolean =>
  command.kind === 'copy' ? command.elements > 0 : command.workgroups.every((count) => count > 0);

const bytesOf = ({ dtype, shape }: Slot): number => deviceBytes(dtype, numel(shape));
