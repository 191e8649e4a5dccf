/**
 * Values combined over all rows. Rows are cut into parts, as many as the shape alone says; each part has accumulators of
 * its own in shared scratch, and a last function combines them in order: the bits depend on no number of threads.
 */
import { isFloat, isHalf, type DType } from '../../../core/index.js';
import { operandsOf, type Accumulator, type Axis, type RowNest } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { loadStrided } from '../vector/access.js';
import { fold, identity } from '../vector/arithmetic.js';
import { cast } from '../vector/convert.js';
import { KernelCode } from '../vector/kernel-code.js';
import { alongLanes, overAxes } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { assign, isWide, valueOf, variable, type Value } from '../vector/value.js';
import { simpleLaunch, type Launch } from './launch.js';
import { aligned, innerPosition, scratchBytesOf, scratchDType } from './scratch.js';

/** Operations on vectors that one part holds, about. */
const partWork = 20_000;
const mostParts = 32;
const totalBytes = 32;

/** Sums over rows are carried in float64 where there is one for all. */
const totalDType = ({ dtype, combine }: Accumulator): DType =>
  isFloat(dtype) && (combine === 'sum' || combine === 'prod') ? 'float64' : scratchDType(dtype);

export class Accumulators {
  readonly parts: number;
  readonly rowsPerPart: number;
  readonly sharedBytes: number;
  readonly #offsets = new Map<number, number>();
  readonly #totals = new Map<number, Value>();
  /** The part being written. */
  #part: Local | undefined;

  constructor(
    readonly k: KernelCode,
    readonly nest: RowNest,
    readonly width: number,
    rowWork: number,
  ) {
    const rows = nest.rows.reduce((n, { extent }) => n * extent, 1);
    const outermost = nest.rows[0]?.extent ?? 1;
    const wanted = Math.min(mostParts, Math.ceil((rows * rowWork) / partWork), outermost);
    this.rowsPerPart = Math.ceil(outermost / Math.max(1, wanted));
    this.parts = Math.max(1, Math.ceil(outermost / Math.max(1, this.rowsPerPart)));
    let bytes = 0;
    for (const accumulator of nest.accumulators) {
      this.#offsets.set(accumulator.id, bytes);
      bytes += this.#bytesOf(accumulator) * this.parts;
    }
    this.sharedBytes = bytes;
  }

  get count(): number {
    return this.nest.accumulators.length;
  }

