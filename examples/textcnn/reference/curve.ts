/**
 * The inputs of the loss-curve comparison, made from a seed so that both libraries start at the same weights and
 * see the same batches, and a test needs no file of weights.
 */
import { config } from '../config.js';
import { mulberry32, shuffle } from '../corpus.js';

export const CURVE_STEPS = 50;
const SEED = 7;

export interface Weight {
  shape: number[];
  data: Float32Array;
}

/** Initial values of every parameter under the names of `stateDict()`: uniform, with the standard deviation of the usual initialisation. */
export function initialWeights(vocabulary: number, classes: number): Record<string, Weight> {
  const { embedding, embeddingStd, channels, widths } = config;
  const random = mulberry32(SEED);
  const uniform = (shape: number[], bound: number): Weight => {
    const count = shape.reduce((product, size) => product * size, 1);
    return { shape, data: Float32Array.from({ length: count }, () => (2 * random() - 1) * bound) };
  };
  const features = channels * widths.length;
  return Object.fromEntries([
    ['embed.weight', uniform([vocabulary, embedding], embeddingStd * Math.sqrt(3))],
    ...widths.flatMap((width, i): [string, Weight][] => {
      const bound = 1 / Math.sqrt(embedding * width);
      return [
        [`convs.${i}.weight`, uniform([channels, embedding, width], bound)],
        [`convs.${i}.bias`, uniform([channels], bound)],
      ];
    }),
    ['fc.weight', uniform([classes, features], 1 / Math.sqrt(features))],
    ['fc.bias', uniform([classes], 1 / Math.sqrt(features))],
  ]);
}

/** Indices of training passages: [CURVE_STEPS, batchSize]. */
export function curveBatches(passages: number): Int32Array {
  const order = shuffle([...Array(passages).keys()], mulberry32(SEED + 1));
  return Int32Array.from(order.slice(0, CURVE_STEPS * config.batchSize));
}
