/** Adamax, NAdam and RAdam: Adam with another norm, another momentum, another start. */
import { where, type Tensor } from '../tensor/index.js';
import { checkMoments, type MomentOptions } from './adam.js';
import { withDefaults, type Params } from './group.js';
import { Optimizer } from './optimizer.js';
import { biasCorrection, decayed, moved, powerOf, type Rule } from './rule.js';

const moments: MomentOptions = { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 };

/** Options of Adamax. */
export interface AdamaxOptions extends MomentOptions {
  /** Whether to ascend rather than descend. */
  maximize: boolean;
}

const adamax: Rule<AdamaxOptions, 'expAvg' | 'expInf', 'step', Tensor> = {
  slots: () => ({ expAvg: 0, expInf: 0 }),
  counters: () => ({ step: 0 }),
  advance({ step }, lr, { betas }) {
    const next = step.add(1);
    return { counters: { step: next }, scalars: lr.div(biasCorrection(next, betas[0])) };
  },
  update({ p, g, slots, scalars: stepSize }, options) {
    const { betas, eps, maximize } = options;
    const gradient = decayed(maximize ? g.neg() : g, p, options);
    const expAvg = moved(slots.expAvg, gradient, betas[0]);
    const expInf = slots.expInf.mul(betas[1]).maximum(gradient.abs().add(eps));
    return { p: p.sub(expAvg.div(expInf).mul(stepSize)), slots: { expAvg, expInf } };
  },
};

/** Adam by the largest decayed gradient instead of the mean square. */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(params: Params<AdamaxOptions>, options: Partial<AdamaxOptions> = {}) {
    super(params, withDefaults({ ...moments, maximize: false }, options), adamax, checkMoments);
  }
}

/** Options of NAdam. */
export interface NAdamOptions extends MomentOptions {
  momentumDecay: number;
}

type NAdamScalars = { onGradient: Tensor; onAverage: Tensor; correction: Tensor };

const nadam: Rule<NAdamOptions, 'expAvg' | 'expAvgSq', 'step' | 'muProduct', NAdamScalars> = {
  slots: () => ({ expAvg: 0, expAvgSq: 0 }),
  counters: () => ({ step: 0, muProduct: 1 }),
  advance({ step, muProduct }, lr, { betas, momentumDecay }) {
    const next = step.add(1);
    const momentumAt = (t: Tensor): Tensor =>
      powerOf(t.mul(momentumDecay), 0.96).mul(-0.5).add(1).mul(betas[0]);
    const [mu, later] = [momentumAt(next), momentumAt(next.add(1))];
    const product = muProduct.mul(mu);
    const rest = (x: Tensor): Tensor => x.neg().add(1);
    // As PyTorch 1.13 has it, the product up to the next step counts this step's mu twice.
    return {
      counters: { step: next, muProduct: product },
      scalars: {
        onGradient: lr.mul(rest(mu)).div(rest(product)),
        onAverage: lr.mul(later).div(rest(product.mul(mu).mul(later))),
        correction: biasCorrection(next, betas[1]),
      },
    };
  },
  update({ p, g, slots, scalars: { onGradient, onAverage, correction } }, options) {
    const { betas, eps } = options;
    const gradient = decayed(g, p, options);
    const expAvg = moved(slots.expAvg, gradient, betas[0]);
    const expAvgSq = moved(slots.expAvgSq, gradient.square(), betas[1]);
    const denominator = expAvgSq.div(correction).sqrt().add(eps);
    const step = gradient.mul(onGradient).add(expAvg.mul(onAverage)).div(denominator);
    return { p: p.sub(step), slots: { expAvg, expAvgSq } };
  },
};

/** Adam with Nesterov momentum (Dozat 2016). */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(params: Params<NAdamOptions>, options: Partial<NAdamOptions> = {}) {
    super(params, withDefaults({ ...moments, momentumDecay: 4e-3 }, options), nadam, checkMoments);
  }
}

type RAdamScalars = { stepSize: Tensor; rectification: Tensor; rectified: Tensor };

const radam: Rule<MomentOptions, 'expAvg' | 'expAvgSq', 'step', RAdamScalars> = {
  slots: () => ({ expAvg: 0, expAvgSq: 0 }),
  counters: () => ({ step: 0 }),
  advance({ step }, lr, { betas }) {
    const next = step.add(1);
    const [first, second] = betas.map((beta) => biasCorrection(next, beta)) as [Tensor, Tensor];
    const limit = 2 / (1 - betas[1]) - 1;
    const length = next.mul(2).mul(powerOf(next, betas[1])).div(second).neg().add(limit);
    const rectified = length.gt(5);
    // Below the threshold the root is not used; there it is kept from being one of a negative number.
    const safe = where(rectified, length, 6);
    const ratio = safe
      .sub(4)
      .mul(safe.sub(2))
      .div(safe)
      .mul(limit / ((limit - 4) * (limit - 2)));
    const rectification = ratio.sqrt().mul(second.sqrt());
    return { counters: { step: next }, scalars: { stepSize: lr.div(first), rectification, rectified } };
  },
  update({ p, g, slots, scalars: { stepSize, rectification, rectified } }, options) {
    const { betas, eps } = options;
    const gradient = decayed(g, p, options);
    const expAvg = moved(slots.expAvg, gradient, betas[0]);
    const expAvgSq = moved(slots.expAvgSq, gradient.square(), betas[1]);
    const adaptive = rectification.div(expAvgSq.sqrt().add(eps));
    return { p: p.sub(expAvg.mul(stepSize).mul(where(rectified, adaptive, 1))), slots: { expAvg, expAvgSq } };
  },
};

/** Adam whose adaptive rate waits until its variance is known (Liu et al. 2019). */
export class RAdam extends Optimizer<MomentOptions> {
  constructor(params: Params<MomentOptions>, options: Partial<MomentOptions> = {}) {
    super(params, withDefaults({ ...moments, lr: 1e-3 }, options), radam, checkMoments);
  }
}
