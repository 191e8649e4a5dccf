/**
 * What a trace depends on besides its arguments: train or eval mode, options, which parameters exist. Reads are recorded as
 * guards; whatever changes such a value says so, which moves one global epoch that a warm call compares.
 */

export interface Guard {
  readonly read: () => unknown;
  readonly expected: unknown;
}

let epoch = 0;
let recording: Guard[] | undefined;

export const currentEpoch = (): number => epoch;

/** Says that a value read through `observe` may have changed. */
export function touch(): void {
  epoch++;
}

/**
 * Reads a JS value that shapes what a function computes. Inside a trace the value becomes a guard: a later call with
 * another value is traced anew.
 */
export function observe<T>(read: () => T): T {
  const value = read();
  recording?.push({ read, expected: value });
  return value;
}

/** Runs `body` and returns what it observed. */
export function recordGuards<T>(body: () => T): { result: T; guards: readonly Guard[] } {
  const before = recording;
  const guards: Guard[] = [];
  recording = guards;
  try {
    return { result: body(), guards };
  } finally {
    recording = before;
    before?.push(...guards);
  }
}

export const guardsHold = (guards: readonly Guard[]): boolean =>
  guards.every(({ read, expected }) => Object.is(read(), expected));
