/** Differentiation as functions of tensors. */
import * as ad from '../autodiff/index.js';
import { ArgumentError, FusegradError, GradientError, atSite } from '../core/index.js';
import { g, type Node } from '../graph/index.js';
import { withoutGradients } from '../runtime/index.js';
import { expectFunction, expectTensor, isIterable, nodeOf, nodesOf } from './arguments.js';
import { differentiate } from './gradients.js';
import { Tensor } from './tensor.generated.js';

type Many = Tensor | readonly Tensor[];
/** The tensors of an argument. */
function list(x: Many, op: string, name: string): readonly Tensor[] {
  const all = isIterable(x) ? [...x] : [x];
  for (const each of all) expectTensor(each, op, name);
  return all;
}
const valueOf = (x: Tensor, op: string, name: string): Node => {
  expectTensor(x, op, name);
  return x.value.node;
};
const valuesOf = (x: Many, op: string, name: string): Node[] =>
  list(x, op, name).map((each) => each.value.node);
const wrap = (node: Node): Tensor => new Tensor(node);

/**
 * Runs `body` so that no gradient flows through what it computes (torch.no_grad).
 * @throws FusegradError for an async body: after its first await it would no longer be covered.
 */
export function noGrad<T>(body: () => T): T {
  expectFunction(body, 'noGrad');
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
  /** Cotangents of the outputs; null stands for the 1 of an output of one element. */
  readonly gradOutputs?: Tensor | readonly (Tensor | null)[] | undefined;
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
    if (typeof outputs === 'function') {
      const hint = 'valueAndGrad(fn) gives the gradients of a function';
      throw new ArgumentError('grad', 'expected a tensor as outputs, not a function', hint);
    }
    const nodes = valuesOf(outputs, 'grad', 'outputs');
    const { gradOutputs } = options;
    const given = gradOutputs && (isIterable(gradOutputs) ? [...gradOutputs] : [gradOutputs]);
    if (given && given.length !== nodes.length) {
      throw new GradientError(`grad: ${nodes.length} outputs need as many gradOutputs, not ${given.length}`);
    }
    const seeds = nodes.map((node, i) =>
      given?.[i] ? g.cast(nodeOf(given[i], 'grad', 'gradOutputs'), node.dtype) : ad.unitCotangent(node),
    );
    const found = differentiate(nodes, seeds, valuesOf(inputs, 'grad', 'inputs'));
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
/** A function of tensors as one of graph values. */
const onNodes = (fn: TensorFunction, op: string): ((...nodes: Node[]) => Node[]) => {
  expectFunction(fn, op);
  return (...nodes) => valuesOf(fn(...nodes.map(wrap)), op, 'a result of the function');
};

/**
 * A function that gives the value of `fn` together with its gradients with respect to all arguments.
 * @example const { value, gradients } = valueAndGrad((x) => x.square().sum())(x);
 */
export function valueAndGrad(
  fn: (...xs: Tensor[]) => Tensor,
): (...xs: Tensor[]) => { value: Tensor; gradients: Tensor[] } {
  expectFunction(fn, 'valueAndGrad');
  return (...xs) =>
    atSite(() => {
      const one = (...nodes: Node[]): Node =>
        valueOf(fn(...nodes.map(wrap)), 'valueAndGrad', 'the result of the function');
      const { value, gradients } = ad.valueAndGrad(one, valuesOf(xs, 'valueAndGrad', 'an argument'));
      return { value: wrap(value), gradients: gradients.map(wrap) };
    });
}

/**
 * The outputs of `fn` at `inputs`, and the function that takes cotangents of them to cotangents of the inputs
 * (torch.func.vjp).
 */
export function vjp(
  fn: TensorFunction,
  inputs: Many,
): { outputs: Tensor[]; pullback: (...cotangents: Tensor[]) => Tensor[] } {
  return atSite(() => {
    const { outputs, pullback } = ad.vjp(onNodes(fn, 'vjp'), valuesOf(inputs, 'vjp', 'inputs'));
    return {
      outputs: outputs.map(wrap),
      pullback: (...cotangents) =>
        atSite(() => pullback(nodesOf(cotangents, 'vjp', 'a cotangent')).map(wrap)),
    };
  });
}

/** The outputs of `fn` at `primals`, and their derivatives in the direction of `tangents` (torch.func.jvp). */
export function jvp(
  fn: TensorFunction,
  primals: Many,
  tangents: Many,
): { outputs: Tensor[]; tangents: Tensor[] } {
  return atSite(() => {
    const at = valuesOf(primals, 'jvp', 'primals');
    const along = list(tangents, 'jvp', 'tangents').map((each) => each.node);
    if (along.length > at.length) {
      throw new GradientError(`jvp: ${at.length} inputs need as many tangents, not ${along.length}`);
    }
    const result = ad.jvp(onNodes(fn, 'jvp'), at, along);
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
  expectFunction(forward, 'customGradient');
  expectFunction(backward, 'customGradient');
  const rule = ad.registerGradientRule((cotangent, operands, value) =>
    backward(wrap(cotangent), operands.map(wrap), wrap(value)).map((each) => each?.value.node),
  );
  return (...inputs) =>
    atSite(() =>
      wrap(
        ad.customGradient(
          rule,
          valueOf(forward(...inputs), 'customGradient', 'what forward returns'),
          nodesOf(inputs, 'customGradient', 'an input'),
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
    wrap(ad.checkpoint(onNodes(fn, 'checkpoint'), nodesOf(inputs, 'checkpoint', 'an input'))[0]!),
  );
}
