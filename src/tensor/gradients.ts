/** backward(): gradients of a value added to the leaves it depends on. */
import { gradients, unitCotangent } from '../autodiff/index.js';
import { GradientError, ShapeError, formatShape, isFloat, sameShape } from '../core/index.js';
import { g, topological, withOrigin, type Node } from '../graph/index.js';
import {
  activeTrace,
  awaitWrite,
  flushPending,
  observe,
  outsideTrace,
  pending,
  realise,
  touch,
  type Cell,
} from '../runtime/index.js';
import { recogniseAttention } from '../passes/index.js';
import { expectTensor } from './arguments.js';
import type { TensorBase } from './base.js';

const tracked = new WeakMap<Node, boolean>();

/** Whether a gradient can flow from a node to some leaf that requires one. */
export function isTracked(root: Node): boolean {
  for (const node of topological([root], (n) => tracked.has(n))) {
    if (tracked.has(node)) continue;
    const stopped = node.op === 'stopGradient' || !isFloat(node.dtype);
    // What a leaf requires may change: only derived nodes are remembered.
    if (node.op === 'state') continue;
    tracked.set(node, !stopped && node.inputs.some((input) => tracked.get(input) ?? isTrackedLeaf(input)));
  }
  return tracked.get(root) ?? isTrackedLeaf(root);
}

const isTrackedLeaf = (node: Node): boolean => node.op === 'state' && wantsGrad(node.attrs.leaf as Cell);
/** A traced function depends on the answer. */
const wantsGrad = (cell: Cell): boolean => observe(() => cell.requiresGrad);

/** The leaves of a value that require a gradient, as nodes at this point of the program. */
function leavesOf(root: Node): Map<Node, Cell> {
  const written = new Map<Node, Cell>();
  for (const [cell, node] of activeTrace()?.writes ?? []) if (wantsGrad(cell)) written.set(node, cell);
  const leaves = new Map<Node, Cell>();
  for (const node of topological([root], (n) => written.has(n))) {
    const cell =
      written.get(node) ??
      (isTrackedLeaf(node) && node.op === 'state' ? (node.attrs.leaf as Cell) : undefined);
    if (cell) leaves.set(node, cell);
  }
  return leaves;
}

type Make = (of: Node | Cell) => TensorBase;

/** The gradient a leaf holds at this point of the program. */
export function readGrad(cell: Cell, make: Make): Cell['grad'] {
  const trace = activeTrace();
  if (trace && !trace.hasTouchedGrad(cell) && observe(() => cell.grad !== null)) {
    // An earlier gradient must lie where later calls find it.
    moveToCell(cell, make);
    trace.gradsRead.add(cell);
  }
  return cell.grad;
}

/** Gives a leaf another gradient, or none. */
export function writeGrad(cell: Cell, to: TensorBase | null): void {
  const trace = activeTrace();
  trace?.touchGrad(cell);
  const before = cell.grad;
  cell.grad = to;
  if (trace) return;
  if ((before === null) !== (to === null)) touch();
  if (before && before !== to) {
    before.value.retained = false;
    pending.delete(before.value);
  }
  if (to?.value.lazyNode && !to.value.data) {
    to.value.retained = true;
    awaitWrite(to.value);
  }
}

/**
 * Gradients of `outputs` with respect to `wrt`. Attention written out by hand is recognised first: its gradient then needs the
 * probabilities only once.
 */
export function differentiate(
  outputs: readonly Node[],
  seeds: readonly Node[],
  wrt: readonly Node[],
): (Node | undefined)[] {
  const seen = recogniseAttention([...outputs, ...wrt]);
  return gradients(seen.slice(0, outputs.length), seeds, seen.slice(outputs.length));
}

export interface BackwardOptions {
  readonly gradient?: TensorBase | null | undefined;
  readonly createGraph?: boolean | undefined;
}

export function accumulate(of: TensorBase, given: TensorBase | BackwardOptions | null, make: Make): void {
  const isOptions = given === null || Object.getPrototypeOf(given) === Object.prototype;
  const options = isOptions ? given : { gradient: given };
  const { gradient, createGraph } = (options ?? {}) as BackwardOptions;
  const root = of.value.node;
  if (gradient !== undefined && gradient !== null) expectTensor(gradient, 'backward', 'gradient');
  if (gradient && !sameShape(gradient.shape, of.shape)) {
    throw new ShapeError(
      'backward',
      `gradient ${formatShape(gradient.shape)} for a value ${formatShape(of.shape)}`,
    );
  }
  const seed = gradient ? g.cast(gradient.node, root.dtype) : unitCotangent(root, 'backward');
  const leaves = leavesOf(root);
  if (leaves.size === 0) {
    throw new GradientError(
      'backward: the value depends on nothing that requires a gradient',
      'parameters do; other leaves need requiresGrad_(). Nothing flows through detach() or noGrad(), ' +
        'nor out of a compiled function: call backward() inside it',
    );
  }
  const nodes = [...leaves.keys()];
  const found = differentiate([root], [seed], nodes);
  withOrigin('backward', () => {
    nodes.forEach((node, i) => {
      const each = found[i];
      if (each) addTo(leaves.get(node)!, createGraph ? each : g.stopGradient(each), make);
    });
  });
}

function addTo(cell: Cell, gradient: Node, make: Make): void {
  const before = readGrad(cell, make);
  writeGrad(cell, make(before ? g.add(before.value.node, gradient) : gradient));
}

const gradTensors = new WeakMap<Cell, TensorBase>();

/** The tensor that shows the gradient compiled functions leave on a parameter. */
export function gradTensor(cell: Cell, make: Make): TensorBase {
  let tensor = gradTensors.get(cell);
  if (!tensor) gradTensors.set(cell, (tensor = make(cell.gradCell)));
  return tensor;
}

/**
 * Puts a gradient that was computed lazily, or set, into the cell compiled functions use. The tensor it was stays what
 * it is: others may hold it, as their gradient or as a buffer.
 */
export function moveToCell(cell: Cell, make: Make): void {
  const { grad } = cell;
  if (grad === null || grad.value.cell === cell.gradCell) return;
  outsideTrace(() => {
    flushPending();
    realise([grad.value], () => false);
    const held = grad.value.cell ?? grad.value.data!;
    const { storage } = cell.gradCell;
    if (storage.onHost && held.storage.onHost) storage.write(held.array);
    else storage.moveTo(held.storage.copy().place);
    cell.gradCell.written();
    cell.grad = gradTensor(cell, make);
  });
}
