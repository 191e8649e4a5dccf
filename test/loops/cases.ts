/** The programs whose LoopNests other readers must be able to read: forward, gradients and updates as a user's step makes them. */
import { gradients, unitCotangent } from '../../src/autodiff/index.js';
import * as F from '../../src/functional/index.js';
import { fuse, type Fusion } from '../../src/fusion/index.js';
import { g, node, withOrigin, type Assign, type Graph, type Node } from '../../src/graph/index.js';
import { lower, type Lowered } from '../../src/lower/index.js';
import { simplify } from '../../src/passes/index.js';
import { plan, type Plan, type Target } from '../../src/plan/index.js';
import type { DType, Shape } from '../../src/core/index.js';
import type { Leaf } from '../../src/ops/index.js';

export const target: Target = {
  name: 'test',
  dtypes: new Set(['float32', 'int32', 'uint32', 'bool']),
  buffersPerKernel: Infinity,
  scratchBytes: 1 << 18,
  keepsAcross: true,
  reciprocals: false,
  bindingBytes: Infinity,
  alignment: 8,
  arenas: 'one',
  parallelGrain: Infinity,
  floatAtomics: false,
  maxBodyOps: 400,
  attention: undefined,
};

let nextLeaf = 1;
export const input = (name: string, shape: Shape, dtype: DType = 'float32'): Node =>
  node('input', [], { leaf: { id: nextLeaf++, name }, shape, dtype });

/** A cell of state and its present content. */
export interface State {
  readonly leaf: Leaf;
  readonly node: Node;
}
export function state(name: string, shape: Shape = [], dtype: DType = 'float32'): State {
  const leaf = { id: nextLeaf++, name };
  return { leaf, node: node('state', [], { leaf, version: 0, shape, dtype }) };
}

export const results = (...outputs: readonly Node[]): Graph => ({ outputs, assigns: [] });

/** Gradients of what `output` would add to a loss that weighs it by `cotangent`. */
const pulled = (output: Node, wrt: readonly Node[], cotangent = input('cotangent', output.shape)): Node[] =>
  gradients([output], [cotangent], wrt).map((gradient) => gradient!);

export function softmax(shape: Shape = [64, 100]): Graph {
  return results(F.softmax(input('x', shape), -1));
}

export function layerNorm(rows = 64, width = 100): { forward: Graph; gradient: Graph } {
  const [x, w, b] = [input('x', [rows, width]), input('weight', [width]), input('bias', [width])];
  const y = F.layerNorm(x, [width], w, b);
  return { forward: results(y), gradient: results(...pulled(y, [x, w, b])) };
}

/** Loss and gradient of the scores; the target is a class number, compared with each position. */
export function crossEntropy(batch = 64, classes = 10): Graph {
  const scores = input('scores', [batch, classes]);
  const loss = F.crossEntropy(scores, input('labels', [batch], 'int32'));
  return results(loss, ...gradients([loss], [unitCotangent(loss)], [scores]).map((gradient) => gradient!));
}

export function sgd(parameters: readonly State[], grads: readonly Node[], lr = state('lr').node): Assign[] {
  return withOrigin('optimizer', () =>
    parameters.map(({ leaf, node: p }, i) => ({
      leaf,
      value: g.sub(p, g.mul(g.expandTo(lr, p.shape), grads[i]!)),
    })),
  );
}

export function adam(parameters: readonly State[], grads: readonly Node[]): Assign[] {
  return withOrigin('optimizer', () => {
    const [lr, step] = [state('lr').node, state('step')];
    const next = g.withScalar('add', step.node, 1);
    const correction = (beta: number): Node => g.sub(g.constant(1), g.binary('pow', g.constant(beta), next));
    const rate = g.div(lr, correction(0.9));
    const spread = g.sqrt(correction(0.999));
    const updates = parameters.flatMap(({ leaf, node: p }, i): Assign[] => {
      const grad = grads[i]!;
      const [m, v] = [state(`${leaf.name}_m`, p.shape), state(`${leaf.name}_v`, p.shape)];
      const first = g.add(g.scale(m.node, 0.9), g.scale(grad, 0.1));
      const second = g.add(g.scale(v.node, 0.999), g.scale(g.mul(grad, grad), 0.001));
      const root = g.withScalar('add', g.div(g.sqrt(second), g.expandTo(spread, p.shape)), 1e-8);
      const value = g.sub(p, g.mul(g.expandTo(rate, p.shape), g.div(first, root)));
      return [
        { leaf, value },
        { leaf: m.leaf, value: first },
        { leaf: v.leaf, value: second },
      ];
    });
    return [...updates, { leaf: step.leaf, value: next }];
  });
}

const parameterShapes: Readonly<Record<string, Shape>> = {
  w1: [128, 784],
  b1: [128],
  w2: [10, 128],
  b2: [10],
};
export const parameters = (): State[] =>
  Object.entries(parameterShapes).map(([name, shape]) => state(name, shape));

/** The update of four parameters, their gradients handed in. */
export function adamUpdate(): Graph {
  const cells = parameters();
  return {
    outputs: [],
    assigns: adam(
      cells,
      cells.map(({ leaf, node: p }) => input(`${leaf.name}_grad`, p.shape)),
    ),
  };
}

/** 784-128-10 with biases, ReLU and mean cross-entropy; the loss is returned. */
export function mlpStep(optimizer: typeof sgd | typeof adam, batch = 64): Graph {
  const cells = parameters();
  const [w1, b1, w2, b2] = cells.map((cell) => cell.node) as [Node, Node, Node, Node];
  const hidden = F.relu(F.linear(input('x', [batch, 784]), w1, b1));
  const loss = F.crossEntropy(F.linear(hidden, w2, b2), input('labels', [batch], 'int32'));
  const grads = gradients([loss], [unitCotangent(loss)], [w1, b1, w2, b2]).map((gradient) => gradient!);
  return { outputs: [loss], assigns: optimizer(cells, grads) };
}

/** The gradient of a convolution's weight: stride 2, padding 1, so the gradient is dilated and the input padded. */
export function convWeightGradient(): Graph {
  const [x, w] = [input('x', [2, 3, 9, 9]), input('weight', [4, 3, 3, 3])];
  const y = g.conv(x, w, {
    strides: [2, 2],
    padLow: [1, 1],
    padHigh: [1, 1],
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    featureGroups: 1,
    batchGroups: 1,
  });
  return results(...pulled(y, [w]));
}

/** Causal attention over [2, 4, 64, 32], written out: the weights are a matrix in memory. */
export function attention(shape: Shape = [2, 4, 64, 32]): { forward: Graph; backward: Graph } {
  const [q, k, v] = ['query', 'key', 'value'].map((name) => input(name, shape)) as [Node, Node, Node];
  const y = F.scaledDotProductAttention(q, k, v, { isCausal: true });
  return { forward: results(y), backward: results(...pulled(y, [q, k, v])) };
}

export interface Compiled {
  readonly fusion: Fusion;
  readonly lowered: Lowered;
  readonly plan: Plan;
}

/** The compiler's path from a traced graph to a program. */
export function compile(graph: Graph, fused = true): Compiled {
  const fusion = fuse(simplify(graph).graph, target, { fusion: fused });
  const lowered = lower(fusion, { segments: fused });
  return { fusion, lowered, plan: plan(lowered, fusion, target) };
}