  #bytesOf(accumulator: Accumulator): number {
    if (accumulator.scope === 'total') return totalBytes;
    return aligned(this.width * scratchBytesOf(accumulator.dtype));
  }

  dtypeOf(accumulator: Accumulator): DType {
    return accumulator.scope === 'total' ? totalDType(accumulator) : scratchDType(accumulator.dtype);
  }

  columnsOf(stage: number): readonly Accumulator[] {
    return this.nest.accumulators.filter((each) => each.scope === 'column' && each.stage === stage);
  }

  /** Where an accumulator of the present part lies. */
  address(accumulator: Accumulator): Local {
    const { k } = this;
    return k.memo(k.position(partAxis).level, `accumulator ${accumulator.id}`, () => {
      k.c.get(k.shared).get(this.#part!).i32(this.#bytesOf(accumulator)).op('i32.mul').op('i32.add');
      k.c.i32(this.#offsets.get(accumulator.id)!).op('i32.add');
    });
  }

  /** Runs `body` over the rows of each part that the function is asked for. */
  overParts(first: Axis | undefined, body: (from: number | Local, to: number | Local) => void): void {
    const { k, nest } = this;
    const { c } = k;
    k.count(k.parameter(0), k.parameter(1), 1, (part) => {
      this.#part = part;
      k.bindCounter(partAxis, part, [0, this.parts - 1]);
      for (const accumulator of nest.accumulators) {
        const neutral = identity(c, accumulator.combine, this.dtypeOf(accumulator));
        if (accumulator.scope === 'total') {
          const total = variable(c, neutral.dtype);
          assign(c, total, neutral);
          this.#totals.set(accumulator.id, total);
          continue;
        }
        const array = this.address(accumulator);
        const all = { axis: fillAxis, extent: this.width };
        alongLanes(k, all, () => new Section(k).storeValue(array, innerPosition([all]), neutral));
      }
      if (this.parts === 1) body(0, first?.extent ?? 1);
      else {
        const from = c.get(part).i32(this.rowsPerPart).op('i32.mul').keep();
        const next = c.get(from).i32(this.rowsPerPart).op('i32.add').keep();
        const end = c
          .get(next)
          .i32(first!.extent)
          .get(next)
          .i32(first!.extent)
          .op('i32.lt_s')
          .select('i')
          .keep();
        body(from, end);
      }
      for (const accumulator of nest.accumulators) {
        const total = this.#totals.get(accumulator.id);
        if (!total) continue;
        const at = this.address(accumulator);
        total.parts.forEach((local, i) =>
          c
            .get(at)
            .get(local)
            .memory('v128.store', 16 * i),
        );
      }
    });
  }

  /** Adds the row values of a stage. */
  addTotals(stage: number, section: Section): void {
    const { k, nest } = this;
    for (const accumulator of nest.accumulators) {
      if (accumulator.scope !== 'total' || accumulator.stage !== stage) continue;
      const total = this.#totals.get(accumulator.id)!;
      const value = section.value(accumulator.value);
      const same = total.dtype === accumulator.dtype || isHalf(accumulator.dtype);
      const given =
        same && total.dtype !== 'float64' ? valueOf(total.dtype, value.parts) : cast(k.c, value, total.dtype);
      assign(k.c, total, fold(k.c, accumulator.combine, total, given, k.library));
    }
  }

  /** The function that combines the parts and computes what rests on them. */
  finish(library: Library, lanes: Axis | undefined): Launch {
    const { nest } = this;
    const k = new KernelCode(library, `${nest.name}_finish`, nest.buffers, 'ii');
    const { c } = k;
    const section = new Section(k);
    const used = new Set([...nest.finishColumns.body, ...nest.finishTotals.body].flatMap(operandsOf));
    if (nest.setup.some(({ id }) => used.has(id))) section.run(nest.setup);
    const at = innerPosition(nest.inner);
    /** Folds what `read` finds in each part. */
    const combined = (accumulator: Accumulator, read: (base: Local) => Value): Value => {
      const dtype = this.dtypeOf(accumulator);
      const total = variable(c, dtype);
      assign(c, total, identity(c, accumulator.combine, dtype));
      const bytes = this.#bytesOf(accumulator);
      const offset = this.#offsets.get(accumulator.id)!;
      const start = k.memo(
        0,
        `start ${accumulator.id}`,
        () => void c.get(k.shared).i32(offset).op('i32.add'),
      );
      const add = (base: Local): void =>
        assign(c, total, fold(c, accumulator.combine, total, read(base), library));
      if (this.parts === 1) add(start);
      else {
        k.count(0, this.parts, 1, (part) =>
          add(c.get(start).get(part).i32(bytes).op('i32.mul').op('i32.add').keep()),
        );
      }
      if (dtype === 'float64' && accumulator.dtype !== 'float64')
        return valueOf(accumulator.dtype, cast(c, total, 'float32').parts, false);
      return valueOf(accumulator.dtype, total.parts, false);
    };
    const { finishColumns, finishTotals } = nest;
    if (finishColumns.stores.length > 0) {
      const write = (): void => {
        for (const accumulator of nest.accumulators) {
          if (accumulator.scope !== 'column') continue;
          const dtype = this.dtypeOf(accumulator);
          section.define(
            accumulator.id,
            combined(accumulator, (base) => {
              const place = k.address(base, at, scratchBytesOf(dtype));
              return loadStrided(c, place, dtype, k.lanes?.valid ?? 1, k.stride(at) ?? 0);
            }),
          );
        }
        section.write(finishColumns.body, finishColumns.stores);
      };
      const others = nest.inner.filter((axis) => axis !== lanes);
      overAxes(k, others, () => (lanes ? alongLanes(k, lanes, write) : write()));
    }
    if (finishTotals.stores.length > 0) {
      for (const accumulator of nest.accumulators) {
        if (accumulator.scope !== 'total') continue;
        const dtype = this.dtypeOf(accumulator);
        section.define(
          accumulator.id,
          combined(accumulator, (base) =>
            valueOf(
              dtype,
              (isWide(dtype) ? [0, 16] : [0]).map((offset) => c.get(base).memory('v128.load', offset).keep()),
            ),
          ),
        );
      }
      section.write(finishTotals.body, finishTotals.stores);
    }
    return { ...simpleLaunch(k, 1), sharedBytes: this.sharedBytes };
  }
}

/** Numbers that no axis of a nest has. */
const partAxis = -1;
const fillAxis = -2;
