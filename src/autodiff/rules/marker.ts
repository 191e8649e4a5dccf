/** Leaves, which have no operands to differentiate by, and markers. */
import { customRule } from '../custom.js';
import { integer, leaf, one, stopped, type GradientTable } from './rule.js';

export const marker: GradientTable<
  'input' | 'state' | 'constant' | 'iota' | 'stopGradient' | 'barrier' | 'customGradient' | 'checkIndex'
> = {
  input: leaf,
  state: leaf,
  constant: leaf,
  iota: leaf,
  stopGradient: stopped,
  barrier: one((ct) => ct),
  // The value itself gets none: its operands' gradient is what the rule says instead.
  checkIndex: integer,
  customGradient: ({ inputs: [value, ...operands], attrs }, ct) => [
    undefined,
    ...customRule(attrs.rule)(ct, operands, value!),
  ],
};
