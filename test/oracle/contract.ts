/** The reference's contractions: dot and convolution, each by its definition. */
import { dilatedSize, isFloat, numel, stridesOf, type DType, type Shape } from '../../src/core/index.js';
import type { NodeOf } from '../../src/graph/index.js';
import { wrap, type OpAttrs, type Value } from '../../src/ops/index.js';
import type { Tensor } from './interpreter.js';
import { coordinates, offsets } from './offsets.js';

/** Some elements of a tensor: `base` plus each of `at`. */
interface Places {
  readonly data: readonly Value[];
  readonly base: number;
  readonly at: readonly number[];
}

/** Sum of products, pair by pair; integers wrap once, at the end. */
function sumOfProducts(a: Places, b: Places, dtype: DType): Value {
  if (isFloat(dtype)) {
    const [x, y] = [a.data, b.data] as [readonly number[], readonly number[]];
    let sum = 0;
    for (let k = 0; k < a.at.length; k++) sum += x[a.base + a.at[k]!]! * y[b.base + b.at[k]!]!;
    return sum;
  }
  let sum = 0n;
  for (let k = 0; k < a.at.length; k++)
    sum += BigInt(a.data[a.base + a.at[k]!]!) * BigInt(b.data[b.base + b.at[k]!]!);
  return wrap(sum, dtype);
}

export function contract(a: Tensor, b: Tensor, attrs: OpAttrs['dot'], dtype: DType): Value[] {
  const along = (x: Tensor, axes: readonly number[]): number[] =>
    offsets(
      axes.map((axis) => x.shape[axis]!),
      axes.map((axis) => stridesOf(x.shape)[axis]!),
    );
  const rest = (x: Tensor, ...taken: (readonly number[])[]): number[] =>
    along(
      x,
      x.shape.flatMap((_, i) => (taken.flat().includes(i) ? [] : [i])),
    );
  const batches = along(b, attrs.rhsBatch);
  const rows = rest(a, attrs.lhsBatch, attrs.lhsContract);
  const columns = rest(b, attrs.rhsBatch, attrs.rhsContract);
  const inner = [along(a, attrs.lhsContract), along(b, attrs.rhsContract)] as const;
  return along(a, attrs.lhsBatch).flatMap((batch, i) =>
    rows.flatMap((row) =>
      columns.map((column) =>
        sumOfProducts(
          { data: a.data, base: batch + row, at: inner[0] },
          { data: b.data, base: batches[i]! + column, at: inner[1] },
          dtype,
        ),
      ),
    ),
  );
}

/**
 * For one place of the output, the pairs of places in an image and in a kernel that meet there. Places that fall into
 * the padding or between the elements of a dilated image are left out.
 */
function taps(
  place: readonly number[],
  space: Shape,
  kernel: Shape,
  attrs: OpAttrs['conv'],
): [number, number][] {
  const [imageStrides, kernelStrides] = [stridesOf(space), stridesOf(kernel)];
  return coordinates(kernel).flatMap((at): [number, number][] => {
    let [source, weight] = [0, 0];
    for (let d = 0; d < at.length; d++) {
      const p = place[d]! * attrs.strides[d]! + at[d]! * attrs.rhsDilation[d]! - attrs.padLow[d]!;
      const dilation = attrs.lhsDilation[d]!;
      if (p < 0 || p >= dilatedSize(space[d]!, dilation) || p % dilation !== 0) return [];
      source += (p / dilation) * imageStrides[d]!;
      weight += at[d]! * kernelStrides[d]!;
    }
    return [[source, weight]];
  });
}

/**
 * Output feature o of image n. Of the features' groups, o lies in group floor(o / (O / featureGroups)) and reads that
 * group's channels; of the batch's, in group floor(o / (O / batchGroups)) and reads that part of the images.
 */
export function convolve(x: Tensor, w: Tensor, { attrs, shape, dtype }: NodeOf<'conv'>): Value[] {
  const [images, features, ...out] = shape as [number, number, ...number[]];
  const [, channels, ...space] = x.shape as [number, number, ...number[]];
  const [, groupChannels, ...kernel] = w.shape as [number, number, ...number[]];
  const [imageSize, kernelSize] = [numel(space), numel(kernel)];
  const places = coordinates(out).map((place) => {
    const pairs = taps(place, space, kernel, attrs);
    const overChannels = (tap: (pair: [number, number]) => number, size: number): number[] =>
      Array.from({ length: groupChannels }, (_, c) => pairs.map((pair) => c * size + tap(pair))).flat();
    return { x: overChannels(([s]) => s, imageSize), w: overChannels(([, k]) => k, kernelSize) };
  });
  return coordinates([images, features]).flatMap(([n, o]) => {
    const group = Math.floor(o! / (features / attrs.featureGroups));
    const image = Math.floor(o! / (features / attrs.batchGroups)) * images + n!;
    const xBase = (image * channels + group * groupChannels) * imageSize;
    const wBase = o! * groupChannels * kernelSize;
    return places.map((at) =>
      sumOfProducts({ data: x.data, base: xBase, at: at.x }, { data: w.data, base: wBase, at: at.w }, dtype),
    );
  });
}
