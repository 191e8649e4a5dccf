/** Rows of a table by number: embeddings, and bags of them summed up. */
import { ArgumentError, ShapeError, checkSizes, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { requireIndex } from './gather.js';
import { integers, unsqueeze } from './nn-support.js';
import type { Value } from './operands.js';
import { normOver } from './statistics.js';

function paddingRow(op: string, paddingIdx: number | undefined, rows: number): number | undefined {
  if (paddingIdx === undefined) return undefined;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows) {
    throw new ArgumentError(op, `paddingIdx must be within ${rows} embeddings, but got ${paddingIdx}`);
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

function checkTable(op: string, weight: Value): [number, number] {
  if (weight.shape.length !== 2)
    throw new ShapeError(op, `weight must be 2-d [V, D], not ${formatShape(weight.shape)}`);
  return weight.shape as unknown as [number, number];
}

/** Rows [n, D] of a table by numbers [n]. */
const rowsOf = (weight: Value, index: Value): Value =>
  g.gather(weight, g.expand(unsqueeze(index, 1), [index.shape[0]!, weight.shape[1]!]), 0);

/**
 * Rows of `weight` by number. PyTorch: `F.embedding`.
 * @namespace F
 * @param input Row numbers of any shape, of an integer dtype.
 * @param weight The table [V, D].
 * @param options `paddingIdx`: a row that gets no gradient.
 * @returns The input's shape with D appended.
 * @throws DTypeError when the row numbers are no integers; ArgumentError for a `paddingIdx` outside the table.
 * @example F.embedding(tensor([1], { dtype: 'int32' }), tensor([[1, 2], [3, 4]])) // [[3, 4]]
 */
export function embedding(
  input: Value,
  weight: Value,
  options: { paddingIdx?: number | undefined } = {},
): Value {
  const op = 'embedding';
  const [rows, width] = checkTable(op, weight);
  const padding = paddingRow(op, options.paddingIdx, rows);
  const flat = g.reshape(integers(op, 'row numbers', input), [g.count(input)]);
  const picked = rowsOf(weight, flat);
  const output = [...input.shape, width];
  if (padding === undefined) return g.reshape(picked, output);
  const isPadding = g.expand(unsqueeze(g.eq(flat, g.fullLike(flat, padding)), 1), picked.shape);
  return g.reshape(g.where(isPadding, g.stopGradient(picked), picked), output);
}

/**
 * The table with every row that `input` names, and whose p-norm exceeds `maxNorm`, scaled down to it. PyTorch does this
 * in place (`torch.embedding_renorm_`); here the caller assigns the result.
 * @namespace F
 * @param weight The table [V, D].
 * @param input Row numbers of any shape.
 * @example F.embeddingRenorm(weight, tokens, { maxNorm: 1 })
 */
export function embeddingRenorm(
  weight: Value,
  input: Value,
  options: { maxNorm: number; normType?: number | undefined },
): Value {
  const op = 'embeddingRenorm';
  const [rows] = checkTable(op, weight);
  const flat = g.reshape(integers(op, 'row numbers', input), [g.count(input)]);
  const used = g.scatter(g.full([rows], false, 'bool'), flat, g.full(flat.shape, true, 'bool'), 0);
  const norm = normOver(weight, options.normType ?? 2, [1], true);
  const limit = g.fullLike(norm, options.maxNorm);
  const shrink = g.binary('and', unsqueeze(used, 1), g.lt(limit, norm));
  const factor = g.where(shrink, g.div(limit, g.withScalar('add', norm, 1e-7)), g.fullLike(norm, 1));
  return g.mul(weight, g.expand(factor, weight.shape));
}

interface Bags {
  /** Row numbers [B, L]; a flat list is seen by every bag. */
  readonly index: Value;
  /** Which of them belong to the bag: [B, L]. */
  readonly member: Value;
}

/** Bags of equal size are rows; others are stretches of a list, from one offset to the next. */
function bagsOf(op: string, input: Value, offsets: Value | undefined, includeLastOffset: boolean): Bags {
  if (input.shape.length === 2) {
    if (offsets !== undefined)
      throw new ArgumentError(op, 'offsets are for 1-d input: each row of a 2-d one is a bag');
    return { index: input, member: g.full(input.shape, true, 'bool') };
  }
  if (input.shape.length !== 1 || offsets?.shape.length !== 1) {
    throw new ShapeError(
      op,
      `takes [B, L] row numbers, or [n] with offsets, not ${formatShape(input.shape)}`,
    );
  }
  const [n] = input.shape as [number];
  const starts = g.cast(integers(op, 'offsets', offsets), 'int32');
  const count = starts.shape[0]! - (includeLastOffset ? 1 : 0);
  const from = g.sliceAxis(starts, 0, 0, count);
  const ends = includeLastOffset
    ? g.sliceAxis(starts, 0, 1, count)
    : g.concat([g.sliceAxis(starts, 0, 1, count - 1), g.full([1], n, 'int32')], 0);
  const shape = [count, n];
  const at = g.iotaAlong(shape, 1);
  const bound = (v: Value): Value => g.expand(unsqueeze(v, 1), shape);
  const member = g.binary('and', g.le(bound(from), at), g.lt(at, bound(ends)));
  return { index: g.expandTo(input, shape), member };
}

/** Sums [B, D] of the members among rows [B, L, D]. */
function sumRows(rows: Value, member: Value): Value {
  return g.sum(g.where(g.expand(unsqueeze(member, 2), rows.shape), rows, g.zerosLike(rows)), [1]);
}

/** Sums [B, D] of rows [n, D], each of which is a member of one bag at most: one addition a row, whatever B is. */
function sumStretches(rows: Value, member: Value): Value {
  const [count, width] = [member.shape[0]!, rows.shape[1]!];
  const base = g.full([count, width], 0, rows.dtype);
  if (count === 0) return base;
  const belongs = g.cast(member, 'int32');
  const bag = g.sum(g.mul(belongs, g.iotaAlong(member.shape, 0)), [0]);
  const counted = g.eq(g.sum(belongs, [0]), g.full([rows.shape[0]!], 1, 'int32'));
  const terms = g.where(g.expand(unsqueeze(counted, 1), rows.shape), rows, g.zerosLike(rows));
  return g.scatterAdd(base, g.expand(unsqueeze(bag, 1), rows.shape), terms, 0);
}

/**
 * Sums, means or largest elements over bags of rows; an empty bag gives zeros. PyTorch: `F.embedding_bag`.
 * @namespace F
 * @param input Row numbers [B, L], or [n] with `offsets`.
 * @param weight The table [V, D].
 * @param options `offsets`: where each bag starts [B]. `mode`: 'mean' unless given. `perSampleWeights`: factors of the
 *   input's shape, for 'sum'. `includeLastOffset`: the last offset is the end of the last bag. `paddingIdx`: a row that
 *   belongs to no bag.
 * @returns [B, D].
 * @throws ShapeError when the shapes do not fit; ArgumentError when options do not.
 * @example F.embeddingBag(tensor([[0, 1]], { dtype: 'int32' }), tensor([[1, 2], [3, 4]])) // [[2, 3]]
 */
export function embeddingBag(
  input: Value,
  weight: Value,
  options: {
    offsets?: Value | undefined;
    mode?: 'sum' | 'mean' | 'max' | undefined;
    perSampleWeights?: Value | undefined;
    includeLastOffset?: boolean | undefined;
    paddingIdx?: number | undefined;
  } = {},
): Value {
  const op = 'embeddingBag';
  const { mode = 'mean', perSampleWeights, includeLastOffset = false } = options;
  if (perSampleWeights !== undefined && mode !== 'sum') {
    throw new ArgumentError(op, `perSampleWeights are for mode 'sum', not '${mode}'`);
  }
  const [table, width] = checkTable(op, weight);
  const bags = bagsOf(op, integers(op, 'row numbers', input), options.offsets, includeLastOffset);
  const padding = paddingRow(op, options.paddingIdx, table);
  const [count, length] = bags.index.shape as [number, number];
  const member =
    padding === undefined
      ? bags.member
      : g.binary('and', bags.member, g.not(g.eq(bags.index, g.fullLike(bags.index, padding))));

  const shape = [count, length, width];
  const picked = g.reshape(rowsOf(weight, g.reshape(input, [g.count(input)])), [...input.shape, width]);
  if (mode === 'max') {
    const rows = g.expandTo(picked, shape);
    const inBag = g.expand(unsqueeze(member, 2), shape);
    if (length === 0) return g.full([count, width], 0, weight.dtype);
    const candidates = g.where(inBag, rows, g.fullLike(rows, -Infinity));
    const best = g.expand(unsqueeze(g.arg('argmax', candidates, 1), 1), shape);
    const hit = g.binary('and', inBag, g.eq(g.iotaAlong(shape, 1), best));
    return g.sum(g.where(hit, rows, g.zerosLike(rows)), [1]);
  }
  const factors = perSampleWeights && g.expand(unsqueeze(perSampleWeights, input.shape.length), picked.shape);
  const terms = factors ? g.mul(picked, factors) : picked;
  const total = input.shape.length === 2 ? sumRows(terms, member) : sumStretches(terms, member);
  if (mode === 'sum') return total;
  const size = g.sum(g.cast(member, weight.dtype), [1], true);
  return g.div(total, g.expand(g.binary('max', size, g.fullLike(size, 1)), total.shape));
}

/**
 * A 1 at the position each class number names, among `numClasses` zeros, as int32; numbers out of range name none.
 * PyTorch: `F.one_hot`.
 * @namespace F
 * @torch one_hot
 * @throws DTypeError when `x` holds no integers; ArgumentError when `numClasses` is no size.
 * @example F.oneHot(tensor([0, 2], { dtype: 'int32' }), 3) // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(x: Value, numClasses: number): Value {
  requireIndex('oneHot', x);
  checkSizes('oneHot', [numClasses]);
  const shape = [...x.shape, numClasses];
  const index = g.expand(g.reshape(x, [...x.shape, 1]), shape);
  return g.cast(g.eq(index, g.iotaAlong(shape, x.shape.length, x.dtype)), 'int32');
}
