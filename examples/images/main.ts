/** Draws docs/images/readme-fused.svg again: the fused step of the script that the README shows, which it runs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { watch, type Traced } from 'fusegrad/inspect';
import { renderSvg } from '../graph/render.js';

const script = /```ts\n([^]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1];
if (script === undefined) throw new Error('README.md shows no script');
const file = resolve('out', 'images', 'train.ts');
mkdirSync(resolve('out', 'images'), { recursive: true });
writeFileSync(file, script);

const programs: Traced[] = [];
const end = watch((program) => void programs.push(program));
await import(pathToFileURL(file).href);
end();

const step = programs.find(({ name }) => name === 'step');
if (!step) throw new Error('the script compiled no step');
const drawing = join('docs', 'images', 'readme-fused.svg');
writeFileSync(drawing, await renderSvg(step.toDot('fused')));
console.log(`${drawing}: ${step.kernels.length} kernels`);
