/**
 * Random steps over several cells of state: what a step returns and leaves behind is what the interpreter says, fused and
 * unfused, step after step. All assignments happen at once, from the state before them.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { dtypes, numel, sameShape, type Shape, type TypedArray } from '../../src/core/index.js';
import { g, print, type Graph, type Node } from '../../src/graph/index.js';
import { encode, type Leaf, type Value } from '../../src/ops/index.js';
import { Cell, Instance, Storage, compileGraph } from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';
import { moves } from '../oracle/random-moves.js';
import { Choices, Pool, type Entry } from '../oracle/random-pool.js';
import { runProgram } from '../oracle/run-program.js';
import { ways } from './ways.js';

const runs = Number(process.env['FUSEGRAD_RUNS'] ?? 100);
const shapes: readonly Shape[] = [[3, 3], [3, 3], [4], [2, 3], [3, 2], [], [4], [1, 3], [3, 1, 2]];
/** Larger values are pressed into this, so that a step can follow a step. */
const limit = 2;

interface RandomStep {
  readonly graph: Graph;
  readonly cells: readonly Cell[];
  readonly first: ReadonlyMap<Cell, TypedArray>;
  readonly data: ReadonlyMap<Leaf, readonly Value[]>;
}

const isFloat32 = ({ node }: Entry): boolean => node.dtype === 'float32';
const computed = (node: Node, bound = limit): Entry => ({ node, bound, error: 1e-5 });

/** Any value in the form of a cell's content, by views, sums and products. */
function fitTo(entry: Entry, shape: Shape, choices: Choices): Entry {
  let { node } = entry;
  const size = numel(shape);
  if (!sameShape(node.shape, shape)) {
    const transposed = node.shape.length === 2 && sameShape(node.shape.toReversed(), shape);
    if (transposed && choices.below(2) === 0) node = g.permute(node, [1, 0]);
    else if (numel(node.shape) === size) node = g.reshape(node, shape);
    else if (size === 1)
      node = g.reshape(
        g.sum(
          node,
          node.shape.map((_, i) => i),
        ),
        shape,
      );
    else {
      node = g.reshape(node, [numel(node.shape)]);
      const length = node.shape[0]!;
      if (length < size)
        node =
          choices.below(2) === 0 && length > 0
            ? g.concat([node, g.padAxis(node, 0, 0, size - 2 * length > 0 ? size - 2 * length : 0)], 0)
            : g.padAxis(node, 0, size - length, 0);
      node = g.reshape(g.sliceAxis(node, 0, 0, size), shape);
    }
  }
  if (entry.bound * (size === 1 ? numel(entry.node.shape) : 1) <= limit && choices.below(3) > 0)
    return { ...entry, node };
  return computed(choices.below(2) === 0 ? g.unary('tanh', node) : clamp(node));
}

const clamp = (x: Node): Node =>
  g.binary('max', g.binary('min', x, g.fullLike(x, limit)), g.fullLike(x, -limit));

/** The change gradient descent or an Adam without corrections makes to a cell. */
function updates(pool: Pool, cells: readonly Cell[], choices: Choices): Map<Cell, Entry> {
  const found = new Map<Cell, Entry>();
  const from = choices.maybe(pool.entries, (e) => isFloat32(e) && numel(e.node.shape) > 0);
  if (!from) return found;
  const loss = g.sum(
    g.mul(from.node, g.unary('sigmoid', from.node)),
    from.node.shape.map((_, i) => i),
  );
  const params = cells.filter((cell) => cell.dtype === 'float32' && choices.below(4) > 0);
  const gradients = grad(
    loss,
    params.map((cell) => cell.node),
    { unused: 'zeros' },
  );
  const adam = choices.below(2) === 0;
  params.forEach((cell, i) => {
    const gradient = gradients[i]!;
    pool.entries.push(computed(g.unary('tanh', gradient)));
    const [m, v] = cells.filter(
      (other) => other !== cell && sameShape(other.shape, cell.shape) && other.dtype === 'float32',
    );
    if (!adam || !m || found.has(m)) {
      found.set(cell, computed(clamp(g.sub(cell.node, g.scale(gradient, 0.1)))));
      return;
    }
    const mean = g.add(g.scale(m.node, 0.9), g.scale(gradient, 0.1));
    const square = g.add(
      g.scale(g.unary('abs', (v ?? m).node), 0.5),
      g.scale(g.mul(gradient, gradient), 0.5),
    );
    const step = g.div(mean, g.add(g.unary('sqrt', square), g.fullLike(square, 0.1)));
    found.set(cell, computed(clamp(g.sub(cell.node, g.scale(step, 0.1)))));
    found.set(m, computed(clamp(mean)));
    if (v) found.set(v, computed(clamp(square)));
  });
  return found;
}

