/**
 * Vector code of instructions: each is computed in the outermost loop that knows its operands. Whatever does not depend
 * on the vector axis is the same in all lanes.
 */
import { dtypes, invariant, type DType } from '../../../core/index.js';
import {
  Origins,
  expressionsOf,
  operandsOf,
  type IndexExpr,
  type Indirect,
  type Instr,
  type Load,
  type Predicate,
  type Store,
} from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import {
  loadLanes,
  loadSplat,
  loadStrided,
  storeLanes,
  storeRow,
  storeStrided,
  type Address,
} from './access.js';
import { madd } from '../math/madd.js';
import { compute } from './arithmetic.js';
import { cast, fromIndex } from './convert.js';
import { lookAt, type Found } from './indices.js';
import type { KernelCode, Operand } from './kernel-code.js';
import { conditionOf, indexLanes, maskOf, varyingMask, type Condition } from './masks.js';
import { assign, choose, constant, valueOf, variable, type Value } from './value.js';

interface Product {
  readonly operands: readonly [Value, Value];
  readonly level: number;
  readonly epoch: number;
}

const isProduct = (instr: Instr): instr is Extract<Instr, { kind: 'compute' }> =>
  instr.kind === 'compute' && instr.op === 'mul' && (instr.of === 'float32' || instr.of === 'float64');

interface Placed {
  readonly value: Value;
  readonly level: number;
  readonly epoch: number;
  /** Whether lanes may differ. */
  readonly varies: boolean;
}

/** An element of row scratch at the present inner position. */
export type ReadScratch = (slot: number, dtype: DType) => Value;

export class Section {
  readonly #values = new Map<number, Placed>();
  /** What products were made of: the sum of one and something else may be one instruction. */
  readonly #products = new Map<number, Product>();
  readonly #origins = new Origins();

  constructor(
    readonly k: KernelCode,
    readonly readScratch?: ReadScratch,
  ) {}

  /** Makes known a value that no instruction computes. */
  define(id: number, value: Value, level = this.k.c.level, varies = this.k.lanes !== undefined): void {
    this.#values.set(id, { value, level, epoch: this.k.epoch(level), varies });
  }

