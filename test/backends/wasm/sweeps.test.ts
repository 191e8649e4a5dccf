/** Rows and contractions of every size on wasm. */
import { describe, it } from 'vitest';
import { Sweep } from '../sweep.js';
import { contractions, productsOf, rows, sizes, type Definition } from '../sweeps.js';

async function sweepOver(those: readonly number[], { outputs, relative }: Definition): Promise<void> {
  for (const n of those) {
    const sweep = new Sweep(n);
    const made = outputs(sweep, n);
    for (const fusion of [true, false]) await sweep.check(made, { relative, backend: 'wasm', fusion });
  }
}

it.each(Object.entries<Definition>(rows))('rows %s', (_, definition) => sweepOver(sizes, definition));

describe('contractions', () => {
  it.each(Object.entries<Definition>(contractions))('%s', (_, definition) => sweepOver(sizes, definition));

  it.each(['float64', 'int32', 'int64', 'uint8', 'float16'] as const)('products of %s', (dtype) =>
    sweepOver(
      sizes.filter((n) => n % 6 === 1),
      productsOf(dtype),
    ),
  );
});
