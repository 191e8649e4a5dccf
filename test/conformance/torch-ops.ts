/**
 * What each of PyTorch's functions is called here. Keys are the names of the torch-ops pack, with `/variant` where one
 * name stands for several functions; each row is one call of the public API with the arguments in our order.
 */
import type { Argument, Output } from './library.js';
import { activations, lookups, losses, normalisation } from './torch-ops/activations.js';
import { binary, casts, several, specialFunctions, unary } from './torch-ops/elementwise.js';
import { indexing } from './torch-ops/indexing.js';
import { linalgFunctions, linear } from './torch-ops/linear.js';
import { reductions, scans, sorting } from './torch-ops/reductions.js';
import type { Table } from './torch-ops/row.js';
import { creation, joining, views } from './torch-ops/shapes.js';
import { convolutions, pooling, rearrangement } from './torch-ops/windows.js';

export const torchOps: Table = {
  ...unary,
  ...binary,
  ...several,
  ...specialFunctions,
  ...casts,
  ...reductions,
  ...scans,
  ...sorting,
  ...views,
  ...joining,
  ...creation,
  ...indexing,
  ...linear,
  ...linalgFunctions,
  ...activations,
  ...normalisation,
  ...losses,
  ...lookups,
  ...convolutions,
  ...pooling,
  ...rearrangement,
};

/** A row as it is called: with what a record happens to hold. */
export type Caller = (
  args: readonly Argument[],
  kwargs: Readonly<Record<string, Argument>>,
) => Output | Promise<Output>;

/** The row of an op, that of its variant first. */
export function findRow(op: string, variant: string): Caller | undefined {
  const key = [`${op}/${variant}`, op].find((name) => Object.hasOwn(torchOps, name));
  return key === undefined ? undefined : (torchOps[key] as Caller);
}
