import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/autodiff/index.js';
import { softmax } from '../../src/functional/activation.js';
import { crossEntropy, nllLoss } from '../../src/functional/loss-class.js';
import { ctcLoss } from '../../src/functional/loss-ctc.js';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  mseLoss,
} from '../../src/functional/loss.js';
import { pairwiseDistance } from '../../src/functional/loss-distance.js';
import { g, topological } from '../../src/graph/index.js';
import { family } from '../../src/ops/index.js';
import { gradientOf, ints, tensor, values } from './evaluate.js';

const scores = (): ReturnType<typeof tensor> => tensor([1, 2, 3, 3, 2, 1], [2, 3]);

describe('crossEntropy', () => {
  it('has the gradient (softmax - one-hot) / N', () => {
    const x = scores();
    const p = values(softmax(x, 1));
    const gradient = gradientOf(crossEntropy(x, ints([2, 0])), x);
    [0, 0, 1, 1, 0, 0].forEach((hit, i) => expect(gradient[i]).toBeCloseTo((p[i]! - hit) / 2, 12));
  });

  it('reads and writes no memory by index, forward or backward', () => {
    const x = scores();
    const loss = crossEntropy(x, ints([2, 0]), {
      ignoreIndex: 1,
      weight: tensor([1, 2, 3]),
      labelSmoothing: 0.1,
    });
    const families = topological([...gradients([loss], [g.fullLike(loss, 1)], [x]).map((n) => n!)]).map((n) =>
      family(n.op),
    );
    expect(families).not.toContain('gather');
    expect(families).not.toContain('scatter');
  });

  it('leaves ignored rows out of the mean and without gradient', () => {
    const x = scores();
    const one = values(crossEntropy(tensor([1, 2, 3], [1, 3]), ints([2])));
    const loss = crossEntropy(x, ints([2, 7]), { ignoreIndex: 7 });
    expect(values(loss)).toEqual(one);
    expect(gradientOf(loss, x).slice(3)).toEqual([0, 0, 0]);
  });

  it('is NaN for a class that does not exist', () => {
    expect(values(crossEntropy(scores(), ints([2, 3]), { reduction: 'none' }))[1]).toBeNaN();
    expect(values(nllLoss(scores(), ints([-1, 0]), { reduction: 'none' }))[0]).toBeNaN();
  });

  it('agrees between one-hot probabilities and class numbers', () => {
    const byClass = values(crossEntropy(scores(), ints([2, 0]), { labelSmoothing: 0.2 }));
    const byShare = values(
      crossEntropy(scores(), tensor([0, 0, 1, 1, 0, 0], [2, 3]), { labelSmoothing: 0.2 }),
    );
    expect(byShare[0]).toBeCloseTo(byClass[0]!, 12);
  });

  it('names shapes and dtypes that do not fit', () => {
    expect(() => crossEntropy(scores(), ints([0, 1, 2]))).toThrow(/\[2, 3\].*\[2\].*\[3\]/);
    expect(() => crossEntropy(scores(), tensor([0, 1]))).toThrow(/cast the target to int32/);
    expect(() => crossEntropy(scores(), ints([0, 1]), { weight: tensor([1, 1]) })).toThrow(/all 3 classes/);
  });
});

describe('stable forms', () => {
  it('binary cross-entropy with logits of any size', () => {
    const x = tensor([-1000, 1000, 0]);
    const loss = binaryCrossEntropyWithLogits(x, tensor([1, 1, 0]), { reduction: 'none' });
    expect(values(loss)).toEqual([1000, 0, Math.log(2)]);
    expect(gradientOf(loss, x)).toEqual([-1, 0, 0.5]);
  });

  it('binary cross-entropy bounds its logarithms', () => {
    const x = tensor([0, 1, 0]);
    const loss = binaryCrossEntropy(x, tensor([1, 1, 0]), { reduction: 'none' });
    expect(values(loss).map(Math.abs)).toEqual([100, 0, 0]);
    expect(gradientOf(loss, x).every(Number.isFinite)).toBe(true);
  });

  it('0 log 0 is 0 in klDiv', () => {
    expect(values(klDiv(tensor([-1]), tensor([0]), { reduction: 'sum' }))).toEqual([0]);
  });

  it('a distance of 0 has gradient 0', () => {
    const x = tensor([1, 2], [1, 2]);
    expect(gradientOf(pairwiseDistance(x, tensor([1, 2], [1, 2]), { eps: 0 }), x)).toEqual([0, 0]);
  });
});

describe('ctcLoss', () => {
  it('sums the alignments of one label', () => {
    // Two steps of two classes, label 1: the paths are (blank, 1), (1, blank) and (1, 1).
    const p = [0.6, 0.4, 0.3, 0.7];
    const logp = tensor(p.map(Math.log), [2, 1, 2]);
    const loss = ctcLoss(logp, ints([1], [1, 1]), ints([2]), ints([1]), { reduction: 'none' });
    expect(values(loss)[0]).toBeCloseTo(-Math.log(0.6 * 0.7 + 0.4 * 0.3 + 0.4 * 0.7), 12);
  });

  it('is infinite, or zero where asked, for more labels than steps', () => {
    const logp = tensor([-1, -1], [1, 1, 2]);
    const run = (zeroInfinity: boolean): number[] =>
      values(ctcLoss(logp, ints([1, 1], [1, 2]), ints([1]), ints([2]), { reduction: 'none', zeroInfinity }));
    expect(run(false)).toEqual([Infinity]);
    expect(run(true)).toEqual([0]);
  });
});

it('reductions', () => {
  const [x, y] = [tensor([1, 2]), tensor([0, 4])];
  expect(values(mseLoss(x, y, { reduction: 'none' }))).toEqual([1, 4]);
  expect(values(mseLoss(x, y, { reduction: 'sum' }))).toEqual([5]);
  expect(values(mseLoss(x, y))).toEqual([2.5]);
  expect(() => mseLoss(x, y, { reduction: 'average' as 'mean' })).toThrow(/not a valid value for reduction/);
});
