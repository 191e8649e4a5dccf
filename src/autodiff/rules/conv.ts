/**
 * Gradients of the convolution, both convolutions again. In one spatial dimension, with s the stride, r the kernel's
 * dilation, l the input's and p the low padding, out[o] = sum over k of w[k] x[i] wherever o s + k r - p = i l.
 * Solving for i turns strides into input dilation; solving for k turns them into kernel dilation.
 */
import { dilatedSize } from '../../core/index.js';
import { g, type Node, type NodeOf } from '../../graph/index.js';
import type { GradientRule } from './rule.js';

type Conv = NodeOf<'conv'>;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const zip = <T>(from: readonly T[], fn: (value: T, d: number) => number): number[] => from.map(fn);
const spatial = (x: Node): readonly number[] => x.shape.slice(2);

/** Dilated extents, per spatial dimension: of the input, of the kernel and of the result as gradients see it. */
function extents({ inputs: [x, w], attrs, shape }: Conv): {
  input: number[];
  kernel: number[];
  output: number[];
} {
  return {
    input: zip(spatial(x!), (size, d) => dilatedSize(size, attrs.lhsDilation[d]!)),
    kernel: zip(spatial(w!), (size, d) => dilatedSize(size, attrs.rhsDilation[d]!)),
    output: zip(shape.slice(2), (size, d) => dilatedSize(size, attrs.strides[d]!)),
  };
}

/** The kernel turned round in all spatial dimensions. */
const turned = (w: Node): Node =>
  g.slice(w, {
    starts: w.shape.map((size, i) => (i < 2 ? 0 : size - 1)),
    sizes: w.shape,
    steps: w.shape.map((_, i) => (i < 2 ? 1 : -1)),
  });

/** 1 where part `l` of `parts` belongs to batch group b and feature group f: shape [parts, batch, feature]. */
function membership(parts: number, batch: number, feature: number, like: Node): Node {
  const shape = [parts, batch, feature];
  const part = g.iotaAlong(shape, 0);
  const inGroup = (axis: number, groups: number): Node =>
    g.eq(g.withScalar('div', part, parts / groups), g.iotaAlong(shape, axis));
  return g.cast(g.binary('and', inGroup(1, batch), inGroup(2, feature)), like.dtype);
}

function inputGradient(node: Conv, ct: Node): Node {
  const [x, w] = node.inputs as readonly [Node, Node];
  const { strides, padLow, lhsDilation, rhsDilation, featureGroups, batchGroups } = node.attrs;
  const [out, perGroup, ...kernel] = w.shape as [number, number, ...number[]];
  const extent = extents(node);
  // Output channels fall into parts that lie in one batch group and one feature group.
  const parts = (featureGroups * batchGroups) / gcd(featureGroups, batchGroups);
  const split = g.reshape(turned(w), [parts, out / parts, perGroup, ...kernel]);
  const low = zip(extent.kernel, (size, d) => size - 1 - padLow[d]!);
  const wide = g.conv(ct, g.reshape(g.swapAxes(split, 1, 2), [parts * perGroup, out / parts, ...kernel]), {
    strides: lhsDilation,
    padLow: low,
    padHigh: zip(extent.input, (size, d) => size + padLow[d]! - extent.output[d]!),
    lhsDilation: strides,
    rhsDilation,
    featureGroups: parts,
    batchGroups: 1,
  });
  if (batchGroups === 1) return wide;
  const grouped = g.reshape(wide, [ct.shape[0]!, parts, perGroup, ...spatial(x)]);
  if (featureGroups === 1) return g.reshape(g.swapAxes(grouped, 0, 1), x.shape);
  const none: number[] = [];
  const placed = g.dot(membership(parts, batchGroups, featureGroups, ct), grouped, {
    lhsBatch: none,
    rhsBatch: none,
    lhsContract: [0],
    rhsContract: [1],
  });
  return g.reshape(g.swapAxes(placed, 1, 2), x.shape);
}

function weightGradient(node: Conv, ct: Node): Node {
  const x = node.inputs[0]!;
  const { strides, padLow, lhsDilation, rhsDilation, featureGroups, batchGroups } = node.attrs;
  const extent = extents(node);
  // Channels and samples change roles, and with them the two kinds of groups.
  const swapped = g.conv(g.swapAxes(x, 0, 1), g.swapAxes(ct, 0, 1), {
    strides: rhsDilation,
    padLow,
    padHigh: zip(extent.kernel, (size, d) => size - 1 + extent.output[d]! - extent.input[d]! - padLow[d]!),
    lhsDilation,
    rhsDilation: strides,
    featureGroups: batchGroups,
    batchGroups: featureGroups,
  });
  return g.swapAxes(swapped, 0, 1);
}

export const conv: GradientRule<'conv'> = (node, ct, needs) => [
  needs[0] ? inputGradient(node, ct) : undefined,
  needs[1] ? weightGradient(node, ct) : undefined,
];
