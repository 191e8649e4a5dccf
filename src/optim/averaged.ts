/** ASGD, which averages parameters, and Rprop, which looks at signs only. */
import { ArgumentError } from '../core/index.js';
import { where, type Tensor } from '../tensor/index.js';
import { checkNonNegative, withDefaults, type Params } from './group.js';
import { Optimizer } from './optimizer.js';
import { decayed, type CommonOptions, type DecayOptions, type Rule } from './rule.js';

/** Options of ASGD. */
export interface ASGDOptions extends DecayOptions {
  /** Decay of the parameters. */
  lambd: number;
  /** Power by which the rate falls. */
  alpha: number;
  /** Step at which averaging starts. */
  t0: number;
  /** Whether to ascend rather than descend. */
  maximize: boolean;
}

type Scalars = Readonly<Record<'eta' | 'mu' | 'kept' | 'isFirst', Tensor>>;
const asgd: Rule<ASGDOptions, 'ax', 'step' | 'eta' | 'mu', Scalars> = {
  slots: () => ({ ax: 0 }),
  counters: ({ lr }) => ({ step: 0, eta: lr, mu: 1 }),
  advance({ step, eta, mu }, lr, { lambd, alpha, t0 }) {
    const next = step.add(1);
    const counters = {
      step: next,
      eta: lr.div(next.mul(lambd).mul(lr).add(1).pow(alpha)),
      mu: next.sub(t0).clampMin(1).reciprocal(),
    };
    return { counters, scalars: { eta, mu, kept: eta.mul(-lambd).add(1), isFirst: mu.eq(1) } };
  },
  update({ p, g, slots, scalars: { eta, mu, kept, isFirst } }, options) {
    const gradient = decayed(options.maximize ? g.neg() : g, p, options);
    const next = p.mul(kept).sub(gradient.mul(eta));
    return { p: next, slots: { ax: where(isFirst, next, slots.ax.add(next.sub(slots.ax).mul(mu))) } };
  },
};

/** Averaged stochastic gradient descent (Polyak and Juditsky 1992); the averages are its state `ax`. */
export class ASGD extends Optimizer<ASGDOptions> {
  constructor(params: Params<ASGDOptions>, options: Partial<ASGDOptions> = {}) {
    const defaults = { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false };
    super(params, withDefaults(defaults, options), asgd, ({ lr, weightDecay }) => {
      checkNonNegative('lr', lr);
      checkNonNegative('weightDecay', weightDecay);
    });
  }
}

/** Options of Rprop. */
export interface RpropOptions extends CommonOptions {
  /** Factors of a step size after the sign has changed, and after it has not. */
  etas: readonly [number, number];
  /** Smallest and largest step size. */
  stepSizes: readonly [number, number];
  /** Whether to ascend rather than descend. */
  maximize: boolean;
}

const rprop: Rule<RpropOptions, 'prev' | 'stepSize', never, null> = {
  slots: ({ lr }) => ({ prev: 0, stepSize: lr }),
  counters: () => ({}),
  advance: () => ({ counters: {}, scalars: null }),
  update({ p, g, slots }, { etas, stepSizes, maximize }) {
    const gradient = maximize ? g.neg() : g;
    const agreement = gradient.mul(slots.prev);
    const turned = agreement.lt(0);
    const grown = where(agreement.gt(0), slots.stepSize.mul(etas[1]), slots.stepSize);
    const stepSize = where(turned, slots.stepSize.mul(etas[0]), grown).clamp(stepSizes[0], stepSizes[1]);
    const prev = where(turned, gradient.mul(0), gradient);
    return { p: p.sub(prev.sign().mul(stepSize)), slots: { prev, stepSize } };
  },
};

/** Resilient backpropagation: each element has a step size, and only signs of gradients count. */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(params: Params<RpropOptions>, options: Partial<RpropOptions> = {}) {
    const defaults: RpropOptions = { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false };
    super(params, withDefaults(defaults, options), rprop, ({ lr, etas: [down, up] }) => {
      checkNonNegative('lr', lr);
      if (!(down > 0 && down < 1 && up > 1)) {
        throw new ArgumentError('Rprop', `etas must be below and above 1, but got ${down} and ${up}`);
      }
    });
  }
}
