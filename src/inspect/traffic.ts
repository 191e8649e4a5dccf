/** Bytes and arithmetic: what single operations need, and what a kernel really touches. */
import { dtypes, numel } from '../core/index.js';
import type { Node } from '../graph/index.js';
import { axesOf, isView, type Axis, type Instr, type LoopNest } from '../loops/index.js';
import { family } from '../ops/index.js';

export const bytesOf = (node: Pick<Node, 'shape' | 'dtype'>): number =>
  numel(node.shape) * dtypes[node.dtype].bytes;

/** Bytes read to see all of a value: of a view, no more than the elements behind it. */
function bytesBehind(value: Node): number {
  const cost = new Map<Node, number>();
  const stack = [value];
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    const waiting = isView(node) ? node.inputs.filter((input) => !cost.has(input)) : [];
    if (waiting.length > 0) {
      stack.push(...waiting);
      continue;
    }
    stack.pop();
    const all = isView(node) ? node.inputs.reduce((sum, input) => sum + cost.get(input)!, 0) : Infinity;
    cost.set(node, node.op === 'constant' || node.op === 'iota' ? 0 : Math.min(bytesOf(node), all));
  }
  return cost.get(value)!;
}

/** Bytes an operation moves as a kernel of its own: it reads its operands and writes its result. */
export function bytesAlone(node: Node): number {
  const reads = node.inputs.map(bytesBehind);
  // Of a table only what is picked.
  if (node.op === 'gather') reads[0] = Math.min(reads[0]!, bytesOf(node));
  return reads.reduce((sum, bytes) => sum + bytes, bytesOf(node));
}

/** Floating-point operations, a multiply-add as two. */
export function flopsOf(node: Node): number {
  const count = numel(node.shape);
  if (node.op === 'dot')
    return 2 * count * numel(node.attrs.lhsContract.map((axis) => node.inputs[0]!.shape[axis]!));
  if (node.op === 'conv') return 2 * count * numel(node.inputs[1]!.shape.slice(1));
  if (node.op === 'attention' || node.op === 'attentionLse' || node.op === 'attentionGrad') {
    const [q, k, v] = node.inputs as readonly [Node, Node, Node];
    const pairs = numel(q.shape.slice(0, -1)) * k.shape.at(-2)!;
    const [width, valueWidth] = [q.shape.at(-1)!, v.shape.at(-1)!];
    if (node.op !== 'attentionGrad')
      return 2 * pairs * (node.op === 'attention' ? valueWidth + width : width);
    return 2 * pairs * (node.attrs.of === 'v' ? valueWidth + width : 2 * width + valueWidth);
  }
  const kind = family(node.op);
  if (kind === 'elementwise') return count;
  if (kind === 'reduce' || kind === 'scan') return numel(node.inputs[0]!.shape);
  return node.op === 'scatterAdd' ? numel(node.inputs[2]!.shape) : 0;
}

const extents = (axes: readonly Axis[]): number => axes.reduce((product, { extent }) => product * extent, 1);

/** Parts of a nest: instructions with the axes they run over. Buffers are numbered as the nest numbers them. */
function* sections(
  nest: LoopNest,
): Generator<{ body: readonly Instr[]; axes: readonly Axis[]; segment?: readonly number[] }> {
  switch (nest.kind) {
    case 'map':
      yield nest;
      return;
    case 'row':
      yield { body: nest.setup, axes: [] };
      for (const { rowBody, body } of nest.stages) {
        yield { body: rowBody, axes: nest.rows };
        yield { body, axes: [...nest.rows, ...nest.inner] };
      }
      yield { body: nest.finishColumns.body, axes: nest.inner };
      yield { body: nest.finishTotals.body, axes: [] };
      return;
    case 'contract': {
      const { batch, m, n, k } = nest;
      yield { body: nest.a.body, axes: [...batch, ...m, ...k] };
      yield { body: nest.b.body, axes: [...batch, ...n, ...k] };
      yield { body: nest.body, axes: [...batch, ...m, ...n] };
      return;
    }
    case 'segmented':
      yield { body: nest.setup, axes: [] };
      for (const [segment, extent] of nest.counts.entries()) {
        yield {
          body: nest.body,
          axes: [{ axis: 0, extent }],
          segment: nest.streams.map((stream) => stream[segment]!),
        };
      }
      return;
    case 'scatter':
      yield nest.base;
      yield nest;
      return;
    case 'attention': {
      const { batch, queries, keys, width, valueWidth, mask, dropout, backward } = nest;
      yield { body: nest.q.body, axes: [batch, queries, width] };
      yield { body: nest.k.body, axes: [batch, keys, width] };
      yield { body: nest.v.body, axes: [batch, keys, valueWidth] };
      if (mask) yield { body: mask.body, axes: [batch, queries, keys] };
      if (dropout) yield { body: dropout.body, axes: [] };
      if (!backward) return;
      yield { body: backward.cotangent.body, axes: [batch, queries, valueWidth] };
      yield { body: backward.logsumexp.body, axes: [batch, queries] };
      yield { body: backward.rows.body, axes: [batch, queries] };
      return;
    }
    case 'opaque':
      return;
  }
}

/** Bytes a kernel reads and writes: each element it touches once, since what it reads again is near. */
export function bytesTouched(nest: LoopNest): { readonly read: number; readonly written: number } {
  const places = new Array<number>(nest.buffers.length).fill(0);
  for (const { body, axes, segment } of sections(nest)) {
    for (const instr of body) {
      if (instr.kind !== 'load') continue;
      const used = axesOf(instr.index);
      const walked = instr.indirect.length > 0 ? axes : axes.filter(({ axis }) => used.has(axis));
      places[segment?.[instr.buffer] ?? instr.buffer]! += extents(walked);
    }
  }
  if (nest.kind === 'opaque') places[nest.input] = Infinity;
  let [read, written] = [0, 0];
  nest.buffers.forEach(({ dtype, elements, access }, i) => {
    read += Math.min(elements, places[i]!) * dtypes[dtype].bytes;
    if (access !== 'read') written += elements * dtypes[dtype].bytes;
  });
  return { read, written };
}
