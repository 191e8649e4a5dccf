/** Training steps written in primitives, as the tensor layer would trace them. */
import { gradients } from '../../src/autodiff/index.js';
import { Site, inModule, withSite } from '../../src/core/index.js';
import { g, withOrigin, type Assign, type Graph, type Node } from '../../src/graph/index.js';
import { Cell, Placeholder } from '../../src/runtime/cell.js';
import { node } from '../../src/graph/index.js';

const cell = (name: string, shape: readonly number[]): Cell => Cell.zeros(shape, 'float32', name);
const input = (name: string, shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): Node =>
  node('input', [], { leaf: new Placeholder(name), shape, dtype });
const at = <T>(line: string, body: () => T): T => withSite(new Site(`textcnn/${line}`), body);

const linear = (x: Node, weight: Node, bias: Node): Node => {
  const y = g.dot(x, weight, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] });
  return g.add(y, g.expandTo(bias, y.shape));
};
const relu = (x: Node): Node => g.max(x, g.fullLike(x, 0));
const embedding = (weight: Node, index: Node): Node => {
  const [, width] = weight.shape as [number, number];
  const [batch, time] = index.shape as [number, number];
  const flat = g.expand(g.reshape(index, [batch * time, 1]), [batch * time, width]);
  return g.reshape(g.gather(weight, flat, 0), [batch, time, width]);
};
/** Mean over the batch of -log softmax at the labels. */
function crossEntropy(scores: Node, labels: Node): Node {
  const [batch] = scores.shape as [number, number];
  const largest = g.stopGradient(g.reduce('amax', scores, [1], true));
  const shifted = g.sub(scores, g.expand(largest, scores.shape));
  const logits = g.sub(shifted, g.expand(g.log(g.sum(g.exp(shifted), [1], true)), scores.shape));
  const picked = g.gather(logits, g.reshape(labels, [batch, 1]), 1);
  return g.scale(g.neg(g.sum(picked, [0, 1])), 1 / batch);
}

function adam(parameters: readonly Cell[], grads: readonly (Node | undefined)[]): Assign[] {
  return withOrigin('optimizer', () =>
    at('main.ts:33:3', () => {
      const step = cell('step', []);
      const lr = cell('lr', []);
      const next = g.withScalar('add', step.node, 1);
      const correct = (beta: number): Node => g.sub(g.full([], 1), g.binary('pow', g.full([], beta), next));
      const [c1, c2] = [correct(0.9), correct(0.999)];
      const updates = parameters.flatMap((parameter, i): Assign[] => {
        const grad = grads[i]!;
        const { shape, name } = parameter;
        const m = cell(`${name}.exp_avg`, shape);
        const v = cell(`${name}.exp_avg_sq`, shape);
        const m1 = g.add(g.scale(m.node, 0.9), g.scale(grad, 0.1));
        const v1 = g.add(g.scale(v.node, 0.999), g.scale(g.mul(grad, grad), 0.001));
        const denominator = g.withScalar('add', g.sqrt(g.div(v1, g.expandTo(c2, shape))), 1e-8);
        const change = g.div(
          g.mul(g.div(m1, g.expandTo(c1, shape)), g.expandTo(lr.node, shape)),
          denominator,
        );
        return [
          { leaf: parameter, value: g.sub(parameter.node, change) },
          { leaf: m, value: m1 },
          { leaf: v, value: v1 },
        ];
      });
      return [...updates, { leaf: step, value: next }];
    }),
  );
}

export interface Stages {
  readonly forward: Graph;
  readonly graph: Graph;
}

