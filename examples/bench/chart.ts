/** Results as a bar chart: for each workload the time of the fused program beside that of the unfused one, set to 100 %. */
import { formatMs, ratioOf, type Result } from './result.js';

const WIDTH = 760;
const LEFT = 190;
const RIGHT = 130;
const TOP = 84;
const BAR = 15;
const GAP = 4;
const GROUP = 2 * BAR + GAP + 22;
const COLOUR = { text: '#222', faint: '#777', grid: '#e3e3e3', fused: '#1f5fa8', unfused: '#c9d3df' };

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly fill?: string;
  readonly weight?: number;
}

function text(
  x: number,
  y: number,
  content: string,
  { anchor = 'start', size = 12, fill = COLOUR.text, weight = 400 }: TextStyle = {},
): string {
  return (
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}" ` +
    `font-weight="${weight}" fill="${fill}">${escape(content)}</text>`
  );
}

const bar = (x: number, y: number, width: number, fill: string): string =>
  `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${fill}"/>`;

/** The chart as an SVG document. */
export function chartOf(results: readonly Result[], subtitle: string): string {
  const height = TOP + results.length * GROUP + 34;
  const longest = Math.max(1, ...results.map((result) => 1 / ratioOf(result)));
  const scale = (WIDTH - LEFT - RIGHT) / longest;
  const ticks = Array.from({ length: Math.floor(longest / 0.25) + 1 }, (_, i) => i / 4);
  const bottom = height - 34;
  const groups = results.flatMap((result, i) => {
    const y = TOP + i * GROUP;
    const share = 1 / ratioOf(result);
    return [
      text(LEFT - 12, y + BAR + GAP / 2 + 4, result.name, { anchor: 'end' }),
      bar(LEFT, y, share * scale, COLOUR.fused),
      bar(LEFT, y + BAR + GAP, scale, COLOUR.unfused),
      text(LEFT + share * scale + 6, y + 12, `${formatMs(result.fused.ms)} ms`, { size: 11 }),
      text(LEFT + scale + 6, y + BAR + GAP + 12, `${formatMs(result.unfused.ms)} ms`, {
        size: 11,
        fill: COLOUR.faint,
      }),
      text(WIDTH - 12, y + BAR + GAP / 2 + 5, `${ratioOf(result).toFixed(1)}x`, {
        anchor: 'end',
        size: 15,
        weight: 600,
      }),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(20, 30, 'Fused against unfused', { size: 17, weight: 600 }),
    text(20, 50, subtitle, { fill: COLOUR.faint }),
    bar(WIDTH - 250, 20, 15, COLOUR.fused),
    text(WIDTH - 229, 32, 'fused'),
    bar(WIDTH - 180, 20, 15, COLOUR.unfused),
    text(WIDTH - 159, 32, 'a kernel for every op'),
    ...ticks.flatMap((tick) => {
      const x = LEFT + tick * scale;
      return [
        `<path d="M${x.toFixed(1)} ${TOP - 10}V${bottom}" stroke="${COLOUR.grid}"/>`,
        text(x, bottom + 18, `${tick * 100} %`, { anchor: 'middle', size: 11, fill: COLOUR.faint }),
      ];
    }),
    ...groups,
    '</svg>',
    '',
  ].join('\n');
}
