/**
 * The reference: walks a traced graph node by node, before any pass, and computes each by its definition in float64.
 * It shares no code with lowering or backends. Halves are rounded at every node, integers are exact, and float32 is
 * left in float64, so that it is nearer to the truth than what it judges.
 */
import {
  integerRange,
  isFloat,
  isHalf,
  numel,
  stridesOf,
  type DType,
  type Shape,
} from '../../src/core/index.js';
import { roots, topological, type Graph, type Node, type NodeOf } from '../../src/graph/index.js';
import {
  convert,
  ops,
  roundTo,
  scalar,
  wrap,
  type ArgOp,
  type BinaryOp,
  type ElementwiseOp,
  type Leaf,
  type OpName,
  type ReduceOp,
  type ScanOp,
  type Value,
} from '../../src/ops/index.js';
import { attend } from './attention.js';
import { contract, convolve } from './contract.js';
import { offsets } from './offsets.js';

/** A tensor by value: numbers (bool as 0 and 1, halves as numbers), or bigints for int64. */
export interface Result {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: number[] | bigint[];
}

/** Gives a leaf's elements, row-major: values, not bits. `version` tells a cell's contents apart. */
export type LeafData = (leaf: Leaf, version: number | undefined) => ArrayLike<number | bigint | boolean>;

export interface Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: readonly Value[];
}

type Rule<O extends OpName> = (
  inputs: readonly [Tensor, ...Tensor[]],
  node: NodeOf<O>,
  data: LeafData,
) => Value[];

const zero = (dtype: DType): Value => (dtype === 'int64' ? 0n : 0);
const one = (dtype: DType): Value => (dtype === 'int64' ? 1n : 1);
const lowest = (dtype: DType): Value => (isFloat(dtype) ? -Infinity : wrap(integerRange(dtype).min, dtype));
const highest = (dtype: DType): Value => (isFloat(dtype) ? Infinity : wrap(integerRange(dtype).max, dtype));

/** What a reduction or scan starts from, and the binary op it repeats. */
const folds: Record<ReduceOp | ScanOp, { start: (dtype: DType) => Value; by: BinaryOp }> = {
  sum: { start: zero, by: 'add' },
  prod: { start: one, by: 'mul' },
  amax: { start: lowest, by: 'max' },
  amin: { start: highest, by: 'min' },
  cumsum: { start: zero, by: 'add' },
  cumprod: { start: one, by: 'mul' },
  cummax: { start: lowest, by: 'max' },
  cummin: { start: highest, by: 'min' },
};

function read(node: NodeOf<'input'> | NodeOf<'state'>, data: LeafData): Value[] {
  const { leaf, dtype, shape } = node.attrs;
  const elements = data(leaf, node.op === 'state' ? node.attrs.version : undefined);
  if (elements.length !== numel(shape)) {
    throw new Error(
      `leaf ${leaf.name ?? leaf.id} of shape [${shape.join(', ')}] was given ${elements.length} elements`,
    );
  }
  return Array.from<Value | boolean, Value>(elements, dtype === 'int64' ? BigInt : Number);
}

const elementwise = (inputs: readonly [Tensor, ...Tensor[]], node: NodeOf<ElementwiseOp>): Value[] => {
  const meaning = scalar[node.op] as (args: readonly Value[], dtype: DType, attrs: unknown) => Value;
  const { dtype } = inputs[inputs.length - 1]!;
  return inputs[0].data.map((_, i) =>
    meaning(
      inputs.map((x) => x.data[i]!),
      dtype,
      node.attrs,
    ),
  );
};

const reduce = (
  [x]: readonly [Tensor, ...Tensor[]],
  { op, attrs, shape, dtype }: NodeOf<ReduceOp>,
): Value[] => {
  const { start, by } = folds[op];
  const result = new Array<Value>(numel(shape)).fill(start(dtype));
  const kept = x.shape.flatMap((_, i) => (attrs.axes.includes(i) ? [] : [i]));
  const strides = x.shape.map((_, i) => stridesOf(shape)[kept.indexOf(i)] ?? 0);
  offsets(x.shape, strides).forEach(
    (at, i) => (result[at] = scalar[by]([result[at]!, x.data[i]!], dtype, {})),
  );
  return result;
};

/** Where each line along `axis` starts, in row-major order of the other dimensions, and its elements' distance. */
function lines(shape: Shape, axis: number): { starts: number[]; stride: number; size: number } {
  const strides = stridesOf(shape);
  return { starts: offsets(shape.with(axis, 1), strides), stride: strides[axis]!, size: shape[axis]! };
}
const positions = ({ stride, size }: { stride: number; size: number }): number[] =>
  Array.from({ length: size }, (_, i) => i * stride);

