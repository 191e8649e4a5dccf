/** Moving state to where another backend computes. */
import type { BackendName } from '../backends/backend.js';
import { backendOf } from './backend.js';
import type { Cell } from './cell.js';
import { flushPending } from './lazy.js';

/**
 * Moves the content of cells to the memory of a backend, in parallel, from whatever device. Content on the host stays where it
 * is for js and wasm, which reach it without waiting.
 */
export async function moveTo(name: BackendName | 'auto', cells: Iterable<Cell>): Promise<void> {
  const { memory } = backendOf(name);
  flushPending();
  await Promise.all(
    Array.from(cells, async ({ storage, dtype }) => {
      // What is written while it is read is read again.
      while (!storage.onHost && !memory?.holds(storage)) {
        const { version, place } = storage;
        const array = await storage.read();
        if (storage.version === version && storage.place === place) storage.moveTo({ array });
      }
      if (storage.onHost) memory?.moveIn(storage, dtype);
    }),
  );
}
