/** Arguments on their way down to the graph. */
import { ArgumentError, kindOf } from '../core/index.js';
import type { Node } from '../graph/index.js';
import { TensorBase } from './base.js';

/** Refuses what is no tensor. */
export function expectTensor(x: TensorBase, op: string, name: string): void {
  if (x instanceof TensorBase) return;
  throw new ArgumentError(
    op,
    `expected a tensor as ${name}, not ${kindOf(x)}`,
    (x as unknown) instanceof Promise ? 'await it' : 'tensor(...) makes one of numbers',
  );
}

/** The graph value of an argument that must be a tensor. */
export function nodeOf(x: TensorBase, op: string, name: string): Node {
  expectTensor(x, op, name);
  return x.node;
}

/** The same, of an argument that may be left out. */
export const maybeNodeOf = (x: TensorBase | null | undefined, op: string, name: string): Node | undefined =>
  x === null || x === undefined ? undefined : nodeOf(x, op, name);

/** Whether it can be iterated over; a ParameterList is a function that can. */
export const isIterable = (x: unknown): x is Iterable<unknown> =>
  (typeof x === 'object' || typeof x === 'function') && x !== null && Symbol.iterator in x;

/** The graph values of a list of tensors. */
export function nodesOf(list: Iterable<TensorBase>, op: string, name: string): Node[] {
  if (isIterable(list)) return Array.from(list, (each) => nodeOf(each, op, name));
  throw new ArgumentError(op, `expected a list of tensors as ${name}, not ${kindOf(list)}`);
}

/** Refuses what is no function. */
export function expectFunction(fn: unknown, op: string): void {
  if (typeof fn !== 'function') throw new ArgumentError(op, `expected a function, not ${kindOf(fn)}`);
}
