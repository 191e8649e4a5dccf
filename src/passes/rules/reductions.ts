/** Reductions that have nothing to do, or that read through a view. */
import { isFloat, isInteger, numel, sameShape, type Shape } from '../../core/index.js';
import { g, type Node } from '../../graph/index.js';
import { reduceOps } from '../../ops/index.js';
import { fast, rule, signedZero } from '../rule.js';
import { isPowerOfTwo } from '../splat.js';
import { dimensionGroups } from './groups.js';

const inner = (x: Node): Node => x.inputs[0]!;
const kept = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((_, i) => i).filter((i) => !axes.includes(i));

/** The sum over `axes` of x = expand(y), of which only what differs is added up; undefined when nothing is stretched. */
function sumOfExpand(
  x: Node,
  axes: readonly number[],
  allowed: (count: number) => boolean,
): Node | undefined {
  if (x.op !== 'expand') return undefined;
  const y = inner(x);
  const stretched = axes.filter((axis) => y.shape[axis] !== x.shape[axis]);
  const count = numel(stretched.map((axis) => x.shape[axis]!));
  if (stretched.length === 0 || !allowed(count)) return undefined;
  const rest = g.sum(
    g.expand(
      y,
      x.shape.map((d, i) => (stretched.includes(i) ? 1 : d)),
    ),
    axes,
  );
  return g.scale(rest, count);
}

export const trivialReductions = [
  rule(
    reduceOps,
    'reduction over dimensions of size 1 = reshape',
    ([x], { attrs: { axes }, shape }) => axes.every((axis) => x.shape[axis] === 1) && g.reshape(x, shape),
    signedZero,
  ),
  rule(
    ['argmax', 'argmin'],
    'position in a dimension of size 1 = 0',
    ([x], { attrs: { axis }, shape }) => x.shape[axis] === 1 && g.full(shape, 0, 'int32'),
  ),
  rule(
    ['cumsum', 'cumprod', 'cummax', 'cummin', 'sort'],
    'scan of a dimension of size 1 = x',
    ([x], { attrs: { axis } }) => x.shape[axis] === 1 && x,
  ),
  rule(
    reduceOps,
    'reduction of a reduction = one reduction',
    ([x], { op, attrs: { axes } }) => {
      if (x.op !== op) return undefined;
      const dims = kept(inner(x).shape, x.attrs.axes);
      return g.reduce(
        op,
        inner(x),
        [...x.attrs.axes, ...axes.map((axis) => dims[axis]!)].sort((a, b) => a - b),
      );
    },
    { once: true },
  ),
];

export const reductionsOfViews = [
  rule(
    reduceOps,
    'reduction of a permute = reduction over other dimensions',
    ([x], { op, attrs: { axes } }) => {
      if (x.op !== 'permute') return undefined;
      const { perm } = x.attrs;
      const source = axes.map((axis) => perm[axis]!).sort((a, b) => a - b);
      const left = kept(inner(x).shape, source);
      return g.permute(
        g.reduce(op, inner(x), source),
        kept(x.shape, axes).map((dim) => left.indexOf(perm[dim]!)),
      );
    },
  ),
  rule(
    reduceOps,
    'reduction of a reshape = reduction over other dimensions',
    ([x], { op, attrs: { axes }, shape }) => {
      if (x.op !== 'reshape' || numel(x.shape) === 0) return undefined;
      const source: number[] = [];
      for (const { left, right } of dimensionGroups(inner(x).shape, x.shape)) {
        const reduced = right.filter((dim) => axes.includes(dim));
        if (reduced.length === right.length) source.push(...left);
        else if (reduced.length > 0) return undefined;
      }
      return g.reshape(g.reduce(op, inner(x), source), shape);
    },
  ),
  rule(reduceOps, 'reduction of an expand = expand of a reduction', ([x], { op, attrs: { axes }, shape }) => {
    if (x.op !== 'expand') return undefined;
    // Elements of a dimension that is not reduced, and for extrema those of one that is, may be reduced once for all.
    const repeats = op === 'amax' || op === 'amin';
    const y = inner(x);
    const core = x.shape.map((d, i) => (axes.includes(i) && !repeats ? d : y.shape[i]!));
    const small = g.reduce(op, g.expand(y, core), axes);
    return !sameShape(core, x.shape) && g.expand(small, shape);
  }),
  rule(
    'sum',
    'sum of n equal elements = n * x, of integers or n = 2^m',
    ([x], { attrs: { axes }, dtype }) =>
      sumOfExpand(x, axes, (count) => isInteger(dtype) || isPowerOfTwo(count, dtype)),
    signedZero,
  ),
  rule(
    'sum',
    'sum of n equal elements = n * x',
    ([x], { attrs: { axes }, dtype }) => sumOfExpand(x, axes, () => isFloat(dtype)),
    fast,
  ),
];
