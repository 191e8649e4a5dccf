/** What is measured: training steps of three models, and three chains of operations that move more than they compute. */
import {
  F,
  cat,
  compile,
  nn,
  optim,
  randint,
  randn,
  type BackendName,
  type FunctionOptions,
  type Tensor,
} from 'fusegrad';
import { compareBackends, type BackendComparison, type CompareOptions, type Traced } from 'fusegrad/inspect';
import { GPTBlock } from './gpt-block.js';

/** A compiled function with its arguments. */
export interface Workload {
  run(): unknown;
  trace(): Traced;
  /** Runs it on several backends side by side, which changes nothing. */
  compare(backends: readonly BackendName[], options?: CompareOptions): Promise<BackendComparison>;
}

type Make = (options: FunctionOptions) => Workload;

function workload<A extends unknown[]>(
  fn: (...args: A) => unknown,
  args: A,
  options: FunctionOptions,
): Workload {
  const compiled = compile(fn, options);
  return {
    run: () => compiled(...args),
    trace: () => compiled.trace(...args),
    compare: (backends, settings) => compareBackends(compiled, args, backends, settings),
  };
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
  embed: nn.Embedding;
  convs = new nn.ModuleList([3, 4, 5].map((k) => new nn.Conv1d(32, 32, k)));
  dropout = new nn.Dropout(0.3);
  fc = new nn.Linear(96, 4);

  constructor(vocabulary: number) {
    super();
    this.embed = new nn.Embedding(vocabulary, 32);
  }

  forward(tokens: Tensor): Tensor {
    const x = this.embed(tokens).transpose(1, 2);
    const pooled = this.convs.map((conv) => conv(x).relu().amax(-1));
    return this.fc(this.dropout(cat(pooled, 1)));
  }
}

interface Sizes {
  readonly mlp: { readonly batch: number };
  readonly textcnn: { readonly vocabulary: number; readonly batch: number; readonly time: number };
  readonly gpt: {
    readonly width: number;
    readonly heads: number;
    readonly batch: number;
    readonly time: number;
  };
  /** Of the chains. */
  readonly rows: number;
  readonly columns: number;
}

/** The workloads, in other sizes than those that are measured. */
export function workloadsOf({ mlp, textcnn, gpt, rows, columns }: Sizes): Readonly<Record<string, Make>> {
  const shape = `[${rows}, ${columns}]`;
  const matrix = () => randn(rows, columns);
  return {
    'MLP step': (options) => {
      const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
      const batch: [Tensor, Tensor] = [randn(mlp.batch, 784), randint(0, 10, [mlp.batch])];
      return training(model, (x, y) => F.crossEntropy(model(x), y), batch, options);
    },
    'TextCNN step': (options) => {
      const { vocabulary, batch: size, time } = textcnn;
      const model = new TextCNN(vocabulary);
      const batch: [Tensor, Tensor] = [randint(0, vocabulary, [size, time]), randint(0, 4, [size])];
      return training(model, (x, y) => F.crossEntropy(model(x), y), batch, options);
    },
    'GPT block step': (options) => {
      const { width, heads, batch: size, time } = gpt;
      const model = new GPTBlock(width, heads);
      const batch: [Tensor, Tensor] = [randn(size, time, width), randn(size, time, width)];
      return training(model, (x, y) => F.mseLoss(model(x), y), batch, options);
    },
    [`softmax ${shape}`]: (options) => workload((x: Tensor) => x.softmax(-1), [matrix()], options),
    [`layer norm ${shape}`]: (options) =>
      workload(
        (x: Tensor, weight: Tensor, bias: Tensor) => F.layerNorm(x, [columns], weight, bias),
        [matrix(), randn(columns), randn(columns)],
        options,
      ),
    [`gelu chain ${shape}`]: (options) =>
      workload(
        (x: Tensor, bias: Tensor) => F.gelu(x.add(bias), { approximate: 'tanh' }).mul(0.5).add(x),
        [matrix(), randn(columns)],
        options,
      ),
  };
}

export const workloads = workloadsOf({
  mlp: { batch: 64 },
  textcnn: { vocabulary: 5000, batch: 32, time: 64 },
  gpt: { width: 64, heads: 4, batch: 4, time: 64 },
  rows: 1024,
  columns: 1024,
});
