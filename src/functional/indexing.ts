/**
 * `x.at(...)` and `x.withAt(...)`: positions, 'start:stop:step', null for a new axis, '...', lists of positions, index
 * and mask tensors, with NumPy's meaning.
 */
import { ArgumentError, IndexError, ShapeError, formatShape, numel } from '../core/index.js';
import { g } from '../graph/index.js';
import { sliceBounds } from './arrange.js';
import { gatherLeading, leadingFirst, requireIndex } from './gather.js';
import {
  axisOf,
  range,
  rank,
  toValue,
  type Index,
  type IndexArray,
  type Operand,
  type Value,
} from './operands.js';
import { indexPut, withSlice, type Part } from './scatter.js';

/** What indexing does before any tensor is looked at: a part of each dimension, then dimensions dropped and made. */
interface Plan {
  readonly part: { starts: number[]; sizes: number[]; steps: number[] };
  /** Shape after integers have dropped their dimension and null has made one. */
  readonly shape: readonly number[];
  /** Index tensors, by the dimension of that shape they index. */
  readonly indices: ReadonlyMap<number, Value>;
}

const slicePattern = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?$/;

function parseSlice(op: string, text: string, size: number): { first: number; count: number; step: number } {
  const parts = slicePattern.exec(text);
  if (!parts) throw new ArgumentError(op, `'${text}' is no slice`, `write 'start:stop:step', ':' or '...'`);
  const [start, end, step = 1] = parts.slice(1).map((part) => (part ? Number(part) : undefined));
  if (step === 0) throw new ArgumentError(op, `the step of '${text}' is 0`);
  return { ...sliceBounds(size, start, end, step), step };
}

/** A nested list of positions or of booleans as a tensor. */
function listValue(op: string, list: IndexArray): Value {
  if (list.length === 0) return g.full([0], 0, 'int32');
  const parts = list.map((item) => {
    if (typeof item === 'object') return listValue(op, item);
    return typeof item === 'boolean' ? g.constant(item, 'bool') : g.constant(item, 'int32');
  });
  const [first] = parts;
  if (parts.some((part) => formatShape(part.shape) !== formatShape(first!.shape))) {
    throw new ShapeError(op, 'a list of positions has rows of different lengths');
  }
  return g.concat(
    parts.map((part) => g.reshape(part, [1, ...part.shape])),
    0,
  );
}

const booleans = (list: IndexArray): boolean => {
  const [first] = list;
  return typeof first === 'object' ? booleans(first) : typeof first === 'boolean';
};

/** Positions where a list of booleans is true: one list for each of its dimensions. */
function maskPositions(op: string, mask: IndexArray, shape: readonly number[]): Value[] {
  const found: number[][] = [];
  const walk = (item: number | boolean | IndexArray, at: readonly number[]): void => {
    if (typeof item === 'object') {
      const size = shape[at.length];
      if (item.length !== size) {
        throw new IndexError(
          `${op}: the mask has ${item.length} elements where dimension ${at.length} has ${size}`,
        );
      }
      item.forEach((inner, i) => walk(inner, [...at, i]));
    } else if (item) found.push([...at]);
  };
  walk(mask, []);
  let depth = 0;
  for (let item: number | boolean | IndexArray | undefined = mask; typeof item === 'object'; item = item[0])
    depth++;
  return range(depth).map((axis) =>
    listValue(
      op,
      found.map((at) => at[axis]!),
    ),
  );
}

function requireKnownMask(op: string, index: Value): void {
  if (index.dtype !== 'bool') return;
  throw new IndexError(
    `${op}: the shape of a result picked by a mask depends on the mask's values, which are not computed yet`,
    'use where(mask, x, 0) or maskedFill, or pass the mask as a list of booleans',
  );
}

/** How many dimensions of the tensor an element of the index takes. */
function consumed(item: Index<Value>): number {
  if (item === null || item === '...' || typeof item === 'boolean') return 0;
  if (!Array.isArray(item) || !booleans(item as IndexArray)) return 1;
  let depth = 0;
  for (
    let inner: number | boolean | IndexArray | undefined = item as IndexArray;
    typeof inner === 'object';
    inner = inner[0]
  )
    depth++;
  return depth;
}

