/** Attention kernels: what they compute, against the float64 interpreter on the graph as it was traced. */
import { describe, expect, it } from 'vitest';
import { gradients } from '../../../src/autodiff/index.js';
import { dtypes, numel, type DType, type Shape, type TypedArray } from '../../../src/core/index.js';
import { dropoutWith } from '../../../src/functional/dropout.js';
import { fuse } from '../../../src/fusion/index.js';
import { g, node, randomWords, uniformOf, type Graph, type Node } from '../../../src/graph/index.js';
import { lower } from '../../../src/lower/index.js';
import type { Leaf } from '../../../src/ops/index.js';
import { recogniseAttention, simplify } from '../../../src/passes/index.js';
import { plan, type Plan, type Target } from '../../../src/plan/index.js';
import { interpret } from '../../oracle/interpreter.js';
import { runProgram } from '../../oracle/run-program.js';
import { onEachBackend, type Runner } from '../each-backend.js';

const contents = new Map<Leaf, number[]>();
let seed = 0;
/** A leaf of moderate numbers, the same in every run. */
function leaf(shape: Shape, element?: (i: number) => number, dtype: DType = 'float32'): Node {
  const number = ++seed;
  const of: Leaf = { id: number, name: `x${number}` };
  const noise = (i: number): number => Math.fround(2 * Math.sin(12.9898 * (i + 1) + 78.233 * number));
  contents.set(
    of,
    Array.from({ length: numel(shape) }, (_, i) => (element ?? noise)(i)),
  );
  return node('input', [], { leaf: of, shape, dtype });
}

/** The program with attention online whatever its size. */
function online(graph: Graph, target: Target, fusion = true): Plan {
  const limits = { cacheBytes: -1 };
  const fused = fuse(simplify(graph, { attention: limits }).graph, target, { fusion });
  return plan(lower(fused, { segments: fusion }), fused, target);
}

/** The program with attention written out. */
function written(graph: Graph, target: Target): Plan {
  const fused = fuse(simplify(graph).graph, target);
  return plan(lower(fused), fused, target);
}

const arraysOf = ({ program, inputs }: Plan): TypedArray[] =>
  inputs.map((of, i) => {
    const { array } = dtypes[program.inputs[i]!.dtype];
    return new array(contents.get(of)! as never) as TypedArray;
  });

async function run({ program }: Runner, planned: Plan): Promise<number[][]> {
  const { outputs } = await program(planned.program, arraysOf(planned));
  return outputs.map((array) => Array.from(array, Number));
}

function expectClose(
  actual: readonly number[],
  wanted: readonly number[],
  what: string,
  tolerance: number,
): void {
  expect(actual.length).toBe(wanted.length);
  const scale = Math.max(1, ...wanted.filter(Number.isFinite).map(Math.abs));
  actual.forEach((value, i) => {
    const want = wanted[i]!;
    const good = Number.isNaN(want) ? Number.isNaN(value) : Math.abs(value - want) <= tolerance * scale;
    if (!good) throw new Error(`${what}, element ${i}: ${value} instead of ${want}`);
  });
}

interface Case {
  readonly lead?: Shape;
  readonly queries: number;
  readonly keys?: number;
  readonly width: number;
  readonly valueWidth?: number;
  readonly causal?: boolean;
  readonly mask?: (shape: Shape) => Node;
  readonly dropout?: number;
}

function attention({ lead = [2, 2], queries, keys = queries, width, valueWidth = width, ...how }: Case): {
  readonly outputs: Node[];
  readonly operands: Node[];
} {
  const operands = [
    leaf([...lead, queries, width]),
    leaf([...lead, keys, width]),
    leaf([...lead, keys, valueWidth]),
  ];
  const mask = how.mask?.([...lead, queries, keys]);
  const { causal = false, dropout = 0 } = how;
  const words = dropout > 0 ? leaf([2], (i) => 1234567 * (i + 1), 'uint32') : undefined;
  const inputs = [...operands, mask, words].filter((x) => x !== undefined);
  const value = node('attention', inputs, { scale: 0.4, causal, dropout });
  const cotangent = leaf(value.shape);
  return { outputs: [value, ...gradients([value], [cotangent], operands).map((x) => x!)], operands };
}

