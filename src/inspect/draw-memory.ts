/** The memory plan: as DOT, steps with the values they fill and empty; as SVG, the arena over time. */
import type { Program } from '../plan/index.js';
import { Dot, colours, lines, paint } from './dot.js';
import { formatBytes, plural } from './format.js';
import { stepNames } from './text.js';

const hex = (value: number): string => Math.round(value).toString(16).padStart(2, '0');
/** From white to blue as a step fills the arena. */
const shade = (share: number): string =>
  `#${hex(255 - 120 * share)}${hex(255 - 68 * share)}${hex(255 - 20 * share)}`;

/** Most boxes of a drawing, steps and values together; at least some values are always drawn. */
const mostBoxes = 72;
const fewestValues = 12;

/** Steps in order, darker as more bytes are alive, and for each value of the arena who writes it first and reads it last. */
export function drawMemory(program: Program, name: string): Dot {
  const { allocations, arenaBytes, liveBytes } = program;
  const peak = Math.max(1, ...liveBytes);
  const room = Math.max(fewestValues, mostBoxes - liveBytes.length);
  const smallest = [...allocations].sort((a, b) => b.bytes - a.bytes)[room - 1]?.bytes ?? 0;
  const shown = allocations.filter(({ bytes }) => bytes >= smallest).slice(0, room);
  const rest = shown.length < allocations.length ? `, the largest ${shown.length} drawn` : '';
  const dot = new Dot(
    `${name}: memory\narena of ${formatBytes(arenaBytes)}, ${plural(allocations.length, 'value')}${rest}`,
    {
      ranksep: 0.3,
    },
  );
  dot.legend(
    [
      [{ fill: shade(1), line: colours.forward.line }, 'step: the darker, the more bytes are alive'],
      [colours.state, 'value in the arena'],
    ],
    ['arrows: first and last step\nthat touch the value'],
  );
  stepNames(program).forEach((step, i) => {
    const live = liveBytes[i]!;
    dot.node(`box${i}`, {
      label: `${i}: ${step}\n${formatBytes(live)} alive`,
      fillcolor: shade(live / peak),
      color: colours.forward.line,
    });
    if (i > 0) dot.edge(`box${i - 1}`, `box${i}`, { color: colours.forward.line, penwidth: 2, weight: 20 });
  });
  shown.forEach(({ name: value, dtype, elements, offset, bytes, live: [first, last] }, i) => {
    const type = `${value} ${dtype}[${elements}]`;
    dot.node(`value${i}`, {
      label: lines(type, `${formatBytes(bytes)} at ${offset}`),
      fontsize: 9,
      ...paint(colours.state),
    });
    dot.beside(`box${first}`, `value${i}`);
    dot.edge(`box${first}`, `value${i}`, { color: colours.state.line, constraint: false });
    if (last > first)
      dot.edge(`value${i}`, `box${last}`, { color: colours.state.line, style: 'dashed', constraint: false });
  });
  return dot;
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The arena as a picture: steps to the right, addresses upwards, one rectangle a value. */
export function memoryChart(program: Program): string {
  const { allocations, arenaBytes, liveBytes } = program;
  const [left, top, width, height] = [70, 40, 840, 400];
  const steps = Math.max(1, liveBytes.length);
  const x = (step: number): number => left + (width * step) / steps;
  const y = (bytes: number): number => top + height * (1 - bytes / Math.max(1, arenaBytes));
  const round = (value: number): number => Math.round(value * 10) / 10;
  const names = stepNames(program);
  const boxes = allocations.map(({ name, dtype, elements, offset, bytes, live: [first, last] }, i) => {
    const [w, h] = [x(last + 1) - x(first), (height * bytes) / Math.max(1, arenaBytes)];
    const title = `${name} ${dtype}[${elements}], ${formatBytes(bytes)} at ${offset}, steps ${first} to ${last}: ${names[first]} to ${names[last]}`;
    const shown =
      w > 6.5 * name.length && h > 12
        ? `<text x="${round(x(first) + w / 2)}" y="${round(y(offset + bytes) + h / 2 + 4)}" text-anchor="middle">${escape(name)}</text>`
        : '';
    return (
      `<g><title>${escape(title)}</title><rect x="${round(x(first))}" y="${round(y(offset + bytes))}" width="${round(w)}" height="${round(h)}" ` +
      `rx="2" fill="hsl(${(i * 67) % 360} 55% 82%)" stroke="hsl(${(i * 67) % 360} 40% 55%)"/>${shown}</g>`
    );
  });
  const line = liveBytes
    .map((bytes, i) => `${i === 0 ? 'M' : 'L'}${round(x(i))},${round(y(bytes))}H${round(x(i + 1))}`)
    .join('');
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = round(y(arenaBytes * share));
    return `<line x1="${left}" x2="${left + width}" y1="${at}" y2="${at}" stroke="#e3e7ec"/><text x="${left - 8}" y="${at + 4}" text-anchor="end">${formatBytes(arenaBytes * share)}</text>`;
  });
  const every = Math.ceil(steps / 20);
  const ticks = names.flatMap((_, i) =>
    i % every === 0
      ? [`<text x="${round(x(i + 0.5))}" y="${top + height + 16}" text-anchor="middle">${i}</text>`]
      : [],
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 30} ${top + height + 50}" font-family="Helvetica,Arial,sans-serif" font-size="11" fill="#3a444f">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="${left}" y="22" font-size="14" font-weight="bold">${escape(program.name)}: arena of ${formatBytes(arenaBytes)}, at most ${formatBytes(Math.max(0, ...liveBytes))} alive</text>`,
    ...marks,
    ...boxes,
    `<path d="${line}" fill="none" stroke="#1d2530" stroke-width="1.5"><title>bytes alive</title></path>`,
    ...ticks,
    `<text x="${left + width / 2}" y="${top + height + 38}" text-anchor="middle">step of the program; the line is the sum of bytes alive</text>`,
    '</svg>',
    '',
  ].join('\n');
}
