/** Every `ts` snippet of the README and of docs/ is type-checked and run, and prints what the page says. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { sectionsOf, type Section } from './markdown.js';

const FOLDER = join('out', 'snippets');
const MARK = '=-=-=';

interface Page {
  readonly file: string;
  readonly sections: readonly Section[];
  readonly modules: readonly string[];
}

rmSync(FOLDER, { recursive: true, force: true });
const pages = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))]
  .filter((file) => file.endsWith('.md'))
  .map(write)
  .filter(({ sections }) => sections.length > 0);

/** Writes the modules of a page as files that are named in messages as the page shows them. */
function write(file: string): Page {
  const sections = sectionsOf(readFileSync(file, 'utf8'));
  const folder = join(FOLDER, basename(file, '.md').toLowerCase());
  mkdirSync(folder, { recursive: true });
  const modules = sections.map(({ name, blocks }) => {
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, `${blocks.map(({ code }) => code).join(`console.log('${MARK}');\n`)}export {};\n`);
    return path;
  });
  return { file, sections, modules };
}

/** What each block of a page's modules printed. */
async function outputsOf({ modules }: Page): Promise<string[][]> {
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', 'test/docs/run.ts', ...modules]);
  const { stdout, stderr } = await run;
  expect(stderr).toBe('');
  const texts = stdout.split(/^=== .*\n/m).slice(1);
  return texts.map((text) => text.split(MARK).map((part) => part.trim()));
}

describe('snippets are executed', () => {
  test.for(pages)('$file', { timeout: 60_000 }, async (page) => {
    const printed = await outputsOf(page);
    page.sections.forEach(({ name, blocks }, i) => {
      expect(printed[i], `${name} ends early:\n${printed[i]!.at(-1)}`).toHaveLength(blocks.length);
      blocks.forEach(({ output, throws }, j) => {
        if (output !== undefined) expect(printed[i]![j], `${page.file}, ${name}`).toBe(output);
        else if (!throws) expect(printed[i]![j], `${page.file}, ${name}`).not.toMatch(/^\w*Error: /m);
      });
    });
  });
});

test('snippets type-check', { timeout: 120_000 }, () => {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, process.cwd());
  // A user's project need not be as strict as ours.
  const program = ts.createProgram(
    pages.flatMap(({ modules }) => modules),
    { ...options, noUncheckedIndexedAccess: false },
  );
  const problems = pages
    .flatMap(({ modules }) => modules)
    .flatMap((path) => program.getSemanticDiagnostics(program.getSourceFile(resolve(path))!))
    .map(({ file, start, messageText }) => {
      const line = file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0;
      return `${file?.fileName.split('/').slice(-2).join('/')}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  expect(problems).toEqual([]);
});
