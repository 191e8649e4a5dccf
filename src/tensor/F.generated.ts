// Written by `npm run codegen` from src/functional. Do not edit.
/** torch.nn.functional: activations, losses, convolutions, normalisation, attention. */
import * as f from '../functional/index.js';
import type {
  AvgPoolOptions,
  ConvOptions,
  ConvTransposeOptions,
  GridMode,
  GridPadding,
  InterpolateMode,
  MaxPoolOptions,
  MaxUnpoolOptions,
  OutputSize,
  PadMode,
  PatchOptions,
  PerDim,
  Reduction,
  WithDType,
  WithReduction,
} from '../functional/index.js';
import type { Node } from '../graph/index.js';
import { maybeNodeOf, nodeOf } from './arguments.js';
import { call } from './base.js';
import { lower, named, wrap, wrapOrName, type Tensor } from './tensor.generated.js';

/**
 * Means over one dimension, so that the result has `outputSize` elements. PyTorch: `F.adaptive_avg_pool1d`.
 * @param input [N, C, L] or [C, L].
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveAvgPool1d(tensor([[1, 2, 3, 4]]), 2) // [[1.5, 3.5]]
 */
export function adaptiveAvgPool1d(input: Tensor, outputSize: OutputSize): Tensor {
  return call(() => wrap(f.adaptiveAvgPool1d(nodeOf(input, 'adaptiveAvgPool1d', 'input'), outputSize)));
}

/**
 * Means over two dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_avg_pool2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveAvgPool2d(images, [4, null])
 */
export function adaptiveAvgPool2d(input: Tensor, outputSize: OutputSize): Tensor {
  return call(() => wrap(f.adaptiveAvgPool2d(nodeOf(input, 'adaptiveAvgPool2d', 'input'), outputSize)));
}

/**
 * Means over three dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_avg_pool3d`.
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveAvgPool3d(volumes, 1)
 */
export function adaptiveAvgPool3d(input: Tensor, outputSize: OutputSize): Tensor {
  return call(() => wrap(f.adaptiveAvgPool3d(nodeOf(input, 'adaptiveAvgPool3d', 'input'), outputSize)));
}

/**
 * Largest elements over one dimension, so that the result has `outputSize` elements. PyTorch: `F.adaptive_max_pool1d`.
 * @param input [N, C, L] or [C, L].
 * @param options With `returnIndices` the positions of the elements too, as for `maxPool1d`.
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveMaxPool1d(tensor([[1, 2, 3, 4]]), 2) // [[2, 4]]
 */
export function adaptiveMaxPool1d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: false | undefined },
): Tensor;
export function adaptiveMaxPool1d(
  input: Tensor,
  outputSize: OutputSize,
  options: { returnIndices: true },
): { output: Tensor; indices: Tensor };
export function adaptiveMaxPool1d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor };
export function adaptiveMaxPool1d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor } {
  return call(() =>
    wrapOrName(
      (
        f.adaptiveMaxPool1d as (
          input: Node,
          outputSize: OutputSize,
          options?: { returnIndices?: boolean | undefined },
        ) => Node | { output: Node; indices: Node }
      )(nodeOf(input, 'adaptiveMaxPool1d', 'input'), outputSize, options),
    ),
  );
}

/**
 * Largest elements over two dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_max_pool2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @param options As for `adaptiveMaxPool1d`.
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveMaxPool2d(images, 1)
 */
export function adaptiveMaxPool2d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: false | undefined },
): Tensor;
export function adaptiveMaxPool2d(
  input: Tensor,
  outputSize: OutputSize,
  options: { returnIndices: true },
): { output: Tensor; indices: Tensor };
export function adaptiveMaxPool2d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor };
export function adaptiveMaxPool2d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor } {
  return call(() =>
    wrapOrName(
      (
        f.adaptiveMaxPool2d as (
          input: Node,
          outputSize: OutputSize,
          options?: { returnIndices?: boolean | undefined },
        ) => Node | { output: Node; indices: Node }
      )(nodeOf(input, 'adaptiveMaxPool2d', 'input'), outputSize, options),
    ),
  );
}

/**
 * Largest elements over three dimensions, so that the result has `outputSize`. PyTorch: `F.adaptive_max_pool3d`.
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param options As for `adaptiveMaxPool1d`.
 * @throws ShapeError when the input has another number of dimensions.
 * @example F.adaptiveMaxPool3d(volumes, [null, 1, 1])
 */
export function adaptiveMaxPool3d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: false | undefined },
): Tensor;
export function adaptiveMaxPool3d(
  input: Tensor,
  outputSize: OutputSize,
  options: { returnIndices: true },
): { output: Tensor; indices: Tensor };
export function adaptiveMaxPool3d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor };
export function adaptiveMaxPool3d(
  input: Tensor,
  outputSize: OutputSize,
  options?: { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor } {
  return call(() =>
    wrapOrName(
      (
        f.adaptiveMaxPool3d as (
          input: Node,
          outputSize: OutputSize,
          options?: { returnIndices?: boolean | undefined },
        ) => Node | { output: Node; indices: Node }
      )(nodeOf(input, 'adaptiveMaxPool3d', 'input'), outputSize, options),
    ),
  );
}

/**
 * The grid of positions an affine map takes from each pixel of an image of `size`. PyTorch: `F.affine_grid`.
 * @param theta Affine maps [N, 2, 3] or [N, 3, 4].
 * @param size Of the image to make: [N, C, H, W] or [N, C, D, H, W].
 * @returns [N, H, W, 2] or [N, D, H, W, 3], for `gridSample`.
 * @throws ShapeError when `theta` does not fit `size`.
 * @example F.affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 1, 2, 2])
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  options?: { alignCorners?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.affineGrid(nodeOf(theta, 'affineGrid', 'theta'), size, options)));
}

/**
 * How much of each value each query takes: `softmax(scale q k^T + mask)`.
 * @param query [..., T, D].
 * @param key [..., S, D]; leading dimensions broadcast.
 * @param options `attnMask` broadcasts to [..., T, S]: added to the scores, or bool with true for keys that are seen.
 * @returns [..., T, S].
 * @throws ShapeError when the shapes do not fit.
 * @example F.attentionWeights(q, k, { isCausal: true })
 */
export function attentionWeights(
  query: Tensor,
  key: Tensor,
  options?: { attnMask?: Tensor | undefined; isCausal?: boolean | undefined; scale?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.attentionWeights(
        nodeOf(query, 'attentionWeights', 'query'),
        nodeOf(key, 'attentionWeights', 'key'),
        options && {
          ...options,
          attnMask: maybeNodeOf(options.attnMask, 'attentionWeights', 'options.attnMask'),
        },
      ),
    ),
  );
}

/**
 * Mean of each window over one dimension; of integers the truncated quotient. PyTorch: `F.avg_pool1d`.
 * @param input [N, C, L] or [C, L].
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.avgPool1d(tensor([[1, 3, 2, 4]]), 2) // [[2, 3]]
 */
export function avgPool1d(input: Tensor, kernelSize: PerDim, options?: AvgPoolOptions): Tensor {
  return call(() => wrap(f.avgPool1d(nodeOf(input, 'avgPool1d', 'input'), kernelSize, options)));
}

/**
 * Mean of each window over two dimensions. PyTorch: `F.avg_pool2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.avgPool2d(images, 2)
 */
export function avgPool2d(input: Tensor, kernelSize: PerDim, options?: AvgPoolOptions): Tensor {
  return call(() => wrap(f.avgPool2d(nodeOf(input, 'avgPool2d', 'input'), kernelSize, options)));
}

/**
 * Mean of each window over three dimensions. PyTorch: `F.avg_pool3d`.
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.avgPool3d(volumes, 2)
 */
export function avgPool3d(input: Tensor, kernelSize: PerDim, options?: AvgPoolOptions): Tensor {
  return call(() => wrap(f.avgPool3d(nodeOf(input, 'avgPool3d', 'input'), kernelSize, options)));
}

/**
 * Batch normalisation: by the batch's statistics when `training`, else by the running ones. PyTorch: `F.batch_norm`.
 * The new running statistics are those of `batchNormUpdateStats`, for the caller to assign.
 * @param input [N, C, ...].
 * @param runningMean [C], needed unless `training`.
 * @param runningVar [C], needed unless `training`.
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @throws ShapeError when a parameter has not one element a channel, or a batch has one value a channel.
 * @example F.batchNorm(x, runningMean, runningVar, weight, bias)
 */
