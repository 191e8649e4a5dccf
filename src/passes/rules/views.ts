/** Views of views. An `expand` moves outwards, so that what it stretches is computed before it is stretched. */
import { numel, sameShape, type Shape } from '../../core/index.js';
import { g, type Node } from '../../graph/index.js';
import { convert } from '../../ops/index.js';
import { rule } from '../rule.js';
import { splat } from '../splat.js';
import { dimensionGroups } from './groups.js';

const inner = (x: Node): Node => x.inputs[0]!;

/** The shape whose expansion to `to` is the reshape of `small` expanded to `from`; undefined when there is none. */
function reshapeBeforeExpand(small: Shape, from: Shape, to: Shape): number[] | undefined {
  const result = [...to];
  for (const { left, right } of dimensionGroups(from, to)) {
    const stretched = left.filter((dim) => small[dim] !== from[dim]);
    if (stretched.length === 0) continue;
    if (left.some((dim) => small[dim] !== 1)) return undefined;
    for (const dim of right) result[dim] = 1;
  }
  return result;
}

export const reshapes = [
  rule('reshape', 'reshape to the same shape = x', ([x], { shape }) => sameShape(x.shape, shape) && x),
  rule(
    'reshape',
    'reshape of a reshape = one reshape',
    ([x], { shape }) => x.op === 'reshape' && g.reshape(inner(x), shape),
  ),
  rule('reshape', 'reshape of an expand = expand of a reshape', ([x], { shape }) => {
    if (x.op !== 'expand' || numel(shape) === 0) return undefined;
    const small = reshapeBeforeExpand(inner(x).shape, x.shape, shape);
    return small && g.expand(g.reshape(inner(x), small), shape);
  }),
];

export const permutes = [
  rule(
    'permute',
    'permute that moves dimensions of size 1 only = reshape',
    ([x], { attrs: { perm }, shape }) => {
      const moved = perm.filter((dim) => x.shape[dim] !== 1);
      return moved.every((dim, i) => i === 0 || moved[i - 1]! < dim) && g.reshape(x, shape);
    },
  ),
  rule(
    'permute',
    'permute of a permute = one permute',
    ([x], { attrs: { perm } }) =>
      x.op === 'permute' &&
      g.permute(
        inner(x),
        perm.map((dim) => x.attrs.perm[dim]!),
      ),
  ),
  rule(
    'permute',
    'permute of an expand = expand of a permute',
    ([x], { attrs: { perm }, shape }) => x.op === 'expand' && g.expand(g.permute(inner(x), perm), shape),
  ),
];

export const expands = [
  rule('expand', 'expand to the same shape = x', ([x], { shape }) => sameShape(x.shape, shape) && x),
  rule(
    'expand',
    'expand of an expand = one expand',
    ([x], { shape }) => x.op === 'expand' && g.expand(inner(x), shape),
  ),
];

const sum = (a: readonly number[], b: readonly number[]): number[] => a.map((amount, i) => amount + b[i]!);

export const pads = [
  rule('pad', 'pad by nothing = x', ([x], { attrs }) => g.pad(x, attrs) === x && x),
  rule(
    'pad',
    'pad of a pad with the same value = one pad',
    ([x], { attrs }) =>
      x.op === 'pad' &&
      Object.is(x.attrs.value, attrs.value) &&
      attrs.interior.every((amount) => amount === 0) &&
      g.pad(inner(x), { ...x.attrs, low: sum(attrs.low, x.attrs.low), high: sum(attrs.high, x.attrs.high) }),
  ),
  rule('pad', 'pad of a constant with itself = the constant', ([x], { attrs, shape, dtype }) => {
    const value = splat(x);
    return (
      value !== undefined &&
      Object.is(value, convert(attrs.value, 'float64', dtype)) &&
      g.full(shape, value, dtype)
    );
  }),
];

export const viewsOfConstants = [
  rule(
    ['permute', 'slice', 'window', 'sort'],
    'view of a constant = the constant',
    ([x], { shape, dtype }) => {
      const value = splat(x);
      return value !== undefined && g.full(shape, value, dtype);
    },
  ),
];

export const windows = [
  rule(
    'window',
    'windows of one element = reshape',
    ([x], { attrs, shape }) => attrs.size === 1 && attrs.step === 1 && g.reshape(x, shape),
  ),
];
