import { describe, expect, test } from 'vitest';
import { renderSvg } from '../../examples/graph/render.js';
import { Dot, leftAligned, lines } from '../../src/inspect/dot.js';
import {
  formatBytes,
  formatCount,
  formatScalar,
  formatTable,
  tally,
  wrap,
} from '../../src/inspect/format.js';

describe('DOT', () => {
  test('is written as Graphviz reads it', () => {
    const dot = new Dot('title');
    dot.cluster('a', { label: 'frame' }, () => dot.node('x', { label: lines('one', '', 'two') }));
    dot.edge('x', 'y', { label: undefined, constraint: false });
    expect(dot.toString().split('\n').slice(4)).toMatchInlineSnapshot(`
      [
        "  subgraph "cluster_a" {",
        "    graph [fontname="Helvetica", fontsize=10.5, style="rounded,filled", label="frame"];",
        "    "x" [label="one\\ntwo"];",
        "  }",
        "  "x" -> "y" [constraint=false];",
        "}",
        "",
      ]
    `);
  });

  test.each(['say "hi"', 'C:\\new', '{a|b}', '<b>&amp;</b>', 'a\u0007b', 'back\\', '->', '%N \\N \\G'])(
    'keeps the text %j',
    async (text) => {
      const dot = new Dot(text);
      dot.node(text, { label: text });
      dot.edge(text, 'end', { label: text });
      dot.node('code', { label: leftAligned([text]) });
      const svg = await renderSvg(dot.toString());
      const shown = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, body]) =>
        body!.replace(/&#45;/g, '-'),
      );
      const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
      const expected = text.replace('\u0007', '').replace(/[&<>"]/g, (c) => entities[c]!);
      expect(shown.filter((body) => body === expected)).toHaveLength(4);
    },
  );
});

describe('text', () => {
  test('numbers', () => {
    expect([0, 1023, 1024, 15_000, 1_048_576, 3e9].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.00 KB',
      '14.6 KB',
      '1.00 MB',
      '2.79 GB',
    ]);
    expect([7, 999, 1500, 4.2e9].map(formatCount)).toEqual(['7', '999', '1.50 k', '4.20 G']);
    expect(formatScalar(Math.fround(0.1), 'float32')).toBe('0.1');
    expect(formatScalar(-0, 'float32')).toBe('-0');
    expect(formatScalar(-Infinity, 'float32')).toBe('-Infinity');
    expect(formatScalar(0.1, 'float64')).toBe('0.1');
    expect(formatScalar(3n, 'int64')).toBe('3n');
  });

  test('tables, lists and paragraphs', () => {
    expect(
      formatTable(
        'lr',
        ['a', 'count'],
        [
          ['xyz', '1'],
          ['', '22'],
        ],
      ),
    ).toBe('a    count\n---  -----\nxyz      1\n        22');
    expect(tally(['mul', 'add', 'mul'])).toBe('mul x2, add');
    expect(tally(['a', 'b', 'c'], 2)).toBe('a, b, +1 more');
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  });
});
