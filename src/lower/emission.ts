/**
 * What all lowerings share: the buffers of a kernel, and reading a value of the graph at an index. Reading walks views
 * into the index, computes elementwise operations on the spot, and loads what lies in memory.
 */
import { InternalError, numel, stridesOf, type DType } from '../core/index.js';
import { isElementwise, madeFrom, type Fusion, type Region } from '../fusion/index.js';
import type { Node } from '../graph/index.js';
import type { Leaf } from '../ops/index.js';
import {
  addIndex,
  constantIndex,
  flattenIndex,
  isView,
  pull,
  scaleIndex,
  type ElementwiseOp,
  type IndexExpr,
  type Indirect,
  type Instr,
  type NestBuffer,
  type Predicate,
} from '../loops/index.js';
import { isShare, isWeight, shiftOf } from './softmax.js';

/** What an out-of-range index is reported as. */
export interface Check {
  readonly op: string;
  readonly bound: number;
  readonly site: string;
  readonly module: string | undefined;
  /** The input that holds the indices, when they come from outside as they are. */
  readonly index?: Leaf | undefined;
  /** What the indices are. */
  readonly dtype?: DType;
  /** An index that is allowed although it is out of bounds. */
  readonly except?: number;
}

type InstrBody<T = Instr> = T extends Instr ? Omit<T, 'id'> : never;

export type At = readonly IndexExpr[];
export type Masks = readonly Predicate[];

/** What a backend's kernels can do. */
export interface KernelOptions {
  /** Bytes a kernel may keep of one row; what does not fit is computed again. */
  readonly scratchBytes?: number;
  /** Whether kernels keep values of rows that lie across memory; else neighbouring rows share vectors, and nothing is kept. */
  readonly keepsAcross?: boolean;
  /** Whether quotients come faster from a reciprocal that serves a whole row. */
  readonly reciprocals?: boolean;
}

/** Buffers and value numbers of one kernel. */
export class Emission {
  readonly buffers: NestBuffer[] = [];
  /** The graph value that lies in each buffer. */
  readonly operands: Node[] = [];
  readonly #numbers = new Map<Node, number>();
  readonly #positions = new WeakMap<At, number>();
  readonly #positionsByKey = new Map<string, number>();
  #nextId = 0;

  constructor(
    readonly fusion: Fusion,
    readonly region: Region,
    readonly checks: Check[],
    readonly options: KernelOptions = {},
  ) {}

  newId(): number {
    return this.#nextId++;
  }

  /** Equal keys: one value. Operands are mostly read at the very indices of their reader, whose number is known. */
  keyOf(node: Node, at: At, masks: Masks): string {
    let position = this.#positions.get(at);
    if (position === undefined) {
      const key = at.map((index) => index.key).join();
      position = this.#positionsByKey.get(key) ?? this.#positionsByKey.size;
      this.#positionsByKey.set(key, position);
      this.#positions.set(at, position);
    }
    let key = `${node.id}@${position}`;
    for (const { expr, lo, hi } of masks) key += `|${expr.key}:${lo}:${hi}`;
    return key;
  }

  buffer(stored: Node, access: 'read' | 'write'): number {
    const known = this.#numbers.get(stored);
    if (known !== undefined) {
      if (this.buffers[known]!.access !== access)
        this.buffers[known] = { ...this.buffers[known]!, access: 'readWrite' };
      return known;
    }
    const number = this.buffers.length;
    this.#numbers.set(stored, number);
    this.operands.push(stored);
    this.buffers.push({ name: nameOf(stored), dtype: stored.dtype, elements: numel(stored.shape), access });
    return number;
  }

  /** Whether a value lies in memory when this kernel runs. */
  inMemory(node: Node): boolean {
    const writer = this.fusion.writer.get(node);
    if (writer === undefined || writer === this.region) return false;
    return !isView(node) || !madeFrom(node, this.region.group);
  }

  check(node: Node, bound: number): number {
    const source = node.sources[0];
    let index = node.inputs[1]!;
    while (isView(index) && index.op !== 'pad' && index.op !== 'concat') index = index.inputs[0]!;
    const leaf = index.op === 'input' && !slices(node.inputs[1]!) ? index.attrs.leaf : undefined;
    this.checks.push({
      op: node.op,
      bound,
      site: source?.site.toString() ?? '',
      module: source?.module,
      index: leaf,
      dtype: node.inputs[1]!.dtype,
    });
    return this.checks.length - 1;
  }
}

