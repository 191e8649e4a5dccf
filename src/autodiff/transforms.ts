/** The transformations built on reverse mode: grad, valueAndGrad, vjp and jvp, on graph values. */
import { GradientError, sameShape } from '../core/index.js';
import { g, node, type Node } from '../graph/index.js';
import { describe, gradients } from './reverse.js';

/** A function of graph values with several results. */
export type NodeFunction = (...inputs: Node[]) => readonly Node[];

/** The same value as a node of its own, so that a function's argument is told from its other uses. */
const alias = (x: Node): Node => node('reshape', [x], { shape: x.shape });

/** The cotangent 1 of a value a gradient can start from. */
export function unitCotangent(output: Node, op = 'grad'): Node {
  if (!g.differentiable(output)) {
    throw new GradientError(
      `${op}: a ${output.dtype} value has no gradient`,
      'differentiate a floating value',
    );
  }
  if (g.count(output) !== 1) {
    throw new GradientError(
      `${op}: a gradient starts from a single number, not from ${describe(output)}`,
      'reduce it with sum() or mean(), or give its cotangent',
    );
  }
  return g.fullLike(output, 1);
}

export interface GradOptions {
  /** What the gradient of the output is taken to be; 1 by default, for which the output must be one number. */
  readonly cotangent?: Node | undefined;
  /** What to do about a value the output does not depend on. */
  readonly unused?: 'error' | 'zeros';
}

/** Gradients of `output` with respect to each of `wrt`, which may be leaves or values on the way. */
export function grad(
  output: Node,
  wrt: readonly Node[],
  { cotangent, unused = 'error' }: GradOptions = {},
): Node[] {
  const found = gradients([output], [cotangent ?? unitCotangent(output)], wrt);
  return found.map((gradient, i) => {
    if (gradient) return gradient;
    const value = wrt[i]!;
    if (!g.differentiable(value)) {
      throw new GradientError(
        `grad: value ${i} is ${describe(value)}, which has no gradient`,
        'cast it to a float first',
      );
    }
    if (unused === 'zeros') return g.zerosLike(value);
    throw new GradientError(
      `grad: the output does not depend on value ${i}, which is ${describe(value)}`,
      'it may have been detached on the way, or passed through integers',
    );
  });
}

/** The value of a scalar function and its gradients with respect to all inputs (zeros for one it does not use). */
export function valueAndGrad(
  fn: (...inputs: Node[]) => Node,
  inputs: readonly Node[],
): { value: Node; gradients: Node[] } {
  const own = inputs.map(alias);
  const value = fn(...own);
  return { value, gradients: grad(value, own, { unused: 'zeros' }) };
}

/** The value of a function, and a pullback from cotangents of its outputs to those of its inputs. */
export function vjp(
  fn: NodeFunction,
  inputs: readonly Node[],
): { outputs: readonly Node[]; pullback: (cotangents: readonly Node[]) => Node[] } {
  const own = inputs.map(alias);
  const outputs = fn(...own);
  const pullback = (cotangents: readonly Node[]): Node[] =>
    gradients(outputs, cotangents, own).map((gradient, i) => gradient ?? g.zerosLike(own[i]!));
  return { outputs, pullback };
}

/**
 * The value of a function, and the derivative of its outputs along `tangents`. A pullback is linear in its cotangents,
 * so differentiating it by them gives the pushforward: no second table of rules is needed.
 */
export function jvp(
  fn: NodeFunction,
  primals: readonly Node[],
  tangents: readonly Node[],
): { outputs: readonly Node[]; tangents: Node[] } {
  for (const [i, primal] of primals.entries()) {
    const tangent = tangents[i];
    if (tangent && sameShape(tangent.shape, primal.shape) && tangent.dtype === primal.dtype) continue;
    const given = tangent ? `is ${describe(tangent)}` : 'is missing';
    throw new GradientError(
      `jvp: the tangent of input ${i} ${given}, the input itself ${describe(primal)}`,
      'a tangent has the shape and dtype of its input',
    );
  }
  const own = primals.map(alias);
  const outputs = fn(...own);
  const smooth = outputs.filter(g.differentiable);
  // Stand-ins that only have to be told apart: the pushforward does not depend on their value.
  const cotangents = smooth.map((output) => alias(g.zerosLike(output)));
  const pulled = gradients(smooth, cotangents, own);
  const used = pulled.flatMap((gradient, i) => (gradient ? [{ gradient, tangent: tangents[i]! }] : []));
  const pushed = gradients(
    used.map(({ gradient }) => gradient),
    used.map(({ tangent }) => tangent),
    cotangents,
  );
  return {
    outputs,
    tangents: outputs.map((output) => pushed[smooth.indexOf(output)] ?? g.zerosLike(output)),
  };
}
