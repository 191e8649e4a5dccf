/** Stochastic gradient descent. */
import { ArgumentError } from '../core/index.js';
import { where, type Tensor } from '../tensor/index.js';
import { checkNonNegative, withDefaults, type Params } from './group.js';
import { Optimizer } from './optimizer.js';
import { decayed, type DecayOptions, type Rule } from './rule.js';

/** Options of SGD. */
export interface SGDOptions extends DecayOptions {
  momentum: number;
  /** Takes this share of a gradient away from the momentum. */
  dampening: number;
  nesterov: boolean;
  /** Whether to ascend rather than descend. */
  maximize: boolean;
}

type Scalars = { lr: Tensor; share: Tensor | number };

const sgd: Rule<SGDOptions, 'momentumBuffer', 'step', Scalars> = {
  slots: ({ momentum }) => (momentum === 0 ? {} : { momentumBuffer: 0 }),
  counters: ({ momentum, dampening }) => (momentum === 0 || dampening === 0 ? {} : { step: 0 }),
  advance({ step }, lr, { momentum, dampening }) {
    if (momentum === 0 || dampening === 0) return { counters: {}, scalars: { lr, share: 1 } };
    // The first gradient is the first momentum, undampened.
    const share = where(step.eq(0), step.mul(0).add(1), 1 - dampening);
    return { counters: { step: step.add(1) }, scalars: { lr, share } };
  },
  update({ p, g, slots, scalars: { lr, share } }, options) {
    const { momentum, nesterov, maximize } = options;
    const gradient = decayed(maximize ? g.neg() : g, p, options);
    if (momentum === 0) return { p: p.sub(gradient.mul(lr)), slots: {} };
    const momentumBuffer = slots.momentumBuffer
      .mul(momentum)
      .add(share === 1 ? gradient : gradient.mul(share));
    const direction = nesterov ? gradient.add(momentumBuffer.mul(momentum)) : momentumBuffer;
    return { p: p.sub(direction.mul(lr)), slots: { momentumBuffer } };
  },
};

/**
 * Stochastic gradient descent, with momentum if wanted.
 * @example new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    const defaults = {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
    };
    super(
      params,
      withDefaults(defaults, options),
      sgd,
      ({ lr, momentum, weightDecay, nesterov, dampening }) => {
        for (const [name, value] of Object.entries({ lr, momentum, weightDecay }))
          checkNonNegative(name, value);
        if (nesterov && (momentum <= 0 || dampening !== 0)) {
          throw new ArgumentError('SGD', 'Nesterov momentum requires a momentum and zero dampening');
        }
      },
    );
  }
}