export function batchNorm(
  input: Tensor,
  runningMean?: Tensor,
  runningVar?: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  options?: { training?: boolean | undefined; eps?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.batchNorm(
        nodeOf(input, 'batchNorm', 'input'),
        maybeNodeOf(runningMean, 'batchNorm', 'runningMean'),
        maybeNodeOf(runningVar, 'batchNorm', 'runningVar'),
        maybeNodeOf(weight, 'batchNorm', 'weight'),
        maybeNodeOf(bias, 'batchNorm', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * The running statistics after a batch, of which they take the unbiased variance. PyTorch moves them inside
 * `F.batch_norm`. The batch's statistics are computed as in `batchNorm`, so that a compiler that sees both computes
 * them once.
 * @param input [N, C, ...].
 * @param runningMean [C].
 * @param runningVar [C].
 * @param options `momentum`: share of the new batch, 0.1 unless given; a tensor where it changes from step to step.
 * @returns The new `runningMean` and `runningVar`.
 * @throws ShapeError when a batch has one value a channel.
 * @example const { runningMean, runningVar } = F.batchNormUpdateStats(x, mean, variance, { momentum: 0.1 });
 */
export function batchNormUpdateStats(
  input: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  options?: { momentum?: number | Tensor | undefined },
): { runningMean: Tensor; runningVar: Tensor } {
  return call(() =>
    named(
      f.batchNormUpdateStats(
        nodeOf(input, 'batchNormUpdateStats', 'input'),
        nodeOf(runningMean, 'batchNormUpdateStats', 'runningMean'),
        nodeOf(runningVar, 'batchNormUpdateStats', 'runningVar'),
        options && { ...options, momentum: lower(options.momentum) },
      ),
    ),
  );
}

/**
 * `x1^T weight[o] x2 + bias[o]` for each output o. PyTorch: `F.bilinear`.
 * @param input1 [..., I].
 * @param input2 [..., J], with the same leading dimensions.
 * @param weight [O, I, J].
 * @param bias [O].
 * @returns [..., O].
 * @throws ShapeError when the sizes do not fit.
 * @example F.bilinear(tensor([1, 2]), tensor([3]), tensor([[[1], [1]]])) // [9]
 */
export function bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return call(() =>
    wrap(
      f.bilinear(
        nodeOf(input1, 'bilinear', 'input1'),
        nodeOf(input2, 'bilinear', 'input2'),
        nodeOf(weight, 'bilinear', 'weight'),
        maybeNodeOf(bias, 'bilinear', 'bias'),
      ),
    ),
  );
}

/**
 * Binary cross-entropy of probabilities, logarithms not below -100. PyTorch: `F.binary_cross_entropy`.
 * @param input Probabilities; outside [0, 1] the loss is NaN.
 * @param target Probabilities of the same shape.
 * @param options `weight`: a factor that broadcasts with the input.
 * @throws ShapeError when input and target differ in shape.
 * @example F.binaryCrossEntropy(tensor([0.5]), tensor([1])) // 0.6931
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options?: { weight?: Tensor | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.binaryCrossEntropy(
        nodeOf(input, 'binaryCrossEntropy', 'input'),
        nodeOf(target, 'binaryCrossEntropy', 'target'),
        options && {
          ...options,
          weight: maybeNodeOf(options.weight, 'binaryCrossEntropy', 'options.weight'),
        },
      ),
    ),
  );
}

/**
 * Binary cross-entropy of scores, `sigmoid` taken inside for accuracy. PyTorch: `F.binary_cross_entropy_with_logits`.
 * @param input Scores of any shape.
 * @param target Probabilities of the same shape.
 * @param options `weight`: a factor for each element; `posWeight`: one for the positive part. Both broadcast.
 * @throws ShapeError when input and target differ in shape.
 * @example F.binaryCrossEntropyWithLogits(tensor([0]), tensor([1])) // 0.6931
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options?: {
    weight?: Tensor | undefined;
    posWeight?: Tensor | undefined;
    reduction?: Reduction | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.binaryCrossEntropyWithLogits(
        nodeOf(input, 'binaryCrossEntropyWithLogits', 'input'),
        nodeOf(target, 'binaryCrossEntropyWithLogits', 'target'),
        options && {
          ...options,
          weight: maybeNodeOf(options.weight, 'binaryCrossEntropyWithLogits', 'options.weight'),
          posWeight: maybeNodeOf(options.posWeight, 'binaryCrossEntropyWithLogits', 'options.posWeight'),
        },
      ),
    ),
  );
}

/**
 * x where positive, `alpha * (e^(x / alpha) - 1)` elsewhere. PyTorch: `F.celu`.
 * @example F.celu(tensor([0, 1]), { alpha: 2 }) // [0, 1]
 */
export function celu(x: Tensor, options?: { alpha?: number | undefined }): Tensor {
  return call(() => wrap(f.celu(nodeOf(x, 'celu', 'x'), options)));
}

/**
 * Channels dealt out of `groups` groups in turn: [N, g C, ...] read as [g, C] and written as [C, g].
 * PyTorch: `F.channel_shuffle`.
 * @throws ShapeError when the channels are not divisible by `groups`.
 * @example F.channelShuffle(images, 2)
 */
export function channelShuffle(input: Tensor, groups: number): Tensor {
  return call(() => wrap(f.channelShuffle(nodeOf(input, 'channelShuffle', 'input'), groups)));
}

/**
 * Convolution over one dimension. PyTorch: `F.conv1d`.
 * @param input [N, C, L] or [C, L].
 * @param weight [O, C / groups, K], of the input's dtype.
 * @param bias [O].
 * @param options `stride`, `padding` (zeros on both sides, 'same' or 'valid'), `dilation`, `groups`.
 * @returns [N, O, (L + 2 padding - dilation (K - 1) - 1) / stride + 1].
 * @throws ShapeError when the shapes do not fit.
 * @example F.conv1d(ones(1, 1, 5), ones(1, 1, 3)) // [[[3, 3, 3]]]
 */
export function conv1d(input: Tensor, weight: Tensor, bias?: Tensor, options?: ConvOptions): Tensor {
  return call(() =>
    wrap(
      f.conv1d(
        nodeOf(input, 'conv1d', 'input'),
        nodeOf(weight, 'conv1d', 'weight'),
        maybeNodeOf(bias, 'conv1d', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * Convolution over two dimensions. PyTorch: `F.conv2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @param weight [O, C / groups, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `conv1d`; one number for both dimensions or one each.
 * @throws ShapeError when the shapes do not fit.
 * @example F.conv2d(images, weight, bias, { padding: 1 })
 */
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor, options?: ConvOptions): Tensor {
  return call(() =>
    wrap(
      f.conv2d(
        nodeOf(input, 'conv2d', 'input'),
        nodeOf(weight, 'conv2d', 'weight'),
        maybeNodeOf(bias, 'conv2d', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * Convolution over three dimensions. PyTorch: `F.conv3d`.
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param weight [O, C / groups, KD, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `conv1d`; one number for all three dimensions or one each.
 * @throws ShapeError when the shapes do not fit.
 * @example F.conv3d(volumes, weight)
 */
export function conv3d(input: Tensor, weight: Tensor, bias?: Tensor, options?: ConvOptions): Tensor {
  return call(() =>
    wrap(
      f.conv3d(
        nodeOf(input, 'conv3d', 'input'),
        nodeOf(weight, 'conv3d', 'weight'),
        maybeNodeOf(bias, 'conv3d', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * Transposed convolution over one dimension: the gradient of `conv1d` with respect to its input, as a layer.
 * PyTorch: `F.conv_transpose1d`.
 * @param input [N, C, L] or [C, L].
 * @param weight [C, O / groups, K], of the input's dtype.
 * @param bias [O].
 * @param options `stride`, `padding`, `outputPadding` (size added to one side), `groups`, `dilation`.
 * @returns [N, O, (L - 1) stride - 2 padding + dilation (K - 1) + outputPadding + 1].
 * @throws ShapeError when the shapes do not fit; ArgumentError when `outputPadding` is too large.
 * @example F.convTranspose1d(ones(1, 1, 2), ones(1, 1, 2), undefined, { stride: 2 }) // [[[1, 1, 1, 1]]]
 */
export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvTransposeOptions,
): Tensor {
  return call(() =>
    wrap(
      f.convTranspose1d(
        nodeOf(input, 'convTranspose1d', 'input'),
        nodeOf(weight, 'convTranspose1d', 'weight'),
        maybeNodeOf(bias, 'convTranspose1d', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * Transposed convolution over two dimensions. PyTorch: `F.conv_transpose2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @param weight [C, O / groups, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `convTranspose1d`.
 * @throws ShapeError when the shapes do not fit; ArgumentError when `outputPadding` is too large.
 * @example F.convTranspose2d(features, weight, bias, { stride: 2 })
 */
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvTransposeOptions,
): Tensor {
  return call(() =>
    wrap(
      f.convTranspose2d(
        nodeOf(input, 'convTranspose2d', 'input'),
        nodeOf(weight, 'convTranspose2d', 'weight'),
        maybeNodeOf(bias, 'convTranspose2d', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * Transposed convolution over three dimensions. PyTorch: `F.conv_transpose3d`.
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param weight [C, O / groups, KD, KH, KW], of the input's dtype.
 * @param bias [O].
 * @param options As for `convTranspose1d`.
 * @throws ShapeError when the shapes do not fit; ArgumentError when `outputPadding` is too large.
 * @example F.convTranspose3d(features, weight, bias, { stride: 2 })
 */
export function convTranspose3d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvTransposeOptions,
): Tensor {
  return call(() =>
    wrap(
      f.convTranspose3d(
        nodeOf(input, 'convTranspose3d', 'input'),
        nodeOf(weight, 'convTranspose3d', 'weight'),
        maybeNodeOf(bias, 'convTranspose3d', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * `1 - cos` where the target is 1, `max(0, cos - margin)` where it is -1. PyTorch: `F.cosine_embedding_loss`.
 * @param input1 Vectors [D] or [N, D].
 * @param target 1 or -1, [] or [N].
 * @throws ShapeError when the target has not one dimension fewer than the inputs.
 * @example F.cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])) // 1
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: { margin?: number | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.cosineEmbeddingLoss(
        nodeOf(input1, 'cosineEmbeddingLoss', 'input1'),
        nodeOf(input2, 'cosineEmbeddingLoss', 'input2'),
        nodeOf(target, 'cosineEmbeddingLoss', 'target'),
        options,
      ),
    ),
  );
}

/**
 * Cosine of the angle between vectors along `dim`. PyTorch: `F.cosine_similarity`.
 * @param x1 Vectors along `dim`; the shapes broadcast.
 * @param x2 As x1.
 * @param options `eps`: norms count as at least this.
 * @returns The broadcast shape without `dim`.
 * @throws ShapeError when the shapes do not broadcast; AxisError when `dim` is out of range.
 * @example F.cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])) // [0.7071]
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  dim?: number,
  options?: { eps?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.cosineSimilarity(
        nodeOf(x1, 'cosineSimilarity', 'x1'),
        nodeOf(x2, 'cosineSimilarity', 'x2'),
        dim,
        options,
      ),
    ),
  );
}

/**
 * Cross-entropy of unnormalised scores with classes or class probabilities. PyTorch: `F.cross_entropy`.
 * @param input Scores [C] or [N, C, ...]; any floating dtype.
 * @param target Class numbers [] or [N, ...] of an integer dtype, or probabilities of the input's shape.
 * @param options `weight`: a factor for each class [C]. `ignoreIndex`: class number that counts for nothing.
 * `labelSmoothing`: share of the target spread evenly over all classes, in [0, 1].
 * @returns The loss; NaN where a class number lies outside [0, C).
 * @throws ShapeError when target or weight do not fit the input; DTypeError for probabilities of no floating dtype.
 * @example F.crossEntropy(tensor([[2, 0], [0, 2]]), tensor([0, 1], { dtype: 'int32' })) // 0.1269
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options?: {
    weight?: Tensor | undefined;
    ignoreIndex?: number | undefined;
    reduction?: Reduction | undefined;
    labelSmoothing?: number | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.crossEntropy(
        nodeOf(input, 'crossEntropy', 'input'),
        nodeOf(target, 'crossEntropy', 'target'),
        options && { ...options, weight: maybeNodeOf(options.weight, 'crossEntropy', 'options.weight') },
      ),
    ),
  );
}

/**
 * CTC loss of label sequences, without an alignment given. PyTorch: `F.ctc_loss`.
 * @param logProbs Log-probabilities [T, N, C] or [T, C], as from `logSoftmax`.
 * @param targets Labels [N, S], or all labels in one row, of an integer dtype.
 * @param inputLengths How many of the T steps each sequence has: [N], or [] without a batch.
 * @param targetLengths How many labels each sequence has: [N], or [] without a batch.
 * @param options `blank`: the class that stands for no label, 0 unless given. `reduction`: 'mean' divides each loss by
 * its number of labels first. `zeroInfinity`: a sequence too short for its labels counts 0 instead of infinity.
 * @throws ShapeError when the shapes do not fit; ArgumentError for a `blank` outside the classes.
 * @example F.ctcLoss(F.logSoftmax(scores, 2), labels, steps, lengths)
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Tensor,
  targetLengths: Tensor,
  options?: {
    blank?: number | undefined;
    reduction?: Reduction | undefined;
    zeroInfinity?: boolean | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.ctcLoss(
        nodeOf(logProbs, 'ctcLoss', 'logProbs'),
        nodeOf(targets, 'ctcLoss', 'targets'),
        nodeOf(inputLengths, 'ctcLoss', 'inputLengths'),
        nodeOf(targetLengths, 'ctcLoss', 'targetLengths'),
        options,
      ),
    ),
  );
}

/**
 * x where positive, `alpha * (e^x - 1)` elsewhere. PyTorch: `F.elu`.
 * @example F.elu(tensor([0, 1])) // [0, 1]
 */
export function elu(x: Tensor, options?: { alpha?: number | undefined }): Tensor {
  return call(() => wrap(f.elu(nodeOf(x, 'elu', 'x'), options)));
}

/**
 * Rows of `weight` by number. PyTorch: `F.embedding`.
 * @param input Row numbers of any shape, of an integer dtype.
 * @param weight The table [V, D].
 * @param options `paddingIdx`: a row that gets no gradient.
 * @returns The input's shape with D appended.
 * @throws DTypeError when the row numbers are no integers; ArgumentError for a `paddingIdx` outside the table.
 * @example F.embedding(tensor([1], { dtype: 'int32' }), tensor([[1, 2], [3, 4]])) // [[3, 4]]
 */
export function embedding(
  input: Tensor,
  weight: Tensor,
  options?: { paddingIdx?: number | undefined },
): Tensor {
  return call(() =>
    wrap(f.embedding(nodeOf(input, 'embedding', 'input'), nodeOf(weight, 'embedding', 'weight'), options)),
  );
}

/**
 * Sums, means or largest elements over bags of rows; an empty bag gives zeros. PyTorch: `F.embedding_bag`.
 * @param input Row numbers [B, L], or [n] with `offsets`.
 * @param weight The table [V, D].
 * @param options `offsets`: where each bag starts [B]. `mode`: 'mean' unless given. `perSampleWeights`: factors of the
 * input's shape, for 'sum'. `includeLastOffset`: the last offset is the end of the last bag. `paddingIdx`: a row that
 * belongs to no bag.
 * @returns [B, D].
 * @throws ShapeError when the shapes do not fit; ArgumentError when options do not.
 * @example F.embeddingBag(tensor([[0, 1]], { dtype: 'int32' }), tensor([[1, 2], [3, 4]])) // [[2, 3]]
 */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  options?: {
    offsets?: Tensor | undefined;
    mode?: 'sum' | 'mean' | 'max' | undefined;
    perSampleWeights?: Tensor | undefined;
    includeLastOffset?: boolean | undefined;
    paddingIdx?: number | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.embeddingBag(
        nodeOf(input, 'embeddingBag', 'input'),
        nodeOf(weight, 'embeddingBag', 'weight'),
        options && {
          ...options,
          offsets: maybeNodeOf(options.offsets, 'embeddingBag', 'options.offsets'),
          perSampleWeights: maybeNodeOf(options.perSampleWeights, 'embeddingBag', 'options.perSampleWeights'),
        },
      ),
    ),
  );
}

/**
 * The table with every row that `input` names, and whose p-norm exceeds `maxNorm`, scaled down to it. PyTorch does this
 * in place (`torch.embedding_renorm_`); here the caller assigns the result.
 * @param weight The table [V, D].
 * @param input Row numbers of any shape.
 * @example F.embeddingRenorm(weight, tokens, { maxNorm: 1 })
 */
export function embeddingRenorm(
  weight: Tensor,
  input: Tensor,
  options: { maxNorm: number; normType?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.embeddingRenorm(
        nodeOf(weight, 'embeddingRenorm', 'weight'),
        nodeOf(input, 'embeddingRenorm', 'input'),
        options,
      ),
    ),
  );
}

/**
 * Columns of patches added up to images where they overlap. PyTorch: `F.fold`.
 * @param input [N, C KH KW, L] or [C KH KW, L].
 * @param outputSize Height and width of the images, or one number for both.
 * @returns [N, C, H, W].
 * @throws ShapeError when the columns are not those of such patches.
 * @example F.fold(ones(1, 4, 4), 3, 2).shape // [1, 1, 3, 3]
 */
export function fold(input: Tensor, outputSize: PerDim, kernelSize: PerDim, options?: PatchOptions): Tensor {
  return call(() => wrap(f.fold(nodeOf(input, 'fold', 'input'), outputSize, kernelSize, options)));
}

/**
 * Negative log-likelihood under a normal distribution of given variance. PyTorch: `F.gaussian_nll_loss`.
 * @param input Means.
 * @param target Samples; the shapes broadcast.
 * @param variance Of the input's shape, or with a last dimension of 1 or none; taken as at least `eps`, with the
 * gradient of the given value.
 * @param options `full` adds the constant term.
 * @throws ShapeError when the variance does not fit the input.
 * @example F.gaussianNllLoss(tensor([0]), tensor([1]), tensor([1])) // 0.5
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options?: { full?: boolean | undefined; eps?: number | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.gaussianNllLoss(
        nodeOf(input, 'gaussianNllLoss', 'input'),
        nodeOf(target, 'gaussianNllLoss', 'target'),
        nodeOf(variance, 'gaussianNllLoss', 'variance'),
        options,
      ),
    ),
  );
}

/**
 * `x * P(X <= x)` for a standard normal X, or its tanh approximation. PyTorch: `F.gelu`.
 * @throws ArgumentError when `approximate` is neither `'none'` nor `'tanh'`.
 * @example F.gelu(tensor([1])) // [0.8413]
 */
export function gelu(x: Tensor, options?: { approximate?: 'none' | 'tanh' | undefined }): Tensor {
  return call(() => wrap(f.gelu(nodeOf(x, 'gelu', 'x'), options)));
}

/**
 * The first half of x along `dim`, gated by the sigmoid of the second. PyTorch: `F.glu`.
 * @throws ShapeError when that dimension is odd.
 * @example F.glu(tensor([2, 0])) // [1]
 */
export function glu(x: Tensor, dim?: number): Tensor {
  return call(() => wrap(f.glu(nodeOf(x, 'glu', 'x'), dim)));
}

/**
 * Images sampled at the positions of a grid. PyTorch: `F.grid_sample`.
 * @param input [N, C, H, W] or [N, C, D, H, W].
 * @param grid [N, H', W', 2] or [N, D', H', W', 3]: x, y (and z) in [-1, 1], from the first pixel to the last.
 * @param options `mode`: 'bilinear' (the default), 'nearest' or 'bicubic' (4-d only). `paddingMode`: what lies outside:
 * 'zeros', the 'border' or a 'reflection'. `alignCorners`: whether -1 and 1 are middles of the corner pixels or their
 * outer borders.
 * @returns [N, C, H', W'] or [N, C, D', H', W'].
 * @throws ShapeError when input and grid do not fit; ArgumentError for an unknown mode.
 * @example F.gridSample(images, F.affineGrid(theta, [1, 3, 8, 8]))
 */
export function gridSample(
  input: Tensor,
  grid: Tensor,
  options?: {
    mode?: GridMode | undefined;
    paddingMode?: GridPadding | undefined;
    alignCorners?: boolean | undefined;
  },
): Tensor {
  return call(() =>
    wrap(f.gridSample(nodeOf(input, 'gridSample', 'input'), nodeOf(grid, 'gridSample', 'grid'), options)),
  );
}

/**
 * Group normalisation: channels in `numGroups` groups, each normalised with its spatial dimensions.
 * PyTorch: `F.group_norm`.
 * @param input [N, C, ...].
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @throws ShapeError when the channels do not divide into groups or a parameter has not one element a channel.
 * @example F.groupNorm(images, 4, weight, bias)
 */
export function groupNorm(
  input: Tensor,
  numGroups: number,
  weight?: Tensor,
  bias?: Tensor,
  options?: { eps?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.groupNorm(
        nodeOf(input, 'groupNorm', 'input'),
        numGroups,
        maybeNodeOf(weight, 'groupNorm', 'weight'),
        maybeNodeOf(bias, 'groupNorm', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * x, but 0 within `lambd` of 0. PyTorch: `F.hardshrink`.
 * @example F.hardshrink(tensor([0.3, 1])) // [0, 1]
 */
export function hardshrink(x: Tensor, options?: { lambd?: number | undefined }): Tensor {
  return call(() => wrap(f.hardshrink(nodeOf(x, 'hardshrink', 'x'), options)));
}

/**
 * `min(max(x + 3, 0), 6) / 6`. PyTorch: `F.hardsigmoid`.
 * @example F.hardsigmoid(tensor([0])) // [0.5]
 */
export function hardsigmoid(x: Tensor): Tensor {
  return call(() => wrap(f.hardsigmoid(nodeOf(x, 'hardsigmoid', 'x'))));
}

/**
 * `x * min(max(x + 3, 0), 6) / 6`. PyTorch: `F.hardswish`.
 * @example F.hardswish(tensor([-3, 3])) // [0, 3]
 */
export function hardswish(x: Tensor): Tensor {
  return call(() => wrap(f.hardswish(nodeOf(x, 'hardswish', 'x'))));
}

/**
 * x limited to [minVal, maxVal]; the gradient is 0 from the bounds on. PyTorch: `F.hardtanh`.
 * @example F.hardtanh(tensor([-3, 0.5])) // [-1, 0.5]
 */
export function hardtanh(
  x: Tensor,
  options?: { minVal?: number | undefined; maxVal?: number | undefined },
): Tensor {
  return call(() => wrap(f.hardtanh(nodeOf(x, 'hardtanh', 'x'), options)));
}

/**
 * The input where the target is 1, `max(0, margin - input)` where it is -1. PyTorch: `F.hinge_embedding_loss`.
 * @throws ShapeError when the shapes do not broadcast.
 * @example F.hingeEmbeddingLoss(tensor([0.5, 0.2]), tensor([1, -1])) // 0.65
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options?: { margin?: number | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.hingeEmbeddingLoss(
        nodeOf(input, 'hingeEmbeddingLoss', 'input'),
        nodeOf(target, 'hingeEmbeddingLoss', 'target'),
        options,
      ),
    ),
  );
}

/**
 * Squared up to `delta`, linear above: `d^2 / 2` where |d| <= delta, else `delta * (|d| - delta / 2)`.
 * PyTorch: `F.huber_loss`.
 * @throws ArgumentError when `delta` is not positive.
 * @example F.huberLoss(tensor([0.5, 3]), tensor([0, 0])) // 1.3125
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options?: { delta?: number | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(f.huberLoss(nodeOf(input, 'huberLoss', 'input'), nodeOf(target, 'huberLoss', 'target'), options)),
  );
}

/**
 * Instance normalisation: each channel of each sample by itself. PyTorch: `F.instance_norm`.
 * @param input [N, C, ...].
 * @param runningMean [C], used when `useInputStats` is false.
 * @param runningVar [C], used when `useInputStats` is false.
 * @param weight Scale [C].
 * @param bias Shift [C].
 * @throws ShapeError when a parameter has not one element a channel, or there is one spatial element.
 * @example F.instanceNorm(images)
 */
export function instanceNorm(
  input: Tensor,
  runningMean?: Tensor,
  runningVar?: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  options?: { useInputStats?: boolean | undefined; eps?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.instanceNorm(
        nodeOf(input, 'instanceNorm', 'input'),
        maybeNodeOf(runningMean, 'instanceNorm', 'runningMean'),
        maybeNodeOf(runningVar, 'instanceNorm', 'runningVar'),
        maybeNodeOf(weight, 'instanceNorm', 'weight'),
        maybeNodeOf(bias, 'instanceNorm', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * The running statistics of instance normalisation after a batch: the means over its samples. PyTorch moves them
 * inside `F.instance_norm`.
 * @param input [N, C, ...].
 * @param runningMean [C].
 * @param runningVar [C].
 * @param options `momentum`: share of the new batch, 0.1 unless given.
 * @returns The new `runningMean` and `runningVar`.
 * @throws ShapeError when there is one spatial element.
 * @example const { runningMean, runningVar } = F.instanceNormUpdateStats(x, mean, variance);
 */
export function instanceNormUpdateStats(
  input: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  options?: { momentum?: number | Tensor | undefined },
): { runningMean: Tensor; runningVar: Tensor } {
  return call(() =>
    named(
      f.instanceNormUpdateStats(
        nodeOf(input, 'instanceNormUpdateStats', 'input'),
        nodeOf(runningMean, 'instanceNormUpdateStats', 'runningMean'),
        nodeOf(runningVar, 'instanceNormUpdateStats', 'runningVar'),
        options && { ...options, momentum: lower(options.momentum) },
      ),
    ),
  );
}

/**
 * Resizes the spatial dimensions to `size`, or by `scaleFactor`. PyTorch: `F.interpolate`.
 * @param input [N, C, L], [N, C, H, W] or [N, C, D, H, W].
 * @param options `size` or `scaleFactor`: one number for all spatial dimensions or one each. `mode`: 'nearest' (the
 * default), 'nearest-exact', 'linear' (3-d input), 'bilinear' and 'bicubic' (4-d), 'trilinear' (5-d), 'area'.
 * `alignCorners`: corner pixels keep their values, for the linear and cubic modes. `recomputeScaleFactor`: positions
 * follow from the sizes, not from `scaleFactor`.
 * @throws ArgumentError when the options contradict each other; ShapeError when the mode is for another rank.
 * @example F.interpolate(images, { scaleFactor: 2, mode: 'bilinear' })
 */
export function interpolate(
  input: Tensor,
  options: {
    size?: PerDim | undefined;
    scaleFactor?: PerDim | undefined;
    mode?: InterpolateMode | undefined;
    alignCorners?: boolean | undefined;
    recomputeScaleFactor?: boolean | undefined;
  },
): Tensor {
  return call(() => wrap(f.interpolate(nodeOf(input, 'interpolate', 'input'), options)));
}

/**
 * Kullback-Leibler divergence of log-probabilities from a target distribution: `y (log y - x)`.
 * PyTorch: `F.kl_div`.
 * @param input Log-probabilities.
 * @param target Probabilities, or their logarithms with `logTarget`.
 * @param options `reduction` may also be `'batchmean'`: the sum divided by the size of the first dimension.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.klDiv(logits, probabilities, { reduction: 'batchmean' })
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  options?: { logTarget?: boolean | undefined; reduction?: Reduction | 'batchmean' | undefined },
): Tensor {
  return call(() =>
    wrap(f.klDiv(nodeOf(input, 'klDiv', 'input'), nodeOf(target, 'klDiv', 'target'), options)),
  );
}

/**
 * Absolute difference. PyTorch: `F.l1_loss`.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.l1Loss(tensor([1, 2]), tensor([1, 4])) // 1
 */
export function l1Loss(input: Tensor, target: Tensor, options?: WithReduction): Tensor {
  return call(() =>
    wrap(f.l1Loss(nodeOf(input, 'l1Loss', 'input'), nodeOf(target, 'l1Loss', 'target'), options)),
  );
}

/**
 * Layer normalisation over the last dimensions: `(x - mean) / sqrt(var + eps) * weight + bias`.
 * PyTorch: `F.layer_norm`.
 * @param input Any tensor whose last dimensions are `normalizedShape`.
 * @param weight Scale of shape `normalizedShape`.
 * @param bias Shift of shape `normalizedShape`.
 * @throws ShapeError when input, weight or bias do not fit `normalizedShape`.
 * @example F.layerNorm(x, [64], weight, bias)
 */
export function layerNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  weight?: Tensor,
  bias?: Tensor,
  options?: { eps?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.layerNorm(
        nodeOf(input, 'layerNorm', 'input'),
        normalizedShape,
        maybeNodeOf(weight, 'layerNorm', 'weight'),
        maybeNodeOf(bias, 'layerNorm', 'bias'),
        options,
      ),
    ),
  );
}

/**
 * x where positive, `negativeSlope * x` elsewhere. PyTorch: `F.leaky_relu`.
 * @example F.leakyRelu(tensor([-1, 2])) // [-0.01, 2]
 */
export function leakyRelu(x: Tensor, options?: { negativeSlope?: number | undefined }): Tensor {
  return call(() => wrap(f.leakyRelu(nodeOf(x, 'leakyRelu', 'x'), options)));
}

/**
 * `x weight^T + bias` over the last dimension. PyTorch: `F.linear`.
 * @param input [..., I].
 * @param weight [O, I], of the input's dtype; [I] gives one output without a dimension.
 * @param bias [O].
 * @returns [..., O].
 * @throws ShapeError when the sizes do not fit; DTypeError when the dtypes differ.
 * @example F.linear(tensor([1, 2]), tensor([[3, 4]])) // [11]
 */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return call(() =>
    wrap(
      f.linear(
        nodeOf(input, 'linear', 'input'),
        nodeOf(weight, 'linear', 'weight'),
        maybeNodeOf(bias, 'linear', 'bias'),
      ),
    ),
  );
}

/**
 * Each element divided by a power of the mean square of `size` neighbouring channels: `x / (k + alpha * mean)^beta`.
 * PyTorch: `F.local_response_norm`.
 * @param input [N, C, ...] with at least one more dimension.
 * @throws ShapeError for fewer than three dimensions.
 * @example F.localResponseNorm(images, 5)
 */
export function localResponseNorm(
  input: Tensor,
  size: number,
  options?: { alpha?: number | undefined; beta?: number | undefined; k?: number | undefined },
): Tensor {
  return call(() => wrap(f.localResponseNorm(nodeOf(input, 'localResponseNorm', 'input'), size, options)));
}

/**
 * `log(softmax(x))` along `dim`, computed without leaving the logarithms. PyTorch: `F.log_softmax`.
 * @throws AxisError when `dim` is out of range.
 * @example F.logSoftmax(tensor([0, 0]), 0) // [-0.6931, -0.6931]
 */
export function logSoftmax(x: Tensor, dim: number, options?: WithDType): Tensor {
  return call(() => wrap(f.logSoftmax(nodeOf(x, 'logSoftmax', 'x'), dim, options)));
}

/**
 * `log(sigmoid(x))`, accurate for large |x|. PyTorch: `F.logsigmoid`.
 * @example F.logsigmoid(tensor([0])) // [-0.6931]
 */
export function logsigmoid(x: Tensor): Tensor {
  return call(() => wrap(f.logsigmoid(nodeOf(x, 'logsigmoid', 'x'))));
}

/**
 * p-norm of each window over one dimension. PyTorch: `F.lp_pool1d`.
 * @param input [N, C, L] or [C, L].
 * @example F.lpPool1d(tensor([[3, 4]]), 2, 2) // [[5]]
 */
export function lpPool1d(
  input: Tensor,
  normType: number,
  kernelSize: PerDim,
  options?: { stride?: PerDim | undefined; ceilMode?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.lpPool1d(nodeOf(input, 'lpPool1d', 'input'), normType, kernelSize, options)));
}

/**
 * p-norm of each window over two dimensions. PyTorch: `F.lp_pool2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @example F.lpPool2d(images, 2, 2)
 */
export function lpPool2d(
  input: Tensor,
  normType: number,
  kernelSize: PerDim,
  options?: { stride?: PerDim | undefined; ceilMode?: boolean | undefined },
): Tensor {
  return call(() => wrap(f.lpPool2d(nodeOf(input, 'lpPool2d', 'input'), normType, kernelSize, options)));
}

/**
 * `max(0, -y (x1 - x2) + margin)`: y is 1 where x1 should rank higher, -1 where x2 should.
 * PyTorch: `F.margin_ranking_loss`.
 * @throws ShapeError when ranks differ or shapes do not broadcast.
 * @example F.marginRankingLoss(tensor([1]), tensor([2]), tensor([1])) // 1
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: { margin?: number | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.marginRankingLoss(
        nodeOf(input1, 'marginRankingLoss', 'input1'),
        nodeOf(input2, 'marginRankingLoss', 'input2'),
        nodeOf(target, 'marginRankingLoss', 'target'),
        options,
      ),
    ),
  );
}

/**
 * Largest element of each window over one dimension. PyTorch: `F.max_pool1d`.
 * @param input [N, C, L] or [C, L].
 * @param options `stride` (the kernel size unless given), `padding`, `dilation`, `ceilMode`; with `returnIndices` the
 * positions of the elements too, int32, into the flattened spatial dimensions.
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.maxPool1d(tensor([[1, 3, 2, 4]]), 2) // [[3, 4]]
 */
export function maxPool1d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: false | undefined },
): Tensor;
export function maxPool1d(
  input: Tensor,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices: true },
): { output: Tensor; indices: Tensor };
export function maxPool1d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor };
export function maxPool1d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor } {
  return call(() =>
    wrapOrName(
      (
        f.maxPool1d as (
          input: Node,
          kernelSize: PerDim,
          options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
        ) => Node | { output: Node; indices: Node }
      )(nodeOf(input, 'maxPool1d', 'input'), kernelSize, options),
    ),
  );
}

/**
 * Largest element of each window over two dimensions. PyTorch: `F.max_pool2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @param options As for `maxPool1d`.
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.maxPool2d(images, 2)
 */
export function maxPool2d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: false | undefined },
): Tensor;
export function maxPool2d(
  input: Tensor,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices: true },
): { output: Tensor; indices: Tensor };
export function maxPool2d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor };
export function maxPool2d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor } {
  return call(() =>
    wrapOrName(
      (
        f.maxPool2d as (
          input: Node,
          kernelSize: PerDim,
          options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
        ) => Node | { output: Node; indices: Node }
      )(nodeOf(input, 'maxPool2d', 'input'), kernelSize, options),
    ),
  );
}

/**
 * Largest element of each window over three dimensions. PyTorch: `F.max_pool3d`.
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param options As for `maxPool1d`.
 * @throws ShapeError when no window fits; ArgumentError when the padding exceeds half the kernel.
 * @example F.maxPool3d(volumes, 2)
 */
export function maxPool3d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: false | undefined },
): Tensor;
export function maxPool3d(
  input: Tensor,
  kernelSize: PerDim,
  options: MaxPoolOptions & { returnIndices: true },
): { output: Tensor; indices: Tensor };
export function maxPool3d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor };
export function maxPool3d(
  input: Tensor,
  kernelSize: PerDim,
  options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
): Tensor | { output: Tensor; indices: Tensor } {
  return call(() =>
    wrapOrName(
      (
        f.maxPool3d as (
          input: Node,
          kernelSize: PerDim,
          options?: MaxPoolOptions & { returnIndices?: boolean | undefined },
        ) => Node | { output: Node; indices: Node }
      )(nodeOf(input, 'maxPool3d', 'input'), kernelSize, options),
    ),
  );
}

