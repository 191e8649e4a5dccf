/** Gradients of the views: each is undone, and what it left out is zero. */
import { g, type Node } from '../../graph/index.js';
import type { GradientRule, GradientTable } from './rule.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Zeros between and around: element i of `ct` goes to `starts + i * steps` of a value shaped as `like`. */
const slice: GradientRule<'slice'> = ({ inputs: [x], attrs: { starts, sizes, steps } }, ct) => {
  const forward = starts.map((start, i) => (steps[i]! < 0 ? start + (sizes[i]! - 1) * steps[i]! : start));
  const distance = steps.map(Math.abs);
  const backward = steps.map((step, i) => step < 0 && sizes[i]! > 1);
  const turned = g.slice(ct, {
    starts: sizes.map((size, i) => (backward[i] ? size - 1 : 0)),
    sizes,
    steps: backward.map((turn) => (turn ? -1 : 1)),
  });
  return [
    g.pad(turned, {
      low: forward,
      high: x!.shape.map((size, i) => size - forward[i]! - (sizes[i]! - 1) * distance[i]! - 1),
      interior: distance.map((step, i) => (sizes[i]! > 1 ? step - 1 : 0)),
      value: 0,
    }),
  ];
};

/** Windows up to this size are summed as shifted slices; larger ones are scattered. */
const mostShifts = 32;

const window: GradientRule<'window'> = ({ inputs: [x], attrs }, ct) => {
  const { axis, size, step, dilation } = attrs;
  const [last, count, length] = [x!.shape.length, ct.shape[axis]!, x!.shape[axis]!];
  /** The elements at place k of all windows, put back where they came from. */
  const shifted = (k: number): Node => {
    const picked = g.reshape(g.sliceAxis(ct, last, k, 1), x!.shape.with(axis, count));
    const low = k * dilation;
    const interior = count > 1 ? step - 1 : 0;
    return g.padAxis(picked, axis, low, length - low - (count - 1) * step - 1, interior);
  };
  const sideBySide = g.moveAxis(ct, last, axis + 1);
  if (step >= size && dilation === 1) {
    // Windows do not overlap: filled up to the step, they are the input itself cut into pieces.
    const total = count * step;
    const joined = g.reshape(g.padAxis(sideBySide, axis + 1, 0, step - size), x!.shape.with(axis, total));
    return [
      g.padAxis(g.sliceAxis(joined, axis, 0, Math.min(total, length)), axis, 0, Math.max(length - total, 0)),
    ];
  }
  if (size <= mostShifts) return [range(size).map(shifted).reduce(g.add)];
  const places = g.add(
    g.scale(g.iotaAlong([count, size], 0), step),
    g.scale(g.iotaAlong([count, size], 1), dilation),
  );
  const flat = x!.shape.with(axis, count * size);
  const index = g.reshape(
    places,
    flat.map((d, i) => (i === axis ? d : 1)),
  );
  return [g.scatterAdd(g.zerosLike(x!), g.expand(index, flat), g.reshape(sideBySide, flat), axis)];
};

export const view: GradientTable<'reshape' | 'permute' | 'expand' | 'slice' | 'pad' | 'concat' | 'window'> = {
  reshape: ({ inputs: [x] }, ct) => [g.reshape(ct, x!.shape)],
  permute: ({ attrs: { perm } }, ct) => [
    g.permute(
      ct,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ],
  expand: ({ inputs: [x] }, ct) => [g.sumTo(ct, x!.shape)],
  slice,
  pad: ({ inputs: [x], attrs: { low, interior } }, ct) => [
    g.slice(ct, { starts: low, sizes: x!.shape, steps: interior.map((amount) => amount + 1) }),
  ],
  concat: ({ inputs, attrs: { axis } }, ct, needs) => {
    let start = 0;
    return inputs.map((x, i) => {
      const from = start;
      start += x.shape[axis]!;
      return needs[i] ? g.sliceAxis(ct, axis, from, x.shape[axis]!) : undefined;
    });
  },
  window,
};
