/** Which driver the tests have run on, where one is asked for: another one would say little about the recorded bounds. */
import { expect, test } from 'vitest';
import { adapter, pinned } from './adapter.js';

test.skipIf(!pinned)('tests run on the driver that `.ci/run` sets up', () => {
  const { vendor, architecture, description } = adapter!.info;
  expect({ vendor, architecture, description }).toEqual({
    vendor: 'mesa',
    architecture: 'software',
    description: expect.stringMatching(/^llvmpipe: Mesa /) as string,
  });
});
