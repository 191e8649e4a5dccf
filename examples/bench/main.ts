/**
 * What fusion is worth: the same functions compiled with it and with a kernel for every operation, measured in one run.
 * `--write` puts the table into README.md and docs/performance.md, and the chart into docs/images.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import b from 'benny';
import { getBackend, manualSeed } from 'fusegrad';
import { chartOf } from './chart.js';
import { ratioOf, tableOf, type Result, type Variant } from './result.js';
import { workloads, type Workload } from './workloads.js';

const FOLDER = join('out', 'bench');
const TABLE = /(<!-- bench:begin -->\n)[^]*?(<!-- bench:end -->)/;

manualSeed(0);
const results: Result[] = [];
for (const [name, make] of Object.entries(workloads)) {
  results.push(await compare(name, { fused: make({}), unfused: make({ fusion: false }) }));
}

const processor = cpus()[0]?.model.trim() ?? 'an unknown processor';
const subtitle = `time of one call on the ${getBackend()} backend, Node ${process.versions.node}; shorter is better`;
const chart = chartOf(results, subtitle);
const report = {
  backend: getBackend(),
  node: process.versions.node,
  processor,
  results: results.map((result) => ({ ...result, ratio: ratioOf(result) })),
};
mkdirSync(FOLDER, { recursive: true });
writeFileSync(join(FOLDER, 'results.json'), JSON.stringify(report, null, 2) + '\n');
writeFileSync(join(FOLDER, 'chart.svg'), chart);
console.log(`\n${tableOf(results)}\n\nresults.json and chart.svg are in ${FOLDER}`);
if (process.argv.includes('--write')) {
  for (const file of ['README.md', join('docs', 'performance.md')]) insertTable(file);
  writeFileSync(join('docs', 'images', 'bench.svg'), chart);
}

async function compare(name: string, variants: Record<'fused' | 'unfused', Workload>): Promise<Result> {
  for (const { run } of Object.values(variants)) run(); // compiles
  const summary = await b.suite(
    name,
    b.add('fused', () => void variants.fused.run()),
    b.add('unfused', () => void variants.unfused.run()),
    b.configure({ cases: { minTime: 0.5, maxTime: 2, minSamples: 5 } }),
  );
  const measured = (variant: 'fused' | 'unfused'): Variant => {
    const { details } = summary.results.find((result) => result.name === variant)!;
    const { kernels, bytesFused } = variants[variant].trace().explain().totals;
    return { ms: details.median * 1000, margin: details.relativeMarginOfError, kernels, bytes: bytesFused };
  };
  return { name, fused: measured('fused'), unfused: measured('unfused') };
}

function insertTable(file: string): void {
  const text = readFileSync(file, 'utf8');
  if (!TABLE.test(text)) throw new Error(`${file} has no <!-- bench:begin --> and <!-- bench:end -->`);
  writeFileSync(
    file,
    text.replace(TABLE, (_, begin: string, end: string) => `${begin}${tableOf(results)}\n${end}`),
  );
}
