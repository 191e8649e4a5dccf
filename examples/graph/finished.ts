/** Faces of the widths that Graphviz reckoned with, where Helvetica itself is missing. */
const faces = "Helvetica,Arial,'Liberation Sans',sans-serif";

/** Boxes of operations, and frames around them. */
const titled = /(<title>(?:box|cluster_kernel)\d+<\/title>(?:(?!<\/g>)[^])*?<text )/g;

/** Graphviz's SVG with the first line of every box in bold: it has one face for a whole label. */
export const finished = (svg: string): string =>
  svg
    // Code is indented.
    .replace('<svg ', '<svg xml:space="preserve" ')
    .replace(/font-family="Helvetica[^"]*"/g, `font-family="${faces}"`)
    .replace(titled, '$1font-weight="bold" ');
