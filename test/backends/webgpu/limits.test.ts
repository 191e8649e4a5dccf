/**
 * Programs made for the limits that every device has: Dawn compiles each of their shaders without a driver, so this runs
 * on any machine. Its null backend checks code, layouts and limits, and computes nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import fc from 'fast-check';
import {
  F,
  Parameter,
  cat,
  compile,
  nn,
  ones,
  optim,
  randnLike,
  setBackend,
  tensor,
  zeros,
  type Tensor,
} from 'fusegrad';
import { workloads } from '../../../examples/bench/peer-workloads.mjs';
import { fit } from '../../../examples/functional/programs.js';
import { programNames, programs } from '../../../examples/kernels/programs.js';
import { model as mlp } from '../../../examples/mlp/train.js';
import { CNN } from '../../../examples/page/cnn.js';
import { MLP } from '../../../examples/page/mlp.js';
import { TextCNN } from '../../../examples/textcnn/model.js';
import { Trainer } from '../../../examples/textcnn/train.js';
import { Storage } from '../../../src/backends/storage.js';
import { emitProgram } from '../../../src/backends/webgpu/emit.js';
import { defaultLimits, plainGPU, webgpuTarget } from '../../../src/backends/webgpu/index.js';
import { bindingsOf, type Shader, type ShaderProgram } from '../../../src/backends/webgpu/shader.js';
import { dtypes, numel } from '../../../src/core/index.js';
import { compileGraph, onCompile, registerBackend, type Backend } from '../../../src/runtime/index.js';
import type { Program } from '../../../src/plan/program.js';
import { randomGraph } from '../../oracle/random-graph.js';

/** The data of the benchmarks, made by JavaScript without types. */
const common: unknown = await import(
  new URL('../../../examples/bench/peers/common.mjs', import.meta.url).href
);

/** WebGPU's least values of limits that no device of ours asks to be higher here. */
const most = { storageBuffers: 8, workgroups: 65_535, workgroupBytes: 16_384, invocations: 256 };

/** Emits for the default limits and runs nothing: results are zeros. */
const standIn: Backend<ShaderProgram> = {
  name: 'webgpu',
  target: webgpuTarget(defaultLimits),
  emit: (program) => emitProgram(program, webgpuTarget(defaultLimits), plainGPU),
  load: (program) => ({
    failure: new Int32Array(3),
    run: () => program.outputs.map(({ dtype, shape }) => new Storage(new dtypes[dtype].array(numel(shape)))),
    release() {},
  }),
};

interface Compiled {
  readonly program: Program;
  readonly emitted: ShaderProgram;
}

const compiled: Compiled[] = [];
let device: GPUDevice;
/** One with subgroups. */
let other: GPUDevice;
let stop: () => void;

beforeAll(async () => {
  // Without a reference of its own it would be collected while its device is in use, which ends the process.
  const gpu = ((globalThis as { nullGPU?: GPU }).nullGPU ??= create(['backend=null']));
  const adapter = async (): Promise<GPUAdapter> => (await gpu.requestAdapter())!;
  device = await (await adapter()).requestDevice();
  other = await (await adapter()).requestDevice({ requiredFeatures: ['subgroups'] });
  registerBackend(standIn);
  setBackend('webgpu');
  stop = onCompile(({ plan, emitted }) =>
    compiled.push({ program: plan.program, emitted: emitted as ShaderProgram }),
  );
});

afterAll(() => {
  stop();
  setBackend('wasm');
});

/** What the device says against a shader, or undefined. */
async function refusal(shader: Shader, by = device): Promise<string | undefined> {
  by.pushErrorScope('validation');
  const layout = by.createBindGroupLayout({
    entries: bindingsOf(shader).map((access, binding) => ({
      binding,
      visibility: 4,
      buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
    })),
  });
  by.createComputePipeline({
    layout: by.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: by.createShaderModule({ code: shader.code }), entryPoint: 'main' },
  });
  return (await by.popErrorScope())?.message;
}

const scalarBytes: Readonly<Record<string, number>> = { f32: 4, i32: 4, u32: 4, bool: 4, vec4f: 16 };

/** Memory that the invocations of a workgroup share. */
const workgroupBytes = ({ code }: Shader): number =>
  [...code.matchAll(/var<workgroup> \w+: (.*);/g)].reduce((sum, [line, type]) => {
    const [, scalar, length] = /^array<(\w+), (\d+)>$/.exec(type!) ?? [];
    const bytes = scalarBytes[scalar!];
    if (bytes === undefined) throw new Error(`how large is ${line}`);
    return sum + bytes * Number(length);
  }, 0);

