/** Planning: kernels become a Program, with an order, an arena and state updated where it lies. */
import { InternalError, dtypes, numel } from '../core/index.js';
import { storageOf, type Fusion } from '../fusion/index.js';
import type { Node } from '../graph/index.js';
import type { Kernel, Lowered } from '../lower/index.js';
import type { Leaf } from '../ops/index.js';
import { allocate, liveBytes, peakOf, type Interval } from './allocate.js';
import { mayUpdateInPlace } from './in-place.js';
import { dependencies, thriftyOrder, traceOrder, waitsFor, writersOf, type Task } from './order.js';
import type { Allocation, BufferRef, Program, Slot, Step } from './program.js';
import type { Target } from './target.js';

export * from './program.js';
export type { Target } from './target.js';

export interface Plan {
  readonly program: Program;
  /** What to bind to each input and state of the program. */
  readonly inputs: readonly Leaf[];
  readonly states: readonly Leaf[];
  /** Kernels in the order of the program's launches. */
  readonly kernels: readonly Kernel[];
}

const slotOf = (node: Node, name: string): Slot => ({ shape: node.shape, dtype: node.dtype, name });

/** Leaves by identity: one place each, however many nodes read it. */
class Leaves {
  readonly leaves: Leaf[] = [];
  readonly slots: Slot[] = [];
  readonly #index = new Map<Leaf, number>();
  index(node: Node, leaf: Leaf): number {
    const known = this.#index.get(leaf);
    if (known !== undefined) return known;
    const index = this.leaves.push(leaf) - 1;
    this.#index.set(leaf, index);
    this.slots.push(slotOf(node, leaf.name ?? `${node.op}${index}`));
    return index;
  }
}

/** Where each number stands in a list. */
function positionsOf(numbers: readonly number[]): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  numbers.forEach((number, i) => {
    const known = positions.get(number);
    if (known) known.push(i);
    else positions.set(number, [i]);
  });
  return positions;
}