const isNaNValue = (x: Value): boolean => typeof x === 'number' && Number.isNaN(x);

const extremeAt =
  (beats: (x: Value, y: Value) => boolean): Rule<ArgOp> =>
  ([x], { attrs }) => {
    const along = lines(x.shape, attrs.axis);
    return along.starts.map((start) => {
      const values = positions(along).map((at) => x.data[start + at]!);
      const nan = values.findIndex(isNaNValue);
      return nan >= 0
        ? nan
        : values.reduce<number>((best, value, i) => (beats(value, values[best]!) ? i : best), 0);
    });
  };

const scan = ([x]: readonly [Tensor, ...Tensor[]], { op, attrs, dtype }: NodeOf<ScanOp>): Value[] => {
  const { start, by } = folds[op];
  const along = lines(x.shape, attrs.axis);
  const result = [...x.data];
  for (const first of along.starts) {
    let sum = start(dtype);
    const order = positions(along);
    for (const at of attrs.reverse ? order.reverse() : order) {
      result[first + at] = sum = scalar[by]([sum, x.data[first + at]!], dtype, {});
    }
  }
  return result;
};

/** NaN is greater than all and equal to itself. */
function compareValues(x: Value, y: Value): number {
  if (isNaNValue(x) || isNaNValue(y)) return Number(isNaNValue(x)) - Number(isNaNValue(y));
  return x < y ? -1 : Number(x > y);
}

/** For each line, its positions in sorted order. */
function sorted(
  x: Tensor,
  { axis, descending }: { axis: number; descending: boolean },
  put: (to: number, from: number, i: number) => void,
): void {
  const along = lines(x.shape, axis);
  for (const start of along.starts) {
    const value = (i: number): Value => x.data[start + i * along.stride]!;
    const order = Array.from({ length: along.size }, (_, i) => i);
    order.sort((i, j) =>
      descending ? compareValues(value(j), value(i)) : compareValues(value(i), value(j)),
    );
    order.forEach((i, rank) => put(start + rank * along.stride, start + i * along.stride, i));
  }
}

/** Elements of x at evenly spaced places. */
const view = (x: Tensor, shape: Shape, strides: readonly number[], start = 0): Value[] =>
  offsets(shape, strides, start).map((at) => x.data[at]!);

/** For each element of the index, in order: the flat position along `axis` it names in `shape`, if there is one. */
function indexedPlaces(shape: Shape, index: Tensor, axis: number): (number | undefined)[] {
  const strides = stridesOf(shape);
  const size = shape[axis]!;
  return offsets(index.shape, strides.with(axis, 0)).map((at, i) => {
    const position = Number(index.data[i]);
    return position >= 0 && position < size ? at + position * strides[axis]! : undefined;
  });
}

const scatter =
  (combine: (before: Value, added: Value, dtype: DType) => Value): Rule<'scatter' | 'scatterAdd'> =>
  ([base, index, source], { attrs, dtype }) => {
    const result = [...base.data];
    indexedPlaces(base.shape, index!, attrs.axis).forEach((at, i) => {
      if (at !== undefined) result[at] = combine(result[at]!, source!.data[i]!, dtype);
    });
    return result;
  };

const same = ([x]: readonly [Tensor, ...Tensor[]]): Value[] => [...x.data];
const total = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0);

