/** Runs what the README and docs/ show and writes its output into them: `npx tsx test/docs/update.ts [FILE...]`. */
import { writeFileSync } from 'node:fs';
import { withOutputs } from './markdown.js';
import { loadPages, outputsOf, record } from './pages.js';

const wanted = process.argv.slice(2);
for (const page of loadPages()) {
  if (wanted.length > 0 && !wanted.includes(page.file)) continue;
  const printed = await outputsOf(page);
  const early = page.sections.find(({ blocks }, i) => printed[i]!.length !== blocks.length);
  if (early) throw new Error(`${page.file}, ${early.name} ends early:\n${printed.flat().at(-1)}`);
  const recorded: string[] = [];
  for (const recording of page.recordings) recorded.push(await record(recording));
  writeFileSync(page.file, withOutputs(page.markdown, printed.flat(), recorded));
  console.log(page.file);
}
