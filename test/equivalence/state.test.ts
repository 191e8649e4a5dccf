/**
 * Random steps over several cells of state: what a step returns and leaves behind is what the interpreter says, fused and
 * unfused, step after step. All assignments happen at once, from the state before them.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import {
  dtypes as every,
  numel,
  sameShape,
  type DType,
  type Shape,
  type TypedArray,
} from '../../src/core/index.js';
import { g, print, type Graph, type Node } from '../../src/graph/index.js';
import { encode, type Leaf, type Value } from '../../src/ops/index.js';
import { Cell, Instance, compileGraph } from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';
import { moves } from '../oracle/random-moves.js';
import { Choices, Pool, type Entry } from '../oracle/random-pool.js';
import { runProgram } from '../oracle/run-program.js';
import { storagesOf } from './storages.js';
import { settingsOf, timeout, ways, type Way } from './ways.js';

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

function build(
  dtypes: ReadonlySet<DType>,
  steps: readonly (readonly number[])[],
  last: readonly number[],
): RandomStep {
  const choices = new Choices(last);
  const pool = new Pool(dtypes);
  const first = new Map<Cell, TypedArray>();
  const cells = Array.from({ length: 2 + choices.below(4) }, (_, i) => {
    const shape = choices.of(shapes);
    const dtype = i === 3 ? 'int32' : 'float32';
    const own = new Pool();
    own.leaf(shape, dtype, choices);
    const data = [...own.data.values()][0]!;
    const cell = new Cell(new every[dtype].array(numel(shape)), shape, dtype, `cell${i}`);
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

const randomStep = ({ dtypes }: Way): fc.Arbitrary<RandomStep> => {
  const step = fc.array(fc.nat(2 ** 16), { minLength: 10, maxLength: 10 });
  return fc
    .tuple(
      fc.array(step, { maxLength: 14, size: 'max' }),
      fc.array(fc.nat(2 ** 16), { minLength: 80, maxLength: 80 }),
    )
    .map((made) => build(dtypes, ...made));
};

/** Copies of what cells hold, wherever it lies. */
const contentOf = async (cells: readonly Cell[]): Promise<Map<Leaf, TypedArray>> =>
  new Map(await Promise.all(cells.map(async (cell) => [cell, await cell.storage.read()] as const)));

it.each(ways)('state after three steps ($backend, fusion: $fusion)', { timeout }, async (way) => {
  await fc.assert(
    fc.asyncProperty(randomStep(way), async ({ graph, cells, first, data }) => {
      for (const [cell, content] of first) cell.storage.write(content);
      const compilation = compileGraph(graph, way);
      const instance = await Instance.loadAsync(compilation);
      const inputs = storagesOf(graph, data);
      const written = graph.assigns.map(({ leaf }) => leaf as Cell);
      for (let step = 0; step < 3; step++) {
        const before = await contentOf(cells);
        const read =
          (noise = 0) =>
          (leaf: Leaf): ArrayLike<number | bigint> => {
            const values = before.get(leaf) ?? data.get(leaf)!;
            const whole = typeof values[0] === 'bigint' || (leaf instanceof Cell && leaf.dtype !== 'float32');
            if (noise === 0 || whole) return values as number[];
            return numbers(values).map((x, i) =>
              Number.isInteger(x) ? x : x * (1 + noise * Math.sin(i * 7 + noise * 1e7)),
            );
          };
        const expected = interpret(graph, read());
        const moved = [1e-6, -2e-6].map((noise) => interpret(graph, read(noise)));
        const results = instance.run(compilation.leaves, (leaf) => inputs.get(leaf)!, written);
        const after = await contentOf(cells);
        const actual = [
          ...(await Promise.all(results.map((result) => result.read()))),
          ...written.map((cell) => after.get(cell)!),
        ];
        actual.forEach((values, i) => {
          const right = numbers(expected[i]!.data);
          expect(values.length).toBe(right.length);
          const scale = Math.max(1, ...right.map(Math.abs));
          right.forEach((value, j) => {
            const sway = Math.max(...moved.map((other) => Math.abs(Number(other[i]!.data[j]) - value)));
            const tolerance = expected[i]!.dtype === 'float32' ? 2e-5 * scale + 30 * sway : 0;
            const got = Number(values[j]);
            if (got === value || Math.abs(got - value) <= tolerance) return;
            const what = i < graph.outputs.length ? `output ${i}` : written[i - graph.outputs.length]!.name;
            const states = compilation.plan.states.map((leaf) => [...before.get(leaf)!] as Value[]);
            const program = runProgram(
              compilation.plan.program,
              compilation.plan.inputs.map((leaf) => [...data.get(leaf)!]),
              states,
            );
            const byProgram =
              i < program.length
                ? program[i]![j]
                : states[compilation.plan.states.indexOf(written[i - program.length]!)]![j];
            throw new Error(
              `step ${step}, ${what}, element ${j}: ${got} instead of ${value} (the program by its definition: ${byProgram})\n${print(graph)}\n${compilation.source}`,
            );
          });
        });
        for (const [leaf, content] of before)
          if (!written.includes(leaf as Cell)) expect([...after.get(leaf)!]).toEqual([...content]);
      }
      for (const [leaf, storage] of inputs)
        expect(numbers(await storage.read())).toEqual(numbers(data.get(leaf)!));
      instance.release();
    }),
    settingsOf(way, { host: 100, webgpu: 20 }),
  );
});
