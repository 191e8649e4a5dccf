/**
 * Buffers for the values between kernels. What one dispatch reads and writes may not lie in one buffer, so nothing is
 * placed beside another but in slabs: values that are never alive together take turns in a buffer.
 */
import { dtypes } from '../../../core/index.js';
import type { Allocation } from '../../../plan/program.js';
import { wholeVectors } from '../shader.js';
import type { Slab } from '../slabs.js';
import type { Range } from './block.js';
import { deviceBytes } from './words.js';

export interface Workspace {
  /** Bytes of each buffer. */
  readonly bytes: readonly number[];
  /** An allocation in each buffer, which says what it is for. */
  readonly named: readonly number[];
  /** The buffer that each allocation lies in, and where in it. */
  readonly places: readonly Place[];
  /** The buffer of each slab. */
  readonly slabs: readonly number[];
}

interface Place extends Range {
  readonly buffer: number;
}

/** What takes a buffer: an allocation, or a slab of them. */
interface Unit {
  readonly bytes: number;
  readonly live: readonly [number, number];
  readonly allocations: readonly number[];
  readonly slab?: number;
}

function unitsOf(allocations: readonly Allocation[], slabs: readonly Slab[]): Unit[] {
  const together = slabs.flatMap(({ space, members, elements, dtype }, slab): Unit[] => {
    if (space !== 'arena') return [];
    const numbers = members.flatMap(({ ref }) => (ref.space === 'arena' ? [ref.allocation] : []));
    const lives = numbers.map((number) => allocations[number]!.live);
    const live = [
      Math.min(...lives.map(([first]) => first)),
      Math.max(...lives.map(([, last]) => last)),
    ] as const;
    return [{ bytes: deviceBytes(dtype, elements), live, allocations: numbers, slab }];
  });
  const taken = new Set(together.flatMap((unit) => unit.allocations));
  const alone = allocations.flatMap(({ dtype, elements, live }, number): Unit[] =>
    taken.has(number) ? [] : [{ bytes: deviceBytes(dtype, elements), live, allocations: [number] }],
  );
  return [...together, ...alone];
}

/** The largest first, each in the first buffer that is free all its life. */
export function planWorkspace(allocations: readonly Allocation[], slabs: readonly Slab[]): Workspace {
  const units = unitsOf(allocations, slabs).sort((a, b) => b.bytes - a.bytes);
  const bytes: number[] = [];
  const named: number[] = [];
  const held: (readonly [number, number])[][] = [];
  const places = new Array<Place>(allocations.length);
  const slabBuffers: number[] = [];
  for (const unit of units) {
    const { live } = unit;
    const isFree = (taken: (readonly [number, number])[]): boolean =>
      taken.every(([first, last]) => last < live[0] || first > live[1]);
    let buffer = held.findIndex(isFree);
    if (buffer < 0) {
      buffer = held.push([]) - 1;
      bytes.push(unit.bytes);
      named.push(unit.allocations[0]!);
    }
    held[buffer]!.push(live);
    if (unit.slab === undefined) places[unit.allocations[0]!] = { buffer, offset: 0 };
    else {
      slabBuffers[unit.slab] = buffer;
      unit.allocations.forEach((number, i) => {
        places[number] = { buffer, ...partOf(slabs[unit.slab!]!, i) };
      });
    }
  }
  // A buffer may be longer than a binding, and what takes a turn in it short.
  for (const {
    slab,
    bytes: own,
    allocations: [number],
  } of units) {
    if (slab !== undefined) continue;
    const { buffer } = places[number!]!;
    if (own < bytes[buffer]!) places[number!] = { buffer, offset: 0, extent: wholeVectors(own) };
  }
  return { bytes, named, places, slabs: slabBuffers };
}

/** Where an array lies in a slab, in bytes. */
export function partOf({ dtype, members }: Slab, member: number): Required<Range> {
  const { offset, extent } = members[member]!;
  const { bytes } = dtypes[dtype];
  return { offset: offset * bytes, extent: extent * bytes };
}
