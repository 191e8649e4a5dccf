/** A whole program as one module: a function for each different kernel, and `step`, which calls them in order. */
import { dtypes } from '../../core/index.js';
import type { LoopNest } from '../../loops/index.js';
import type { BufferRef, Program, Step } from '../../plan/program.js';
import { ModuleBuilder, type Code as FunctionCode, type Local } from './assembler/index.js';
import { emitAttention } from './kernels/attention.js';
import { emitContract } from './kernels/contract.js';
import { emitMap } from './kernels/map.js';
import { emitRow } from './kernels/row.js';
import { emitScatter } from './kernels/scatter.js';
import { aligned } from './kernels/scratch.js';
import { emitSegmented } from './kernels/segmented.js';
import { emitSort } from './kernels/sort.js';
import type { Launch } from './kernels/launch.js';
import { disassemble } from './disassembler/index.js';
import type { Code } from './instantiate.js';
import { Library } from './library/index.js';
import { Jobs, chunkOf, noteBytes } from './threads/jobs.js';

export interface CodeOptions {
  /** Calls `env.start()` and `env.stop(step)` around each step. */
  readonly instrument: boolean;
  /** Uses relaxed SIMD: faster, and not the same bits on every machine. */
  readonly relaxed: boolean;
  /** Whether memory is shared between threads, which then take parts of the larger launches. */
  readonly shared?: boolean;
  /** Cuts launches as finely as they can be, worth it or not: for tests. */
  readonly finest?: boolean;
}

type Emitter<K extends LoopNest['kind']> = (
  library: Library,
  nest: Extract<LoopNest, { kind: K }>,
) => Launch[];
const emitters: { readonly [K in LoopNest['kind']]: Emitter<K> } = {
  map: emitMap,
  row: emitRow,
  contract: emitContract,
  segmented: emitSegmented,
  scatter: emitScatter,
  opaque: emitSort,
  attention: emitAttention,
};
const emitNest = <K extends LoopNest['kind']>(
  library: Library,
  nest: Extract<LoopNest, { kind: K }>,
): Launch[] => (emitters[nest.kind] as Emitter<K>)(library, nest);

/** Words of the pointer table before those of inputs, states and outputs. */
const fixedWords = { arena: 0, scratch: 1, failure: 2 } as const;
const wordBytes = 4;

/** What makes two kernels one function: everything but their names, written out. */
function keyOf(nest: LoopNest): string {
  const parts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      parts.push(Object.is(value, -0) ? '-0' : `${value as string}`);
      return;
    }
    parts.push('(');
    if (Array.isArray(value)) for (const each of value) visit(each);
    // An index expression has its text already.
    else if ('terms' in value && 'key' in value) parts.push(value.key as string);
    else {
      for (const name in value) {
        if (name === 'name' || name === 'comment') continue;
        parts.push(name);
        visit((value as Record<string, unknown>)[name]);
      }
    }
    parts.push(')');
  };
  visit(nest);
  return parts.join(' ');
}

/** Shared scratch of a launch, with its block of addresses at the end. */
const sharedOf = ({ sharedBytes, indirect, buffers }: Launch): number =>
  aligned(sharedBytes) + (indirect ? aligned(buffers.length * wordBytes) : 0);

/** Units that are lanes have grains, and are cut, at multiples of four. */
const finestGrain = (grain: number): number => (grain % 4 === 0 ? 4 : 1);

class ProgramEmitter {
  readonly library: Library;
  readonly comments = new Map<string, readonly string[]>();
  readonly #known = new Map<string, Launch[]>();
  readonly #jobs: Jobs | undefined;
  /** Working memory of a run with one thread, and of each further one. */
  readonly scratchBytes: number;
  readonly threadBytes: number;

  constructor(
    readonly module: ModuleBuilder,
    readonly program: Program,
    readonly options: CodeOptions,
  ) {
    this.library = new Library(module);
    const launches = program.steps.flatMap((step) => (step.kind === 'copy' ? [] : this.launches(step.nest)));
    const most = (bytes: (launch: Launch) => number): number => Math.max(0, ...launches.map(bytes));
    if (!options.shared || !launches.some((launch) => this.#chunkOf(launch))) {
      this.scratchBytes = most((each) => sharedOf(each) + each.scratchBytes);
      this.threadBytes = 0;
      return;
    }
    const own = most(sharedOf);
    this.threadBytes = noteBytes + aligned(most((each) => each.scratchBytes));
    this.scratchBytes = own + this.threadBytes;
    this.#jobs = new Jobs(module, { ...fixedWords, own, stride: this.threadBytes });
  }

  #chunkOf({ units, grain }: Launch): number | undefined {
    return chunkOf({ units, grain: this.options.finest ? finestGrain(grain) : grain });
  }

