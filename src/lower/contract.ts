/**
 * Contractions. A matrix product and a convolution are one form: out[batch, m, n] = sum over k of a[batch, m, k] *
 * b[batch, n, k], with the windows of a convolution as index expressions and its padding as masks.
 */
import { invariant, type Shape } from '../core/index.js';
import type { Node } from '../graph/index.js';
import {
  addIndex,
  axesFor,
  axisIndex,
  constantIndex,
  decide,
  divIndex,
  modIndex,
  push,
  scaleIndex,
  substitute,
  type Axis,
  type ContractNest,
  type IndexExpr,
  type Predicate,
  type Store,
} from '../loops/index.js';
import { Reader, storePosition, type At, type Emission } from './emission.js';
import type { NestBody } from './map.js';

/** How a contraction walks: its axes, and where it reads both operands. */
interface Walk {
  readonly batch: Axis[];
  readonly m: Axis[];
  readonly n: Axis[];
  readonly k: Axis[];
  readonly a: { readonly node: Node; readonly at: At; readonly masks: readonly Predicate[] };
  readonly b: { readonly node: Node; readonly at: At; readonly masks: readonly Predicate[] };
  /** Index of each output dimension. */
  readonly out: At;
}

/** Hands out axis numbers; those of size 1 are constants. */
class AxisMaker {
  next = 0;
  make(extent: number): { index: IndexExpr; axes: Axis[] } {
    const axis = this.next++;
    return { index: axisIndex(axis, extent), axes: extent === 1 ? [] : [{ axis, extent }] };
  }
  all(extents: readonly number[]): { indices: IndexExpr[]; axes: Axis[] } {
    const made = extents.map((extent) => this.make(extent));
    return { indices: made.map((m) => m.index), axes: made.flatMap((m) => m.axes) };
  }
}

function walkDot(node: Extract<Node, { op: 'dot' }>): Walk {
  const [a, b] = node.inputs as [Node, Node];
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = node.attrs;
  const free = (shape: Shape, taken: readonly number[]): number[] =>
    shape.map((_, i) => i).filter((i) => !taken.includes(i));
  const lhsFree = free(a.shape, [...lhsBatch, ...lhsContract]);
  const rhsFree = free(b.shape, [...rhsBatch, ...rhsContract]);
  const axes = new AxisMaker();
  const batch = axes.all(lhsBatch.map((i) => a.shape[i]!));
  const m = axes.all(lhsFree.map((i) => a.shape[i]!));
  const n = axes.all(rhsFree.map((i) => b.shape[i]!));
  const k = axes.all(lhsContract.map((i) => a.shape[i]!));
  const place = (
    rank: number,
    ...parts: readonly (readonly [readonly number[], readonly IndexExpr[]])[]
  ): IndexExpr[] => {
    const at = new Array<IndexExpr>(rank);
    for (const [dims, indices] of parts) dims.forEach((dim, i) => (at[dim] = indices[i]!));
    return at;
  };
  return {
    batch: batch.axes,
    m: m.axes,
    n: n.axes,
    k: k.axes,
    a: {
      node: a,
      at: place(a.shape.length, [lhsBatch, batch.indices], [lhsFree, m.indices], [lhsContract, k.indices]),
      masks: [],
    },
    b: {
      node: b,
      at: place(b.shape.length, [rhsBatch, batch.indices], [rhsFree, n.indices], [rhsContract, k.indices]),
      masks: [],
    },
    out: [...batch.indices, ...m.indices, ...n.indices],
  };
}

/** The weight is the left operand and pixels the right one: pixels are contiguous in the output. */
function walkConv(node: Extract<Node, { op: 'conv' }>): Walk {
  const [x, w] = node.inputs as [Node, Node];
  const attrs = node.attrs;
  const groups = Math.max(attrs.featureGroups, attrs.batchGroups);
  const [outN, outC, ...outSpace] = node.shape as [number, number, ...number[]];
  const [, perGroup, ...kernel] = w.shape as [number, number, ...number[]];
  const axes = new AxisMaker();
  const group = axes.make(groups);
  const channel = axes.make(outC / groups);
  const image = axes.make(outN);
  const pixel = axes.all(outSpace);
  const input = axes.make(perGroup);
  const tap = axes.all(kernel);
  const outChannel = addIndex(scaleIndex(group.index, outC / groups), channel.index);
  const masks: Predicate[] = [];
  const space = pixel.indices.map((index, d) => {
    const dilation = attrs.lhsDilation[d]!;
    const position = addIndex(
      addIndex(scaleIndex(index, attrs.strides[d]!), scaleIndex(tap.indices[d]!, attrs.rhsDilation[d]!)),
      constantIndex(-attrs.padLow[d]!),
    );
    masks.push({ expr: position, lo: 0, hi: (x.shape[d + 2]! - 1) * dilation + 1 });
    if (dilation === 1) return position;
    masks.push({ expr: modIndex(position, dilation), lo: 0, hi: 1 });
    return divIndex(position, dilation);
  });
  const batchIndex =
    attrs.batchGroups > 1 ? addIndex(scaleIndex(group.index, outN), image.index) : image.index;
  const inChannel =
    attrs.featureGroups > 1 ? addIndex(scaleIndex(group.index, perGroup), input.index) : input.index;
  return {
    batch: group.axes,
    m: channel.axes,
    n: [...image.axes, ...pixel.axes],
    k: [...input.axes, ...tap.axes],
    a: { node: w, at: [outChannel, input.index, ...tap.indices], masks: [] },
    b: {
      node: x,
      at: [batchIndex, inChannel, ...space],
      masks: masks.filter((mask) => decide(mask) !== true),
    },
    out: [image.index, outChannel, ...pixel.indices],
  };
}

/** Reads the epilogue, where the contraction itself is the finished sum. */
class EpilogueReader extends Reader {
  constructor(
    emission: Emission,
    readonly root: Node,
    readonly sum: number,
  ) {
    super(emission);
  }
  protected override provided(node: Node): number | undefined {
    return node === this.root ? this.sum : undefined;
  }
}

export function lowerContract(emission: Emission): NestBody<ContractNest> {
  const { group, results } = emission.region;
  const root = [...group.members.keys()].find((node) => node.op === 'dot' || node.op === 'conv');
  invariant(root && (root.op === 'dot' || root.op === 'conv'), 'a contract region has a contraction');
  const walk = root.op === 'dot' ? walkDot(root) : walkConv(root);
  const operand = ({ node, at, masks }: Walk['a']): ContractNest['a'] => {
    const reader = new Reader(emission);
    const value = reader.readOrZero(node, at, masks);
    return { body: reader.instrs, value };
  };
  const a = operand(walk.a);
  const b = operand(walk.b);
  const sum = emission.newId();
  const epilogue = new EpilogueReader(emission, root, sum);
  const domain = axesFor(group.domain);
  const inWalk = (at: At): IndexExpr[] =>
    at.map((index) =>
      substitute(index, (axis) => (domain[axis]!.terms.length === 0 ? domain[axis]! : walk.out[axis]!)),
    );
  const stores = results.map(({ value, stored }): Store => {
    const at = inWalk(group.members.get(value)!.at);
    return {
      value: epilogue.read(value, at),
      index: storePosition(value, stored, at, push),
      buffer: emission.buffer(stored, 'write'),
    };
  });
  const { batch, m, n, k } = walk;
  return { kind: 'contract', batch, m, n, k, a, b, dtype: root.dtype, sum, body: epilogue.instrs, stores };
}
