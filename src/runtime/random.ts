/**
 * Random numbers: Threefry-2x32 in JAX's partitionable layout. A generator is a cell of four words (key, key, offset, 0);
 * draw number `offset` uses the key that JAX's fold_in gives for it, and element i of a draw counter i.
 */
import { g, node, randomWords, type Node } from '../graph/index.js';
import { threefry2x32, threefryWords } from '../ops/index.js';
import { Cell, Data } from './cell.js';
import { activeTrace } from './trace.js';

export class Generator {
  readonly cell = new Cell(new Uint32Array(4), [4], 'uint32', 'random');
  /** The content of the cell while it lies where the host cannot look: what programs do to it is known. */
  readonly #mirror = new Uint32Array(4);

  constructor(seed: number | bigint = 0) {
    this.seed(seed);
  }

  /** Starts the stream of `seed` anew: the key is JAX's `PRNGKey(seed)`. */
  seed(seed: number | bigint): void {
    const bits = BigInt.asUintN(64, BigInt(seed));
    this.#write(Uint32Array.of(Number(bits >> 32n), Number(bits & 0xffffffffn), 0, 0));
  }

  /** Uniform random words of a shape, as a graph value; takes one draw. */
  bits(count: number): Node {
    const trace = activeTrace();
    const state = trace ? trace.current(this.cell) : this.#snapshot();
    const word = (i: number): Node => g.reshape(g.sliceAxis(state, 0, i, 1), []);
    const zero = g.constant(0, 'uint32');
    const fold = (part: 'word0' | 'word1'): Node =>
      node('threefry', [word(0), word(1), zero, word(2)], { part });
    const words = randomWords(fold('word0'), fold('word1'), count);
    if (trace) {
      trace.draws.set(this, (trace.draws.get(this) ?? 0) + 1);
      const next = g.add(g.sliceAxis(state, 0, 2, 1), g.full([1], 1, 'uint32'));
      trace.write(this.cell, g.concat([g.sliceAxis(state, 0, 0, 2), next, g.sliceAxis(state, 0, 3, 1)], 0));
    }
    return words;
  }

  /** Takes a draw of words, the same as a program would draw, which the host computes when they are asked for. */
  hostBits(count: number): () => Uint32Array {
    const [k0, k1, offset] = this.#words;
    this.#advance();
    const [a, b] = threefry2x32(k0!, k1!, 0, offset!);
    return () => threefryWords(a, b, count);
  }

  /** Outside a trace the offset is known: the draw holds its numbers, and nothing waits for a write. */
  #snapshot(): Node {
    const now = new Data(this.#words.slice(), [4], 'uint32').node;
    this.#advance();
    return now;
  }

  #advance(): void {
    const words = this.#words.slice();
    words[2]!++;
    this.#write(words);
  }

  get #words(): Uint32Array {
    return this.cell.storage.onHost ? (this.cell.array as Uint32Array) : this.#mirror;
  }

  #write(words: Uint32Array): void {
    const { storage } = this.cell;
    if (storage.onHost) storage.write(words);
    else storage.moveTo({ array: words });
    this.cell.written();
  }

  /** Says that a program is about to draw. It finds the cell on the host, whatever the device of the last one. */
  note(): void {
    const { storage } = this.cell;
    if (storage.onHost) this.#mirror.set(storage.array as Uint32Array);
    else storage.moveTo({ array: this.#mirror.slice() });
  }

  /** Says that a program has drawn as often. */
  ran(draws: number): void {
    this.#mirror[2]! += draws;
  }
}

export const defaultGenerator = new Generator(Date.now());

/** Seeds the default generator (torch.manual_seed). */
export const manualSeed = (seed: number | bigint): void => defaultGenerator.seed(seed);

const toUniform = (word: number): number => (word >>> 9) * 2 ** -23;

/** Takes a draw of `count` numbers in [0, 1) from the default generator, which the host computes when they are asked for. */
export function hostUniform(count: number): () => Float32Array {
  const draw = defaultGenerator.hostBits(count);
  return () => {
    const bits = draw();
    // Where the words lie: each is read before it is overwritten.
    const result = new Float32Array(bits.buffer, bits.byteOffset, count);
    for (let i = 0; i < count; i++) result[i] = toUniform(bits[i]!);
    return result;
  };
}

/** The same of the standard normal distribution (Box and Muller 1958). */
export function hostNormal(count: number): () => Float32Array {
  const draw = defaultGenerator.hostBits(2 * count);
  return () => {
    const bits = draw();
    const result = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const radius = Math.sqrt(-2 * Math.log1p(-toUniform(bits[i]!)));
      result[i] = radius * Math.cos(2 * Math.PI * toUniform(bits[count + i]!));
    }
    return result;
  };
}
