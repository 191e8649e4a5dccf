/** One graph on several backends, node by node: where do they differ first? */
import {
  ArgumentError,
  formatShape,
  isFloat,
  numel,
  type DType,
  type Shape,
  type TypedArray,
} from '../core/index.js';
import { formatType, roots, topological, type Node } from '../graph/index.js';
import { decode, type Leaf, type Value } from '../ops/index.js';
import { backendOf, type BackendName, type Storage } from '../runtime/index.js';
import { Bench, furthest, largestOf } from './bench.js';
import { boundOf, boundOfResult } from './bounds.js';
import { formatScalar, plural } from './format.js';
import type { Traceable } from './traced.js';

export interface CompareOptions {
  /** How many nodes to compare, the first in topological order. Default: all. */
  readonly limit?: number;
  /** false leaves out the fused programs. */
  readonly fused?: boolean;
  /** Compares the results of the fused programs first, and single nodes only when those differ: a few kernels instead of hundreds. */
  readonly quick?: boolean;
}

/** One of two values that should be the same. */
export interface ComparedValue {
  readonly backend: BackendName;
  /** Whether it is a result of the fused program. */
  readonly fused: boolean;
  readonly value: Value;
}

/** The first node where two backends differ by more than its bound. */
export interface BackendDifference {
  readonly op: Node['op'];
  readonly dtype: DType;
  readonly shape: Shape;
  /** The user's line: `folder/file.ts:line:column`. */
  readonly site: string;
  readonly module: string | undefined;
  /** Indices of the element that is furthest beyond the bound. */
  readonly position: readonly number[];
  readonly values: readonly [ComparedValue, ComparedValue];
  /** How far the two may be apart. */
  readonly bound: number;
}

/** A node's elements from one program. */
interface Result extends Omit<ComparedValue, 'value'> {
  readonly array: TypedArray;
}

/** What `compareBackends` found. */
export class BackendComparison {
  constructor(
    readonly backends: readonly BackendName[],
    /** How many nodes were compared. */
    readonly compared: number,
    /** How many nodes beyond the limit were not. */
    readonly skipped: number,
    readonly first: BackendDifference | undefined,
    /** For each pair (`js/wasm`) the largest difference, as a part of the largest magnitude in its result. */
    readonly worst: Readonly<Record<string, number>>,
  ) {}

  get agree(): boolean {
    return this.first === undefined;
  }

  toString(): string {
    const { first, backends, skipped } = this;
    const names = `${backends.slice(0, -1).join(', ')} and ${backends.at(-1)}`;
    const rest = skipped > 0 ? ` (${skipped} more not compared)` : '';
    const lines = [
      `${names} ${first ? 'differ' : 'agree'}: ${plural(this.compared, 'node')} compared${rest}`,
    ];
    if (first) {
      const [a, b] = first.values.map(
        ({ backend, fused, value }) =>
          `${backend}${fused ? ' (fused)' : ''} ${formatScalar(value, first.dtype)}`,
      );
      const where = [first.site && `at ${first.site}`, first.module && `in ${first.module}`].filter(Boolean);
      lines.push(
        `first: ${[first.op, formatType(first), ...where].join(' ')}`,
        `  element ${formatShape(first.position)}: ${a}, ${b}`,
        first.bound === 0 ? '  they must be equal' : `  they may be ${first.bound.toPrecision(2)} apart`,
      );
    }
    const worst = Object.entries(this.worst).map(([pair, by]) => `${pair} ${by.toPrecision(2)}`);
    return [...lines, `largest relative difference: ${worst.join(', ')}`].join('\n');
  }
}

/** What `compareBackends` takes: a compiled function, which also knows what its leaves hold. */
export interface Comparable<A extends unknown[]> {
  compilation(...args: A): ReturnType<Traceable<A>['compilation']> & {
    contents(): (leaf: Leaf) => Storage;
  };
}