/**
 * Puts each element back where `maxPool1d` found it, zeros elsewhere. PyTorch: `F.max_unpool1d`.
 * @param input [N, C, L] or [C, L].
 * @param indices Positions as `maxPool1d` returns them, of the input's shape.
 * @throws ShapeError when shapes differ or `outputSize` cannot be.
 * @example F.maxUnpool1d(tensor([[3, 4]]), tensor([[1, 3]], { dtype: 'int32' }), 2) // [[0, 3, 0, 4]]
 */
export function maxUnpool1d(
  input: Tensor,
  indices: Tensor,
  kernelSize: PerDim,
  options?: MaxUnpoolOptions,
): Tensor {
  return call(() =>
    wrap(
      f.maxUnpool1d(
        nodeOf(input, 'maxUnpool1d', 'input'),
        nodeOf(indices, 'maxUnpool1d', 'indices'),
        kernelSize,
        options,
      ),
    ),
  );
}

/**
 * Puts each element back where `maxPool2d` found it, zeros elsewhere. PyTorch: `F.max_unpool2d`.
 * @param input [N, C, H, W] or [C, H, W].
 * @param indices Positions as `maxPool2d` returns them, of the input's shape.
 * @throws ShapeError when shapes differ or `outputSize` cannot be.
 * @example F.maxUnpool2d(pooled, indices, 2)
 */
