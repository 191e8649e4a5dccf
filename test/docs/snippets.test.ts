/** Every `ts` snippet of the README and of docs/ is type-checked and run, and prints what the page says. */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { adapter } from '../backends/webgpu/adapter.js';
import { FOLDER, loadPages, outputsOf, record } from './pages.js';

rmSync(FOLDER, { recursive: true, force: true });
const pages = loadPages();

describe('snippets print what their page says', () => {
  test.for(pages)('$file', { timeout: 60_000 }, async (page, { skip }) => {
    skip(page.file.endsWith('webgpu.md') && !adapter, 'there is no WebGPU adapter');
    const printed = await outputsOf(page);
    page.sections.forEach(({ name, blocks }, i) => {
      const where = `${page.file}, ${name}`;
      expect(printed[i], `${where} ends early:\n${printed[i]!.at(-1)}`).toHaveLength(blocks.length);
      blocks.forEach(({ output, throws }, j) => {
        if (output !== undefined) expect(printed[i]![j], where).toBe(output);
        else if (!throws) expect(printed[i]![j], where).not.toMatch(/^\w*Error: /m);
      });
    });
    for (const recording of page.recordings) {
      expect(await record(recording), recording.script).toBe(recording.output);
    }
  });
});

test('snippets type-check', { timeout: 120_000 }, () => {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, process.cwd());
  const modules = pages.flatMap((page) => page.modules);
  // A user's project need not be as strict as ours.
  const program = ts.createProgram(modules, { ...options, noUncheckedIndexedAccess: false });
  const problems = modules
    .flatMap((path) => program.getSemanticDiagnostics(program.getSourceFile(resolve(path))!))
    .map(({ file, start, messageText }) => {
      const line = file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0;
      const name = file?.fileName.split('/').slice(-2).join('/');
      return `${name}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  expect(problems).toEqual([]);
});
