/** Arguments on their way down to the graph. */
import { ArgumentError, kindOf } from '../core/index.js';
import type { Node } from '../graph/index.js';
import { TensorBase } from './base.js';

/** The graph value of an argument that must be a tensor. */
export function nodeOf(x: TensorBase, name: string): Node {
  if (x instanceof TensorBase) return x.node;
  throw new ArgumentError(
    name,
    `expected a tensor, not ${kindOf(x)}`,
    (x as unknown) instanceof Promise ? 'await it' : 'tensor(...) makes one of numbers',
  );
}

/** The same, of an argument that may be left out. */
export const maybeNodeOf = (x: TensorBase | null | undefined, name: string): Node | undefined =>
  x === null || x === undefined ? undefined : nodeOf(x, name);
