/**
 * What leaves stand for: data that never changes, arguments of a compiled function, and cells of state that programs
 * overwrite.
 */
import { Storage, Zeros } from '../backends/storage.js';
import type { DType, Shape, TypedArray } from '../core/index.js';
import { node, type Node, type NodeOf } from '../graph/index.js';
import type { Leaf } from '../ops/index.js';
import type { Value } from './value.js';

let nextLeaf = 1;

/** Data that is at hand and never changes. */
export class Data implements Leaf {
  readonly id = nextLeaf++;
  readonly name: string | undefined = undefined;
  #node: Node | undefined;

  readonly storage: Storage;

  constructor(
    content: TypedArray | Storage,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {
    this.storage = content instanceof Storage ? content : new Storage(content);
  }

  /** The content as it lies now: see `Storage`. */
  get array(): TypedArray {
    return this.storage.array;
  }

  get node(): Node {
    return (this.#node ??= node('input', [], { leaf: this, shape: this.shape, dtype: this.dtype }));
  }
}

/** An argument of a compiled function: data comes with every call. */
export class Placeholder implements Leaf {
  readonly id = nextLeaf++;
  constructor(readonly name: string) {}
}

/** A place whose content programs read and overwrite: a parameter, a buffer, optimizer state, a random offset. */
export class Cell implements Leaf {
  readonly id = nextLeaf++;
  readonly storage: Storage;
  requiresGrad = false;
  /** The accumulated gradient, as the user sees it, or null. */
  grad: { readonly value: Value } | null = null;
  #gradCell: Cell | undefined;
  #node: NodeOf<'state'> | undefined;

  /** A storage or an array becomes the cell's own: it is not copied. */
  constructor(
    content: TypedArray | Storage,
    readonly shape: Shape,
    readonly dtype: DType,
    public name?: string,
  ) {
    this.storage = content instanceof Storage ? content : new Storage(content);
  }

  /** The content as it lies now: see `Storage`. */
  get array(): TypedArray {
    return this.storage.array;
  }

  /** Counts writes; a value computed from an older version is stale. */
  get version(): number {
    return this.storage.version;
  }

  /** Where compiled functions keep this cell's gradient. */
  get gradCell(): Cell {
    return (this.#gradCell ??= Cell.zeros(this.shape, this.dtype, `${this.name ?? 'parameter'}.grad`));
  }

  static zeros(shape: Shape, dtype: DType, name?: string): Cell {
    return new Cell(new Storage(new Zeros(dtype, shape)), shape, dtype, name);
  }

  /** The cell as it is now. */
  get node(): Node {
    const { shape, dtype, version } = this;
    if (this.#node?.attrs.version === version) return this.#node as Node;
    this.#node = node('state', [], { leaf: this, version, shape, dtype });
    return this.#node as Node;
  }

  /** Says that the content has changed. */
  written(): void {
    this.storage.version++;
  }
}
