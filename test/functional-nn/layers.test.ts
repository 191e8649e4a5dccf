import { describe, expect, it } from 'vitest';
import { elu, logsigmoid, relu, softmax, softplus } from '../../src/functional/activation.js';
import { attentionWeights, scaledDotProductAttention } from '../../src/functional/attention.js';
import { conv1d, conv2d, convTranspose1d } from '../../src/functional/conv.js';
import { alphaDropoutWith, dropoutWith } from '../../src/functional/dropout.js';
import { embedding, embeddingBag, embeddingRenorm } from '../../src/functional/embedding.js';
import { bilinear, linear } from '../../src/functional/linear.js';
import { batchNorm, batchNormUpdateStats, layerNorm, normalize } from '../../src/functional/norm.js';
import { counting, gradientOf, ints, tensor, values } from './evaluate.js';

const close = (actual: readonly number[], expected: readonly number[], digits = 6): void => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));
};

describe('activations', () => {
  it('relu keeps NaN and has gradient 0 at 0', () => {
    const x = tensor([-1, 0, 2, NaN]);
    expect(values(relu(x))).toEqual([0, 0, 2, NaN]);
    expect(gradientOf(relu(x), x)).toEqual([0, 0, 1, 1]);
  });

  it('gradients of large inputs are finite', () => {
    const x = tensor([-1000, 1000]);
    expect(gradientOf(elu(x), x)).toEqual([0, 1]);
    expect(gradientOf(softplus(x), x)).toEqual([0, 1]);
    expect(gradientOf(logsigmoid(x), x)).toEqual([1, -0]);
    expect(values(logsigmoid(x))).toEqual([-1000, -0]);
  });

  it('softmax of large values, of a scalar and of nothing', () => {
    expect(values(softmax(tensor([1000, 1000]), 0))).toEqual([0.5, 0.5]);
    expect(values(softmax(tensor([5], []), 0))).toEqual([1]);
    expect(softmax(tensor([], [2, 0]), 1).shape).toEqual([2, 0]);
    expect(() => softmax(tensor([1]), 1)).toThrow(/dim 1 is out of range/);
  });
});

