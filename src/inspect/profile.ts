/** Where a program's time went. */
import type { KernelTime } from '../runtime/index.js';
import { formatTable } from './format.js';

/** What the times of each clock are. */
export const clocks: Readonly<Record<KernelTime['clock'], string>> = {
  host: 'wall time',
  timestamps: 'time on the device, by its timestamps',
  completion: 'wall time until the device was seen to be done: it has no timestamps',
};

const milliseconds = (ms: number): string =>
  ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3);

/**
 * Kernel times as a table, the longest first.
 * @example console.log(formatProfile(step.profile())); // of compile(fn, { profile: true })
 */
export function formatProfile(times: readonly KernelTime[]): string {
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  const share = (ms: number): string => (total === 0 ? '' : `${((100 * ms) / total).toFixed(1)} %`);
  const rows = [...times]
    .sort((a, b) => b.ms - a.ms)
    .map(({ name, calls, ms }) => [
      name,
      String(calls),
      milliseconds(ms),
      calls === 0 ? '' : milliseconds(ms / calls),
      share(ms),
    ]);
  const calls = times.reduce((sum, time) => sum + time.calls, 0);
  const table = formatTable(
    'lrrrr',
    ['kernel', 'calls', 'ms', 'ms/call', 'share'],
    [...rows, ['total', String(calls), milliseconds(total), '', '']],
  );
  return times.some(({ clock }) => clock === 'completion') ? `${table}\n${clocks.completion}` : table;
}
