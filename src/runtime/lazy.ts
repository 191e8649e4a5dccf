/**
 * Running without compile(): values are computed when they are read, and a write to state computes what waits for it.
 * Programs come from a cache keyed by exact structure, so a loop compiles once.
 */
import { StaleError, TraceError, dtypes } from '../core/index.js';
import {
  g,
  node,
  roots,
  structuralKey,
  topological,
  type Assign,
  type Graph,
  type Node,
  type NodeOf,
} from '../graph/index.js';
import { encode } from '../ops/index.js';
import { Data, Placeholder, type Cell } from './cell.js';
import { Instance } from './instance.js';
import { compileGraph } from './pipeline.js';
import { defaultsKey } from './backend.js';
import { pending } from './pending.js';
import { outsideTrace } from './trace.js';
import type { Value } from './value.js';

/** Programs kept, least recently used dropped first. */
const capacity = 128;
const programs = new Map<string, Instance>();
/** Structures met before, scalars aside; forgotten when they are too many. */
const mostFamilies = 4096;
const families = new Set<string>();

/** Nodes whose data is at hand although gradients may still flow through them. */
const realised = new WeakMap<Node, Data>();

/** The same graph with some nodes replaced. */
function rebuild(graph: Graph, replace: (node: Node) => Node | undefined): Graph {
  const now = new Map<Node, Node>();
  for (const old of topological(roots(graph), (n) => replace(n) !== undefined)) {
    const inputs = old.inputs.map((input) => now.get(input) ?? input);
    const changed = inputs.some((input, i) => input !== old.inputs[i]);
    now.set(
      old,
      replace(old) ?? (changed ? (node(old.op, inputs, old.attrs as never, old.sources) as Node) : old),
    );
  }
  return {
    outputs: graph.outputs.map((output) => now.get(output)!),
    assigns: graph.assigns.map(({ leaf, value }): Assign => ({ leaf, value: now.get(value)! })),
  };
}

/** Refuses leaves that no longer mean what they meant when the graph was built. */
function checkLeaves(order: readonly Node[]): void {
  for (const leaf of order) {
    if (leaf.op === 'input' && leaf.attrs.leaf instanceof Placeholder) {
      throw new TraceError(
        `a value computed from ${leaf.attrs.leaf.name} is read outside the trace it belongs to`,
      );
    }
    if (leaf.op !== 'state') continue;
    const cell = leaf.attrs.leaf as Cell;
    if (cell.version === leaf.attrs.version) continue;
    const user = order.find((n) => n.inputs.includes(leaf));
    const site = user?.sources[0]?.site.toString();
    throw new StaleError(
      `a value computed from ${cell.name ?? 'a parameter'}${site ? ` at ${site}` : ''} is read after ${cell.name ?? 'it'} was overwritten`,
      'read it before the write (optimizer.step()), or keep it with .retain()',
    );
  }
}

/** Numbers of a graph as elements of one input for each dtype: some targets bind few buffers. */
function asInputs(scalars: readonly NodeOf<'constant'>[]): Map<Node, Node> {
  const inputs = new Map<Node, Node>();
  for (const dtype of new Set(scalars.map((scalar) => scalar.dtype))) {
    const alike = scalars.filter((scalar) => scalar.dtype === dtype);
    const array = new dtypes[dtype].array(alike.length);
    alike.forEach(({ attrs }, i) => (array[i] = encode(attrs.value, dtype) as never));
    const all = new Data(array, [alike.length], dtype).node;
    alike.forEach((scalar, i) => inputs.set(scalar, g.reshape(g.sliceAxis(all, 0, i, 1), scalar.shape)));
  }
  return inputs;
}

/** The instance for a graph, and the leaves to run it with. */
function instanceFor(graph: Graph): { instance: Instance; leaves: readonly (Data | Cell)[] } {
  const { key, keyWithoutScalars, leaves, scalars } = structuralKey(graph);
  const found = recall(key);
  if (found) return { instance: found, leaves: leaves as (Data | Cell)[] };
  if (families.has(keyWithoutScalars) && scalars.length > 0) {
    // The second program that differs in its numbers only: they become inputs, and a third needs no compilation.
    const inputs = asInputs(scalars);
    return instanceFor(rebuild(graph, (n) => inputs.get(n)));
  }
  if (families.size >= mostFamilies) families.clear();
  families.add(keyWithoutScalars);
  const instance = new Instance(compileGraph(graph, { name: 'lazy' }, leaves));
  programs.set(`${defaultsKey()}:${key}`, instance);
  if (programs.size > capacity) {
    const [oldest, dropped] = programs.entries().next().value!;
    programs.delete(oldest);
    dropped.release();
  }
  return { instance, leaves: leaves as (Data | Cell)[] };
}

