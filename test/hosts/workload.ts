/**
 * What every host computes, Nodes and browsers alike: the step of `examples/mlp`, contractions, rows and attention, on the
 * same numbers.
 */
import { F, compileAsync, getBackend, setBackend, tensor, type BackendName, type Tensor } from 'fusegrad';
import { hasRelaxedSimd } from '../../src/backends/wasm/features.js';
import { countCorrect, model, step } from '../../examples/mlp/train.js';

export interface Report {
  readonly backend: string;
  /** Whether the fast ones may use relaxed SIMD. */
  readonly relaxed: boolean;
  /** Losses of the first steps; `fast` goes on where `deterministic` ends. */
  readonly losses: { readonly deterministic: readonly number[]; readonly fast: readonly number[] };
  /** Of the labels it was trained on. */
  readonly correct: number;
  /** Results of single functions. */
  readonly deterministic: Readonly<Record<string, readonly number[]>>;
  readonly fast: Readonly<Record<string, readonly number[]>>;
}

const steps = 5;

/** Numbers between -1 and 1, the same everywhere: a quotient of integers is rounded alike by every host. */
const numbers = (count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (scale * (((i * 37) % 127) - 63)) / 63);

function filled(shape: readonly number[]): Tensor {
  return tensor(numbers(shape.reduce((product, size) => product * size, 1)), { shape });
}

type Of = (...inputs: Tensor[]) => Tensor;
const functions: Readonly<Record<string, readonly [Of, ...(readonly number[])[]]>> = {
  matmul: [(a, b) => a!.matmul(b!), [33, 67], [67, 41]],
  softmax: [(x) => x!.mul(4).softmax(-1), [9, 131]],
  layerNorm: [(x) => F.layerNorm(x!, [65]), [7, 65]],
  conv: [(x, w, b) => F.conv2d(x!, w!, b, { stride: 2, padding: 1 }), [2, 3, 11, 13], [5, 3, 3, 3], [5]],
  attention: [
    (q, k, v) => F.scaledDotProductAttention(q!, k!, v!, { isCausal: true }),
    ...[1, 2, 3].map(() => [1, 2, 17, 8]),
  ],
  elementwise: [(x) => x!.mul(3).exp().log1p().tanh(), [257]],
};

async function results(deterministic: boolean): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const [name, [fn, ...shapes]] of Object.entries(functions)) {
    const inputs = shapes.map(filled);
    const compiled = await compileAsync(fn, inputs, { deterministic, name });
    found[name] = [...((await compiled(...inputs).data()) as Float32Array)];
  }
  return found;
}

const images = filled([64, 784]);
const labels = tensor(Int32Array.from({ length: 64 }, (_, i) => i % 10));

async function train(deterministic: boolean): Promise<number[]> {
  // A compiled function within another is part of it, and so is compiled by its options.
  const trainStep = await compileAsync((x: Tensor, y: Tensor) => step(x, y), [images, labels], {
    deterministic,
  });
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(await trainStep(images, labels).item());
  return losses;
}

/** @param backend another than WebAssembly, to compare with. */
export async function report(backend: BackendName = 'wasm'): Promise<Report> {
  setBackend(backend);
  for (const parameter of model.parameters()) {
    parameter.set(numbers(parameter.numel, 1 / 8));
  }
  const deterministic = await train(true);
  const fast = await train(false);
  return {
    backend: getBackend(),
    relaxed: hasRelaxedSimd(),
    losses: { deterministic, fast },
    // The only one that is compiled by its first call.
    correct: await countCorrect(images, labels).item(),
    deterministic: await results(true),
    fast: await results(false),
  };
}
