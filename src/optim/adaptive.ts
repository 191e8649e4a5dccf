/** RMSprop, Adagrad and Adadelta: rates scaled by the squares of past gradients. */
import type { Tensor } from '../tensor/index.js';
import { checkNonNegative, withDefaults, type Params } from './group.js';
import { Optimizer } from './optimizer.js';
import { decayed, moved, type DecayOptions, type Rule } from './rule.js';

interface AdaptiveOptions extends DecayOptions {
  /** Added to denominators. */
  eps: number;
  /** Whether to ascend rather than descend. */
  maximize: boolean;
}

const checkAdaptive = ({ lr, eps, weightDecay }: Readonly<AdaptiveOptions>): void => {
  for (const [name, value] of Object.entries({ lr, eps, weightDecay })) checkNonNegative(name, value);
};

/** The gradient an adaptive rule sees. */
const gradientOf = (p: Tensor, g: Tensor, options: AdaptiveOptions): Tensor =>
  decayed(options.maximize ? g.neg() : g, p, options);

/** Options of RMSprop. */
export interface RMSpropOptions extends AdaptiveOptions {
  /** Decay rate of the average of squares. */
  alpha: number;
  momentum: number;
  /** Whether to divide by the deviation rather than by the root of the mean square. */
  centered: boolean;
}

const rmsprop: Rule<RMSpropOptions, 'squareAvg' | 'momentumBuffer' | 'gradAvg', never, Tensor> = {
  slots: ({ momentum, centered }) => ({
    squareAvg: 0,
    ...(momentum > 0 ? { momentumBuffer: 0 } : {}),
    ...(centered ? { gradAvg: 0 } : {}),
  }),
  counters: () => ({}),
  advance: (_, lr) => ({ counters: {}, scalars: lr }),
  update({ p, g, slots, scalars: lr }, options) {
    const { alpha, eps, momentum, centered } = options;
    const gradient = gradientOf(p, g, options);
    const squareAvg = moved(slots.squareAvg, gradient.square(), alpha);
    const gradAvg = centered ? moved(slots.gradAvg, gradient, alpha) : undefined;
    const spread = gradAvg ? squareAvg.sub(gradAvg.square()) : squareAvg;
    const scaled = gradient.div(spread.sqrt().add(eps));
    const momentumBuffer = momentum > 0 ? slots.momentumBuffer.mul(momentum).add(scaled) : undefined;
    return {
      p: p.sub((momentumBuffer ?? scaled).mul(lr)),
      slots: { squareAvg, ...(gradAvg ? { gradAvg } : {}), ...(momentumBuffer ? { momentumBuffer } : {}) },
    };
  },
};

/** Gradients divided by the root of a moving average of their squares. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    const defaults = {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    };
    super(params, withDefaults(defaults, options), rmsprop, (group) => {
      checkAdaptive(group);
      checkNonNegative('alpha', group.alpha);
      checkNonNegative('momentum', group.momentum);
    });
  }
}

/** Options of Adagrad. */
export interface AdagradOptions extends AdaptiveOptions {
  lrDecay: number;
  initialAccumulatorValue: number;
}

const adagrad: Rule<AdagradOptions, 'sum', 'step', Tensor> = {
  slots: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  counters: () => ({ step: 0 }),
  advance: ({ step }, lr, { lrDecay }) => ({
    counters: { step: step.add(1) },
    scalars: lrDecay === 0 ? lr : lr.div(step.mul(lrDecay).add(1)),
  }),
  update({ p, g, slots, scalars: lr }, options) {
    const gradient = gradientOf(p, g, options);
    const sum = slots.sum.add(gradient.square());
    return { p: p.sub(gradient.div(sum.sqrt().add(options.eps)).mul(lr)), slots: { sum } };
  },
};

/** Gradients divided by the root of the sum of their squares (Duchi et al. 2011). */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    const defaults = {
      lr: 1e-2,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
    };
    super(params, withDefaults(defaults, options), adagrad, (group) => {
      checkAdaptive(group);
      checkNonNegative('lrDecay', group.lrDecay);
      checkNonNegative('initialAccumulatorValue', group.initialAccumulatorValue);
    });
  }
}

/** Options of Adadelta. */
export interface AdadeltaOptions extends AdaptiveOptions {
  /** Decay rate of the averages of squares. */
  rho: number;
}

const adadelta: Rule<AdadeltaOptions, 'squareAvg' | 'accDelta', never, Tensor> = {
  slots: () => ({ squareAvg: 0, accDelta: 0 }),
  counters: () => ({}),
  advance: (_, lr) => ({ counters: {}, scalars: lr }),
  update({ p, g, slots, scalars: lr }, options) {
    const { rho, eps } = options;
    const gradient = gradientOf(p, g, options);
    const squareAvg = moved(slots.squareAvg, gradient.square(), rho);
    const delta = slots.accDelta.add(eps).sqrt().div(squareAvg.add(eps).sqrt()).mul(gradient);
    return {
      p: p.sub(delta.mul(lr)),
      slots: { squareAvg, accDelta: moved(slots.accDelta, delta.square(), rho) },
    };
  },
};

/** Gradients in units of past updates (Zeiler 2012). */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(params: Params<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    const defaults = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false };
    super(params, withDefaults(defaults, options), adadelta, checkAdaptive);
  }
}