/** Whether a view shows only part of what it reads. */
function slices(view: Node): boolean {
  for (let at = view; isView(at); at = at.inputs[0]!)
    if (at.op === 'slice' || at.op === 'window') return true;
  return false;
}

function nameOf(node: Node): string {
  if ((node.op === 'input' || node.op === 'state') && node.attrs.leaf.name) {
    return node.attrs.leaf.name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^(\d)/, '_$1');
  }
  return node.op;
}

/** Reads values into one section of instructions. */
export class Reader {
  readonly instrs: Instr[] = [];
  readonly #memo = new Map<string, number>();
  protected readonly byId = new Map<number, Instr>();

  constructor(protected readonly emission: Emission) {}

  /** Values the surroundings provide: the sum of a contraction, a reduction of the row, an accumulator. */
  protected provided(_node: Node, _at: At): number | undefined {
    return undefined;
  }

  protected lookup(key: string): number | undefined {
    return this.#memo.get(key);
  }

  protected remember(key: string, id: number): void {
    this.#memo.set(key, id);
  }

  protected emit(body: InstrBody): number {
    const id = this.emission.newId();
    const instr: Instr = { ...body, id };
    this.byId.set(id, instr);
    this.put(instr);
    return id;
  }

  protected put(instr: Instr): void {
    this.instrs.push(instr);
  }

  constant(value: number | bigint, dtype: DType): number {
    const key = `const:${dtype}:${Object.is(value, -0) ? '-0' : String(value)}`;
    const known = this.lookup(key);
    if (known !== undefined) return known;
    const id = this.emit({ kind: 'const', value, dtype });
    this.remember(key, id);
    return id;
  }

  /** The value of `node` at `at`; memory is touched only where all `masks` hold. */
  read(node: Node, at: At, masks: Masks = []): number {
    const key = this.emission.keyOf(node, at, masks);
    const known = this.lookup(key);
    if (known !== undefined) return known;
    const id = this.provided(node, at) ?? this.#fresh(node, at, masks);
    this.remember(key, id);
    return id;
  }