/** A software driver takes seconds to compile such a kernel, and gets but a few. */
const timeout = 180_000;
const names = ['output', 'gradient of q', 'gradient of k', 'gradient of v'];
const dataOf = (of: Leaf): number[] => contents.get(of)!;

type Check = (outputs: Node[], how?: { fusion?: boolean; tolerance?: number }) => Promise<Plan>;

const checkOn =
  (runner: Runner): Check =>
  async (outputs, { fusion = true, tolerance = 2e-5 } = {}) => {
    const graph: Graph = { outputs, assigns: [] };
    const wanted = interpret(graph, dataOf).map(({ data }) => Array.from(data, Number));
    const planned = online(graph, runner.target, fusion);
    const kinds = planned.program.steps.map((step) => (step.kind === 'launch' ? step.nest.kind : 'copy'));
    expect(kinds).toContain('attention');
    (await run(runner, planned)).forEach((values, i) =>
      expectClose(values, wanted[i]!, names[i] ?? '', tolerance),
    );
    return planned;
  };

onEachBackend(
  (_, runner) => {
    const { target } = runner;
    if (!target.attention) {
      it('writes attention out', () => expect(target.attention).toBeUndefined());
      return;
    }
    const check = checkOn(runner);

    describe('computes output and gradients', () => {
      const bias = (shape: Shape): Node => g.expandTo(leaf(shape.slice(-2)), shape);
      const cases: Readonly<Record<string, Case>> = {
        'one block': { queries: 16, width: 8 },
        'one query and one key': { queries: 1, width: 1 },
        'odd sizes': { queries: 13, keys: 21, width: 5, valueWidth: 7 },
        'more than one block': { queries: 150, width: 32 },
        'blocks with rests': { queries: 131, keys: 77, width: 19, valueWidth: 3, lead: [3] },
        'no leading dimensions': { queries: 70, keys: 9, width: 4, lead: [] },
        causal: { queries: 150, width: 16, causal: true },
        'causal, more keys than queries': { queries: 10, keys: 100, width: 8, causal: true },
        'causal, more queries than keys': { queries: 100, keys: 70, width: 8, causal: true },
        'a mask': { queries: 70, keys: 67, width: 8, mask: bias },
        'a causal mask as numbers': {
          queries: 66,
          width: 8,
          mask: (shape) =>
            g.expandTo(
              leaf([66, 66], (i) => (i % 66 > Math.floor(i / 66) ? -Infinity : 0)),
              shape,
            ),
        },
        dropout: { queries: 70, keys: 66, width: 8, dropout: 0.3 },
        'dropout and causal': { queries: 70, width: 8, dropout: 0.5, causal: true },
      };
      it.each(Object.entries(cases))('%s', { timeout }, async (_, each) => {
        await check(attention(each).outputs);
      });

      it('without fusion', async () => {
        await check(attention({ queries: 30, width: 8 }).outputs, { fusion: false });
      });
    });

    describe('takes in', () => {
      const [queries, keys, width] = [70, 67, 8];
      const operands = (): [Node, Node, Node] => [
        leaf([2, queries, width]),
        leaf([2, keys, width]),
        leaf([2, keys, width]),
      ];
      const attend = (q: Node, k: Node, v: Node, ...mask: Node[]): Node =>
        node('attention', [q, k, v, ...mask], { scale: 0.4, causal: false, dropout: 0 });

      it('rows that see nothing: no numbers, as written out', { timeout }, async () => {
        const blind = (i: number): number => (Math.floor(i / keys) % 7 === 3 ? -Infinity : 0);
        const mask = leaf([2, queries, keys], blind);
        const [q, k, v] = operands();
        const value = attend(q, k, v, mask);
        const [gradient] = gradients([value], [leaf(value.shape)], [q]);
        const outputs = [value, gradient!];
        const wanted = await run(runner, written({ outputs, assigns: [] }, target));
        expect(wanted[0]!.filter(Number.isNaN).length).toBe(2 * 10 * width);
        (await run(runner, online({ outputs, assigns: [] }, target))).forEach((values, i) =>
          expectClose(values, wanted[i]!, names[i]!, 2e-5),
        );
      });

      it('views of its operands', async () => {
        const joint = leaf([2, queries, 3, 4, width]);
        const heads = [0, 1, 2].map((i) =>
          g.swapAxes(g.reshape(g.sliceAxis(joint, 2, i, 1), [2, queries, 4, width]), 1, 2),
        ) as [Node, Node, Node];
        const planned = await check([g.reshape(g.swapAxes(attend(...heads), 1, 2), [2, queries, 4 * width])]);
        const [first] = planned.program.steps;
        expect(first?.kind === 'launch' && first.nest.kind).toBe('attention');
      });

      it('masks that are computed from small operands, without their matrix', async () => {
        const seen = leaf([2, 1, keys], (i) => Number(i % 5 !== 2), 'bool');
        const shape = [2, queries, keys];
        const mask = g.where(g.expand(seen, shape), g.full(shape, 0), g.full(shape, -Infinity));
        const { program } = await check([attend(...operands(), mask)]);
        expect(program.arenaBytes).toBe(0);
      });

      it('scores far apart, without overflow', async () => {
        const [q, k, v] = operands();
        await check([attend(g.scale(q, 200), k, v)], { tolerance: 1e-3 });
      });
    });

    describe('hand-written dropout', () => {
      const shape = [2, 3, 70, 66];
      const softmaxOf = (scores: Node): Node => {
        const largest = g.reduce('amax', scores, [3], true);
        const powers = g.exp(g.sub(scores, g.expand(largest, shape)));
        return g.div(powers, g.expand(g.sum(powers, [3], true), shape));
      };

      it('is part of it, with the same draw', async () => {
        const [q, k, v] = [leaf([2, 3, 70, 8]), leaf([2, 3, 66, 8]), leaf([2, 3, 66, 8])];
        const words = [11, 7].map((word) => leaf([], () => word, 'uint32')) as [Node, Node];
        const uniform = g.reshape(uniformOf(randomWords(...words, numel(shape))), shape);
        const weights = softmaxOf(g.scale(g.matmul(q, g.swapAxes(k, 2, 3)), 0.25));
        const value = g.matmul(dropoutWith(weights, uniform, { p: 0.1 }), v);
        const [seen] = recogniseAttention([value]);
        expect(seen).toMatchObject({ op: 'attention', attrs: { scale: 0.25, dropout: 0.1 } });
        const graph = { outputs: [value], assigns: [] };
        const [want] = interpret(graph, dataOf);
        const [have] = interpret({ outputs: [seen!], assigns: [] }, dataOf);
        expectClose(have!.data.map(Number), want!.data.map(Number), 'recognised', 1e-6);
        await check([seen!, ...gradients([seen!], [leaf(seen!.shape)], [q, k, v]).map((x) => x!)]);
      });
    });

    describe('the nest', () => {
      it('means in plain loops what the graph means', () => {
        const bias = (shape: Shape): Node => leaf(shape);
        const { outputs } = attention({
          queries: 5,
          keys: 6,
          width: 3,
          causal: true,
          mask: bias,
          dropout: 0.3,
        });
        const graph: Graph = { outputs, assigns: [] };
        const { program, inputs } = online(graph, target);
        const data = inputs.map((of) => contents.get(of)!);
        const wanted = interpret(graph, dataOf);
        runProgram(program, data).forEach((values, i) =>
          expectClose(values.map(Number), wanted[i]!.data.map(Number), names[i]!, 1e-9),
        );
      });

      it('holds output and logsumexp, and the gradients of keys and values', () => {
        const { program } = online(
          { outputs: attention({ queries: 8, width: 4 }).outputs, assigns: [] },
          target,
        );
        const results = program.steps.flatMap((step) =>
          step.kind === 'launch' && step.nest.kind === 'attention'
            ? [Object.keys(step.nest.results).sort()]
            : [],
        );
        expect(results).toEqual([['logsumexp', 'output'], ['gradientQ'], ['gradientK', 'gradientV']]);
      });
    });
  },
  { gpu: true },
);
