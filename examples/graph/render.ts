/** DOT to SVG through graphviz-cli, which needs no installed Graphviz. */
import { renderGraphFromSource } from 'graphviz-cli';
import { finished } from './finished.js';

/** The drawing as SVG. */
export async function renderSvg(dot: string): Promise<string> {
  const render = () => renderGraphFromSource({ input: dot }, { format: 'svg' });
  // This build of Graphviz can trip over what an earlier drawing left in its memory; a second try starts clean.
  return finished(await render().catch(render));
}
