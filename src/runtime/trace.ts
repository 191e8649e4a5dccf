/** The trace of a function being compiled: what it captured, what it wrote to state. */
import { TraceError } from '../core/index.js';
import type { Node } from '../graph/index.js';
import type { Cell } from './cell.js';
import type { Generator } from './random.js';
import { observe } from './guards.js';
import type { Value } from './value.js';

let active: Trace | undefined;

export const activeTrace = (): Trace | undefined => active;

export class Trace {
  /** Content of cells as the function has written them so far. */
  readonly #written = new Map<Cell, Node>();
  readonly #captured = new Map<Value, Node>();
  /** Gradients as they were before the function changed them. */
  readonly #gradsBefore = new Map<Cell, Cell['grad']>();
  /** Cells whose gradient the function read as it found it. */
  readonly gradsRead = new Set<Cell>();
  /** Draws the function takes from each generator. */
  readonly draws = new Map<Generator, number>();

  constructor(
    readonly name: string,
    /** Gives a lazy value of the surroundings its data. */
    readonly realise: (value: Value) => Node,
  ) {}

  /** The content of a cell at this point of the function. */
  current(cell: Cell): Node {
    return this.#written.get(cell) ?? cell.node;
  }

  write(cell: Cell, value: Node): void {
    this.#written.set(cell, value);
  }

  /** Cells written, with their last content. */
  get writes(): ReadonlyMap<Cell, Node> {
    return this.#written;
  }

  /** Says that the function is about to change a cell's gradient. */
  touchGrad(cell: Cell): void {
    if (!this.#gradsBefore.has(cell)) this.#gradsBefore.set(cell, cell.grad);
  }

  hasTouchedGrad(cell: Cell): boolean {
    return this.#gradsBefore.has(cell);
  }

  /** Which cells have a gradient when the function ends, from now on in the gradient's own cell, and which have none. */
  finishGrads(): { readonly left: readonly Cell[]; readonly dropped: readonly Cell[] } {
    const touched = [...this.#gradsBefore.keys()];
    const left = touched.filter((cell) => cell.grad !== null);
    for (const cell of left) this.write(cell.gradCell, cell.grad!.value.node);
    return { left, dropped: touched.filter((cell) => cell.grad === null) };
  }

  /** Puts gradients back as they were before the function changed them. */
  restoreGrads(): void {
    for (const [cell, before] of this.#gradsBefore) cell.grad = before;
  }

  /** A value made outside is read once and stays what it was. */
  capture(value: Value): Node {
    const known = this.#captured.get(value);
    if (known) return known;
    const node = this.realise(value);
    // Written in place from now on, it would be state.
    observe(() => value.cell);
    this.#captured.set(value, node);
    return node;
  }

  /** Runs the function being traced. */
  run<T>(body: () => T): T {
    return during(this, body);
  }
}

function during<T>(trace: Trace | undefined, body: () => T): T {
  const before = active;
  active = trace;
  try {
    return body();
  } finally {
    active = before;
  }
}

/** Runs `body` as if no function were being traced. */
export const outsideTrace = <T>(body: () => T): T => during(undefined, body);

/** Refuses what needs values while a function is traced. */
export function refuseInTrace(
  what: string,
  instead = 'return the tensor from the compiled function and read it outside',
): void {
  if (!active) return;
  throw new TraceError(
    `${what} needs a value, but ${active.name} is being traced: nothing has been computed yet`,
    instead,
  );
}
