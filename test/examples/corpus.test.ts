import { describe, expect, it } from 'vitest';
import { stepFlops } from '../../examples/textcnn/config.js';
import {
  cut,
  encode,
  GENRE_GROUPS,
  GROUPS,
  indexOf,
  loadCorpus,
  PAD,
  readDocuments,
  tokenize,
  UNKNOWN,
  type Passages,
} from '../../examples/textcnn/corpus.js';
import { Progress } from '../../examples/textcnn/progress.js';
import {
  accuracyOf,
  confusion,
  confusionTable,
  lossCurveSvg,
  majorityBaseline,
} from '../../examples/textcnn/report.js';

const corpus = loadCorpus();
const { train, test, passageLength } = corpus;
const rows = ({ tokens, count }: Passages) =>
  Array.from({ length: count }, (_, i) =>
    tokens.subarray(i * passageLength, (i + 1) * passageLength).join(' '),
  );

describe('the Brown corpus as a data set', () => {
  it('has 500 documents of about 2,000 words in 15 genres, all of them grouped', () => {
    const documents = readDocuments();
    expect(documents.length).toBe(500);
    expect(new Set(documents.map((document) => document.genre))).toEqual(new Set(Object.keys(GENRE_GROUPS)));
    for (const { name, words } of documents) expect(words.length, name).toBeGreaterThan(1900);
    expect(documents[0]?.words.slice(0, 8).join(' ')).toBe('the fulton county grand jury said friday an');
  });

  it('is split by document, with the same share of every genre held out', () => {
    const sources = (part: Passages) => new Set(part.documents);
    expect([...sources(train)].filter((document) => sources(test).has(document))).toEqual([]);
    expect(sources(train).size + sources(test).size).toBe(500);
    for (const genre of Object.keys(GENRE_GROUPS)) {
      const ofGenre = corpus.documents.filter((document) => document.genre === genre);
      const heldOut = ofGenre.filter((document) => document.part === 'test').length;
      expect(Math.abs(heldOut - ofGenre.length / 5), genre).toBeLessThanOrEqual(0.5);
    }
    test.documents.forEach((document) => expect(corpus.documents[document]?.part).toBe('test'));
  });

  it('takes its vocabulary from the training documents alone', () => {
    const inTraining = new Set(
      readDocuments().flatMap(({ words }, i) => (corpus.documents[i]?.part === 'train' ? words : [])),
    );
    expect(corpus.vocabulary.length).toBe(5002);
    expect(new Set(corpus.vocabulary).size).toBe(5002);
    expect(corpus.vocabulary.slice(2).filter((word) => !inTraining.has(word))).toEqual([]);
  });

  it('holds whole passages with labels that follow from their documents', () => {
    for (const part of [train, test]) {
      expect(part.tokens.length).toBe(part.count * passageLength);
      expect(part.labels.length).toBe(part.count);
      part.labels.forEach((label, i) => {
        const genre = corpus.documents[part.documents[i] as number]?.genre ?? '';
        expect(GROUPS[label]).toBe(GENRE_GROUPS[genre]);
      });
      expect(part.tokens.every((token) => token >= 0 && token < corpus.vocabulary.length)).toBe(true);
    }
  });

  it('repeats no passage, within a part or across them', () => {
    const all = [...rows(train), ...rows(test)];
    expect(new Set(all).size).toBe(all.length);
    // Very short passages repeat ("?" and the like), so the count shows that the removal works.
    const short = loadCorpus({ passageLength: 4 });
    const { duplicates } = short;
    expect(Object.values(duplicates).every((count) => count > 0)).toBe(true);
    const whole = readDocuments()
      .map(({ words }) => cut(new Int32Array(words.length), 4).length)
      .reduce((a, b) => a + b);
    const kept = short.train.count + short.test.count;
    expect(kept + duplicates.train + duplicates.test + duplicates.shared).toBe(whole);
  });

  it('is the same for the same seed, another for another', () => {
    expect(loadCorpus().test.tokens).toEqual(test.tokens);
    expect(loadCorpus({ splitSeed: 1 }).test.tokens).not.toEqual(test.tokens);
  });
});