function build(steps: readonly (readonly number[])[], last: readonly number[]): RandomStep {
  const choices = new Choices(last);
  const pool = new Pool();
  const first = new Map<Cell, TypedArray>();
  const cells = Array.from({ length: 2 + choices.below(4) }, (_, i) => {
    const shape = choices.of(shapes);
    const dtype = i === 3 ? 'int32' : 'float32';
    const own = new Pool();
    own.leaf(shape, dtype, choices);
    const data = [...own.data.values()][0]!;
    const cell = new Cell(new dtypes[dtype].array(numel(shape)), shape, dtype, `cell${i}`);
    data.forEach((value, j) => (cell.array[j] = encode(value, dtype) as never));
    first.set(cell, cell.array.slice());
    pool.entries.push({ node: cell.node, bound: dtype === 'int32' ? 6 : limit, error: 0 });
    return cell;
  });
  pool.entries.push(pool.leaf([3, 3], 'float32', new Choices([1])));
  const grow = ([move, ...rest]: readonly number[]): void => {
    const entry = moves[move! % moves.length]!(pool, new Choices(rest));
    if (
      entry &&
      entry.node.shape.length <= 5 &&
      numel(entry.node.shape) <= 600 &&
      entry.bound <= 200 &&
      entry.error < 1e-3
    )
      pool.entries.push(entry);
    // Back to the roots now and then: steps read state more than once.
    if (choices.below(4) === 0) pool.entries.push(pool.entries[choices.below(cells.length)]!);
  };
  const half = Math.ceil(steps.length * 0.7);
  steps.slice(0, half).forEach(grow);
  const learned = updates(pool, cells, choices);
  const assigns = cells.flatMap((cell): { leaf: Cell; value: Node }[] => {
    const fits = (e: Entry): boolean => e.node.dtype === cell.dtype;
    const value = (): Entry | undefined => {
      const own = learned.get(cell);
      switch (choices.below(7)) {
        case 0:
          return undefined;
        case 1:
          return pool.entries
            .slice(0, cells.length)
            .findLast((e) => e.node.shape.join() === cell.shape.join() && fits(e) && e.node !== cell.node);
        case 2:
          return [...learned.values()].find(
            ({ node }) => sameShape(node.shape, cell.shape) && fits({ node } as Entry),
          );
        case 3:
        case 4:
          return own;
        default:
          return undefined;
      }
    };
    if (choices.below(6) === 0) return [];
    const chosen =
      value() ??
      choices.maybe(
        pool.entries,
        (e) =>
          fits(e) && (cell.dtype === 'float32' || (sameShape(e.node.shape, cell.shape) && e.bound < 1000)),
      );
    if (!chosen) return [];
    const entry = cell.dtype === 'float32' ? fitTo(chosen, cell.shape, choices) : chosen;
    const node =
      cell.dtype === 'float32' ? entry.node : g.binary('fmod', entry.node, g.fullLike(entry.node, 7));
    pool.entries.push({ ...entry, node });
    return [{ leaf: cell, value: node }];
  });
  steps.slice(half).forEach(grow);
  const outputs = Array.from({ length: choices.below(5) }, () =>
    choices.below(3) === 0
      ? choices.of(pool.entries)
      : pool.entries.at(-1 - choices.below(Math.min(6, pool.entries.length)))!,
  ).map(({ node }) => node);
  const graph = { outputs, assigns };
  const readable = { [fc.toStringMethod]: () => `\n${print(graph)}\n` };
  return { graph, cells, first, data: pool.data, ...readable };
}

