/** What a run found, and how it is told: on the terminal, as JSON, as a page of the docs. */
import type { Verdict } from './compare.js';
import { departureOf } from './departures.js';

/** Counts of one op, class or optimizer. */
export interface Tally {
  passed: number;
  failed: number;
  notOffered: number;
  /** Records with a dtype that the backend lacks. */
  notHeld: number;
  /** Greatest error in units of what is allowed; above 1 fails. Infinity for wrong shapes, dtypes and throws. */
  worst: number;
}

const counts = ['passed', 'failed', 'notOffered', 'notHeld'] as const;
type Count = (typeof counts)[number];

export interface Failure {
  readonly pack: string;
  readonly id: string;
  readonly reason: string;
  /** Why it is meant to differ, if it is. */
  readonly departure: string | undefined;
}

/** The verdict on one record, or that the library has no such thing, or the backend no such dtype. */
export type Outcome = Verdict | 'notOffered' | 'notHeld';

/** Tallies by pack and name. */
export class Results {
  readonly packs: Record<string, Record<string, Tally>> = {};
  readonly failures: Failure[] = [];

  add(pack: string, name: string, id: string, outcome: Outcome): void {
    const byName = (this.packs[pack] ??= {});
    const tally = (byName[name] ??= { passed: 0, failed: 0, notOffered: 0, notHeld: 0, worst: 0 });
    if (typeof outcome === 'string') {
      tally[outcome]++;
      return;
    }
    const { worst, reason } = outcome;
    tally.worst = Math.max(tally.worst, worst);
    if (reason === undefined) {
      tally.passed++;
      return;
    }
    tally.failed++;
    this.failures.push({ pack, id, reason, departure: departureOf(pack, id) });
  }

  /** Failures that are not meant to be. */
  get unexpected(): Failure[] {
    return this.failures.filter(({ departure }) => departure === undefined);
  }

  total(count: Count, packs = Object.keys(this.packs)): number {
    return packs
      .flatMap((pack) => Object.values(this.packs[pack] ?? {}))
      .reduce((sum, tally) => sum + tally[count], 0);
  }

  /** How many records of this name have been run. */
  run(pack: string, name: string): number {
    const tally = this.packs[pack]?.[name];
    return tally ? tally.passed + tally.failed : 0;
  }

  /** Names of a pack all of whose records pass. */
  passing(pack: string): string[] {
    return Object.entries(this.packs[pack] ?? {})
      .filter(([, tally]) => isPassing(tally))
      .map(([name]) => name);
  }
}

const isPassing = (tally: Tally): boolean => tally.passed > 0 && tally.failed === 0 && tally.notOffered === 0;

const columns = [
  'pack',
  'names',
  'fully passing',
  'records passed',
  'failed',
  'not offered',
  'not held',
] as const;

/** A row of numbers for each pack, under `columns`. */
const rowsOf = (results: Results): (string | number)[][] =>
  Object.entries(results.packs).map(([pack, byName]) => [
    pack,
    Object.keys(byName).length,
    results.passing(pack).length,
    ...counts.map((count) => results.total(count, [pack])),
  ]);

const shown = 30;

/** A summary for a terminal, with the first failures. */
export function summary(results: Results): string {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(16) : String(cell).padStart(16))).join('');
  const { unexpected } = results;
  const departed = results.failures.length - unexpected.length;
  const failures = unexpected.slice(0, shown).map(({ pack, id, reason }) => `  ${pack} ${id}: ${reason}`);
  if (unexpected.length > shown) failures.push(`  and ${unexpected.length - shown} more`);
  return [
    line(columns),
    ...rowsOf(results).map(line),
    ...(departed > 0 ? ['', `${departed} of the failed records are known departures`] : []),
    ...(failures.length > 0 ? ['', 'failures', ...failures] : []),
  ].join('\n');
}

/** What was run, and how. */
export interface Run {
  readonly mode: string;
  readonly results: Results;
}

/** Counts by mode, pack and name, written without an infinity, which JSON does not have. */
export const toJSON = (runs: readonly Run[]): string =>
  JSON.stringify(
    Object.fromEntries(runs.map(({ mode, results }) => [mode, results.packs])),
    (_, value: unknown) => (value === Infinity ? 'Infinity' : value),
    2,
  );

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] => [
  row(header),
  row(header.map((_, i) => (i === 0 ? '---' : '---:'))),
  ...rows.map(row),
];

/** A page of the docs. What each run found, then by name what the first did. */
export function toMarkdown(runs: readonly Run[], backend: string): string {
  const [{ results }] = runs as [Run];
  return [
    [`# Conformance with PyTorch${backend === 'wasm' ? '' : `: ${backend}`}`],
    [
      `Recorded results of PyTorch 1.13.1 (\`test/conformance/packs\`) against fusegrad, backend \`${backend}\`, ${runs.map(({ mode }) => mode).join(' and ')}.`,
      `Made by \`npm run conformance${commandOf(runs, backend)}\`. A name passes fully when all its records do: outputs, gradients and, where`,
      'recorded, second derivatives. *Worst* is the greatest error in units of the allowed one.',
      ...(results.total('notHeld') > 0
        ? ['*Not held* are records with a dtype that the backend lacks.']
        : []),
    ],
    ...runs.flatMap(({ mode, results }) => [
      ...(runs.length > 1 ? [[`## ${mode}`]] : []),
      table(columns, rowsOf(results)),
    ]),
    ...departuresOf(results),
    ...Object.entries(results.packs).flatMap(([pack, byName]) => [[`## ${pack}`], ...section(byName)]),
  ]
    .map((block) => `${block.join('\n')}\n`)
    .join('\n');
}

const commandOf = (runs: readonly Run[], backend: string): string =>
  backend === 'wasm' ? '' : ` -- --backend ${backend}${runs.map(({ mode }) => ` --mode ${mode}`).join('')}`;

function departuresOf({ failures }: Results): string[][] {
  const byReason = new Map<string, string[]>();
  for (const { pack, id, departure } of failures) {
    if (departure === undefined) continue;
    byReason.set(departure, [...(byReason.get(departure) ?? []), `\`${pack} ${id}\``]);
  }
  if (byReason.size === 0) return [];
  const items = [...byReason].map(([reason, ids]) => `- ${reason}: ${ids.join(', ')}`);
  return [['## Known departures'], ['They count as failed below.'], items];
}

function section(byName: Readonly<Record<string, Tally>>): string[][] {
  const entries = Object.entries(byName).sort(([a], [b]) => (a < b ? -1 : 1));
  const isOffered = (tally: Tally): boolean => tally.passed + tally.failed + tally.notHeld > 0;
  const offered = entries.filter(([, tally]) => isOffered(tally));
  const absent = entries.filter(([, tally]) => !isOffered(tally)).map(([name]) => `\`${name}\``);
  const rows = offered.map(([name, { passed, failed, notOffered, notHeld, worst }]) => [
    `\`${name}\``,
    passed,
    failed,
    notOffered,
    notHeld,
    Number.isFinite(worst) ? worst.toPrecision(2) : '-',
  ]);
  return [
    ...(rows.length > 0
      ? [table(['name', 'passed', 'failed', 'not offered', 'not held', 'worst'], rows)]
      : []),
    ...(absent.length > 0 ? [[`Not offered: ${absent.join(', ')}.`]] : []),
  ];
}
