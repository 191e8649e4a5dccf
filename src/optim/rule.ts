/** What an optimizer does in one step, as arithmetic on tensors: one record for each optimizer. */
import type { Tensor } from '../tensor/index.js';

/** Options that every optimizer has. */
export interface CommonOptions {
  /** Learning rate. Changing it on a group recompiles nothing. */
  lr: number;
}

type Named<K extends string> = Readonly<Record<K, Tensor>>;

/**
 * Parameters that have always been updated together share counters, and scalars derived from them: those are computed
 * once a step. The update itself is the same formula for each parameter, so that all updates run as one kernel.
 *
 * @typeParam O Options of a group.
 * @typeParam S Names of the tensors kept for each parameter.
 * @typeParam C Names of the counters.
 * @typeParam K The scalars of a step.
 */
export interface Rule<O extends CommonOptions, S extends string, C extends string, K> {
  /** Tensors kept for each parameter, and what they start with. */
  readonly slots: (options: Readonly<O>) => Readonly<Partial<Record<S, number>>>;
  /** Counters, and what they start with. */
  readonly counters: (options: Readonly<O>) => Readonly<Partial<Record<C, number>>>;
  /** Counters after one more step, and the scalars of that step. */
  advance(
    counters: Named<C>,
    lr: Tensor,
    options: Readonly<O>,
  ): { readonly counters: Readonly<Partial<Named<C>>>; readonly scalars: K };
  /** A parameter and its slots after a step with gradient `g`. */
  update(
    at: { readonly p: Tensor; readonly g: Tensor; readonly slots: Named<S>; readonly scalars: K },
    options: Readonly<O>,
  ): { readonly p: Tensor; readonly slots: Readonly<Partial<Named<S>>> };
}

/** Options of a gradient's way into an update. */
export interface DecayOptions extends CommonOptions {
  /** Factor of an L2 penalty. */
  weightDecay: number;
}

/** The gradient of the loss with its L2 penalty. */
export const decayed = (g: Tensor, p: Tensor, { weightDecay }: DecayOptions): Tensor =>
  weightDecay === 0 ? g : g.add(p.mul(weightDecay));

/** The moving average `beta * average + (1 - beta) * x`. */
export const moved = (average: Tensor, x: Tensor, beta: number): Tensor =>
  average.mul(beta).add(x.mul(1 - beta));

/** `1 - beta^step`, without the cancellation of that form in float32. */
export const biasCorrection = (step: Tensor, beta: number): Tensor =>
  beta === 0 ? step.mul(0).add(1) : step.mul(Math.log(beta)).expm1().neg();

/** `beta^step`. */
export const powerOf = (step: Tensor, beta: number): Tensor =>
  beta === 0 ? step.mul(0) : step.mul(Math.log(beta)).exp();