const numbers = (from: ArrayLike<unknown>): number[] => Array.from(from as ArrayLike<number>, Number);

const randomStep = (): fc.Arbitrary<RandomStep> => {
  const step = fc.array(fc.nat(2 ** 16), { minLength: 10, maxLength: 10 });
  return fc
    .tuple(
      fc.array(step, { maxLength: 14, size: 'max' }),
      fc.array(fc.nat(2 ** 16), { minLength: 80, maxLength: 80 }),
    )
    .map(([steps, last]) => build(steps, last));
};

it.each(ways)('state after three steps (%s, fusion: %s)', (backend, fusion) => {
  fc.assert(
    fc.property(randomStep(), ({ graph, cells, first, data }) => {
      for (const [cell, content] of first) cell.array.set(content as never);
      const inputs = new Map<Leaf, Storage>();
      const compilation = compileGraph(graph, { fusion, backend });
      const instance = new Instance(compilation);
      const read =
        (noise = 0) =>
        (leaf: Leaf): ArrayLike<number | bigint> => {
          const values = leaf instanceof Cell ? leaf.array : data.get(leaf)!;
          if (
            noise === 0 ||
            typeof values[0] === 'bigint' ||
            (leaf instanceof Cell && leaf.dtype !== 'float32')
          )
            return values as number[];
          return numbers(values).map((x, i) =>
            Number.isInteger(x) ? x : x * (1 + noise * Math.sin(i * 7 + noise * 1e7)),
          );
        };
      for (let step = 0; step < 3; step++) {
        const before = compilation.plan.states.map((leaf) => [...(leaf as Cell).array] as Value[]);
        const expected = interpret(graph, read());
        const moved = [1e-6, -2e-6].map((noise) => interpret(graph, read(noise)));
        const untouched = new Map(cells.map((cell) => [cell, cell.array.slice()]));
        const results = instance.run(
          compilation.leaves,
          (leaf) => {
            const known = inputs.get(leaf);
            if (known) return known;
            const values = data.get(leaf)!;
            const slot = compilation.plan.program.inputs[compilation.plan.inputs.indexOf(leaf)]!;
            const array = new dtypes[slot.dtype].array(values.length);
            values.forEach((value, i) => (array[i] = encode(value, slot.dtype) as never));
            const storage = new Storage(array);
            inputs.set(leaf, storage);
            return storage;
          },
          graph.assigns.map(({ leaf }) => leaf as Cell),
        );
        const actual = [...results, ...graph.assigns.map(({ leaf }) => leaf as Cell)].map(
          ({ array }) => array,
        );
        actual.forEach((values, i) => {
          const right = numbers(expected[i]!.data);
          expect(values.length).toBe(right.length);
          const scale = Math.max(1, ...right.map(Math.abs));
          right.forEach((value, j) => {
            const sway = Math.max(...moved.map((other) => Math.abs(Number(other[i]!.data[j]) - value)));
            const tolerance = expected[i]!.dtype === 'float32' ? 2e-5 * scale + 30 * sway : 0;
            const got = Number(values[j]);
            if (got === value || Math.abs(got - value) <= tolerance) return;
            const what =
              i < graph.outputs.length ? `output ${i}` : graph.assigns[i - graph.outputs.length]!.leaf.name;
            const states = before.map((each) => [...each]);
            const program = runProgram(
              compilation.plan.program,
              compilation.plan.inputs.map((leaf) => [...data.get(leaf)!]),
              states,
            );
            const byProgram =
              i < program.length
                ? program[i]![j]
                : states[compilation.plan.states.indexOf(graph.assigns[i - program.length]!.leaf)]![j];
            throw new Error(
              `step ${step}, ${what}, element ${j}: ${got} instead of ${value} (the program by its definition: ${byProgram})\n${print(graph)}\n${compilation.source}`,
            );
          });
        });
        const assigned = new Set(graph.assigns.map(({ leaf }) => leaf));
        for (const [cell, content] of untouched)
          if (!assigned.has(cell)) expect([...cell.array]).toEqual([...content]);
      }
      for (const [leaf, { array }] of inputs) expect(numbers(array)).toEqual(numbers(data.get(leaf)!));
    }),
    { numRuns: runs },
  );
});
