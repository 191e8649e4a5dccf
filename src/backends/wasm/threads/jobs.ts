/**
 * Launches that several threads run: `step` describes one in shared memory and wakes who sleeps; each thread takes chunks
 * until none is left. Nobody is waited for but those who have taken one, so workers may come late or never.
 *
 * The chunks depend on shapes alone, but no result depends on the chunks.
 */
import type { Callee, Code, Declared, Local, ModuleBuilder } from '../assembler/index.js';
import type { Launch } from '../kernels/launch.js';
import { control } from './control.js';

/** Chunks of a launch at most: enough to even out threads that come late or are slow. */
const mostChunks = 16;
/** The scratch of each thread begins with its note of an index out of range. */
export const noteBytes = 64;

/** Units of a chunk, or undefined for a launch that is not worth a second thread. */
export function chunkOf({ units, grain }: Pick<Launch, 'units' | 'grain'>): number | undefined {
  if (units < 2 || units < 2 * grain) return undefined;
  return grain * Math.ceil(units / (mostChunks * grain));
}

export interface Layout {
  /** Words of the table that hold the addresses of scratch and of the failure. */
  readonly scratch: number;
  readonly failure: number;
  /** Offset in scratch of the first thread's own. */
  readonly own: number;
  /** Bytes of each thread's own. */
  readonly stride: number;
}

const wordBytes = 4;
const at = (c: Code, address: number): Code => c.i32(0).memory('i32.load', address);
const loaded = (c: Code, address: number): Local => at(c, address).keep();

export class Jobs {
  readonly #parts: Declared[] = [];
  /** (table, launch, units, chunk, chunks): runs them all, with whoever helps. */
  readonly #share: Declared;
  /** (thread, number): takes chunks of the job of that number until none is left. */
  readonly #take: Declared;
  /** (launch, table, own, from, to) */
  readonly #run: Declared;

  constructor(
    readonly module: ModuleBuilder,
    readonly layout: Layout,
  ) {
    this.#share = module.function('share', 'iiiii');
    this.#take = module.function('help', 'ii');
    this.#run = module.function('run', 'iiiii');
  }

