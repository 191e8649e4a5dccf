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
import { emitSegmented } from './kernels/segmented.js';
import { emitSort } from './kernels/sort.js';
import type { Launch } from './kernels/launch.js';
import { disassemble } from './disassembler/index.js';
import type { Code } from './instantiate.js';
import { Library } from './library/index.js';

export interface CodeOptions {
  /** Calls `env.start()` and `env.stop(step)` around each step. */
  readonly instrument: boolean;
  /** Uses relaxed SIMD: faster, and not the same bits on every machine. */
  readonly relaxed: boolean;
  /** Whether memory is shared between threads. */
  readonly shared?: boolean;
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
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** What makes two kernels one function: everything but their names. */
function keyOf(nest: LoopNest): string {
  return JSON.stringify(nest, (key, value: unknown) => {
    if (key === 'name' || key === 'comment' || key === 'terms') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    return typeof value === 'number' && (Object.is(value, -0) || !Number.isFinite(value))
      ? `${1 / value} ${value}`
      : value;
  });
}

class ProgramEmitter {
  readonly library: Library;
  readonly comments = new Map<string, readonly string[]>();
  readonly #known = new Map<string, Launch[]>();
  scratchBytes = 0;

  constructor(
    readonly module: ModuleBuilder,
    readonly program: Program,
  ) {
    this.library = new Library(module);
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
    for (const { callee, scratchBytes, sharedBytes } of made) {
      this.comments.set(callee.name, nest.comment);
      this.scratchBytes = Math.max(this.scratchBytes, aligned(sharedBytes) + scratchBytes);
    }
    return made;
  }

  step(c: FunctionCode, step: Step, table: Local, arena: Local): void {
    if (step.kind === 'copy') {
      this.pointer(c, step.to, table, arena);
      this.pointer(c, step.from, table, arena);
      c.i32(step.elements * dtypes[step.dtype].bytes).copyMemory();
      return;
    }
    for (const { callee, units, buffers, sharedBytes } of this.launches(step.nest)) {
      for (const buffer of buffers) this.pointer(c, step.buffers[buffer]!, table, arena);
      c.get(table).memory('i32.load', fixedWords.scratch * wordBytes);
      c.get(table)
        .memory('i32.load', fixedWords.scratch * wordBytes)
        .i32(aligned(sharedBytes))
        .op('i32.add');
      c.get(table).memory('i32.load', fixedWords.failure * wordBytes);
      c.i32(0).i32(units).call(callee);
    }
  }
}

export function emitProgram(
  program: Program,
  options: CodeOptions,
): Code & { readonly source: () => string } {
  const module = new ModuleBuilder({ shared: false, ...options });
  const marks = options.instrument
    ? { start: module.import('start', '', ''), stop: module.import('stop', 'i', '') }
    : undefined;
  const emitter = new ProgramEmitter(module, program);
  const step = module.function('step', 'i');
  const { code: c } = step;
  const [table] = c.params as [Local];
  const arena = c
    .get(table)
    .memory('i32.load', fixedWords.arena * wordBytes)
    .keep();
  program.steps.forEach((each, i) => {
    if (marks) c.call(marks.start);
    emitter.step(c, each, table, arena);
    if (marks) c.i32(i).call(marks.stop);
  });
  module.export('step', step);
  const bytes = module.encode();
  const { scratchBytes, comments } = emitter;
  return { bytes, scratchBytes, source: () => disassemble(bytes, comments) };
}
