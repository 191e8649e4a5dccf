/** Brings states of a program into the slabs that its kernels expect. */
import { invariant } from '../../../core/index.js';
import type { Slot } from '../../../plan/program.js';
import type { Storage } from '../../storage.js';
import type { Device } from '../device.js';
import type { Slab } from '../slabs.js';
import { Block } from './block.js';
import { contentToKeep, DevicePlace, placeOn } from './place.js';
import { deviceBytes } from './words.js';
import { partOf } from './workspace.js';

const stateOf = ({ members }: Slab, member: number): number => {
  const { ref } = members[member]!;
  invariant(ref.space === 'state', 'a slab of states holds states');
  return ref.index;
};

/** The buffer of a slab, if states lie in it just as it says and nothing else does. */
export function slabOf(device: Device, slab: Slab, states: readonly Storage[]): GPUBuffer | undefined {
  const { members } = slab;
  const first = placeOn(device, states[stateOf(slab, 0)]!);
  if (!first?.isUsable || first.block.places !== members.length) return undefined;
  for (let i = 0; i < members.length; i++) {
    const place = placeOn(device, states[stateOf(slab, i)]!);
    const { offset } = partOf(slab, i);
    if (place?.block !== first.block || place.offset !== offset) return undefined;
  }
  return first.buffer;
}

/** Moves states to a new slab, wherever they lie. If the device refuses to, they stay where they were. */
export function gather(
  device: Device,
  slab: Slab,
  states: readonly Storage[],
  slots: readonly Slot[],
): GPUBuffer {
  const { members, dtype, elements } = slab;
  const numbers = members.map((_, i) => stateOf(slab, i));
  const first = slots[numbers[0]!]!.name;
  const what = `${numbers.length} states side by side, ${first} first`;
  // What may throw because content lies elsewhere comes before anything is moved.
  const moves = numbers.map((number) => {
    const storage = states[number]!;
    const there = placeOn(device, storage);
    const from = there?.isUsable ? there : contentToKeep(storage);
    return { storage, before: storage.place, from, name: slots[number]!.name };
  });
  const block = Block.take(device.content, deviceBytes(dtype, elements), what);
  let places: DevicePlace[] = [];
  const move = (): void => {
    const encoder = device.gpu.createCommandEncoder({ label: what });
    places = moves.map(({ from, name }, i) => {
      const part = { block, ...partOf(slab, i) };
      if (!(from instanceof DevicePlace)) return DevicePlace.from(device, part, from, dtype, name);
      encoder.copyBufferToBuffer(from.buffer, from.offset, block.buffer, part.offset, from.bytes);
      return from.movedTo(part);
    });
    device.submit(encoder);
  };
  device.guarded('validation', `to move ${what} is refused`, move, (failure) => {
    moves.forEach(({ storage, before }, i) => {
      if (!failure) before.release?.();
      else if (storage.place === places[i]) storage.place = before;
    });
  });
  moves.forEach(({ storage }, i) => (storage.place = places[i]!));
  return block.buffer;
}
