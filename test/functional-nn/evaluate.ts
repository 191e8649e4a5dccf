/** Runs composites by the reference interpreter, on tensors written out as numbers. */
import { gradients } from '../../src/autodiff/index.js';
import { numel, type DType } from '../../src/core/index.js';
import type { Value } from '../../src/functional/operands.js';
import { g, node } from '../../src/graph/index.js';
import { interpret } from '../oracle/interpreter.js';

let nextLeaf = 1;
const contents = new Map<number, readonly number[]>();

/** A tensor of given elements, row-major; one row unless a shape is given. */
export function tensor(
  data: readonly number[],
  shape: readonly number[] = [data.length],
  dtype: DType = 'float32',
): Value {
  const leaf = { id: nextLeaf++ };
  contents.set(leaf.id, data);
  return node('input', [], { leaf, shape, dtype });
}

export const ints = (data: readonly number[], shape?: readonly number[]): Value =>
  tensor(data, shape, 'int32');

/** 1, 2, 3, ... over a shape. */
export const counting = (...shape: readonly number[]): Value =>
  tensor(
    Array.from({ length: numel(shape) }, (_, i) => i + 1),
    shape,
  );

export function values(x: Value): number[] {
  const [result] = interpret({ outputs: [x], assigns: [] }, (leaf) => contents.get(leaf.id)!);
  return Array.from(result!.data, Number);
}

/** Gradient of the sum of `y` with respect to `x`. */
export function gradientOf(y: Value, x: Value): number[] {
  const [gradient] = gradients([y], [g.fullLike(y, 1)], [x]);
  return values(gradient!);
}
