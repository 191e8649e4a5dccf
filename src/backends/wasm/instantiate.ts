/** A program bound to a device: its inputs are copied in or found there, its states live there, its results stay there. */
import { BackendError, dtypes, numel } from '../../core/index.js';
import type { Program, Slot } from '../../plan/program.js';
import type { Executable, LoadOptions } from '../backend.js';
import { Stopwatch, type Profile } from '../stopwatch.js';
import { Storage, copyOf } from '../storage.js';
import { compileModule, compileModuleAsync, type CompiledModule } from './engine.js';
import { roundUp } from './heap.js';
import { InputSlot } from './input.js';
import { formatBytes, formatHeld, type Device, type StepFunction } from './memory.js';
import { View, moveIn, residentOf, type Content } from './resident.js';
import { Repeat } from './repeat.js';
import { Result } from './results.js';
import type { Pool } from './threads/pool.js';

/** What the code generator makes of a program. */
export interface Code {
  readonly bytes: Uint8Array;
  /** Working memory that a run needs besides the arena. */
  readonly scratchBytes: number;
  /** As much more for each further thread; 0 or left out where one thread does it all. */
  readonly threadBytes?: number;
}

/** Who helps with the larger launches. */
export interface Team {
  readonly pool: Pool;
  readonly threads: number;
}

/** Up to this size inputs are copied in and results copied out in every run. */
export const smallBytes = 4096;

/** The table of addresses begins with arena, scratch and failure. */
const fixedWords = 3;
/** The failure stands before the table, in a line of its own. */
const failureBytes = 64;

interface Port extends Content {
  /** Offset among the small ones, or undefined for one that has a region of its own. */
  readonly offset: number | undefined;
  readonly view: View;
}

/** Ports and the bytes that the small ones take together. */
function portsOf(kind: string, slots: readonly Slot[]): { ports: readonly Port[]; bytes: number } {
  let end = 0;
  const ports = slots.map(({ shape, dtype, name }): Port => {
    const { array: type, bytes: width } = dtypes[dtype];
    const length = numel(shape);
    const bytes = length * width;
    const small = kind !== 'state' && bytes <= smallBytes;
    const offset = small ? end : undefined;
    if (small) end += roundUp(bytes);
    return { what: `${kind} ${name}`, type, length, bytes, offset, view: new View(type, length) };
  });
  return { ports, bytes: end };
}

export function instantiate(
  program: Program,
  code: Code,
  module: CompiledModule,
  device: Device,
  options: LoadOptions = {},
  team?: Team,
): Executable {
  const watch = options.instrument ? new Stopwatch(program) : undefined;
  const step = device.bind(module, importsOf(watch));
  return new Bound(program, code, device, { module, step, team }, watch);
}

/** instantiate() without blocking. */
export async function instantiateAsync(
  program: Program,
  code: Code,
  module: CompiledModule,
  device: Device,
  options: LoadOptions = {},
  team?: Team,
): Promise<Executable> {
  const watch = options.instrument ? new Stopwatch(program) : undefined;
  const step = await device.bindAsync(module, importsOf(watch));
  return new Bound(program, code, device, { module, step, team }, watch);
}

/** A module bound to a device, and the threads that share its work. */
interface Linked {
  readonly module: CompiledModule;
  readonly step: StepFunction;
  readonly team: Team | undefined;
}

const importsOf = (watch: Stopwatch | undefined): object => ({
  start: () => watch?.start(),
  stop: (step: number) => watch?.stop(step),
});

/** Compiles the code of a program. */
export const compileCode = ({ bytes }: Code): CompiledModule => compileModule(bytes);

/** compileCode() without blocking. */
export const compileCodeAsync = ({ bytes }: Code): Promise<CompiledModule> => compileModuleAsync(bytes);

class Bound implements Executable {
  readonly failure = new Int32Array(3);
  declare readonly profile?: Profile;
  readonly #device: Device;
  readonly #step: StepFunction;
  readonly #arenaName: string;
  readonly #arenaBytes: number;
  readonly #scratchBytes: number;
  readonly #inputs: readonly Port[];
  readonly #states: readonly Port[];
  readonly #outputs: readonly Port[];
  readonly #inboxBytes: number;
  readonly #outboxBytes: number;
  /** For each large input, where it is copied to. */
  readonly #slots: readonly (InputSlot | undefined)[];
  /** Large results of the current run, until they are handed out. */
  readonly #made: (Result | undefined)[];
  readonly #table: Uint32Array;
  readonly #repeat: Repeat;
  /** Large results that lie where the last run's do. */
  readonly #again: (Storage | undefined)[];
  #repeats = false;

