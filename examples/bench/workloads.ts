/** What is measured: training steps of three models, and three chains of operations that move more than they compute. */
import { F, cat, compile, nn, optim, randint, randn, type FunctionOptions, type Tensor } from 'fusegrad';
import type { Traced } from 'fusegrad/inspect';
import { GPTBlock } from './gpt-block.js';

/** A compiled function with its arguments. */
export interface Workload {
  run(): unknown;
  trace(): Traced;
}

type Make = (options: FunctionOptions) => Workload;

function workload<A extends unknown[]>(
  fn: (...args: A) => unknown,
  args: A,
  options: FunctionOptions,
): Workload {
  const compiled = compile(fn, options);
  return { run: () => compiled(...args), trace: () => compiled.trace(...args) };
}

/** A training step with Adam. */
function training(
  model: nn.Module,
  lossOf: (x: Tensor, y: Tensor) => Tensor,
  args: [Tensor, Tensor],
  options: FunctionOptions,
): Workload {
  const optimizer = new optim.Adam(model.parameters());
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = lossOf(x, y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return workload(step, args, options);
}

class TextCNN extends nn.Module {
  embed = new nn.Embedding(5000, 32);
  convs = new nn.ModuleList([3, 4, 5].map((k) => new nn.Conv1d(32, 32, k)));
  dropout = new nn.Dropout(0.3);
  fc = new nn.Linear(96, 4);

  forward(tokens: Tensor): Tensor {
    const x = this.embed(tokens).transpose(1, 2);
    const pooled = this.convs.map((conv) => conv(x).relu().amax(-1));
    return this.fc(this.dropout(cat(pooled, 1)));
  }
}

const rows = (count: number, width: number) => randn(count, width);

export const workloads: Readonly<Record<string, Make>> = {
  'MLP step': (options) => {
    const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
    const batch: [Tensor, Tensor] = [rows(64, 784), randint(0, 10, [64])];
    return training(model, (x, y) => F.crossEntropy(model(x), y), batch, options);
  },
  'TextCNN step': (options) => {
    const model = new TextCNN();
    const batch: [Tensor, Tensor] = [randint(0, 5000, [32, 64]), randint(0, 4, [32])];
    return training(model, (x, y) => F.crossEntropy(model(x), y), batch, options);
  },
  'GPT block step': (options) => {
    const model = new GPTBlock(64, 4);
    const batch: [Tensor, Tensor] = [randn(4, 64, 64), randn(4, 64, 64)];
    return training(model, (x, y) => F.mseLoss(model(x), y), batch, options);
  },
  'softmax [1024, 1024]': (options) => workload((x: Tensor) => x.softmax(-1), [rows(1024, 1024)], options),
  'layer norm [1024, 1024]': (options) =>
    workload(
      (x: Tensor, weight: Tensor, bias: Tensor) => F.layerNorm(x, [1024], weight, bias),
      [rows(1024, 1024), randn(1024), randn(1024)],
      options,
    ),
  'gelu chain [1024, 1024]': (options) =>
    workload(
      (x: Tensor, bias: Tensor) => F.gelu(x.add(bias), { approximate: 'tanh' }).mul(0.5).add(x),
      [rows(1024, 1024), randn(1024)],
      options,
    ),
};
