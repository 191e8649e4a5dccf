/** Which convolutions of a graph are filtered. */
import type { Node } from '../../../src/graph/index.js';
import { compileGraph } from '../../../src/runtime/index.js';

/** How many convolutions are filtered, and how many gradients of filters. */
export function countsOf(outputs: readonly Node[]): readonly [convolutions: number, gradients: number] {
  return countsIn(compileGraph({ outputs, assigns: [] }, { backend: 'wasm' }).source);
}

/** The same of a module's text. */
export function countsIn(source: string): readonly [convolutions: number, gradients: number] {
  const count = (name: RegExp): number => source.match(name)?.length ?? 0;
  return [count(/\(func \$\w*_weights/g), count(/\(func \$\w*_products/g)];
}
