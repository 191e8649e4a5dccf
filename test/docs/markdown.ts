/**
 * TypeScript in Markdown. The `ts` blocks under one heading are one module, in order; a `text` block right after one is
 * what it prints. `ts throws` marks the last block of a module that ends in an error, whose message then follows.
 */

export interface Block {
  readonly code: string;
  readonly throws: boolean;
  /** What it prints, when the page says so. */
  readonly output: string | undefined;
}

export interface Section {
  readonly name: string;
  readonly blocks: readonly Block[];
}

/** What a script prints: a `text` block behind `<!-- prints: FILE -->`. */
export interface Recording {
  readonly script: string;
  readonly output: string;
}

const fence = /^```(\w*)(?: (.*))?\n([^]*?)^```$/gm;
const heading = /^#{1,3} (.+)$/gm;

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** The modules of a page. */
export function sectionsOf(markdown: string): Section[] {
  const fences = [...markdown.matchAll(fence)];
  const inside = (at: number) => fences.some(({ index, 0: text }) => at > index && at < index + text.length);
  const titles = [...markdown.matchAll(heading)].filter(({ index }) => !inside(index));
  const sections = new Map<string, Block[]>();
  fences.forEach(({ index, 0: whole, 1: language, 2: note, 3: code }, i) => {
    if (language !== 'ts') return;
    const title = titles.filter((each) => each.index < index).at(-1)?.[1] ?? 'start';
    const next = fences[i + 1];
    const between = next && markdown.slice(index + whole.length, next.index);
    const output = next?.[1] === 'text' && between?.trim() === '' ? next[3]!.trimEnd() : undefined;
    const blocks = sections.get(slug(title)) ?? [];
    blocks.push({ code: code!, throws: note === 'throws', output });
    sections.set(slug(title), blocks);
  });
  return [...sections].map(([name, blocks]) => ({ name, blocks }));
}

const recording = /<!-- prints: (\S+) -->\n```text\n([^]*?)^```$/gm;

/** The scripts whose output a page shows. */
export const recordingsOf = (markdown: string): Recording[] =>
  [...markdown.matchAll(recording)].map(([, script, output]) => ({
    script: script!,
    output: output!.trim(),
  }));

/** The page with other outputs in place: those of its blocks, in order, and those of its recordings. */
export function withOutputs(
  markdown: string,
  printed: readonly string[],
  recorded: readonly string[],
): string {
  const blocks = [...printed];
  const scripts = [...recorded];
  return markdown
    .replace(/(```ts[^\n]*\n[^]*?^```\n\n?)(```text\n[^]*?^```$)?/gm, (_, code: string, text?: string) => {
      const output = blocks.shift();
      return text === undefined ? code : `${code}\`\`\`text\n${output}\n\`\`\``;
    })
    .replace(
      recording,
      (_, script: string) => `<!-- prints: ${script} -->\n\`\`\`text\n${scripts.shift()}\n\`\`\``,
    );
}
