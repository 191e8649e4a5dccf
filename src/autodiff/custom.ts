/**
 * Gradients the user writes. A rule is registered once, where the function is defined, and a graph names it by
 * number, so no key and no node ever holds a closure.
 */
import { GradientError, isFloat } from '../core/index.js';
import { node, type Node } from '../graph/index.js';

/**
 * Cotangents of `operands`, one each (undefined: none flows), from the cotangent of the value. `value` is what the
 * forward pass computed from them.
 */
export type CustomRule = (
  cotangent: Node,
  operands: readonly Node[],
  value: Node,
) => readonly (Node | undefined)[];

const rules: CustomRule[] = [];

/** Registers a gradient rule and returns the number `customGradient` takes. Call it once per function, not per use. */
export const registerGradientRule = (rule: CustomRule): number => rules.push(rule) - 1;

export function customRule(id: number): CustomRule {
  const rule = rules[id];
  if (!rule) throw new GradientError(`no gradient rule is registered under ${id}`);
  return rule;
}

/** `value`, whose gradient with respect to `operands` is what the rule registered as `rule` says. */
export function customGradient(rule: number, value: Node, operands: readonly Node[]): Node {
  if (!isFloat(value.dtype)) {
    throw new GradientError(
      `customGradient: a ${value.dtype} value has no gradient`,
      'return a floating value',
    );
  }
  return node('customGradient', [value, ...operands], { rule });
}
