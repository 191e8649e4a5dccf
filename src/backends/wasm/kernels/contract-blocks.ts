/** What filtered convolutions share: which they are, their small products, and how blocks of results meet the edges. */
import type { Axis, ContractNest, IndexExpr } from '../../../loops/index.js';
import type { Code, Local } from '../assembler/index.js';
import type { KernelCode } from '../vector/kernel-code.js';
import { shuffleWords } from '../vector/value.js';
import { tileRows } from './contract.js';
import type { Arithmetic } from './minimal-filter.js';

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

export type Load = Extract<ContractNest['a']['body'][number], { kind: 'load' }>;

const isPlain = (expr: IndexExpr): boolean => expr.terms.every(({ atom }) => atom.kind === 'axis');

/** The load of float32 without masks that an operand is, if it is no more. */
export function onlyLoad({ body }: ContractNest['a']): Load | undefined {
  const [load] = body;
  if (body.length !== 1 || load?.kind !== 'load' || load.dtype !== 'float32') return undefined;
  return load.masks.length + load.indirect.length === 0 && isPlain(load.index) ? load : undefined;
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
  const micro = library.micro({
    rows: tileRows,
    vectors: 2,
    rowStride: 4,
    depthStride: vectorBytes,
    sumStride: stepBytes,
    accumulate: false,
  });
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
