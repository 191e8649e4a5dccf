/** torch.nn.functional: activations, normalisation, losses and distances. */
import { F, type DType, type Tensor } from 'fusegrad';
import type { Kw, Reduction, T1, T2, T3, T4, Table } from './row.js';

type Along = readonly [Tensor, number];
type Typed = { dtype?: DType };

export const activations: Table = {
  'nn.functional.celu': ([x]: T1, kw: Kw) => F.celu(x, kw),
  'nn.functional.elu': ([x]: T1, kw: Kw) => F.elu(x, kw),
  'nn.functional.gelu': ([x]: T1, kw: { approximate?: 'none' | 'tanh' }) => F.gelu(x, kw),
  'nn.functional.glu': ([x, dim]: Along) => F.glu(x, dim),
  'nn.functional.hardshrink': ([x]: T1, kw: { lambd?: number }) => F.hardshrink(x, kw),
  'nn.functional.hardsigmoid': ([x]: T1) => F.hardsigmoid(x),
  'nn.functional.hardswish': ([x]: T1) => F.hardswish(x),
  'nn.functional.hardtanh': ([x]: T1, kw: { minVal?: number; maxVal?: number }) => F.hardtanh(x, kw),
  'nn.functional.leaky_relu': ([x]: T1, kw: { negativeSlope?: number }) => F.leakyRelu(x, kw),
  'nn.functional.logsigmoid': ([x]: T1) => F.logsigmoid(x),
  'nn.functional.mish': ([x]: T1) => F.mish(x),
  'nn.functional.prelu': ([x, weight]: T2, kw: { weight: Tensor }) => F.prelu(x, weight ?? kw.weight),
  'nn.functional.relu': ([x]: T1) => F.relu(x),
  'nn.functional.relu6': ([x]: T1) => F.relu6(x),
  'nn.functional.selu': ([x]: T1) => F.selu(x),
  'nn.functional.silu': ([x]: T1) => F.silu(x),
  'nn.functional.softmin': ([x, dim]: Along, kw: Typed) => F.softmin(x, dim, kw),
  'nn.functional.softplus': ([x]: T1, kw: { beta?: number; threshold?: number }) => F.softplus(x, kw),
  'nn.functional.softshrink': ([x]: T1, kw: { lambd?: number }) => F.softshrink(x, kw),
  'nn.functional.softsign': ([x]: T1) => F.softsign(x),
  'nn.functional.tanhshrink': ([x]: T1) => F.tanhshrink(x),
  'nn.functional.threshold': ([x, threshold, value]: readonly [Tensor, number, number]) =>
    F.threshold(x, threshold, value),
};

type Norm = { training?: boolean; momentum?: number; eps?: number };
type Affine = { weight?: Tensor; bias?: Tensor; eps?: number };
type Running = Affine & { runningMean?: Tensor; runningVar?: Tensor; momentum?: number };
type Layer = readonly [Tensor, readonly number[], Tensor, Tensor];
type Response = { alpha?: number; beta?: number; k?: number };

export const normalisation: Table = {
  'nn.functional.batch_norm': (
    [x, mean, variance, weight, bias]: readonly [Tensor, Tensor, Tensor, Tensor, Tensor],
    kw: Norm,
  ) => F.batchNorm(x, mean, variance, weight, bias, kw),
  'nn.functional.group_norm': ([x, groups]: Along, kw: Affine) =>
    F.groupNorm(x, groups, kw.weight, kw.bias, kw),
  'nn.functional.instance_norm': ([x]: T1, kw: Running) =>
    F.instanceNorm(x, kw.runningMean, kw.runningVar, kw.weight, kw.bias, kw),
  'nn.functional.layer_norm': ([x, shape, weight, bias]: Layer, kw: { eps?: number }) =>
    F.layerNorm(x, shape, weight, bias, kw),
  'nn.functional.local_response_norm': ([x, size]: Along, kw: Response) => F.localResponseNorm(x, size, kw),
  'nn.functional.normalize': ([x]: T1, kw: { p?: number; dim?: number; eps?: number }) => F.normalize(x, kw),
};

type Loss = { reduction?: Reduction };
type Ctc = Loss & { blank?: number; zeroInfinity?: boolean };
type Target = Loss & { weight?: Tensor; ignoreIndex?: number };
type Margin = Loss & { margin?: number };
type Triplet = Margin & { p?: number; eps?: number; swap?: boolean };
type Poisson = Loss & { logInput?: boolean; full?: boolean; eps?: number };

