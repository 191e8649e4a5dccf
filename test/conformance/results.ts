/** What a run found, and how it is told: on the terminal, as JSON, as a page of the docs. */
import type { Verdict } from './compare.js';

/** Counts of one op, class or optimizer. */
export interface Tally {
  passed: number;
  failed: number;
  notOffered: number;
  /** Greatest error in units of what is allowed; above 1 fails. Infinity for wrong shapes, dtypes and throws. */
  worst: number;
}

export interface Failure {
  readonly pack: string;
  readonly id: string;
  readonly reason: string;
}

/** The verdict on one record, or that the library has no such thing. */
export type Outcome = Verdict | 'notOffered';

/** Tallies by pack and name. */
export class Results {
  readonly packs: Record<string, Record<string, Tally>> = {};
  readonly failures: Failure[] = [];

  add(pack: string, name: string, id: string, outcome: Outcome): void {
    const tally = ((this.packs[pack] ??= {})[name] ??= { passed: 0, failed: 0, notOffered: 0, worst: 0 });
    if (outcome === 'notOffered') {
      tally.notOffered++;
      return;
    }
    tally.worst = Math.max(tally.worst, outcome.worst);
    if (outcome.reason === undefined) tally.passed++;
    else {
      tally.failed++;
      this.failures.push({ pack, id, reason: outcome.reason });
    }
  }

  /** Names of a pack all of whose records pass. */
  passing(pack: string): string[] {
    return Object.entries(this.packs[pack] ?? {})
      .filter(([, tally]) => isPassing(tally))
      .map(([name]) => name);
  }
}

const isPassing = (tally: Tally): boolean => tally.passed > 0 && tally.failed === 0 && tally.notOffered === 0;

const total = (tallies: readonly Tally[], key: 'passed' | 'failed' | 'notOffered'): number =>
  tallies.reduce((sum, tally) => sum + tally[key], 0);

interface Row {
  readonly pack: string;
  readonly names: number;
  readonly passing: number;
  readonly passed: number;
  readonly failed: number;
  readonly notOffered: number;
}

const rowsOf = (results: Results): Row[] =>
  Object.entries(results.packs).map(([pack, byName]) => {
    const tallies = Object.values(byName);
    return {
      pack,
      names: tallies.length,
      passing: results.passing(pack).length,
      passed: total(tallies, 'passed'),
      failed: total(tallies, 'failed'),
      notOffered: total(tallies, 'notOffered'),
    };
  });

const shown = 30;

/** A summary for a terminal, with the first failures. */
export function summary(results: Results): string {
  const cells = (row: readonly (string | number)[]): string =>
    row.map((cell, i) => (i === 0 ? String(cell).padEnd(16) : String(cell).padStart(14))).join('');
  const header = cells(['pack', 'names', 'fully passing', 'passed', 'failed', 'not offered']);
  const lines = rowsOf(results).map((row) => cells(Object.values(row) as (string | number)[]));
  const failures = results.failures
    .slice(0, shown)
    .map(({ pack, id, reason }) => `  ${pack} ${id}: ${reason}`);
  const hidden = results.failures.length - failures.length;
  if (hidden > 0) failures.push(`  and ${hidden} more`);
  return [header, ...lines, ...(failures.length > 0 ? ['', 'failures', ...failures] : [])].join('\n');
}

/** Written without an infinity, which JSON does not have. */
export const toJSON = (results: Results): string =>
  JSON.stringify(results.packs, (_, value: unknown) => (value === Infinity ? 'Infinity' : value), 2);

/** docs/conformance.md. */
export function toMarkdown(results: Results, backend: string, mode: string): string {
  return [
    '# Conformance with PyTorch',
    '',
    `Recorded results of PyTorch 1.13.1 (\`test/conformance/packs\`) against fusegrad, backend \`${backend}\`, ` +
      `${mode}. Made by \`npm run conformance\`. A name passes fully when all its records do: outputs, gradients ` +
      'and, where recorded, second derivatives. *Worst* is the greatest error in units of the allowed one.',
    '',
    '| pack | names | fully passing | records passed | failed | not offered |',
    '|---|---:|---:|---:|---:|---:|',
    ...rowsOf(results).map((row) => `| ${Object.values(row).join(' | ')} |`),
    ...Object.entries(results.packs).flatMap(([pack, byName]) => ['', `## ${pack}`, '', ...section(byName)]),
    '',
  ].join('\n');
}

function section(byName: Readonly<Record<string, Tally>>): string[] {
  const entries = Object.entries(byName).sort(([a], [b]) => (a < b ? -1 : 1));
  const offered = entries.filter(([, tally]) => tally.passed + tally.failed > 0);
  const absent = entries
    .filter(([, tally]) => tally.passed + tally.failed === 0)
    .map(([name]) => `\`${name}\``);
  const table = offered.map(
    ([name, { passed, failed, notOffered, worst }]) =>
      `| \`${name}\` | ${passed} | ${failed} | ${notOffered} | ${Number.isFinite(worst) ? worst.toPrecision(2) : '-'} |`,
  );
  return [
    ...(table.length > 0
      ? ['| name | passed | failed | not offered | worst |', '|---|---:|---:|---:|---:|', ...table]
      : []),
    ...(absent.length > 0 ? [...(table.length > 0 ? [''] : []), `Not offered: ${absent.join(', ')}.`] : []),
  ];
}
