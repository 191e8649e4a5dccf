/** Data of random graphs as a program is handed it. */
import { Storage } from '../../src/backends/storage.js';
import { dtypes } from '../../src/core/index.js';
import { roots, type Graph } from '../../src/graph/index.js';
import { encode, type Leaf, type Value } from '../../src/ops/index.js';

export function storagesOf(graph: Graph, data: ReadonlyMap<Leaf, readonly Value[]>): Map<Leaf, Storage> {
  const storages = new Map<Leaf, Storage>();
  const seen = new Set<unknown>();
  const stack = [...roots(graph)];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
    if (node.op !== 'input') continue;
    const { leaf } = node.attrs;
    const { dtype } = node;
    const values = data.get(leaf)!;
    const array = new dtypes[dtype].array(values.length);
    values.forEach((value, i) => (array[i] = encode(value, dtype) as never));
    storages.set(leaf, new Storage(array));
  }
  return storages;
}
