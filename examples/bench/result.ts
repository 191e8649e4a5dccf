/** What a benchmark leaves behind: figures, as a table for people. */

export interface Variant {
  /** Median time of one call. */
  readonly ms: number;
  /** Half the width of the 95 % confidence interval, in percent of the mean. */
  readonly margin: number;
  readonly kernels: number;
  readonly bytes: number;
}

export interface Result {
  readonly name: string;
  readonly fused: Variant;
  readonly unfused: Variant;
}

export const ratioOf = ({ fused, unfused }: Result): number => unfused.ms / fused.ms;

export const formatMs = (ms: number): string =>
  ms < 0.1 ? ms.toPrecision(2) : ms < 10 ? ms.toFixed(2) : ms.toFixed(1);

export function formatBytes(bytes: number): string {
  const [size, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KiB'] : [bytes / 1024 ** 2, 'MiB'];
  return `${size < 100 ? size.toFixed(1) : size.toFixed(0)} ${unit}`;
}

/** A Markdown table that reads well as text too: the first column is text, the others are figures. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

export function tableOf(results: readonly Result[]): string {
  const head = ['', 'fused ms', 'unfused ms', 'ratio', 'kernels', 'unfused', 'moved', 'unfused'];
  const rows = results.map((result) => {
    const { name, fused, unfused } = result;
    const times = [formatMs(fused.ms), formatMs(unfused.ms), `${ratioOf(result).toFixed(1)}x`];
    return [
      name,
      ...times,
      `${fused.kernels}`,
      `${unfused.kernels}`,
      formatBytes(fused.bytes),
      formatBytes(unfused.bytes),
    ];
  });
  return markdownTable(head, rows);
}