/**
 * Runs the program of a compiled function on several backends and names the first node where they differ. Nothing is
 * written: state and arguments are copied.
 *
 * The backend named first computes every node, without fusion. Each backend then computes every node from those operands, so
 * that rounding does not add up and a node is blamed for what it does itself. Integers, bools, views and what chooses among
 * floats must be equal. Other floats may be 64 roundings apart (halves: 2), times the root of the number of terms summed,
 * and sums by one rounding of the largest term for each term. Last, each backend's fused program must give the
 * same results, up to half of the digits of the largest magnitude, or further where a result moves far with the last digit of
 * the leaves: integers that come of floats are not looked at there. Where they differ, what the kernels before have stored is
 * compared too.
 * @throws BackendError for a backend that is not there, such as webgpu before `await initWebGPU()`.
 * @throws DTypeError for a dtype that a backend does not have.
 * @example
 * await initWebGPU();
 * console.log(String(await compareBackends(step, [images, labels], ['js', 'wasm', 'webgpu'])));
 */
export async function compareBackends<A extends unknown[]>(
  fn: Comparable<A>,
  inputs: A,
  backends: readonly BackendName[],
  { limit = Infinity, fused = true, quick = false }: CompareOptions = {},
): Promise<BackendComparison> {
  const names = [...new Set(backends)];
  for (const name of names) backendOf(name);
  if (names.length < 2) throw new ArgumentError('compareBackends', 'it takes two backends or more');
  if (typeof fn.compilation !== 'function') {
    throw new ArgumentError('compareBackends', 'this is no compiled function', 'hand in compile(fn)');
  }
  const { optimized, contents } = fn.compilation(...inputs);
  const bench = new Bench(optimized);
  await bench.fill(contents());

  const nodes = topological(roots(optimized)).filter(
    ({ op }) => op !== 'input' && op !== 'state' && op !== 'constant',
  );
  if (quick) {
    const found = new Findings(names);
    await compareResults(bench, names, found);
    const ends = new Set(roots(optimized).filter(isSteady));
    const compared = nodes.filter((node) => ends.has(node)).length;
    if (!found.first)
      return new BackendComparison(names, compared, nodes.length - compared, undefined, found.worst);
  }
  const chosen = nodes.slice(0, limit);
  const found = new Findings(names);
  await compareNodes(bench, chosen, names, found);
  const skipped = nodes.length - chosen.length;
  // A node that differs alone says more than a result that it spoils.
  if (fused && !found.first) await compareResults(bench, names, found);
  return new BackendComparison(names, chosen.length, skipped, found.first, found.worst);
}

/** Nodes whose values are in memory at once. */
const together = 500;

/** Each node alone, from the operands that the first backend computed. */
async function compareNodes(
  bench: Bench,
  nodes: readonly Node[],
  names: readonly BackendName[],
  found: Findings,
): Promise<void> {
  for (let i = 0; i < nodes.length; i += together)
    await compareSome(bench, nodes.slice(i, i + together), names, found);
}

async function compareSome(
  bench: Bench,
  nodes: readonly Node[],
  names: readonly BackendName[],
  found: Findings,
): Promise<void> {
  await bench.keep([...nodes, ...nodes.flatMap(({ inputs }) => inputs)], names[0]!);
  const results: Result[][] = [];
  for (const backend of names) {
    const arrays = await bench.run(nodes.map(bench.alone), backend, false);
    results.push(arrays.map((array) => ({ array, backend, fused: false })));
  }
  nodes.forEach((node, k) => {
    const operands = node.inputs.map((input) => bench.largest(input));
    const bound = boundOf(node, [bench.largest(node), ...operands]);
    results.forEach((one, i) => {
      for (const other of results.slice(i + 1)) found.compare(node, one[k]!, other[k]!, bound);
    });
  });
}

