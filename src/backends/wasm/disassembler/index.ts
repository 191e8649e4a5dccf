/** WebAssembly text of a module, for people. Nothing that runs needs it, so it is loaded when someone asks. */
import { BodyReader, localNames, resultText, typeNames } from './body.js';
import { readModule, type Defined, type Function, type Imported, type Memory } from './sections.js';
import { layOut, width } from './tree.js';

/** A string literal. */
const quoted = (value: string): string =>
  `"${value.replace(/["\\]|\p{Cc}/gu, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;

const fromText = ([module, name]: readonly [string, string]): string => `${quoted(module)} ${quoted(name)}`;

const memoryText = ({ from, minimum, maximum, shared }: Memory): string =>
  `(import ${fromText(from)} (memory ${minimum}${maximum === undefined ? '' : ` ${maximum}`}${shared ? ' shared' : ''}))`;

function importText({ from, id, takes, gives }: Imported): string {
  const params = takes.length === 0 ? '' : ` (param ${takes.map((type) => typeNames[type]).join(' ')})`;
  return `(import ${fromText(from)} (func ${id}${params}${resultText(gives)}))`;
}

function functionLines(lines: string[], defined: Defined, functions: readonly Function[]): void {
  const { id, takes, gives, locals, exports } = defined;
  const names = localNames(defined);
  const head = [
    `func ${id}`,
    ...exports.map((name) => `(export ${quoted(name)})`),
    ...takes.map((type, i) => `(param ${names[i]} ${typeNames[type]})`),
  ].join(' ');
  lines.push(`  (${head}${resultText(gives)}`);
  let line = '   ';
  locals.forEach((type, i) => {
    const local = ` (local ${names[takes.length + i]} ${typeNames[type]})`;
    if (line.length + local.length > width) {
      lines.push(line);
      line = '   ';
    }
    line += local;
  });
  if (locals.length > 0) lines.push(line);
  for (const part of new BodyReader(defined, functions).read()) layOut(lines, part, '    ');
  lines.push(`${lines.pop()!})`);
}

/**
 * The text of a binary module that the assembler wrote, in folded expressions; assembling the text gives the same code.
 * `comments` are lines put above a function, by its name.
 */
export function disassemble(
  module: Uint8Array,
  comments: ReadonlyMap<string, readonly string[]> = new Map(),
): string {
  const { memories, imported, defined } = readModule(module);
  const functions = [...imported, ...defined];
  const lines = ['(module', ...memories.map((memory) => `  ${memoryText(memory)}`)];
  for (const entry of imported) lines.push(`  ${importText(entry)}`);
  for (const entry of defined) {
    lines.push('');
    for (const line of (comments.get(entry.name) ?? []).flatMap((text) => text.split(/\r\n|\r|\n/)))
      lines.push(`  ;; ${line}`.trimEnd());
    functionLines(lines, entry, functions);
  }
  return `${lines.join('\n')})\n`;
}
