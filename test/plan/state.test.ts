/** New state: written where the old lies if no read is lost by that, through a copy otherwise. Always from the state before the step. */
import { describe, expect, it } from 'vitest';
import { numel } from '../../src/core/index.js';
import { g, type Graph, type Node } from '../../src/graph/index.js';
import type { Leaf } from '../../src/ops/index.js';
import type { Plan } from '../../src/plan/index.js';
import { interpret } from '../oracle/interpreter.js';
import { runProgram } from '../oracle/run-program.js';
import { adam, adamUpdate, compile, input, mlpStep, sgd, state, type State } from '../loops/cases.js';

const copies = ({ program }: Plan): number => program.steps.filter(({ kind }) => kind === 'copy').length;
const launches = ({ program }: Plan): number => program.steps.length - copies({ program } as Plan);
/** Places of state that a launch writes. */
const inPlace = ({ program }: Plan): number =>
  program.steps.flatMap((step) =>
    step.kind === 'launch'
      ? step.buffers.filter((ref, i) => ref.space === 'state' && step.nest.buffers[i]!.access !== 'read')
      : [],
  ).length;

/** Runs the program on numbered elements and compares outputs and new state with the interpreter's. */
function run(graph: Graph, cells: readonly State[], inputs: readonly Node[] = []): Plan {
  const { plan } = compile(graph);
  const data = new Map<Leaf, number[]>();
  const give = (leaf: Leaf, node: Node, scale: number): unknown =>
    data.set(
      leaf,
      Array.from({ length: numel(node.shape) }, (_, i) => scale * (i + 1)),
    );
  cells.forEach((cell, i) => give(cell.leaf, cell.node, i + 1));
  inputs.forEach((node, i) => node.op === 'input' && give(node.attrs.leaf, node, 0.5 + i));
  const expected = interpret(graph, (leaf) => data.get(leaf)!);
  const states = plan.states.map((leaf) => [...data.get(leaf)!]);
  const outputs = runProgram(
    plan.program,
    plan.inputs.map((leaf) => data.get(leaf)!),
    states,
  );
  const actual = [...outputs, ...graph.assigns.map(({ leaf }) => states[plan.states.indexOf(leaf)]!)];
  actual.forEach((values, i) =>
    values.forEach((value, j) => expect(Number(value)).toBeCloseTo(Number(expected[i]!.data[j]), 4)),
  );
  return plan;
}

const assign = (...pairs: readonly (readonly [State, Node])[]): Graph => ({
  outputs: [],
  assigns: pairs.map(([{ leaf }, value]) => ({ leaf, value })),
});

describe('in place', () => {
  it('an update of each element by itself', () => {
    const [w, x] = [state('w', [2, 3]), input('x', [2, 3])];
    const plan = run(assign([w, g.sub(w.node, g.scale(x, 0.1))]), [w], [x]);
    expect([launches(plan), copies(plan), inPlace(plan), plan.program.arenaBytes]).toEqual([1, 0, 1, 0]);
  });

  it('all cells of an optimizer', () => {
    for (const graph of [adamUpdate(), mlpStep(sgd), mlpStep(adam)]) {
      const { plan } = compile(graph);
      expect(copies(plan)).toBe(0);
      expect(inPlace(plan)).toBeGreaterThanOrEqual(graph.assigns.length);
    }
  });

  it('after whoever else reads the old content', () => {
    const [w, x] = [state('w', [3, 3]), input('x', [3, 3])];
    const plan = run(
      { outputs: [g.matmul(x, w.node)], assigns: [{ leaf: w.leaf, value: g.add(w.node, x) }] },
      [w],
      [x],
    );
    expect(copies(plan)).toBe(0);
  });

  it('a cell whose old content nothing reads', () => {
    const [w, x] = [state('w', [4]), input('x', [4])];
    const plan = run(assign([w, g.exp(x)]), [w], [x]);
    expect([launches(plan), copies(plan), plan.program.arenaBytes]).toEqual([1, 0, 0]);
  });
});

describe('through a copy', () => {
  it('a swap of two cells', () => {
    const [a, b] = [state('a', [5]), state('b', [5])];
    run(assign([a, b.node], [b, a.node]), [a, b]);
  });

  it('a rotation of three cells, with something computed', () => {
    const cells = [state('a', [5]), state('b', [5]), state('c', [5])] as const;
    const [a, b, c] = cells;
    run(assign([a, g.scale(b.node, 2)], [b, c.node], [c, g.add(a.node, b.node)]), cells);
  });

  it('a transpose of itself', () => {
    const w = state('w', [3, 3]);
    const plan = run(assign([w, g.permute(w.node, [1, 0])]), [w]);
    expect(copies(plan)).toBe(1);
    expect(plan.program.arenaBytes).toBeGreaterThanOrEqual(36);
  });

  it('an update that reads its neighbours', () => {
    const w = state('w', [6]);
    const plan = run(assign([w, g.add(w.node, g.flip(w.node, 0))]), [w]);
    expect(copies(plan)).toBe(1);
  });

  it('a value normalised by its own sum', () => {
    const w = state('w', [2, 4]);
    run(assign([w, g.div(w.node, g.expand(g.sum(w.node, [1], true), [2, 4]))]), [w]);
  });

  it('a product with itself', () => {
    const w = state('w', [3, 3]);
    const plan = run(assign([w, g.matmul(w.node, w.node)]), [w]);
    expect(copies(plan)).toBe(1);
  });

  it('a value that is returned and assigned', () => {
    const [w, x] = [state('w', [4]), input('x', [4])];
    const next = g.add(w.node, x);
    run({ outputs: [next, next], assigns: [{ leaf: w.leaf, value: next }] }, [w], [x]);
  });

  it('one value for two cells', () => {
    const [a, b] = [state('a', [4]), state('b', [4])];
    const next = g.add(a.node, b.node);
    run(assign([a, next], [b, next]), [a, b]);
  });

  it('two updates of equal meaning, each reading the cell that the other writes', () => {
    const [a, b] = [state('a', [8]), state('b', [8])];
    run(assign([a, g.scale(b.node, 0.5)], [b, g.scale(a.node, 0.5)]), [a, b]);
  });
});