const others: { readonly [O in Exclude<OpName, ElementwiseOp>]: Rule<O> } = {
  input: (_, node, data) => read(node, data),
  state: (_, node, data) => read(node, data),
  constant: (_, { attrs }) => [attrs.dtype === 'int64' ? BigInt(attrs.value) : Number(attrs.value)],
  iota: (_, { attrs }) => Array.from({ length: attrs.size }, (_, i) => convert(i, 'int32', attrs.dtype)),

  sum: reduce,
  prod: reduce,
  amax: reduce,
  amin: reduce,
  argmax: extremeAt((x, y) => x > y),
  argmin: extremeAt((x, y) => x < y),
  cumsum: scan,
  cumprod: scan,
  cummax: scan,
  cummin: scan,

  dot: ([a, b], { attrs, dtype }) => contract(a, b!, attrs, dtype),
  conv: ([x, w], node) => convolve(x, w!, node),
  attention: (inputs, node) => attend(node, inputs),
  attentionLse: (inputs, node) => attend(node, inputs),
  attentionGrad: (inputs, node) => attend(node, inputs),

  reshape: same,
  permute: ([x], { attrs, shape }) =>
    view(
      x,
      shape,
      attrs.perm.map((axis) => stridesOf(x.shape)[axis]!),
    ),
  expand: ([x], { shape }) =>
    view(
      x,
      shape,
      stridesOf(x.shape).map((s, i) => (x.shape[i] === 1 ? 0 : s)),
    ),
  slice: ([x], { attrs, shape }) => {
    const strides = stridesOf(x.shape);
    const start = total(attrs.starts.map((s, i) => s * strides[i]!));
    return view(
      x,
      shape,
      strides.map((s, i) => s * attrs.steps[i]!),
      start,
    );
  },
  pad: ([x], { attrs, shape, dtype }) => {
    const strides = stridesOf(shape);
    const result = new Array<Value>(numel(shape)).fill(convert(attrs.value, 'float64', dtype));
    const start = total(attrs.low.map((amount, i) => amount * strides[i]!));
    const spread = strides.map((s, i) => s * (attrs.interior[i]! + 1));
    offsets(x.shape, spread, start).forEach((at, i) => (result[at] = x.data[i]!));
    return result;
  },
  concat: (inputs, { attrs, shape }) => {
    const strides = stridesOf(shape);
    const result = new Array<Value>(numel(shape));
    let start = 0;
    for (const x of inputs) {
      offsets(x.shape, strides, start).forEach((at, i) => (result[at] = x.data[i]!));
      start += x.shape[attrs.axis]! * strides[attrs.axis]!;
    }
    return result;
  },
  window: ([x], { attrs: { axis, step, dilation }, shape }) => {
    const strides = stridesOf(x.shape);
    return view(x, shape, [...strides.with(axis, strides[axis]! * step), strides[axis]! * dilation]);
  },

  gather: ([x, index], { attrs, dtype }) =>
    indexedPlaces(x.shape, index!, attrs.axis).map((at) => (at === undefined ? zero(dtype) : x.data[at]!)),
  scatterAdd: scatter((before, added, dtype) => scalar.add([before, added], dtype, {})),
  scatter: scatter((_, added) => added),
  sort: ([x], { attrs }) => {
    const result = [...x.data];
    sorted(x, attrs, (to, from) => (result[to] = x.data[from]!));
    return result;
  },
  argsort: ([x], { attrs }) => {
    const result = new Array<Value>(x.data.length);
    sorted(x, attrs, (to, _, i) => (result[to] = i));
    return result;
  },

  stopGradient: same,
  barrier: same,
  customGradient: same,
  checkIndex: same,
};

function isElementwise(node: Node): node is Extract<Node, NodeOf<ElementwiseOp>> {
  return ops[node.op].family === 'elementwise';
}

function compute(node: Node, inputs: readonly Tensor[], data: LeafData): Value[] {
  const operands = inputs as readonly [Tensor, ...Tensor[]];
  // A cast between full floats has nothing to round: float32 is kept in float64 throughout.
  if (node.op === 'cast' && node.dtype === 'float32' && isFloat(operands[0].dtype)) return same(operands);
  if (isElementwise(node)) return elementwise(operands, node);
  const rule = others[node.op as keyof typeof others] as Rule<OpName>;
  return rule(operands, node as NodeOf<OpName>, data);
}

/**
 * The values of a graph: its outputs in order, then what it assigns, in order.
 * @param data gives each leaf's elements
 * @param rounded says which dtypes are rounded at every node
 */
export function interpret(
  graph: Graph,
  data: LeafData,
  rounded: (dtype: DType) => boolean = isHalf,
): Result[] {
  const wanted = roots(graph);
  const order = topological(wanted);
  const reads = new Map<Node, number>();
  const count = (node: Node): unknown => reads.set(node, (reads.get(node) ?? 0) + 1);
  wanted.forEach(count);
  for (const node of order) node.inputs.forEach(count);

  const values = new Map<Node, Tensor>();
  for (const node of order) {
    const { shape, dtype } = node;
    const result = compute(
      node,
      node.inputs.map((input) => values.get(input)!),
      data,
    );
    values.set(node, {
      shape,
      dtype,
      data: rounded(dtype) ? result.map((value) => roundTo(value, dtype)) : result,
    });
    for (const input of node.inputs) {
      reads.set(input, reads.get(input)! - 1);
      if (reads.get(input) === 0) values.delete(input);
    }
  }
  return wanted.map((node) => values.get(node) as Result);
}