/** The shaders of a program that use subgroups where there are some. */
const inSubgroups = (program: Program): readonly Shader[] =>
  emitProgram(program, standIn.target, { ...plainGPU, subgroupSizes: [32, 32] }).shaders.filter(({ code }) =>
    code.startsWith('enable subgroups'),
  );

/** Everything that is wrong with what has been compiled, and how many shaders that was. */
async function problemsOf(run: () => unknown): Promise<{ shaders: number; problems: string[] }> {
  compiled.length = 0;
  await run();
  const problems: string[] = [];
  let shaders = 0;
  for (const { program, emitted } of compiled) {
    for (const shader of emitted.shaders) {
      shaders++;
      const say = (what: string): number => problems.push(`${program.name}, ${shader.name}: ${what}`);
      const refused = await refusal(shader);
      if (refused !== undefined) say(refused);
      const buffers = bindingsOf(shader).length;
      if (buffers > most.storageBuffers) say(`binds ${buffers} storage buffers`);
      const bytes = workgroupBytes(shader);
      if (bytes > most.workgroupBytes) say(`shares ${bytes} bytes`);
      const size = Number(/@workgroup_size\((\d+)\)/.exec(shader.code)?.[1]);
      if (!(size <= most.invocations)) say(`has workgroups of ${size}`);
    }
    for (const shader of inSubgroups(program)) {
      const refused = await refusal(shader, other);
      if (refused !== undefined) problems.push(`${program.name}, ${shader.name} in subgroups: ${refused}`);
    }
    for (const command of emitted.commands) {
      if (command.kind === 'copy') continue;
      if (command.workgroups.some((count) => count > most.workgroups))
        problems.push(
          `${program.name}, ${emitted.shaders[command.shader]!.name}: ${command.workgroups.join('x')} workgroups`,
        );
    }
    const large = [...program.allocations, ...emitted.scratch.map((bytes) => ({ name: 'scratch', bytes }))];
    for (const { name, bytes } of large)
      if (bytes > defaultLimits.maxStorageBufferBindingSize)
        problems.push(`${program.name}, ${name}: ${bytes} bytes in one buffer`);
  }
  return { shaders, problems };
}

async function expectAccepted(run: () => unknown): Promise<void> {
  const { shaders, problems } = await problemsOf(run);
  expect(problems).toEqual([]);
  expect(shaders).toBeGreaterThan(0);
}

test('the device has the default limits and refuses what exceeds them', async () => {
  expect(device.limits.maxStorageBuffersPerShaderStage).toBe(most.storageBuffers);
  expect(device.limits.maxComputeWorkgroupStorageSize).toBe(most.workgroupBytes);
  expect(device.limits.maxComputeInvocationsPerWorkgroup).toBe(most.invocations);
  const shader = (body: string, bindings: Shader['bindings'] = []): Shader => ({
    name: 'wrong',
    code: `var<workgroup> w: array<f32, 4097>;\n@compute @workgroup_size(64) fn main() { ${body} }`,
    bindings,
    reports: false,
  });
  expect(await refusal(shader(''))).toBeUndefined();
  expect(await refusal(shader('w[0] = 1;'))).toMatch(/workgroup/i);
  expect(await refusal(shader('let x: i32 = 1.5;'))).toMatch(/i32/);
  expect(
    await refusal(
      shader(
        '',
        Array.from({ length: 9 }, () => 'read'),
      ),
    ),
  ).toMatch(/limit/);
});

test('rows are combined in subgroups only where there are some', async () => {
  compiled.length = 0;
  compile((x: Tensor) => x.softmax(1))(zeros([3, 200]));
  const [shader] = inSubgroups(compiled[0]!.program);
  expect(await refusal(shader!, other)).toBeUndefined();
  expect(await refusal(shader!)).toMatch(/subgroups/);
});

describe('the workloads of the benchmarks', () => {
  const names = Object.keys(workloads(common));

  test.each(names)('%s', (name) => {
    const make = workloads(common)[name]!;
    return expectAccepted(() => {
      const { compiled: program, args } = make();
      program(...args);
    });
  });
});

/** One training step of a model. */
function train(model: nn.Module, lossOf: (...args: Tensor[]) => Tensor, ...args: readonly Tensor[]): void {
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  const step = compile((...args: Tensor[]) => {
    optimizer.zeroGrad();
    const loss = lossOf(...args);
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    return loss;
  });
  step(...args);
}

class Encoder extends nn.Module {
  readonly embedding = new nn.Embedding(50, 32, { paddingIdx: 0 });
  readonly layer = new nn.TransformerEncoderLayer(32, 4, {
    dimFeedforward: 64,
    dropout: 0.1,
    batchFirst: true,
    activation: 'gelu',
  });
  readonly head = new nn.Linear(32, 5);

