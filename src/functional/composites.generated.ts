// Written by `npm run codegen` from src/functional. Do not edit.
export {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSoftmax,
  logsigmoid,
  mish,
  prelu,
  relu,
  relu6,
  rrelu,
  selu,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  tanhshrink,
  threshold,
} from './activation.js';
export {
  abs,
  add,
  addcdiv,
  addcmul,
  clamp,
  clampMax,
  clampMin,
  div,
  floatPower,
  floorDivide,
  fmax,
  fmin,
  fmod,
  hypot,
  lerp,
  maximum,
  minimum,
  mul,
  neg,
  positive,
  pow,
  reciprocal,
  remainder,
  rsub,
  sgn,
  sign,
  square,
  sub,
  trueDivide,
} from './arithmetic.js';
export {
  asStrided,
  cartesianProd,
  flip,
  fliplr,
  flipud,
  meshgrid,
  narrow,
  narrowCopy,
  repeat,
  repeatInterleave,
  roll,
  rot90,
  select,
  slice,
  tile,
  windows,
} from './arrange.js';
export { attentionWeights, scaledDotProductAttention } from './attention.js';
export {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
} from './bitwise.js';
export {
  eq,
  ge,
  gt,
  isclose,
  isin,
  le,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  ne,
  where,
  whereElse,
} from './comparison.js';
export { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from './conv.js';
export {
  bfloat16,
  bool,
  byte,
  char,
  clone,
  contiguous,
  detach,
  double,
  float,
  half,
  int,
  long,
  short,
  to,
  typeAs,
} from './conversion.js';
export {
  arange,
  eye,
  fill,
  full,
  fullLike,
  linspace,
  logspace,
  newFull,
  newOnes,
  newZeros,
  ones,
  onesLike,
  vander,
  zeros,
  zerosLike,
} from './creation.js';
export {
  diag,
  diagEmbed,
  diagflat,
  diagonal,
  diagonalScatter,
  trace,
  tril,
  trilIndices,
  triu,
  triuIndices,
} from './diagonal.js';
export { einsum } from './einsum.js';
export { embedding, embeddingBag, embeddingRenorm, oneHot } from './embedding.js';
export { erf, erfc, erfcx, erfinv, logNdtr, ndtr, ndtri } from './error-function.js';
export {
  digamma,
  exp,
  exp2,
  expm1,
  ldexp,
  lgamma,
  log,
  log10,
  log1p,
  log2,
  logaddexp,
  logaddexp2,
  logit,
  mvlgamma,
  rsqrt,
  sigmoid,
  sqrt,
  xlog1py,
  xlogy,
} from './exponential.js';
export { amax, amin, aminmax, argmax, argmin, cummax, cummin, max, min } from './extremes.js';
export { gather, indexSelect, take, takeAlongDim } from './gather.js';
export { affineGrid, gridSample } from './grid.js';
export { at, selectScatter, sliceScatter, withAt } from './indexing.js';
export {
  blockDiag,
  cat,
  chunk,
  columnStack,
  dsplit,
  dstack,
  hsplit,
  hstack,
  split,
  splitWithSizes,
  stack,
  tensorSplit,
  unbind,
  vsplit,
  vstack,
} from './join.js';
export {
  cdist,
  chainMatmul,
  cross,
  linalgCross,
  linalgNorm,
  matrixNorm,
  matrixPower,
  multiDot,
  renorm,
  vecdot,
  vectorNorm,
} from './linalg.js';
export { bilinear, linear } from './linear.js';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  gaussianNllLoss,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
} from './loss.js';
export {
  crossEntropy,
  multiMarginLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  nllLoss,
} from './loss-class.js';
export { ctcLoss } from './loss-ctc.js';
export {
  cosineEmbeddingLoss,
  cosineSimilarity,
  hingeEmbeddingLoss,
  marginRankingLoss,
  pairwiseDistance,
  pdist,
  tripletMarginLoss,
} from './loss-distance.js';
export {
  addbmm,
  addmm,
  addmv,
  addr,
  baddbmm,
  bmm,
  dot,
  inner,
  kron,
  matmul,
  mm,
  mv,
  outer,
  tensordot,
  vdot,
} from './matmul.js';
export {
  batchNorm,
  batchNormUpdateStats,
  groupNorm,
  instanceNorm,
  instanceNormUpdateStats,
  layerNorm,
  localResponseNorm,
  nativeBatchNorm,
  nativeLayerNorm,
  normalize,
} from './norm.js';
export { constantPadNd, pad } from './padding.js';
export { fold, unfold } from './patches.js';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from './pixel.js';
export {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from './pool.js';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
} from './pool-adaptive.js';
export {
  all,
  any,
  countNonzero,
  cumprod,
  cumsum,
  logcumsumexp,
  logsumexp,
  mean,
  nanmean,
  nansum,
  prod,
  sum,
} from './reduction.js';
export { interpolate, upsample, upsampleBilinear, upsampleNearest } from './resize.js';
export {
  ceil,
  conj,
  conjPhysical,
  copysign,
  floor,
  frac,
  heaviside,
  isfinite,
  isinf,
  isnan,
  isneginf,
  isposinf,
  isreal,
  nanToNum,
  nextafter,
  real,
  resolveConj,
  resolveNeg,
  round,
  signbit,
  trunc,
} from './rounding.js';
export {
  indexAdd,
  indexCopy,
  indexFill,
  indexPut,
  indexReduce,
  maskedFill,
  maskedScatter,
  put,
  scatter,
  scatterAdd,
  scatterReduce,
} from './scatter.js';
export {
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastShapes,
  broadcastTensors,
  broadcastTo,
  conjugateMatrixTranspose,
  conjugateTranspose,
  expand,
  expandAs,
  flatten,
  matrixTranspose,
  movedim,
  permute,
  ravel,
  reshape,
  reshapeAs,
  reversedDims,
  squeeze,
  sumToSize,
  swapaxes,
  t,
  transpose,
  unflatten,
  unsqueeze,
  view,
  viewAs,
} from './shape.js';
export {
  argsort,
  bucketize,
  combinations,
  kthvalue,
  median,
  mode,
  msort,
  nanmedian,
  nanquantile,
  quantile,
  searchsorted,
  sort,
  topk,
} from './sorting.js';
export { entr, i0, i0e, i1, i1e, polygamma, zeta } from './special.js';
export {
  corrcoef,
  cov,
  cumulativeTrapezoid,
  diff,
  dist,
  norm,
  std,
  stdMean,
  trapezoid,
  trapz,
  varMean,
  variance,
} from './statistics.js';
export {
  acos,
  acosh,
  angle,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cos,
  cosh,
  deg2rad,
  rad2deg,
  sin,
  sinc,
  sinh,
  tan,
  tanh,
} from './trigonometric.js';
export type { AvgPoolOptions } from './pool.js';
export type { ConvOptions } from './conv.js';
export type { ConvTransposeOptions } from './conv.js';
export type { Dims } from './operands.js';
export type { GridMode } from './grid.js';
export type { GridPadding } from './grid.js';
export type { Index } from './operands.js';
export type { InterpolateMode } from './resize.js';
export type { Making } from './creation.js';
export type { MaxPoolOptions } from './pool.js';
export type { MaxUnpoolOptions } from './pool-adaptive.js';
export type { Named } from './operands.js';
export type { Operand } from './operands.js';
export type { OutputSize } from './pool-adaptive.js';
export type { PadMode } from './padding.js';
export type { PatchOptions } from './patches.js';
export type { PerDim } from './nn-support.js';
export type { Reduction } from './nn-support.js';
export type { Sizes } from './operands.js';
export type { SizesWith } from './creation.js';
export type { Value } from './operands.js';
export type { WithDType } from './operands.js';
export type { WithReduction } from './nn-support.js';
