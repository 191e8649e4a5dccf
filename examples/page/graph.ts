/** Drawings of programs, laid out by Graphviz in a worker. */
import Viz from '@aduh95/viz.js';
import { finished } from '../graph/finished.js';

let viz: Viz | undefined;

/** Shows a drawing in Graphviz's language, unless another one is asked for meanwhile. */
export async function showGraph(place: HTMLElement, dot: string): Promise<void> {
  // Each drawing has a worker of its own: an earlier one would leave things behind in Graphviz's memory.
  viz?.terminateWorker();
  viz = new Viz({ worker: new Worker(new URL('./graphviz.ts', import.meta.url), { type: 'module' }) });
  const svg = await viz.renderString(dot);
  viz.terminateWorker();
  place.replaceChildren(new DOMParser().parseFromString(finished(svg), 'image/svg+xml').documentElement);
}
