/**
 * Constructors for the primitives, as the compiler's own rules use them: strict about shapes and dtypes (no
 * broadcasting, no promotion), and silent where nothing would change.
 */
import { broadcastShapes, isFloat, numel, sameShape, type DType, type Shape } from '../core/index.js';
import type { ArgOp, BinaryOp, OpAttrs, ReduceOp, ScanOp, UnaryOp } from '../ops/index.js';
import { node, type Node } from './node.js';

const none = {};
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Scalars at hand, by what they are; undefined where each is a node of its own. */
let scalars: Map<string, Node> | undefined;

/**
 * Runs `body` with equal constants, and scalars stretched to equal shapes, made once: for code that does the same to many
 * tensors and has one call site, to which all its nodes belong.
 */
export function sharingScalars<T>(body: () => T): T {
  const before = scalars;
  scalars = new Map();
  try {
    return body();
  } finally {
    scalars = before;
  }
}

function shared(key: () => string, make: () => Node): Node {
  if (!scalars) return make();
  const name = key();
  const known = scalars.get(name);
  if (known) return known;
  const made = make();
  scalars.set(name, made);
  return made;
}

export function constant(value: number | bigint | boolean, dtype: DType = 'float32'): Node {
  const own = dtype === 'int64' ? BigInt(value) : Number(value);
  return shared(
    () => `${dtype} ${Object.is(own, -0) ? '-0' : own}`,
    () => node('constant', [], { value: own, dtype }),
  );
}
/** A constant of any shape: one 0-d value, stretched. */
export const full = (shape: Shape, value: number | bigint | boolean, dtype: DType = 'float32'): Node =>
  expandTo(constant(value, dtype), shape);
export const fullLike = (x: Node, value: number | bigint): Node => full(x.shape, value, x.dtype);
export const zerosLike = (x: Node): Node => fullLike(x, 0);
export const iota = (size: number, dtype: DType = 'int32'): Node => node('iota', [], { size, dtype });
/** Positions along one axis of a shape, as a tensor of that shape. */
export const iotaAlong = (shape: Shape, axis: number, dtype: DType = 'int32'): Node =>
  expand(
    reshape(
      iota(shape[axis]!, dtype),
      shape.map((d, i) => (i === axis ? d : 1)),
    ),
    shape,
  );

export const unary = (op: UnaryOp, x: Node): Node => node(op, [x], none);
export const binary = (op: BinaryOp, x: Node, y: Node): Node => node(op, [x, y], none);
export const neg = (x: Node): Node => unary('neg', x);
export const exp = (x: Node): Node => unary('exp', x);
export const log = (x: Node): Node => unary('log', x);
export const sqrt = (x: Node): Node => unary('sqrt', x);
export const not = (x: Node): Node => unary('not', x);
export const add = (x: Node, y: Node): Node => binary('add', x, y);
export const sub = (x: Node, y: Node): Node => binary('sub', x, y);
export const mul = (x: Node, y: Node): Node => binary('mul', x, y);
export const div = (x: Node, y: Node): Node => binary('div', x, y);
export const max = (x: Node, y: Node): Node => binary('max', x, y);
export const eq = (x: Node, y: Node): Node => binary('eq', x, y);
export const lt = (x: Node, y: Node): Node => binary('lt', x, y);
export const le = (x: Node, y: Node): Node => binary('le', x, y);
export const where = (condition: Node, x: Node, y: Node): Node => node('where', [condition, x, y], none);
/** `op(x, c)` with a number stretched to x's shape and dtype. */
export const withScalar = (op: BinaryOp, x: Node, c: number): Node => binary(op, x, fullLike(x, c));
export const scale = (x: Node, c: number): Node => withScalar('mul', x, c);
export const cast = (x: Node, dtype: DType): Node => (x.dtype === dtype ? x : node('cast', [x], { dtype }));

export const reshape = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : node('reshape', [x], { shape });
export const permute = (x: Node, perm: readonly number[]): Node =>
  perm.every((p, i) => p === i) ? x : node('permute', [x], { perm });
export const expand = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : node('expand', [x], { shape });
/** Broadcast to `shape`, with new leading dimensions where the rank grows. */
export function expandTo(x: Node, shape: Shape): Node {
  const lead = new Array<number>(shape.length - x.shape.length).fill(1);
  const make = (): Node => expand(reshape(x, [...lead, ...x.shape]), shape);
  return x.shape.length === 0 ? shared(() => `${x.id} to ${shape.join()}`, make) : make();
}
export const swapAxes = (x: Node, a: number, b: number): Node =>
  permute(
    x,
    range(x.shape.length).map((i) => (i === a ? b : i === b ? a : i)),
  );