function recall(key: string): Instance | undefined {
  const full = `${defaultsKey()}:${key}`;
  const found = programs.get(full);
  if (!found) return undefined;
  programs.delete(full);
  programs.set(full, found);
  return found;
}

/** Computes nodes and carries out assignments; results are data of their own. */
export function evaluate(
  outputs: readonly Node[],
  assigns: readonly { cell: Cell; value: Node }[] = [],
): Data[] {
  return outsideTrace(() => {
    let graph: Graph = { outputs, assigns: assigns.map(({ cell, value }) => ({ leaf: cell, value })) };
    const order = topological(roots(graph), (n) => realised.has(n));
    if (order.some((n) => realised.has(n))) graph = rebuild(graph, (n) => realised.get(n)?.node);
    checkLeaves(order.filter((n) => !realised.has(n)));
    const { instance, leaves } = instanceFor(graph);
    const written = assigns.map(({ cell }) => cell);
    const results = instance.run(leaves, (leaf) => (leaf as Data).storage, written);
    return results.map((result, i) => new Data(result, outputs[i]!.shape, outputs[i]!.dtype));
  });
}

/** A value that cannot be computed says so once, here: it does not wait for the next write to fail again. */
function evaluateAll(values: readonly Value[], assigns?: readonly { cell: Cell; value: Node }[]): Data[] {
  try {
    return evaluate(
      values.map((value) => value.lazyNode!),
      assigns,
    );
  } catch (error) {
    for (const value of values) pending.delete(value);
    throw error;
  }
}

/** Gives values their data, all by one program. */
export function realise(values: readonly Value[], keepGraph: (value: Value) => boolean): void {
  const waiting = values.filter((value) => value.data === undefined && value.lazyNode !== undefined);
  if (waiting.length === 0) return;
  const data = evaluateAll(waiting);
  waiting.forEach((value, i) => settle(value, data[i]!, keepGraph(value)));
}

/** Writes state: one parallel assignment, together with every value that nothing has consumed. */
export function commit(assigns: readonly { cell: Cell; value: Node }[]): void {
  const waiting = withoutStale(pending.all().filter((value) => value.data === undefined));
  const data = evaluateAll(waiting, assigns);
  const nodes = waiting.map((value) => value.lazyNode!);
  const live = differentiable(nodes, new Set(assigns.map(({ cell }) => cell)));
  waiting.forEach((value, i) => settle(value, data[i]!, live.has(nodes[i]!)));
}

/** Values that rest on overwritten state say so when they are read: a write has nothing to do with them. */
function withoutStale(values: readonly Value[]): Value[] {
  const stale = new Set<Node>();
  for (const n of topological(
    values.map((value) => value.lazyNode!),
    (known) => realised.has(known),
  )) {
    if (realised.has(n)) continue;
    const overwritten = n.op === 'state' && (n.attrs.leaf as Cell).version !== n.attrs.version;
    if (overwritten || n.inputs.some((input) => stale.has(input))) stale.add(n);
  }
  return values.filter((value) => !stale.has(value.lazyNode!) || !pending.delete(value));
}

function settle(value: Value, data: Data, keepGraph: boolean): void {
  if (keepGraph) realised.set(value.lazyNode!, data);
  value.settle(data, keepGraph);
}

/** Nodes from which gradients may still flow to a leaf that wants them, through content that was not overwritten. */
function differentiable(outputs: readonly Node[], overwritten: ReadonlySet<Cell>): ReadonlySet<Node> {
  const lost = new Set<Node>();
  const live = new Set<Node>();
  for (const n of topological(outputs)) {
    const cell = n.op === 'state' ? (n.attrs.leaf as Cell) : undefined;
    if (cell ? overwritten.has(cell) : n.inputs.some((input) => lost.has(input))) lost.add(n);
    else if (cell ? cell.requiresGrad : n.inputs.some((input) => live.has(input))) live.add(n);
  }
  return live;
}

/** Computes everything that waits, before state changes by other means. */
export const flushPending = (): void => {
  if (pending.all().length > 0) commit([]);
};

/** Past this many, all are computed: a program that never reads what it makes stays bounded. */
const mostPending = 1024;

/** Lets a value wait for the next write to state. */
export function awaitWrite(value: Value): void {
  pending.add(value);
  if (pending.size > mostPending) flushPending();
}