export function maxUnpool2d(
  input: Tensor,
  indices: Tensor,
  kernelSize: PerDim,
  options?: MaxUnpoolOptions,
): Tensor {
  return call(() =>
    wrap(
      f.maxUnpool2d(
        nodeOf(input, 'maxUnpool2d', 'input'),
        nodeOf(indices, 'maxUnpool2d', 'indices'),
        kernelSize,
        options,
      ),
    ),
  );
}

/**
 * Puts each element back where `maxPool3d` found it, zeros elsewhere. PyTorch: `F.max_unpool3d`.
 * @param input [N, C, D, H, W] or [C, D, H, W].
 * @param indices Positions as `maxPool3d` returns them, of the input's shape.
 * @throws ShapeError when shapes differ or `outputSize` cannot be.
 * @example F.maxUnpool3d(pooled, indices, 2)
 */
export function maxUnpool3d(
  input: Tensor,
  indices: Tensor,
  kernelSize: PerDim,
  options?: MaxUnpoolOptions,
): Tensor {
  return call(() =>
    wrap(
      f.maxUnpool3d(
        nodeOf(input, 'maxUnpool3d', 'input'),
        nodeOf(indices, 'maxUnpool3d', 'indices'),
        kernelSize,
        options,
      ),
    ),
  );
}