export const moveAxis = (x: Node, from: number, to: number): Node => {
  const rest = range(x.shape.length).filter((i) => i !== from);
  return permute(x, rest.toSpliced(to, 0, from));
};
export const slice = (x: Node, attrs: OpAttrs['slice']): Node => {
  const whole = attrs.starts.every(
    (s, i) => s === 0 && attrs.sizes[i] === x.shape[i] && (attrs.steps[i] === 1 || x.shape[i]! <= 1),
  );
  return whole ? x : node('slice', [x], attrs);
};
/** `size` elements of one axis from `start` on. */
export const sliceAxis = (x: Node, axis: number, start: number, size: number, step = 1): Node =>
  slice(x, {
    starts: x.shape.map((_, i) => (i === axis ? start : 0)),
    sizes: x.shape.map((d, i) => (i === axis ? size : d)),
    steps: x.shape.map((_, i) => (i === axis ? step : 1)),
  });
export const flip = (x: Node, axis: number): Node =>
  x.shape[axis]! <= 1 ? x : sliceAxis(x, axis, x.shape[axis]! - 1, x.shape[axis]!, -1);
export const pad = (x: Node, attrs: OpAttrs['pad']): Node =>
  [attrs.low, attrs.high, attrs.interior].flat().every((amount) => amount === 0)
    ? x
    : node('pad', [x], attrs);
/** Zeros, or `value`, around and between the elements of one axis. */
export const padAxis = (x: Node, axis: number, low: number, high: number, interior = 0, value = 0): Node => {
  const at = (amount: number): number[] => x.shape.map((_, i) => (i === axis ? amount : 0));
  return pad(x, { low: at(low), high: at(high), interior: at(interior), value });
};
export const concat = (xs: readonly Node[], axis: number): Node =>
  xs.length === 1 ? xs[0]! : node('concat', xs, { axis });
export const window = (x: Node, axis: number, size: number, step: number, dilation = 1): Node =>
  node('window', [x], { axis, size, step, dilation });

/** Reduction over axes; `keepdim` leaves them with size 1. No axes: the value itself. */
export function reduce(op: ReduceOp, x: Node, axes: readonly number[], keepdim = false): Node {
  const result = axes.length === 0 ? x : node(op, [x], { axes });
  return keepdim
    ? reshape(
        result,
        x.shape.map((d, i) => (axes.includes(i) ? 1 : d)),
      )
    : result;
}
export const sum = (x: Node, axes: readonly number[], keepdim = false): Node =>
  reduce('sum', x, axes, keepdim);
/** Sums what broadcasting `shape` to x's shape had stretched: the transpose of `expandTo`. */
export function sumTo(x: Node, shape: Shape): Node {
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  return reshape(sum(x, axes), shape);
}
export const arg = (op: ArgOp, x: Node, axis: number): Node => node(op, [x], { axis });
export const scan = (op: ScanOp, x: Node, axis: number, reverse = false): Node =>
  node(op, [x], { axis, reverse });

export const dot = (a: Node, b: Node, attrs: OpAttrs['dot']): Node => node('dot', [a, b], attrs);
/** Matrix product over the last two dimensions of operands with equal leading ones. */
export function matmul(a: Node, b: Node): Node {
  const lead = range(a.shape.length - 2);
  const n = lead.length;
  return dot(a, b, { lhsBatch: lead, rhsBatch: lead, lhsContract: [n + 1], rhsContract: [n] });
}
export const conv = (x: Node, w: Node, attrs: OpAttrs['conv']): Node => node('conv', [x, w], attrs);

export const gather = (x: Node, index: Node, axis: number): Node => node('gather', [x, index], { axis });
export const scatterAdd = (base: Node, index: Node, source: Node, axis: number): Node =>
  node('scatterAdd', [base, index, source], { axis });
export const scatter = (base: Node, index: Node, source: Node, axis: number): Node =>
  node('scatter', [base, index, source], { axis });
export const stopGradient = (x: Node): Node => node('stopGradient', [x], none);
let nextBarrier = 1;
/** A new barrier: two of them never stand for the same value. */
export const barrier = (x: Node): Node => node('barrier', [x], { id: nextBarrier++ });

/** Operands stretched to their common shape. */
export function broadcast(op: string, ...xs: readonly Node[]): Node[] {
  const shape = broadcastShapes(op, ...xs.map((x) => x.shape));
  return xs.map((x) => expandTo(x, shape));
}

/** Whether a gradient can flow through a value of this dtype. */
export const differentiable = (x: Node): boolean => isFloat(x.dtype);
export const count = (x: Node): number => numel(x.shape);
