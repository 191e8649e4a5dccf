/** What a training run leaves to look at: a confusion table, a loss curve, and the figures as JSON. */
import { writeFileSync } from 'node:fs';

export interface Report {
  accuracy: number;
  majorityBaseline: number;
  trainSamples: number;
  testSamples: number;
  epochs: number;
  seconds: number;
  backend: string;
}

export function writeReport(path: string, report: Report): void {
  writeFileSync(path, JSON.stringify(report, null, 2) + '\n');
}

/** Counts by actual and predicted class: `counts[actual][predicted]`. */
export function confusion(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  const counts = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  for (let i = 0; i < actual.length; i++) {
    const row = counts[actual[i] as number] as number[];
    const column = predicted[i] as number;
    row[column] = (row[column] ?? 0) + 1;
  }
  return counts;
}

/** Share of the cases on the diagonal. */
export function accuracyOf(counts: readonly number[][]): number {
  return sum(counts.map((row, i) => row[i] ?? 0)) / sum(counts.map(sum));
}

/** What always answering with the most frequent class would reach. */
export function majorityBaseline(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++)
    counts.set(labels[i] as number, (counts.get(labels[i] as number) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/** The confusion table as text: a row per actual class, and the share of it that was found. */
export function confusionTable(counts: readonly number[][], names: readonly string[]): string {
  const found = counts.map((row, i) => `${((100 * (row[i] ?? 0)) / Math.max(1, sum(row))).toFixed(1)} %`);
  const rows = [
    ['actual \\ predicted', ...names, 'found'],
    ...counts.map((row, i) => [names[i] ?? String(i), ...row.map(String), found[i] ?? '']),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}

const SIZE = { width: 720, height: 400, left: 64, right: 24, top: 48, bottom: 56 };
const INK = { axis: '#444', grid: '#e4e4e4', epoch: '#a0a0a0', raw: '#b9cfe8', smooth: '#1f5fa8' };
const MOST_POINTS = 700;

/** The training loss as an SVG drawing: every step pale, a moving average over it, and where epochs begin. */
export function lossCurveSvg(
  losses: readonly number[],
  { title = 'Training loss', epochs = 1 } = {},
): string {
  const { width, height, left, right, top, bottom } = SIZE;
  const yTicks = niceTicks(Math.min(...losses), Math.max(...losses));
  const xTicks = niceTicks(0, losses.length).filter((tick) => tick <= losses.length);
  const [low = 0, high = 1] = [yTicks[0], yTicks.at(-1)];
  const x = (step: number) => left + ((width - left - right) * step) / Math.max(1, losses.length);
  const y = (loss: number) => top + ((height - top - bottom) * (high - loss)) / (high - low);
  const stride = Math.ceil(losses.length / MOST_POINTS);
  const line = (values: readonly number[]) =>
    values
      .flatMap((loss, i) => (i % stride ? [] : [`${x(i + 1).toFixed(1)},${y(loss).toFixed(1)}`]))
      .join(' ');
  const text = (tx: number, ty: number, anchor: string, content: string, extra = '') =>
    `<text x="${tx.toFixed(1)}" y="${ty.toFixed(1)}" text-anchor="${anchor}"${extra}>${content}</text>`;
  const middle = (top + height - bottom) / 2;
  const begins = Array.from({ length: epochs - 1 }, (_, i) =>
    x((losses.length * (i + 1)) / epochs).toFixed(1),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK.axis}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(left, 28, 'start', title, ' font-size="16" font-weight="600"'),
    ...yTicks.map(
      (tick) => `<path d="M${left} ${y(tick).toFixed(1)}H${width - right}" stroke="${INK.grid}"/>`,
    ),
    ...tickLabels(yTicks).map((label, i) => text(left - 8, y(yTicks[i] ?? 0) + 4, 'end', label)),
    ...xTicks.map((tick) => `<path d="M${x(tick).toFixed(1)} ${height - bottom}v5" stroke="${INK.axis}"/>`),
    ...tickLabels(xTicks).map((label, i) => text(x(xTicks[i] ?? 0), height - bottom + 20, 'middle', label)),
    ...begins.map(
      (at) => `<path d="M${at} ${top}V${height - bottom}" stroke="${INK.epoch}" stroke-dasharray="4 4"/>`,
    ),
    ...begins.map((at, i) => text(Number(at) + 6, top + 12, 'start', `epoch ${i + 2}`)),
    `<path d="M${left} ${top}V${height - bottom}H${width - right}" fill="none" stroke="${INK.axis}"/>`,
    text((left + width - right) / 2, height - 14, 'middle', 'step'),
    text(18, middle, 'middle', 'cross-entropy', ` transform="rotate(-90 18 ${middle})"`),
    `<polyline points="${line(losses)}" fill="none" stroke="${INK.raw}" stroke-width="1"/>`,
    `<polyline points="${line(smooth(losses))}" fill="none" stroke="${INK.smooth}" stroke-width="2.5" stroke-linejoin="round"/>`,
    `<path d="M${width - 210} 24h22" stroke="${INK.raw}" stroke-width="2"/>`,
    text(width - 182, 28, 'start', 'each step'),
    `<path d="M${width - 112} 24h22" stroke="${INK.smooth}" stroke-width="2.5"/>`,
    text(width - 84, 28, 'start', 'smoothed'),
    '</svg>',
    '',
  ].join('\n');
}

/** The mean over a centred window, a thirtieth of the run and clipped at its ends, so that the line does not lag. */
export function smooth(values: readonly number[]): number[] {
  const reach = Math.ceil(values.length / 60);
  return values.map((_, i) => {
    const window = values.slice(Math.max(0, i - reach), i + reach + 1);
    return sum(window) / window.length;
  });
}

/** Round numbers that enclose the range, about six of them. */
function niceTicks(low: number, high: number): number[] {
  const rough = Math.max(high - low, 1e-6) / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Ticks as text, all with as many decimals as their distance needs. */
function tickLabels(ticks: readonly number[]): string[] {
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return ticks.map((tick) => tick.toFixed(decimals));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
