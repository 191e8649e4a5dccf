/** What compiled graphs make of given data, wherever they run. */
import type { TypedArray } from '../../src/core/index.js';
import type { Graph } from '../../src/graph/index.js';
import type { Leaf, Value } from '../../src/ops/index.js';
import { Instance, type Compilation } from '../../src/runtime/index.js';
import { storagesOf } from './storages.js';

/** Copies of the results of one run. */
export async function resultsOf(
  compilation: Compilation,
  graph: Graph,
  data: ReadonlyMap<Leaf, readonly Value[]>,
): Promise<TypedArray[]> {
  const storages = storagesOf(graph, data);
  const instance = await Instance.loadAsync(compilation);
  const results = instance.run(compilation.leaves, (leaf) => storages.get(leaf)!, []);
  const read = await Promise.all(results.map((result) => result.read()));
  for (const { place } of results) place.release?.();
  instance.release();
  return read;
}
