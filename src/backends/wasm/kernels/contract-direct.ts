/**
 * Products without packing, for thin and tiny matrices, matrix times vector, depthwise convolutions and integers: either
 * outputs share a vector, several vectors at a time, or the elements of one dot product do.
 */
import { isFloat, isHalf, type DType } from '../../../core/index.js';
import type { Axis, ContractNest, ContractOperand } from '../../../loops/index.js';
import type { Library } from '../library/index.js';
import { madd } from '../math/madd.js';
import { apply, fold, identity } from '../vector/arithmetic.js';
import { across, onlyValid } from '../vector/combine.js';
import { interior } from '../vector/interior.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { alongLaneGroups, alongLanes, laneCost, overAxes, overAxis, sizeOf } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { assign, constant, lanesOf, valueOf, variable, type Value } from '../vector/value.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import { accessesOf } from './map.js';

/** Longest depth that is written out step by step. */
const unrolledDepth = 16;

/** Sums of half types are carried in float32. */
export const sumDType = (dtype: DType): DType => (isHalf(dtype) ? 'float32' : dtype);

/** total += a * b. */
export function addProduct(k: KernelCode, total: Value, a: Value, b: Value): void {
  const { c, library } = k;
  const lanes = lanesOf(total.dtype);
  if (lanes === 'f32' || lanes === 'f64') {
    const parts = total.parts.map((part, i) =>
      madd(c, a.parts[i]!, b.parts[i]!, part, lanes === 'f32' ? 'f32x4' : 'f64x2'),
    );
    assign(c, total, valueOf(total.dtype, parts));
    return;
  }
  const product = apply(c, total.dtype === 'bool' ? 'and' : 'mul', [a, b], total.dtype, total.dtype, library);
  assign(c, total, fold(c, 'sum', total, product, library));
}

/** All positions of some axes, the last one fastest. */
function points(axes: readonly Axis[]): number[][] {
  return axes.reduce<number[][]>(
    (all, { extent }) => all.flatMap((point) => Array.from({ length: extent }, (_, i) => [...point, i])),
    [[]],
  );
}

class Direct {
  readonly k: KernelCode;
  readonly #taps: number[][] | undefined;

  constructor(
    library: Library,
    readonly nest: ContractNest,
    readonly lanes: Axis | undefined,
    own: readonly OwnBuffer[],
  ) {
    this.k = new KernelCode(library, nest.name, nest.buffers, 'ii', own);
    this.#taps = sizeOf(nest.k) <= unrolledDepth ? points(nest.k) : undefined;
  }

