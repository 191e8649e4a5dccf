/** Windows over spatial dimensions, as views: the geometry that pooling and patches share. */
import { ArgumentError, ShapeError, formatShape, windowCount } from '../core/index.js';
import { g } from '../graph/index.js';
import { along, perDim, unsqueeze, type PerDim } from './nn-support.js';
import type { Value } from './operands.js';

/** Sizes of sliding windows, one number for each spatial dimension. */
export interface Geometry {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

/** What an input [N, C, ...spatial] looks like through windows. */
export interface Windows {
  /** [N, C, ...count, ...kernel]. */
  readonly values: Value;
  readonly kernel: readonly number[];
  /** Where each window of a dimension starts in the input: int32 [count]. */
  readonly starts: readonly Value[];
  /** How many elements of the input each window of a dimension holds: int32 [count], or one number for all. */
  readonly lengths: readonly (Value | number)[];
  readonly dilation: readonly number[];
}

export interface GeometryOptions {
  stride?: PerDim | undefined;
  padding?: PerDim | undefined;
  dilation?: PerDim | undefined;
  ceilMode?: boolean | undefined;
}

export function geometry(
  op: string,
  spatial: number,
  kernelSize: PerDim,
  options: GeometryOptions,
): Geometry {
  const kernel = perDim(op, 'kernelSize', kernelSize, spatial, [], 1);
  return {
    kernel,
    stride: perDim(op, 'stride', options.stride, spatial, kernel, 1),
    padding: perDim(op, 'padding', options.padding, spatial, [0], 0),
    dilation: perDim(op, 'dilation', options.dilation, spatial, [1], 1),
    ceilMode: options.ceilMode ?? false,
  };
}

/** Padding beyond half a kernel would make windows of nothing but padding. */
export function checkHalfPadding(op: string, { padding, kernel }: Geometry): void {
  padding.forEach((pad, i) => {
    if (pad > Math.floor(kernel[i]! / 2)) {
      throw new ArgumentError(
        op,
        `padding should be at most half of the kernel size, but got padding ${pad} and kernel size ${kernel[i]}`,
      );
    }
  });
}

/** Number of windows over a dimension: with `ceilMode` also one that hangs over the end, if it starts inside. */
function countWindows(size: number, geometry: Geometry, i: number): number {
  const { kernel, stride, padding, dilation, ceilMode } = geometry;
  const [k, s, p, d] = [kernel[i]!, stride[i]!, padding[i]!, dilation[i]!];
  if (!ceilMode) return windowCount(size + 2 * p, k, s, d);
  const count = Math.ceil((size + 2 * p - d * (k - 1) - 1) / s) + 1;
  return (count - 1) * s >= size + p ? count - 1 : count;
}

/** Sliding windows over [N, C, ...spatial], with `fill` where they reach over the edge. */
export function slide(op: string, x: Value, geometry: Geometry, fill: number): Windows {
  const { kernel, stride, padding, dilation } = geometry;
  const sizes = x.shape.slice(2);
  const counts = sizes.map((size, i) => countWindows(size, geometry, i));
  if (counts.some((count) => count < 1) || x.shape.slice(1).some((size) => size < 1)) {
    throw new ShapeError(
      op,
      `input ${formatShape(x.shape)} gives output size ${formatShape(counts)}: too small for kernel ${formatShape(kernel)}, or empty`,
    );
  }
  const reach = (i: number): number => (counts[i]! - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1;
  const high = sizes.map((size, i) => Math.max(0, reach(i) - size - padding[i]!));
  const padded = g.pad(x, {
    low: [0, 0, ...padding],
    high: [0, 0, ...high],
    interior: x.shape.map(() => 0),
    value: fill,
  });
  const values = kernel.reduce((y, k, i) => g.window(y, i + 2, k, stride[i]!, dilation[i]!), padded);
  return {
    values,
    kernel,
    dilation,
    starts: counts.map((count, i) => g.withScalar('add', g.scale(g.iota(count), stride[i]!), -padding[i]!)),
    lengths: kernel,
  };
}

/** The windows of adaptive pooling along one dimension: window i of n covers [floor(i L / n), ceil((i + 1) L / n)). */
function adapt(x: Value, axis: number, count: number, fill: number): Omit<Windows, 'dilation'> {
  const size = x.shape[axis]!;
  if (size % count === 0) {
    const kernel = size / count;
    const values = g.window(x, axis, kernel, kernel);
    return { values, kernel: [kernel], starts: [g.scale(g.iota(count), kernel)], lengths: [kernel] };
  }
  const from = (i: number): number => Math.floor((i * size) / count);
  const to = (i: number): number => Math.ceil(((i + 1) * size) / count);
  const kernel = Math.max(...Array.from({ length: count }, (_, i) => to(i) - from(i)));
  const window = g.iota(count);
  const starts = g.withScalar('div', g.scale(window, size), count);
  const ends = g.withScalar('div', g.withScalar('add', g.scale(window, size), size + count - 1), count);
  const lengths = g.sub(ends, starts);

  const table = [count, kernel];
  const offset = g.iotaAlong(table, 1);
  const at = g.add(along(starts, table, 0), offset);
  const inside = g.binary('min', at, g.fullLike(at, size - 1));
  const index = g.reshape(inside, [count * kernel]);
  const picked = g.gather(x, along(index, x.shape.with(axis, count * kernel), axis), axis);
  const split = g.reshape(picked, x.shape.toSpliced(axis, 1, count, kernel));
  const gathered = g.moveAxis(split, axis + 1, split.shape.length - 1);
  const valid = g.lt(offset, along(lengths, table, 0));
  const layout = gathered.shape.map((d, i) => (i === axis || i === gathered.shape.length - 1 ? d : 1));
  const values = g.where(
    g.expand(g.reshape(valid, layout), gathered.shape),
    gathered,
    g.fullLike(gathered, fill),
  );
  return { values, kernel: [kernel], starts: [starts], lengths: [lengths] };
}

/** Windows that cover [N, C, ...spatial] so that there are `counts` of them; shorter ones are filled up with `fill`. */
export function adaptive(x: Value, counts: readonly number[], fill: number): Windows {
  const parts: Omit<Windows, 'dilation'>[] = [];
  for (const [i, count] of counts.entries()) parts.push(adapt(parts.at(-1)?.values ?? x, i + 2, count, fill));
  return {
    values: parts.at(-1)!.values,
    kernel: parts.flatMap((part) => part.kernel),
    starts: parts.flatMap((part) => part.starts),
    lengths: parts.flatMap((part) => part.lengths),
    dilation: counts.map(() => 1),
  };
}

/** Product of one factor a dimension, over [N, C, ...count]. */
export function perWindow(factors: readonly (Value | number)[], like: Value): Value {
  const constant = factors.reduce<number>((product, f) => (typeof f === 'number' ? product * f : product), 1);
  return factors.reduce<Value>(
    (product, f, i) =>
      typeof f === 'number' ? product : g.mul(product, along(g.cast(f, like.dtype), like.shape, i + 2)),
    g.fullLike(like, constant),
  );
}

/** The first largest element of each window, and its position in the input's flattened spatial dimensions. */
export function largest(
  { values, kernel, starts, dilation }: Windows,
  sizes: readonly number[],
): { output: Value; indices: Value } {
  const lead = values.shape.slice(0, -kernel.length);
  const size = kernel.reduce((a, b) => a * b, 1);
  const rows = g.reshape(values, [...lead, size]);
  const axis = lead.length;
  const best = g.arg('argmax', rows, axis);
  const hit = g.eq(g.iotaAlong(rows.shape, axis), g.expand(unsqueeze(best, axis), rows.shape));
  // Picked by comparison, so that the gradient goes to the first of equal elements, as in PyTorch.
  const output = g.sum(g.where(hit, rows, g.zerosLike(rows)), [axis]);

  let rest = best;
  let stride = 1;
  let indices = g.zerosLike(best);
  for (let i = kernel.length - 1; i >= 0; i--) {
    const quotient = g.withScalar('div', rest, kernel[i]!);
    const offset = g.sub(rest, g.scale(quotient, kernel[i]!));
    const at = g.add(along(starts[i]!, lead, i + 2), g.scale(offset, dilation[i]!));
    indices = g.add(indices, g.scale(at, stride));
    stride *= sizes[i]!;
    rest = quotient;
  }
  return { output, indices };
}
