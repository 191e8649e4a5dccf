/** Writing Graphviz's DOT language: quoting, labels of several styled lines, clusters, and the colours of all drawings. */
import type { Origin } from '../graph/index.js';

/** An HTML-like label, as against plain text. */
export interface Markup {
  readonly html: string;
}
export type Attributes = Readonly<Record<string, string | number | boolean | Markup | undefined>>;

// Control characters mean nothing in a drawing, and Graphviz refuses them.
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b-\u001f\u007f]/g;

/** Text as a quoted string: Graphviz gives a backslash meaning of its own. */
const quote = (text: string): string =>
  `"${text.replace(controls, '').replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text inside an HTML-like label. */
export const escapeMarkup = (text: string): string => text.replace(controls, '').replace(/[&<>"]/g, (c) => entities[c]!);

export type LineStyle = 'title' | 'plain' | 'small' | 'note' | 'code';
export interface Line {
  readonly text: string;
  readonly style?: LineStyle;
}

const styles: Readonly<Record<LineStyle, (text: string) => string>> = {
  title: (text) => `<B>${text}</B>`,
  plain: (text) => `<FONT POINT-SIZE="10">${text}</FONT>`,
  small: (text) => `<FONT POINT-SIZE="9" COLOR="#667080">${text}</FONT>`,
  note: (text) => `<FONT POINT-SIZE="9" COLOR="#8a5a00"><I>${text}</I></FONT>`,
  code: (text) => `<FONT FACE="Courier" POINT-SIZE="9">${text.replace(/ /g, '&#160;')}</FONT>`,
};

/** A label of styled lines; empty ones are left out. */
export function label(lines: readonly Line[], align: 'left' | 'center' = 'center'): Markup {
  const breakTag = align === 'left' ? '<BR ALIGN="LEFT"/>' : '<BR/>';
  const written = lines.filter(({ text }) => text !== '').map(({ text, style = 'plain' }) => styles[style](escapeMarkup(text)));
  return { html: align === 'left' ? written.map((line) => line + breakTag).join('') : written.join(breakTag) };
}

const attribute = (value: string | number | boolean | Markup): string =>
  typeof value === 'object' ? `<${value.html}>` : typeof value === 'string' ? quote(value) : String(value);

function attributes(attrs: Attributes): string {
  const list = Object.entries(attrs).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${attribute(value)}`]));
  return list.length === 0 ? '' : ` [${list.join(', ')}]`;
}

export interface Colours {
  readonly fill: string;
  readonly line: string;
}

export const colours: Readonly<Record<Origin | 'state' | 'input' | 'kernel', Colours>> = {
  forward: { fill: '#e6f0fb', line: '#2f6fae' },
  backward: { fill: '#fdebdd', line: '#c4621b' },
  optimizer: { fill: '#e4f4e6', line: '#38854a' },
  state: { fill: '#f3f1f8', line: '#8d82ac' },
  input: { fill: '#ffffff', line: '#4a5360' },
  kernel: { fill: '#fbfcfd', line: '#a9b2bd' },
};

/** Fill and border of a box. */
export const paint = ({ fill, line }: Colours): Attributes => ({ fillcolor: fill, color: line });

/** A digraph being written. */
export class Dot {
  readonly #lines: string[] = [];
  #depth = 1;

  constructor(heading: Markup, graph: Attributes = {}) {
    this.#put(
      `graph${attributes({
        label: heading, labelloc: 't', fontname: 'Helvetica,Arial,sans-serif', fontsize: 12, bgcolor: 'white', pad: 0.3,
        nodesep: 0.25, ranksep: 0.45, ...graph,
      })};`, // prettier-ignore
    );
    this.#put(
      `node${attributes({
        shape: 'box', style: 'filled,rounded', fontname: 'Helvetica,Arial,sans-serif', fontsize: 11, margin: '0.12,0.07',
        penwidth: 1.1, fontcolor: '#1d2530', height: 0.3,
      })};`, // prettier-ignore
    );
    this.#put(
      `edge${attributes({
        fontname: 'Helvetica,Arial,sans-serif', fontsize: 8.5, fontcolor: '#56606c', color: '#7b8794', arrowsize: 0.6, penwidth: 1,
      })};`, // prettier-ignore
    );
  }

  #put(line: string): void {
    this.#lines.push('  '.repeat(this.#depth) + line);
  }

  node(id: string, attrs: Attributes): void {
    this.#put(`${quote(id)}${attributes(attrs)};`);
  }

  edge(from: string, to: string, attrs: Attributes = {}): void {
    this.#put(`${quote(from)} -> ${quote(to)}${attributes(attrs)};`);
  }

  /** Nodes on one level. */
  same(ids: readonly string[]): void {
    if (ids.length > 1) this.#put(`{ rank=same; ${ids.map(quote).join('; ')}; }`);
  }

  /** What `body` writes lies inside a frame. */
  cluster(id: string, attrs: Attributes, body: () => void): void {
    this.#put(`subgraph ${quote(`cluster_${id}`)} {`);
    this.#depth++;
    this.#put(`graph${attributes(attrs)};`);
    body();
    this.#depth--;
    this.#put('}');
  }

  toString(): string {
    return ['digraph {', ...this.#lines, '}', ''].join('\n');
  }
}

/** Title of a drawing over what its colours and lines mean. */
export function heading(title: string, subtitle: string, legend: readonly (readonly [Colours, string])[], notes: readonly string[]): Markup {
  const swatches = legend.map(
    ([{ fill, line }, text]) =>
      `<TD BGCOLOR="${fill}" BORDER="1" COLOR="${line}"><FONT POINT-SIZE="9"> ${escapeMarkup(text)} </FONT></TD>`,
  );
  const row = swatches.length > 0 ? `<TR><TD><TABLE BORDER="0" CELLSPACING="4" CELLPADDING="3"><TR>${swatches.join('')}</TR></TABLE></TD></TR>` : '';
  const lines = notes.map((note) => `<TR><TD>${styles.small(escapeMarkup(note))}</TD></TR>`).join('');
  return {
    html:
      `<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1"><TR><TD><FONT POINT-SIZE="15"><B>${escapeMarkup(title)}</B></FONT></TD></TR>` +
      `<TR><TD>${styles.small(escapeMarkup(subtitle))}</TD></TR>${row}${lines}</TABLE>`,
  };
}