  /** A launch in chunks; `call` calls its function from (table, own scratch, from, to). */
  emit(
    c: Code,
    table: Local,
    name: string,
    { units }: Launch,
    chunk: number,
    call: (c: Code, table: Local, own: Local, range: readonly [Local, Local]) => void,
  ): void {
    const part = this.module.function(`part_${name}`, 'iiii');
    const [ownTable, own, from, to] = part.code.params as [Local, Local, Local, Local];
    call(part.code, ownTable, own, [from, to]);
    c.get(table)
      .i32(this.#parts.push(part) - 1)
      .i32(units)
      .i32(chunk)
      .i32(Math.ceil(units / chunk))
      .call(this.#share);
  }

  /** Writes what all launches share. */
  finish(): void {
    this.#emitShare();
    this.#emitTake(this.#emitNote());
    const { code } = this.#run;
    this.#dispatch(code, 0, this.#parts.length);
    this.module.export('help', this.#take);
  }

  /** The address of a thread's own scratch (the first one's, if none is named), which begins with its note. */
  own(c: Code, table: Local, thread?: Local): Local {
    c.get(table).memory('i32.load', this.layout.scratch * wordBytes);
    c.i32(this.layout.own).op('i32.add');
    if (thread) c.get(thread).i32(this.layout.stride).op('i32.mul').op('i32.add');
    return c.keep();
  }

  #emitShare(): void {
    const { code: c } = this.#share;
    const [table, launch, units, chunk, chunks] = c.params as [Local, Local, Local, Local, Local];
    for (const [address, value] of [
      [control.table, table],
      [control.launch, launch],
      [control.units, units],
      [control.chunk, chunk],
      [control.chunks, chunks],
    ] as const)
      c.i32(0).get(value).memory('i32.store', address);
    // What an earlier launch noted stays.
    const failure = c
      .get(table)
      .memory('i32.load', this.layout.failure * wordBytes)
      .keep();
    c.i32(0).i32(0).i32(-1);
    c.get(failure).memory('i32.load').select('i').memory('i32.store', control.before);
    c.i32(0).i32(0).memory('i32.atomic.store', control.done);
    const number = c.i32(0).memory('i32.atomic.load', control.number).i32(1).op('i32.add').keep();
    c.i32(0);
    c.get(number).op('i64.extend_i32_u').i64(32n).op('i64.shl');
    c.get(chunks).op('i64.extend_i32_u').op('i64.add');
    c.memory('i64.atomic.store', control.job);
    c.i32(0).memory('i32.atomic.load', control.asleep).if();
    c.i32(0).i32(-1).memory('memory.atomic.notify', control.number).drop();
    c.end();
    c.i32(0).get(number).call(this.#take);
    this.#emitWait(c, chunks);
  }

  /** Waits until all chunks are done: looking for a short while, then asleep where that is allowed. */
  #emitWait(c: Code, chunks: Local): void {
    const patience = loaded(c, control.patience);
    const looks = c.local('i');
    c.i32(0).set(looks);
    const again = c.loop();
    const done = c.i32(0).memory('i32.atomic.load', control.done).keep();
    c.get(done).get(chunks).op('i32.ge_u').brIf(0);
    c.get(looks).get(patience).op('i32.lt_u').if();
    c.get(looks).i32(1).op('i32.add').set(looks);
    c.else();
    c.i32(0).get(done).i64(-1n).memory('memory.atomic.wait32', control.done).drop();
    c.end();
    c.br(again);
    c.end();
  }

  #emitTake(note: Callee): void {
    const { code: c } = this.#take;
    const [thread, number] = c.params as [Local, Local];
    const again = c.loop();
    const job = c.i32(0).memory('i64.atomic.load', control.job).keep();
    const left = c.get(job).op('i32.wrap_i64').keep();
    c.get(left).op('i32.eqz').brIf(0);
    c.get(job).i64(32n).op('i64.shr_u').op('i32.wrap_i64').get(number).op('i32.ne').brIf(0);
    c.i32(0).get(job).get(job).i64(1n).op('i64.sub').memory('i64.atomic.rmw.cmpxchg', control.job);
    c.get(job).op('i64.ne').brIf(again);

    const [chunks, chunk, units] = [
      loaded(c, control.chunks),
      loaded(c, control.chunk),
      loaded(c, control.units),
    ];
    const from = c.get(chunks).get(left).op('i32.sub').get(chunk).op('i32.mul').keep();
    const end = c.get(from).get(chunk).op('i32.add').keep();
    const to = c.get(end).get(units).get(end).get(units).op('i32.lt_u').select('i').keep();
    const table = loaded(c, control.table);
    const own = this.own(c, table, thread);
    c.get(own).i32(0).memory('i32.store');
    at(c, control.launch).get(table).get(own).get(from).get(to).call(this.#run);
    c.get(own).memory('i32.load').if();
    c.get(table).get(own).get(from).call(note);
    c.end();
    const before = c.i32(0).i32(1).memory('i32.atomic.rmw.add', control.done).keep();
    // The first thread is the one that may wait for the last chunk.
    c.get(before).i32(1).op('i32.add').get(chunks).op('i32.eq').get(thread).i32(0).op('i32.ne').op('i32.and');
    c.if();
    c.i32(0).i32(1).memory('memory.atomic.notify', control.done).drop();
    c.end();
    c.br(again);
    c.end();
  }

  /** (table, own, from): makes a thread's note the program's failure, unless one stands from an earlier unit. */
  #emitNote(): Callee {
    const note = this.module.function('note', 'iii');
    const { code: c } = note;
    const [table, own, from] = c.params as [Local, Local, Local];
    const again = c.loop();
    c.i32(0).i32(0).i32(1).memory('i32.atomic.rmw.cmpxchg', control.lock).brIf(again);
    c.end();
    c.get(from);
    at(c, control.before).op('i32.lt_u').if();
    c.i32(0).get(from).memory('i32.store', control.before);
    c.get(table).memory('i32.load', this.layout.failure * wordBytes);
    c.get(own).i32(12).copyMemory();
    c.end();
    c.i32(0).i32(0).memory('i32.atomic.store', control.lock);
    return note;
  }

  /** Calls the part of that number among those from `low` to `high`. */
  #dispatch(c: Code, low: number, high: number): void {
    const [launch, ...rest] = c.params as [Local, ...Local[]];
    if (high - low === 1) {
      for (const each of rest) c.get(each);
      c.call(this.#parts[low]!);
      return;
    }
    const middle = (low + high) >> 1;
    c.get(launch).i32(middle).op('i32.lt_u').if();
    this.#dispatch(c, low, middle);
    c.else();
    this.#dispatch(c, middle, high);
    c.end();
  }
}