/**
 * `x * tanh(log(1 + e^x))`. PyTorch: `F.mish`.
 * @example F.mish(tensor([0])) // [0]
 */
export function mish(x: Tensor): Tensor {
  return call(() => wrap(f.mish(nodeOf(x, 'mish', 'x'))));
}

/**
 * Squared difference. PyTorch: `F.mse_loss`.
 * @param input Any tensor; integers are taken as float32.
 * @param target A tensor that broadcasts with the input.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.mseLoss(tensor([1, 2]), tensor([1, 4])) // 2
 */
export function mseLoss(input: Tensor, target: Tensor, options?: WithReduction): Tensor {
  return call(() =>
    wrap(f.mseLoss(nodeOf(input, 'mseLoss', 'input'), nodeOf(target, 'mseLoss', 'target'), options)),
  );
}

/**
 * Hinge loss of every wrong class against the right one: `sum_j max(0, margin - x[y] + x[j])^p / C`.
 * PyTorch: `F.multi_margin_loss`.
 * @param input Scores [C] or [N, C].
 * @param target Class numbers [] or [N].
 * @param options `p` is 1 or 2; `weight` a factor for each class.
 * @throws ShapeError when target or weight do not fit; ArgumentError for another `p`.
 * @example F.multiMarginLoss(tensor([[0.1, 0.2]]), tensor([1], { dtype: 'int32' })) // 0.45
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: {
    p?: number | undefined;
    margin?: number | undefined;
    weight?: Tensor | undefined;
    reduction?: Reduction | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.multiMarginLoss(
        nodeOf(input, 'multiMarginLoss', 'input'),
        nodeOf(target, 'multiMarginLoss', 'target'),
        options && { ...options, weight: maybeNodeOf(options.weight, 'multiMarginLoss', 'options.weight') },
      ),
    ),
  );
}

/**
 * Hinge loss of every class that is no target against every one that is; the targets of a row end at the first -1.
 * PyTorch: `F.multilabel_margin_loss`.
 * @param input Scores [C] or [N, C].
 * @param target Class numbers of the input's shape, padded with -1.
 * @throws ShapeError when the shapes differ.
 * @example F.multilabelMarginLoss(tensor([[0.1, 0.2, 0.4]]), tensor([[2, 0, -1]], { dtype: 'int32' }))
 */
