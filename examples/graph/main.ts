/**
 * Runs a script and draws the programs it compiles, without a change to the script. Ctrl-C draws what there is by then.
 * `npm run graph -- FILE [--stage forward,graph,fused] [--detail module|region|op] [--out FOLDER] [--programs N]`
 * Further arguments after `--` go to the script.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { stages, watch, type Detail, type DrawnStage, type Traced } from 'fusegrad/inspect';
import { renderSvg } from './render.js';

const { file, drawn, detail, folder, programs, rest } = readOptions();
const stem = basename(file).replace(/\.[cm]?[jt]sx?$/, '');
const script = stem === 'main' || stem === 'index' ? basename(dirname(file)) : stem;
mkdirSync(folder, { recursive: true });
const compiled: Traced[] = [];
watch((program) => void compiled.push(program));
process.once('SIGINT', () => void drawLargest().then(() => process.exit(0)));

process.argv = [process.argv[0]!, file, ...rest];
await import(pathToFileURL(file).href);
await drawLargest();

/** Initial values and single reads are programs too: those with most kernels are what a script is about. */
async function drawLargest(): Promise<void> {
  const sized = compiled.map((program, i) => ({ program, i, kernels: program.kernels.length }));
  const largest = sized.sort((a, b) => b.kernels - a.kernels || a.i - b.i).slice(0, programs);
  for (const [rank, { program }] of largest.entries())
    await draw(program, `${script}-${rank + 1}-${program.name}`);
  console.log(
    compiled.length === 0
      ? `${script} compiled no program: nothing to draw`
      : `the ${largest.length} largest of ${compiled.length} programs of ${script}: drawings of ${drawn.join(', ')} in ${folder}`,
  );
}

/** Writes a program's drawings and texts. */
async function draw(program: Traced, name: string): Promise<void> {
  const write = (ending: string, text: string): void =>
    writeFileSync(join(folder, `${name}.${ending}`), text);
  write('explain.txt', `${program.explain()}\n`);
  write('memory.svg', program.memoryChart());
  for (const stage of drawn) {
    const dot = program.toDot(stage, detail === undefined ? {} : { detail });
    write(`${stage}.dot`, dot);
    write(`${stage}.svg`, await renderSvg(dot));
  }
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: 'forward,graph,fused' },
      detail: { type: 'string' },
      out: { type: 'string', default: 'out/graph' },
      programs: { type: 'string', default: '2' },
    },
  });
  const [name, ...rest] = positionals;
  if (name === undefined) fail('which script? npm run graph -- FILE');
  const drawable = stages.filter((stage) => stage !== 'source');
  const drawn = values.stage
    .split(',')
    .map(
      (stage) => drawable.find((known) => known === stage) ?? fail(`--stage takes ${drawable.join(', ')}`),
    );
  const details: readonly Detail[] = ['module', 'region', 'op'];
  const detail =
    values.detail === undefined
      ? undefined
      : (details.find((known) => known === values.detail) ?? fail(`--detail takes ${details.join(', ')}`));
  const programs = Number(values.programs);
  if (!Number.isInteger(programs) || programs < 1) fail('--programs takes a whole number from 1');
  return {
    file: resolve(name),
    drawn: drawn satisfies DrawnStage[],
    detail,
    folder: values.out,
    programs,
    rest,
  };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
