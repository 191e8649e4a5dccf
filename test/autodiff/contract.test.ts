import { describe, it } from 'vitest';
import { attentionDecomposition, g, isOp, node, type Node } from '../../src/graph/index.js';
import type { OpAttrs } from '../../src/ops/index.js';
import { checkGradients, evaluate, expectClose, leaf } from './check.js';

const dots: Record<string, [number[], number[], OpAttrs['dot']]> = {
  matrix: [[2, 3], [3, 4], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }],
  'transposed matrix': [[3, 2], [4, 3], { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [1] }],
  outer: [[2], [3], { lhsBatch: [], rhsBatch: [], lhsContract: [], rhsContract: [] }],
  inner: [[3], [3], { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] }],
  batched: [[2, 2, 3], [2, 3, 2], { lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [1] }],
  'two contractions, crossed': [
    [2, 3, 4],
    [4, 2, 2],
    { lhsBatch: [], rhsBatch: [], lhsContract: [0, 2], rhsContract: [2, 0] },
  ],
  'batch in the middle': [
    [3, 2, 2, 2],
    [2, 4, 3],
    { lhsBatch: [2, 0], rhsBatch: [0, 2], lhsContract: [], rhsContract: [] },
  ],
  'batch last, contraction first': [
    [3, 2, 2],
    [4, 3, 2],
    { lhsBatch: [2], rhsBatch: [2], lhsContract: [0], rhsContract: [1] },
  ],
};

describe('dot', () => {
  for (const [name, [a, b, attrs]] of Object.entries(dots)) {
    it(name, () => checkGradients((x, y) => g.dot(x, y, attrs), [leaf(a), leaf(b)]));
  }
  it('of a value with itself', () => checkGradients((x) => g.matmul(x, x), [leaf([3, 3])]));
});

const plain: OpAttrs['conv'] = {
  strides: [1],
  padLow: [0],
  padHigh: [0],
  lhsDilation: [1],
  rhsDilation: [1],
  featureGroups: 1,
  batchGroups: 1,
};
const convs: Record<string, [number[], number[], Partial<OpAttrs['conv']>]> = {
  plain: [[2, 2, 5], [3, 2, 3], {}],
  padded: [[1, 2, 5], [2, 2, 3], { padLow: [2], padHigh: [1] }],
  'stride that divides': [[1, 2, 7], [2, 2, 3], { strides: [2] }],
  'stride that does not divide': [[1, 2, 8], [2, 2, 3], { strides: [3], padLow: [1] }],
  'kernel dilation': [[1, 2, 7], [2, 2, 3], { rhsDilation: [2] }],
  'input dilation': [[1, 2, 4], [2, 2, 3], { lhsDilation: [3], padLow: [2], padHigh: [3] }],
  'everything dilated and strided': [
    [1, 2, 5],
    [2, 2, 3],
    { strides: [2], lhsDilation: [3], rhsDilation: [2], padLow: [1], padHigh: [2] },
  ],
  'negative padding': [[1, 2, 8], [2, 2, 3], { padLow: [-2], padHigh: [-1] }],
  'negative padding of a dilated input': [
    [1, 1, 5],
    [2, 1, 2],
    { padLow: [-3], padHigh: [-1], lhsDilation: [2], strides: [2] },
  ],
  'padding larger than the kernel': [[1, 1, 3], [1, 1, 2], { padLow: [4], padHigh: [3], strides: [2] }],
  'feature groups': [[2, 4, 4], [6, 2, 2], { featureGroups: 2 }],
  depthwise: [[2, 3, 5], [3, 1, 3], { featureGroups: 3, padLow: [1], padHigh: [1], strides: [2] }],
  'batch groups': [[4, 2, 4], [6, 2, 2], { batchGroups: 2 }],
  'batch groups, strided and dilated': [
    [4, 2, 6],
    [2, 2, 2],
    { batchGroups: 2, strides: [2], rhsDilation: [2], padLow: [1], padHigh: [2] },
  ],
  'both kinds of groups': [[4, 4, 3], [8, 1, 2], { batchGroups: 2, featureGroups: 4 }],
  'groups that share no factor': [[4, 3, 3], [6, 1, 2], { batchGroups: 2, featureGroups: 3 }],
  'two dimensions': [
    [1, 2, 4, 5],
    [2, 2, 3, 2],
    { strides: [1, 2], padLow: [1, 0], padHigh: [0, 1], lhsDilation: [1, 2], rhsDilation: [1, 3] },
  ],
  'no spatial dimension': [
    [2, 3],
    [4, 3],
    { strides: [], padLow: [], padHigh: [], lhsDilation: [], rhsDilation: [] },
  ],
};

describe('conv', () => {
  for (const [name, [x, w, attrs]] of Object.entries(convs)) {
    it(name, () => {
      const spatial = x.length - 2;
      const fit = (values: readonly number[]): number[] =>
        Array.from({ length: spatial }, (_, i) => values[i % values.length]!);
      const all = { ...plain, ...attrs };
      checkGradients(
        (a, b) =>
          g.conv(a, b, {
            ...all,
            strides: fit(all.strides),
            padLow: fit(all.padLow),
            padHigh: fit(all.padHigh),
            lhsDilation: fit(all.lhsDilation),
            rhsDilation: fit(all.rhsDilation),
          }),
        [leaf(x), leaf(w)],
      );
    });
  }
});

describe('attention', () => {
  const attention = (inputs: Node[], causal: boolean): Node =>
    node('attention', inputs, { scale: 0.7, causal, dropout: 0 });
  const inputs = (): Node[] => [leaf([2, 3, 2]), leaf([2, 4, 2]), leaf([2, 4, 3])];
  it('equals its decomposition', () => {
    for (const causal of [false, true]) {
      const value = attention([...inputs(), leaf([2, 3, 4])], causal);
      if (!isOp(value, 'attention')) throw new Error('not attention');
      const [direct, decomposed] = evaluate(value, attentionDecomposition(value));
      expectClose(direct!, decomposed!, 1e-12);
    }
  });
  it('plain', () => checkGradients((...xs) => attention(xs, false), inputs()));
  it('causal, with a mask', () =>
    checkGradients((...xs) => attention(xs, true), [...inputs(), leaf([2, 3, 4])]));
  it('with dropout', () =>
    checkGradients(
      (...xs) =>
        node('attention', [...xs, leaf([2], [3, 5], 'uint32')], { scale: 0.7, causal: false, dropout: 0.4 }),
      inputs(),
    ));
  it('logsumexp', () =>
    checkGradients(
      (...xs) => node('attentionLse', xs, { scale: 0.7, causal: true, dropout: 0 }),
      inputs()
        .slice(0, 2)
        .concat(leaf([2, 4, 3])),
    ));
  it('of one value as query, key and value', () =>
    checkGradients((x) => attention([x, x, x], true), [leaf([3, 2])]));
});
