/** Elementwise regions: one loop nest over the domain, every result stored where it is computed. */
import type { Axis, MapNest, Store } from '../loops/index.js';
import { push } from '../loops/index.js';
import { Reader, storePosition, type Emission } from './emission.js';

export type NestBody<N> = N extends unknown ? Omit<N, 'name' | 'comment' | 'buffers'> : never;

/** Loop axes of a domain, numbered by dimension. Those of size 1 need no loop. */
export const loopAxes = (domain: readonly number[], axes = domain.map((_, i) => i)): Axis[] =>
  axes.flatMap((axis) => (domain[axis] === 1 ? [] : [{ axis, extent: domain[axis]! }]));

export function lowerMap(emission: Emission): NestBody<MapNest> {
  const { group, results } = emission.region;
  const reader = new Reader(emission);
  const stores = results.map(({ value, stored }): Store => {
    const { at } = group.members.get(value)!;
    return {
      value: reader.read(value, at),
      index: storePosition(value, stored, at, push),
      buffer: emission.buffer(stored, 'write'),
    };
  });
  return { kind: 'map', axes: loopAxes(group.domain), body: reader.instrs, stores };
}