  forward(tokens: Tensor, padding: Tensor): Tensor {
    const later = ones([tokens.shape[1]!, tokens.shape[1]!], { dtype: 'bool' }).triu({ diagonal: 1 });
    const x = this.layer(this.embedding(tokens), { srcMask: later, srcKeyPaddingMask: padding });
    return this.head(x.mean(1));
  }
}

describe('training steps', () => {
  const classes = tensor([0, 1, 2, 3], { dtype: 'int32' });

  test('a transformer block with dropout, masks and an embedding', () =>
    expectAccepted(() => {
      const model = new Encoder();
      const tokens = zeros([4, 12], { dtype: 'int32' });
      const padding = zeros([4, 12], { dtype: 'bool' });
      train(
        model,
        (tokens, padding, y) => F.crossEntropy(model.forward(tokens!, padding!), y!, { labelSmoothing: 0.1 }),
        tokens,
        padding,
        classes,
      );
    }));

  test('a convolutional network with batch norm', () =>
    expectAccepted(() => {
      const model = new nn.Sequential(
        new nn.Conv2d(3, 8, 3, { padding: 1, bias: false }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(8, 16, 3, { stride: 2, groups: 4 }),
        new nn.BatchNorm2d(16),
        new nn.SiLU(),
        new nn.AdaptiveAvgPool2d(1),
        new nn.Flatten(),
        new nn.Dropout(0.5),
        new nn.Linear(16, 4),
      );
      train(model, (x, y) => F.crossEntropy(model(x!), y!), zeros([4, 3, 17, 17]), classes);
    }));

  test('a recurrent network', () =>
    expectAccepted(() => {
      const model = new nn.LSTM(6, 8, { batchFirst: true });
      train(model, (x) => model(x!)[0].pow(2).mean(), zeros([2, 5, 6]));
    }));
});

describe('the examples', () => {
  test.each(programNames)('kernels: %s', (name) => expectAccepted(() => programs[name].make().run()));
  test('functional', () => expectAccepted(fit));
  test.each([
    { name: 'mlp', make: () => mlp, shape: [64, 784] },
    { name: 'the MLP of the page', make: () => new MLP(), shape: [64, 1, 28, 28] },
    { name: 'the CNN of the page', make: () => new CNN(), shape: [64, 1, 28, 28] },
  ])('$name', ({ make, shape }) =>
    expectAccepted(() => {
      const model = make();
      const labels = zeros([64], { dtype: 'int32' });
      train(model, (x, y) => F.crossEntropy(model(x!), y!), zeros(shape), labels);
    }),
  );
  test('textcnn', () =>
    expectAccepted(() => {
      const [tokens, labels] = [zeros([8, 40], { dtype: 'int32' }), zeros([8], { dtype: 'int32' })];
      new Trainer(new TextCNN(300, 4)).step(tokens, labels);
    }));
});

describe('attention without a matrix of scores', () => {
  const [length, width] = [2304, 8];
  const mask = zeros([length, length]);
  test.each<[string, Parameters<typeof F.scaledDotProductAttention>[3]]>([
    ['causal', { isCausal: true }],
    ['with a mask', { attnMask: mask }],
    ['with dropout', { dropoutP: 0.1 }],
    ['with both', { attnMask: mask, dropoutP: 0.1 }],
  ])('%s, and its gradients', async (_, options) => {
    await expectAccepted(() => {
      const operands = [0, 1, 2].map(() => new Parameter(zeros([1, 1, length, width])));
      const [q, k, v] = operands as [Parameter, Parameter, Parameter];
      compile(() => F.scaledDotProductAttention(q, k, v, options).square().sum().backward())();
    });
    const kinds = compiled.flatMap(({ program }) =>
      program.steps.map((step) => (step.kind === 'launch' ? step.nest.kind : step.kind)),
    );
    expect(kinds.filter((kind) => kind === 'attention').length).toBeGreaterThanOrEqual(3);
  });
});

test('what cannot be counted is refused when it is compiled', () => {
  const most = compile((x: Tensor) => x.expand(65_536, 65_536).argmax());
  expect(() => most(zeros([1]))).toThrow(/cannot loop over \d+ elements[^]*2147483647/);
});

describe('what takes many buffers', () => {
  const sums = (count: number) => () => {
    const inputs = Array.from({ length: count }, () => zeros([300, 7]));
    compile((...xs: Tensor[]) => xs.map((x) => x.square().sum()).reduce((a, b) => a.add(b)))(...inputs);
  };
  test.each([4, 5, 6, 8, 30])('sums of %i tensors', (count) => expectAccepted(sums(count)));

  test('a correlation and more sums', () =>
    expectAccepted(() =>
      compile((x: Tensor, y: Tensor) => {
        const [dx, dy] = [x.sub(x.mean()), y.sub(y.mean())];
        const correlation = dx.mul(dy).sum().div(dx.square().sum().mul(dy.square().sum()).sqrt());
        return [correlation, x.sum(), y.amax(), x.mul(y).amin(), x.abs().sum(0)];
      })(zeros([300, 7]), zeros([300, 7])),
    ));

  test('a deep model with a penalty and its gradient clipped', () =>
    expectAccepted(() => {
      const model = new nn.Sequential(...Array.from({ length: 6 }, () => new nn.Linear(32, 32)));
      const penalty = (): Tensor =>
        [...model.parameters()].map((p) => p.square().sum()).reduce((a, b) => a.add(b));
      train(model, (x) => model(x!).square().mean().add(penalty().mul(1e-3)), zeros([8, 32]));
    }));

  test.each([true, false])('random graphs, fusion: %s', async (fusion) => {
    const graphs = fc.sample(randomGraph({ steps: 25, dtypes: standIn.target.dtypes }), {
      numRuns: 60,
      seed: 5,
    });
    await expectAccepted(() => {
      for (const { graph } of graphs) compileGraph(graph, { fusion, backend: 'webgpu' });
    });
  });
});

describe('arrays as large as a buffer, twice what a binding reaches', () => {
  /** 256 MiB that a kernel computes. */
  const large = (x: Tensor, dim: number): Tensor => x.expand(8192, 8192).cumsum(dim);
  const whole = (x: Tensor): Tensor => large(x, 0).to('int32');
  test.each<[string, (x: Tensor) => unknown]>([
    ['a mean of squares', (x) => large(x, 0).sub(large(x, 1)).square().mean()],
    ['sums of columns', (x) => large(x, 0).mul(large(x, 1)).sum(0)],
    ['a choice', (x) => F.relu(large(x, 0)).mul(large(x, 1)).maximum(large(x, 0).exp())],
    ['transposed', (x) => large(x, 0).add(large(x, 1).T)],
    [
      'side by side',
      (x) => cat([large(x, 0).narrow(1, 0, 4096), large(x, 1).narrow(1, 0, 4096)], 1).softmax(1),
    ],
    ['a product', (x) => large(x, 0).matmul(large(x, 1))],
    ['gathered', (x) => large(x, 0).gather(1, whole(x))],
    ['sorted', (x) => large(x, 0).narrow(0, 0, 8000).sort(1)],
  ])('%s', async (_, fn) => {
    const { shaders, problems } = await problemsOf(() => compile(fn)(ones([1, 1])));
    expect(problems.filter((problem) => !problem.endsWith('bytes in one buffer'))).toEqual([]);
    expect(shaders).toBeGreaterThan(1);
    for (const { emitted } of compiled)
      for (const bytes of emitted.scratch) expect(bytes).toBeLessThanOrEqual(2 ** 28);
  });
});

describe('what stands outside models', () => {
  const x = zeros([6, 40]);
  const index = zeros([6, 40], { dtype: 'int32' });

  test.each<[string, () => unknown]>([
    ['argmax', () => compile((x: Tensor) => [x.argmax(1), x.argmax(), x.max(0)])(x)],
    ['sort', () => compile((x: Tensor) => [x.sort(1), x.topk(3, 1), x.argsort(0)])(x)],
    ['a long sort', () => compile((x: Tensor) => x.sort(0))(zeros([5000, 2]))],
    [
      'scatter',
      () => compile((x: Tensor, i: Tensor) => [x.scatterAdd(1, i, x), x.scatter(1, i, x)])(x, index),
    ],
    ['gather', () => compile((x: Tensor, i: Tensor) => x.gather(1, i).sum())(x, index)],
    ['cumsum', () => compile((x: Tensor) => [x.cumsum(1), x.cumsum(0), x.cumprod(1), x.logsumexp(0)])(x)],
    ['softmax', () => compile((x: Tensor) => [x.softmax(1), x.logSoftmax(0), x.std(1)])(x)],
    ['random numbers', () => compile((x: Tensor) => F.dropout(x).add(randnLike(x)))(x)],
    ['half types', () => compile((x: Tensor) => [x.exp().sum(1), x.matmul(x.T)])(x.to('float16'))],
    ['bytes', () => compile((x: Tensor) => [x.add(1), x.eq(3), x.sum()])(x.to('int8'))],
    // More than 65 535 workgroups of 64.
    ['many elements', () => compile((x: Tensor) => [x.exp(), x.sum(1)])(zeros([4_300_000, 1]))],
    ['many rows', () => compile((x: Tensor) => x.softmax(1))(zeros([70_000, 65]))],
    [
      'many inputs',
      () =>
        compile((...x: Tensor[]) => x.reduce((sum, y) => sum.add(y)))(
          ...Array.from({ length: 20 }, () => zeros([9])),
        ),
    ],
  ])('%s', (_, run) => expectAccepted(run));
});
