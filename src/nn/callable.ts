/** Modules are called, as in PyTorch: each is a function whose prototype is that of its class, and whose fields are watched. */
import { observe, touch } from '../runtime/index.js';

/** What a call of the function runs. */
export const invoke = Symbol('invoke');

/** Something that is called with what its `forward` takes. */
export interface Callable {
  (...args: Parameters<this['forward']>): ReturnType<this['forward']>;
  forward(...args: never[]): unknown;
}

/**
 * Options, submodules and parameters are fields: while a function is traced, each field it reads becomes a guard, and each
 * field that is written says that guards may have changed.
 */
export const watched: ProxyHandler<object> = {
  get(target, key, receiver) {
    const read = (): unknown => Reflect.get(target, key, receiver);
    return Object.hasOwn(target, key) ? observe(read) : read();
  },
  defineProperty(target, key, descriptor) {
    touch();
    return Reflect.defineProperty(target, key, descriptor);
  },
  deleteProperty(target, key) {
    touch();
    return Reflect.deleteProperty(target, key);
  },
};

abstract class CallableObject {
  protected abstract [invoke](...args: unknown[]): unknown;

  constructor() {
    const run = (...args: unknown[]): unknown => self[invoke](...args);
    // A function's own `name` and `length` would stand in the way of fields called so.
    for (const key of Reflect.ownKeys(run)) Reflect.deleteProperty(run, key);
    Object.setPrototypeOf(run, new.target.prototype);
    const self = new Proxy<object>(run, watched) as this;
    return self;
  }
}

/** Base class of what is called: `new` returns a function, of which the fields of derived classes become properties. */
export const CallableBase = CallableObject as unknown as abstract new () => Callable;