describe('running text', () => {
  const known = new Set(['mr.', 'u.s.', "don't"]);

  it('is split as the corpus splits it', () => {
    expect(tokenize('"Mr. Smith," he said—“don’t pay the U.S. $1,200.” (3% of it)', known)).toEqual(
      `" mr. smith , " he said -- " don't pay the u.s. $0,000 . " ( 0% of it )`.split(' '),
    );
    expect(tokenize(' \n ', known)).toEqual([]);
  });

  it('is split into the words of the corpus, but for one in a hundred', () => {
    const vocabulary = new Set(corpus.vocabulary);
    const count = (words: string[]) => {
      const counts = new Map<string, number>();
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
      return counts;
    };
    let total = 0;
    let same = 0;
    for (const { words } of readDocuments()) {
      const again = count(tokenize(words.join(' '), vocabulary));
      for (const [word, times] of count(words)) same += Math.min(times, again.get(word) ?? 0);
      total += words.length;
    }
    expect(same / total).toBeGreaterThan(0.99);
  });

  it('is encoded and cut with padding for a long tail, without a short one', () => {
    const index = indexOf(['<pad>', '<unknown>', 'a', 'b']);
    const tokens = encode(['a', 'b', 'zebra', 'a', 'b', 'a'], index);
    expect([...tokens]).toEqual([2, 3, UNKNOWN, 2, 3, 2]);
    expect(cut(tokens, 4).map((passage) => [...passage])).toEqual([
      [2, 3, UNKNOWN, 2],
      [3, 2, PAD, PAD],
    ]);
    expect(cut(tokens.subarray(0, 5), 4).length).toBe(1);
    expect(cut(tokens.subarray(0, 1), 4).length).toBe(1);
  });
});

describe('progress and report', () => {
  const fake = (isTTY: boolean, columns = 100) => {
    const written: string[] = [];
    let time = 0;
    const stream = { isTTY, columns, write: (text: string) => written.push(text) };
    const progress = new Progress({ batchSize: 10, stream, now: () => time });
    for (let done = 1; done <= 100; done++) {
      time += done === 1 ? 6000 : 1000;
      progress.update({ done, total: 100, loss: 1 / done, accuracy: done / 200 });
    }
    return written;
  };
  const drawn = (line: string | undefined) => line?.replace('\r\x1b[2K', '').replace('\n', '');

  it('redraws one line on a terminal, and measures speed without the first step, which compiles', () => {
    const written = fake(true);
    expect(written.length).toBe(99);
    expect(written.every((line) => line.startsWith('\r\x1b[2K'))).toBe(true);
    expect(written.filter((line) => line.endsWith('\n'))).toEqual([written.at(-1)]);
    expect(drawn(written[48])).toBe(
      '████████████░░░░░░░░░░░░  50/100  loss 0.090  accuracy 12.8 %  10 samples/s  0:50 left',
    );
    expect(drawn(written.at(-1))?.endsWith('  1:45 in all')).toBe(true);
  });

  it('makes room on a narrow terminal', () => {
    for (const line of fake(true, 75)) expect(drawn(line)).toMatch(/^[█░]{9,13} .*(left|in all)$/);
    for (const line of fake(true, 40)) expect(drawn(line)).toMatch(/^ *\d+\/100 .{1,31}$/);
    expect(drawn(fake(true, 0).at(-1))?.length).toBeLessThan(80);
  });

  it('prints plain lines at intervals elsewhere', () => {
    const written = fake(false);
    expect(written.length).toBeLessThan(25);
    expect(written.at(-1)).toBe('100/100  loss 0.052  accuracy 25.3 %  10 samples/s  1:45 in all\n');
    // eslint-disable-next-line no-control-regex
    expect(written.join('')).not.toMatch(/[\x1b\r█]/);
  });

  it('counts, tabulates and draws', () => {
    const counts = confusion([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], 2);
    expect(counts).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(accuracyOf(counts)).toBeCloseTo(0.6);
    expect(majorityBaseline([0, 0, 1, 1, 1])).toBeCloseTo(0.6);
    expect(confusionTable(counts, ['cat', 'horse'])).toBe(
      [
        'actual \\ predicted  cat  horse   found',
        '------------------  ---  -----  ------',
        'cat                   1      1  50.0 %',
        'horse                 1      2  66.7 %',
      ].join('\n'),
    );
    const svg = lossCurveSvg(
      Array.from({ length: 2000 }, (_, i) => 1.4 * Math.exp(-i / 500) + 0.2 * Math.sin(i)),
      { epochs: 3 },
    );
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svg.match(/<polyline/g)?.length).toBe(2);
    expect(svg.match(/>epoch \d</g)).toEqual(['>epoch 2<', '>epoch 3<']);
  });

  it('states the cost of a step', () => {
    // Each of T - k + 1 positions and 32 channels sums 16 k products; the two gradients cost as much each.
    const perSample = 2 * 32 * 16 * (3 * 62 + 4 * 61 + 5 * 60);
    expect(stepFlops()).toBe(3 * 32 * perSample);
  });
});
