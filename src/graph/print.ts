/** A graph as text for a person: one line per node, operands first, numbered from 0 in that order. */
import { formatShape } from '../core/index.js';
import type { Leaf } from '../ops/index.js';
import { orderOf, type Graph } from './graph.js';
import type { Node } from './node.js';

/** Attributes that the result's type shows already, or that name what has no meaning of its own. */
const shownElsewhere = new Set(['shape', 'dtype', 'leaf', 'version', 'id', 'rule']);
const sizesOfResult = new Set<Node['op']>(['slice', 'iota']);
/** Attributes that go without saying when every entry has this value. */
const usual: Readonly<Record<string, number>> = {
  starts: 0,
  steps: 1,
  low: 0,
  high: 0,
  interior: 0,
  value: 0,
  strides: 1,
  padLow: 0,
  padHigh: 0,
  lhsDilation: 1,
  rhsDilation: 1,
  dilation: 1,
  featureGroups: 1,
  batchGroups: 1,
  dropout: 0,
};

/** A number as text that no other number has: -0 keeps its sign, a bigint its mark; all NaN are one. */
export const formatNumber = (value: number | bigint): string =>
  typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : String(value);

function formatAttr(name: string, value: unknown): string | undefined {
  if (value === false) return undefined;
  if (value === true) return name;
  if (Array.isArray(value)) {
    return value.every((entry) => Object.is(entry, usual[name]))
      ? undefined
      : `${name}=${formatShape(value)}`;
  }
  if (Object.is(value, usual[name])) return undefined;
  return `${name}=${typeof value === 'number' ? formatNumber(value) : String(value)}`;
}

/** The attributes that make a node what it is, in short: `axes=[1]`, `reverse`. */
export function formatAttrs(node: Node): string[] {
  if (node.op === 'constant') return [formatNumber(node.attrs.value)];
  return Object.entries(node.attrs).flatMap(([name, value]) => {
    const redundant = shownElsewhere.has(name) || (sizesOfResult.has(node.op) && name.startsWith('size'));
    return (redundant ? undefined : formatAttr(name, value)) ?? [];
  });
}

/** `float32[64, 10]`. */
export const formatType = ({ dtype, shape }: Pick<Node, 'dtype' | 'shape'>): string =>
  dtype + formatShape(shape);

/** Where a node comes from, file and line, then module: `train.ts:12 · fc1`. At most three places. */
export function formatSources({ sources }: Node): string {
  const places = sources.map(({ site, module }) => {
    const line = site.toString().replace(/^.*\//, '').replace(/:\d+$/, '');
    return [line, module].filter(Boolean).join(' · ');
  });
  const distinct = [...new Set(places)].filter(Boolean);
  return distinct.length > 3 ? [...distinct.slice(0, 3), '...'].join(', ') : distinct.join(', ');
}

/** Names of leaves, told apart by number where a name is missing or taken; versions count from 0 for each. */
class LeafNames {
  readonly #names = new Map<Leaf, string>();
  readonly #taken = new Set<string>();
  readonly #versions = new Map<Leaf, number[]>();

  of(leaf: Leaf): string {
    const known = this.#names.get(leaf);
    if (known !== undefined) return known;
    const number = `#${this.#names.size}`;
    const name =
      leaf.name === undefined || this.#taken.has(leaf.name) ? (leaf.name ?? '') + number : leaf.name;
    this.#names.set(leaf, name);
    this.#taken.add(name);
    return name;
  }

  at(leaf: Leaf, version: number): string {
    const versions = this.#versions.get(leaf) ?? [];
    this.#versions.set(leaf, versions);
    if (!versions.includes(version)) versions.push(version);
    const number = versions.indexOf(version);
    return this.of(leaf) + (number === 0 ? '' : `@${number}`);
  }
}

function formatLeaf(node: Node, names: LeafNames): string[] {
  if (node.op === 'input') return [names.of(node.attrs.leaf)];
  return node.op === 'state' ? [names.at(node.attrs.leaf, node.attrs.version)] : [];
}

/**
 * Prints a graph: `%3 = add float32[64, 10] %1 %2  # train.ts:12 · fc1` for each node, then what it assigns and
 * returns. Equal programs print equally: numbers are given by first visit.
 */
export function print(graph: Graph): string {
  const order = orderOf(graph);
  const numbers = new Map(order.map((node, i) => [node, `%${i}`]));
  const names = new LeafNames();
  const lines = order.map((node, i) => {
    const operands = node.inputs.map((input) => numbers.get(input)!);
    const words = [node.op, formatType(node), ...formatLeaf(node, names), ...operands, ...formatAttrs(node)];
    const source = formatSources(node);
    return `%${i} = ${words.join(' ')}${source && `  # ${source}`}`;
  });
  const assigns = graph.assigns.map(({ leaf, value }) => `${names.of(leaf)} := ${numbers.get(value)}`);
  const outputs = graph.outputs.map((node) => numbers.get(node)).join(', ');
  return [...lines, ...assigns, `return ${outputs}`.trimEnd()].join('\n');
}