function plan(op: string, x: Value, index: readonly Index<Value>[]): Plan {
  const used = index.reduce<number>((sum, item) => sum + consumed(item), 0);
  if (used > rank(x))
    throw new IndexError(`${op}: ${used} indices for a tensor of shape ${formatShape(x.shape)}`);
  const gaps = index.filter((item) => item === '...').length;
  if (gaps > 1) throw new IndexError(`${op}: an index may have one '...' only`);
  const items = gaps === 0 ? [...index, '...'] : index;
  const part: Plan['part'] = { starts: [], sizes: [], steps: [] };
  const shape: number[] = [];
  const indices = new Map<number, Value>();
  let axis = 0;
  const take = (first: number, count: number, step: number): void => {
    part.starts.push(count === 0 ? 0 : first);
    part.sizes.push(count);
    part.steps.push(step);
    axis++;
  };
  const whole = (): void => {
    shape.push(x.shape[axis]!);
    take(0, x.shape[axis]!, 1);
  };
  const pick = (position: Value): void => {
    requireIndex(op, position);
    indices.set(shape.length, position);
    whole();
  };
  for (const item of items) {
    const size = x.shape[axis]!;
    if (item === null) shape.push(1);
    else if (item === '...') for (let n = rank(x) - used; n > 0; n--) whole();
    else if (typeof item === 'boolean') {
      throw new ArgumentError(op, 'a single boolean is no index', 'use a list or a tensor of booleans');
    } else if (typeof item === 'number') {
      if (!Number.isInteger(item) || item < -size || item >= size) {
        throw new IndexError(`${op}: index ${item} is out of range for dimension ${axis} of size ${size}`);
      }
      take(item < 0 ? item + size : item, 1, 1);
    } else if (typeof item === 'string') {
      const { first, count, step } = parseSlice(op, item, size);
      shape.push(count);
      take(first, count, step);
    } else if (typeof item !== 'object' || !('op' in item || Array.isArray(item))) {
      throw new ArgumentError(op, `an index is no ${typeof item}`, "ranges are written 'start:stop:step'");
    } else if ('op' in item) {
      requireKnownMask(op, item);
      pick(item);
    } else if (booleans(item)) maskPositions(op, item, x.shape.slice(axis)).forEach(pick);
    else pick(listValue(op, item));
  }
  return { part, shape, indices };
}

/** Where the indices' common dimensions stand in the result: in place of adjacent ones, else in front. */
const landing = (axes: readonly number[]): number =>
  axes.every((axis, i) => i === 0 || axis === axes[i - 1]! + 1) ? axes[0]! : 0;

/**
 * The part of a tensor an index names: an integer takes one slice away its dimension, 'start:stop:step' a range, null
 * makes a new dimension, '...' stands for all dimensions in between, lists and tensors of integers pick positions
 * (broadcast together), booleans pick where they are true. Negative positions count from the end.
 * @throws IndexError for a position outside the dimension.
 * @example x.at(0), x.at(':', [1, 3], '...', null, '::2')
 * @method
 * @torch Tensor.__getitem__
 */
export function at(x: Value, ...index: readonly Index<Value>[]): Value {
  const { part, shape, indices } = plan('at', x, index);
  const view = g.reshape(g.slice(x, part), shape);
  if (indices.size === 0) return view;
  const axes = [...indices.keys()];
  const moved = g.permute(view, leadingFirst(view, axes));
  const picked = gatherLeading('at', moved, [...indices.values()]);
  const count = rank(picked) - (rank(view) - axes.length);
  const before = landing(axes);
  const rest = range(rank(picked) - count).map((i) => i + count);
  return g.permute(picked, [...rest.slice(0, before), ...range(count), ...rest.slice(before)]);
}

/**
 * A new tensor with the part an index names replaced by `value`, which broadcasts. A list is several indices:
 * `x.withAt([0, ':'], 1)`.
 * @method
 * @torch Tensor.__setitem__
 */
