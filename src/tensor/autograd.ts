/** Differentiation as functions of tensors. */
import * as ad from '../autodiff/index.js';
import { FusegradError, GradientError, atSite } from '../core/index.js';
import { g, type Node } from '../graph/index.js';
import { withoutGradients } from '../runtime/index.js';
import { differentiate } from './gradients.js';
import { Tensor } from './tensor.generated.js';

type Many = Tensor | readonly Tensor[];
const list = (x: Many): readonly Tensor[] => (x instanceof Tensor ? [x] : x);
const wrap = (node: Node): Tensor => new Tensor(node);

/**
 * Runs `body` so that no gradient flows through what it computes (torch.no_grad).
 * @throws FusegradError for an async body: after its first await it would no longer be covered.
 */
export function noGrad<T>(body: () => T): T {
  const result = withoutGradients(body);
  if (result instanceof Promise) {
    void result.catch(() => undefined);
    throw new FusegradError(
      'noGrad: the body is async, and gradients are off only until its first await',
      'compute inside, await outside: const y = noGrad(() => model(x)); await y.item()',
    );
  }
  return result;
}

export interface GradOptions {
  /** Cotangents of the outputs; needed unless each has one element. */
  readonly gradOutputs?: Many;
  /** Whether an input the outputs do not depend on gives null instead of an error. */
  readonly allowUnused?: boolean;
  /** Accepted for PyTorch's sake: gradients can always be differentiated again. */
  readonly createGraph?: boolean;
}

/**
 * Gradients of the sum of `outputs` with respect to `inputs`, without touching any `grad` (torch.autograd.grad).
 * @throws GradientError for an output of several elements without `gradOutputs`, or an input nothing depends on.
 * @example const [dx] = grad(x.square().sum(), [x]);
 */
export function grad(
  outputs: Many,
  inputs: Many,
  options: GradOptions & { allowUnused: true },
): (Tensor | null)[];
export function grad(outputs: Many, inputs: Many, options?: GradOptions): Tensor[];
export function grad(outputs: Many, inputs: Many, options: GradOptions = {}): (Tensor | null)[] {
  return atSite(() => {
    const given = options.gradOutputs ? list(options.gradOutputs) : undefined;
    const nodes = list(outputs).map((output) => output.value.node);
    const seeds = nodes.map((node, i) =>
      given?.[i] ? g.cast(given[i].node, node.dtype) : ad.unitCotangent(node),
    );
    const found = differentiate(
      nodes,
      seeds,
      list(inputs).map((input) => input.value.node),
    );
    return found.map((each, i) => {
      if (each) return wrap(each);
      if (options.allowUnused) return null;
      throw new GradientError(
        `grad: the outputs do not depend on input ${i}`,
        'pass { allowUnused: true } to get null for it',
      );
    });
  });
}

type TensorFunction = (...xs: Tensor[]) => Many;
const onNodes =
  (fn: TensorFunction) =>
  (...nodes: Node[]): Node[] =>
    list(fn(...nodes.map(wrap))).map((x) => x.value.node);

/**
 * A function that gives the value of `fn` together with its gradients with respect to all arguments.
 * @example const { value, gradients } = valueAndGrad((x) => x.square().sum())(x);
 */
export function valueAndGrad(
  fn: (...xs: Tensor[]) => Tensor,
): (...xs: Tensor[]) => { value: Tensor; gradients: Tensor[] } {
  return (...xs) =>
    atSite(() => {
      const one = (...nodes: Node[]): Node => fn(...nodes.map(wrap)).value.node;
      const { value, gradients } = ad.valueAndGrad(
        one,
        xs.map((x) => x.value.node),
      );
      return { value: wrap(value), gradients: gradients.map(wrap) };
    });
}

/**
 * The outputs of `fn` at `inputs`, and the function that takes cotangents of them to cotangents of the inputs
 * (torch.func.vjp).
 */
export function vjp(
  fn: TensorFunction,
  inputs: readonly Tensor[],
): { outputs: Tensor[]; pullback: (...cotangents: Tensor[]) => Tensor[] } {
  return atSite(() => {
    const { outputs, pullback } = ad.vjp(
      onNodes(fn),
      inputs.map((x) => x.value.node),
    );
    return {
      outputs: outputs.map(wrap),
      pullback: (...cotangents) => atSite(() => pullback(cotangents.map((c) => c.node)).map(wrap)),
    };
  });
}

/** The outputs of `fn` at `primals`, and their derivatives in the direction of `tangents` (torch.func.jvp). */
export function jvp(
  fn: TensorFunction,
  primals: readonly Tensor[],
  tangents: readonly Tensor[],
): { outputs: Tensor[]; tangents: Tensor[] } {
  return atSite(() => {
    const result = ad.jvp(
      onNodes(fn),
      primals.map((x) => x.value.node),
      tangents.map((x) => x.node),
    );
    return { outputs: result.outputs.map(wrap), tangents: result.tangents.map(wrap) };
  });
}

export interface CustomFunction {
  /** The value. */
  readonly forward: (...inputs: Tensor[]) => Tensor;
  /** Cotangents of the inputs, from the cotangent of the value, the inputs and the value. */
  readonly backward: (
    cotangent: Tensor,
    inputs: readonly Tensor[],
    value: Tensor,
  ) => readonly (Tensor | null)[];
}

/**
 * A function with a gradient of its own (torch.autograd.Function).
 * @example const clip = customGradient({ forward: (x) => x.clamp(0), backward: (ct) => [ct] });
 */
export function customGradient({ forward, backward }: CustomFunction): (...inputs: Tensor[]) => Tensor {
  const rule = ad.registerGradientRule((cotangent, operands, value) =>
    backward(wrap(cotangent), operands.map(wrap), wrap(value)).map((each) => each?.value.node),
  );
  return (...inputs) =>
    atSite(() =>
      wrap(
        ad.customGradient(
          rule,
          forward(...inputs).value.node,
          inputs.map((x) => x.node),
        ),
      ),
    );
}

/**
 * Computes `fn`, whose intermediate values the backward pass computes again instead of keeping
 * (torch.utils.checkpoint).
 */
export function checkpoint(fn: (...xs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  return atSite(() =>
    wrap(
      ad.checkpoint(
        onNodes(fn),
        inputs.map((x) => x.node),
      )[0]!,
    ),
  );
}
