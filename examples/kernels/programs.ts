/** The programs whose kernels are counted. jax-js 0.1.25 compiles each of them to `jaxJs` kernels. */
import {
  F,
  compile,
  grad,
  nn,
  optim,
  randn,
  zeros,
  type BackendName,
  type FunctionOptions,
  type Tensor,
} from 'fusegrad';
import { compareBackends, type BackendComparison, type CompareOptions, type Traced } from 'fusegrad/inspect';

/** A compiled function with its arguments. */
export interface Program {
  trace(): Traced;
  run(): unknown;
  /** Kernels launched since it was made; needs `{ profile: true }`. */
  launches(): number;
  /** Runs it on several backends side by side, which changes nothing. */
  compare(backends: readonly BackendName[], options?: CompareOptions): Promise<BackendComparison>;
}

export interface Entry {
  readonly title: string;
  readonly jaxJs?: number;
  make(options?: FunctionOptions): Program;
}

function program<A extends unknown[]>(
  fn: (...args: A) => unknown,
  args: A,
  options: FunctionOptions = {},
): Program {
  const compiled = compile(fn, options);
  return {
    trace: () => compiled.trace(...args),
    run: () => compiled(...args),
    compare: (backends, settings) => compareBackends(compiled, args, backends, settings),
    launches: () => compiled.profile().reduce((sum, { calls }) => sum + calls, 0),
  };
}

const labels = (rows: number) => zeros([rows], { dtype: 'int32' });
const mlp = () => new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));

/** One training step of the MLP on a batch of 64. */
function mlpStep(
  makeOptimizer: (model: nn.Module) => Pick<optim.SGD, 'zeroGrad' | 'step'>,
  options?: FunctionOptions,
): Program {
  const model = mlp();
  const optimizer = makeOptimizer(model);
  const step = (images: Tensor, targets: Tensor) => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(images), targets);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return program(step, [randn(64, 784), labels(64)], options);
}

/** A table whose rows are all entries, under names the type checker knows. */
const table = <Name extends string>(rows: Record<Name, Entry>): Record<Name, Entry> => rows;

export const programs = table({
  softmax: {
    title: 'softmax [64, 1000]',
    jaxJs: 4,
    make: (options) => program((x: Tensor) => x.softmax(-1), [randn(64, 1000)], options),
  },
  layerNorm: {
    title: 'layer norm [128, 768]',
    jaxJs: 4,
    make: (options) =>
      program(
        (x: Tensor, weight: Tensor, bias: Tensor) => F.layerNorm(x, [768], weight, bias),
        [randn(128, 768), randn(768), randn(768)],
        options,
      ),
  },
  layerNormGrad: {
    title: 'layer norm, gradient',
    jaxJs: 13,
    make: (options) =>
      program(
        (x: Tensor, weight: Tensor, bias: Tensor, gradient: Tensor) =>
          grad(F.layerNorm(x, [768], weight, bias), [x, weight, bias], { gradOutputs: gradient }),
        [randn(128, 768), randn(768), randn(768), randn(128, 768)],
        options,
      ),
  },
  crossEntropyForwardAndGrad: {
    title: 'cross-entropy [64, 1000] and gradient',
    make: (options) =>
      program(
        (scores: Tensor, targets: Tensor) => {
          const loss = F.crossEntropy(scores, targets);
          return [loss, ...grad(loss, [scores])];
        },
        [randn(64, 1000), labels(64)],
        options,
      ),
  },
  adamUpdate: {
    title: 'Adam, 4 parameters',
    make: (options) => {
      const model = mlp();
      const optimizer = new optim.Adam(model.parameters());
      for (const p of model.parameters()) p.grad = zeros([...p.shape]);
      return program(() => optimizer.step(), [], options);
    },
  },
  mlpSgdStep: {
    title: 'MLP 784-128-10, SGD step',
    jaxJs: 21,
    make: (options) => mlpStep((model) => new optim.SGD(model.parameters(), { lr: 0.1 }), options),
  },
  mlpAdamStep: {
    title: 'MLP 784-128-10, Adam step',
    jaxJs: 33,
    make: (options) => mlpStep((model) => new optim.Adam(model.parameters()), options),
  },
  causalAttention: {
    title: 'causal attention [2, 4, 64, 32]',
    jaxJs: 8,
    make: (options) =>
      program(
        (q: Tensor, k: Tensor, v: Tensor) => F.scaledDotProductAttention(q, k, v, { isCausal: true }),
        [randn(2, 4, 64, 32), randn(2, 4, 64, 32), randn(2, 4, 64, 32)],
        options,
      ),
  },
});

export const programNames = Object.keys(programs) as (keyof typeof programs)[];