  constructor(
    program: Program,
    { scratchBytes, threadBytes = 0 }: Code,
    device: Device,
    { module, step, team }: Linked,
    watch: Stopwatch | undefined,
  ) {
    const inputs = portsOf('input', program.inputs);
    const states = portsOf('state', program.states);
    const outputs = portsOf('result', program.outputs);
    this.#device = device;
    this.#arenaName = `the arena of ${program.name}`;
    this.#arenaBytes = program.arenaBytes;
    const threads = team && threadBytes > 0 ? team.threads : 1;
    this.#scratchBytes = scratchBytes + (threads - 1) * threadBytes;
    this.#inputs = inputs.ports;
    this.#states = states.ports;
    this.#outputs = outputs.ports;
    this.#inboxBytes = inputs.bytes;
    this.#outboxBytes = outputs.bytes;
    this.#slots = inputs.ports.map(({ offset, what }) =>
      offset === undefined ? new InputSlot(device, what) : undefined,
    );
    this.#made = outputs.ports.map(() => undefined);
    this.#again = outputs.ports.map(() => undefined);
    this.#repeat = new Repeat(program);
    this.#table = new Uint32Array(
      fixedWords + inputs.ports.length + states.ports.length + outputs.ports.length,
    );
    this.#refuseWhatNeverFits(program.name);
    this.#step = team && threadBytes > 0 ? team.pool.join(module, threads, step) : step;
    if (watch) this.profile = watch;
    for (const slot of this.#slots) if (slot) device.unreachable.register(this, slot);
  }

  run(inputs: readonly Storage[], states: readonly Storage[]): Storage[] {
    try {
      this.#repeats = this.#repeat.sees(inputs, states);
      this.#place(inputs, states);
      this.#call();
      const results = this.#handOut();
      if (!this.#repeats) this.#repeat.note(inputs, states, this.#again);
      this.#again.fill(undefined);
      return results;
    } catch (error) {
      for (const result of this.#made) result?.release();
      this.#made.fill(undefined);
      this.#again.fill(undefined);
      throw error;
    }
  }

  release(): void {
    for (const slot of this.#slots) slot?.release();
  }

  /** Finds a place for everything and writes the table. */
  #place(inputs: readonly Storage[], states: readonly Storage[]): void {
    const device = this.#device;
    device.begin();
    this.#keepWhatIsThere(inputs, states);
    this.#holdWorkspace();
    const addresses = this.#table;
    let next = fixedWords;
    for (let i = 0; i < this.#inputs.length; i++) addresses[next++] = this.#input(i, inputs[i]!);
    for (let i = 0; i < this.#states.length; i++)
      addresses[next++] = moveIn(states[i]!, device, this.#states[i]!).address;
    for (let i = 0; i < this.#outputs.length; i++) addresses[next++] = this.#output(i);
    addresses[0] = device.arena.address;
    addresses[1] = device.scratch.address;
    addresses[2] = device.table.address;
    device.words.set(addresses, (device.table.address + failureBytes) / 4);
  }

  #call(): void {
    const { words, table } = this.#device;
    const failure = table.address / 4;
    words[failure] = 0;
    this.#step(table.address + failureBytes);
    if (words[failure] === 0) return;
    for (let i = 0; i < this.failure.length; i++) this.failure[i] = words[failure + i]!;
  }

  /** What this run needs and has makes no room for the rest. */
  #keepWhatIsThere(inputs: readonly Storage[], states: readonly Storage[]): void {
    const device = this.#device;
    const { run } = device;
    for (let i = 0; i < inputs.length; i++) {
      const resident = residentOf(inputs[i]!, device);
      if (resident) resident.usedAt = run;
      else if (this.#slots[i]) this.#slots[i]!.usedAt = run;
    }
    for (let i = 0; i < states.length; i++) {
      const resident = residentOf(states[i]!, device);
      if (resident) resident.usedAt = run;
    }
  }

  #holdWorkspace(): void {
    const { arena, scratch, table, inbox, outbox } = this.#device;
    arena.what = this.#arenaName;
    arena.hold(this.#arenaBytes);
    scratch.hold(this.#scratchBytes);
    table.hold(failureBytes + this.#table.byteLength);
    inbox.hold(this.#inboxBytes);
    outbox.hold(this.#outboxBytes);
  }

  /** The address of an input, whose content is there. */
  #input(i: number, storage: Storage): number {
    const device = this.#device;
    const resident = residentOf(storage, device);
    if (resident) return resident.address;
    const { offset, view } = this.#inputs[i]!;
    if (offset === undefined) return this.#slots[i]!.take(storage, view);
    const address = device.inbox.address + offset;
    view.at(device, address).set(storage.array as never);
    return address;
  }

  #output(i: number): number {
    const { offset, what, type, length, bytes } = this.#outputs[i]!;
    if (offset !== undefined) return this.#device.outbox.address + offset;
    const last = this.#repeats ? this.#repeat.result(i, this.#device) : undefined;
    if (last) {
      last.place.usedAt = this.#device.run;
      this.#again[i] = last.storage;
      return last.place.address;
    }
    const result = new Result(this.#device, what, type, length, bytes);
    this.#made[i] = result;
    return result.address;
  }

  #handOut(): Storage[] {
    const device = this.#device;
    const results: Storage[] = [];
    for (let i = 0; i < this.#outputs.length; i++) {
      const { offset, view } = this.#outputs[i]!;
      if (offset === undefined) results.push((this.#again[i] ??= this.#made[i]!.handOut()));
      else results.push(new Storage(copyOf(view.at(device, device.outbox.address + offset))));
      this.#made[i] = undefined;
    }
    return results;
  }

  #refuseWhatNeverFits(name: string): void {
    const held = [
      { what: this.#arenaName, bytes: this.#arenaBytes },
      { what: 'scratch', bytes: this.#scratchBytes },
      ...this.#inputs,
      ...this.#states,
      ...this.#outputs,
    ];
    const needed = held.reduce((sum, { bytes }) => sum + bytes, 0);
    const { hardLimit } = this.#device;
    if (needed <= hardLimit) return;
    throw new BackendError(
      `${name} needs ${formatBytes(needed)} of memory, and the wasm backend has ${formatBytes(hardLimit)}`,
      `the largest are ${formatHeld(held)}`,
    );
  }
}
