/**
 * Lazy values that nothing has consumed yet. A write to state runs them together with itself, so that a loss read after
 * the step is the loss of that step.
 */
import type { Value } from './value.js';

const values = new Set<Value>();

export const pending = {
  add: (value: Value): void => void values.add(value),
  delete: (value: Value): boolean => values.delete(value),
  get size(): number {
    return values.size;
  },
  all: (): Value[] => [...values],
};