export function multilabelMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: { reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.multilabelMarginLoss(
        nodeOf(input, 'multilabelMarginLoss', 'input'),
        nodeOf(target, 'multilabelMarginLoss', 'target'),
        options,
      ),
    ),
  );
}

/**
 * Binary cross-entropy with scores, averaged over the classes. PyTorch: `F.multilabel_soft_margin_loss`.
 * @param input Scores [C] or [N, C].
 * @param target 0 or 1 for each class, of the input's shape.
 * @param options `weight`: a factor for each class.
 * @example F.multilabelSoftMarginLoss(tensor([[0.5, -0.5]]), tensor([[1, 0]])) // 0.4741
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: { weight?: Tensor | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.multilabelSoftMarginLoss(
        nodeOf(input, 'multilabelSoftMarginLoss', 'input'),
        nodeOf(target, 'multilabelSoftMarginLoss', 'target'),
        options && {
          ...options,
          weight: maybeNodeOf(options.weight, 'multilabelSoftMarginLoss', 'options.weight'),
        },
      ),
    ),
  );
}

/**
 * Negative log-likelihood of classes from log-probabilities. PyTorch: `F.nll_loss`.
 * @param input Log-probabilities [C] or [N, C, ...].
 * @param target Class numbers [] or [N, ...].
 * @param options As for `crossEntropy`.
 * @returns The loss; NaN where a class number lies outside [0, C).
 * @throws ShapeError when target or weight do not fit the input.
 * @example F.nllLoss(F.logSoftmax(scores, 1), labels)
 */
