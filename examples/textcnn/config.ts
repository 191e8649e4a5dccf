/** Every size of the main job in one place: read here, and exported for the PyTorch twin. */
export const config = {
  passageLength: 64,
  words: 5000,
  testShare: 0.2,
  splitSeed: 0,
  embedding: 16,
  /** Kim (2014) starts word vectors small; with PyTorch's unit variance the same epochs end 4 points lower. */
  embeddingStd: 0.1,
  channels: 32,
  widths: [3, 4, 5],
  dropout: 0.3,
  batchSize: 32,
  epochs: 3,
  /** At the first step; it falls to zero linearly, which nearly halves the spread between seeds. */
  learningRate: 5e-3,
} as const;

/** Floating-point operations of one training step's contractions: forward, and twice that for the two gradients. */
export function stepFlops({ batchSize, passageLength, embedding, channels, widths } = config): number {
  const forward = widths.reduce(
    (sum, width) => sum + 2 * embedding * channels * width * (passageLength - width + 1),
    0,
  );
  return 3 * batchSize * forward;
}
