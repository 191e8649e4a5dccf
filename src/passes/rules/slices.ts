/** Slices taken through other views to what they read. */
import { sameShape, type Shape } from '../../core/index.js';
import { g, type Node, type NodeOf } from '../../graph/index.js';
import { convert } from '../../ops/index.js';
import { rule } from '../rule.js';

const inner = (x: Node): Node => x.inputs[0]!;
const mapDims = (x: Node, of: (dim: number) => number): number[] => x.shape.map((_, dim) => of(dim));

export const slices = [
  rule('slice', 'slice of everything = x', ([x], { attrs }) => {
    const rest = g.slice(x, attrs);
    return rest === x && x;
  }),
  rule('slice', 'slice of one element in steps of 1', ([x], { attrs }) => {
    const steps = attrs.steps.map((step, i) => (attrs.sizes[i] === 1 ? 1 : step));
    return !sameShape(steps, attrs.steps) && g.slice(x, { ...attrs, steps });
  }),
  rule(
    'slice',
    'slice of a slice = one slice',
    ([x], { attrs }) =>
      x.op === 'slice' &&
      g.slice(inner(x), {
        starts: mapDims(x, (i) => x.attrs.starts[i]! + attrs.starts[i]! * x.attrs.steps[i]!),
        sizes: attrs.sizes,
        steps: mapDims(x, (i) => x.attrs.steps[i]! * attrs.steps[i]!),
      }),
  ),
  rule('slice', 'slice of an expand = expand of a slice', ([x], { attrs, shape }) => {
    if (x.op !== 'expand') return undefined;
    const stretched = (i: number): boolean => inner(x).shape[i] !== x.shape[i];
    const part = g.slice(inner(x), {
      starts: mapDims(x, (i) => (stretched(i) ? 0 : attrs.starts[i]!)),
      sizes: mapDims(x, (i) => (stretched(i) ? 1 : attrs.sizes[i]!)),
      steps: mapDims(x, (i) => (stretched(i) ? 1 : attrs.steps[i]!)),
    });
    return g.expand(part, shape);
  }),
  rule(
    'slice',
    'slice of a pad = pad of a slice',
    ([x], { attrs, shape }) => x.op === 'pad' && sliceOfPad(x, attrs, shape),
  ),
  rule(
    'slice',
    'slice of a concat = what it meets of the operands',
    ([x], { attrs }) => x.op === 'concat' && sliceOfConcat(x, attrs),
  ),
];

interface PaddedPart {
  readonly start: number;
  readonly size: number;
  readonly step: number;
  readonly low: number;
  readonly high: number;
  readonly interior: number;
}

/** Which elements of a dimension a slice of its padded form keeps, and with what padding; undefined when not one run. */
function partOfPadded(
  size: number,
  pad: { readonly low: number; readonly high: number; readonly interior: number },
  slice: { readonly start: number; readonly size: number; readonly step: number },
): PaddedPart | undefined {
  const bare = { low: 0, high: 0, interior: 0 };
  const padded = pad.low + pad.high + size + Math.max(size - 1, 0) * pad.interior;
  if (padded === size) return { ...slice, ...bare };
  if (slice.start === 0 && slice.size === padded && slice.step === 1)
    return { start: 0, size, step: 1, ...pad };
  const first = slice.start - pad.low;
  if (slice.step === pad.interior + 1 && first >= 0 && first % slice.step === 0) {
    const start = first / slice.step;
    if (start + slice.size <= size) return { start, size: slice.size, step: 1, ...bare };
  }
  if (pad.interior !== 0 || slice.step !== 1) return undefined;
  const start = Math.max(first, 0);
  const end = Math.min(first + slice.size, size);
  if (end <= start) return { start: 0, size: 0, step: 1, low: slice.size, high: 0, interior: 0 };
  return {
    start,
    size: end - start,
    step: 1,
    low: start - first,
    high: first + slice.size - end,
    interior: 0,
  };
}

function sliceOfPad(
  x: NodeOf<'pad'>,
  { starts, sizes, steps }: NodeOf<'slice'>['attrs'],
  shape: Shape,
): Node | undefined {
  const data = x.inputs[0]!;
  const { low, high, interior } = x.attrs;
  const parts: PaddedPart[] = [];
  for (const [i, size] of data.shape.entries()) {
    const part = partOfPadded(
      size,
      { low: low[i]!, high: high[i]!, interior: interior[i]! },
      { start: starts[i]!, size: sizes[i]!, step: steps[i]! },
    );
    if (!part) return undefined;
    parts.push(part);
  }
  if (parts.some((part) => part.size === 0))
    return g.full(shape, convert(x.attrs.value, 'float64', x.dtype), x.dtype);
  const field = (name: keyof PaddedPart): number[] => parts.map((part) => part[name]);
  const part = g.slice(data, { starts: field('start'), sizes: field('size'), steps: field('step') });
  return g.pad(part, {
    low: field('low'),
    high: field('high'),
    interior: field('interior'),
    value: x.attrs.value,
  });
}

function sliceOfConcat(
  x: NodeOf<'concat'>,
  { starts, sizes, steps }: NodeOf<'slice'>['attrs'],
): Node | undefined {
  const { axis } = x.attrs;
  const step = steps[axis]!;
  const start = starts[axis]!;
  const last = start + (sizes[axis]! - 1) * step;
  const met: Node[] = [];
  let offset = 0;
  for (const operand of x.inputs) {
    const size = operand.shape[axis]!;
    const [low, high] = [
      Math.max(offset, Math.min(start, last)),
      Math.min(offset + size - 1, Math.max(start, last)),
    ];
    if (low <= high) {
      const whole = low === Math.min(start, last) && high === Math.max(start, last);
      if (!whole && step !== 1) return undefined;
      met.push(
        g.slice(operand, {
          starts: starts.with(axis, (whole ? start : low) - offset),
          sizes: sizes.with(axis, whole ? sizes[axis]! : high - low + 1),
          steps,
        }),
      );
    }
    offset += size;
  }
  return g.concat(met, axis);
}
