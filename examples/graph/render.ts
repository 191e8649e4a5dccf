/** DOT to SVG through graphviz-cli, which needs no installed Graphviz. */
import { renderGraphFromSource } from 'graphviz-cli';

/** Faces of the widths that Graphviz reckoned with, where Helvetica itself is missing. */
const faces = "Helvetica,Arial,'Liberation Sans',sans-serif";

/** Boxes of operations, and frames around them. */
const titled = /(<title>(?:box|cluster_kernel)\d+<\/title>(?:(?!<\/g>)[^])*?<text )/g;

/** The drawing as SVG, with the first line of every box in bold: Graphviz has one face for a whole label. */
export async function renderSvg(dot: string): Promise<string> {
  const render = () => renderGraphFromSource({ input: dot }, { format: 'svg' });
  // This build of Graphviz can trip over what an earlier drawing left in its memory; a second try starts clean.
  const svg = await render().catch(render);
  return (
    svg
      // Code is indented.
      .replace('<svg ', '<svg xml:space="preserve" ')
      .replace(/font-family="Helvetica[^"]*"/g, `font-family="${faces}"`)
      .replace(titled, '$1font-weight="bold" ')
  );
}