  get #inDepth(): boolean {
    return this.lanes !== undefined && this.nest.k.includes(this.lanes);
  }

  write(): Launch {
    const { k, nest, lanes } = this;
    const outer = [...nest.batch, ...nest.m, ...nest.n].filter((axis) => axis !== lanes);
    const work = Math.max(1, (sizeOf(nest.k) * (lanes ? lanes.extent : 1)) / 4);
    const [first, ...rest] = outer;
    if (!first) {
      this.#outputs();
      return simpleLaunch(k, 1);
    }
    overAxis(k, first, k.parameter(0), k.parameter(1), () => this.#over(rest));
    return simpleLaunch(k, first.extent, Math.ceil(threadWork / (work * sizeOf(rest))));
  }

  /** Loops over output axes, cut where masks are known in between. */
  #over(axes: readonly Axis[]): void {
    const [first, ...rest] = axes;
    if (!first) {
      this.#outputs();
      return;
    }
    const bounds = [0, ...this.#cuts(first), first.extent];
    bounds.slice(1).forEach((end, i) => {
      if (end > bounds[i]!) overAxis(this.k, first, bounds[i]!, end, () => this.#over(rest));
    });
  }

  /** Where masks of all steps of the depth begin and cease to hold. */
  #cuts(axis: Axis): number[] {
    if (!this.#taps) return [];
    const { a, b } = this.nest;
    let [from, to] = [0, axis.extent];
    for (const tap of this.#taps) {
      this.#bindDepth(tap);
      const [start, end] = interior(this.k, axis, [...a.body, ...b.body]);
      from = Math.max(from, start);
      to = Math.min(to, end);
    }
    return to - from >= 8 || (to > from && axis !== this.lanes)
      ? [from, to].filter((cut) => cut > 0 && cut < axis.extent)
      : [];
  }

  #bindDepth(point: readonly number[]): void {
    this.nest.k.forEach(({ axis }, i) => this.k.bindFixed(axis, point[i]!));
  }

  #depth(step: () => void): void {
    if (!this.#taps) {
      overAxes(this.k, this.nest.k, step);
      return;
    }
    for (const point of this.#taps) {
      this.#bindDepth(point);
      // Values of one step must not be taken for those of another.
      this.k.scoped(step);
    }
  }

  #outputs(): void {
    const { k, lanes, nest } = this;
    if (this.#inDepth) this.#dotProduct();
    else if (!lanes) this.#group(1, () => undefined);
    else {
      alongLaneGroups(k, lanes, (vectors, select) => this.#group(vectors, select), {
        unroll: lanes.extent >= 16 && nest.body.length < 12 ? 4 : 1,
        cuts: this.#cuts(lanes),
      });
    }
  }

  #start(): Value {
    const { c } = this.k;
    const total = variable(c, sumDType(this.nest.dtype));
    assign(c, total, identity(c, 'sum', total.dtype));
    return total;
  }

  /** Several vectors of outputs. */
  #group(vectors: number, select: (vector: number) => void): void {
    const { k, nest } = this;
    const totals = Array.from({ length: vectors }, () => this.#start());
    this.#depth(() => {
      const first = [nest.a, nest.b].map((operand) => this.#evaluate(operand, 0, select));
      totals.forEach((total, vector) => {
        // What is the same for all vectors is loaded once, and stays in a register.
        const [x, y] = [nest.a, nest.b].map((operand, i) =>
          vector === 0 || !first[i]!.varies ? first[i]!.value : this.#evaluate(operand, vector, select).value,
        );
        addProduct(k, total, x!, y!);
      });
    });
    totals.forEach((total, vector) => {
      select(vector);
      k.scoped(() => this.#finish(total));
    });
  }

  /** An operand at one of several vectors, and whether it differs from lane to lane. */
  #evaluate(
    { body, value }: ContractOperand,
    vector: number,
    select: (vector: number) => void,
  ): { readonly value: Value; readonly varies: boolean } {
    select(vector);
    const section = new Section(this.k);
    section.run(body);
    return { value: this.#operand(section, value), varies: section.varies(value) };
  }

  #operand(section: Section, id: number): Value {
    const value = section.value(id);
    return valueOf(sumDType(this.nest.dtype), value.parts);
  }

  #finish(total: Value): void {
    const { k, nest } = this;
    const section = new Section(k);
    section.define(nest.sum, valueOf(nest.dtype, total.parts, false));
    section.write(nest.body, nest.stores);
  }

  /** One output after another, with four elements of the depth in a vector. */
  #dotProduct(): void {
    const { k, nest } = this;
    const { c } = k;
    const lanes = this.lanes!;
    const unroll = lanes.extent >= 16 ? 4 : 1;
    const totals = Array.from({ length: unroll }, () => this.#start());
    overAxes(
      k,
      nest.k.filter((axis) => axis !== lanes),
      () =>
        alongLanes(
          k,
          lanes,
          (vector) => {
            const section = new Section(k);
            section.run(nest.a.body);
            section.run(nest.b.body);
            const a = this.#operand(section, nest.a.value);
            const b = this.#operand(section, nest.b.value);
            const { valid } = k.lanes!;
            const zero = constant(c, 0, a.dtype);
            // Lanes that do not count may hold anything, so both are cleared: 0 times infinity is no number.
            addProduct(k, totals[vector]!, onlyValid(c, a, valid, zero), onlyValid(c, b, valid, zero));
          },
          { unroll },
        ),
    );
    const total = totals.reduce((sum, part) => fold(c, 'sum', sum, part, k.library));
    k.scoped(() => this.#finish(across(c, 'sum', total, k.library)));
  }
}

/** The axis whose elements share a vector: among outputs, or in the depth. */
function chooseLanes({ a, b, m, n, k, batch, stores, dtype }: ContractNest): Axis | undefined {
  const operands = accessesOf([...a.body, ...b.body], []);
  const depth = sizeOf(k);
  let best: Axis | undefined;
  let least = Infinity;
  for (const axis of [...batch, ...m, ...n, ...k].toReversed()) {
    if (axis.extent === 1) continue;
    const inDepth = k.includes(axis);
    const outputs = inDepth
      ? 12 + stores.length
      : laneCost(
          axis,
          stores.map((store) => store.index),
          0,
        );
    const cost = laneCost(axis, operands, 1) + outputs / Math.max(1, depth);
    if (inDepth && !isFloat(dtype)) continue;
    if (cost < least) [best, least] = [axis, cost];
  }
  return best;
}

/** `own` are buffers in shared scratch, numbered behind the nest's. */
export const emitDirect = (library: Library, nest: ContractNest, own: readonly OwnBuffer[]): Launch[] => [
  new Direct(library, nest, chooseLanes(nest), own).write(),
];
