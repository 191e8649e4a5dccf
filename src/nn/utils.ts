/** Gradient clipping, and parameters as one vector (torch.nn.utils). */
import { ArgumentError, BackendError, numel } from '../core/index.js';
import { assignAll, cat, noGrad, stack, tensor, type Tensor } from '../tensor/index.js';

type Tensors = Tensor | Iterable<Tensor>;

const isOne = (tensors: Tensors): tensors is Tensor => !(Symbol.iterator in tensors);
const withGradients = (parameters: Tensors): Tensor[] =>
  (isOne(parameters) ? [parameters] : [...parameters]).filter(({ grad }) => grad !== null);

/** The p-norm of all elements of several tensors. */
function totalNorm(tensors: readonly Tensor[], p: number): Tensor {
  if (p === Infinity) return stack(tensors.map((t) => t.abs().amax())).amax();
  const powers = tensors.map((t) => (p === 2 ? t.square() : t.abs().pow(p)).sum());
  const sum = powers.length === 1 ? powers[0]! : stack(powers).sum();
  return p === 2 ? sum.sqrt() : sum.pow(1 / p);
}

/**
 * Scales all gradients down so that their norm, taken together, is at most `maxNorm` (clip_grad_norm_).
 * @param options `normType`: the p of the norm, 2 unless given. `errorIfNonfinite`: reads the norm, and throws when it
 *   is not finite; that can be done neither inside a compiled function nor on a device that is read by waiting.
 * @returns The norm before clipping.
 * @example nn.utils.clipGradNorm(model.parameters(), 1)
 */
export function clipGradNorm(
  parameters: Tensors,
  maxNorm: number,
  options: { normType?: number | undefined; errorIfNonfinite?: boolean | undefined } = {},
): Tensor {
  const { normType = 2, errorIfNonfinite = false } = options;
  const held = withGradients(parameters);
  if (held.length === 0) return tensor(0);
  return noGrad(() => {
    const norm = totalNorm(
      held.map(({ grad }) => grad!),
      normType,
    );
    if (errorIfNonfinite) refuseNonfinite(norm);
    const factor = norm.add(1e-6).reciprocal().mul(maxNorm).clampMax(1);
    for (const parameter of held) parameter.grad = parameter.grad!.mul(factor);
    return norm;
  });
}

function refuseNonfinite(norm: Tensor): void {
  if (!norm.materialise().storage.onHost) {
    throw new BackendError(
      'clipGradNorm: errorIfNonfinite needs the norm at once, and it lies in the memory of a device, which is read by waiting',
      'leave it out, and look at the norm that is returned: `Number.isFinite(await norm.item())`',
    );
  }
  const value = norm.itemSync();
  if (!Number.isFinite(value))
    throw new ArgumentError('clipGradNorm', `the norm of the gradients is ${value}`);
}

/** Limits every element of the gradients to [-clipValue, clipValue] (clip_grad_value_). */
export function clipGradValue(parameters: Tensors, clipValue: number): void {
  noGrad(() => {
    for (const parameter of withGradients(parameters)) {
      parameter.grad = parameter.grad!.clamp(-clipValue, clipValue);
    }
  });
}

/** All elements of the parameters as one vector (parameters_to_vector). */
export const parametersToVector = (parameters: Iterable<Tensor>): Tensor =>
  cat(Array.from(parameters, (parameter) => parameter.reshape([-1])));

/** Writes a vector of all elements back into the parameters (vector_to_parameters). */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const held = [...parameters];
  const sizes = held.map(({ shape }) => numel(shape));
  const total = sizes.reduce((a, b) => a + b, 0);
  if (vector.ndim !== 1 || vector.shape[0] !== total) {
    throw new ArgumentError(
      'vectorToParameters',
      `the parameters have ${total} elements, the vector [${vector.shape.join(', ')}]`,
    );
  }
  noGrad(() => {
    const parts = vector.splitWithSizes(sizes);
    assignAll(held.map((parameter, i) => [parameter, parts[i]!.reshape(parameter.shape)] as const));
  });
}
