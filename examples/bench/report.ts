/**
 * This library against others: runs the harness in peers/ and prints one table of it. Arguments go to peers/run_all.mjs,
 * except `--table`, which only prints the table of the last run, and `--write`, which puts it into docs/performance.md.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coldStart, floors, twoThreads, type Floor } from './floors.js';
import { PeerResults, type Timed } from './peer-results.js';
import { formatMs, markdownTable } from './result.js';

const RESULTS = process.env['PEERS_RESULTS'] ?? join('out', 'peers', 'results.json');
const DOCUMENT = join('docs', 'performance.md');
const TABLE = /(<!-- peers:begin -->\n)[^]*?(<!-- peers:end -->)/;
const OURS = 'fusegrad-wasm';

const own = new Set(['--table', '--write']);
const flags = process.argv.slice(2);
if (!flags.includes('--table')) measure(flags.filter((flag) => !own.has(flag)));

const results = new PeerResults(RESULTS);
/** Every line that a figure below came from. */
const used: Timed[] = [];
const text = report();
console.log(`\n${text}`);
const runs = new Set(used.map(({ run }) => run));
if (runs.size > 1) console.log(`\nThe lines come from ${runs.size} runs: ratios count only within one.`);
if (results.torchIsFast === false) {
  console.log('\nPyTorch ran on the reference BLAS: apt-get install libopenblas0-pthread');
}
if (flags.includes('--write')) {
  if (runs.size > 1) throw new Error('the table is written from one run only');
  if (results.torchIsFast === false)
    throw new Error('PyTorch ran without OpenBLAS: its column is worth nothing');
  insert(text);
}

function measure(args: readonly string[]): void {
  const peers = join('examples', 'bench', 'peers');
  const commands: [string, string[]][] = [
    ['npm', ['run', '-s', 'build']],
    ['bash', [join(peers, 'setup.sh')]],
    [process.execPath, [join(peers, 'run_all.mjs'), ...args]],
  ];
  for (const [command, rest] of commands) {
    const { status, error } = spawnSync(command, rest, { stdio: 'inherit' });
    if (error) throw error;
    if (status !== 0) process.exit(status ?? 1);
  }
}

function report(): string {
  const { machine, peak, sideBySide } = results;
  const processor = `${machine.cpu.trim()}, ${machine.cores} cores, Node ${machine.node.replace('v', '')}`;
  const limits = peak === undefined ? [] : [`f32x4 arithmetic peaks at ${peak.toFixed(1)} GFLOP/s`];
  if (sideBySide !== undefined)
    limits.push(`two processes side by side reach ${sideBySide.toFixed(2)} times one`);
  const paragraphs = [
    `Run of ${machine.date.slice(0, 10)} on ${processor}${limits.map((each) => `; ${each}`).join('')}.`,
    against(),
    ...threads(),
    ...cold(),
  ];
  return paragraphs.join('\n\n');
}

/** One row a workload: ours, the best JavaScript library, PyTorch, and the floors. */
function against(): string {
  const head = [
    'one thread',
    'ms',
    'best JS',
    'ms',
    'ratio',
    'floor',
    '',
    'PyTorch ms',
    'ratio',
    'floor',
    '',
  ];
  const rows = Object.entries(floors).map(([name, floor]) => {
    const [ours, peer, torch] = [
      take(results.of(OURS, 1, name)),
      take(results.bestPeer(name)),
      take(results.torch(name)),
    ];
    return [
      name,
      ours ? formatMs(ours.cost) + wrong(ours) : '',
      peer?.peer ?? '',
      peer ? formatMs(peer.cost) : '',
      ...judged(ours, peer, floor.js),
      torch ? formatMs(torch.cost) : '',
      ...judged(ours, torch, floor.torch),
    ];
  });
  const speeds = Object.entries(floors).flatMap(([name, floor]) => speedOf(name, floor));
  return [markdownTable(head, rows), ...(speeds.length > 0 ? ['', ...speeds] : [])].join('\n');
}

function take(line: Timed | undefined): Timed | undefined {
  if (line) used.push(line);
  return line;
}

/** A mark at a figure whose losses or results are not PyTorch's. */
function wrong(ours: Timed): string {
  return results.difference(ours) < 1e-3 ? '' : ' (differs)';
}

/** Their time / ours, what it should be at least, and whether it is. */
function judged(ours: Timed | undefined, theirs: Timed | undefined, floor: number): [string, string, string] {
  if (!ours || !theirs) return ['', `${floor}`, ''];
  const ratio = theirs.cost / ours.cost;
  return [ratio.toFixed(2), `${floor}`, verdict(ratio >= floor)];
}

function verdict(met: boolean): string {
  return met ? 'met' : 'not met';
}

/** What a contraction reaches of the machine's peak, where there is a floor for it. */
function speedOf(name: string, floor: Floor): string[] {
  const ours = results.of(OURS, 1, name);
  if (floor.peak === undefined || results.peak === undefined || !ours?.gflops) return [];
  const speed = (ours.gflops * ours.ms!) / ours.cost;
  const part = speed / results.peak;
  return [
    `- ${name}: ${speed.toFixed(1)} GFLOP/s, ${percent(part)} of the peak; floor ${percent(floor.peak)}, ${verdict(part >= floor.peak)}`,
  ];
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}

function threads(): string[] {
  const { machine, ratio: floor, workloads } = twoThreads;
  const counts = (results.sideBySide ?? 0) >= machine;
  const rows = workloads.flatMap((name) => {
    const [one, two] = [take(results.of(OURS, 1, name)), take(results.of(OURS, 2, name))];
    if (!one || !two) return [];
    const ratio = one.cost / two.cost;
    const met = counts || ratio >= floor ? verdict(ratio >= floor) : 'not counted here';
    return [[name, formatMs(one.cost), formatMs(two.cost), ratio.toFixed(2), `${floor}`, met]];
  });
  return rows.length === 0
    ? []
    : [markdownTable(['threads', 'one: ms', 'two: ms', 'ratio', 'floor', ''], rows)];
}

function cold(): string[] {
  const ours = take(results.of(OURS, 1, 'COLD'));
  const peer = take(results.bestPeer('COLD'));
  if (!ours) return [];
  const other = peer ? `, the best of the others ${peer.cost.toFixed(0)} ms (${peer.peer})` : '';
  return [
    `Cold start, from the start of the process to the end of the first MLP step: ${ours.cost.toFixed(0)} ms${other}; ` +
      `at most ${coldStart} ms, ${verdict(ours.cost <= coldStart)}.`,
  ];
}

function insert(content: string): void {
  const document = readFileSync(DOCUMENT, 'utf8');
  if (!TABLE.test(document))
    throw new Error(`${DOCUMENT} has no <!-- peers:begin --> and <!-- peers:end -->`);
  writeFileSync(
    DOCUMENT,
    document.replace(TABLE, (_, begin: string, end: string) => `${begin}${content}\n${end}`),
  );
}
