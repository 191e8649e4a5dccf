/** Tells the genre of a text with the weights that `npm start` left: `npm run classify -- "some text"`. */
import { existsSync, readFileSync } from 'node:fs';
import { noGrad, tensor } from 'fusegrad';
import { load } from 'fusegrad/io';
import { config } from './config.js';
import { cut, encode, indexOf, tokenize, UNKNOWN } from './corpus.js';
import { files } from './files.js';
import { TextCNN } from './model.js';

const BAR_WIDTH = 30;

const text = process.argv.slice(2).join(' ');
if (text.trim() === '') fail('Give a text to classify: npm run classify -- "some text"');
if (!existsSync(files.weights) || !existsSync(files.vocabulary))
  fail(`No trained weights in ${files.weights} yet: run \`npm start\` first.`);
const { groups, words } = JSON.parse(readFileSync(files.vocabulary, 'utf8')) as {
  groups: string[];
  words: string[];
};

const tokens = encode(tokenize(text, new Set(words)), indexOf(words));
const unknown = tokens.filter((token) => token === UNKNOWN).length;
if (unknown === tokens.length) fail('None of these words is in the vocabulary of the training text.');

// A convolution needs as many words as it is wide; beyond that a short text is taken at its own length.
const length = Math.min(config.passageLength, Math.max(tokens.length, ...config.widths));
const passages = cut(tokens, length);

const model = new TextCNN(words.length, groups.length);
model.loadStateDict(await load(files.weights));
model.eval();
const scores = noGrad(() =>
  model(tensor(Int32Array.from(passages.flatMap((passage) => [...passage]))).reshape(-1, length)),
);
const probabilities = Array.from(await scores.softmax(-1).mean(0).data(), Number);

const ranked = groups
  .map((group, i) => ({ group, share: probabilities[i] ?? 0 }))
  .sort((a, b) => b.share - a.share);
for (const { group, share } of ranked) {
  const bar = '█'.repeat(Math.round(BAR_WIDTH * share));
  console.log(`${group.padEnd(12)}${(100 * share).toFixed(1).padStart(5)} %  ${bar}`.trimEnd());
}
if (unknown > 0)
  console.log(`(${unknown} of ${tokens.length} words ${unknown === 1 ? 'is' : 'are'} not in the vocabulary)`);

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
