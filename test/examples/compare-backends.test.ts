/** The programs of the examples, on all backends side by side: in their own sizes, or smaller where those take long. */
import { F, compile, manualSeed, optim, randint, randn, type BackendName, type Tensor } from 'fusegrad';
import { compareBackends, type BackendComparison } from 'fusegrad/inspect';
import { initWebGPU, webgpuCounters } from 'fusegrad/webgpu';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { workloads as peerWorkloads } from '../../examples/bench/peer-workloads.mjs';
import { workloadsOf } from '../../examples/bench/workloads.js';
import { fit, newton } from '../../examples/functional/programs.js';
import { programNames, programs } from '../../examples/kernels/programs.js';
import { loadDigits } from '../../examples/mlp/digits.js';
import { countCorrect, step } from '../../examples/mlp/train.js';
import { CNN } from '../../examples/page/cnn.js';
import { MLP } from '../../examples/page/mlp.js';
import { TextCNN } from '../../examples/textcnn/model.js';
import { Trainer } from '../../examples/textcnn/train.js';
import { adapter } from '../backends/webgpu/adapter.js';

const onHost: readonly BackendName[] = ['js', 'wasm'];
const all: readonly BackendName[] = adapter ? [...onHost, 'webgpu'] : onHost;
let dispatches = 0;

vi.setConfig({ testTimeout: 180_000 });
beforeAll(async () => {
  if (adapter) await initWebGPU();
  else console.warn('compared on js and wasm alone: there is no WebGPU adapter');
});
beforeEach(() => void manualSeed(0));

async function agree(comparing: Promise<BackendComparison>, backends = all): Promise<void> {
  const found = await comparing;
  expect(found.agree, String(found)).toBe(true);
  expect(found.backends).toEqual(backends);
  expect(found.compared).toBeGreaterThan(0);
  if (!backends.includes('webgpu')) return;
  const before = dispatches;
  dispatches = webgpuCounters().dispatches;
  expect(dispatches, 'kernels ran on webgpu').toBeGreaterThan(before);
}

/** A software driver takes a while to compile hundreds of shaders: the large ones are compared by their results. */
const quick = { quick: true };

describe('functional', () => {
  test('fit', () => agree(compareBackends(fit, [], all)));
  test('newton, in float64', () => agree(compareBackends(newton, [], onHost), onHost));
});

describe('mlp', () => {
  const { train } = loadDigits();
  const batch: [Tensor, Tensor] = [train.images.narrow(0, 0, 16), train.labels.narrow(0, 0, 16)];
  test('step', () => agree(compareBackends(step, batch, all, quick)));
  test('step, node by node', () => agree(compareBackends(step, batch, all)));
  test('countCorrect', () => agree(compareBackends(countCorrect, batch, all)));
});

describe('textcnn', () => {
  const make = () => new Trainer(new TextCNN(100, 4)).step;
  const batch = (): [Tensor, Tensor] => [randint(0, 100, [2, 16]), randint(0, 4, [2])];
  test('step', () => agree(compareBackends(make(), batch(), all, quick)));
  test('step, node by node', () => agree(compareBackends(make(), batch(), all)));
});

/** The step that the page trains its models with. */
const trainerOf = (model: MLP | CNN) => {
  const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 });
  return compile((images: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(images), labels);
    loss.backward();
    optimizer.step();
    return loss;
  });
};

describe('page', () => {
  test.each([{ Model: MLP }, { Model: CNN }])('step of the $Model.name', ({ Model }) =>
    agree(compareBackends(trainerOf(new Model()), [randn(3, 1, 28, 28), randint(0, 10, [3])], all, quick)),
  );
});

describe('kernels', () => {
  const short = new Set<string>(['softmax', 'layerNorm', 'causalAttention']);
  test.each(programNames)('%s', (name) =>
    agree(programs[name].make().compare(all, { quick: !short.has(name) })),
  );
});

describe('bench', () => {
  const workloads = workloadsOf({
    mlp: { batch: 7 },
    textcnn: { vocabulary: 50, batch: 2, time: 11 },
    gpt: { width: 16, heads: 2, batch: 2, time: 9 },
    rows: 33,
    columns: 65,
  });
  test.each(Object.keys(workloads))('%s', (name) =>
    agree(workloads[name]!({}).compare(all, { quick: name.endsWith('step') })),
  );

  test.each(['W8 conv7x7s2', 'W8 depthwise3x3', 'W9 tiny'])('%s', async (name) => {
    const harness: unknown = await import(
      new URL('../../examples/bench/peers/common.mjs', import.meta.url).href
    );
    const { compiled, args } = peerWorkloads(harness)[name]!();
    await agree(compareBackends(compiled, args, all, quick));
  });
});

afterAll(() => {
  if (adapter) expect(dispatches).toBeGreaterThan(200);
});