export function withAt(x: Value, index: Index<Value> | readonly Index<Value>[], value: Operand): Value {
  const list = (Array.isArray(index) ? index : [index]) as readonly Index<Value>[];
  const source = g.cast(toValue(value), x.dtype);
  const [mask] = list;
  if (
    list.length === 1 &&
    mask !== null &&
    typeof mask === 'object' &&
    'op' in mask &&
    mask.dtype === 'bool'
  ) {
    return withMask(x, mask, source);
  }
  const { part, shape, indices } = plan('withAt', x, list);
  const back = (v: Value): Value => withSlice(x, part, g.reshape(v, part.sizes));
  if (indices.size === 0) return back(g.expandTo(fitted(source, shape), shape));
  const view = g.reshape(g.slice(x, part), shape);
  const axes = [...indices.keys()];
  const order = leadingFirst(view, axes);
  const positions = g.broadcast('withAt', ...indices.values())[0]!.shape;
  const before = landing(axes);
  const rest = order.slice(axes.length).map((axis) => shape[axis]!);
  const target = [...rest.slice(0, before), ...positions, ...rest.slice(before)];
  const stretched = g.expandTo(fitted(source, target), target);
  const common = range(positions.length).map((i) => before + i);
  const lined = g.permute(stretched, leadingFirst(stretched, common));
  const changed = indexPut(g.permute(view, order), [...indices.values()], lined);
  return back(
    g.permute(
      changed,
      order.map((_, i) => order.indexOf(i)),
    ),
  );
}

/** Leading dimensions of size 1 that `shape` does not have are dropped, as assignment does. */
function fitted(source: Value, shape: readonly number[]): Value {
  const extra = rank(source) - shape.length;
  return extra > 0 && numel(source.shape.slice(0, extra)) === 1
    ? g.reshape(source, source.shape.slice(extra))
    : source;
}

function withMask(x: Value, mask: Value, source: Value): Value {
  if (formatShape(mask.shape) !== formatShape(x.shape.slice(0, rank(mask)))) {
    throw new ShapeError(
      'withAt',
      `the mask ${formatShape(mask.shape)} does not fit ${formatShape(x.shape)}`,
    );
  }
  if (rank(source) > rank(x) - rank(mask)) {
    throw new ShapeError('withAt', 'under a mask the value is one number, or one slice for all positions');
  }
  const wide = g.reshape(mask, [...mask.shape, ...new Array<number>(rank(x) - rank(mask)).fill(1)]);
  return g.where(g.expand(wide, x.shape), g.expandTo(source, x.shape), x);
}

/**
 * `x` with one slice of `dim` replaced by `source`.
 * @function
 */
export function selectScatter(x: Value, source: Value, dim: number, index: number): Value {
  const axis = axisOf('selectScatter', x, dim);
  const size = x.shape[axis]!;
  if (index < -size || index >= size) {
    throw new IndexError(`selectScatter: index ${index} is out of range for dim ${dim} of size ${size}`);
  }
  if (formatShape(source.shape) !== formatShape(x.shape.toSpliced(axis, 1))) {
    throw new ShapeError(
      'selectScatter',
      `source ${formatShape(source.shape)} is no slice of ${formatShape(x.shape)}`,
    );
  }
  const part = alongOne(x, axis, index < 0 ? index + size : index, 1, 1);
  return withSlice(x, part, g.reshape(source, part.sizes));
}

/**
 * `x` with every `step`-th slice of `dim` from `start` up to `end` replaced by those of `source`.
 * @function
 */
export function sliceScatter(
  x: Value,
  source: Value,
  dim: number = 0,
  start?: number,
  end?: number,
  step: number = 1,
): Value {
  const axis = axisOf('sliceScatter', x, dim);
  const { first, count } = sliceBounds(x.shape[axis]!, start, end, step);
  const part = alongOne(x, axis, count === 0 ? 0 : first, count, step);
  if (formatShape(source.shape) !== formatShape(part.sizes)) {
    throw new ShapeError(
      'sliceScatter',
      `source ${formatShape(source.shape)} is not ${formatShape(part.sizes)}`,
    );
  }
  return withSlice(x, part, source);
}

const alongOne = (x: Value, axis: number, start: number, size: number, step: number): Part => ({
  starts: x.shape.map((_, i) => (i === axis ? start : 0)),
  sizes: x.shape.map((d, i) => (i === axis ? size : d)),
  steps: x.shape.map((_, i) => (i === axis ? step : 1)),
});
