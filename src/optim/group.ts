/** Parameter groups: parameters with options of their own. */
import { ArgumentError } from '../core/index.js';
import { watched } from '../nn/callable.js';
import { isIterable } from '../tensor/arguments.js';
import { Buffer, Tensor } from '../tensor/index.js';
import type { CommonOptions } from './rule.js';

/** Parameters and their options. Options may be changed; a new `lr` takes effect without compiling anything. */
export type ParamGroup<O> = { params: readonly Tensor[] } & O;

/** A group as an optimizer is given it: options left out are the optimizer's. */
export type ParamGroupInit<O> = { params: Tensor | Iterable<Tensor> } & Partial<O>;

/** What an optimizer is made with: parameters, or groups of them. */
export type Params<O> = Iterable<Tensor> | Iterable<ParamGroupInit<O>>;

/** Options with each left out, or undefined, as the default. */
export function withDefaults<O extends object>(defaults: O, options: Partial<O>): O {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

/** Options are watched as a module's fields are; the rate is a cell and needs no watching. */
const handler: ProxyHandler<object> = {
  ...watched,
  get: (target, key, receiver) =>
    key === 'lr' ? Reflect.get(target, key, receiver) : watched.get!(target, key, receiver),
};

/** A group, and the cell its learning rate lies in. */
export function makeGroup<O extends CommonOptions>(
  init: ParamGroupInit<O>,
  defaults: O,
): { group: ParamGroup<O>; lr: Buffer } {
  const { params, ...options } = init;
  if (!(params instanceof Tensor || isIterable(params))) {
    throw new ArgumentError(
      'Optimizer',
      'takes tensors, or groups { params, ...options }',
      'pass model.parameters()',
    );
  }
  const list = params instanceof Tensor ? [params] : [...params];
  for (const param of list) {
    if (!(param instanceof Tensor))
      throw new ArgumentError('Optimizer', `takes tensors, not ${typeof param}`);
    if (!param.isLeaf) {
      throw new ArgumentError(
        'Optimizer',
        'a computed tensor cannot be optimized',
        'pass parameters or leaves',
      );
    }
  }
  const complete = withDefaults(defaults, options as unknown as Partial<O>);
  let rate = complete.lr;
  const lr = new Buffer({ data: [rate], shape: [] }, { name: 'lr' });
  const fields = { params: list, ...complete };
  Object.defineProperty(fields, 'lr', {
    enumerable: true,
    get: () => rate,
    set: (value: number) => {
      checkNonNegative('lr', value);
      rate = value;
      lr.set(value);
    },
  });
  return { group: new Proxy(fields, handler) as ParamGroup<O>, lr };
}

/** Refuses an option below 0. */
export function checkNonNegative(name: string, value: number): void {
  if (!(value >= 0)) throw new ArgumentError('Optimizer', `${name} must be at least 0, but got ${value}`);
}

/** Refuses the decay rate of a moving average outside [0, 1). */
export function checkRate(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) {
    throw new ArgumentError('Optimizer', `${name} must be at least 0 and below 1, but got ${value}`);
  }
}
