/**
 * Exact structural keys: two graphs have one key if, and only if, one program computes both. A key holds the shape of
 * the graph, every attribute and how leaves alias; it holds no data, address, cell identity, version number or call site.
 */
import type { DType } from '../core/index.js';
import type { Leaf, OpAttrs, OpName } from '../ops/index.js';
import { orderOf, roots, type Graph } from './graph.js';
import type { Node, NodeOf } from './node.js';
import { formatNumber } from './print.js';

export interface StructuralKey {
  readonly key: string;
  /** The same with the values of constants left blank. */
  readonly keyWithoutScalars: string;
  /** Inputs and cells in the order of the key, those that are only assigned last; each version of a cell once. */
  readonly leaves: readonly Leaf[];
  /** The constants in the order of the key: what `keyWithoutScalars` leaves blank. */
  readonly scalars: readonly NodeOf<'constant'>[];
}

/** Numbers of what has no meaning of its own, by first visit. */
class Numbering {
  readonly leaves: Leaf[] = [];
  readonly #uses = new Map<Leaf, { readonly version: number; readonly index: number }[]>();
  readonly #barriers = new Map<number, number>();

  /** The number of a leaf at one version; inputs have none, which is written -1. */
  leaf(leaf: Leaf, version: number): number {
    const uses = this.#uses.get(leaf);
    const known = uses?.find((use) => use.version === version);
    if (known) return known.index;
    const index = this.leaves.push(leaf) - 1;
    if (uses) uses.push({ version, index });
    else this.#uses.set(leaf, [{ version, index }]);
    return index;
  }

  /** The number of a cell as it is now: what an assignment replaces. */
  newest(leaf: Leaf): number {
    const uses = this.#uses.get(leaf);
    return uses ? uses.reduce((a, b) => (b.version > a.version ? b : a)).index : this.leaf(leaf, 0);
  }

  barrier(id: number): number {
    const known = this.#barriers.get(id) ?? this.#barriers.size;
    this.#barriers.set(id, known);
    return known;
  }

