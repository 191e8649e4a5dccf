/** Named inputs for small graphs, and data for them that has every kind of number in it. */
import { numel, isFloat, type DType, type Shape } from '../../src/core/index.js';
import { node, type Node } from '../../src/graph/index.js';
import type { Leaf } from '../../src/ops/index.js';
import type { LeafData } from '../oracle/interpreter.js';

const leaves = new Map<Leaf, { readonly shape: Shape; readonly dtype: DType }>();

export function leaf(name: string, shape: Shape, dtype: DType = 'float32'): Node {
  const own: Leaf = { id: leaves.size + 1, name };
  leaves.set(own, { shape, dtype });
  return node('input', [], { leaf: own, shape, dtype });
}

const special = [1.5, -2, 0, -0, 3.25, -0.5, NaN, Infinity, -Infinity, 7];
const integers: Partial<Record<DType, readonly number[]>> = {
  bool: [1, 0, 1, 1, 0],
  uint8: [3, 255, 0, 2, 7],
  uint32: [3, 4294967295, 0, 2, 7],
};

const fill =
  (floats: readonly number[]): LeafData =>
  (own) => {
    const { shape, dtype } = leaves.get(own)!;
    const values = isFloat(dtype)
      ? floats
      : (integers[dtype] ?? [3, -1, 0, 2, -7, 2147483647, -2147483648, 40]);
    // Leaves of one shape must not all hold the same.
    return Array.from({ length: numel(shape) }, (_, i) => {
      const value = values[(i + own.id * 3) % values.length]!;
      return dtype === 'int64' ? BigInt(value) : value;
    });
  };

/** Zeros of both signs, infinities and NaN among the floats. */
export const specialData = fill(special);
/** Positive floats of moderate size. */
export const tameData = fill([1.5, 2, 0.25, 3.25, 0.5, 1.125, 7]);
