/**
 * The code of one kernel function: its parameters, where each loop axis stands, and index expressions computed in the
 * outermost loop that knows them.
 */
import { invariant } from '../../../core/index.js';
import { rangeOf, type Atom, type IndexExpr, type NestBuffer, type Predicate } from '../../../loops/index.js';
import type { Code, Declared, Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import type { Valid } from './access.js';

/** Where an axis stands: `local` (if any) plus `offset`. */
export interface Position {
  readonly local?: Local | undefined;
  readonly offset: number;
  /** Level of the code that knows it. */
  readonly level: number;
  /** Smallest and largest value it takes here. */
  readonly range: readonly [number, number];
}

/** The axis whose neighbours share a vector. */
export interface LaneAxis {
  readonly axis: number;
  readonly valid: Valid;
  /** Whether the first lane stands at a multiple of four. */
  readonly aligned: boolean;
}

/** A number known when the code runs: `local` (if any) plus `offset`. */
export interface Operand {
  readonly local?: Local | undefined;
  readonly offset: number;
  readonly level: number;
}

const keyOf = ({ expr, lo, hi }: Predicate): string => `${lo} ${expr.key} ${hi}`;

const isPowerOfTwo = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

/** Engines allow a function 1,000 parameters. */
const mostPointers = 900;

/** A buffer of the kernel's own, at so many bytes in shared scratch. */
export interface OwnBuffer {
  readonly buffer: NestBuffer;
  readonly offset: number;
}

export class KernelCode {
  readonly c: Code;
  readonly buffers: readonly NestBuffer[];
  readonly #given: number;
  /** Whether addresses of buffers come in a block of memory, for lack of parameters. */
  readonly indirect: boolean;
  readonly #pointers: number;
  readonly declared: Declared;
  readonly #positions = new Map<number, Position>();
  readonly #memo = new Map<string, { readonly local: Local; readonly epoch: number }>();
  /** Counts how often each level was closed: what was computed in it before is gone. */
  readonly #epochs: number[] = [];
  #deepest = 0;
  /** What an enclosing test has settled. */
  readonly #assumed = new Map<string, boolean>();
  lanes: LaneAxis | undefined;

  constructor(
    readonly library: Library,
    name: string,
    given: readonly NestBuffer[],
    /** Types of further parameters, after the buffers, both areas of scratch and the failure report. */
    parameters = '',
    /** Buffers in shared scratch, numbered after those that are given. */
    readonly own: readonly OwnBuffer[] = [],
  ) {
    this.#given = given.length;
    this.indirect = given.length > mostPointers;
    this.#pointers = this.indirect ? 1 : given.length;
    this.buffers = [...given, ...own.map(({ buffer }) => buffer)];
    this.declared = library.module.function(name, `${'i'.repeat(this.#pointers)}iii${parameters}`);
    this.c = this.declared.code;
  }

  /** Numbers of the buffers that the function is given. */
  get given(): number[] {
    return Array.from({ length: this.#given }, (_, i) => i);
  }

  pointer(buffer: number): Local {
    if (buffer < this.#given) {
      if (!this.indirect) return this.c.params[buffer]!;
      const [block] = this.c.params as [Local];
      return this.memo(0, `pointer ${buffer}`, () => void this.c.get(block).memory('i32.load', 4 * buffer));
    }
    const { offset } = this.own[buffer - this.#given]!;
    return this.memo(0, `own ${buffer}`, () => void this.c.get(this.shared).i32(offset).op('i32.add'));
  }
  /** Scratch that all threads and all launches of the kernel share. */
  get shared(): Local {
    return this.c.params[this.#pointers]!;
  }
  /** Scratch of this thread. */
  get scratch(): Local {
    return this.c.params[this.#pointers + 1]!;
  }
  get failure(): Local {
    return this.c.params[this.#pointers + 2]!;
  }
  parameter(i: number): Local {
    return this.c.params[this.#pointers + 3 + i]!;
  }

  // ---- levels

  epoch(level: number): number {
    return this.#epochs[level] ?? 0;
  }

  /** Number of the first of `levels` levels about to be opened. */
  #opening(levels: number): number {
    const first = this.c.nextLevel;
    this.#deepest = Math.max(this.#deepest, first + levels - 1);
    return first;
  }

  /** Forgets what was computed in `level` and inside it. */
  #closed(level: number): void {
    for (let l = level; l <= this.#deepest; l++) this.#epochs[l] = this.epoch(l) + 1;
  }

  count(
    start: number | Local,
    end: number | Local,
    step: number,
    body: (counter: Local) => void,
    options?: { readonly atLeastOnce?: boolean },
  ): void {
    const first = this.#opening(2);
    this.c.count(start, end, step, body, options);
    this.#closed(first);
  }

  /** Code whose values are forgotten after it. */
  scoped(body: () => void): void {
    const opened = this.#opening(1);
    this.c.openLevel();
    body();
    this.c.closeLevel();
    this.#closed(opened);
  }

  /** `yes` where the i32 that `test` leaves on the stack is not 0, else `no`. */
  when(test: () => void, yes: () => void, no?: () => void): void {
    const { c } = this;
    // In a level of its own: what is hoisted to the level around must not land inside the branch.
    this.scoped(() => {
      test();
      c.if();
      this.scoped(yes);
      if (no) {
        c.else();
        this.scoped(no);
      }
      c.end();
    });
  }

  /** A local computed once in a level, and found again under its key. */
  memo(level: number, key: string, make: () => void): Local {
    const full = `${level}|${key}`;
    const known = this.#memo.get(full);
    if (known?.epoch === this.epoch(level)) return known.local;
    const local = this.c.at(level, () => {
      make();
      return this.c.keep();
    });
    this.#memo.set(full, { local, epoch: this.epoch(level) });
    return local;
  }

  // ---- axes

  bind(axis: number, position: Position): void {
    this.#positions.set(axis, position);
  }
  known(axis: number): Position | undefined {
    return this.#positions.get(axis);
  }
  position(axis: number): Position {
    const position = this.#positions.get(axis);
    invariant(position, `axis ${axis} has no position`);
    return position;
  }

  /** Binds an axis to a counter of the present level. */
  bindCounter(axis: number, local: Local, range: readonly [number, number]): void {
    this.bind(axis, { local, offset: 0, level: this.c.level, range });
  }
  bindFixed(axis: number, value: number): void {
    this.bind(axis, { offset: value, level: 0, range: [value, value] });
  }

  /** Runs `body` with the vector axis moved on by `lane` and the lanes seen as one. */
  #atLane<T>(lane: number, body: () => T): T {
    const { axis } = this.lanes!;
    const before = this.position(axis);
    this.bind(axis, { ...before, offset: before.offset + lane });
    try {
      return body();
    } finally {
      this.bind(axis, before);
    }
  }

  // ---- index expressions

  #atom(atom: Atom): Operand {
    if (atom.kind === 'axis') return atom.extent === 1 ? { offset: 0, level: 0 } : this.position(atom.axis);
    const { kind, of, by } = atom;
    const inner = this.index(of);
    if (!inner.local) {
      const quotient = Math.floor(inner.offset / by);
      return { offset: kind === 'div' ? quotient : inner.offset - quotient * by, level: 0 };
    }
    const x = this.materialise(inner);
    const { c } = this;
    // Laps added before, so that unsigned arithmetic may be used, and taken off a quotient again.
    const laps = Math.max(0, Math.ceil(-rangeOf(of)[0] / by));
    const local = this.memo(inner.level, `${kind}${by} ${laps} ${x.index}`, () => {
      c.get(x);
      if (laps > 0) c.i32(laps * by).op('i32.add');
      if (isPowerOfTwo(by)) {
        if (kind === 'div') c.i32(Math.log2(by)).op('i32.shr_u');
        else c.i32(by - 1).op('i32.and');
      } else c.i32(by).op(kind === 'div' ? 'i32.div_u' : 'i32.rem_u');
    });
    return { local, offset: kind === 'div' ? -laps : 0, level: inner.level };
  }

  /** `expr` times `scale`, plus `base`, where the first lane stands. */
  index(expr: IndexExpr, scale = 1, base?: Local): Operand {
    let offset = expr.offset * scale;
    const byLevel = new Map<number, Map<Local, number>>();
    const add = (level: number, local: Local, coeff: number): void => {
      const terms = byLevel.get(level) ?? new Map<Local, number>();
      byLevel.set(level, terms);
      terms.set(local, (terms.get(local) ?? 0) + coeff);
    };
    if (base) add(base.level, base, 1);
    for (const { coeff, atom } of expr.terms) {
      const part = this.#atom(atom);
      offset += coeff * scale * part.offset;
      if (part.local) add(part.level, part.local, coeff * scale);
    }
    let sum: Local | undefined;
    let level = 0;
    for (const at of [...byLevel.keys()].sort((a, b) => a - b)) {
      sum = this.#sum(at, sum, byLevel.get(at)!);
      level = at;
    }
    return { local: sum, offset, level };
  }

  #sum(level: number, sofar: Local | undefined, terms: ReadonlyMap<Local, number>): Local {
    const { c } = this;
    const scaled = [...terms].map(([local, coeff]) =>
      coeff === 1
        ? local
        : this.memo(level, `${coeff}*${local.index}`, () => {
            c.get(local);
            if (isPowerOfTwo(coeff)) c.i32(Math.log2(coeff)).op('i32.shl');
            else c.i32(coeff).op('i32.mul');
          }),
    );
    const all = sofar ? [sofar, ...scaled] : scaled;
    return all.reduce((a, b) =>
      this.memo(level, `${a.index}+${b.index}`, () => void c.get(a).get(b).op('i32.add')),
    );
  }

  /** An operand as one local. */
  materialise({ local, offset, level }: Operand): Local {
    const { c } = this;
    if (!local) return this.memo(0, `const ${offset}`, () => void c.i32(offset));
    if (offset === 0) return local;
    return this.memo(
      level,
      `${local.index}+const ${offset}`,
      () => void c.get(local).i32(offset).op('i32.add'),
    );
  }

  /** Address of an element: the offset is one that every access may add, so never negative. */
  address(pointer: Local, expr: IndexExpr, bytes: number): Operand & { readonly local: Local } {
    const at = this.index(expr, bytes, pointer);
    const [least] = this.rangeHere({ ...expr, offset: 0 });
    // Without its offset the sum might lie below the operand, even below 0.
    if (at.offset >= 0 && least >= 0 && at.offset < 2 ** 31) return { ...at, local: at.local! };
    return { local: this.materialise(at), offset: 0, level: at.level };
  }

  /** How much the expression grows from lane to lane; undefined when not by the same amount. */
  stride(expr: IndexExpr): number | undefined {
    if (!this.lanes) return 0;
    let total = 0;
    for (const { coeff, atom } of expr.terms) {
      const step = this.#strideOf(atom);
      if (step === undefined) return undefined;
      total += coeff * step;
    }
    return total;
  }

  #strideOf(atom: Atom): number | undefined {
    const { axis, aligned } = this.lanes!;
    if (atom.kind === 'axis') return atom.axis === axis && atom.extent > 1 ? 1 : 0;
    const inner = this.stride(atom.of);
    if (inner === 0 || inner === undefined) return inner;
    // Four lanes from a multiple of four on share a quotient by a multiple of four.
    const whole =
      inner === 1 &&
      aligned &&
      atom.by % 4 === 0 &&
      atom.of.offset % 4 === 0 &&
      atom.of.terms.every(
        ({ coeff, atom: part }) => coeff % 4 === 0 || (part.kind === 'axis' && part.axis === axis),
      );
    if (!whole) return undefined;
    return atom.kind === 'div' ? 0 : 1;
  }

  /** The expression in each valid lane. */
  perLane(expr: IndexExpr, scale = 1, base?: Local): Operand[] {
    const { valid } = this.lanes!;
    return Array.from({ length: valid }, (_, lane) =>
      this.#atLane(lane, () => this.index(expr, scale, base)),
    );
  }

  /** Range of an expression over the positions its axes take here, all lanes included. */
  rangeHere(expr: IndexExpr): readonly [number, number] {
    let [lo, hi] = [expr.offset, expr.offset];
    for (const { coeff, atom } of expr.terms) {
      const [a, b] = this.#rangeOfAtom(atom);
      lo += coeff * (coeff > 0 ? a : b);
      hi += coeff * (coeff > 0 ? b : a);
    }
    return [lo, hi];
  }

  #rangeOfAtom(atom: Atom): readonly [number, number] {
    if (atom.kind === 'axis') {
      const position = this.#positions.get(atom.axis);
      if (!position) return [0, atom.extent - 1];
      const [lo, hi] = position.range;
      return this.lanes?.axis === atom.axis ? [lo, hi + this.lanes.valid - 1] : [lo, hi];
    }
    const [lo, hi] = this.rangeHere(atom.of);
    const [a, b] = [Math.floor(lo / atom.by), Math.floor(hi / atom.by)];
    if (atom.kind === 'div') return [a, b];
    return a === b ? [lo - a * atom.by, hi - a * atom.by] : [0, atom.by - 1];
  }

  /** Runs `body` where a test has settled whether predicates hold. */
  assuming<T>(predicates: readonly Predicate[], holds: boolean, body: () => T): T {
    const keys = predicates.map(keyOf);
    for (const key of keys) this.#assumed.set(key, holds);
    try {
      return body();
    } finally {
      for (const key of keys) this.#assumed.delete(key);
    }
  }

  /** Whether a predicate holds at all positions here, at none, or depends. */
  decide(predicate: Predicate): boolean | undefined {
    const { expr, lo, hi } = predicate;
    if (this.#assumed.size > 0) {
      const known = this.#assumed.get(keyOf(predicate));
      if (known !== undefined) return known;
    }
    const [a, b] = this.rangeHere(expr);
    if (a >= lo && b < hi) return true;
    return b < lo || a >= hi ? false : undefined;
  }

  /** Leaves on the stack whether `lo <= at < hi`. */
  test({ expr, lo, hi }: Predicate, at: Operand): void {
    const { c } = this;
    const [least, most] = this.rangeHere(expr);
    c.get(this.materialise(at));
    if (hi === lo + 1) c.i32(lo).op('i32.eq');
    else if (least >= lo) c.i32(hi).op('i32.lt_s');
    else if (most < hi) c.i32(lo).op('i32.ge_s');
    else {
      if (lo !== 0) c.i32(lo).op('i32.sub');
      // As an unsigned number a negative one is large.
      c.i32(hi - lo).op('i32.lt_u');
    }
  }
}
