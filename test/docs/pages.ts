/** Pages as modules: written where messages name them as the page does, and run in one process a page. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { recordingsOf, sectionsOf, type Recording, type Section } from './markdown.js';

export const FOLDER = join('out', 'snippets');
const MARK = '=-=-=';

export interface Page {
  readonly file: string;
  readonly markdown: string;
  readonly sections: readonly Section[];
  readonly modules: readonly string[];
  readonly recordings: readonly Recording[];
}

/** The README and every page of docs/, their modules written to FOLDER. */
export const loadPages = (): Page[] =>
  ['README.md', ...readdirSync('docs').map((name) => join('docs', name))]
    .filter((file) => file.endsWith('.md'))
    .map(load)
    .filter(({ sections, recordings }) => sections.length + recordings.length > 0);

function load(file: string): Page {
  const markdown = readFileSync(file, 'utf8');
  const sections = sectionsOf(markdown);
  const folder = join(FOLDER, basename(file, '.md').toLowerCase());
  mkdirSync(folder, { recursive: true });
  const modules = sections.map(({ name, blocks }) => {
    const path = join(folder, `${name}.ts`);
    const code = blocks.map((block) => block.code).join(`console.log('${MARK}');\n`);
    writeFileSync(path, `${code}export {};\n`);
    return path;
  });
  return { file, markdown, sections, modules, recordings: recordingsOf(markdown) };
}

async function run(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', ...args]);
  // A software driver tells of limits it lowers.
  const said = stderr.replace(/^Warning: \w+ artificially reduced .*\n/gm, '');
  if (said !== '') throw new Error(said);
  return stdout;
}

/** What each block of each module of a page printed. */
export async function outputsOf({ modules }: Page): Promise<string[][]> {
  if (modules.length === 0) return [];
  const texts = (await run('test/docs/run.ts', ...modules)).split(/^=== .*\n/m).slice(1);
  return texts.map((text) => text.split(MARK).map((part) => part.trim()));
}

/** What the script of a recording prints. */
export const record = async ({ script }: Recording): Promise<string> => (await run(script)).trim();
