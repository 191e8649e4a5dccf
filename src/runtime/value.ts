/**
 * A value of the user's program: a node of the graph, perhaps with its data at hand, perhaps backed by a cell. Tensor is
 * built on it.
 */
import { TraceError, type DType, type Shape, type Site } from '../core/index.js';
import { g, type Node } from '../graph/index.js';
import type { Cell, Data } from './cell.js';
import { awaitWrite } from './lazy.js';
import { pending } from './pending.js';
import { activeTrace, type Trace } from './trace.js';

let gradientsOff = 0;

/** Runs `body` so that gradients do not flow through what it computes (torch.no_grad). */
export function withoutGradients<T>(body: () => T): T {
  gradientsOff++;
  try {
    return body();
  } finally {
    gradientsOff--;
  }
}

/** Whether gradients flow through what is computed now (torch.is_grad_enabled). */
export const gradientsEnabled = (): boolean => gradientsOff === 0;

export class Value {
  /** The trace it was made in: a traced value means nothing outside it. */
  readonly #trace: Trace | undefined = activeTrace();
  #node: Node | undefined;
  /** Its data, once computed or given. */
  #data: Data | undefined;
  /** The cell it stands for: then its content changes with the program. */
  #cell: Cell | undefined;
  /** Kept through writes to the state it was computed from. */
  retained = false;
  /** Made by the user rather than computed from other values: such a value may become state. */
  made = false;

  constructor(of: Node | Data | Cell) {
    if ('version' in of) this.#cell = of;
    else if ('array' in of) {
      this.#data = of;
      this.made = true;
    } else {
      this.#node = of;
      if (this.#trace === undefined) awaitWrite(this);
    }
  }

  get cell(): Cell | undefined {
    return this.#cell;
  }

  get data(): Data | undefined {
    return this.#data;
  }

  get shape(): Shape {
    return (this.#cell ?? this.#data ?? this.#node!).shape;
  }

  get dtype(): DType {
    return (this.#cell ?? this.#data ?? this.#node!).dtype;
  }

  /** Where it was computed. */
  get site(): Site | undefined {
    return this.#node?.sources[0]?.site;
  }

  /** The node this value is at this point of the program. */
  get node(): Node {
    const trace = activeTrace();
    if (this.#cell) return trace ? trace.current(this.#cell) : this.#cell.node;
    if (this.#trace !== trace) {
      if (this.#trace !== undefined) {
        throw new TraceError(
          `a tensor traced at ${this.#trace.name} is used outside its trace`,
          'return it from the compiled function, or write it to a buffer',
        );
      }
      return trace!.capture(this);
    }
    return this.#node ?? this.#data!.node;
  }

  /** The node to compute with: consumed, and cut from gradients where they are off. */
  operand(): Node {
    const { node } = this;
    if (this.#trace === undefined && !this.retained) pending.delete(this);
    return gradientsOff > 0 && g.differentiable(node) ? g.stopGradient(node) : node;
  }

  /** The traced or lazy node, whatever its surroundings. */
  get lazyNode(): Node | undefined {
    return this.#node;
  }

  get isTraced(): boolean {
    return this.#trace !== undefined;
  }

  get traceName(): string {
    return this.#trace?.name ?? '';
  }

  /** Gives it data. Unless gradients may still flow back through it, what it was computed from is let go. */
  settle(data: Data, keepGraph: boolean): void {
    this.#data = data;
    if (!keepGraph) this.#node = undefined;
    pending.delete(this);
  }

  /** Turns a value at hand into state. */
  becomeCell(cell: Cell): void {
    this.#cell = cell;
    this.#data = undefined;
    this.#node = undefined;
  }
}