export function plan(lowered: Lowered, fusion: Fusion, target: Target, name = 'step'): Plan {
  const { graph, position } = fusion.flow;
  const { kernels } = lowered;
  const inputs = new Leaves();
  const states = new Leaves();
  const values = new Map<Node, number>();
  const nodes: Node[] = [];
  const valueOf = (node: Node): number => {
    const key = node;
    const known = values.get(key);
    if (known !== undefined) return known;
    const number = nodes.push(node) - 1;
    values.set(key, number);
    return number;
  };
  // Two versions of a cell never meet in one program: a leaf is one value whichever node names it.
  const leafNodes = new Map<Leaf, Node>();
  const canonical = (node: Node): Node => {
    if (node.op !== 'state' && node.op !== 'input') return node;
    const first = leafNodes.get(node.attrs.leaf);
    if (first) return first;
    leafNodes.set(node.attrs.leaf, node);
    return node;
  };
  const numbersOf = kernels.map(({ operands }) => operands.map((node) => valueOf(canonical(node))));
  const tasks = kernels.map(({ nest, regions }, task): Task => {
    const numbers = numbersOf[task]!;
    const access = nest.buffers.map((buffer) => buffer.access);
    return {
      reads: numbers.filter((_, i) => access[i] !== 'write'),
      writes: numbers.filter((_, i) => access[i] !== 'read'),
      after: new Set(),
      priority: Math.max(
        ...regions.map(({ results }) => Math.max(...results.map(({ value }) => position.get(value) ?? 0))),
      ),
    };
  });
  const writer = writersOf(tasks);
  const before = dependencies(tasks);
  const readers = new Map<number, number[]>();
  tasks.forEach(({ reads }, task) => {
    for (const value of new Set(reads)) {
      const known = readers.get(value);
      if (known) known.push(task);
      else readers.set(value, [task]);
    }
  });

  const awaited = new Set(before.flatMap((tasksBefore) => [...tasksBefore]));
  const operandsOfTask = new Map<number, Map<number, number[]>>();
  /** Which operands of a kernel are a value: one kernel may update hundreds of parameters. */
  const operandsWith = (task: number): Map<number, number[]> => {
    let byValue = operandsOfTask.get(task);
    if (!byValue) operandsOfTask.set(task, (byValue = positionsOf(numbersOf[task]!)));
    return byValue;
  };

  // Where each stored value goes: results and state are written in place where that is legal, else copied at the end.
  const refs = new Map<number, BufferRef>();
  const copies: { from: number; to: BufferRef; node: Node }[] = [];
  const outputs: Slot[] = graph.outputs.map((node, index) => {
    const value = valueOf(storageOf(node));
    const to: BufferRef = { space: 'output', index };
    if (refs.has(value)) copies.push({ from: value, to, node });
    else refs.set(value, to);
    return slotOf(node, `output${index}`);
  });
  for (const { leaf, value: node } of graph.assigns) {
    const value = valueOf(storageOf(node));
    const to: BufferRef = { space: 'state', index: states.index(node, leaf) };
    if (!refs.has(value) && claimState(leaf, value)) refs.set(value, to);
    else copies.push({ from: value, to, node });
  }

  function claimState(leaf: Leaf, value: number): boolean {
    const task = writer.get(value);
    if (task === undefined) return false;
    const old = leafNodes.get(leaf);
    if (!old) return true;
    const oldValue = valueOf(old);
    const { nest } = kernels[task]!;
    const operands = operandsWith(task);
    const written = operands.get(value)![0]!;
    const reads = operands.get(oldValue) ?? [];
    if (!reads.every((read) => mayUpdateInPlace(nest, read, written))) return false;
    const others = (readers.get(oldValue) ?? []).filter((reader) => reader !== task);
    // Most updates come last: nothing waits for them, and no search is needed to know it.
    if (awaited.has(task) && others.some((reader) => waitsFor(before, reader, task))) return false;
    for (const reader of others) {
      tasks[task]!.after.add(reader);
      before[task]!.add(reader);
      awaited.add(reader);
    }
    return true;
  }

  const aligned = (bytes: number): number => Math.ceil(bytes / target.alignment) * target.alignment;
  const bytesOf = (value: number): number =>
    aligned(numel(nodes[value]!.shape) * dtypes[nodes[value]!.dtype].bytes);
  const isArena = (value: number): boolean => writer.has(value) && !refs.has(value);
  const arenaBytes = (value: number): number => (isArena(value) ? bytesOf(value) : 0);

  const intervalsOf = (order: readonly number[]): Interval[] => {
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    order.forEach((task, step) => {
      const { reads, writes } = tasks[task]!;
      for (const value of [...reads, ...writes]) {
        if (!isArena(value)) continue;
        if (!first.has(value)) first.set(value, step);
        last.set(value, step);
      }
    });
    copies.forEach(({ from }, i) => {
      if (isArena(from)) last.set(from, order.length + i);
    });
    return [...first].map(([value, step]) => ({
      value,
      bytes: bytesOf(value),
      first: step,
      last: last.get(value)!,
    }));
  };
  const stepCount = tasks.length + copies.length;
  const peak = (order: readonly number[]): number => peakOf(liveBytes(intervalsOf(order), stepCount));
  const orders = [traceOrder(tasks), thriftyOrder(tasks, arenaBytes)];
  const order = orders.reduce((best, other) => (peak(other) < peak(best) ? other : best));
  const intervals = intervalsOf(order);
  const { offsets, bytes: total } = allocate(intervals, stepCount);

  const allocations: Allocation[] = intervals.map((interval, i) => {
    const { value, bytes } = interval;
    refs.set(value, { space: 'arena', allocation: i });
    const { op, dtype, shape } = nodes[value]!;
    const live = [interval.first, interval.last] as const;
    return { name: op, dtype, elements: numel(shape), offset: offsets.get(value)!, bytes, live };
  });
  const refOf = (node: Node): BufferRef => {
    const at = canonical(node);
    if (at.op === 'input') return { space: 'input', index: inputs.index(at, at.attrs.leaf) };
    if (at.op === 'state') return { space: 'state', index: states.index(at, at.attrs.leaf) };
    const ref = refs.get(valueOf(at));
    if (!ref) throw new InternalError(`%${at.id} = ${at.op} has no place in memory`);
    return ref;
  };
  const ordered = order.map((task) => kernels[task]!);
  const names = new Set<string>();
  const lastOf = new Map<string, number>();
  const unique = (base: string): string => {
    let candidate = base;
    for (let i = (lastOf.get(base) ?? 1) + 1; names.has(candidate); i++) {
      candidate = `${base}_${i}`;
      lastOf.set(base, i);
    }
    names.add(candidate);
    return candidate;
  };
  const steps: Step[] = [
    ...ordered.map(({ nest, operands }): Step => ({
      kind: 'launch',
      nest: { ...nest, name: unique(nest.name) },
      buffers: operands.map(refOf),
    })),
    ...copies.map(({ from, to, node }): Step => ({
      kind: 'copy',
      from: refs.get(from)!,
      to,
      elements: numel(node.shape),
      dtype: node.dtype,
    })),
  ];
  const program: Program = {
    name,
    arenaBytes: total,
    allocations,
    liveBytes: liveBytes(intervals, stepCount),
    inputs: inputs.slots,
    states: states.slots,
    outputs,
    steps,
    checks: lowered.checks,
  };
  return { program, inputs: inputs.leaves, states: states.leaves, kernels: ordered };
}
