/**
 * What filtered convolutions share: which they are, how weights, tiles and sums are combined, their small products, and how
 * blocks of results meet the edges.
 */
import {
  isLinear,
  type Axis,
  type ContractNest,
  type ContractOperand,
  type Load,
} from '../../../loops/index.js';
import type { Callee, Code, Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { KernelCode, type OwnBuffer } from '../vector/kernel-code.js';
import { overAxes, sizeOf } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { shuffleWords, valueOf } from '../vector/value.js';
import { soleLoad, transpose } from './contract-operand.js';
import { tileRows } from './contract.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';
import type { Arithmetic, Filter } from './minimal-filter.js';
import { aligned } from './scratch.js';

/** Bytes of a vector, and of a panel's step along the depth: a lane for each of eight tiles. */
export const [vectorBytes, stepBytes] = [16, 32];
/** Between what belongs to one product and to the next: powers of two would fall on the same cache lines. */
export const apart = 64;
/** Channels on either side from which transforms cost less than they save. */
export const fewestChannels = 16;
/** Elements of all transformed tiles of a block, up to which they stay in the cache. */
export const mostTransformed = 8192;
/** Blocks from which it is worth to transform the weights. */
export const fewestBlocks = 8;
/** Part of the work that may be left. */
export const worthwhile = 0.85;
/** Taps past which the code of the combinations grows long. */
export const mostTaps = 9;
/** Instructions that a multiply-add with its loads counts as. */
export const perProduct = 1.6;

/** What a filtered convolution became. */
export interface FilteredLaunches {
  readonly launches: readonly Launch[];
  /** Bytes of shared scratch that they take, besides what lies there. */
  readonly bytes: number;
}

/** The load of evenly spaced float32 that an operand is, if it is no more. */
export function plainLoad(operand: ContractOperand): Load | undefined {
  const load = soleLoad(operand);
  return load && isLinear(load.index) ? load : undefined;
}

/** Arithmetic on vectors of float32. */
export const vectorArithmetic = (c: Code): Arithmetic<Local> => ({
  add: (a, b) => c.v('f32x4.add', a, b),
  sub: (a, b) => c.v('f32x4.sub', a, b),
  half: (a) => c.v('f32x4.mul', a, c.vector('f32', 0.5)),
});

export const advance = (c: Code, local: Local, bytes: number): void =>
  void c.get(local).i32(bytes).op('i32.add').set(local);
export const further = (c: Code, from: Local, bytes: number): Local =>
  c.get(from).i32(bytes).op('i32.add').keep();

/** Where block `number` of `size` elements of an axis begins: the last ends where the axis does. */
export function blockStart(c: Code, number: Local, size: number, axis: Axis): Local {
  const at = c.get(number).i32(size).op('i32.mul').keep();
  const last = axis.extent - size;
  c.get(at).i32(last).get(at).i32(last).op('i32.lt_s');
  return c.select('i').keep();
}

/** An operand's value at the positions that are bound. */
export function evaluate(k: KernelCode, { body, value }: ContractOperand): Local {
  const section = new Section(k);
  section.run(body);
  return section.value(value).parts[0]!;
}

/** Carries on with finished sums, which lie along `lanes`. */
export function writeSums(k: KernelCode, nest: ContractNest, sums: Local, lanes: KernelCode['lanes']): void {
  k.lanes = lanes;
  const section = new Section(k);
  section.define(nest.sum, valueOf(nest.dtype, [sums], false));
  section.write(nest.body, nest.stores);
  k.lanes = undefined;
}

/** How a filter's weights are combined: over which axes, where else they are fixed, and what goes into each product. */
export interface Weights {
  readonly nest: ContractNest;
  readonly output: Axis;
  readonly depth: readonly Axis[];
  readonly products: number;
  /** `at` gives four rows at positions along the taps. */
  readonly combine: (arithmetic: Arithmetic<Local>, at: (...taps: number[]) => Local) => Local[];
  readonly taps: readonly Axis[];
}

/** Bytes between the combined weights of a product and of the next. */
const weightStride = ({ output, depth }: Weights): number => 4 * output.extent * sizeOf(depth) + apart;

/** Bytes of combined weights. */
export const weightBytes = (weights: Weights): number => aligned(weights.products * weightStride(weights));

/** Combines weights once, from `offset` of shared scratch on: for each product, strip and depth a vector of the strip's rows. */
export function combineWeights(
  library: Library,
  weights: Weights,
  own: readonly OwnBuffer[],
  offset: number,
): Launch {
  const { nest, output, depth, taps, products, combine } = weights;
  const k = new KernelCode(library, `${nest.name}_weights`, nest.buffers, 'ii', own);
  const { c } = k;
  const [strips, deep] = [output.extent / tileRows, sizeOf(depth)];
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const local = c.get(unit).i32(tileRows).op('i32.mul').keep();
    c.get(k.shared).i32(offset).op('i32.add').get(unit);
    const to = c
      .i32(deep * vectorBytes)
      .op('i32.mul')
      .op('i32.add')
      .keep();
    k.bind(output.axis, { local, offset: 0, level: c.level, range: [0, output.extent - tileRows] });
    overAxes(k, depth, () => {
      k.lanes = { axis: output.axis, valid: 4, aligned: true };
      const values = combine(vectorArithmetic(c), (...at) => {
        taps.forEach(({ axis }, i) => k.bindFixed(axis, at[i]!));
        return evaluate(k, nest.a);
      });
      k.lanes = undefined;
      storeEach(c, to, values, weightStride(weights));
      advance(c, to, vectorBytes);
    });
  });
  return simpleLaunch(k, strips, Math.ceil(threadWork / (8 * products * deep)));
}