  /** Leaves the address of a buffer on the stack. */
  pointer(c: FunctionCode, ref: BufferRef, table: Local, arena: Local): void {
    const { inputs, states, allocations } = this.program;
    if (ref.space === 'arena') {
      c.get(arena);
      const { offset } = allocations[ref.allocation]!;
      if (offset > 0) c.i32(offset).op('i32.add');
      return;
    }
    const before = { input: 0, state: inputs.length, output: inputs.length + states.length }[ref.space];
    c.get(table).memory('i32.load', (3 + before + ref.index) * wordBytes);
  }

  launches(nest: LoopNest): Launch[] {
    const key = keyOf(nest);
    const known = this.#known.get(key);
    if (known) return known;
    const made = emitNest(this.library, nest);
    this.#known.set(key, made);
    for (const { callee } of made) this.comments.set(callee.name, nest.comment);
    return made;
  }

  step(c: FunctionCode, step: Step, table: Local, arena: Local): void {
    if (step.kind === 'copy') {
      this.pointer(c, step.to, table, arena);
      this.pointer(c, step.from, table, arena);
      c.i32(step.elements * dtypes[step.dtype].bytes).copyMemory();
      return;
    }
    const jobs = this.#jobs;
    for (const launch of this.launches(step.nest)) {
      const { callee, units } = launch;
      const chunk = jobs && this.#chunkOf(launch);
      if (jobs && chunk) {
        jobs.emit(c, table, callee.name, launch, chunk, (part, own, note, [from, to]) => {
          this.#buffers(part, launch, step, own, loadArena(part, own));
          part.get(note).i32(noteBytes).op('i32.add').get(note);
          part.get(from).get(to).call(callee);
        });
        continue;
      }
      const note = jobs?.own(c, table);
      this.#buffers(c, launch, step, table, arena);
      if (note) c.get(note).i32(noteBytes).op('i32.add');
      else {
        c.get(table).memory('i32.load', fixedWords.scratch * wordBytes);
        c.i32(sharedOf(launch)).op('i32.add');
      }
      c.get(table).memory('i32.load', fixedWords.failure * wordBytes);
      c.i32(0).i32(units).call(callee);
    }
  }

  /** Leaves the addresses of a launch's buffers and of shared scratch. */
  #buffers(
    c: FunctionCode,
    launch: Launch,
    step: Extract<Step, { kind: 'launch' }>,
    table: Local,
    arena: Local,
  ): void {
    const scratch = (): FunctionCode => c.get(table).memory('i32.load', fixedWords.scratch * wordBytes);
    const block = aligned(launch.sharedBytes);
    launch.buffers.forEach((buffer, i) => {
      if (launch.indirect) scratch();
      this.pointer(c, step.buffers[buffer]!, table, arena);
      if (launch.indirect) c.memory('i32.store', block + i * wordBytes);
    });
    if (launch.indirect) scratch().i32(block).op('i32.add');
    scratch();
  }

  finish(): void {
    this.#jobs?.finish();
  }
}

const loadArena = (c: FunctionCode, table: Local): Local =>
  c
    .get(table)
    .memory('i32.load', fixedWords.arena * wordBytes)
    .keep();

export function emitProgram(
  program: Program,
  options: CodeOptions,
): Code & { readonly source: () => string } {
  const module = new ModuleBuilder({ shared: false, ...options });
  const marks = options.instrument
    ? { start: module.import('start', '', ''), stop: module.import('stop', 'i', '') }
    : undefined;
  const emitter = new ProgramEmitter(module, program, options);
  const step = module.function('step', 'i');
  const { code: c } = step;
  const [table] = c.params as [Local];
  const arena = loadArena(c, table);
  program.steps.forEach((each, i) => {
    if (marks) c.call(marks.start);
    emitter.step(c, each, table, arena);
    if (marks) c.i32(i).call(marks.stop);
  });
  emitter.finish();
  module.export('step', step);
  const bytes = module.encode();
  const { scratchBytes, threadBytes, comments } = emitter;
  return { bytes, scratchBytes, threadBytes, source: () => disassemble(bytes, comments) };
}