/** The design document's TextCNN, with one Adam step. */
export function textCNN({ batch = 32, time = 60, vocabulary = 5000, width = 64, classes = 4 } = {}): Stages {
  const embed = cell('embed.weight', [vocabulary, width]);
  const convs = [3, 4, 5].map(
    (k, i) => [cell(`convs.${i}.weight`, [width, width, k]), cell(`convs.${i}.bias`, [width])] as const,
  );
  const fc = [cell('fc.weight', [classes, 3 * width]), cell('fc.bias', [classes])] as const;
  const keep = input('mask', [batch, 3 * width]);
  const tokens = input('tokens', [batch, time], 'int32');
  const labels = input('labels', [batch], 'int32');
  const scores = inModule('TextCNN', () => {
    const words = inModule('embed', () => at('model.ts:21:14', () => embedding(embed.node, tokens)));
    const x = at('model.ts:21:34', () => g.permute(words, [0, 2, 1]));
    const pooled = convs.map(([weight, bias], i) => {
      const y = inModule('convs', () =>
        inModule(String(i), () =>
          at('model.ts:22:49', () => {
            const none = {
              strides: [1],
              padLow: [0],
              padHigh: [0],
              lhsDilation: [1],
              rhsDilation: [1],
              featureGroups: 1,
              batchGroups: 1,
            };
            const sum = g.conv(x, weight.node, none);
            return g.add(sum, g.expand(g.reshape(bias.node, [1, width, 1]), sum.shape));
          }),
        ),
      );
      return at('model.ts:22:57', () => g.reduce('amax', relu(y), [2]));
    });
    const joined = at('model.ts:23:37', () => g.concat(pooled, 1));
    const dropped = inModule('dropout', () => at('model.ts:23:20', () => g.mul(joined, keep)));
    return inModule('fc', () => at('model.ts:23:12', () => linear(dropped, fc[0].node, fc[1].node)));
  });
  const loss = at('main.ts:31:18', () => crossEntropy(scores, labels));
  const parameters = [embed, ...convs.flat(), ...fc];
  const grads = at('main.ts:32:8', () =>
    gradients(
      [loss],
      [g.full([], 1)],
      parameters.map((p) => p.node),
    ),
  );
  return {
    forward: { outputs: [loss], assigns: [] },
    graph: { outputs: [loss], assigns: adam(parameters, grads) },
  };
}

/** A softmax over the last axis. */
export function softmax(shape: readonly number[] = [4, 8]): Stages {
  const x = input('x', shape);
  const last = [shape.length - 1];
  const y = at('main.ts:3:15', () => {
    const e = g.exp(g.sub(x, g.expand(g.reduce('amax', x, last, true), shape)));
    return g.div(e, g.expand(g.sum(e, last, true), shape));
  });
  const graph = { outputs: [y], assigns: [] };
  return { forward: graph, graph };
}

/** Two linear layers with ReLU and SGD. */
export function mlp(batch = 8): Stages {
  const [w1, b1, w2, b2] = [
    cell('0.weight', [16, 12]),
    cell('0.bias', [16]),
    cell('2.weight', [3, 16]),
    cell('2.bias', [3]),
  ] as const;
  const x = input('x', [batch, 12]);
  const labels = input('labels', [batch], 'int32');
  const scores = inModule('Sequential', () => {
    const h = inModule('0', () => at('main.ts:9:20', () => linear(x, w1.node, b1.node)));
    const a = inModule('1', () => at('main.ts:9:20', () => relu(h)));
    return inModule('2', () => at('main.ts:9:20', () => linear(a, w2.node, b2.node)));
  });
  const loss = at('main.ts:9:18', () => crossEntropy(scores, labels));
  const parameters = [w1, b1, w2, b2];
  const grads = at('main.ts:10:8', () =>
    gradients(
      [loss],
      [g.full([], 1)],
      parameters.map((p) => p.node),
    ),
  );
  const assigns = withOrigin('optimizer', () =>
    at('main.ts:11:3', () =>
      parameters.map((leaf, i): Assign => ({ leaf, value: g.sub(leaf.node, g.scale(grads[i]!, 0.1)) })),
    ),
  );
  return { forward: { outputs: [loss], assigns: [] }, graph: { outputs: [loss], assigns } };
}