  #placed(id: number): Placed {
    const placed = this.#values.get(id);
    invariant(
      placed && placed.epoch === this.k.epoch(placed.level),
      `value ${id} is used before it is computed`,
    );
    return placed;
  }

  has(id: number): boolean {
    const placed = this.#values.get(id);
    return placed !== undefined && placed.epoch === this.k.epoch(placed.level);
  }

  value(id: number): Value {
    return this.#placed(id).value;
  }

  /** Whether lanes of a value may differ. */
  varies(id: number): boolean {
    return this.#placed(id).varies;
  }

  /** The operands of a value that is a product, where it may be added without rounding it first. */
  product(id: number): readonly [Value, Value] | undefined {
    const { c } = this.k;
    const product = this.#products.get(id);
    return c.relaxed && product?.level === c.level && product.epoch === this.k.epoch(c.level)
      ? product.operands
      : undefined;
  }

  /**
   * x * y + z in one instruction. Not z - x * y: where z is a rounded product as well, as in a mean of squares less the
   * square of a mean, the difference must be able to be 0.
   */
  #fused({ op, of, args }: Extract<Instr, { kind: 'compute' }>): Value | undefined {
    if (op !== 'add') return undefined;
    for (const at of [1, 0]) {
      const product = this.product(args[at]!);
      if (!product) continue;
      const other = this.value(args[1 - at]!);
      const shape = of === 'float64' ? 'f64x2' : 'f32x4';
      const parts = other.parts.map((part, i) =>
        madd(this.k.c, product[0].parts[i]!, product[1].parts[i]!, part, shape),
      );
      return valueOf(of, parts);
    }
    return undefined;
  }

  /** Level of the code that computes a value. */
  levelOf(id: number): number {
    return this.#placed(id).level;
  }

  /** Computes instructions at the present positions. `after` is called when each is done. */
  run(instrs: readonly Instr[], after?: (id: number) => void): void {
    for (const instr of instrs) {
      const level = this.#levelFor(instr);
      this.#origins.note(instr);
      const varies = this.#varies(instr);
      // What an outer loop computed is still there when the body is written a second time, for other lanes.
      if (!varies && level < this.k.c.level && this.has(instr.id) && this.levelOf(instr.id) === level)
        continue;
      const value = this.k.c.at(level, () => this.#compute(instr, level));
      this.define(instr.id, value, level, varies);
      if (isProduct(instr)) {
        const operands = instr.args.map((id) => this.value(id)) as [Value, Value];
        this.#products.set(instr.id, { operands, level, epoch: this.k.epoch(level) });
      }
      after?.(instr.id);
    }
  }

  #levelOfIndex(expr: IndexExpr): number {
    let level = 0;
    for (const { atom } of expr.terms) {
      if (atom.kind !== 'axis') level = Math.max(level, this.#levelOfIndex(atom.of));
      else if (atom.extent > 1) level = Math.max(level, this.k.position(atom.axis).level);
    }
    return level;
  }

  #levelFor(instr: Instr): number {
    const masks = (predicates: readonly Predicate[]): number =>
      predicates.reduce((level, { expr }) => Math.max(level, this.#levelOfIndex(expr)), 0);
    const args = operandsOf(instr).reduce((level, id) => Math.max(level, this.levelOf(id)), 0);
    switch (instr.kind) {
      case 'const':
      case 'compute':
        return args;
      case 'index':
        return this.#levelOfIndex(instr.expr);
      case 'load':
        return Math.max(args, this.#levelOfIndex(instr.index), masks(instr.masks));
      case 'guard':
        return Math.max(args, masks(instr.masks));
      case 'scratch':
        return this.k.c.level;
    }
  }

  #varies(instr: Instr): boolean {
    const { lanes } = this.k;
    if (!lanes) return false;
    if (instr.kind === 'scratch' || operandsOf(instr).some((id) => this.#placed(id).varies)) return true;
    return expressionsOf(instr).some((expr) => this.k.stride(expr) !== 0);
  }

  #compute(instr: Instr, level: number): Value {
    const { k } = this;
    switch (instr.kind) {
      case 'const':
        return constant(k.c, instr.value, instr.dtype);
      case 'index':
        return this.#index(instr.expr, instr.dtype);
      case 'load':
        return this.#load(instr, level);
      case 'guard': {
        const condition = conditionOf(k, instr.masks);
        const [yes, no] = [this.value(instr.value), this.value(instr.otherwise)];
        if (condition.never) return no;
        const mask = maskOf(k, condition);
        return mask ? choose(k.c, mask, yes, no) : yes;
      }
      case 'scratch':
        invariant(this.readScratch, 'row scratch belongs to row kernels');
        return this.readScratch(instr.slot, instr.dtype);
      case 'compute':
        return (
          this.#fused(instr) ??
          compute(
            k.c,
            instr,
            instr.args.map((id) => this.value(id)),
            k.library,
          )
        );
    }
  }

  #index(expr: IndexExpr, dtype: DType): Value {
    const { c } = this.k;
    const step = this.k.stride(expr);
    if (step === 0) {
      const at = this.k.index(expr);
      if (!at.local) return constant(c, at.offset, dtype);
      c.get(this.k.materialise(at));
      return fromIndex(c, dtype);
    }
    return cast(c, valueOf('int32', [indexLanes(this.k, expr)]), dtype);
  }

  // ---- loads

  #load(instr: Load, level: number): Value {
    const { k } = this;
    const { c } = k;
    const { dtype, fill } = instr;
    const condition = conditionOf(k, instr.masks);
    if (condition.never || k.buffers[instr.buffer]!.elements === 0) return constant(c, fill, dtype);
    if (instr.indirect.length > 0) return this.#gather(instr, condition);
    if (!condition.uniform) return this.#loadVarying(instr, condition, level);
    const result = variable(c, dtype);
    assign(c, result, constant(c, fill, dtype));
    k.when(
      () => c.get(condition.uniform!),
      () => assign(c, result, this.#loadVarying(instr, condition, c.level)),
    );
    return { ...result, exact: true };
  }

  /** A load under masks that differ from lane to lane, or none. */
  #loadVarying(instr: Load, { varying }: Condition, level: number): Value {
    const { k } = this;
    const { c } = k;
    if (varying.length === 0) return this.#loadAll(instr);
    const { valid } = k.lanes!;
    const result = variable(c, instr.dtype);
    const ends = varying.map((mask) => {
      const step = k.stride(mask.expr);
      const at = k.index(mask.expr);
      return step === undefined
        ? undefined
        : { mask, at, last: { ...at, offset: at.offset + step * (valid - 1) } };
    });
    const slow = (): void => assign(c, result, this.#loadMasked(instr, varying));
    invariant(level === c.level, 'masked loads belong to the innermost level');
    if (ends.some((end) => end === undefined) || k.stride(instr.index) === undefined) {
      slow();
      return { ...result, exact: true };
    }
    k.when(
      () => {
        ends.forEach((end, i) => {
          k.test(end!.mask, end!.at);
          k.test(end!.mask, end!.last);
          c.op('i32.and');
          if (i > 0) c.op('i32.and');
        });
      },
      () => assign(c, result, this.#loadAll(instr)),
      slow,
    );
    return { ...result, exact: true };
  }

  /** All lanes lie inside the operand. */
  #loadAll({ buffer, index, dtype }: Load): Value {
    const { k } = this;
    const { c } = k;
    const pointer = k.pointer(buffer);
    const { bytes } = dtypes[dtype];
    const step = k.stride(index);
    if (step === undefined) {
      const lanes = k.perLane(index, bytes, pointer);
      return loadLanes(
        c,
        lanes.map((at) => this.#plain(at)),
        dtype,
      );
    }
    const at = k.address(pointer, index, bytes);
    return loadStrided(c, at, dtype, k.lanes?.valid ?? 1, step);
  }

  #plain(at: Operand): Address {
    return { local: this.k.materialise(at), offset: 0 };
  }

  /** Lanes outside read the operand's first element instead and get the fill. */
  #loadMasked({ buffer, index, dtype, fill }: Load, varying: readonly Predicate[]): Value {
    const { k } = this;
    const { c } = k;
    const mask = varyingMask(k, varying)!;
    const pointer = k.pointer(buffer);
    const lanes = k.perLane(index, dtypes[dtype].bytes, pointer).map((at, lane): Address => {
      c.get(k.materialise(at)).get(pointer).get(mask).lane('i32x4.extract_lane', lane);
      return { local: c.select('i').keep(), offset: 0 };
    });
    return choose(c, mask, loadLanes(c, lanes, dtype), constant(c, fill, dtype));
  }

  /** Loads through indices read before, each of which is looked at first. */
  #gather(instr: Load, condition: Condition): Value {
    const { k } = this;
    const { c } = k;
    const { dtype, buffer, index } = instr;
    const { bytes } = dtypes[dtype];
    const found = this.found(instr.indirect, maskOf(k, condition));
    const fill = constant(c, instr.fill, dtype);
    const inside = found.mask;
    const pointer = k.pointer(buffer);
    const step = found.step === 0 ? k.stride(index) : undefined;
    let value: Value;
    if (step !== undefined && condition.varying.length === 0 && !condition.uniform) {
      const base = k.index(index, bytes, found.first(bytes, pointer));
      const at = { local: k.materialise(base), offset: 0 };
      value = loadStrided(c, at, dtype, k.lanes?.valid ?? 1, step);
    } else {
      const places = this.#places(index, bytes, pointer);
      const lanes = places.map((at, lane): Address => {
        c.get(k.materialise(at));
        found.add(lane, bytes);
        if (inside) {
          c.get(pointer).get(inside).lane('i32x4.extract_lane', lane).select('i');
        }
        return { local: c.keep(), offset: 0 };
      });
      value = lanes.length === 1 ? loadSplat(c, lanes[0]!, dtype) : loadLanes(c, lanes, dtype);
    }
    return inside ? choose(c, inside, value, fill) : value;
  }

  #places(index: IndexExpr, bytes: number, pointer: Local): Operand[] {
    return this.k.lanes ? this.k.perLane(index, bytes, pointer) : [this.k.index(index, bytes, pointer)];
  }

  /** Looks at indices; `given` are the lanes that count, where not all do. */
  found(indirect: readonly Indirect[], given?: Local): Found {
    return lookAt(this.k, indirect, given, {
      value: (id) => this.value(id),
      levelOf: (id) => this.levelOf(id),
      varies: (id) => this.#placed(id).varies,
      placeOf: (id) => this.#origins.of(id),
    });
  }

  // ---- stores

  /** Stores at the present position. All values are computed before the first is stored. */
  store(stores: readonly Store[]): void {
    for (const { buffer, index, value } of stores)
      this.storeValue(this.k.pointer(buffer), index, this.value(value));
  }

  storeValue(pointer: Local, index: IndexExpr, value: Value): void {
    const { k } = this;
    const { c } = k;
    const { bytes } = dtypes[value.dtype];
    const step = k.stride(index);
    if (step === undefined) {
      storeLanes(
        c,
        k.perLane(index, bytes, pointer).map((at) => this.#plain(at)),
        value,
      );
      return;
    }
    const at = k.address(pointer, index, bytes);
    const { valid } = k.lanes ?? { valid: 1 as const };
    // Equal places in all lanes: every lane holds the same.
    if (step === 0) storeRow(c, at, value, 1);
    else if (step === 1) storeRow(c, at, value, valid);
    else storeStrided(c, at, value, valid, step);
  }

  /** Instructions and the stores that use them. */
  write(instrs: readonly Instr[], stores: readonly Store[]): void {
    this.run(instrs);
    this.store(stores);
  }
}
