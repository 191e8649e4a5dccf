/**
 * Lazy values that nothing has consumed yet. A write to state runs them together with itself, so that a loss read after
 * the step is the loss of that step.
 */
import type { Value } from './value.js';

/** Past this many, the oldest are computed: a program that never reads what it makes stays bounded. */
const limit = 1024;

const values = new Set<Value>();
let flush: (() => void) | undefined;

export const pending = {
  add(value: Value): void {
    values.add(value);
    if (values.size > limit) flush?.();
  },
  delete: (value: Value): boolean => values.delete(value),
  get size(): number {
    return values.size;
  },
  all: (): Value[] => [...values],
  /** What to do when too many wait. */
  onOverflow(action: () => void): void {
    flush = action;
  },
};
