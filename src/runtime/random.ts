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

  constructor(seed: number | bigint = 0) {
    this.seed(seed);
  }

  /** Starts the stream of `seed` anew: the key is JAX's `PRNGKey(seed)`. */
  seed(seed: number | bigint): void {
    const bits = BigInt.asUintN(64, BigInt(seed));
    (this.cell.array as Uint32Array).set([Number(bits >> 32n), Number(bits & 0xffffffffn), 0, 0]);
    this.cell.written();
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
      const next = g.add(g.sliceAxis(state, 0, 2, 1), g.full([1], 1, 'uint32'));
      trace.write(this.cell, g.concat([g.sliceAxis(state, 0, 0, 2), next, g.sliceAxis(state, 0, 3, 1)], 0));
    }
    return words;
  }

  /** Words drawn on the host: the same as a program would draw. */
  hostBits(count: number): Uint32Array {
    const [k0, k1, offset] = this.cell.array as Uint32Array;
    this.#advance();
    const [a, b] = threefry2x32(k0!, k1!, 0, offset!);
    return threefryWords(a, b, count);
  }

  /** Outside a trace the offset is known: the draw holds its numbers, and nothing waits for a write. */
  #snapshot(): Node {
    const now = new Data(this.cell.array.slice(), [4], 'uint32').node;
    this.#advance();
    return now;
  }

  #advance(): void {
    (this.cell.array as Uint32Array)[2]!++;
    this.cell.written();
  }
}

export const defaultGenerator = new Generator(Date.now());

/** Seeds the default generator (torch.manual_seed). */
export const manualSeed = (seed: number | bigint): void => defaultGenerator.seed(seed);

const toUniform = (word: number): number => (word >>> 9) * 2 ** -23;

/** `count` numbers in [0, 1), drawn on the host from the default generator. */
export function hostUniform(count: number): Float32Array {
  const bits = defaultGenerator.hostBits(count);
  const result = new Float32Array(count);
  for (let i = 0; i < count; i++) result[i] = toUniform(bits[i]!);
  return result;
}

/** `count` numbers of the standard normal distribution (Box and Muller 1958), drawn on the host. */
export function hostNormal(count: number): Float32Array {
  const bits = defaultGenerator.hostBits(2 * count);
  const result = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const radius = Math.sqrt(-2 * Math.log1p(-toUniform(bits[i]!)));
    result[i] = radius * Math.cos(2 * Math.PI * toUniform(bits[count + i]!));
  }
  return result;
}