  #fresh(node: Node, at: At, masks: Masks): number {
    if (node.op === 'constant') return this.constant(node.attrs.value, node.dtype);
    if (node.op === 'iota') return this.emit({ kind: 'index', expr: at[0]!, dtype: node.dtype });
    if (node.op === 'input' || node.op === 'state' || this.emission.inMemory(node))
      return this.#load(node, at, masks);
    if (isView(node)) return this.#view(node, at, masks);
    if (node.op === 'gather') return this.#gather(node, at, masks);
    if (isElementwise(node)) return this.compute(node, at, masks);
    throw new InternalError(
      `%${node.id} = ${node.op} is read by a kernel that neither computes nor loads it`,
    );
  }

  protected compute(node: Node, at: At, masks: Masks): number {
    const args = node.inputs.map((input) => this.read(input, at, masks));
    const of = node.inputs[node.op === 'where' ? 1 : 0]!.dtype;
    const part = node.op === 'threefry' ? { part: node.attrs.part } : {};
    const bound = this.#boundOf(node);
    if (this.emission.options.reciprocals && isShare(node)) {
      const inverse = { kind: 'compute', op: 'div', of, dtype: of } as const;
      args.push(this.emit({ ...inverse, args: [this.constant(1, of), args[1]!] }));
    }
    const op = node.op as ElementwiseOp;
    return this.emit({ kind: 'compute', op, args, of, dtype: node.dtype, ...part, ...bound });
  }

  /** What is known of an exponential. */
  #boundOf(node: Node): { readonly nonPositive?: true; readonly scaleFree?: true } {
    if (node.op !== 'exp' || !shiftOf(node.inputs[0]!)) return {};
    return isWeight(node, this.emission.fusion.flow)
      ? { nonPositive: true, scaleFree: true }
      : { nonPositive: true };
  }

  #load(node: Node, at: At, masks: Masks, fill = 0, indirect: readonly Indirect[] = []): number {
    const index = flattenIndex(at, node.shape);
    const buffer = this.emission.buffer(node, 'read');
    return this.emit({ kind: 'load', buffer, index, indirect, masks, fill, dtype: node.dtype });
  }

  /** Alternatives in order, each guarded by its conditions, then the fill. */
  #view(node: Node, at: At, masks: Masks): number {
    const { reads, fill } = pull(node, at);
    let result: number | undefined;
    for (const read of reads.toReversed()) {
      const value = this.#masked(read.input, read.indices, masks, read.masks, fill);
      if (read.masks.length === 0) result = value;
      else if (result === undefined && this.#fills(value, fill)) result = value;
      else {
        const otherwise = result ?? this.constant(fill, node.dtype);
        result = this.emit({ kind: 'guard', masks: read.masks, value, otherwise, dtype: node.dtype });
      }
    }
    return result ?? this.constant(fill, node.dtype);
  }

  /** A load under new conditions gives the view's fill by itself; anything else is guarded by the caller. */
  #masked(input: Node, at: At, masks: Masks, more: Masks, fill: number): number {
    const all = mergeMasks(masks, more);
    const direct =
      more.length > 0 &&
      masks.length === 0 &&
      (input.op === 'input' || input.op === 'state' || this.emission.inMemory(input));
    if (!direct || this.provided(input, at) !== undefined) return this.read(input, at, all);
    const key = `${this.emission.keyOf(input, at, all)}?${fill}`;
    const known = this.lookup(key);
    if (known !== undefined) return known;
    const id = this.#load(input, at, all, fill);
    this.remember(key, id);
    return id;
  }

  #fills(id: number, fill: number): boolean {
    const instr = this.byId.get(id);
    return (
      instr?.kind === 'load' &&
      instr.masks.length > 0 &&
      instr.indirect.length === 0 &&
      Object.is(instr.fill, fill)
    );
  }

  #gather(node: Extract<Node, { op: 'gather' }>, at: At, masks: Masks): number {
    const [from, index] = node.inputs as [Node, Node];
    const { axis } = node.attrs;
    let stored = from;
    while (
      !this.emission.inMemory(stored) &&
      (stored.op === 'reshape' || stored.op === 'barrier' || stored.op === 'stopGradient')
    ) {
      stored = stored.inputs[0]!;
    }
    const id = this.read(index, at, masks);
    const bound = from.shape[axis]!;
    const indirect = {
      id,
      coeff: stridesOf(from.shape)[axis]!,
      bound,
      check: this.emission.check(node, bound),
    };
    const position = flattenIndex(at.with(axis, constantIndex(0)), from.shape);
    const buffer = this.emission.buffer(stored, 'read');
    return this.emit({
      kind: 'load',
      buffer,
      index: position,
      indirect: [indirect],
      masks,
      fill: 0,
      dtype: node.dtype,
    });
  }

  /** The value where `masks` hold, else zero. */
  readOrZero(node: Node, at: At, masks: Masks): number {
    if (masks.length === 0) return this.read(node, at);
    const value = this.read(node, at, masks);
    if (this.#fills(value, 0)) return value;
    return this.emit({
      kind: 'guard',
      masks,
      value,
      otherwise: this.constant(0, node.dtype),
      dtype: node.dtype,
    });
  }

  instr(id: number): Instr | undefined {
    return this.byId.get(id);
  }
}

function mergeMasks(a: Masks, b: Masks): Masks {
  const known = new Set(a.map((m) => `${m.expr.key}:${m.lo}:${m.hi}`));
  return [...a, ...b.filter((m) => !known.has(`${m.expr.key}:${m.lo}:${m.hi}`))];
}

/** Row-major position of the element a domain point writes, where `stored` renames the positions of `value`. */
export function storePosition(
  value: Node,
  stored: Node,
  at: At,
  push: (view: Node, at: At) => IndexExpr[],
): IndexExpr {
  const chain: Node[] = [];
  for (let node = stored; node !== value; node = node.inputs[0]!) chain.push(node);
  let indices: At = at;
  for (const view of chain.reverse()) indices = push(view, indices);
  return flattenIndex(indices, stored.shape);
}

export const sumIndex = (...parts: readonly (readonly [IndexExpr, number])[]): IndexExpr =>
  parts.reduce((sum, [index, coeff]) => addIndex(sum, scaleIndex(index, coeff)), constantIndex(0));