describe('convolution', () => {
  it('pads to the same size, the odd element after', () => {
    const y = conv1d(counting(1, 1, 4), tensor([1, 1], [1, 1, 2]), undefined, { padding: 'same' });
    expect(values(y)).toEqual([3, 5, 7, 4]);
  });

  it('takes input without a batch', () => {
    expect(conv2d(counting(2, 4, 4), counting(3, 2, 3, 3), tensor([1, 2, 3])).shape).toEqual([3, 2, 2]);
  });

  it('is transposed by convTranspose', () => {
    const x = counting(1, 4, 7);
    const w = counting(6, 2, 3);
    const options = { stride: 2, padding: 1, groups: 2 };
    const y = conv1d(x, w, undefined, options);
    const up = convTranspose1d(
      tensor(
        values(y).map(() => 1),
        y.shape,
      ),
      w,
      undefined,
      options,
    );
    expect(values(up)).toEqual(gradientOf(y, x));
  });

  it('names what does not fit', () => {
    expect(() => conv2d(counting(1, 3, 4, 4), counting(2, 4, 3, 3))).toThrow(
      /conv2d.*4 channels.*\[1, 3, 4, 4\]/,
    );
    expect(() => conv1d(counting(1, 1, 2), counting(1, 1, 3))).toThrow(/can't be greater/);
    expect(() => conv1d(counting(1, 1, 4), counting(1, 1, 3), undefined, { padding: -1 })).toThrow(/padding/);
  });
});

describe('normalisation', () => {
  it('layerNorm over the last two dimensions', () => {
    const y = values(layerNorm(counting(2, 1, 2), [1, 2], undefined, undefined, { eps: 0 }));
    close(y, [-1, 1, -1, 1]);
  });

  it('batchNorm by the batch, and its running statistics', () => {
    const x = tensor([1, 10, 3, 30], [2, 2]);
    const [mean, variance] = [tensor([0, 0]), tensor([1, 1])];
    close(
      values(batchNorm(x, mean, variance, undefined, undefined, { training: true, eps: 0 })),
      [-1, -1, 1, 1],
    );
    close(values(batchNorm(x, mean, variance, undefined, undefined, { eps: 0 })), [1, 10, 3, 30]);
    const next = batchNormUpdateStats(x, mean, variance, { momentum: 0.5 });
    close(values(next.runningMean), [1, 10]);
    close(values(next.runningVar), [1.5, 100.5]);
    const byTensor = batchNormUpdateStats(x, mean, variance, { momentum: tensor([0.5], []) });
    close(values(byTensor.runningVar), [1.5, 100.5]);
  });

  it('refuses a batch of one value a channel', () => {
    expect(() =>
      batchNorm(counting(1, 2), undefined, undefined, undefined, undefined, { training: true }),
    ).toThrow(/more than 1 value per channel/);
    expect(() => batchNorm(counting(2, 2))).toThrow(/runningMean and runningVar/);
  });

  it('normalize leaves a vector of zeros', () => {
    const x = tensor([0, 0, 3, 4], [2, 2]);
    close(values(normalize(x)), [0, 0, 0.6, 0.8]);
  });
});

describe('attention', () => {
  it('sees earlier keys only', () => {
    const weights = values(attentionWeights(counting(1, 2, 2), counting(1, 3, 2), { isCausal: true }));
    expect(weights.slice(0, 3)).toEqual([1, 0, 0]);
    expect(weights[5]).toBe(0);
  });

  it('takes a bool mask that broadcasts', () => {
    const mask = tensor([1, 0], [2], 'bool');
    const y = scaledDotProductAttention(counting(2, 1, 2), counting(2, 2, 2), counting(2, 2, 1), {
      attnMask: mask,
    });
    expect(values(y)).toEqual([1, 3]);
  });

  it('names what does not fit', () => {
    expect(() => scaledDotProductAttention(counting(2, 2), counting(3, 3), counting(3, 2))).toThrow(
      /last dimension/,
    );
    expect(() => scaledDotProductAttention(counting(2, 2), counting(3, 2), counting(2, 2))).toThrow(
      /positions/,
    );
  });
});

describe('embedding', () => {
  const table = (): ReturnType<typeof tensor> => counting(3, 2);

  it('gives the padding row no gradient', () => {
    const w = table();
    const y = embedding(ints([0, 2, 2]), w, { paddingIdx: -1 });
    expect(values(y)).toEqual([1, 2, 5, 6, 5, 6]);
    expect(gradientOf(y, w)).toEqual([1, 1, 0, 0, 0, 0]);
  });

  it('sums bags, an empty one to zero', () => {
    const bags = (mode: 'sum' | 'mean' | 'max'): number[] =>
      values(embeddingBag(ints([0, 1, 2]), table(), { offsets: ints([0, 2, 2]), mode }));
    expect(bags('sum')).toEqual([4, 6, 0, 0, 5, 6]);
    expect(bags('mean')).toEqual([2, 3, 0, 0, 5, 6]);
    expect(bags('max')).toEqual([3, 4, 0, 0, 5, 6]);
    const w = table();
    const sum = embeddingBag(ints([0, 1, 2]), w, { offsets: ints([0, 2, 2]), mode: 'sum', paddingIdx: 1 });
    expect(gradientOf(sum, w)).toEqual([1, 1, 0, 0, 1, 1]);
  });

  it('shrinks used rows only', () => {
    close(values(embeddingRenorm(tensor([3, 4, 3, 4], [2, 2]), ints([1]), { maxNorm: 1 })), [3, 4, 0.6, 0.8]);
  });
});

it('linear and bilinear maps', () => {
  expect(values(linear(counting(2), counting(3, 2), tensor([1, 1, 1])))).toEqual([6, 12, 18]);
  expect(values(bilinear(counting(1, 2), tensor([3], [1, 1]), tensor([1, 1], [1, 2, 1])))).toEqual([9]);
  expect(() => linear(counting(3), counting(3, 2))).toThrow(/weight takes 2/);
});

it('dropout by given numbers', () => {
  const x = tensor([1, 2, 3, 4], [2, 2]);
  expect(values(dropoutWith(x, tensor([0.1, 0.5, 0.7, 0.4], [2, 2])))).toEqual([0, 4, 6, 0]);
  expect(values(dropoutWith(x, tensor([0.1, 0.9], [2, 1])))).toEqual([0, 0, 6, 8]);
  expect(values(dropoutWith(x, x, { p: 0 }))).toEqual([1, 2, 3, 4]);
  expect(values(dropoutWith(x, x, { p: 1 }))).toEqual([0, 0, 0, 0]);
  expect(values(alphaDropoutWith(x, x, { p: 0 }))).toEqual([1, 2, 3, 4]);
  expect(() => dropoutWith(x, x, { p: 2 })).toThrow(/between 0 and 1/);
});
