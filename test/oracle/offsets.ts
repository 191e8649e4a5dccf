import type { Shape } from '../../src/core/index.js';

/** For every coordinate of a shape, in row-major order: `start` plus the coordinate weighed by the strides. */
export function offsets(shape: Shape, strides: readonly number[], start = 0): number[] {
  let result = [start];
  shape.forEach((size, axis) => {
    const next = new Array<number>(result.length * size);
    let to = 0;
    for (const at of result) for (let i = 0; i < size; i++) next[to++] = at + i * strides[axis]!;
    result = next;
  });
  return result;
}

/** Every coordinate of a shape, in row-major order. */
export function coordinates(shape: Shape): number[][] {
  let result: number[][] = [[]];
  for (const size of shape) {
    result = result.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i]));
  }
  return result;
}
