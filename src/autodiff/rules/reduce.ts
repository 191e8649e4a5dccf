/** Gradients of reductions and scans. Products are right where elements are zero: nothing divides by an element. */
import { g, type Node, type NodeOf } from '../../graph/index.js';
import type { ArgOp, ReduceOp, ScanOp } from '../../ops/index.js';
import { integer, type GradientRule, type GradientTable } from './rule.js';

const { add, eq, expand, mul, padAxis, reshape, scan, sliceAxis, where } = g;

/** A value of the reduced shape, stretched over the axes that were reduced. */
const stretch = (x: Node, axes: readonly number[], like: Node): Node =>
  expand(
    reshape(
      x,
      like.shape.map((d, i) => (axes.includes(i) ? 1 : d)),
    ),
    like.shape,
  );

/** Every element of `axis` replaced by the one `by` places later, with `fill` where there is none. */
const later = (x: Node, axis: number, by: number, fill: number): Node =>
  padAxis(sliceAxis(x, axis, by, x.shape[axis]! - by), axis, 0, by, 0, fill);
const earlier = (x: Node, axis: number, by: number, fill: number): Node =>
  padAxis(sliceAxis(x, axis, 0, x.shape[axis]! - by), axis, by, 0, 0, fill);

/** s_j = b_j + a_j s_(j+1) from the last element back, in log2(n) doubling steps (Hillis and Steele 1986). */
function recurrence(a: Node, b: Node, axis: number): Node {
  const size = b.shape[axis]!;
  let [factor, sum] = [a, b];
  for (let by = 1; by < size; by *= 2) {
    sum = add(sum, mul(factor, later(sum, axis, by, 0)));
    if (2 * by < size) factor = mul(factor, later(factor, axis, by, 1));
  }
  return sum;
}

/** Product of all elements of the last axis but the one at each place. */
function productOfOthers(x: Node): Node {
  const axis = x.shape.length - 1;
  if (x.shape[axis] === 1) return g.fullLike(x, 1);
  const before = earlier(scan('cumprod', x, axis), axis, 1, 1);
  const after = later(scan('cumprod', x, axis, true), axis, 1, 1);
  return mul(before, after);
}

const prod: GradientRule<'prod'> = ({ inputs: [x], attrs: { axes } }, ct) => {
  const kept = x!.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  const perm = [...kept, ...axes];
  const moved = g.permute(x!, perm);
  const size = axes.reduce((n, axis) => n * x!.shape[axis]!, 1);
  const others = productOfOthers(reshape(moved, [...kept.map((i) => x!.shape[i]!), size]));
  const slope = g.permute(
    reshape(others, moved.shape),
    perm.map((_, i) => perm.indexOf(i)),
  );
  return [mul(stretch(ct, axes, x!), slope)];
};

/** Elements equal to the extremum share its gradient evenly. */
const extremum = (node: NodeOf<'amax'> | NodeOf<'amin'>, ct: Node): Node[] => {
  const { axes } = node.attrs;
  const x = node.inputs[0]!;
  const ties = eq(x, stretch(node, axes, x));
  const count = g.sum(g.cast(ties, x.dtype), axes);
  return [where(ties, stretch(g.div(ct, count), axes, x), g.zerosLike(x))];
};

const cumprod: GradientRule<'cumprod'> = (node, ct) => {
  const { axis, reverse } = node.attrs;
  const turn = (t: Node): Node => (reverse ? g.flip(t, axis) : t);
  const [x, out, cotangent] = [turn(node.inputs[0]!), turn(node), turn(ct)];
  const tail = recurrence(later(x, axis, 1, 1), cotangent, axis);
  return [turn(mul(earlier(out, axis, 1, 1), tail))];
};

/** Each running extremum hands its gradient to the element that set it, the latest of equal ones. */
const running = (node: NodeOf<'cummax'> | NodeOf<'cummin'>, ct: Node): Node[] => {
  const { axis, reverse } = node.attrs;
  const x = node.inputs[0]!;
  const sets = g.binary('or', eq(x, node), g.unary('isnan', x));
  const place = g.iotaAlong(x.shape, axis);
  const first = g.fullLike(place, reverse ? x.shape[axis]! - 1 : 0);
  const from = scan(reverse ? 'cummin' : 'cummax', where(sets, place, first), axis, reverse);
  return [g.scatterAdd(g.zerosLike(x), from, ct, axis)];
};

export const reduce: GradientTable<ReduceOp | ArgOp | ScanOp> = {
  sum: ({ inputs: [x], attrs: { axes } }, ct) => [stretch(ct, axes, x!)],
  prod,
  amax: extremum,
  amin: extremum,
  argmax: integer,
  argmin: integer,
  cumsum: ({ attrs: { axis, reverse } }, ct) => [scan('cumsum', ct, axis, !reverse)],
  cumprod,
  cummax: running,
  cummin: running,
};
