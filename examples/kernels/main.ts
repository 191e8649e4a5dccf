/** How many kernels common programs take, the bytes these move, and the memory they need. `--json` prints one object. */
import { programNames, programs } from './programs.js';

const measured = programNames.map((name) => {
  const { kernels, bytesFused, bytesUnfused, arenaBytes, arenaLowerBound } = programs[name]
    .make()
    .trace()
    .explain().totals;
  return [name, { kernels, bytesFused, bytesUnfused, arenaBytes, arenaLowerBound }] as const;
});

if (process.argv.includes('--json')) console.log(JSON.stringify(Object.fromEntries(measured), null, 2));
else console.log(table());

function table(): string {
  const kilobytes = (bytes: number) => (bytes / 1024).toFixed(0);
  const rows = measured.map(([name, m]) => {
    const { title, jaxJs } = programs[name];
    return [
      title,
      `${m.kernels}${jaxJs === undefined ? '' : ` (${jaxJs})`}`,
      kilobytes(m.bytesFused),
      kilobytes(m.bytesUnfused),
      kilobytes(m.arenaBytes),
      kilobytes(m.arenaLowerBound),
    ];
  });
  const head = ['', 'kernels (jax-js)', 'KiB moved', 'unfused', 'arena KiB', 'lower bound'];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}