export function nllLoss(
  input: Tensor,
  target: Tensor,
  options?: {
    weight?: Tensor | undefined;
    ignoreIndex?: number | undefined;
    reduction?: Reduction | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.nllLoss(
        nodeOf(input, 'nllLoss', 'input'),
        nodeOf(target, 'nllLoss', 'target'),
        options && { ...options, weight: maybeNodeOf(options.weight, 'nllLoss', 'options.weight') },
      ),
    ),
  );
}

/**
 * Vectors along `dim` divided by their p-norm, or by `eps` where that is larger. PyTorch: `F.normalize`.
 * @throws AxisError when `dim` is out of range.
 * @example F.normalize(tensor([[3, 4]])) // [[0.6, 0.8]]
 */
export function normalize(
  input: Tensor,
  options?: { p?: number | undefined; dim?: number | undefined; eps?: number | undefined },
): Tensor {
  return call(() => wrap(f.normalize(nodeOf(input, 'normalize', 'input'), options)));
}

/**
 * A 1 at the position each class number names, among `numClasses` zeros, as int32; numbers out of range name none.
 * PyTorch: `F.one_hot`.
 * @throws DTypeError when `x` holds no integers; ArgumentError when `numClasses` is no size.
 * @example F.oneHot(tensor([0, 2], { dtype: 'int32' }), 3) // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(x: Tensor, numClasses: number): Tensor {
  return call(() => wrap(f.oneHot(nodeOf(x, 'oneHot', 'x'), numClasses)));
}

/**
 * Elements added around a tensor, or cropped where an amount is negative. PyTorch: `F.pad`.
 * @param amounts Amounts before and after the last dimension, then those of the last but one, and so on.
 * @param options `mode`: 'constant' puts `value`; 'reflect' mirrors without the edge; 'replicate' repeats the edge;
 * 'circular' wraps around.
 * @throws ArgumentError for an odd number of amounts or an unknown mode; ShapeError for too many or too large ones.
 * @example F.pad(tensor([1, 2]), [1, 1]) // [0, 1, 2, 0]
 */
export function pad(
  input: Tensor,
  amounts: readonly number[],
  options?: { mode?: PadMode | undefined; value?: number | undefined },
): Tensor {
  return call(() => wrap(f.pad(nodeOf(input, 'pad', 'input'), amounts, options)));
}

/**
 * p-norm of `x1 - x2 + eps` over the last dimension. PyTorch: `F.pairwise_distance`.
 * @throws ShapeError when the shapes do not broadcast.
 * @example F.pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  options?: { p?: number | undefined; eps?: number | undefined; keepdim?: boolean | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.pairwiseDistance(nodeOf(x1, 'pairwiseDistance', 'x1'), nodeOf(x2, 'pairwiseDistance', 'x2'), options),
    ),
  );
}

/**
 * p-norm distance of every two rows, i < j, in row order. PyTorch: `F.pdist`.
 * @param x Rows [N, D].
 * @returns [N (N - 1) / 2].
 * @throws ShapeError when x is not 2-d.
 * @example F.pdist(tensor([[0, 0], [3, 4]])) // [5]
 */
export function pdist(x: Tensor, options?: { p?: number | undefined }): Tensor {
  return call(() => wrap(f.pdist(nodeOf(x, 'pdist', 'x'), options)));
}

/**
 * Channels moved into pixels: [..., C r^2, H, W] to [..., C, H r, W r]. PyTorch: `F.pixel_shuffle`.
 * @throws ShapeError when the channels are not divisible by the square of `upscaleFactor`.
 * @example F.pixelShuffle(ones(1, 4, 2, 2), 2).shape // [1, 1, 4, 4]
 */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  return call(() => wrap(f.pixelShuffle(nodeOf(input, 'pixelShuffle', 'input'), upscaleFactor)));
}

/**
 * Pixels moved into channels: [..., C, H r, W r] to [..., C r^2, H, W]. PyTorch: `F.pixel_unshuffle`.
 * @throws ShapeError when height or width are not divisible by `downscaleFactor`.
 * @example F.pixelUnshuffle(ones(1, 1, 4, 4), 2).shape // [1, 4, 2, 2]
 */
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
  return call(() => wrap(f.pixelUnshuffle(nodeOf(input, 'pixelUnshuffle', 'input'), downscaleFactor)));
}

/**
 * Negative log-likelihood of counts under a Poisson distribution. PyTorch: `F.poisson_nll_loss`.
 * @param input The rate, or its logarithm with `logInput` (the default).
 * @param target The counts; shapes broadcast.
 * @param options `full` adds Stirling's term for the target's factorial; `eps` is added to the rate before its logarithm.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for an unknown reduction.
 * @example F.poissonNllLoss(tensor([0]), tensor([2])) // 1
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options?: {
    logInput?: boolean | undefined;
    full?: boolean | undefined;
    eps?: number | undefined;
    reduction?: Reduction | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.poissonNllLoss(
        nodeOf(input, 'poissonNllLoss', 'input'),
        nodeOf(target, 'poissonNllLoss', 'target'),
        options,
      ),
    ),
  );
}

/**
 * x where positive, `weight * x` elsewhere; `weight` holds one slope, or one per channel (dim 1). PyTorch: `F.prelu`.
 * @throws ShapeError when there are neither one slope nor as many as channels.
 * @example F.prelu(tensor([-2, 1]), tensor([0.25])) // [-0.5, 1]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  return call(() => wrap(f.prelu(nodeOf(x, 'prelu', 'x'), nodeOf(weight, 'prelu', 'weight'))));
}

/**
 * `max(x, 0)`, elementwise; NaN stays NaN, the gradient at 0 is 0. PyTorch: `F.relu`.
 * @param x Any numeric tensor.
 * @returns A tensor of the same shape and dtype.
 * @example F.relu(tensor([-1, 2])) // [0, 2]
 */
export function relu(x: Tensor): Tensor {
  return call(() => wrap(f.relu(nodeOf(x, 'relu', 'x'))));
}

/**
 * `min(max(x, 0), 6)`. PyTorch: `F.relu6`.
 * @example F.relu6(tensor([8, -1])) // [6, 0]
 */
export function relu6(x: Tensor): Tensor {
  return call(() => wrap(f.relu6(nodeOf(x, 'relu6', 'x'))));
}

/**
 * Leaky ReLU with a slope between `lower` and `upper`: in evaluation mode their mean. PyTorch: `F.rrelu`.
 * @example F.rrelu(tensor([-1])) // [-0.2291667]
 */
export function rrelu(
  x: Tensor,
  options?: { lower?: number | undefined; upper?: number | undefined },
): Tensor {
  return call(() => wrap(f.rrelu(nodeOf(x, 'rrelu', 'x'), options)));
}

/**
 * Attention: values weighted by how well their keys match each query, `softmax(scale q k^T + mask) v`.
 * PyTorch: `F.scaled_dot_product_attention`. `dropoutP` is an option of F's form only.
 * @param query [..., T, D].
 * @param key [..., S, D]; leading dimensions broadcast.
 * @param value [..., S, E].
 * @param options `attnMask` broadcasts to [..., T, S]: added to the scores, or bool with true for keys that are seen.
 * `isCausal`: query i sees keys 0 to i. `scale`: 1 / sqrt(D) unless given.
 * @returns [..., T, E].
 * @throws ShapeError when the shapes do not fit; ArgumentError for a mask beside `isCausal`.
 * @example F.scaledDotProductAttention(q, k, v, { isCausal: true })
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options?: { attnMask?: Tensor | undefined; isCausal?: boolean | undefined; scale?: number | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.scaledDotProductAttention(
        nodeOf(query, 'scaledDotProductAttention', 'query'),
        nodeOf(key, 'scaledDotProductAttention', 'key'),
        nodeOf(value, 'scaledDotProductAttention', 'value'),
        options && {
          ...options,
          attnMask: maybeNodeOf(options.attnMask, 'scaledDotProductAttention', 'options.attnMask'),
        },
      ),
    ),
  );
}

/**
 * The self-normalising ELU of Klambauer et al. 2017. PyTorch: `F.selu`.
 * @example F.selu(tensor([1])) // [1.0507]
 */
