/** How a call is refused. */
import { expect } from 'vitest';
import { FusegradError } from '../../src/index.js';

/** Runs what must be refused, with this message, at a line of this file. */
export function expectRefusal(run: () => unknown, message: RegExp, file: string): void {
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(FusegradError);
  expect((error as FusegradError).message).toMatch(message);
  expect((error as FusegradError).message).toContain(`${file}:`);
}