export const losses: Table = {
  'nn.functional.binary_cross_entropy': ([x, y]: T2, kw: Kw) => F.binaryCrossEntropy(x, y, kw),
  'nn.functional.binary_cross_entropy_with_logits': ([x, y]: T2, kw: Kw & { posWeight?: Tensor }) =>
    F.binaryCrossEntropyWithLogits(x, y, kw),
  'nn.functional.cosine_embedding_loss': ([x, y, target]: T3, kw: Margin) =>
    F.cosineEmbeddingLoss(x, y, target, kw),
  'nn.functional.cross_entropy': ([x, y]: T2, kw: Target & { labelSmoothing?: number }) =>
    F.crossEntropy(x, y, kw),
  'nn.functional.ctc_loss': ([x, targets, inputLengths, targetLengths]: T4, kw: Ctc) =>
    F.ctcLoss(x, targets, inputLengths, targetLengths, kw),
  'nn.functional.gaussian_nll_loss': ([x, y, variance]: T3, kw: Loss & { full?: boolean; eps?: number }) =>
    F.gaussianNllLoss(x, y, variance, kw),
  'nn.functional.hinge_embedding_loss': ([x, y]: T2, kw: Margin) => F.hingeEmbeddingLoss(x, y, kw),
  'nn.functional.huber_loss': ([x, y]: T2, kw: Loss & { delta?: number }) => F.huberLoss(x, y, kw),
  'nn.functional.kl_div': ([x, y]: T2, kw: Loss & { logTarget?: boolean }) => F.klDiv(x, y, kw),
  'nn.functional.l1_loss': ([x, y]: T2, kw: Loss) => F.l1Loss(x, y, kw),
  'nn.functional.margin_ranking_loss': ([x, y, target]: T3, kw: Margin) =>
    F.marginRankingLoss(x, y, target, kw),
  'nn.functional.mse_loss': ([x, y]: T2, kw: Loss) => F.mseLoss(x, y, kw),
  'nn.functional.multi_margin_loss': ([x, y]: T2, kw: Margin & { p?: number; weight?: Tensor }) =>
    F.multiMarginLoss(x, y, kw),
  'nn.functional.multilabel_margin_loss': ([x, y]: T2, kw: Loss) => F.multilabelMarginLoss(x, y, kw),
  'nn.functional.multilabel_soft_margin_loss': ([x, y]: T2, kw: Loss & { weight?: Tensor }) =>
    F.multilabelSoftMarginLoss(x, y, kw),
  'nn.functional.nll_loss': ([x, y]: T2, kw: Target) => F.nllLoss(x, y, kw),
  'nn.functional.poisson_nll_loss': ([x, y]: T2, kw: Poisson) => F.poissonNllLoss(x, y, kw),
  'nn.functional.smooth_l1_loss': ([x, y]: T2, kw: Loss & { beta?: number }) => F.smoothL1Loss(x, y, kw),
  'nn.functional.soft_margin_loss': ([x, y]: T2, kw: Loss) => F.softMarginLoss(x, y, kw),
  'nn.functional.triplet_margin_loss': ([anchor, positive, negative]: T3, kw: Triplet) =>
    F.tripletMarginLoss(anchor, positive, negative, kw),
};

type Bag = {
  offsets?: Tensor;
  mode?: 'sum' | 'mean' | 'max';
  perSampleWeights?: Tensor;
  paddingIdx?: number;
  includeLastOffset?: boolean;
};

export const lookups: Table = {
  // PyTorch 1.13's name; it returns the weights too.
  'nn.functional._scaled_dot_product_attention': (
    [q, k, v, attnMask]: readonly [Tensor, Tensor, Tensor, Tensor?],
    { isCausal, dropoutP }: { isCausal?: boolean; dropoutP?: number },
  ) => [
    F.scaledDotProductAttention(q, k, v, { attnMask, isCausal, dropoutP }),
    F.attentionWeights(q, k, { attnMask, isCausal }),
  ],
  'nn.functional.bilinear': ([x, y, weight, bias]: T4) => F.bilinear(x, y, weight, bias),
  'nn.functional.cosine_similarity': ([x, y]: T2, kw: { dim?: number; eps?: number }) =>
    F.cosineSimilarity(x, y, kw.dim, kw),
  'nn.functional.embedding': ([indices, weight]: T2, kw: { paddingIdx?: number }) =>
    F.embedding(indices, weight, kw),
  'nn.functional.embedding_bag': ([indices, weight]: T2, kw: Bag) => F.embeddingBag(indices, weight, kw),
  'nn.functional.linear': ([x, weight, bias]: T3) => F.linear(x, weight, bias),
  'nn.functional.pairwise_distance': ([x, y]: T2, kw: { p?: number; eps?: number; keepdim?: boolean }) =>
    F.pairwiseDistance(x, y, kw),
  'nn.functional.pdist': ([x]: T1, kw: { p?: number }) => F.pdist(x, kw),
};