export function selu(x: Tensor): Tensor {
  return call(() => wrap(f.selu(nodeOf(x, 'selu', 'x'))));
}

/**
 * `1 / (1 + e^-x)`.
 */
export function sigmoid(x: Tensor): Tensor {
  return call(() => wrap(f.sigmoid(nodeOf(x, 'sigmoid', 'x'))));
}

/**
 * `x * sigmoid(x)`, also called swish. PyTorch: `F.silu`.
 * @example F.silu(tensor([0])) // [0]
 */
export function silu(x: Tensor): Tensor {
  return call(() => wrap(f.silu(nodeOf(x, 'silu', 'x'))));
}

/**
 * Squared below `beta`, absolute above: `d^2 / (2 beta)` where |d| < beta, else `|d| - beta / 2`.
 * PyTorch: `F.smooth_l1_loss`.
 * @throws ArgumentError when `beta` is negative.
 * @example F.smoothL1Loss(tensor([0.5, 3]), tensor([0, 0])) // 1.3125
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options?: { beta?: number | undefined; reduction?: Reduction | undefined },
): Tensor {
  return call(() =>
    wrap(
      f.smoothL1Loss(
        nodeOf(input, 'smoothL1Loss', 'input'),
        nodeOf(target, 'smoothL1Loss', 'target'),
        options,
      ),
    ),
  );
}

/**
 * `log(1 + e^(-y x))` with targets of 1 and -1. PyTorch: `F.soft_margin_loss`.
 * @throws ShapeError when the shapes do not broadcast.
 * @example F.softMarginLoss(tensor([0]), tensor([1])) // 0.6931
 */
export function softMarginLoss(input: Tensor, target: Tensor, options?: WithReduction): Tensor {
  return call(() =>
    wrap(
      f.softMarginLoss(
        nodeOf(input, 'softMarginLoss', 'input'),
        nodeOf(target, 'softMarginLoss', 'target'),
        options,
      ),
    ),
  );
}

/**
 * `e^x / sum(e^x)` along `dim`. PyTorch: `F.softmax`.
 * @throws AxisError when `dim` is out of range.
 * @example F.softmax(tensor([0, 0]), 0) // [0.5, 0.5]
 */
export function softmax(x: Tensor, dim: number, options?: WithDType): Tensor {
  return call(() => wrap(f.softmax(nodeOf(x, 'softmax', 'x'), dim, options)));
}

/**
 * `softmax(-x)` along `dim`. PyTorch: `F.softmin`.
 * @throws AxisError when `dim` is out of range.
 * @example F.softmin(tensor([0, 0]), 0) // [0.5, 0.5]
 */
export function softmin(x: Tensor, dim: number, options?: WithDType): Tensor {
  return call(() => wrap(f.softmin(nodeOf(x, 'softmin', 'x'), dim, options)));
}

/**
 * `log(1 + e^(beta x)) / beta`, and x itself where `beta x` exceeds `threshold`. PyTorch: `F.softplus`.
 * @example F.softplus(tensor([0])) // [0.6931]
 */
export function softplus(
  x: Tensor,
  options?: { beta?: number | undefined; threshold?: number | undefined },
): Tensor {
  return call(() => wrap(f.softplus(nodeOf(x, 'softplus', 'x'), options)));
}

/**
 * x moved towards 0 by `lambd`, at most to 0. PyTorch: `F.softshrink`.
 * @throws ArgumentError when `lambd` is negative; DTypeError for integers.
 * @example F.softshrink(tensor([0.3, 1])) // [0, 0.5]
 */
export function softshrink(x: Tensor, options?: { lambd?: number | undefined }): Tensor {
  return call(() => wrap(f.softshrink(nodeOf(x, 'softshrink', 'x'), options)));
}

/**
 * `x / (1 + |x|)`. PyTorch: `F.softsign`.
 * @example F.softsign(tensor([1])) // [0.5]
 */
export function softsign(x: Tensor): Tensor {
  return call(() => wrap(f.softsign(nodeOf(x, 'softsign', 'x'))));
}

/**
 * Hyperbolic tangent.
 */
export function tanh(x: Tensor): Tensor {
  return call(() => wrap(f.tanh(nodeOf(x, 'tanh', 'x'))));
}

/**
 * `x - tanh(x)`. PyTorch: `F.tanhshrink`.
 * @example F.tanhshrink(tensor([0])) // [0]
 */
export function tanhshrink(x: Tensor): Tensor {
  return call(() => wrap(f.tanhshrink(nodeOf(x, 'tanhshrink', 'x'))));
}

/**
 * x where it exceeds `threshold`, `value` elsewhere. PyTorch: `F.threshold`.
 * @example F.threshold(tensor([1, 3]), 2, 0) // [0, 3]
 */
export function threshold(x: Tensor, threshold: number, value: number): Tensor {
  return call(() => wrap(f.threshold(nodeOf(x, 'threshold', 'x'), threshold, value)));
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with the p-norm distance.
 * PyTorch: `F.triplet_margin_loss`.
 * @param options `swap`: the distance from positive to negative counts too, when smaller.
 * @throws ShapeError when ranks differ or shapes do not broadcast.
 * @example F.tripletMarginLoss(anchor, positive, negative, { margin: 0.5 })
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: {
    margin?: number | undefined;
    p?: number | undefined;
    eps?: number | undefined;
    swap?: boolean | undefined;
    reduction?: Reduction | undefined;
  },
): Tensor {
  return call(() =>
    wrap(
      f.tripletMarginLoss(
        nodeOf(anchor, 'tripletMarginLoss', 'anchor'),
        nodeOf(positive, 'tripletMarginLoss', 'positive'),
        nodeOf(negative, 'tripletMarginLoss', 'negative'),
        options,
      ),
    ),
  );
}

/**
 * Sliding patches of images as columns. PyTorch: `F.unfold`.
 * @param input [N, C, H, W] or [C, H, W].
 * @returns [N, C KH KW, L], L the number of positions, row by row.
 * @throws ShapeError when no patch fits.
 * @example F.unfold(ones(1, 1, 3, 3), 2).shape // [1, 4, 4]
 */
export function unfold(input: Tensor, kernelSize: PerDim, options?: PatchOptions): Tensor {
  return call(() => wrap(f.unfold(nodeOf(input, 'unfold', 'input'), kernelSize, options)));
}

/**
 * `interpolate` by its older name. PyTorch: `F.upsample`.
 * @example F.upsample(images, { scaleFactor: 2 })
 */
export function upsample(
  input: Tensor,
  options: {
    size?: PerDim | undefined;
    scaleFactor?: PerDim | undefined;
    mode?: InterpolateMode | undefined;
    alignCorners?: boolean | undefined;
  },
): Tensor {
  return call(() => wrap(f.upsample(nodeOf(input, 'upsample', 'input'), options)));
}

/**
 * `interpolate` with mode 'bilinear' and aligned corners. PyTorch: `F.upsample_bilinear`.
 * @example F.upsampleBilinear(images, { size: [8, 8] })
 */
export function upsampleBilinear(
  input: Tensor,
  options: { size?: PerDim | undefined; scaleFactor?: PerDim | undefined },
): Tensor {
  return call(() => wrap(f.upsampleBilinear(nodeOf(input, 'upsampleBilinear', 'input'), options)));
}

/**
 * `interpolate` with mode 'nearest'. PyTorch: `F.upsample_nearest`.
 * @example F.upsampleNearest(images, { scaleFactor: 2 })
 */
export function upsampleNearest(
  input: Tensor,
  options: { size?: PerDim | undefined; scaleFactor?: PerDim | undefined },
): Tensor {
  return call(() => wrap(f.upsampleNearest(nodeOf(input, 'upsampleNearest', 'input'), options)));
}