/** The results of each backend's fused program, beside those that the first backend computed without fusion. */
async function compareResults(bench: Bench, names: readonly BackendName[], found: Findings): Promise<void> {
  const results = roots(bench.graph).map(bench.whole);
  const expected = await expectedOf(bench, results, names[0]!);
  for (const backend of names) {
    compareFused(expected, await bench.runProgram(backend), backend, found);
    if (!found.first) continue;
    // The kernel whose result differs first says more than the end of the program.
    const before = new Findings(names);
    const stored = bench.stored(results, backend);
    const arrays = await bench.run(stored, backend, true);
    compareFused(await expectedOf(bench, stored, names[0]!), arrays, backend, before);
    found.first = before.first ?? found.first;
    return;
  }
}

/** What a value should be, and how far a fused program may be from it. */
interface Expected extends Result {
  readonly node: Node;
  readonly bound: number;
}

/** What the first backend computes without fusion. */
async function expectedOf(bench: Bench, nodes: readonly Node[], backend: BackendName): Promise<Expected[]> {
  const arrays = await bench.run(nodes, backend, false);
  const moved = await bench.runMoved(nodes, backend);
  return nodes.map((node, k) => {
    const array = arrays[k]!;
    const unsteadiness = furthest(array, moved[k]!, node.dtype);
    const bound = boundOfResult(node, largestOf(array, node.dtype), unsteadiness);
    return { node, array, bound, backend, fused: false };
  });
}

/** What a backend's fused program has for some values, beside what they should be. */
function compareFused(
  expected: readonly Expected[],
  arrays: readonly TypedArray[],
  backend: BackendName,
  found: Findings,
): void {
  expected.forEach((right, k) => {
    const { node, bound } = right;
    if (isSteady(node)) found.compare(node, right, { array: arrays[k]!, backend, fused: true }, () => bound);
  });
}

/** Whether rounding further up moves it a little, if at all. */
const isSteady = (node: Node): boolean =>
  isFloat(node.dtype) || !topological([node]).some(({ dtype }) => isFloat(dtype));

/** What the comparisons of all nodes come to. */
class Findings {
  first: BackendDifference | undefined;
  readonly worst: Record<string, number> = {};

  constructor(names: readonly BackendName[]) {
    names.forEach((a, i) => names.slice(i + 1).forEach((b) => (this.worst[`${a}/${b}`] = 0)));
  }

  compare(node: Node, a: Result, b: Result, bound: (a: number, b: number) => number): void {
    const { dtype, shape } = node;
    const pair = `${a.backend}/${b.backend}`;
    let [largest, apart, excess, at] = [0, 0, 0, -1];
    for (let i = 0; i < numel(shape); i++) {
      const [x, y] = [decode(a.array[i]!, dtype), decode(b.array[i]!, dtype)];
      if (Number.isFinite(Number(x))) largest = Math.max(largest, Math.abs(Number(x)));
      if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
      // A value that is no number on one side only is as far away as can be.
      const by = distance(x, y);
      apart = Math.max(apart, by);
      const beyond = by - bound(Number(x), Number(y));
      if (beyond > excess) [excess, at] = [beyond, i];
    }
    const relative = apart === 0 ? 0 : apart / (largest || 1);
    if (pair in this.worst) this.worst[pair] = Math.max(this.worst[pair]!, relative);
    if (at < 0 || this.first) return;
    const value = ({ backend, fused, array }: Result): ComparedValue => ({
      backend,
      fused,
      value: decode(array[at]!, dtype),
    });
    const values = [value(a), value(b)] as const;
    const [source] = node.sources;
    this.first = {
      op: node.op,
      dtype,
      shape,
      site: source?.site.toString() ?? '',
      module: source?.module,
      position: indicesOf(at, shape),
      values,
      bound: bound(Number(values[0].value), Number(values[1].value)),
    };
  }
}

function distance(x: Value, y: Value): number {
  const by = typeof x === 'bigint' && typeof y === 'bigint' ? Number(x - y) : Number(x) - Number(y);
  return Number.isNaN(by) ? Infinity : Math.abs(by);
}

function indicesOf(position: number, shape: Shape): number[] {
  const indices: number[] = [];
  for (const size of [...shape].reverse()) {
    indices.unshift(position % size);
    position = Math.floor(position / size);
  }
  return indices;
}
