/** How many kernels the reference programs come to, scalar and copy kernels included. */
import { expect, it } from 'vitest';
import type { Graph } from '../../src/graph/index.js';
import {
  adam,
  adamUpdate,
  attention,
  compile,
  convWeightGradient,
  crossEntropy,
  layerNorm,
  mlpStep,
  sgd,
  softmax,
} from '../loops/cases.js';

const most: readonly (readonly [string, number, Graph])[] = [
  ['softmax', 1, softmax()],
  ['layer norm', 1, layerNorm().forward],
  ['gradient of layer norm', 3, layerNorm().gradient],
  ['softmax cross-entropy and its gradient', 2, crossEntropy()],
  ["Adam's update of all parameters", 2, adamUpdate()],
  ['causal attention [2, 4, 64, 32], materialised', 4, attention().forward],
  ["gradient of a convolution's weight", 1, convWeightGradient()],
  ['SGD step of an MLP 784-128-10', 9, mlpStep(sgd)],
  ['Adam step of an MLP 784-128-10', 11, mlpStep(adam)],
];

it.each(most)('%s: at most %i', (_, limit, graph) => {
  const { program } = compile(graph).plan;
  expect(program.steps.length).toBeGreaterThan(0);
  expect(
    program.steps.length,
    program.steps.map((step) => (step.kind === 'launch' ? step.nest.name : step.kind)).join(', '),
  ).toBeLessThanOrEqual(limit);
});
