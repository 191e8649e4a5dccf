/**
 * Draws every program that a script compiles, without a change to the script.
 * `npm run graph -- FILE [--stage forward,graph,fused] [--detail module|region|op] [--out FOLDER] [--programs N]`
 * Arguments after a second `--` go to the script.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { stages, watch, type Detail, type DrawnStage, type Traced } from 'fusegrad/inspect';
import { renderSvg } from './render.js';

const { file, drawn, detail, folder, programs, rest } = readOptions();
const script = basename(file).replace(/\.[cm]?[jt]sx?$/, '');
mkdirSync(folder, { recursive: true });
const rendering: Promise<void>[] = [];
let seen = 0;

const stop = watch((program) => {
  if (seen++ >= programs) return;
  rendering.push(...draw(program, `${script}-${seen}-${program.name}`));
  if (seen === programs) {
    stop();
    void finish().then(() => process.exit(0));
  }
});

process.argv = [process.argv[0]!, file, ...rest];
await import(pathToFileURL(file).href);
await finish();

/** Writes a program's drawings and texts; drawings are rendered when the script lets go of the thread. */
function draw(program: Traced, name: string): Promise<void>[] {
  const write = (ending: string, text: string): void => writeFileSync(join(folder, `${name}.${ending}`), text);
  write('explain.txt', `${program.explain()}\n`);
  write('memory.svg', program.memoryChart());
  return drawn.map(async (stage) => {
    const dot = program.toDot(stage, detail === undefined ? {} : { detail });
    write(`${stage}.dot`, dot);
    write(`${stage}.svg`, await renderSvg(dot));
  });
}

async function finish(): Promise<void> {
  await Promise.all(rendering);
  const count = Math.min(seen, programs);
  console.log(
    count === 0
      ? `${script} compiled no program: nothing to draw`
      : `${count} ${count === 1 ? 'program' : 'programs'} of ${script}: drawings of ${drawn.join(', ')} in ${folder}`,
  );
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: 'forward,graph,fused' },
      detail: { type: 'string' },
      out: { type: 'string', default: 'out/graph' },
      programs: { type: 'string', default: '4' },
    },
  });
  const [name, ...rest] = positionals;
  if (name === undefined) fail('which script? npm run graph -- FILE');
  const drawable = stages.filter((stage) => stage !== 'source');
  const drawn = values.stage.split(',').map((stage) => drawable.find((known) => known === stage) ?? fail(`--stage takes ${drawable.join(', ')}`)); // prettier-ignore
  const details: readonly Detail[] = ['module', 'region', 'op'];
  const detail = values.detail === undefined ? undefined : (details.find((known) => known === values.detail) ?? fail(`--detail takes ${details.join(', ')}`)); // prettier-ignore
  const programs = Number(values.programs);
  if (!Number.isInteger(programs) || programs < 1) fail('--programs takes a whole number from 1');
  return { file: resolve(name), drawn: drawn satisfies DrawnStage[], detail, folder: values.out, programs, rest };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
