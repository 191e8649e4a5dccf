/** Numbers, tables and paragraphs as a person reads them. */
import { isFloat, type DType } from '../core/index.js';
import { formatNumber } from '../graph/index.js';

const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `512 B`, `12.3 KB`, `1.50 MB`: at most three digits that matter; units of 1024. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const powers = ['', 'k', 'M', 'G', 'T'] as const;

/** `950`, `12.3 k`, `4.20 G`. */
export function formatCount(count: number): string {
  let value = count;
  let power = 0;
  while (value >= 999.5 && power < powers.length - 1) {
    value /= 1000;
    power++;
  }
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${powers[power]}`.trimEnd();
}

/** A scalar as short as its dtype allows: the float32 nearest to 0.1 is `0.1`. */
export function formatScalar(value: number | bigint, dtype: DType): string {
  const exact = formatNumber(value);
  if (typeof value === 'bigint' || !isFloat(dtype) || dtype === 'float64') return exact;
  for (let digits = 1; digits < 9; digits++) {
    const short = value.toPrecision(digits);
    if (Object.is(Math.fround(Number(short)), Math.fround(value))) return formatNumber(Number(short));
  }
  return exact;
}

/** `1 kernel`, `3 kernels`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Columns under their headings; `align` has one letter a column, l or r. */
export function formatTable(
  align: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, i) => {
        const cell = cells[i] ?? '';
        return align[i] === 'r' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** A text cut into lines of at most `width` characters at its spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** Each name once, with how often it stands there: `mul x3, add`. */
export function tally(names: readonly string[], most = Infinity): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const words = [...counts].map(([name, count]) => (count === 1 ? name : `${name} x${count}`));
  return words.length <= most
    ? words.join(', ')
    : `${words.slice(0, most).join(', ')}, +${words.length - most} more`;
}