  /** Which leaves are one cell, older versions first. */
  aliases(): string {
    let text = '';
    if (this.#uses.size === this.leaves.length) return text;
    for (const uses of this.#uses.values()) {
      if (uses.length > 1)
        text += `${uses
          .sort((a, b) => a.version - b.version)
          .map((use) => use.index)
          .join('<')};`;
    }
    return text;
  }
}

type Writer<Value, Attrs> = (value: Value, numbering: Numbering, attrs: Attrs) => string | number;
type Writers = {
  readonly [O in OpName as keyof OpAttrs[O] extends never ? never : O]: {
    readonly [Field in keyof OpAttrs[O]]: Writer<OpAttrs[O][Field], OpAttrs[O]>;
  };
};

const list = (values: readonly number[]): string => values.join();
const whole = (value: number): number => value;
const flag = (value: boolean): string => (value ? 't' : 'f');
const word = (value: string): string => value;
const dtype: (value: DType) => string = word;
const axes = { axes: list };
const axis = { axis: whole };
const scan = { axis: whole, reverse: flag };
const sorting = { axis: whole, descending: flag };
const attention = { scale: formatNumber, causal: flag, dropout: formatNumber };
const unsaid = (): string => '';

/** How each attribute is written: a field that an op gains and this table lacks is a type error. */
const writers: Writers = {
  input: { leaf: (leaf, numbering) => numbering.leaf(leaf, -1), shape: list, dtype },
  // The number says which version it is.
  state: {
    leaf: (leaf, numbering, { version }) => numbering.leaf(leaf, version),
    version: unsaid,
    shape: list,
    dtype,
  },
  // Values follow at the end of the key, so that a key without them is at hand.
  constant: { value: unsaid, dtype },
  iota: { size: whole, dtype },
  cast: { dtype },
  bitcast: { dtype },
  threefry: { part: word },
  sum: axes,
  prod: axes,
  amax: axes,
  amin: axes,
  argmax: axis,
  argmin: axis,
  cumsum: scan,
  cumprod: scan,
  cummax: scan,
  cummin: scan,
  dot: { lhsBatch: list, rhsBatch: list, lhsContract: list, rhsContract: list },
  conv: {
    strides: list,
    padLow: list,
    padHigh: list,
    lhsDilation: list,
    rhsDilation: list,
    featureGroups: whole,
    batchGroups: whole,
  },
  attention,
  attentionLse: attention,
  attentionGrad: { ...attention, of: word },
  reshape: { shape: list },
  permute: { perm: list },
  expand: { shape: list },
  slice: { starts: list, sizes: list, steps: list },
  pad: { low: list, high: list, interior: list, value: formatNumber },
  concat: axis,
  window: { axis: whole, size: whole, step: whole, dilation: whole },
  gather: axis,
  scatterAdd: axis,
  scatter: axis,
  sort: sorting,
  argsort: sorting,
  barrier: { id: (id, numbering) => numbering.barrier(id) },
  // A gradient's rule has done its work before a graph is compiled.
  customGradient: { rule: unsaid },
  checkIndex: { bound: whole, except: formatNumber, what: word },
};

type Attrs = Readonly<Record<string, unknown>>;
type Fields = readonly (readonly [field: string, write: Writer<unknown, Attrs>])[];
const fieldsOf: Readonly<Record<string, Fields>> = Object.fromEntries(
  Object.entries(writers).map(([op, fields]) => [op, Object.entries(fields) as unknown as Fields]),
);

function writeNode(node: Node, numbering: Numbering, numbers: ReadonlyMap<Node, number>): string {
  let text: string = node.op;
  const fields = fieldsOf[node.op];
  if (fields) {
    const attrs = node.attrs as Attrs;
    for (const [field, write] of fields) text += ` ${write(attrs[field], numbering, attrs)}`;
  }
  for (const input of node.inputs) text += ` ${numbers.get(input)}`;
  return `${text};`;
}

/**
 * The structural key of a graph, in linear time. Every lazy step makes one, so this walk is written out for speed:
 * operands first, as `topological` orders them.
 */
export function structuralKey(graph: Graph): StructuralKey {
  const numbering = new Numbering();
  const numbers = new Map<Node, number>();
  const scalars: NodeOf<'constant'>[] = [];
  const stack: Node[] = [];
  const next: number[] = [];
  let body = '';
  for (const root of roots(graph)) {
    if (numbers.has(root)) continue;
    stack.push(root);
    next.push(0);
    while (stack.length > 0) {
      const top = stack.length - 1;
      const node = stack[top]!;
      const input = node.inputs[next[top]!];
      if (input) {
        next[top]!++;
        if (!numbers.has(input)) {
          stack.push(input);
          next.push(0);
        }
        continue;
      }
      stack.pop();
      next.pop();
      numbers.set(node, numbers.size);
      if (node.op === 'constant') scalars.push(node);
      body += writeNode(node, numbering, numbers);
    }
  }
  const returned = graph.outputs.map((node) => numbers.get(node)).join();
  const assigned = graph.assigns
    .map(({ leaf, value }) => `${numbering.newest(leaf)}=${numbers.get(value)}`)
    .join();
  const keyWithoutScalars = `${body}|${returned}|${assigned}|${numbering.aliases()}`;
  const values = scalars.map((node) => formatNumber(node.attrs.value)).join();
  return { key: `${keyWithoutScalars}|${values}`, keyWithoutScalars, leaves: numbering.leaves, scalars };
}

/** The leaves of a graph in the order of its key, without making one. */
export function leavesOf(graph: Graph): readonly Leaf[] {
  const numbering = new Numbering();
  for (const node of orderOf(graph)) {
    if (node.op === 'input') numbering.leaf(node.attrs.leaf, -1);
    else if (node.op === 'state') numbering.leaf(node.attrs.leaf, node.attrs.version);
  }
  for (const { leaf } of graph.assigns) numbering.newest(leaf);
  return numbering.leaves;
}
