/** Attention that is not written out: operands as expressions, which the kernel evaluates tile by tile. */
import { invariant, numel } from '../core/index.js';
import { attentionOperands, type AttentionNode, type Node } from '../graph/index.js';
import {
  axisIndex,
  constantIndex,
  unflattenIndex,
  type AttentionNest,
  type AttentionResult,
  type Axis,
  type ContractOperand,
} from '../loops/index.js';
import { Reader, type Emission } from './emission.js';
import type { NestBody } from './map.js';

const resultOf = (node: AttentionNode): AttentionResult => {
  if (node.op === 'attentionLse') return 'logsumexp';
  if (node.op === 'attention') return 'output';
  return ({ q: 'gradientQ', k: 'gradientK', v: 'gradientV' } as const)[node.attrs.of];
};

export function lowerAttention(emission: Emission): NestBody<AttentionNest> {
  const { group, results } = emission.region;
  const isAttention = (node: Node): node is Node & AttentionNode =>
    node.op === 'attention' || node.op === 'attentionLse' || node.op === 'attentionGrad';
  const [root] = group.members.keys();
  invariant(root && isAttention(root), 'an attention region has an attention');
  const { q, k, v, mask, seed, backward } = attentionOperands(root);
  const { scale, causal, dropout } = root.attrs;
  const lead = q.shape.slice(0, -2);
  const axes = [numel(lead), q.shape.at(-2)!, k.shape.at(-2)!, q.shape.at(-1)!, v.shape.at(-1)!];
  const [batch, queries, keys, width, valueWidth] = axes.map((extent, axis): Axis => ({ axis, extent })) as [
    Axis,
    Axis,
    Axis,
    Axis,
    Axis,
  ];
  const matrix = unflattenIndex(axisIndex(batch.axis, batch.extent), lead);
  const operand = (node: Node, ...along: readonly Axis[]): ContractOperand => {
    const reader = new Reader(emission);
    const at = [...matrix, ...along.map(({ axis, extent }) => axisIndex(axis, extent))];
    return { value: reader.read(node, at), body: reader.instrs };
  };
  const draw = (words: Node): AttentionNest['dropout'] => {
    const reader = new Reader(emission);
    const key = [0, 1].map((i) => reader.read(words, [constantIndex(i)])) as [number, number];
    return { probability: dropout, body: reader.instrs, key };
  };
  return {
    kind: 'attention',
    batch,
    queries,
    keys,
    width,
    valueWidth,
    scale,
    causal,
    q: operand(q, queries, width),
    k: operand(k, keys, width),
    v: operand(v, keys, valueWidth),
    mask: mask && operand(mask, queries, keys),
    dropout: seed && draw(seed),
    backward: backward && {
      cotangent: operand(backward[0], queries, valueWidth),
      logsumexp: operand(backward[1], queries),
      rows: operand(backward[2], queries),
    },
    results: Object.fromEntries(
      results.map(({ value, stored }) => {
        invariant(isAttention(value), 'an attention kernel has results of attention only');
        return [resultOf(value), emission.buffer(stored, 'write')];
      }),
    ),
  };
}
