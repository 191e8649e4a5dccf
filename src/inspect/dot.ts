/** Writing Graphviz's DOT language: quoting, boxes of several fields, clusters, a legend, and the colours of all drawings. */
import type { Origin } from '../graph/index.js';

/** A label whose text is escaped already. */
export interface Label {
  readonly escaped: string;
}
export type Attributes = Readonly<Record<string, string | number | boolean | Label | undefined>>;

// Control characters mean nothing in a drawing, and Graphviz refuses them.
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b-\u001f\u007f]/g;

/** Text inside quotes: Graphviz gives a backslash meaning of its own. */
const escape = (text: string): string =>
  text.replace(controls, '').replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');

/** Text that is shown, where Graphviz looks for entities too. */
const escapeShown = (text: string): string => escape(text.replace(/&/g, '&amp;'));

/** Lines of a label; empty ones are left out. */
export const lines = (...texts: readonly string[]): string => texts.filter((text) => text !== '').join('\n');

/** Lines that begin at the left edge. */
export const leftAligned = (lines: readonly string[]): Label => ({
  escaped: lines.map((line) => `${escapeShown(line)}\\l`).join(''),
});

const attribute = (value: string | number | boolean | Label): string =>
  typeof value === 'object'
    ? `"${value.escaped}"`
    : typeof value === 'string'
      ? `"${escapeShown(value)}"`
      : String(value);

function attributes(attrs: Attributes): string {
  const list = Object.entries(attrs).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${attribute(value)}`],
  );
  return list.length === 0 ? '' : ` [${list.join(', ')}]`;
}

export interface Colours {
  readonly fill: string;
  readonly line: string;
}

export const colours: Readonly<Record<Origin | 'state' | 'input' | 'kernel' | 'saved', Colours>> = {
  forward: { fill: '#e6f0fb', line: '#2f6fae' },
  backward: { fill: '#fdebdd', line: '#c4621b' },
  optimizer: { fill: '#e4f4e6', line: '#38854a' },
  state: { fill: '#f3f1f8', line: '#8d82ac' },
  input: { fill: '#ffffff', line: '#4a5360' },
  kernel: { fill: '#f7f8fa', line: '#8c96a3' },
  saved: { fill: '#ffffff', line: '#aab3bd' },
};

/** Fill and border of a box. */
export const paint = ({ fill, line }: Colours): Attributes => ({ fillcolor: fill, color: line });

// Graphviz without font files knows the widths of this face; elsewhere Arial or the like takes its place.
const fontname = 'Helvetica';

/** A digraph being written. */
export class Dot {
  readonly #defaults: string[] = [];
  readonly #legend: string[] = [];
  readonly #body: string[] = [];
  #written = this.#defaults;
  #depth = 1;

  constructor(
    readonly title: string,
    readonly graph: Attributes = {},
  ) {
    const box = {
      shape: 'box',
      style: 'filled,rounded',
      fontname,
      fontsize: 10.5,
      fontcolor: '#1d2530',
      margin: '0.14,0.07',
      height: 0.3,
    };
    const arrow = { fontname, fontsize: 8.5, fontcolor: '#56606c', color: '#7b8794', arrowsize: 0.6 };
    this.#put(`node${attributes(box)};`);
    this.#put(`edge${attributes(arrow)};`);
    this.#written = this.#body;
  }

  #put(line: string): void {
    this.#written.push('  '.repeat(this.#depth) + line);
  }

  node(id: string, attrs: Attributes): void {
    this.#put(`"${escape(id)}"${attributes(attrs)};`);
  }

  edge(from: string, to: string, attrs: Attributes = {}): void {
    this.#put(`"${escape(from)}" -> "${escape(to)}"${attributes(attrs)};`);
  }

  /** Two nodes on one level, from left to right. */
  beside(left: string, right: string): void {
    this.#put(`{ rank=same; "${escape(left)}" -> "${escape(right)}" [style=invis]; }`);
  }

  /** What `body` writes lies inside a frame. */
  cluster(id: string, attrs: Attributes, body: () => void): void {
    this.#put(`subgraph "${escape(`cluster_${id}`)}" {`);
    this.#depth++;
    this.#put(`graph${attributes({ fontname, fontsize: 10.5, style: 'rounded,filled', ...attrs })};`);
    body();
    this.#depth--;
    this.#put('}');
  }

  /** What colours and lines mean, in a row over the drawing. */
  legend(entries: readonly (readonly [Colours, string])[], notes: readonly string[]): void {
    const small = { fontsize: 9, height: 0.2, margin: '0.1,0.04' };
    const note = { shape: 'plaintext', style: '', fontcolor: '#667080' };
    const items = [
      ...entries.map(([colour, text]) => ({ label: text, ...small, ...paint(colour) })),
      ...notes.map((text) => ({ label: text, ...small, ...note })),
    ];
    this.#written = this.#legend;
    this.#put('{ rank=source;');
    items.forEach((item, i) => this.node(`legend${i}`, item));
    this.#put(items.map((_, i) => `legend${i}`).join(' -> ') + ' [style=invis]; }');
    this.#written = this.#body;
  }

  /** The drawing. `head`: whether the title and the legend stand over it. */
  toString(head = true): string {
    const page = {
      ...(head && { label: this.title, labelloc: 't' }),
      fontname,
      fontsize: 16,
      bgcolor: 'white',
      pad: 0.3,
      nodesep: 0.25,
      ranksep: 0.45,
      ...this.graph,
    };
    const graph = `  graph${attributes(page)};`;
    const legend = head ? this.#legend : [];
    return ['digraph {', graph, ...this.#defaults, ...legend, ...this.#body, '}', ''].join('\n');
  }
}
