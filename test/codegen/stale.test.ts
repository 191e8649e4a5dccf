/** What codegen writes is checked in: it must be what would be written now. */
import { expect, it } from 'vitest';
import { check } from '../../codegen/main.js';

it('is up to date (npm run codegen)', async () => {
  expect(await check()).toEqual([]);
}, 60_000);
