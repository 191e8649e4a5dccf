/** Values known at compile time: operations on constants, and tensors without elements. */
import { isFloat, isInteger, numel, type DType, type Shape } from '../../core/index.js';
import { g, type Node, type NodeOf } from '../../graph/index.js';
import {
  convert,
  reduceOps,
  roundTo,
  scalar,
  scanOps,
  wrap,
  type ElementwiseOp,
  type OpName,
  type ReduceOp,
  type Value,
} from '../../ops/index.js';
import { rule } from '../rule.js';
import { addsExactly, splat } from '../splat.js';

const elementwise = Object.keys(scalar) as ElementwiseOp[];

function evaluate<O extends ElementwiseOp>(op: O, args: readonly Value[], node: NodeOf<O>): Value {
  // One cast: TypeScript cannot see that the meaning at index O takes the attributes at index O.
  const meaning = scalar[op] as (args: readonly Value[], dtype: DType, attrs: NodeOf<O>['attrs']) => Value;
  return roundTo(meaning(args, node.inputs.at(-1)!.dtype, node.attrs), node.dtype);
}

const allSplats = (nodes: readonly Node[]): Value[] | undefined => {
  const values: Value[] = [];
  for (const node of nodes) {
    const value = splat(node);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
};

const fold = (node: NodeOf<ElementwiseOp>): Node | undefined => {
  const values = allSplats(node.inputs);
  return values && g.full(node.shape, evaluate(node.op, values, node), node.dtype);
};

const extent = (shape: Shape, axes: readonly number[]): number => numel(axes.map((axis) => shape[axis]!));

/** Value of a reduction over `count` equal elements, where that is known without rounding. */
const reduceEqual: Readonly<
  Record<ReduceOp, (value: Value, count: number, node: Node) => Value | undefined>
> = {
  sum: (value, count, { dtype }) => {
    if (count === 0) return 0;
    // A sum starts from 0, so that one of -0 is 0.
    if (isFloat(dtype))
      return addsExactly(value, count, dtype) ? roundTo(Number(value) * count + 0, dtype) : undefined;
    return isInteger(dtype) ? wrap(BigInt(value) * BigInt(count), dtype) : undefined;
  },
  prod: (value, count) =>
    count === 0 || Number(value) === 1 ? 1 : Number(value) === 0 && !Object.is(value, -0) ? value : undefined,
  amax: (value) => value,
  amin: (value) => value,
};

export const constantFolding = [
  rule('constant', 'a constant is a number of its dtype', (_, { attrs: { value, dtype } }) => {
    const rounded = roundTo(value, dtype);
    return !Object.is(rounded, value) && g.constant(rounded, dtype);
  }),
  rule(elementwise, 'op(constants) = a constant', (_, node) => fold(node)),
  rule(reduceOps, 'reduction of a constant = a constant', ([x], node) => {
    const value = splat(x);
    const result =
      value === undefined ? undefined : reduceEqual[node.op](value, extent(x.shape, node.attrs.axes), x);
    return result !== undefined && g.full(node.shape, result, node.dtype);
  }),
  rule(
    ['argmax', 'argmin'],
    'position of the largest of equal elements = 0',
    ([x], node) => splat(x) !== undefined && g.full(node.shape, 0, node.dtype),
  ),
  rule('iota', 'iota(1) = [0]', (_, node) => node.attrs.size === 1 && g.full([1], 0, node.dtype)),
];

/** Value of a reduction over no element at all. */
const neutral: Partial<Record<OpName, number>> = { sum: 0, prod: 1, dot: 0 };

const computed: readonly OpName[] = [
  ...elementwise,
  ...scanOps,
  ...reduceOps,
  'argmax',
  'argmin',
  'dot',
  'conv',
  'attention',
  'attentionLse',
  'attentionGrad',
  'reshape',
  'permute',
  'slice',
  'expand',
  'pad',
  'concat',
  'window',
  'gather',
  'scatter',
  'scatterAdd',
  'sort',
  'argsort',
];

export const emptyTensors = [
  rule(computed, 'a tensor without elements = a constant', (_, node) => {
    const constant = node.inputs.length === 1 && splat(node.inputs[0]!) !== undefined;
    return numel(node.shape) === 0 && !constant && g.full(node.shape, 0, node.dtype);
  }),
  rule(
    ['sum', 'prod', 'dot'],
    'reduction over no elements = its neutral element',
    (_, node) =>
      node.inputs.some((input) => numel(input.shape) === 0) &&
      g.full(node.shape, neutral[node.op]!, node.dtype),
  ),
  rule(
    ['scatter', 'scatterAdd'],
    'scatter of no elements into x = x',
    ([x, index]) => numel(index.shape) === 0 && x,
  ),
  rule(
    'pad',
    'pad of no elements = its value',
    ([x], { shape, attrs }) =>
      numel(x.shape) === 0 && g.full(shape, convert(attrs.value, 'float64', x.dtype), x.dtype),
  ),
];
