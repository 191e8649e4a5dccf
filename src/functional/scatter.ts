/** New tensors with elements replaced or added at positions held in tensors. Positions beyond the dimension are dropped. */
import { ArgumentError, DTypeError, ShapeError, formatShape, isFloat, numel } from '../core/index.js';
import { g } from '../graph/index.js';
import { add } from './arithmetic.js';
import { truth } from './comparison.js';
import { cropTo, flatPositions, fromEnd, requireIndex, rowsAt } from './gather.js';
import { atLeast1, axisOf, coerce, isScalar, rank, toValue, type Operand, type Value } from './operands.js';

/** An evenly spaced part of each dimension. */
export interface Part {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

/** `x` with a part of it replaced: a choice between `x` and the padded source, so that it fuses. */
export function withSlice(x: Value, part: Part, source: Value): Value {
  const { sizes } = part;
  if (numel(sizes) === 0) return x;
  const stretched = g.expandTo(g.cast(source, x.dtype), sizes);
  const backwards = sizes.flatMap((size, axis) => (part.steps[axis]! < 0 && size > 1 ? [axis] : []));
  const values = backwards.reduce((v, axis) => g.flip(v, axis), stretched);
  const steps = sizes.map((size, i) => (size > 1 ? Math.abs(part.steps[i]!) : 1));
  const low = sizes.map((size, i) => part.starts[i]! - (backwards.includes(i) ? (size - 1) * steps[i]! : 0));
  const high = sizes.map((size, i) => x.shape[i]! - low[i]! - (size - 1) * steps[i]! - 1);
  const around = (v: Value): Value =>
    g.pad(v, { low, high, interior: steps.map((step) => step - 1), value: 0 });
  return g.where(truth(around(g.full(sizes, 1, 'int32'))), around(values), x);
}

/** `x` with its first corner replaced by a smaller tensor. */
function withCorner(x: Value, corner: Value): Value {
  if (formatShape(x.shape) === formatShape(corner.shape)) return corner;
  return withSlice(
    x,
    { starts: x.shape.map(() => 0), sizes: corner.shape, steps: x.shape.map(() => 1) },
    corner,
  );
}

/** g.scatterAdd, where a sum of truth values is whether any is true. */
function addInto(base: Value, index: Value, source: Value, axis: number): Value {
  if (base.dtype !== 'bool') return g.scatterAdd(base, index, source, axis);
  return truth(g.scatterAdd(g.cast(base, 'int32'), index, g.cast(source, 'int32'), axis));
}

/** Applies a scatter primitive where index and source may be smaller than `x`, as in PyTorch. */
function scatterInto(
  op: string,
  x: Value,
  dim: number,
  index: Value,
  source: Operand,
  apply: (base: Value, index: Value, source: Value, axis: number) => Value,
): Value {
  requireIndex(op, index);
  const axis = axisOf(op, x, dim);
  if (numel(index.shape) === 0) return x;
  const [base, at] = [atLeast1(x), rank(x) === 0 ? atLeast1(index) : index];
  let values: Value;
  if (isScalar(source)) values = coerce(op, x.dtype, source, at)[0];
  else {
    if (source.dtype !== x.dtype)
      throw new DTypeError(op, `source is ${source.dtype}, the tensor ${x.dtype}`);
    const line = rank(x) === 0 ? atLeast1(source) : source;
    if (rank(line) !== rank(at) || at.shape.some((d, i) => d > line.shape[i]!)) {
      throw new ShapeError(
        op,
        `index ${formatShape(index.shape)} exceeds the source ${formatShape(source.shape)}`,
      );
    }
    values = g.slice(line, { starts: at.shape.map(() => 0), sizes: at.shape, steps: at.shape.map(() => 1) });
  }
  const corner = apply(cropTo(op, base, at, axis), at, values, axis);
  return g.reshape(withCorner(base, corner), x.shape);
}

/**
 * `x` with `x[index[i][j]][j] = source[i][j]` for dim 0, and so on. With `reduce`, values are added or multiplied.
 * @method
 * @function
 */
export function scatter(
  x: Value,
  dim: number,
  index: Value,
  source: Operand,
  options: { reduce?: 'add' | 'multiply' | undefined } = {},
): Value {
  const { reduce } = options;
  if (reduce === 'multiply') {
    return scatterInto('scatter', x, dim, index, source, (base, at, values, axis) =>
      combineAlong('prod', base, at, values, axis, true),
    );
  }
  return scatterInto('scatter', x, dim, index, source, reduce === 'add' ? addInto : g.scatter);
}

/**
 * `x` with `x[index[i][j]][j] += source[i][j]` for dim 0, and so on.
 * @method
 * @function
 */
export function scatterAdd(x: Value, dim: number, index: Value, source: Value): Value {
  return scatterInto('scatterAdd', x, dim, index, source, addInto);
}

export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';
const reductions: readonly ScatterReduction[] = ['sum', 'prod', 'mean', 'amax', 'amin'];
const neutral = { prod: 1, amax: -Infinity, amin: Infinity } as const;

/**
 * Reduces all source elements that fall on one position. Sums are the primitive; for the others each position sees
 * the whole axis of the source, masked: [positions, sources] lines, reduced over sources.
 */
function combineAlong(
  reduction: ScatterReduction,
  base: Value,
  index: Value,
  source: Value,
  axis: number,
  includeSelf: boolean,
): Value {
  const zero = g.zerosLike(base);
  const ones = g.fullLike(source, 1);
  const hits = addInto(zero, index, ones, axis);
  const untouched = g.eq(hits, zero);
  if (reduction === 'sum' || reduction === 'mean') {
    const start = includeSelf ? base : g.where(untouched, base, zero);
    const total = addInto(start, index, source, axis);
    if (reduction === 'sum') return total;
    const count = includeSelf ? g.add(hits, g.fullLike(hits, 1)) : g.max(hits, g.fullLike(hits, 1));
    return isFloat(base.dtype) ? g.div(total, count) : floorMean(total, count);
  }
  const last = rank(base);
  const positions = base.shape[axis]!;
  const shape = [...index.shape, positions];
  const spread = (v: Value): Value => g.expand(g.reshape(v, [...v.shape, 1]), shape);
  const hit = g.eq(spread(g.cast(index, 'int32')), g.iotaAlong(shape, last));
  const empty = isFloat(base.dtype) ? neutral[reduction] : integerNeutral(reduction, source);
  const candidates = g.where(hit, spread(source), g.full(shape, empty, base.dtype));
  const best = g.moveAxis(g.reduce(reduction, candidates, [axis]), last - 1, axis);
  const joined = { prod: g.mul, amax: g.max, amin: (a: Value, b: Value) => g.binary('min', a, b) }[reduction];
  return includeSelf ? joined(base, best) : g.where(untouched, base, best);
}

const integerNeutral = (reduction: 'prod' | 'amax' | 'amin', x: Value): number =>
  reduction === 'prod' ? 1 : (reduction === 'amax' ? -1 : 1) * (x.dtype === 'uint8' ? 255 : 2 ** 31 - 1);

const floorMean = (total: Value, count: Value): Value => {
  const quotient = g.div(total, count);
  const rest = g.sub(total, g.mul(quotient, count));
  return g.sub(quotient, g.cast(g.lt(rest, g.zerosLike(rest)), total.dtype));
};

/**
 * `x` with all source elements that fall on one position reduced, and with what was there unless `includeSelf` is
 * false.
 * @function
 */
export function scatterReduce(
  x: Value,
  dim: number,
  index: Value,
  source: Value,
  reduce: 'sum' | 'prod' | 'mean' | 'amax' | 'amin',
  options: { includeSelf?: boolean | undefined } = {},
): Value {
  if (!reductions.includes(reduce))
    throw new ArgumentError('scatterReduce', `has no reduction ${String(reduce)}`);
  return scatterInto('scatterReduce', x, dim, index, source, (base, at, values, axis) =>
    combineAlong(reduce, base, at, values, axis, options.includeSelf ?? true),
  );
}

/** Index vector of whole slices, stretched over them; and the source in their shape. */
function slices(
  op: string,
  x: Value,
  dim: number,
  index: Value,
  source: Value,
): { at: Value; values: Value; axis: number } {
  requireIndex(op, index);
  const axis = axisOf(op, x, dim);
  const [line, base] = [atLeast1(index), atLeast1(x)];
  const shape = base.shape.with(axis, line.shape[0]!);
  if (rank(index) > 1) throw new ShapeError(op, `the index is a vector, not ${formatShape(index.shape)}`);
  const fits =
    formatShape(atLeast1(source).shape) === formatShape(shape) || (rank(source) === 0 && numel(shape) === 1);
  if (!fits) throw new ShapeError(op, `source ${formatShape(source.shape)} is not ${formatShape(shape)}`);
  if (source.dtype !== x.dtype) throw new DTypeError(op, `source is ${source.dtype}, the tensor ${x.dtype}`);
  const at = g.expand(
    g.reshape(
      line,
      shape.map((d, i) => (i === axis ? d : 1)),
    ),
    shape,
  );
  return { at, values: g.reshape(source, shape), axis };
}

/**
 * `x` with `alpha * source` added to the slices of `dim` that a vector names.
 * @method
 * @function
 */
export function indexAdd(
  x: Value,
  dim: number,
  index: Value,
  source: Value,
  options: { alpha?: number | undefined } = {},
): Value {
  const { alpha = 1 } = options;
  if (x.dtype === 'bool') {
    const [count, added] = [g.cast(x, 'int32'), g.cast(source, 'int32')];
    return truth(indexAdd(count, dim, index, added, { alpha: Math.sign(alpha) }));
  }
  const { at, values, axis } = slices('indexAdd', x, dim, index, source);
  const scaled = alpha === 1 ? values : g.scale(values, alpha);
  return g.reshape(g.scatterAdd(atLeast1(x), at, scaled, axis), x.shape);
}

/**
 * `x` with the slices of `dim` that a vector names replaced by those of `source`.
 * @function
 */
export function indexCopy(x: Value, dim: number, index: Value, source: Value): Value {
  const { at, values, axis } = slices('indexCopy', x, dim, index, source);
  return g.reshape(g.scatter(atLeast1(x), at, values, axis), x.shape);
}

/**
 * `x` with the slices of `dim` that a vector names filled with one value.
 * @function
 */
export function indexFill(x: Value, dim: number, index: Value, value: Operand): Value {
  if (!isScalar(value) && rank(value) > 0)
    throw new ShapeError('indexFill', 'the value is a number or a 0-d tensor');
  const axis = axisOf('indexFill', x, dim);
  const shape = atLeast1(x).shape.with(axis, atLeast1(index).shape[0]!);
  const filled = g.expandTo(coerce('indexFill', x.dtype, value)[0], shape);
  return indexCopy(x, dim, index, filled);
}

/**
 * `x` with the slices of `dim` that a vector names reduced with those of `source` that fall on them.
 * @function
 */
export function indexReduce(
  x: Value,
  dim: number,
  index: Value,
  source: Value,
  reduce: 'prod' | 'mean' | 'amax' | 'amin',
  options: { includeSelf?: boolean | undefined } = {},
): Value {
  const { at, values, axis } = slices('indexReduce', x, dim, index, source);
  return g.reshape(combineAlong(reduce, atLeast1(x), at, values, axis, options.includeSelf ?? true), x.shape);
}

/**
 * `x` with `value` where `mask` is true.
 * @method
 * @function
 */
export function maskedFill(x: Value, mask: Value, value: Operand): Value {
  if (mask.dtype !== 'bool') throw new DTypeError('maskedFill', `the mask must be bool, not ${mask.dtype}`);
  if (!isScalar(value) && rank(value) > 0) {
    throw new ShapeError(
      'maskedFill',
      `the value is a number or a 0-d tensor, not ${formatShape(value.shape)}`,
    );
  }
  const [c, a] = g.broadcast('maskedFill', mask, x);
  return g.where(c!, g.expandTo(coerce('maskedFill', x.dtype, value)[0], a!.shape), a!);
}

/**
 * `x` with the elements where `mask` is true replaced by those of `source`, in order.
 * @function
 */
export function maskedScatter(x: Value, mask: Value, source: Value): Value {
  if (mask.dtype !== 'bool')
    throw new DTypeError('maskedScatter', `the mask must be bool, not ${mask.dtype}`);
  const [c, a] = g.broadcast('maskedScatter', mask, x);
  const count = g.count(source);
  if (count === 0) return a!;
  return g.where(c!, inOrder(c!, g.reshape(g.cast(source, x.dtype), [count]), a!.shape), a!);
}

/**
 * `x` with elements of its flattened form replaced by `source`, or increased with `accumulate`.
 * @function
 */
export function put(
  x: Value,
  index: Value,
  source: Value,
  options: { accumulate?: boolean | undefined } = {},
): Value {
  requireIndex('put', index);
  const flat = g.reshape(x, [g.count(x)]);
  const at = fromEnd(g.reshape(index, [g.count(index)]), g.count(x));
  const apply = options.accumulate ? addInto : g.scatter;
  return g.reshape(apply(flat, at, g.reshape(source, [g.count(source)]), 0), x.shape);
}

/** `x[mask] = values`: the values in order, one slice for each true element, or one for all. */
function putMasked(x: Value, mask: Value, values: Value, accumulate: boolean | undefined): Value {
  const rest = x.shape.slice(rank(mask));
  if (formatShape(mask.shape) !== formatShape(x.shape.slice(0, rank(mask)))) {
    throw new ShapeError(
      'indexPut',
      `the mask ${formatShape(mask.shape)} does not fit ${formatShape(x.shape)}`,
    );
  }
  const source = g.cast(values, x.dtype);
  const single = rank(source) <= rest.length || source.shape[0] === 1;
  const wide = g.expand(g.reshape(mask, [...mask.shape, ...rest.map(() => 1)]), x.shape);
  const filled = single
    ? g.expandTo(rank(source) > rest.length ? g.reshape(source, source.shape.slice(1)) : source, x.shape)
    : inOrder(mask, g.expandTo(source, [source.shape[0]!, ...rest]), x.shape);
  return g.where(wide, accumulate ? add(x, filled) : filled, x);
}

/** Slices of `source` laid out where `mask` is true, one after another; what stands elsewhere does not matter. */
function inOrder(mask: Value, source: Value, shape: readonly number[]): Value {
  const flat = g.reshape(mask, [g.count(mask)]);
  const order = g.sub(g.scan('cumsum', g.cast(flat, 'int32'), 0), g.full(flat.shape, 1, 'int32'));
  return g.reshape(rowsAt(source, g.where(flat, order, g.zerosLike(order)), 0), shape);
}

/**
 * `x` with `x[i, j, ...] = values` where tensors `indices` index the first dimensions together; with `accumulate`,
 * values are added.
 * @function
 */
export function indexPut(
  x: Value,
  indices: readonly Value[],
  values: Operand,
  options: { accumulate?: boolean | undefined } = {},
): Value {
  if (indices.length > rank(x)) {
    throw new ShapeError('indexPut', `${indices.length} indices for ${formatShape(x.shape)}`);
  }
  const [mask] = indices;
  if (indices.length === 1 && mask!.dtype === 'bool')
    return putMasked(x, mask!, toValue(values), options.accumulate);
  for (const index of indices) requireIndex('indexPut', index);
  const sizes = x.shape.slice(0, indices.length);
  const rest = x.shape.slice(indices.length);
  const positions = flatPositions('indexPut', indices, sizes);
  const source = g.expandTo(g.cast(toValue(values), x.dtype), [...positions.shape, ...rest]);
  const lines = g.reshape(x, [numel(sizes), ...rest]);
  const shape = [g.count(positions), ...rest];
  const at = g.expand(g.reshape(positions, [shape[0]!, ...rest.map(() => 1)]), shape);
  const apply = options.accumulate ? addInto : g.scatter;
  return g.reshape(apply(lines, at, g.reshape(source, shape), 0), x.shape);
}