/** Stores vectors at the same place of what belongs to one product after another. */
export function storeEach(c: Code, at: Local, values: readonly Local[], stride: number, offset = 0): void {
  values.forEach((value, product) =>
    c
      .get(at)
      .get(value)
      .memory('v128.store', product * stride + offset),
  );
}

export const loadFrom = (c: Code, at: Local, offset: number): Local =>
  c.get(at).memory('v128.load', offset).keep();

/** Of four tiles of a line each of their elements; loads reach no further than the last of them. */
export function tilesAlong(c: Code, { results, taps }: Filter, load: (first: number) => Local): Local[] {
  const count = results + taps - 1;
  const tiles: Local[] = [];
  for (let next = 0; next < count; next += results) {
    const first = Math.min(next, count - results);
    const line = Array.from({ length: results }, (_, i) => load(first + 4 * i));
    const [a, b] = line as [Local, Local];
    const columns =
      results === 4
        ? transpose(c, line)
        : [shuffleWords(c, a, b, 0, 2, 4, 6), shuffleWords(c, a, b, 1, 3, 5, 7)];
    columns.forEach((column, i) => (tiles[first + i] = column));
  }
  return tiles;
}

/** Results of four tiles, each vector one of each tile, in their order along the line. */
export function inOrder(c: Code, results: readonly Local[]): Local[] {
  if (results.length === 4) return transpose(c, results);
  const [even, odd] = results as [Local, Local];
  return [shuffleWords(c, even, odd, 0, 4, 1, 5), shuffleWords(c, even, odd, 2, 6, 3, 7)];
}

/** (four rows, panel, its end, sums): the product of what was combined, which are stored or added to what is there. */
export const productOf = (library: Library, accumulate: boolean): Callee =>
  library.micro({
    rows: tileRows,
    vectors: 2,
    rowStride: 4,
    depthStride: vectorBytes,
    sumStride: stepBytes,
    accumulate,
  });

/** Where the operands of the small products lie, and how many there are. */
export interface Products {
  readonly count: number;
  readonly strips: number;
  readonly depth: number;
  readonly weights: Local;
  readonly panels: Local;
  readonly sums: Local;
}

/** For each product of the filter, all strips of its weights times its panel; all lie `apart` from those of the next. */
export function multiplyAll(k: KernelCode, { count, strips, depth, weights, panels, sums }: Products): void {
  const { c, library } = k;
  const micro = productOf(library, false);
  const left = c.get(weights).keep();
  const panel = c.get(panels).keep();
  const to = c.get(sums).keep();
  k.count(0, count, 1, () => {
    const end = further(c, panel, depth * stepBytes);
    k.count(0, strips, 1, () => {
      c.get(left).get(panel).get(end).get(to).call(micro);
      advance(c, left, depth * vectorBytes);
      advance(c, to, tileRows * stepBytes);
    });
    advance(c, left, apart);
    advance(c, to, apart);
    c.get(further(c, end, apart)).set(panel);
  });
}

/** Writes `valid` of four results, the first of which is `right` of where its block begins. */
export type Write = (right: number, value: Local, valid: 1 | 2 | 3 | 4) => void;

/** A line of a block's results; of the last block what none before it has written, all but the first `before`. */
export function writeLine(
  k: KernelCode,
  line: readonly Local[],
  before: number,
  isLast: () => void,
  write: Write,
): void {
  const { c } = k;
  const rest = (): void => {
    for (let right = before; right < 4 * line.length; right += 4) {
      const valid = Math.min(4, 4 * line.length - right) as 1 | 2 | 3 | 4;
      const [at, shift] = [Math.floor(right / 4), right % 4];
      const next = line[at + 1] ?? line[at]!;
      const lanes = [0, 1, 2, 3].map((lane) => Math.min(shift + lane, 7));
      write(right, shift === 0 ? line[at]! : shuffleWords(c, line[at]!, next, ...lanes), valid);
    }
  };
  const all = (): void => line.forEach((value, i) => write(4 * i, value, 4));
  if (before === 0) all();
  else k.when(isLast, rest, all);
}
