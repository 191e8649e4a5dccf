/** Modules that are one function with its options. */
import { Module } from './module.js';
import { keywords } from './print.js';

/** The options object that a function takes last. */
export type OptionsOf<F extends (...args: never[]) => unknown> =
  Required<Parameters<F>> extends readonly [...unknown[], infer O] ? NonNullable<O> : never;

/** A module without state: a function, and the options it is called with. Give it other options by assigning new ones. */
export abstract class Configured<O extends object> extends Module {
  options: Readonly<O>;

  constructor(options: O) {
    super();
    this.options = Object.freeze({ ...options });
  }

  override extraRepr(): string {
    return keywords(this.options);
  }
}
