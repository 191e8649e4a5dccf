/** Random well-formed graphs with data, for properties such as "fused = unfused = interpreter". */
import fc from 'fast-check';
import { numel, type DType } from '../../src/core/index.js';
import { print, topological, type Graph } from '../../src/graph/index.js';
import type { Leaf, Value } from '../../src/ops/index.js';
import { moves } from './random-moves.js';
import { Choices, Pool, type Entry } from './random-pool.js';

export interface RandomGraph {
  readonly graph: Graph;
  /** Each leaf's elements, row-major: numbers, or bigints for int64. */
  readonly data: ReadonlyMap<Leaf, readonly Value[]>;
  /** For each output, how far an element may be from the interpreter's: 0 for what must be equal. */
  readonly tolerances: readonly number[];
}

/** What a graph may not grow beyond: elements of one value, size of an element, error of an element. */
const most = { elements: 4096, bound: 1000, integer: 2 ** 20, error: 1e-2 };

const fits = ({ node: { shape, dtype }, bound, error }: Entry): boolean =>
  shape.length <= 5 &&
  numel(shape) <= most.elements &&
  bound <= (dtype === 'float32' ? most.bound : most.integer) &&
  error <= most.error;

/**
 * A step is a list of choices: the first says which move, the rest what that move asks. Returned are the latest values
 * that no other reads, and some of those that others do read.
 */
function build(
  steps: readonly (readonly number[])[],
  returned: readonly number[],
  dtypes?: ReadonlySet<DType>,
): RandomGraph {
  const pool = new Pool(dtypes);
  pool.entries.push(pool.leaf([3, 4], 'float32', new Choices([1])));
  for (const [first, ...rest] of steps) {
    const entry = moves[first! % moves.length]!(pool, new Choices(rest));
    if (entry && fits(entry)) pool.entries.push(entry);
  }
  const { entries } = pool;
  const read = new Set(topological(entries.map(({ node }) => node)).flatMap(({ inputs }) => inputs));
  const unread = entries.filter(({ node }) => !read.has(node)).slice(-4);
  const outputs = [...new Set([...unread, ...returned.map((at) => entries[at % entries.length]!)])];
  const graph = { outputs: outputs.map(({ node }) => node), assigns: [] };
  const readable = { [fc.toStringMethod]: () => `\n${print(graph)}\n` };
  return { graph, data: pool.data, tolerances: outputs.map(({ error }) => error), ...readable };
}

/**
 * Graphs of up to `steps` moves with one to six outputs: elementwise ops, reductions, scans, views, contractions,
 * indexing, softmax; float32 mostly, int32, bool, uint8 and int64 beside it, of `dtypes` alone; sizes 0, 1 and odd ones among them.
 */
export function randomGraph({
  steps = 32,
  dtypes,
}: { readonly steps?: number; readonly dtypes?: ReadonlySet<DType> } = {}): fc.Arbitrary<RandomGraph> {
  const step = fc.array(fc.nat(2 ** 16), { minLength: 10, maxLength: 10 });
  const returned = fc.array(fc.nat(2 ** 16), { maxLength: 2 });
  return fc
    .tuple(fc.array(step, { maxLength: steps, size: 'max' }), returned)
    .map((made) => build(...made, dtypes));
}
