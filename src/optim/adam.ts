/** Adam and its decoupled form. */
import type { Tensor } from '../tensor/index.js';
import { checkNonNegative, checkRate, withDefaults, type Params } from './group.js';
import { Optimizer } from './optimizer.js';
import { biasCorrection, decayed, moved, type DecayOptions, type Rule } from './rule.js';

/** Options of optimizers with moving averages of gradients and their squares. */
export interface MomentOptions extends DecayOptions {
  /** Decay rates of the averages. */
  betas: readonly [number, number];
  /** Added to denominators. */
  eps: number;
}

/** Options of Adam and AdamW. */
export interface AdamOptions extends MomentOptions {
  /** Whether to divide by the largest average of squares so far. */
  amsgrad: boolean;
  /** Whether to ascend rather than descend. */
  maximize: boolean;
}

/** Refuses betas and other options outside their range. */
export function checkMoments({ lr, betas, eps, weightDecay }: Readonly<MomentOptions>): void {
  for (const [name, value] of Object.entries({ lr, eps, weightDecay })) checkNonNegative(name, value);
  betas.forEach((beta, i) => checkRate(`betas[${i}]`, beta));
}

type Slots = 'expAvg' | 'expAvgSq' | 'maxExpAvgSq';
/** `kept` is what decoupled weight decay leaves of a parameter; undefined: all of it. */
type Scalars = { stepSize: Tensor; inverseRoot: Tensor; kept: Tensor | undefined };
type AdamRule = Rule<AdamOptions, Slots, 'step', Scalars>;

/** The update of Kingma and Ba 2014; weight decay goes into the gradient, or is decoupled. */
const adamRule = (decoupled: boolean): AdamRule => ({
  slots: ({ amsgrad }) => ({ expAvg: 0, expAvgSq: 0, ...(amsgrad ? { maxExpAvgSq: 0 } : {}) }),
  counters: () => ({ step: 0 }),
  advance({ step }, lr, { betas, weightDecay }) {
    const next = step.add(1);
    const [first, second] = betas.map((beta) => biasCorrection(next, beta)) as [Tensor, Tensor];
    return {
      counters: { step: next },
      scalars: {
        stepSize: lr.div(first),
        inverseRoot: second.sqrt().reciprocal(),
        kept: decoupled && weightDecay !== 0 ? lr.mul(-weightDecay).add(1) : undefined,
      },
    };
  },
  update({ p, g, slots, scalars: { stepSize, inverseRoot, kept } }, options) {
    const { betas, eps, amsgrad, maximize } = options;
    const signed = maximize ? g.neg() : g;
    const gradient = decoupled ? signed : decayed(signed, p, options);
    const expAvg = moved(slots.expAvg, gradient, betas[0]);
    const expAvgSq = moved(slots.expAvgSq, gradient.square(), betas[1]);
    const maxExpAvgSq = amsgrad ? slots.maxExpAvgSq.maximum(expAvgSq) : expAvgSq;
    const denominator = maxExpAvgSq.sqrt().mul(inverseRoot).add(eps);
    return {
      p: (kept ? p.mul(kept) : p).sub(expAvg.mul(stepSize).div(denominator)),
      slots: { expAvg, expAvgSq, ...(amsgrad ? { maxExpAvgSq } : {}) },
    };
  },
});

const defaults: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

/**
 * Adam: steps scaled by moving averages of gradients and their squares.
 * @example new optim.Adam(model.parameters(), { lr: 1e-3 })
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, withDefaults(defaults, options), adamRule(false), checkMoments);
  }
}

/**
 * Adam with weight decay that does not go through the averages (Loshchilov and Hutter 2017).
 * @example new optim.AdamW(model.parameters(), { lr: 3e-4, weightDecay: 0.1 })
 */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, withDefaults({ ...defaults, weightDecay: 1e-2 }, options), adamRule(true), checkMoments);
  }
}
