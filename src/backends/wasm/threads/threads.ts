/** Whether programs can have the threads they ask for, and what is said where there can be but one. */
import { device } from '../memory.js';
import { whyNoThreads } from './host.js';
import { Pool } from './pool.js';

let lost = false;

function lose(reason: string): void {
  if (lost) return;
  lost = true;
  console.warn(`fusegrad: the wasm backend goes on with one thread: ${reason}`);
}

/** As many of the threads asked for as can be had: all, or one. */
export function threadsAvailable(wanted: number): number {
  if (wanted === 1 || lost) return 1;
  const reason = whyNoThreads();
  if (reason) lose(reason);
  else {
    try {
      device(true);
    } catch (error) {
      lose(String(error));
    }
  }
  return lost ? 1 : wanted;
}

let pool: Pool | undefined;

/** The workers of this process. */
export const standingPool = (): Pool => (pool ??= new Pool(device(true), lose));
